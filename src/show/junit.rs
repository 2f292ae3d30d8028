//! A test report in `JUnit`'s XML, as CI servers read it.
//!
//! The shape is that of Ant's and Surefire's reports: `testsuites`, `testsuite` with its counts,
//! `testcase` with `failure`, `error` or `skipped`.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// Cases that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    /// What was run: `hookcat verify`.
    pub name: String,
    /// When it was run.
    pub at: Option<Timestamp>,
    /// What was looked at, in order.
    pub cases: Vec<Case>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its name: a file, a delivery, a step.
    pub name: String,
    /// What servers group cases by: `verify.stripe`.
    pub classname: String,
    /// How long it took.
    pub time: Duration,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed(Fault),
    /// It could not be found out.
    Errored(Fault),
    /// It was not tried, and why.
    Skipped(String),
}

/// What is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// Its stable name: `mismatch`.
    pub kind: String,
    /// One line.
    pub message: String,
    /// All there is to say, in lines.
    pub text: String,
}

/// The report of a run.
///
/// Characters that XML cannot hold are written as a person reads them: `\x1b`, `\u{fffe}`.
#[must_use]
pub fn report(suites: &[Suite]) -> Vec<u8> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    // A vector takes everything that is written to it.
    match write(&mut xml, suites) {
        Ok(()) => {
            let mut bytes = xml.into_inner();
            bytes.push(b'\n');
            bytes
        }
        Err(_) => Vec::new(),
    }
}

/// How many cases of which outcome.
#[derive(Clone, Copy, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    time: Duration,
}

impl Counts {
    fn of<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Self {
        let mut counts = Self::default();
        for case in cases {
            counts.tests += 1;
            counts.time += case.time;
            match case.outcome {
                Outcome::Passed => {}
                Outcome::Failed(_) => counts.failures += 1,
                Outcome::Errored(_) => counts.errors += 1,
                Outcome::Skipped(_) => counts.skipped += 1,
            }
        }
        counts
    }

    fn attributes(self) -> [(&'static str, String); 5] {
        [
            ("tests", self.tests.to_string()),
            ("failures", self.failures.to_string()),
            ("errors", self.errors.to_string()),
            ("skipped", self.skipped.to_string()),
            ("time", seconds(self.time)),
        ]
    }
}

fn write(xml: &mut Writer<Vec<u8>>, suites: &[Suite]) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let counts = Counts::of(suites.iter().flat_map(|suite| &suite.cases));
    open(xml, "testsuites", counts.attributes())?;
    for suite in suites {
        let name = [("name", suite.name.clone())];
        let at = suite.at.map(|at| ("timestamp", format!("{at:.0}")));
        let counts = Counts::of(&suite.cases).attributes();
        open(xml, "testsuite", name.into_iter().chain(counts).chain(at))?;
        for case in &suite.cases {
            write_case(xml, case)?;
        }
        close(xml, "testsuite")?;
    }
    close(xml, "testsuites")
}

fn write_case(xml: &mut Writer<Vec<u8>>, case: &Case) -> io::Result<()> {
    let attributes = [
        ("name", case.name.clone()),
        ("classname", case.classname.clone()),
        ("time", seconds(case.time)),
    ];
    let (element, fault) = match &case.outcome {
        Outcome::Passed => {
            return xml.write_event(Event::Empty(start("testcase", attributes)));
        }
        Outcome::Failed(fault) => ("failure", fault),
        Outcome::Errored(fault) => ("error", fault),
        Outcome::Skipped(why) => {
            open(xml, "testcase", attributes)?;
            let why = [("message", why.clone())];
            xml.write_event(Event::Empty(start("skipped", why)))?;
            return close(xml, "testcase");
        }
    };
    open(xml, "testcase", attributes)?;
    let attributes = [
        ("type", fault.kind.clone()),
        ("message", fault.message.clone()),
    ];
    open(xml, element, attributes)?;
    xml.write_event(Event::Text(BytesText::new(&allowed(&fault.text))))?;
    close(xml, element)?;
    close(xml, "testcase")
}

fn start(
    name: &str,
    attributes: impl IntoIterator<Item = (&'static str, String)>,
) -> BytesStart<'_> {
    let mut element = BytesStart::new(name);
    for (name, value) in attributes {
        element.push_attribute((name, allowed(&value).as_str()));
    }
    element
}

