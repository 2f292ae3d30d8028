//! Scripted answers: what a sender hears, attempt by attempt, whatever it sent.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;

use super::message::Headers;
use super::random::Random;
use super::retry::Span;

/// The status of an answer that was drawn to fail.
const FAILED: u16 = 500;

/// What is answered to the attempts of one delivery.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// One step an attempt; the last one stays.
    pub steps: Steps,
    /// Headers of every answer.
    pub headers: Headers,
    /// The body of every answer; hookcat's own where there is none.
    pub body: Option<Bytes>,
    /// How long every answer is held back.
    pub delay: Delay,
    /// How many answers fail whatever the steps say.
    pub fail_rate: FailRate,
    /// When the sender is asked to come back, in answers that are no success.
    pub retry_after: Option<Duration>,
}

/// One step of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An answer with this status.
    Status(u16),
    /// No answer: the connection is reset.
    Reset,
}

/// The steps of a script, at least one: `500,500,200`, `reset,200`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Steps(Vec<Step>);

/// Steps as a file has them.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected answers such as `500` or `\"500,500,200\"`"
)]
enum Written {
    Status(u16),
    Text(String),
}

/// How long an answer is held back: `2s`, or `2s..5s` for a different span each time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Delay {
    least: Duration,
    most: Duration,
}

/// A chance from 0 to 1, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub struct FailRate(u32);

/// What is done with one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What is answered.
    pub step: Step,
    /// How long that is held back.
    pub delay: Duration,
    /// Which attempt of its delivery it is, counted from 1.
    pub attempt: usize,
    /// Whether it was drawn to fail.
    pub drawn: bool,
}

impl Script {
    /// What to do with an attempt, counted from 1. Each takes the same number of draws from `random`,
    /// so that a seed gives the same run whatever the steps are.
    pub fn turn(&self, attempt: usize, random: &mut Random) -> Turn {
        let drawn = random.below(u64::from(FailRate::ALL)) < u64::from(self.fail_rate.0);
        let delay = self.delay.draw(random);
        Turn {
            step: if drawn {
                Step::Status(FAILED)
            } else {
                self.steps.at(attempt)
            },
            delay,
            attempt,
            drawn,
        }
    }
}

impl Steps {
    /// The step of an attempt, counted from 1.
    fn at(&self, attempt: usize) -> Step {
        let index = attempt.saturating_sub(1).min(self.0.len() - 1);
        self.0[index]
    }
}

impl Default for Steps {
    fn default() -> Self {
        Self(vec![Step::Status(200)])
    }
}

impl From<Step> for Steps {
    fn from(step: Step) -> Self {
        Self(vec![step])
    }
}

impl FromStr for Steps {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let steps = text.split(',').map(|part| match part.trim() {
            "reset" => Ok(Step::Reset),
            part => match part.parse() {
                Ok(status @ 200..=599) if part.len() == 3 => Ok(Step::Status(status)),
                _ => Err(format!(
                    "not an answer, expected a status from 200 to 599, or `reset`: `{part}`"
                )),
            },
        });
        steps.collect::<Result<_, _>>().map(Self)
    }
}

impl TryFrom<Written> for Steps {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Status(status) => status.to_string().parse(),
            Written::Text(text) => text.parse(),
        }
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            match step {
                Step::Status(status) => write!(f, "{comma}{status}")?,
                Step::Reset => write!(f, "{comma}reset")?,
            }
        }
        Ok(())
    }
}

impl Delay {
    /// More than an hour is a slip of the pen.
    const MOST: Duration = Duration::from_secs(3600);

    /// Whether every answer goes out at once.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.most.is_zero()
    }

    fn draw(self, random: &mut Random) -> Duration {
        let room =
            u64::try_from(self.most.saturating_sub(self.least).as_micros()).unwrap_or(u64::MAX);
        self.least + Duration::from_micros(random.below(room.saturating_add(1)))
    }
}

impl FromStr for Delay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let span = |text: &str| text.trim().parse::<Span>().map(|span| span.0);
        let (least, most) = (span(least)?, span(most)?);
        if least > most || most > Self::MOST {
            return Err(format!(
                "not a delay, expected a span up to 1h, or two with the shorter first: `{text}`"
            ));
        }
        Ok(Self { least, most })
    }
}

