//! A request read: its path, its query, its JSON.

use serde_json::{Map, Value};

use super::problem::Problem;
use crate::core::message::Message;

/// How many are listed where nothing is said, and at most.
const USUAL: u32 = 50;
const MOST: u32 = 100;

/// A request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    message: &'a Message,
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// How many.
    pub(super) limit: u32,
    /// Those that follow this number in the list.
    pub(super) cursor: Option<i64>,
}

impl<'a> Request<'a> {
    pub(super) fn of(message: &'a Message) -> Self {
        Self { message }
    }

    pub(super) fn message(self) -> &'a Message {
        self.message
    }

    pub(super) fn method(self) -> &'a str {
        &self.message.method
    }

    /// The parts of the path.
    pub(super) fn path(self) -> impl Iterator<Item = &'a str> {
        let path = self.message.target.split('?').next().unwrap_or_default();
        path.split('/').filter(|own| !own.is_empty())
    }

    /// Which part of a list is wanted: `?limit=50&cursor=7`.
    pub(super) fn page(self) -> Result<Page, Problem> {
        let mut page = Page {
            limit: USUAL,
            cursor: None,
        };
        let (_, query) = self.message.target.split_once('?').unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let wrong = || {
                let message = format!("query is wrong: `{name}`");
                Problem::bad_request(message)
            };
            match &*name {
                "limit" => {
                    let limit = value.parse().ok().filter(|own| (1..=MOST).contains(own));
                    page.limit = limit.ok_or_else(wrong)?;
                }
                "cursor" => page.cursor = Some(value.parse().map_err(|_| wrong())?),
                _ => return Err(wrong()),
            }
        }
        Ok(page)
    }

    /// The JSON object of the body. It says that it is JSON: a page of another site cannot, unasked.
    pub(super) fn object(self) -> Result<Map<String, Value>, Problem> {
        let media = self.message.headers.text("content-type");
        let media = media.and_then(|own| own.split(';').next()).map(str::trim);
        if !media.is_some_and(|own| own.eq_ignore_ascii_case("application/json")) {
            return Err(Problem::media_type());
        }
        match serde_json::from_slice(&self.message.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(Problem::bad_request("body is no JSON object")),
            Err(error) => Err(Problem::bad_request(format!("body is not JSON: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::Headers;

    #[test]
    fn a_page_has_bounds() {
        let page = |query: &str| {
            let mut message = Message::post(Headers::new(), "");
            message.target = format!("/a{query}");
            Request::of(&message)
                .page()
                .map_err(|own| own.reply().status)
        };
        let wanted = |limit, cursor| Ok(Page { limit, cursor });
        assert_eq!(page(""), wanted(50, None));
        assert_eq!(page("?limit=7&cursor=12"), wanted(7, Some(12)));
        for query in ["?limit=0", "?limit=101", "?limit=x", "?cursor=", "?page=2"] {
            assert_eq!(page(query), Err(400), "{query}");
        }
    }

    #[test]
    fn a_body_is_a_json_object_and_says_so() {
        let object = |media: &str, body: &str| {
            let headers: Headers = [("Content-Type", media)].into_iter().collect();
            let message = Message::post(headers, body.to_owned());
            let object = Request::of(&message).object();
            object
                .map(|own| own.len())
                .map_err(|own| own.reply().status)
        };
        assert_eq!(
            object("application/json; charset=utf-8", "{\"a\":1}"),
            Ok(1)
        );
        assert_eq!(object("text/plain", "{}"), Err(415));
        assert_eq!(object("application/json", "[]"), Err(400));
        assert_eq!(object("application/json", "{"), Err(400));
    }
}
