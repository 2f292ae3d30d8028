//! `providers`: the catalogue as a person and as a program looks at it.

use hookcat::core::provider::{Category, Provider};
use hookcat::providers::Catalog;
use hookcat::show::{Paint, catalog};

use crate::harness::{Output, Sandbox};
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
