//! hookcat-scripts(7): the file of `send --script`.

use clap_mangen::roff::roman;

use super::{begun, literal, words};

/// The page's file.
pub(super) const NAME: &str = "hookcat-scripts.7";

/// A whole scenario.
pub(super) const EXAMPLE: &str = r#"provider = "statly"

[ids]
run = "run_{{ base36(12) }}"
sha = "{{ sha() }}"

[[step]]
event = "push"
set = { after = "{{ ids.sha }}" }

[[step]]
event = "ci.run_started"
set = { "run.id" = "{{ ids.run }}", "run.sha" = "{{ ids.sha }}" }

[[step]]
name = "the run ends 2 s later"
event = "ci.run_completed"
after = "2s"
set = { "run.id" = "{{ ids.run }}", "run.sha" = "{{ ids.sha }}" }
expect = [200, 202]

[[step]]
name = "what is forged is refused"
event = "push"
tamper = ["body"]
expect = "4xx"
"#;

/// Every key of a step.
const KEYS: [(&str, &str); 12] = [
    (
        "event",
        "what is sent: an event of the provider, or a template of the project",
    ),
    ("provider", "whose it is, where it is not the scenario's"),
    ("name", "what the step is called in reports"),
    ("after", "how long to wait before it; `--speed` divides it"),
    ("id", "the delivery id; a fresh one where there is none"),
    (
        "set",
        "fields of the body by their paths, as `--set` takes them; texts are filled in",
    ),
    ("data", "a file of the body, beside the scenario"),
    (
        "template",
        "a template that is filled in: a name, or a file beside the scenario",
    ),
    ("content-type", "as `--content-type` takes it"),
    ("headers", "a list of headers, each as `Name: value`"),
    (
        "tamper",
        "a list of what is bad on purpose, as `--tamper` takes it",
    ),
    (
        "expect",
        "the statuses that are as expected: 200, \"4xx\", or a list; a success where nothing is said",
    ),
];

/// The page.
pub(super) fn page() -> String {
    let mut roff = begun(("hookcat-scripts", "7"), "scenarios that send plays");
    roff.control("SH", ["DESCRIPTION"]);
    roff.text(words(
        "`hookcat send --script FILE` plays a scenario: a file of TOML with steps that are sent one \
         after another, each signed as its provider does. Values under `ids` are made once, and every \
         step has them as `{{ ids.NAME }}`. All steps are played, also after one that failed.",
    ));
    roff.control("PP", []);
    roff.text(words(
        "It ends with 9 where an answer is not the expected one, else with 8 where a step got none. \
         `--junit FILE` writes a report for CI, `--format json` a line for each step.",
    ));
    roff.control("SH", ["STEPS"]);
    for (key, about) in KEYS {
        roff.control("TP", []);
        roff.text(words(&format!("`{key}`")));
        roff.text(words(about));
    }
    roff.control("SH", ["EXAMPLE"]);
    literal(&mut roff, EXAMPLE);
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman("hookcat-send(1), hookcat-template(1)")]);
    roff.render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::scenario::Scenario;
    use crate::providers::Catalog;

    #[test]
    fn the_example_is_one_and_uses_what_the_page_names() {
        let scenario: Scenario = EXAMPLE.parse().expect("a scenario");
        let provider = Catalog::default().whole("statly").expect("known");
        for step in &scenario.steps {
            assert!(provider.event(&step.event).is_some(), "{}", step.event);
        }
        let page = page().replace('\\', "");
        for (key, _) in KEYS {
            assert!(page.contains(key), "{key}");
        }
    }
}
