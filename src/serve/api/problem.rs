//! What a client is told where it cannot have what it asked for: JSON, whatever went wrong.

use serde_json::{Value, json};

use crate::log::LogError;
use crate::receive::server::Reply;
use crate::serve::webhooks::Unfit;

/// An error as it is answered: `{"error": {"code", "message", "field"}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    status: u16,
    code: &'static str,
    message: String,
    field: Option<String>,
    /// The methods there are, where another was asked for.
    allow: Option<&'static str>,
}

impl Problem {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            field: None,
            allow: None,
        }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "bad_request", message)
    }

    pub(super) fn unauthorized() -> Self {
        let message = "a token is needed: Authorization: Bearer TOKEN";
        Self::new(401, "unauthorized", message)
    }

    pub(super) fn forbidden(message: &str) -> Self {
        Self::new(403, "forbidden", message)
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(404, "not_found", format!("no such {what}"))
    }

    pub(super) fn method(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(
                405,
                "method_not_allowed",
                format!("the methods here are: {allow}"),
            )
        }
    }

    pub(super) fn media_type() -> Self {
        let message = "a body is sent as Content-Type: application/json";
        Self::new(415, "unsupported_media_type", message)
    }

    pub(super) fn unprocessable(field: &str, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.to_owned()),
            ..Self::new(422, "unprocessable", message)
        }
    }

    /// Why a webhook is not as it was asked for; `name` is what the provider calls a setting.
    pub(super) fn unfit(unfit: &Unfit, name: impl Fn(&str) -> Option<&'static str>) -> Self {
        let message = unfit.to_string();
        match unfit {
            Unfit::Refused(refusal) => Self {
                field: refusal.setting().and_then(name).map(str::to_owned),
                ..Self::new(422, "unprocessable", message)
            },
            Unfit::LinkLocal(_) => Self {
                field: name("url").map(str::to_owned),
                ..Self::new(422, "unprocessable", message)
            },
            Unfit::Key(_) => Self {
                field: name("secret").map(str::to_owned),
                ..Self::new(422, "unprocessable", message)
            },
            Unfit::Full { .. } => Self::new(403, "limit_reached", message),
            Unfit::Inactive(_) => Self::new(409, "inactive", message),
            Unfit::NoEvent(_) | Unfit::Sample(_) => Self::new(422, "unprocessable", message),
            Unfit::Log(error) => error.clone().into(),
        }
    }

    /// The answer.
    pub(super) fn reply(&self) -> Reply {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(field) = &self.field {
            error["field"] = Value::from(field.as_str());
        }
        let mut reply = Reply::json(self.status, &json!({ "error": error }));
        if let Some(allow) = self.allow {
            reply
                .headers
                .push(("allow".to_owned(), allow.as_bytes().to_vec()));
        }
        if self.status == 401 {
            let how = ("www-authenticate".to_owned(), b"Bearer".to_vec());
            reply.headers.push(how);
        }
        reply
    }
}

impl From<LogError> for Problem {
    /// Where the log is, is nobody's business here.
    fn from(error: LogError) -> Self {
        let message = match error {
            LogError::Storage(message) => message,
            _ => "the log cannot be used".to_owned(),
        };
        Self::new(503, "unavailable", message)
    }
}
