//! Whole outputs, committed: a command line, its exit code, its stdout, its stderr.
//!
//! `REGENERATE=1 cargo test --test it` writes them; a change is read in the diff.

use std::fs;
use std::path::PathBuf;

use crate::harness::{Output, Sandbox};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots")
}

/// Holds a whole output against its snapshot. The sandbox's path is left out, and what `variable`
/// names: text to replace, and what stands for it.
#[track_caller]
pub(crate) fn check(
    sandbox: &Sandbox,
    name: &str,
    args: &[&str],
    output: &Output,
    variable: &[(&str, &str)],
) {
    let words: Vec<String> = args.iter().map(|word| quoted(word)).collect();
    let mut text = format!(
        "$ hookcat {}\n[exit code {}]\n[stdout]\n{}[stderr]\n{}",
        words.join(" "),
        output.code,
        output.out(),
        output.err()
    );
    text = text.replace(&sandbox.root().display().to_string(), "[SANDBOX]");
    for (from, to) in variable {
        text = text.replace(from, to);
    }
    let path = folder().join(format!("{name}.txt"));
    if std::env::var_os("REGENERATE").is_some() {
        fs::create_dir_all(folder()).expect("creates");
        fs::write(&path, &text).expect("writes");
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        text == wanted,
        "`{name}` differs from its snapshot; if it should, run `REGENERATE=1 cargo test --test it`\n\
         --- wanted\n{wanted}--- got\n{text}"
    );
}

/// Runs a command and holds all of it against its snapshot.
#[track_caller]
pub(crate) fn run(sandbox: &Sandbox, name: &str, args: &[&str]) -> Output {
    let output = sandbox.run(args);
    check(sandbox, name, args, &output, &[]);
    output
}

fn quoted(word: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_./:=@,+%".contains(char);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{word}'")
    }
}

#[test]
fn none_is_left_over() {
    let sources = folder().parent().expect("a folder").to_owned();
    let sources: String = fs::read_dir(sources)
        .expect("reads")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| fs::read_to_string(path).expect("reads"))
        .collect();
    for entry in fs::read_dir(folder()).expect("reads") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy();
        assert!(
            sources.contains(&format!("\"{name}\"")),
            "no test makes the snapshot `{name}`"
        );
    }
}
