//! Aligned columns that fit the terminal.

use super::Paint;
use super::event::visible_width;

/// Rows of cells; every row has as many as the header.
#[derive(Clone, Debug)]
pub struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    #[must_use]
    pub fn new(header: &[&'static str]) -> Self {
        Self {
            header: header.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row. Cells may be coloured.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines, each cut to `width` columns; the last column takes what is left.
    #[must_use]
    pub fn lines(&self, paint: Paint, width: usize) -> Vec<String> {
        let widths: Vec<usize> = (0..self.header.len())
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
        let header: Vec<String> = self.header.iter().map(|name| (*name).to_owned()).collect();
        std::iter::once(paint.dim(&line(&header, &widths, width)))
            .chain(self.rows.iter().map(|row| line(row, &widths, width)))
            .collect()
    }
}

fn line(cells: &[String], widths: &[usize], width: usize) -> String {
    let mut out = String::new();
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push_str("  ");
        }
        out.push_str(cell);
        if index + 1 < cells.len() {
            let gap = widths
                .get(index)
                .map_or(0, |wide| wide.saturating_sub(visible_width(cell)));
            out.push_str(&" ".repeat(gap));
        }
    }
    cut(out.trim_end(), width)
}

/// Cuts a line to so many columns, colour codes kept whole and closed.
#[must_use]
pub fn cut(line: &str, width: usize) -> String {
    if visible_width(line) <= width {
        return line.to_owned();
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
    out
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
}
