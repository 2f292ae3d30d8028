//! `providers`: the catalogue as a person and as a program looks at it.

use hookcat::core::category::Category;
use hookcat::core::provider::Provider;
use hookcat::providers::Catalog;
use hookcat::show::{Paint, catalog};

use crate::harness::{Output, Sandbox, finish};
use crate::snapshot;

/// Lines as they would stand on a terminal of this width.
fn on_a_screen(name: &str, args: &[&str], lines: &[String]) {
    let output = Output {
        code: 0,
        stdout: format!("{}\n", lines.join("\n")).into_bytes(),
        stderr: Vec::new(),
    };
    snapshot::check(&Sandbox::new(), name, args, &output, &[]);
}

#[test]
fn a_list_in_a_pipe_is_a_line_a_provider() {
    let sandbox = Sandbox::new();
    let args = ["providers", "list", "--category", "commerce"];
    snapshot::run(&sandbox, "providers_list", &args).ok();
    let all = sandbox.run(&["providers", "list"]);
    let wanted = Catalog::default().names().count() + 1;
    assert_eq!(all.ok().out().lines().count(), wanted);
}

#[test]
fn a_list_on_a_screen_is_in_groups() {
    let catalogue = Catalog::default();
    let wanted = [Category::Commerce, Category::Identity];
    let chosen: Vec<&Provider> = catalogue
        .all()
        .into_iter()
        .filter(|own| wanted.contains(&own.category))
        .collect();
    let args = ["providers", "list", "--category", "commerce"];
    let args = [args.as_slice(), &["--category", "identity"]].concat();
    colored::control::set_override(true);
    for (name, paint) in [
        ("providers_list_on_a_screen", Paint::new(false)),
        ("providers_list_in_colour", Paint::new(true)),
    ] {
        let mut lines = catalog::grouped(&chosen, paint, 80);
        lines.extend(catalog::legend(&chosen, paint));
        on_a_screen(name, &args, &lines);
    }
    let lines = catalog::compact(&chosen, Paint::new(false), 60);
    on_a_screen("providers_list_in_columns", &args, &lines);
}

#[test]
fn the_whole_list_is_little_more_than_a_screen() {
    let catalogue = Catalog::default();
    let lines = |width| catalog::compact(&catalogue.all(), Paint::new(false), width).len();
    assert!(lines(80) <= 44, "{}", lines(80));
    assert!(lines(160) <= 24, "{}", lines(160));
}

#[test]
fn a_list_is_chosen_from() {
    let sandbox = Sandbox::new();
    let ids = |more: &[&str]| -> Vec<String> {
        let args = ["providers", "list", "--format", "json"];
        let output = sandbox.run(&[args.as_slice(), more].concat());
        let lines = output.ok().json_lines();
        let id = |line: &serde_json::Value| line["id"].as_str().map(str::to_owned);
        lines.iter().filter_map(id).collect()
    };
    assert_eq!(ids(&["--status", "planned"]), ["dits"]);
    assert_eq!(ids(&["--search", "X-GITHUB-EVENT"]), ["github"]);
    assert!(ids(&["--search", "svix"]).contains(&"standard-webhooks".to_owned()));
    assert!(ids(&["--category", "code", "--status", "unsigned"]).contains(&"cloudrepo".into()));
    assert!(ids(&["--search", "no such thing"]).is_empty());
    let args = ["providers", "list", "--search", "no such thing"];
    snapshot::run(&sandbox, "providers_list_of_none", &args).ok();
    sandbox
        .run(&["providers", "list", "--category", "x"])
        .code(2);
}

#[test]
fn a_provider_is_explained() {
    let sandbox = Sandbox::new();
    for (name, id) in [
        ("providers_show_slack", "slack"),
        ("providers_show_unsigned", "repo-file-sync"),
        ("providers_show_second_hand", "xero"),
    ] {
        snapshot::run(&sandbox, name, &["providers", "show", id]).ok();
    }
    let args = ["providers", "show", "github", "--scheme", "github-sha1"];
    let one = sandbox.run(&args).ok().out();
    assert!(!one.contains("X-Hub-Signature-256: "), "{one}");
    let args = ["providers", "show", "github", "--scheme", "none"];
    snapshot::run(&sandbox, "providers_show_unknown_scheme", &args).code(2);
}

#[test]
fn an_explanation_fits_the_screen() {
    let provider = Catalog::default().whole("hubspot").expect("known");
    let scheme = provider.scheme("hubspot-v3");
    colored::control::set_override(true);
    let args = ["providers", "show", "hubspot", "--scheme", "hubspot-v3"];
    for (name, colour, width) in [
        ("providers_show_on_a_screen", false, 80),
        ("providers_show_in_colour", true, 80),
        ("providers_show_without_room", false, 60),
    ] {
        let page = hookcat::show::provider::show(&provider, scheme, Paint::new(colour), width);
        let (page, _) = page.split_once("\n\x1b[1mtraps").unwrap_or((&page, ""));
        let (page, _) = page.split_once("\ntraps").unwrap_or((page, ""));
        let lines: Vec<String> = page.lines().map(str::to_owned).collect();
        on_a_screen(name, &args, &lines);
    }
}

/// What the page says to run verifies what the page says to sign.
#[test]
fn the_lines_for_a_shell_run() {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", r#"{"event":"example"}"#);
    for id in [
        "github",
        "slack",
        "standard-webhooks",
        "stripe",
        "gitlab",
        "code-storage",
    ] {
        let page = sandbox.run(&["providers", "show", id]).ok().out();
        let line = |start: &str| {
            let line = page.lines().find_map(|line| line.strip_prefix(start));
            line.unwrap_or_else(|| panic!("{id}: no `{start}`"))
        };
        let (sign, _) = line("  hookcat sign ").split_once(" | ").expect("a pipe");
        let verify = line("  hookcat verify ");
        let run = |words: &str| {
            let mut command = sandbox.shell_command(&format!("hookcat {words}"));
            let secret = sandbox.run(&["keys", "new", id]).ok().out();
            let kept = sandbox.path(&format!("{id}.key"));
            if !kept.exists() {
                std::fs::write(&kept, secret.trim()).expect("writes");
            }
            command.env("SECRET", std::fs::read_to_string(&kept).expect("reads"));
            finish(command, b"")
        };
        let signed = run(&format!("sign {sign}"));
        let mut filled = verify.to_owned();
        for header in signed.ok().out().lines() {
            let (name, value) = header.split_once(": ").expect("a header");
            filled = filled.replace(&format!("{name}: …"), &format!("{name}: {value}"));
        }
        let filled = filled.replace('…', "push");
        let verified = run(&format!("verify {filled}"));
        assert_eq!(
            verified.code,
            0,
            "{id}: {filled}\n{}{}",
            verified.out(),
            verified.err()
        );
    }
}