impl TryFrom<String> for Delay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Span(self.least))?;
        if self.most > self.least {
            write!(f, " to {}", Span(self.most))?;
        }
        Ok(())
    }
}

impl FailRate {
    /// Always.
    const ALL: u32 = 1_000_000;

    /// Whether nothing fails.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl TryFrom<f64> for FailRate {
    type Error = String;

    fn try_from(rate: f64) -> Result<Self, String> {
        if !(0.0..=1.0).contains(&rate) {
            return Err(format!(
                "not a rate, expected a number from 0 to 1: `{rate}`"
            ));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number from 0 to a million"
        )]
        Ok(Self((rate * f64::from(Self::ALL)).round() as u32))
    }
}

impl FromStr for FailRate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rate: f64 = text
            .parse()
            .map_err(|_| format!("not a rate, expected a number from 0 to 1: `{text}`"))?;
        Self::try_from(rate)
    }
}

impl fmt::Display for FailRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", f64::from(self.0) / f64::from(Self::ALL))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(steps: &str) -> Script {
        Script {
            steps: steps.parse().expect("steps"),
            ..Script::default()
        }
    }

    fn played(script: &Script, seed: &str) -> Vec<Turn> {
        let mut random = Random::from_text(seed);
        (1..=200).map(|n| script.turn(n, &mut random)).collect()
    }

    #[test]
    fn the_last_step_stays() {
        let mut random = Random::from_text("7");
        let script = script("500, reset,204");
        let steps: Vec<Step> = (1..=5).map(|n| script.turn(n, &mut random).step).collect();
        let wanted = [
            Step::Status(500),
            Step::Reset,
            Step::Status(204),
            Step::Status(204),
            Step::Status(204),
        ];
        assert_eq!(steps, wanted);
        assert_eq!(script.steps.to_string(), "500, reset, 204");
    }

    #[test]
    fn what_is_no_script() {
        for text in ["", "200,", "199", "600", "0200", "+200", "2xx", "RESET"] {
            assert!(text.parse::<Steps>().is_err(), "{text}");
        }
        for text in ["", "2", "5s..2s", "2h", "-1s", "1s..", "..1s", "1s..2s..3s"] {
            assert!(text.parse::<Delay>().is_err(), "{text}");
        }
        for text in ["", "-0.1", "1.1", "NaN", "inf", "20%"] {
            assert!(text.parse::<FailRate>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_delay_stays_within_its_bounds_and_uses_them() {
        let mut script = script("200");
        script.delay = "2s..5s".parse().expect("a delay");
        let delays: Vec<u128> = played(&script, "7")
            .iter()
            .map(|turn| turn.delay.as_millis())
            .collect();
        assert!(delays.iter().all(|ms| (2000..=5000).contains(ms)));
        assert!(delays.iter().any(|ms| *ms < 2300) && delays.iter().any(|ms| *ms > 4700));
        assert_eq!(script.delay.to_string(), "2s to 5s");
        script.delay = "1500ms".parse().expect("a delay");
        let same = |turn: &Turn| turn.delay == Duration::from_millis(1500);
        assert!(played(&script, "7").iter().all(same));
    }

    #[test]
    fn a_seed_repeats_a_run_and_another_does_not() {
        let mut script = script("200");
        script.fail_rate = "0.2".parse().expect("a rate");
        script.delay = "0s..1s".parse().expect("a delay");
        assert_eq!(played(&script, "7"), played(&script, "7"));
        assert_ne!(played(&script, "7"), played(&script, "8"));
        let failed = played(&script, "7").iter().filter(|own| own.drawn).count();
        assert!((20..60).contains(&failed), "{failed} of 200");
        // The same answers fail whatever the script is.
        let other = Script {
            steps: "503,200".parse().expect("steps"),
            ..script.clone()
        };
        let drawn = |script| {
            played(script, "7")
                .iter()
                .map(|t| t.drawn)
                .collect::<Vec<_>>()
        };
        assert_eq!(drawn(&script), drawn(&other));
    }

    #[test]
    fn a_rate_of_one_and_of_none() {
        let mut script = script("200");
        assert!(played(&script, "7").iter().all(|turn| !turn.drawn));
        script.fail_rate = "1".parse().expect("a rate");
        let failed = |turn: &Turn| turn.drawn && turn.step == Step::Status(500);
        assert!(played(&script, "7").iter().all(failed));
    }
}
