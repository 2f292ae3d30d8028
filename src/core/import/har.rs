//! HTTP Archives 1.2, as browsers and proxies save them.

use serde::Deserialize;

use super::json::{Text, base64, parse, without_mark};
use super::{
    Answered, Headers, ImportError, Imported, Message, Reply, Trouble, checked, milliseconds, push,
    target,
};

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    started_date_time: Option<String>,
    time: Option<f64>,
    request: Option<Request>,
    response: Option<Response>,
    /// What hookcat adds to an entry of its own.
    #[serde(rename = "_hookcat")]
    own: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: Option<String>,
    url: Option<String>,
    #[serde(default)]
    headers: Vec<Pair>,
    post_data: Option<Content>,
    body_size: Option<f64>,
}

#[derive(Deserialize)]
struct Response {
    status: Option<f64>,
    #[serde(default)]
    headers: Vec<Pair>,
    content: Option<Content>,
}

/// `postData` of a request, `content` of a response.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    mime_type: Option<String>,
    text: Option<Text>,
    /// In the standard for answers only; some write it for requests too.
    encoding: Option<String>,
    params: Option<Vec<Param>>,
    size: Option<f64>,
}

#[derive(Deserialize)]
struct Pair {
    name: String,
    #[serde(default)]
    value: Text,
}

#[derive(Deserialize)]
struct Param {
    name: String,
    value: Option<String>,
}

/// Reads every entry of a HAR that went over http or https.
///
/// # Errors
/// [`ImportError`] with the entry, counted from 1.
pub fn har(text: &[u8]) -> Result<Vec<Imported>, ImportError> {
    let har: Har = parse(without_mark(text), "a HAR")?;
    let entries = har.log.entries.into_iter().enumerate();
    entries
        .filter_map(|(index, entry)| {
            let name = format!("entry {}", index + 1);
            self::entry(entry)
                .map(|found| {
                    found.map(|own| Imported {
                        name: name.clone(),
                        ..own
                    })
                })
                .map_err(|trouble| trouble.at(name))
                .transpose()
        })
        .collect()
}

/// `None` for what a page takes from itself: `data:`, `blob:`, an extension's own.
fn entry(entry: Entry) -> Result<Option<Imported>, Trouble> {
    let request = entry.request.ok_or(Trouble::Missing("request"))?;
    let url = request.url.ok_or(Trouble::Missing("request.url"))?;
    let is_http = |scheme: &str| {
        url.get(..scheme.len())
            .is_some_and(|own| own.eq_ignore_ascii_case(scheme))
    };
    if !is_http("http://") && !is_http("https://") {
        return Ok(None);
    }
    let headers = headers(&request.headers)?;
    let mut notes = Vec::new();
    let post = request.post_data.unwrap_or_default();
    let promised = headers
        .text("content-length")
        .and_then(|text| text.trim().parse().ok())
        .or_else(|| request.body_size.filter(|size| *size >= 0.0));
    let body = body(post, promised, &mut notes)?;
    let mut imported = Imported {
        message: Message {
            method: request.method.ok_or(Trouble::Missing("request.method"))?,
            target: target(&url),
            headers,
            body: body.into(),
        },
        url: Some(url),
        at: entry.started_date_time.and_then(|text| text.parse().ok()),
        answer: entry
            .response
            .map(|own| answer(own, entry.time))
            .transpose()?
            .flatten(),
        notes,
        ..Imported::default()
    };
    if let Some(own) = entry.own {
        let own = super::lines::beside(own)?;
        imported.message.target = own.target.unwrap_or(imported.message.target);
        imported.message.headers = own.headers.unwrap_or(imported.message.headers);
        imported.answer = own.answer;
        imported.record = Some(Box::new(own.record));
        // Its bodies are whole, whatever their headers promise.
        imported.notes.clear();
    }
    checked(imported).map(Some)
}

