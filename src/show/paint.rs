//! Colour for one stream, on or off.

use colored::Colorize;

/// One of the styles a [`Paint`] has.
pub(super) type Style = fn(Paint, &str) -> String;

/// Colours text if its stream wants colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint(bool);

macro_rules! styles {
    ($($(#[$doc:meta])* $name:ident => |$text:ident| $styled:expr;)*) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub fn $name(self, $text: &str) -> String {
                if self.0 { $styled.to_string() } else { $text.to_owned() }
            }
        )*
    };
}

impl Paint {
    /// Colour or none.
    #[must_use]
    pub fn new(on: bool) -> Self {
        Self(on)
    }

    /// Appends a text in a style.
    pub(super) fn push(self, style: Style, text: &str, to: &mut String) {
        if self.0 {
            to.push_str(&style(self, text));
        } else {
            to.push_str(text);
        }
    }

    styles! {
        /// What matters most.
        bold => |text| text.bold();
        /// What matters least.
        dim => |text| text.dimmed();
        /// Good.
        green => |text| text.green();
        /// Bad.
        red => |text| text.red();
        /// Worth a look.
        yellow => |text| text.yellow();
        /// Names and paths.
        cyan => |text| text.cyan();
        /// The word `error:`.
        red_bold => |text| text.red().bold();
        /// The word `warning:`.
        yellow_bold => |text| text.yellow().bold();
        /// The word `hint:`.
        cyan_bold => |text| text.cyan().bold();
    }
}
