//! The house in order: which room may know what, how large a file gets, tables that are one table.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use hookcat::cli::Cli;
use hookcat::error::EXIT_CODES;

/// No file of code gets longer than this.
const LINES: usize = 420;

/// What the core must not know of: it takes bytes, a definition, secrets and `now`.
const FOREIGN: [&str; 22] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::os",
    "std::path",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "SystemRandom",
    "tokio",
    "clap",
    "rusqlite",
    "reqwest",
    "hyper",
    "colored",
    "dialoguer",
    "println!",
    "print!",
];

/// What comes before the core: rooms it must not look back into.
const OUTER: [&str; 19] = [
    "cli",
    "commands",
    "config",
    "definitions",
    "deliver",
    "env",
    "error",
    "git",
    "log",
    "paths",
    "providers",
    "receive",
    "repeat",
    "secrets",
    "show",
    "templates",
    "ui",
    "check",
    "serve",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, with its path from the root and its text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("reads") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(root()).expect("below the root");
                let text = fs::read_to_string(&path).expect("reads");
                files.push((name.display().to_string(), text));
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "no source in {folder}");
    files
}

/// The lines of code with their numbers: no comments, nothing from the tests at the end on.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| *line != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line))
}

fn is_word(text: &str, at: usize, word: &str) -> bool {
    let part = |char: char| char.is_alphanumeric() || char == '_';
    let before = text[..at].chars().next_back();
    let after = text[at + word.len()..].chars().next();
    !before.is_some_and(part) && !after.is_some_and(part)
}

fn names(line: &str, word: &str) -> bool {
    line.match_indices(word)
        .any(|(at, _)| is_word(line, at, word))
}

/// The one exception: `ring` takes its own random numbers to blind RSA and to sign with ECDSA.
const RANDOM: (&str, &str) = ("src/core/scheme/public_key.rs", "SystemRandom");

#[test]
fn the_core_is_pure() {
    for (name, text) in sources("src/core") {
        for (number, line) in code(&text) {
            for foreign in FOREIGN {
                assert!(
                    (name.as_str(), foreign) == RANDOM || !names(line, foreign),
                    "{name}:{number} names `{foreign}`: {line}"
                );
            }
            for room in OUTER {
                let path = format!("crate::{room}");
                assert!(
                    !names(line, &path),
                    "{name}:{number} looks into `{room}`: {line}"
                );
            }
        }
    }
}

#[test]
fn show_is_pure() {
    for (name, text) in sources("src/show") {
        for (number, line) in code(&text) {
            for foreign in FOREIGN
                .iter()
                .filter(|own| !["std::io", "colored"].contains(own))
            {
                assert!(
                    !names(line, foreign),
                    "{name}:{number} names `{foreign}`: {line}"
                );
            }
        }
    }
}

#[test]
fn nobody_but_the_commands_knows_the_commands() {
    for (name, text) in sources("src") {
        if name.starts_with("src/commands/") || ["src/cli.rs", "src/lib.rs"].contains(&&*name) {
            continue;
        }
        for (number, line) in code(&text) {
            assert!(!names(line, "crate::commands"), "{name}:{number}: {line}");
        }
    }
}

#[test]
fn every_room_says_what_it_is() {
    for (name, text) in [sources("src"), sources("tests")].concat() {
        let elsewhere = text.starts_with("// Generated") || name.ends_with("/tests.rs");
        assert!(elsewhere || text.starts_with("//! "), "{name} has no doc");
    }
}

#[test]
fn every_test_file_runs() {
    let main = include_str!("main.rs");
    for (name, _) in sources("tests/it") {
        let stem = Path::new(&name)
            .file_stem()
            .expect("a name")
            .to_string_lossy();
        let listed = main.lines().any(|line| line == format!("mod {stem};"));
        assert!(
            stem == "main" || listed,
            "tests/it/main.rs does not list `{stem}`"
        );
    }
}

#[test]
fn every_option_and_verb_has_help() {
    fn check(command: &Command, path: &str) {
        assert!(command.get_about().is_some(), "`{path}` has no help");
        for own in command.get_arguments() {
            let name = own.get_id();
            assert!(own.get_help().is_some(), "`{path} {name}` has no help");
        }
        for own in command.get_subcommands() {
            check(own, &format!("{path} {}", own.get_name()));
        }
    }
    let mut command = Cli::command();
    command.build();
    check(&command, "hookcat");
}

#[test]
fn words_shared_by_verbs_mean_the_same() {
    let mut command = Cli::command();
    command.build();
    let mut seen = std::collections::BTreeMap::new();
    let mut commands: Vec<&Command> = command.get_subcommands().collect();
    while let Some(own) = commands.pop() {
        commands.extend(own.get_subcommands());
        for argument in own.get_arguments() {
            let shared = [
                "secret", "to", "color", "log", "profile", "now", "seed", "insecure", "ca",
            ];
            let Some(long) = argument.get_long().filter(|long| shared.contains(long)) else {
                continue;
            };
            let help = argument.get_help().expect("help").to_string();
            let first = seen.entry(long.to_owned()).or_insert_with(|| help.clone());
            assert_eq!(*first, help, "`{} --{long}`", own.get_name());
        }
    }
    assert!(seen.len() >= 9, "{seen:?}");
}

/// `.TP`, the code, the meaning: the rows of the man page's table.
fn rows_of_the_man_page() -> Vec<(String, String)> {
    let page = fs::read_to_string(root().join("man/hookcat.1")).expect("reads");
    let (_, section) = page.split_once(".SH \"EXIT STATUS\"\n").expect("a section");
    let section = section.split("\n.SH").next().expect("a part");
    let mut lines = section.lines();
    let mut rows = Vec::new();
    while lines.next() == Some(".TP") {
        let mut line = || lines.next().expect("a line").replace('\\', "");
        rows.push((line(), line()));
    }
    rows
}

#[test]
fn the_man_page_has_the_exit_codes() {
    let wanted: Vec<(String, String)> = EXIT_CODES
        .iter()
        .map(|(code, meaning)| (code.to_string(), meaning.replace('`', "")))
        .collect();
    assert_eq!(rows_of_the_man_page(), wanted);
}

#[test]
fn the_readme_has_the_exit_codes() {
    let readme = fs::read_to_string(root().join("README.md")).expect("reads");
    let rows: String = EXIT_CODES
        .iter()
        .map(|(code, meaning)| format!("| {code} | {meaning} |\n"))
        .collect();
    assert!(readme.contains(&rows), "README.md lacks:\n{rows}");
}

#[test]
fn no_file_is_too_long() {
    for (name, text) in [sources("src"), sources("tests")].concat() {
        if text.starts_with("// Generated from") {
            continue;
        }
        // The tests beside the code are a room of their own.
        let code = text
            .split("#[cfg(test)]\nmod tests")
            .next()
            .unwrap_or(&text);
        let lines = code.lines().count();
        assert!(
            lines <= LINES,
            "{name} has {lines} lines: make it two rooms"
        );
    }
}

#[test]
fn every_verb_says_in_its_own_help_what_the_list_says() {
    let list = Cli::command();
    for verb in list.get_subcommands() {
        let said = verb.get_about().expect("an about").to_string();
        let mut whole = verb.clone();
        whole.build();
        assert_eq!(whole.get_about().expect("an about").to_string(), said);
        assert!(whole.get_long_about().is_none(), "{said}");
    }
}