/// A HAR's headers: those of HTTP/2 that are part of the request line are none, and Chrome writes
/// repeats into one value with line breaks.
fn headers(pairs: &[Pair]) -> Result<Headers, Trouble> {
    let mut headers = Headers::new();
    for pair in pairs.iter().filter(|pair| !pair.name.starts_with(':')) {
        for value in pair.value.0.split(|&byte| byte == b'\n') {
            push(&mut headers, &pair.name, value)?;
        }
    }
    Ok(headers)
}

/// The body's bytes, as far as a HAR has them; `promised` is how many there were.
fn body(post: Content, promised: Option<f64>, notes: &mut Vec<String>) -> Result<Vec<u8>, Trouble> {
    let is_base64 = post.encoding.as_deref() == Some("base64");
    let kept = match (post.text, post.params) {
        (Some(text), _) if is_base64 => return base64(&text.0, "request.postData.text"),
        // Some writers leave an empty text beside the parameters that are the body.
        (Some(text), params) if !text.0.is_empty() || params.as_ref().is_none_or(Vec::is_empty) => {
            let (body, lost) = text.utf8();
            if lost {
                notes.push(
                    "a HAR keeps a body as text: bytes that are no UTF-8 are lost".to_owned(),
                );
                return Ok(body);
            }
            body
        }
        (_, Some(params)) if !params.is_empty() => {
            let mime = post.mime_type.unwrap_or_default();
            if mime.starts_with("multipart/") {
                notes.push("the HAR has the parts of a multipart body, not its bytes".to_owned());
                return Ok(Vec::new());
            }
            let mut form = form_urlencoded::Serializer::new(String::new());
            for param in &params {
                form.append_pair(&param.name, param.value.as_deref().unwrap_or_default());
            }
            notes.push("the body is rebuilt from the HAR's form parameters".to_owned());
            return Ok(form.finish().into_bytes());
        }
        _ => Vec::new(),
    };
    #[allow(clippy::cast_precision_loss)] // Only compared; no body comes near 2^53 bytes.
    let size = kept.len() as f64;
    match promised {
        Some(promised) if (promised - size).abs() >= 1.0 => notes.push(format!(
            "the HAR has {size} bytes of the body, {promised} were sent"
        )),
        None if !kept.is_empty() => notes.push(
            "a HAR keeps a body as text: whether its bytes are those that were sent is not known"
                .to_owned(),
        ),
        _ => {}
    }
    Ok(kept)
}

