//! What took effect at the endpoint, as the user's own command or URL counts it.

use std::process::Stdio;
use std::time::Duration;

use reqwest::Url;
use serde_json::Value;
use tokio::process::Command;
use tokio::time::Instant;

use crate::core::message::{Headers, Message};
use crate::deliver::Client;

/// An effect that shows later than this after the answer is not seen.
const EFFECT: Duration = Duration::from_secs(1);
/// An effect too many is waited for so long.
const SURPLUS: Duration = Duration::from_millis(300);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// A look that takes longer failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Counts what took effect.
#[derive(Clone, Debug)]
pub enum Observer {
    /// A line of shell; what it prints counts.
    Command(String),
    /// A URL; what it answers counts.
    Url(Box<Client>, Url),
}

impl Observer {
    /// How much took effect so far.
    ///
    /// # Errors
    /// A sentence with what went wrong.
    pub async fn look(&self) -> Result<i64, String> {
        let looking = tokio::time::timeout(PATIENCE, self.read());
        let text = looking
            .await
            .map_err(|_| format!("it took longer than {PATIENCE:?}"))??;
        count(&text)
            .ok_or_else(|| "it shows neither a number, nor lines, nor a JSON array".to_owned())
    }

    async fn read(&self) -> Result<String, String> {
        match self {
            Self::Command(line) => {
                let mut shell = Command::new("sh");
                let output = shell
                    .args(["-c", line])
                    .stdin(Stdio::null())
                    .kill_on_drop(true);
                let output = output.output().await.map_err(|error| error.to_string())?;
                if !output.status.success() {
                    return Err(format!("it ended with {}", output.status));
                }
                Ok(String::from_utf8_lossy(&output.stdout).into_owned())
            }
            Self::Url(client, url) => {
                let mut message = Message::post(Headers::new(), "");
                "GET".clone_into(&mut message.method);
                let attempt = client.attempt(&message, url, 1).await;
                let attempt = attempt.map_err(|error| error.to_string())?;
                let reply = attempt.result.map_err(|failure| failure.message)?;
                if reply.status / 100 != 2 {
                    return Err(format!("it answered {}", reply.status));
                }
                Ok(String::from_utf8_lossy(&reply.body).into_owned())
            }
        }
    }

    /// Waits until something took effect; how much did by then.
    ///
    /// # Errors
    /// As [`Observer::look`].
    pub async fn after(&self, before: i64) -> Result<i64, String> {
        self.changed(before, EFFECT).await
    }

    /// Waits whether anything more takes effect.
    ///
    /// # Errors
    /// As [`Observer::look`].
    pub async fn settled(&self, before: i64) -> Result<i64, String> {
        self.changed(before, SURPLUS).await
    }

    async fn changed(&self, before: i64, within: Duration) -> Result<i64, String> {
        let end = Instant::now() + within;
        loop {
            let now = self.look().await?;
            if now != before || Instant::now() >= end {
                return Ok(now);
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// The number a text is, or of the items it has: of a JSON array, or its lines.
fn count(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    match serde_json::from_str(text) {
        Ok(Value::Array(items)) => i64::try_from(items.len()).ok(),
        Ok(Value::Object(_)) => None,
        _ => i64::try_from(text.lines().filter(|line| !line.trim().is_empty()).count()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_an_array_or_lines_are_counted() {
        for (text, number) in [
            ("7\n", Some(7)),
            ("", Some(0)),
            ("[]", Some(0)),
            ("[1, {\"a\": 2}]\n", Some(2)),
            ("one\n\ntwo\n", Some(2)),
            ("{\"count\": 3}", None),
        ] {
            assert_eq!(count(text), number, "{text:?}");
        }
    }
}
