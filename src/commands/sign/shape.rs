//! The forms a signature is printed in.

use reqwest::Url;
use serde_json::json;

use super::SignFormat;
use crate::commands::send::target;
use crate::core::message::{Headers, Message};
use crate::core::provider::Provider;
use crate::core::scheme::{Scheme, Signed};
use crate::deliver::host;
use crate::error::CommandError;
use crate::show::post::{self, Body, Post, Unwritable};
use crate::show::{json, request};
use crate::ui::Ui;

/// What is known beside the signature.
pub(super) struct Shape<'a> {
    pub(super) format: SignFormat,
    pub(super) provider: &'a Provider,
    pub(super) scheme: &'a Scheme,
    pub(super) method: &'a str,
    /// Where a whole request goes.
    pub(super) target: Option<&'a Url>,
    /// The file the body stands in.
    pub(super) file: Option<&'a str>,
    /// The body, where it stands in no file.
    pub(super) kept: Vec<u8>,
    pub(super) ui: Ui,
}

impl Shape<'_> {
    pub(super) fn print(self, signed: Signed) -> Result<(), CommandError> {
        let ui = self.ui;
        match self.format {
            // A signature that stands in the body comes with the body.
            SignFormat::Headers if signed.body.is_some() => {
                ui.foreign(&signed.body.unwrap_or_default())
            }
            SignFormat::Headers => {
                let mut lines = Vec::new();
                for (name, value) in &signed.headers {
                    lines.extend_from_slice(format!("{name}: {value}\n").as_bytes());
                }
                ui.foreign(&lines)?;
                if let Some(query) = query(&signed) {
                    // It may be a token, and so is not repeated where nobody asked for it.
                    let (name, _) = query.split_once('=').unwrap_or((&query, ""));
                    ui.warn(&format!(
                        "the signature stands in no header, but in the URL's query: `{name}`"
                    ));
                    ui.hint("print it with --format value, or a whole request with --format curl");
                }
                Ok(())
            }
            SignFormat::Value => ui.line(&signed.value),
            SignFormat::Json => ui.line(&json::line(&record(self.provider, self.scheme, &signed))),
            SignFormat::Env => {
                let headers = signed.headers.iter();
                let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
                let query = query(&signed);
                let body = signed.body.as_deref();
                let lines = post::variables(&signed.value, headers, query.as_deref(), body);
                let lines = lines.map_err(|error| unwritable(&error))?;
                ui.foreign(format!("{}\n", lines.join("\n")).as_bytes())
            }
            SignFormat::Curl | SignFormat::Httpie | SignFormat::Http => self.request(signed),
        }
    }

    /// A whole request.
    fn request(self, signed: Signed) -> Result<(), CommandError> {
        let Some(url) = self.target else {
            return Ok(());
        };
        let mut url = url.clone();
        if let Some((name, value)) = &signed.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        let mut headers = Headers::new();
        headers.push("Content-Type", self.provider.send.content_type.as_str());
        for (name, value) in signed.headers {
            headers.set(&name, value);
        }
        let body = match (&signed.body, self.file) {
            (Some(body), _) => Body::Bytes(body),
            (None, Some(file)) => Body::File(file),
            (None, None) => Body::Bytes(&self.kept),
        };
        let post = Post {
            method: self.method,
            url: url.as_str(),
            headers: headers.iter().collect(),
            body,
        };
        match self.format {
            SignFormat::Curl => self
                .ui
                .foreign(format!("{}\n", post::curl(&post)).as_bytes()),
            SignFormat::Httpie => {
                let line = post::httpie(&post).map_err(|error| unwritable(&error))?;
                self.ui.foreign(format!("{line}\n").as_bytes())
            }
            _ => {
                let message = Message {
                    method: self.method.to_owned(),
                    target: target(&url),
                    headers,
                    body: signed.body.unwrap_or(self.kept).into(),
                };
                let bytes = request::http(&message, &message.target, &host(&url));
                self.ui.foreign(&bytes)
            }
        }
    }
}

/// The signature as JSON.
pub(super) fn record(provider: &Provider, scheme: &Scheme, signed: &Signed) -> serde_json::Value {
    let mut record = json!({
        "v": 1,
        "type": "signature",
        "provider": provider.id,
        "scheme": scheme.name,
        "value": signed.value,
        "headers": signed.headers,
        "body": null,
        "query": signed.query,
    });
    if let Some(bytes) = &signed.body {
        let (key, body) = json::body(bytes);
        record[key] = body;
    }
    record
}

/// The signature as a query has it, where it stands there.
fn query(signed: &Signed) -> Option<String> {
    let (name, value) = signed.query.as_ref()?;
    let mut form = form_urlencoded::Serializer::new(String::new());
    Some(form.append_pair(name, value).finish())
}

fn unwritable(error: &Unwritable) -> CommandError {
    let hint = match error {
        Unwritable::Backslash(_) => "print it for curl: --format curl",
        Unwritable::Variable(_) => "print the headers: --format headers",
        Unwritable::Binary => "print the whole request: --format http",
    };
    CommandError::usage(error.to_string()).hint(hint)
}
