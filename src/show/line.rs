//! A line about a delivery, written piece by piece into one text: many may be told in a second.

use std::iter::repeat_n;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Paint;
use super::event::Look;
use super::paint::Style;
use super::table::cut;

/// Where the number at the end of a line begins, if the line is not longer and the screen not
/// narrower.
pub(super) const NUMBER_COLUMN: usize = 74;
/// The room left for number and delivery id on a narrow screen, as long as that is possible.
const NUMBER_ROOM: usize = 24;
/// A narrow screen's number column is not moved further left than here.
const LEAST_COLUMN: usize = 48;
/// What stands before the number is not cut shorter than this.
const LEAST_LEFT: usize = 40;
/// Most lines have room in it.
const USUAL: usize = 160;

/// A line that grows.
pub(super) struct Line<'l> {
    text: String,
    look: &'l Look,
}

impl<'l> Line<'l> {
    /// A line that begins with the time of day and an arrow.
    pub(super) fn new(at: Timestamp, arrow: &str, look: &'l Look) -> Self {
        let mut text = String::with_capacity(USUAL);
        look.paint
            .push(Paint::dim, &clock(at, &look.zone), &mut text);
        Self { text, look }.styled(Paint::cyan, arrow)
    }

    /// The same line with one more piece.
    pub(super) fn piece(mut self, piece: &str) -> Self {
        self.text.push_str("  ");
        self.text.push_str(piece);
        self
    }

    /// The same line with one more piece in a style.
    pub(super) fn styled(mut self, style: Style, piece: &str) -> Self {
        self.text.push_str("  ");
        self.look.paint.push(style, piece, &mut self.text);
        self
    }

    /// The same line with one more word of its last piece.
    pub(super) fn word(mut self, word: &str) -> Self {
        self.text.push(' ');
        self.text.push_str(word);
        self
    }

    /// How many columns it takes.
    pub(super) fn width(&self) -> usize {
        visible_width(&self.text)
    }

    /// The line with a number behind it, and what belongs to that: where the eye finds it, whatever
    /// colour stands before it; on a narrow screen so far left that what follows it fits the line.
    pub(super) fn end(self, number: &str) -> String {
        let Self { mut text, look } = self;
        let column = look
            .width
            .saturating_sub(NUMBER_ROOM)
            .clamp(LEAST_COLUMN, NUMBER_COLUMN);
        let behind = visible_width(number);
        let room = look.width.saturating_sub(behind + 2).max(LEAST_LEFT);
        let mut width = visible_width(&text);
        if width > room {
            text = cut(&text, room).into_owned();
            width = visible_width(&text);
        }
        let fits = look.width.saturating_sub(behind).min(column);
        text.extend(repeat_n(' ', fits.saturating_sub(width).max(2)));
        text.push_str(number);
        text
    }
}

/// A time of day, to the millisecond.
pub(super) fn clock(at: Timestamp, zone: &TimeZone) -> String {
    let time = zone.to_datetime(at).time();
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    let mut text = String::with_capacity("00:00:00.000".len());
    for (part, end) in [(hour, ':'), (minute, ':'), (second, '.')] {
        push_digits(i16::from(part), 10, &mut text);
        text.push(end);
    }
    push_digits(time.millisecond(), 100, &mut text);
    text
}

/// Appends a number of as many digits as its first one's weight has.
fn push_digits(number: i16, mut weight: i16, text: &mut String) {
    while weight > 0 {
        let digit = u8::try_from(number / weight % 10).unwrap_or(0);
        text.push(char::from(b'0' + digit));
        weight /= 10;
    }
}

/// How many columns a text takes, colour codes not counted.
pub(super) fn visible_width(text: &str) -> usize {
    if text.bytes().all(|byte| byte.is_ascii() && byte != b'\x1b') {
        return text.len();
    }
    let mut width = 0;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char == '\x1b' {
            chars.by_ref().find(|char| *char == 'm');
        } else {
            width += 1;
        }
    }
    width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_takes_no_room() {
        assert_eq!(visible_width("\x1b[31mab\x1b[0mc"), 3);
    }
}
