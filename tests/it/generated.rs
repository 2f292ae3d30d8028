//! What is generated and committed is current.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use clap_complete::Shell;
use hookcat::commands::{completion_script, man_pages};
use hookcat::providers::render_index;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a file with what it should hold, or writes it where `REGENERATE` is set.
fn check(path: &Path, wanted: &[u8]) {
    if std::env::var_os("REGENERATE").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
        fs::write(path, wanted).expect("writes");
    }
    let name = path.strip_prefix(root()).unwrap_or(path).display();
    assert!(
        fs::read(path).unwrap_or_default() == wanted,
        "{name} is stale; run `REGENERATE=1 cargo test --test it generated`"
    );
}

#[test]
fn the_index_of_the_definitions() {
    let folder = root().join("src/providers");
    let mut files: Vec<(String, String)> = fs::read_dir(&folder)
        .expect("reads")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .map(|path| {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, fs::read_to_string(&path).expect("reads"))
        })
        .collect();
    files.sort();
    let index = render_index(&files).expect("definitions without mistakes");
    check(&folder.join("index.rs"), index.as_bytes());
}

#[test]
fn completions() {
    for shell in Shell::value_variants() {
        let script = completion_script(*shell).expect("a script");
        let name = clap_complete::Generator::file_name(shell, "hookcat");
        check(&root().join("completions").join(name), &script);
    }
}

#[test]
fn man() {
    let folder = root().join("man");
    let pages = man_pages().expect("pages");
    for (name, page) in &pages {
        check(&folder.join(name), page);
    }
    let there = fs::read_dir(&folder).expect("reads").count();
    assert_eq!(there, pages.len(), "man/ holds a page of no command");
}
