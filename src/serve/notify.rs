//! An event told to people: a message to a Slack incoming webhook, a mail.

use super::attempt::{Happened, Sender};
use super::endpoint::Endpoint;
use crate::core::delivery::{Attempt, Delivery, Failure, FailureKind};
use crate::core::message::{Headers, Message};
use crate::core::outgoing::recorded;
use crate::core::serve::subscription::JSON;
use crate::deliver::mail::{Mail, Mailer};
use crate::show::notice::Notice;

/// The request of a Slack message. Its URL is the secret: nothing is signed.
pub(super) fn slack(endpoint: &Endpoint, happened: &Happened, target: String) -> Message {
    let headers: Headers = [("Content-Type", JSON)].into_iter().collect();
    Message {
        target,
        ..Message::post(headers, notice(endpoint, happened).slack_body())
    }
}

/// Makes one attempt at a mail; what goes into the log.
pub(super) async fn mail(
    sender: &Sender,
    endpoint: &Endpoint,
    happened: &Happened,
    number: u32,
) -> Delivery {
    let notice = notice(endpoint, happened);
    let to = &endpoint.subscription.address;
    let written = match (&sender.mailer, to.parse()) {
        (None, _) => Err("no mail server: start with `hookcat serve --smtp HOST:PORT`".to_owned()),
        (_, Err(error)) => Err(format!("{error}")),
        (Some(mailer), Ok(to)) => {
            let mail = Mail {
                to,
                subject: notice.subject(),
                text: notice.mail(),
            };
            sent(sender, mailer, &mail, number).await
        }
    };
    let (message, attempt) = written.unwrap_or_else(|why| {
        let message = Message::post(Headers::new(), notice.mail());
        (message, unsent(sender, to, number, why))
    });
    let mut delivery = recorded(&endpoint.provider, &happened.event, message);
    delivery.at = attempt.at;
    delivery.attempts = vec![attempt];
    delivery
}

async fn sent(
    sender: &Sender,
    mailer: &Mailer,
    mail: &Mail,
    number: u32,
) -> Result<(Message, Attempt), String> {
    let message = mail.message(sender.clock.now());
    let message = message.map_err(|error| error.to_string())?;
    let attempt = mailer.attempt(mail, number).await;
    Ok((message, attempt.map_err(|error| error.to_string())?))
}

fn unsent(sender: &Sender, to: &str, number: u32, why: String) -> Attempt {
    Attempt {
        number,
        at: sender.clock.now(),
        url: format!("mailto:{to}"),
        result: Err(Failure {
            kind: FailureKind::Connect,
            message: why,
        }),
        latency: std::time::Duration::ZERO,
    }
}

fn notice(endpoint: &Endpoint, happened: &Happened) -> Notice {
    let own = &happened.occurrence;
    Notice::of(&endpoint.provider, &own.event, &own.payload)
}
