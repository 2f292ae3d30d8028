//! The event AWS hands to a Lambda function for a request: API Gateway (REST and HTTP), function URLs,
//! load balancers. It is what people have in their logs.

use jiff::Timestamp;
use serde::Deserialize;

use super::json::{Fields, Text, base64, objects, parse, word};
use super::{ImportError, Imported, Message, Trouble, checked, push, target};

const FORMAT: &str = "an event of AWS Lambda";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    http_method: Option<String>,
    path: Option<String>,
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    headers: Option<Fields>,
    multi_value_headers: Option<Fields>,
    query_string_parameters: Option<Fields>,
    multi_value_query_string_parameters: Option<Fields>,
    #[serde(default)]
    cookies: Vec<String>,
    request_context: Option<Context>,
    body: Option<Text>,
    is_base64_encoded: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    domain_name: Option<String>,
    /// The path with the stage, which `path` leaves out.
    path: Option<String>,
    http: Option<Http>,
    elb: Option<serde_json::Value>,
    request_time_epoch: Option<i64>,
    time_epoch: Option<i64>,
}

#[derive(Default, Deserialize)]
struct Http {
    method: Option<String>,
    path: Option<String>,
}

/// Reads events of AWS Lambda: one, several one after another, or a list.
///
/// # Errors
/// [`ImportError`] with the event, counted from 1.
pub fn lambda(text: &[u8]) -> Result<Vec<Imported>, ImportError> {
    let found = objects(text, FORMAT)?.into_iter().enumerate();
    found
        .map(|(index, text)| {
            let name = format!("event {}", index + 1);
            event(text, &name).map_err(|trouble| trouble.at(name))
        })
        .collect()
}

fn event(text: &[u8], name: &str) -> Result<Imported, Trouble> {
    let mut event: Event = parse(text, FORMAT)?;
    let context = event.request_context.take().unwrap_or_default();
    let http = context.http.unwrap_or_default();
    let mut notes = vec!["AWS keeps headers by name: their order is lost".to_owned()];
    let fields = event.multi_value_headers.filter(|own| !own.0.is_empty());
    let mut headers = match fields.or(event.headers) {
        Some(fields) => fields.headers()?,
        None => return Err(Trouble::Missing("headers")),
    };
    if !event.cookies.is_empty() && !headers.contains("cookie") {
        push(&mut headers, "cookie", event.cookies.join("; ").as_bytes())?;
    }
    let path = event.raw_path.or(context.path).or(event.path).or(http.path);
    // AWS has decoded it; what cannot stand in a target is encoded again.
    let path = path.ok_or(Trouble::Missing("path"))?.replace(' ', "%20");
    let query = if let Some(query) = event.raw_query_string {
        query
    } else {
        let fields = event
            .multi_value_query_string_parameters
            .or(event.query_string_parameters)
            .unwrap_or_default();
        // A load balancer leaves parameters as they are, a gateway decodes them.
        let query = query(&fields, context.elb.is_none());
        if !query.is_empty() && context.elb.is_none() {
            notes.push("the URL's query is rebuilt from its decoded parameters".to_owned());
        }
        query
    };
    let target_of = if query.is_empty() {
        path
    } else {
        format!("{path}?{query}")
    };
    let host = headers
        .text("host")
        .map(str::to_owned)
        .or(context.domain_name);
    let scheme = headers.text("x-forwarded-proto").unwrap_or("https");
    let url = host.map(|host| format!("{scheme}://{host}{target_of}"));
    let body = event.body.unwrap_or_default();
    let body = if event.is_base64_encoded == Some(true) {
        base64(&body.0, "body")?
    } else {
        let (body, lost) = body.utf8();
        if lost {
            notes.push("the body is kept as text: bytes that are no UTF-8 are lost".to_owned());
        }
        body
    };
    let millisecond = context.request_time_epoch.or(context.time_epoch);
    checked(Imported {
        message: Message {
            method: event
                .http_method
                .or(http.method)
                .ok_or(Trouble::Missing("httpMethod"))?,
            target: target(&target_of),
            headers,
            body: body.into(),
        },
        url,
        at: millisecond.and_then(|own| Timestamp::from_millisecond(own).ok()),
        name: name.to_owned(),
        notes,
        ..Imported::default()
    })
}

