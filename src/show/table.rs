//! Aligned columns that fit the terminal.

use std::borrow::Cow;

use super::Paint;
use super::line::visible_width;

/// The space between two columns.
const GAP: usize = 2;
/// A column that gives way keeps so much.
const LEAST: usize = 8;

/// Rows of cells; every row has as many as the header.
#[derive(Clone, Debug)]
pub struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    yielding: Vec<usize>,
}

impl Table {
    /// A table with these columns.
    #[must_use]
    pub fn new(header: &[&'static str]) -> Self {
        Self {
            header: header.to_vec(),
            rows: Vec::new(),
            yielding: Vec::new(),
        }
    }

    /// Adds a row. Cells may be coloured.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Lets columns give way where a line is too long, and the others stay whole: the last, if it is
    /// one of them, is cut and then left out before any other is cut.
    pub fn yielding(&mut self, names: &[&str]) {
        self.yielding = (0..self.header.len())
            .filter(|&column| names.contains(&self.header[column]))
            .collect();
    }

    /// The lines, each cut to `width` columns; the last column takes what is left.
    #[must_use]
    pub fn lines(&self, paint: Paint, width: usize) -> Vec<String> {
        let mut widths: Vec<usize> = (0..self.header.len())
            .map(|column| {
                self.rows
                    .iter()
                    .filter_map(|row| row.get(column))
                    .map(|cell| visible_width(cell))
                    .chain([self.header[column].len()])
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        self.narrow(&mut widths, width);
        let header: Vec<String> = self.header.iter().map(|name| (*name).to_owned()).collect();
        std::iter::once(paint.dim(&line(&header, &widths, width)))
            .chain(self.rows.iter().map(|row| line(row, &widths, width)))
            .collect()
    }

    fn narrow(&self, widths: &mut Vec<usize>, width: usize) {
        let excess = |widths: &[usize]| {
            let gaps = GAP * widths.len().saturating_sub(1);
            (widths.iter().sum::<usize>() + gaps).saturating_sub(width)
        };
        let end = widths.len().saturating_sub(1);
        if excess(widths) > 0 && self.yielding.contains(&end) {
            let left = widths[end].saturating_sub(excess(widths));
            if left >= LEAST.max(self.header[end].len()) {
                widths[end] = left;
            } else {
                widths.truncate(end);
            }
        }
        while excess(widths) > 0 {
            let widest = self
                .yielding
                .iter()
                .copied()
                .filter(|&column| column < widths.len() && widths[column] > LEAST)
                .max_by_key(|&column| widths[column]);
            match widest {
                Some(column) => widths[column] -= 1,
                None => return,
            }
        }
    }
}

fn line(cells: &[String], widths: &[usize], width: usize) -> String {
    let mut out = String::new();
    for (index, (cell, &wide)) in cells.iter().zip(widths).enumerate() {
        if index > 0 {
            out.push_str(&" ".repeat(GAP));
        }
        let cell = cut(cell, wide);
        out.push_str(&cell);
        if index + 1 < widths.len() {
            let gap = wide.saturating_sub(visible_width(&cell));
            out.push_str(&" ".repeat(gap));
        }
    }
    cut(out.trim_end(), width).into_owned()
}

/// Cuts a line to so many columns, colour codes kept whole and closed.
#[must_use]
pub fn cut(line: &str, width: usize) -> Cow<'_, str> {
    if visible_width(line) <= width {
        return line.into();
    }
    let mut out = String::new();
    let mut left = width.saturating_sub(1);
    let mut coloured = false;
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        if char == '\x1b' {
            coloured = true;
            out.push(char);
            for part in chars.by_ref() {
                out.push(part);
                if part == 'm' {
                    break;
                }
            }
        } else if left == 0 {
            break;
        } else {
            out.push(char);
            left -= 1;
        }
    }
    out.push('…');
    if coloured {
        out.push_str("\x1b[0m");
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_lines_are_cut() {
        let mut table = Table::new(&["id", "event"]);
        table.row(vec!["7".into(), "push".into()]);
        table.row(vec![
            "\x1b[31m1234\x1b[0m".into(),
            "pull_request.opened".into(),
        ]);
        let lines = table.lines(Paint::new(false), 14);
        assert_eq!(lines[0], "id    event");
        assert_eq!(lines[1], "7     push");
        assert_eq!(visible_width(&lines[2]), 14);
        assert!(lines[2].contains("1234\x1b[0m  pull_re…"), "{:?}", lines[2]);
    }

    #[test]
    fn columns_give_way_to_those_that_matter() {
        let mut table = Table::new(&["event", "status", "delivery id"]);
        table.yielding(&["event", "delivery id"]);
        table.row(vec!["x".repeat(40), "401".into(), "y".repeat(40)]);
        let lines = table.lines(Paint::new(false), 70);
        assert!(
            lines[1].ends_with("x  401     yyyyyyyyyyyyyyyyyyy…"),
            "{lines:?}"
        );
        assert_eq!(visible_width(&lines[1]), 70);
        let lines = table.lines(Paint::new(false), 30);
        assert_eq!(lines[1], format!("{}…  401", "x".repeat(21)));
        let whole = table.lines(Paint::new(false), usize::MAX);
        assert!(!whole[1].contains('…'), "{:?}", whole[1]);
    }
}
