//! Requests of a `.http` file, as VS Code and other editors send them.

use super::{Loss, Piece, own, target_stands, texts, title, url};
use crate::core::delivery::Delivery;
use crate::show::sanitize::is_hostile;

/// A delivery as a request; a body that the editors would read as something else goes into a file.
pub(super) fn request(delivery: &Delivery, beside: Option<&str>) -> Piece {
    let message = own(&delivery.message);
    let (headers, mut losses) = texts(&message.headers);
    let url = url(delivery);
    if !target_stands(&message.target) || is_filled_in(&url) {
        losses.push(Loss::Target(message.target.clone()));
    }
    let url = url.replace("{{", "%7B%7B");
    let mut text = format!(
        "### {}\n{} {url} HTTP/1.1\n",
        title(delivery),
        message.method
    );
    for (name, value) in headers {
        let comments = name.starts_with('#') || value.contains("{{");
        if comments || value.trim() != value || value.chars().any(is_hostile) {
            losses.push(Loss::Header(name.to_owned()));
            continue;
        }
        text.push_str(&format!("{name}: {value}\n"));
    }
    let mut body_beside = false;
    if !message.body.is_empty() {
        match (std::str::from_utf8(&message.body), beside) {
            (Ok(body), _) if stands(body) => text.push_str(&format!("\n{body}\n")),
            (_, Some(name)) => {
                body_beside = true;
                text.push_str(&format!("\n< ./{name}\n"));
            }
            _ => losses.push(Loss::Body),
        }
    }
    Piece {
        text,
        losses,
        body_beside,
    }
}

/// Whether a body is its own lines again: no editor trims it, fills something in, or takes a line of it
/// for a comment, another request or a file's name.
fn stands(body: &str) -> bool {
    let signs = ["#", "//", "< ", "<@", "<>", "> ", ">>", "@"];
    let trims = body.trim() != body || body.contains('\r');
    let acts = |line: &str| signs.iter().any(|sign| line.trim_start().starts_with(sign));
    let hostile = |char: char| is_hostile(char) && char != '\n';
    !trims && !is_filled_in(body) && !body.lines().any(acts) && !body.chars().any(hostile)
}

fn is_filled_in(text: &str) -> bool {
    text.contains("{{")
}
