//! A message as it is written. Names are the same in request after request, so they are looked at once.

use std::io::Write;

use reqwest::Url;

use super::Request;
use crate::core::message::{Message, is_header_value, is_of_the_connection};
use crate::deliver::ClientError;
use crate::deliver::target::{credentials, host};

/// What was seen of the requests before.
#[derive(Debug)]
pub(in crate::deliver) struct Form {
    host: String,
    /// The credentials that the URL holds.
    authorization: Option<String>,
    /// Names, and what they are.
    names: Vec<(String, Part)>,
}

/// Whose a header is: the connection sets some itself.
#[derive(Clone, Copy, Debug)]
enum Part {
    Host,
    Connection,
    Message,
}

impl Part {
    fn of(name: &str) -> Self {
        if name.eq_ignore_ascii_case("host") {
            Self::Host
        } else if is_of_the_connection(name) {
            Self::Connection
        } else {
            Self::Message
        }
    }
}

impl Form {
    pub(in crate::deliver) fn new(url: &Url) -> Self {
        Self {
            host: host(url),
            authorization: credentials(url),
            names: Vec::new(),
        }
    }

    pub(in crate::deliver) fn request(
        &mut self,
        message: &Message,
    ) -> Result<Request, ClientError> {
        let mut head = Vec::new();
        self.write_head(message, &mut head)?;
        Ok(Request {
            head,
            body: message.body.clone(),
            is_head: message.method == "HEAD",
        })
    }

    /// Appends all that stands before a request's body.
    pub(in crate::deliver) fn write_head(
        &mut self,
        message: &Message,
        head: &mut Vec<u8>,
    ) -> Result<(), ClientError> {
        let Message {
            method,
            target,
            body,
            ..
        } = message;
        if !is_token(method) {
            return Err(ClientError::Method(method.clone()));
        }
        if !is_target(target) {
            return Err(ClientError::Target(target.clone()));
        }
        // Room for the line, the host and the length.
        let room = method.len() + target.len() + self.host.len() + message.headers.size() + 64;
        head.reserve(room);
        for part in [method, " ", target, " HTTP/1.1\r\n"] {
            head.extend_from_slice(part.as_bytes());
        }
        // Where the message has one, this connection's stands in its place.
        if !message.headers.contains("host") {
            self.write_host(head);
        }
        self.write_headers(message, head)?;
        // A message's own are recorded, or meant.
        if let Some(own) = &self.authorization
            && !message.headers.contains("authorization")
        {
            for part in ["Authorization: ", own, "\r\n"] {
                head.extend_from_slice(part.as_bytes());
            }
        }
        if !body.is_empty() || !matches!(method.as_str(), "GET" | "HEAD") {
            // A vector takes all that is written.
            let _ = write!(head, "Content-Length: {}\r\n", body.len());
        }
        head.extend_from_slice(b"\r\n");
        Ok(())
    }

    fn write_host(&self, head: &mut Vec<u8>) {
        for part in ["Host: ", &self.host, "\r\n"] {
            head.extend_from_slice(part.as_bytes());
        }
    }

    fn write_headers(&mut self, message: &Message, head: &mut Vec<u8>) -> Result<(), ClientError> {
        for (index, (name, value)) in message.headers.iter().enumerate() {
            let error = || ClientError::Header(name.to_owned());
            if self.names.get(index).is_none_or(|known| known.0 != name) {
                if !is_token(name) {
                    return Err(error());
                }
                self.names.truncate(index);
                self.names.push((name.to_owned(), Part::of(name)));
            }
            match self.names[index].1 {
                Part::Host => self.write_host(head),
                Part::Connection => {}
                Part::Message => {
                    if !is_header_value(value) {
                        return Err(error());
                    }
                    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
                        head.extend_from_slice(part);
                    }
                }
            }
        }
        Ok(())
    }
}

/// RFC 9110, 5.6.2: what methods and names of headers are.
fn is_token(text: &str) -> bool {
    let is_such = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_such)
}

/// Whether a request line can hold it, and ends where it does.
fn is_target(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte > b' ' && byte != 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::Headers;

    fn message(target: &str, headers: &[(&str, &str)]) -> Message {
        let headers: Headers = headers.iter().copied().collect();
        Message {
            target: target.to_owned(),
            ..Message::post(headers, "x")
        }
    }

    #[test]
    fn each_request_is_its_own_whatever_came_before() {
        let url = |text: &str| text.parse().expect("a URL");
        let mut form = Form::new(&url("http://a:1/x"));
        for (target, headers, lines) in [
            (
                "/a",
                &[("X-A", "1"), ("Content-Length", "9"), ("x-B", "2")][..],
                "X-A: 1\r\nx-B: 2\r\n",
            ),
            (
                "/a?b=1",
                &[("X-B", "1"), ("x-b", "2")],
                "X-B: 1\r\nx-b: 2\r\n",
            ),
            (
                "/a?b=1",
                &[("Connection", "close"), ("X-A", "1")],
                "X-A: 1\r\n",
            ),
        ] {
            let request = form.request(&message(target, headers)).expect("fits");
            let wanted =
                format!("POST {target} HTTP/1.1\r\nHost: a:1\r\n{lines}Content-Length: 1\r\n\r\n");
            assert_eq!(String::from_utf8(request.head).expect("text"), wanted);
            assert_eq!(&request.body[..], b"x");
        }
        let hosted = message("/", &[("X-A", "1"), ("host", "b"), ("X-B", "2")]);
        let head = form.request(&hosted).expect("fits").head;
        let wanted =
            "POST / HTTP/1.1\r\nX-A: 1\r\nHost: a:1\r\nX-B: 2\r\nContent-Length: 1\r\n\r\n";
        assert_eq!(String::from_utf8(head).expect("text"), wanted);
        for (target, name, value) in [
            ("/", "a b", "1"),
            ("/", "", "1"),
            ("/", "a", "1\n2"),
            ("/", "a:", "1"),
            ("a b", "a", "1"),
            ("/\r\n", "a", "1"),
            ("", "a", "1"),
        ] {
            let made = form.request(&message(target, &[(name, value)]));
            assert!(made.is_err(), "{target:?} {name:?} {value:?}");
        }
        // A URL's credentials stand where the message has none.
        let mut form = Form::new(&url("http://me:hunter%32@a/"));
        let mut sent = |headers: &[(&str, &str)]| {
            let head = form.request(&message("/", headers)).expect("fits").head;
            let head = String::from_utf8(head).expect("text");
            let own = head.lines().filter_map(|own| own.split_once(": "));
            let own = own.filter(|own| own.0.eq_ignore_ascii_case("authorization"));
            own.map(|own| own.1.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(sent(&[]), ["Basic bWU6aHVudGVyMg=="]);
        assert_eq!(sent(&[("authorization", "own")]), ["own"]);
        let mut odd = message("/", &[]);
        odd.method = "PO ST".to_owned();
        assert!(form.request(&odd).is_err());
    }

    #[test]
    fn a_length_is_said_where_there_may_be_a_body() {
        let length = |method: &str, body: &'static str| {
            let made = Form::new(&"http://a/".parse().expect("a URL")).request(&Message {
                method: method.to_owned(),
                ..Message::post(Headers::new(), body)
            });
            let head = String::from_utf8(made.expect("fits").head).expect("text");
            head.contains("Content-Length: ")
        };
        assert!(length("POST", "") && length("PUT", "x") && length("GET", "x"));
        assert!(!length("GET", "") && !length("HEAD", ""));
    }
}
