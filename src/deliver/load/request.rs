//! A message as hyper sends it. Names and target are the same in request after request, so they are
//! read once.

use http_body_util::Full;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Uri};
use reqwest::Url;

use super::connection::Request;
use crate::core::message::{Message, is_of_the_connection};
use crate::deliver::ClientError;
use crate::deliver::target::{credentials, host};

/// What was read of the requests before.
#[derive(Debug)]
pub(in crate::deliver) struct Form {
    host: HeaderValue,
    /// The credentials that the URL holds.
    authorization: Option<HeaderValue>,
    target: Option<(String, Uri)>,
    method: Option<(String, Method)>,
    /// Names as they are written and read; none for those that the connection sets itself.
    names: Vec<(String, Option<HeaderName>)>,
}

impl Form {
    pub(in crate::deliver) fn new(url: &Url) -> Self {
        let authorization = credentials(url).map(|own| HeaderValue::try_from(own).ok());
        Self {
            // A URL's host is text that any header can hold.
            host: HeaderValue::try_from(host(url)).unwrap_or(HeaderValue::from_static("")),
            authorization: authorization.flatten(),
            target: None,
            method: None,
            names: Vec::new(),
        }
    }

    pub(in crate::deliver) fn request(
        &mut self,
        message: &Message,
    ) -> Result<Request, ClientError> {
        let mut request = hyper::Request::new(Full::new(message.body.clone()));
        *request.method_mut() = same(&mut self.method, &message.method, |text| {
            let method = Method::from_bytes(text.as_bytes());
            method.map_err(|_| ClientError::Method(text.to_owned()))
        })?;
        *request.uri_mut() = same(&mut self.target, &message.target, |text| {
            let uri = text.parse();
            uri.map_err(|_| ClientError::Target(text.to_owned()))
        })?;
        *request.headers_mut() = self.headers(message)?;
        Ok(request)
    }

    fn headers(&mut self, message: &Message) -> Result<HeaderMap, ClientError> {
        let mut map = HeaderMap::with_capacity(message.headers.len() + 2);
        // Where the message has one, this connection's stands in its place.
        if !message.headers.contains("host") {
            map.insert(HOST, self.host.clone());
        }
        for (index, (name, value)) in message.headers.iter().enumerate() {
            let error = || ClientError::Header(name.to_owned());
            if self.names.get(index).is_none_or(|known| known.0 != name) {
                self.names.truncate(index);
                let read = HeaderName::from_bytes(name.as_bytes()).map_err(|_| error())?;
                let read = Some(read).filter(|own| own == HOST || !is_of_the_connection(name));
                self.names.push((name.to_owned(), read));
            }
            if self.names[index].1.as_ref() == Some(&HOST) {
                map.insert(HOST, self.host.clone());
            } else if let Some(name) = &self.names[index].1 {
                let value = HeaderValue::from_bytes(value).map_err(|_| error())?;
                map.append(name.clone(), value);
            }
        }
        // A message's own are recorded, or meant.
        if let Some(own) = &self.authorization {
            map.entry(AUTHORIZATION).or_insert_with(|| own.clone());
        }
        Ok(map)
    }
}

/// What a text was read as the last time, or is read as now.
fn same<T: Clone>(
    last: &mut Option<(String, T)>,
    text: &str,
    read: impl Fn(&str) -> Result<T, ClientError>,
) -> Result<T, ClientError> {
    match last {
        Some((own, value)) if own == text => Ok(value.clone()),
        _ => {
            let value = read(text)?;
            *last = Some((text.to_owned(), value.clone()));
            Ok(value)
        }
    }
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
        for (target, headers) in [
            (
                "/a",
                &[("X-A", "1"), ("Content-Length", "9"), ("X-B", "2")][..],
            ),
            ("/a?b=1", &[("X-B", "1"), ("x-b", "2")]),
            ("/a?b=1", &[("X-A", "1")]),
        ] {
            let request = form.request(&message(target, headers)).expect("fits");
            assert_eq!(request.uri(), target);
            assert_eq!(request.method(), "POST");
            let mut sent = vec![("host".to_owned(), "a:1".to_owned())];
            for (name, value) in headers.iter().filter(|own| own.0 != "Content-Length") {
                sent.push((name.to_lowercase(), (*value).to_owned()));
            }
            let made = request.headers().iter();
            let made: Vec<_> = made
                .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
                .collect();
            assert_eq!(made, sent);
        }
        let request = form.request(&message(
            "/",
            &[("X-A", "1"), ("host", "other"), ("X-B", "2")],
        ));
        let names = request.expect("fits").headers().clone();
        let names: Vec<_> = names.iter().map(|own| own.1.as_bytes()).collect();
        assert_eq!(names, [&b"1"[..], b"a:1", b"2"]);
        assert!(form.request(&message("/", &[("a b", "1")])).is_err());
        assert!(form.request(&message("/", &[("a", "1\n2")])).is_err());
        assert!(form.request(&message("a b", &[])).is_err());
        // A URL's credentials stand where the message has none.
        let mut form = Form::new(&url("http://me:hunter%32@a/"));
        let mut sent = |headers: &[(&str, &str)]| {
            let request = form.request(&message("/", headers)).expect("fits");
            let own = request.headers().get_all(AUTHORIZATION).iter().cloned();
            own.collect::<Vec<_>>()
        };
        assert_eq!(sent(&[]), ["Basic bWU6aHVudGVyMg=="]);
        assert_eq!(sent(&[("authorization", "own")]), ["own"]);
    }
}