fn query(fields: &Fields, encode: bool) -> String {
    let mut pairs = Vec::new();
    for (name, value) in &fields.0 {
        match value {
            serde_json::Value::Array(values) => {
                pairs.extend(values.iter().map(|value| (name.as_str(), word(value))));
            }
            value => pairs.push((name.as_str(), word(value))),
        }
    }
    if encode {
        let mut form = form_urlencoded::Serializer::new(String::new());
        return form.extend_pairs(pairs).finish();
    }
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn one(event: &Value) -> Imported {
        let mut found = lambda(event.to_string().as_bytes()).expect("an event");
        found.remove(0)
    }

    #[test]
    fn an_event_of_a_rest_api() {
        let found = one(&json!({
            "resource": "/hooks", "path": "/hooks", "httpMethod": "POST",
            "headers": {"Host": "x.example.com", "B": "2"},
            "multiValueHeaders": {"Host": ["x.example.com"], "B": ["1", "2"]},
            "queryStringParameters": {"a": "2"},
            "multiValueQueryStringParameters": {"a": ["1 &", "2"]},
            "requestContext": {"path": "/prod/hooks", "requestTimeEpoch": 1_700_000_000_123_i64},
            "body": "{\"a\":1}", "isBase64Encoded": false,
        }));
        assert_eq!(found.message.headers.all("b").count(), 2);
        assert_eq!(
            found.url.as_deref(),
            Some("https://x.example.com/prod/hooks?a=1+%26&a=2")
        );
        assert_eq!(found.message.target, "/prod/hooks?a=1+%26&a=2");
        assert_eq!(&found.message.body[..], b"{\"a\":1}");
        assert_eq!(
            found.at.map(Timestamp::as_millisecond),
            Some(1_700_000_000_123)
        );
        assert_eq!(found.notes.len(), 2);
    }

    #[test]
    fn an_event_of_an_http_api_or_a_function_url() {
        let found = one(&json!({
            "version": "2.0", "rawPath": "/my path", "rawQueryString": "a=%20",
            "headers": {"content-type": "x", "x-forwarded-proto": "http"}, "cookies": ["a=1", "b=2"],
            "requestContext": {"domainName": "y.example.com", "timeEpoch": 1,
                "http": {"method": "PUT", "path": "/my path"}},
            "body": "/wA=", "isBase64Encoded": true,
        }));
        assert_eq!(found.message.method, "PUT");
        assert_eq!(
            found.url.as_deref(),
            Some("http://y.example.com/my%20path?a=%20")
        );
        assert_eq!(found.message.headers.text("cookie"), Some("a=1; b=2"));
        assert_eq!(&found.message.body[..], b"\xff\0");
    }

    #[test]
    fn a_cookie_begins_no_other_header() {
        let event = json!({ "headers": {}, "rawPath": "/", "cookies": ["a=1\r\nX-B: c"] });
        let error = lambda(event.to_string().as_bytes()).expect_err("no header");
        assert!(error.to_string().contains("not a header"), "{error}");
    }

    #[test]
    fn an_event_of_a_load_balancer() {
        let found = one(&json!({
            "requestContext": {"elb": {"targetGroupArn": "x"}}, "httpMethod": "GET", "path": "/",
            "queryStringParameters": {"a": "%20"}, "headers": {"host": "z"}, "body": null,
        }));
        assert_eq!(found.url.as_deref(), Some("https://z/?a=%20"));
        assert!(found.message.body.is_empty());
    }

    #[test]
    fn what_is_no_request_names_its_event() {
        let error = lambda(b"[{\"headers\": {}, \"path\": \"/\"}]").expect_err("no method");
        assert_eq!(error.to_string(), "event 1: has no `httpMethod`");
        let error = lambda(b"{}{}").expect_err("nothing");
        assert_eq!(error.to_string(), "event 1: has no `headers`");
    }
}