/// `None` where no answer came: status 0.
fn answer(response: Response, time: Option<f64>) -> Result<Option<Answered>, Trouble> {
    let status = response.status.unwrap_or_default();
    if !(100.0..1000.0).contains(&status) {
        return Ok(None);
    }
    let content = response.content.unwrap_or_default();
    let missing = content.text.is_none() && content.size.is_some_and(|size| size > 0.0);
    let text = content.text.unwrap_or_default();
    let body = match content.encoding.as_deref() {
        Some("base64") => base64(&text.0, "response.content.text")?,
        _ => text.utf8().0,
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // In range: see above.
    let status = status as u16;
    Ok(Some(Answered {
        reply: Reply {
            status,
            headers: headers(&response.headers)?,
            body: body.into(),
            truncated: missing,
        },
        latency: time.and_then(milliseconds),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(entries: &Value) -> Result<Vec<Imported>, ImportError> {
        let har = json!({"log": {"version": "1.2", "creator": {}, "entries": entries}});
        super::har(format!("\u{feff}{har:#}").as_bytes())
    }

    fn post(data: &Value, size: i64) -> Value {
        json!({"request": {"method": "POST", "url": "https://a/h", "headers": [], "bodySize": size,
            "postData": data}})
    }

    #[test]
    fn an_entry_of_a_browser_is_read() {
        let found = read(&json!([
            {"startedDateTime": "2026-01-02T03:04:05.678+01:00", "time": 12.5,
             "request": {"method": "POST", "url": "https://example.com/hooks?x=1#top",
                "httpVersion": "http/2.0", "bodySize": 8,
                "headers": [{"name": ":method", "value": "POST"}, {"name": "X-B", "value": "1"},
                    {"name": "x-a", "value": "2\n3"}],
                "postData": {"mimeType": "application/json", "text": "{\"a\":1}\n"}},
             "response": {"status": 500, "headers": [{"name": "A", "value": "b"}],
                "content": {"size": 2, "text": "/wA=", "encoding": "base64"}}},
            {"request": {"method": "GET", "url": "data:image/png;base64,AA", "headers": []}},
            {"request": {"method": "GET", "url": "http://a", "headers": []}, "response": {"status": 0}},
        ]))
        .expect("a HAR");
        let [first, last] = found.as_slice() else {
            panic!("two entries: {found:?}")
        };
        assert_eq!(
            (first.name.as_str(), last.name.as_str()),
            ("entry 1", "entry 3")
        );
        assert_eq!(first.message.target, "/hooks?x=1");
        assert_eq!(
            first.message.headers.to_lines(),
            b"X-B: 1\r\nx-a: 2\r\nx-a: 3\r\n"
        );
        assert_eq!(&first.message.body[..], b"{\"a\":1}\n");
        assert_eq!(first.notes, [] as [&str; 0]);
        assert_eq!(
            first.at.map(jiff::Timestamp::as_millisecond),
            Some(1_767_319_445_678)
        );
        let answer = first.answer.as_ref().expect("an answer");
        assert_eq!(
            (answer.reply.status, &answer.reply.body[..]),
            (500, b"\xff\0".as_slice())
        );
        assert_eq!(
            answer.latency,
            Some(std::time::Duration::from_micros(12_500))
        );
        assert_eq!((last.message.target.as_str(), &last.answer), ("/", &None));
    }

    #[test]
    fn what_a_har_cannot_carry_is_told() {
        for (data, size, body, note) in [
            (json!({"text": "a"}), 1, "a", None),
            (
                json!({"text": "/w==", "encoding": "base64"}),
                1,
                "\u{fffd}",
                None,
            ),
            (json!({"text": "a"}), -1, "a", Some("is not known")),
            (
                json!({"text": "a"}),
                3,
                "a",
                Some("has 1 bytes of the body, 3 were sent"),
            ),
            (
                json!({"text": "a\u{fffd}"}),
                2,
                "a\u{fffd}",
                Some("are lost"),
            ),
            (
                json!({"params": [{"name": "a b", "value": "c&"}]}),
                -1,
                "a+b=c%26",
                Some("rebuilt"),
            ),
            (
                json!({"mimeType": "multipart/form-data; boundary=x", "params": [{"name": "a"}]}),
                9,
                "",
                Some("multipart"),
            ),
        ] {
            let found = read(&json!([post(&data, size)])).expect("a HAR").remove(0);
            assert_eq!(String::from_utf8_lossy(&found.message.body), body, "{data}");
            let told = found.notes.join("; ");
            assert_eq!(note.is_none(), told.is_empty(), "{data}: {told}");
            assert!(told.contains(note.unwrap_or_default()), "{data}: {told}");
        }
    }

    #[test]
    fn an_error_names_its_entry() {
        for (entry, wanted) in [
            (json!({}), "entry 2: has no `request`"),
            (
                json!({"request": {"url": "http://a"}}),
                "entry 2: has no `request.method`",
            ),
            (
                json!({"request": {"method": "A", "url": "http://a", "headers": [{"name": "a b"}]}}),
                "entry 2: not a header, expected `Name: value`: `a b: `",
            ),
            (
                post(&json!({"text": "?", "encoding": "base64"}), 1),
                "entry 2: `request.postData.text` is not base64",
            ),
            (
                json!({"request": {"method": "A B", "url": "http://a"}}),
                "entry 2: not a request line: `A B /`",
            ),
        ] {
            let error = read(&json!([post(&json!({}), 0), entry])).expect_err("an error");
            assert_eq!(error.to_string(), wanted);
        }
        assert!(super::har(b"{\"log\": 1}").is_err());
    }
}