fn open(
    xml: &mut Writer<Vec<u8>>,
    name: &str,
    attributes: impl IntoIterator<Item = (&'static str, String)>,
) -> io::Result<()> {
    xml.write_event(Event::Start(start(name, attributes)))
}

fn close(xml: &mut Writer<Vec<u8>>, name: &str) -> io::Result<()> {
    xml.write_event(Event::End(BytesEnd::new(name)))
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

/// A text of the characters that XML 1.0 has (its section 2.2); others cannot even be escaped.
fn allowed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'.. => out.push(char),
            '\0'..='\u{1f}' => out.push_str(&format!("\\x{:02x}", u32::from(char))),
            _ => out.push_str(&char.escape_unicode().to_string()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn failed(kind: &str, message: &str, text: &str) -> Outcome {
        Outcome::Failed(Fault {
            kind: kind.to_owned(),
            message: message.to_owned(),
            text: text.to_owned(),
        })
    }

    fn suite(cases: Vec<Case>) -> String {
        let suite = Suite {
            name: "hookcat verify".to_owned(),
            at: Timestamp::from_second(1_700_000_000).ok(),
            cases,
        };
        String::from_utf8(report(&[suite])).expect("UTF-8")
    }

    fn case(name: &str, outcome: Outcome) -> Case {
        Case {
            name: name.to_owned(),
            classname: "verify.statly".to_owned(),
            time: Duration::from_micros(1500),
            outcome,
        }
    }

    #[test]
    fn a_whole_report() {
        let text = suite(vec![
            case("a.json", Outcome::Passed),
            case("b.json", failed("mismatch", "does <not> match", "one\ntwo")),
            case(
                "c.json",
                Outcome::Errored(Fault {
                    kind: "timeout".to_owned(),
                    ..Fault::default()
                }),
            ),
            case("d.json", Outcome::Skipped("no secret".to_owned())),
        ]);
        let wanted = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="1" errors="1" skipped="1" time="0.006000">
  <testsuite name="hookcat verify" tests="4" failures="1" errors="1" skipped="1" time="0.006000" timestamp="2023-11-14T22:13:20Z">
    <testcase name="a.json" classname="verify.statly" time="0.001500"/>
    <testcase name="b.json" classname="verify.statly" time="0.001500">
      <failure type="mismatch" message="does &lt;not&gt; match">one
two</failure>
    </testcase>
    <testcase name="c.json" classname="verify.statly" time="0.001500">
      <error type="timeout" message=""></error>
    </testcase>
    <testcase name="d.json" classname="verify.statly" time="0.001500">
      <skipped message="no secret"/>
    </testcase>
  </testsuite>
</testsuites>
"#;
        assert_eq!(text, wanted);
    }

    #[test]
    fn a_report_of_nothing_is_one() {
        let text = String::from_utf8(report(&[])).expect("UTF-8");
        let document = roxmltree::Document::parse(&text).expect("XML");
        assert_eq!(document.root_element().attribute("tests"), Some("0"));
    }

    #[test]
    fn characters_of_no_xml_are_written_out() {
        assert_eq!(
            allowed("a\0b\x1b[2J\u{fffe}\u{ffff}\t\n\r\u{85}é😀"),
            "a\\x00b\\x1b[2J\\u{fffe}\\u{ffff}\t\n\r\u{85}é😀"
        );
    }

    proptest! {
        #[test]
        fn every_text_comes_back_from_a_strict_parser(
            name in any::<String>(),
            message in any::<String>(),
            text in any::<String>(),
        ) {
            let xml = suite(vec![case(&name, failed("x", &message, &text))]);
            let document = roxmltree::Document::parse(&xml).expect("XML");
            let find = |name: &str| document.descendants().find(|node| node.has_tag_name(name));
            let found = find("testcase").and_then(|node| node.attribute("name"));
            let wanted = [allowed(&name), allowed(&message), allowed(&text)];
            prop_assert_eq!(found, Some(wanted[0].as_str()));
            let failure = find("failure").expect("a failure");
            prop_assert_eq!(failure.attribute("message"), Some(wanted[1].as_str()));
            prop_assert_eq!(failure.text().unwrap_or_default(), wanted[2].as_str());
        }
    }
}
