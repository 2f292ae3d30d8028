//! A page for a person: titles, labelled rows, items, all wrapped to the screen.

use super::Paint;
use super::line::visible_width;

/// Text is not wrapped narrower than this, however narrow the screen.
pub(super) const LEAST: usize = 20;
/// The width of a label.
const LABEL: usize = 11;

/// A page that is being written.
pub(super) struct Page {
    pub(super) paint: Paint,
    pub(super) width: usize,
    pub(super) text: String,
}

impl Page {
    /// An empty page of so many columns.
    pub(super) fn new(paint: Paint, width: usize) -> Self {
        Self {
            paint,
            width,
            text: String::new(),
        }
    }

    /// A title with an empty line before it.
    pub(super) fn title(&mut self, title: &str) {
        self.text
            .push_str(&format!("\n{}\n", self.paint.bold(title)));
    }

    /// A value behind its label; several rows of one label repeat it with nothing.
    pub(super) fn row(&mut self, label: &str, value: &str) {
        let label = self.paint.dim(&format!("{label:<LABEL$}"));
        self.hang(&format!("  {label}  "), value);
    }

    /// Lines behind a label as they are: a drawing.
    pub(super) fn lines(&mut self, label: &str, lines: &[String]) {
        let mut label = self.paint.dim(&format!("{label:<LABEL$}"));
        for line in lines {
            self.text.push_str(&format!("  {label}  {line}\n"));
            label = " ".repeat(LABEL);
        }
    }

    /// The columns a row's value may take.
    pub(super) fn room(&self) -> usize {
        self.width.saturating_sub(LABEL + 4).max(LEAST)
    }

    /// A text behind a label, its further lines under its first.
    pub(super) fn hang(&mut self, label: &str, text: &str) {
        let indent = visible_width(label);
        let room = self.width.saturating_sub(indent).max(LEAST);
        let lines = wrapped(text, room).join(&format!("\n{}", " ".repeat(indent)));
        self.text.push_str(&format!("{label}{lines}\n"));
    }

    /// One of several things.
    pub(super) fn item(&mut self, text: &str) {
        self.hang("  - ", text);
    }
}

/// A text in lines of at most so many columns, broken at spaces; a word longer than that stays whole.
pub(super) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let end = lines.len() - 1;
        let taken = visible_width(&lines[end]);
        if taken == 0 {
            lines[end].push_str(word);
        } else if taken.saturating_add(1 + visible_width(word)) <= room {
            lines[end].push(' ');
            lines[end].push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_at_spaces() {
        assert_eq!(wrapped("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(wrapped("abcdef g", 3), ["abcdef", "g"]);
    }

    #[test]
    fn further_lines_stand_under_the_first() {
        let mut page = Page::new(Paint::new(false), 40);
        page.row("label", "as many words as do not fit one line");
        let indent = " ".repeat(LABEL + 4);
        assert!(
            page.text.contains(&format!("\n{indent}fit one")),
            "{}",
            page.text
        );
    }
}
