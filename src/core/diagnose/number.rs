//! Numbers as the languages write them after reading them.

/// Whose numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// As they stand.
    Kept,
    /// Doubles, as JavaScript and Go write them: `1.0` is `1`.
    JavaScript,
    /// Whole numbers of any size, and doubles with a fraction always: `1e3` is `1000.0`.
    Python,
    /// Whole numbers of 64 bits, and doubles without an empty fraction.
    Php,
}

impl Numbers {
    /// A number's text as it is written again, `None` if it stays as it is.
    pub(super) fn rewritten(self, text: &str) -> Option<String> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        // Fifteen digits fit a double whatever they are.
        if self == Self::Kept || (plain && text.len() <= 15) {
            return None;
        }
        let whole = text.strip_prefix('-').unwrap_or(text);
        let whole = whole.bytes().all(|byte| byte.is_ascii_digit());
        let value: f64 = text.parse().ok()?;
        let decimal = Decimal::of(value);
        let written = match self {
            Self::Kept => return None,
            Self::JavaScript if value == 0.0 => "0".to_owned(),
            Self::JavaScript => decimal.written(-7..21, 1, ""),
            Self::Python | Self::Php if whole && value == 0.0 => "0".to_owned(),
            Self::Python if whole => return None,
            Self::Python => {
                let fixed = decimal.written(-5..16, 2, "");
                if fixed.contains(['.', 'e']) {
                    fixed
                } else {
                    fixed + ".0"
                }
            }
            Self::Php if whole && text.parse::<i64>().is_ok() => return None,
            Self::Php => decimal.written(-5..17, 1, ".0"),
        };
        (written != text).then_some(written)
    }
}

/// The shortest digits that read back as a double.
struct Decimal {
    sign: &'static str,
    digits: String,
    /// The power of ten of the first digit.
    power: i32,
}

impl Decimal {
    fn of(value: f64) -> Self {
        let text = format!("{:e}", value.abs());
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        Self {
            sign: if value.is_sign_negative() { "-" } else { "" },
            digits: digits.replace('.', ""),
            power: power.parse().unwrap_or_default(),
        }
    }

    /// Written out where the power lies within the range (its ends excluded below, included not
    /// above), else with an exponent of at least `width` digits, a lone digit followed by `lone`.
    fn written(&self, plain: std::ops::Range<i32>, width: usize, lone: &str) -> String {
        let Self {
            sign,
            digits,
            power,
        } = self;
        if *power <= plain.start || *power >= plain.end {
            let (first, rest) = digits.split_at(1);
            let rest = match rest {
                "" => lone.to_owned(),
                rest => format!(".{rest}"),
            };
            let mark = if *power < 0 { '-' } else { '+' };
            return format!("{sign}{first}{rest}e{mark}{:0width$}", power.abs());
        }
        let Ok(power) = usize::try_from(*power) else {
            let zeros = usize::try_from(-1 - power).unwrap_or_default();
            return format!("{sign}0.{}{digits}", "0".repeat(zeros));
        };
        if digits.len() <= power + 1 {
            let zeros = "0".repeat(power + 1 - digits.len());
            return format!("{sign}{digits}{zeros}");
        }
        let (before, after) = digits.split_at(power + 1);
        format!("{sign}{before}.{after}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Node.js 20, Python 3 and PHP 8 write them.
    #[test]
    fn numbers_are_those_of_the_languages() {
        for (text, javascript, python, php) in [
            ("1", "1", "1", "1"),
            ("1.0", "1", "1.0", "1"),
            ("1e3", "1000", "1000.0", "1000"),
            ("1.50", "1.5", "1.5", "1.5"),
            ("-0", "0", "0", "0"),
            ("-0.0", "0", "-0.0", "-0"),
            ("0.000001", "0.000001", "1e-06", "1.0e-6"),
            ("1e-7", "1e-7", "1e-07", "1.0e-7"),
            ("0.0001", "0.0001", "0.0001", "0.0001"),
            ("1e21", "1e+21", "1e+21", "1.0e+21"),
            ("1E20", "100000000000000000000", "1e+20", "1.0e+20"),
            (
                "1.5e16",
                "15000000000000000",
                "1.5e+16",
                "15000000000000000",
            ),
            (
                "12345678901234567890",
                "12345678901234567000",
                "12345678901234567890",
                "1.2345678901234567e+19",
            ),
            (
                "9007199254740993",
                "9007199254740992",
                "9007199254740993",
                "9007199254740993",
            ),
            ("12.34", "12.34", "12.34", "12.34"),
        ] {
            let write = |numbers: Numbers| numbers.rewritten(text).unwrap_or(text.to_owned());
            assert_eq!(write(Numbers::JavaScript), javascript, "{text}");
            assert_eq!(write(Numbers::Python), python, "{text}");
            assert_eq!(write(Numbers::Php), php, "{text}");
            assert_eq!(Numbers::Kept.rewritten(text), None);
        }
    }
}
