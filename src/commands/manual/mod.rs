//! The man pages that describe no command: formats and guides.

mod definitions;
mod scripts;
mod signatures;
mod webhooks;

use clap_mangen::roff::{Inline, Roff, bold, roman};

/// Every such page: its file and its text.
pub(super) fn pages() -> [(&'static str, String); 4] {
    [
        (definitions::NAME, definitions::page()),
        (scripts::NAME, scripts::page()),
        (signatures::NAME, signatures::page()),
        (webhooks::NAME, webhooks::page()),
    ]
}

/// A page of this name and section, begun with what it is about.
fn begun((name, section): (&str, &str), about: &str) -> Roff {
    let mut roff = Roff::new();
    let version = concat!("hookcat ", env!("CARGO_PKG_VERSION"));
    roff.control("TH", [name, section, "", version]);
    roff.control("SH", ["NAME"]);
    roff.text([roman(format!("{name} - {about}"))]);
    roff
}

/// A text, what stands in backticks bold.
fn words(text: &str) -> Vec<Inline> {
    text.split('`')
        .enumerate()
        .filter(|(_, part)| !part.is_empty())
        .map(|(index, part)| match index % 2 {
            0 => roman(part),
            _ => bold(part),
        })
        .collect()
}

/// Lines as they are.
fn literal(roff: &mut Roff, text: &str) {
    roff.control("nf", []);
    for line in text.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}
