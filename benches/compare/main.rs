//! `just bench`: hookcat beside its peers, as ratios of one run on one machine. Not a test: it prints
//! and judges nothing.
//!
//! `cargo bench --bench compare -- receive` runs one part of it: `start`, `receive`, `load`, `replay`, `log`.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod bare;
mod load;
mod log;
mod receive;
mod replay;
mod start;

use std::path::{Path, PathBuf};

/// The binary that is shipped if it was built, else the one of this profile.
fn hookcat() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target"),
        PathBuf::from,
    );
    let shipped = target.join("dist/hookcat");
    if shipped.is_file() {
        shipped
    } else {
        env!("CARGO_BIN_EXE_hookcat").into()
    }
}

fn main() -> std::io::Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|own| !own.starts_with('-'))
        .collect();
    if words.first().is_some_and(|own| own == bare::WORD) {
        return bare::serve();
    }
    let wanted = |part: &str| words.is_empty() || words.iter().any(|own| own == part);
    let folder = std::env::temp_dir().join(format!("hookcat-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    println!("hookcat beside its peers: medians of runs in turn");
    if wanted("start") {
        start::run(&folder)?;
    }
    if wanted("receive") {
        receive::run(&folder)?;
    }
    if wanted("load") {
        load::run(&folder)?;
    }
    if wanted("replay") {
        replay::run(&folder)?;
    }
    if wanted("log") {
        log::run(&folder)?;
    }
    std::fs::remove_dir_all(folder)
}
