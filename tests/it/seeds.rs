//! What the fuzz targets hold to is held of the seeds here, without cargo-fuzz.

use std::fs;
use std::path::{Path, PathBuf};

#[expect(unreachable_pub, reason = "a crate of its own for cargo-fuzz")]
#[path = "../../fuzz/properties.rs"]
mod properties;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

type Target = fn(&[u8]);

/// Every target by its name.
const TARGETS: [(&str, Target); 9] = [
    ("curl", properties::curl),
    ("definition", properties::definition),
    ("diagnose", properties::diagnose),
    ("expr", properties::expr),
    ("har", properties::har),
    ("headers", properties::headers),
    ("layouts", properties::layouts),
    ("push", properties::push),
    ("raw_http", properties::raw_http),
];

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("reads");
    let stem = |path: PathBuf| {
        path.file_stem()
            .map(|own| own.to_string_lossy().into_owned())
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| stem(entry.expect("an entry").path()))
        .collect();
    names.sort();
    names
}

#[test]
fn keep_what_is_held_of_them() {
    for (name, target) in TARGETS {
        let seeds = fs::read_dir(folder().join("seeds").join(name)).expect(name);
        let mut count = 0;
        for seed in seeds {
            let path = seed.expect("an entry").path();
            let bytes = fs::read(&path).expect("reads");
            let held = std::panic::catch_unwind(|| {
                target(&bytes);
                // Cut off, and with a byte that is not as it was.
                for at in [bytes.len() / 3, bytes.len() / 2] {
                    target(&bytes[..at]);
                    let mut other = bytes.clone();
                    other[at] ^= 0x20;
                    target(&other);
                }
            });
            assert!(held.is_ok(), "{}", path.display());
            count += 1;
        }
        assert!(count >= 3, "{name} has {count} seeds");
    }
}

#[test]
fn every_target_is_one() {
    let wanted: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names(&folder().join("targets")), wanted);
    assert_eq!(names(&folder().join("seeds")), wanted);
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).expect("reads");
    for name in wanted {
        let listed = format!("path = \"targets/{name}.rs\"");
        assert!(manifest.contains(&listed), "fuzz/Cargo.toml lacks {name}");
    }
}
