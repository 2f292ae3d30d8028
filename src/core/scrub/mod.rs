//! What must not leave the house, masked: secrets and personal data of a message.
//!
//! Every byte that holds neither stays as it is: a body is not written anew but for the values in it.
//! The same value has the same stand-in wherever it occurs in a delivery, so that what belongs together
//! still does.

mod json;
mod stand_in;
mod words;

use super::message::{Headers, Message};
use super::scheme::{Algorithm, Scheme};
use stand_in::Masks;
use words::{Sort, sort_of};

/// Decoded bodies may be no larger than this, in bytes.
const DECODED_BYTES: usize = 10 << 20;

/// Masks one delivery's messages.
#[derive(Debug, Default)]
pub struct Scrub {
    masks: Masks,
    /// What was masked, a place each: ``header `Cookie` ``, ``body `user.email` ``.
    places: Vec<String>,
    /// What could not be looked into, a sentence each.
    notes: Vec<String>,
}

/// What a message has lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masked {
    /// The places, in order, each once.
    pub places: Vec<String>,
    /// What could not be looked into.
    pub notes: Vec<String>,
}

/// Masks the credentials alone: headers and parameters that let somebody in, and secrets that are sent
/// as they are. A signature is none of them. `schemes` are those of the message's provider.
#[must_use]
pub fn credentials(message: &Message, schemes: &[Scheme]) -> (Message, Vec<String>) {
    let mut scrub = Scrub::default();
    let mut message = message.clone();
    let kept: Vec<String> = schemes
        .iter()
        .filter(|own| own.algorithm != Algorithm::Token)
        .flat_map(Scheme::headers)
        .collect();
    let tokens: Vec<String> = schemes
        .iter()
        .filter(|own| own.algorithm == Algorithm::Token)
        .flat_map(Scheme::headers)
        .collect();
    message.headers = scrub.headers(&message.headers, &kept, &tokens, false);
    message.target = scrub.target(&message.target);
    (message, scrub.finish().places)
}

impl Scrub {
    /// Masks a whole message; the headers named in `kept` stay.
    pub fn message(&mut self, message: &Message, kept: &[String]) -> Message {
        let mut headers = message.headers.clone();
        let mut body = message.body.to_vec();
        let coding = headers.coding();
        if let Some(decoded) = coding.and_then(|own| own.decode(&body, DECODED_BYTES)) {
            headers.remove("content-encoding");
            body = decoded;
            self.notes
                .push("the body was compressed, and is not".to_owned());
        }
        // Whom the body names may be named in the headers too.
        let body = self.body(&headers, &body);
        Message {
            method: message.method.clone(),
            target: self.target(&message.target),
            headers: self.headers(&headers, kept, &[], true),
            body: body.into(),
        }
    }

    /// Masks a body; its headers tell what it is.
    pub fn body(&mut self, headers: &Headers, body: &[u8]) -> Vec<u8> {
        if body.is_empty() {
            return Vec::new();
        }
        let Ok(text) = std::str::from_utf8(body) else {
            self.notes
                .push("the body is no text, and stays as it is".to_owned());
            return body.to_vec();
        };
        let is_form = headers.is_type("application/x-www-form-urlencoded");
        if let Some(scrubbed) = (!is_form).then(|| self.json(text, "body")).flatten() {
            return scrubbed.into_bytes();
        }
        if is_form {
            return self.form(text).into_bytes();
        }
        self.notes.push(
            "the body is no JSON and no form: only what shows by its shape is masked".to_owned(),
        );
        let masked = self.masks.text(text);
        self.told("body", text, masked).into_bytes()
    }

    /// What was masked so far.
    #[must_use]
    pub fn finish(self) -> Masked {
        let mut places = Vec::new();
        for place in self.places {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        Masked {
            places,
            notes: self.notes,
        }
    }

    /// Masks a text of JSON, `None` where it is none.
    fn json(&mut self, text: &str, place: &str) -> Option<String> {
        json::scrubbed(text, place, &mut self.masks, &mut self.places)
    }

    fn told(&mut self, place: &str, before: &str, after: String) -> String {
        if before != after {
            self.places.push(place.to_owned());
        }
        after
    }

    fn form(&mut self, text: &str) -> String {
        let mut pairs = Vec::new();
        for pair in text.split('&') {
            let parsed = form_urlencoded::parse(pair.as_bytes()).next();
            let (name, value) = parsed.unwrap_or_default();
            let place = format!("body `{name}`");
            let scrubbed = self.json(&value, &place).unwrap_or_else(|| {
                let masked = self.masks.value(sort_of(&name, false), &value);
                self.told(&place, &value, masked)
            });
            if scrubbed == value {
                pairs.push(pair.to_owned());
            } else {
                let mut form = form_urlencoded::Serializer::new(String::new());
                pairs.push(form.append_pair(&name, &scrubbed).finish());
            }
        }
        pairs.join("&")
    }

    fn target(&mut self, target: &str) -> String {
        let Some((path, query)) = target.split_once('?') else {
            return target.to_owned();
        };
        let mut pairs = Vec::new();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let is_secret = sort_of(name, false) == Some(Sort::Secret) && !value.is_empty();
            if is_secret {
                self.places.push(format!("query `{name}`"));
                pairs.push(format!(
                    "{name}={}",
                    self.masks.value(Some(Sort::Secret), value)
                ));
            } else {
                pairs.push(pair.to_owned());
            }
        }
        format!("{path}?{}", pairs.join("&"))
    }

    /// `whole` looks for personal data too; `tokens` are credentials whatever their names say.
    fn headers(
        &mut self,
        headers: &Headers,
        kept: &[String],
        tokens: &[String],
        whole: bool,
    ) -> Headers {
        let is_among =
            |all: &[String], name: &str| all.iter().any(|own| own.eq_ignore_ascii_case(name));
        let mut out = Headers::new();
        for (name, value) in headers.iter() {
            let is_token = is_among(tokens, name);
            let text = std::str::from_utf8(value).ok();
            let Some(text) = text.filter(|_| is_token || !is_among(kept, name)) else {
                out.push(name, value);
                continue;
            };
            let sort = if is_token {
                Some(Sort::Secret)
            } else {
                words::sort_of_header(name).filter(|own| whole || *own == Sort::Secret)
            };
            let masked = match sort {
                Some(Sort::Secret) => stand_in::credential(text),
                Some(Sort::Address) => self.masks.text(text),
                _ if whole && !name.eq_ignore_ascii_case("user-agent") => self.masks.text(text),
                _ => text.to_owned(),
            };
            out.push(name, self.told(&format!("header `{name}`"), text, masked));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scrubbed(content_type: &str, body: &str) -> (String, Vec<String>) {
        let headers: Headers = [("Content-Type", content_type)].into_iter().collect();
        let mut scrub = Scrub::default();
        let body = scrub.body(&headers, body.as_bytes());
        let text = String::from_utf8(body).expect("text");
        (text, scrub.finish().places)
    }

    #[test]
    fn a_person_is_another_everywhere() {
        let body = r#"{ "pusher": {"name": "Mona Lisa", "login": "monalisa", "email":"mona@corp.io"},
  "repository": {"name": "Hello", "full_name": "monalisa/Hello", "private": false},
  "note": "thanks, mona@corp.io! from 10.1.2.3", "ip": "10.1.2.3", "n": 1.50 }"#;
        let (text, places) = scrubbed("application/json", body);
        let wanted = r#"{ "pusher": {"name": "Ada Example", "login": "user1", "email":"person1@example.com"},
  "repository": {"name": "Hello", "full_name": "user1/Hello", "private": false},
  "note": "thanks, person1@example.com! from 192.0.2.1", "ip": "192.0.2.1", "n": 1.50 }"#;
        assert_eq!(text, wanted);
        assert_eq!(
            places,
            [
                "body `pusher.name`",
                "body `pusher.login`",
                "body `pusher.email`",
                "body `repository.full_name`",
                "body `note`",
                "body `ip`"
            ]
        );
    }

    #[test]
    fn secrets_show_by_their_names_or_their_looks() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
        let body = format!(
            r#"{{"client_secret": "pi_1_secret_2", "text": "key sk_live_4eC39HqLyjWD here", "t": "{jwt}",
"password": 12345, "next_page_token": "", "card": {{"number": "4242 4242 4242 4242", "last4": "4242"}}}}"#
        );
        let (text, _) = scrubbed("application/json", &body);
        for gone in ["pi_1_secret", "4eC39", "eyJ", "12345", "4242 4242"] {
            assert!(!text.contains(gone), "{gone}: {text}");
        }
        assert!(text.contains("key sk_live_xxxxxxxxxxxx here"), "{text}");
        assert!(
            serde_json::from_str::<serde_json::Value>(&text).is_ok(),
            "{text}"
        );
    }

    #[test]
    fn json_in_a_form_or_in_a_string_is_looked_into() {
        let form = "a=1+2&payload=%7B%22email%22%3A%22a%40b.co%22%7D&token=abcdef";
        let (text, places) = scrubbed("application/x-www-form-urlencoded", form);
        assert_eq!(
            text,
            "a=1+2&payload=%7B%22email%22%3A%22person1%40example.com%22%7D&token=xxxxxx"
        );
        assert_eq!(places, ["body `payload`.email", "body `token`"]);
        let nested = r#"{"Message": "{\"user\": {\"email\": \"a@b.co\"}}"}"#;
        let (text, _) = scrubbed("text/plain", nested);
        assert_eq!(
            text,
            r#"{"Message": "{\"user\": {\"email\": \"person1@example.com\"}}"}"#
        );
    }

    #[test]
    fn headers_that_let_in_are_masked_and_signatures_are_not() {
        let headers = [
            ("Authorization", "Bearer abcdef123"),
            ("Cookie", "sid=abc; b=c"),
            ("X-Gitlab-Token", "hunter2hunter2"),
            ("X-Hub-Signature-256", "sha256=00ff"),
            ("X-Forwarded-For", "203.0.113.9, 10.0.0.1"),
        ];
        let mut message = Message::post(headers.into_iter().collect(), "");
        message.target = "/h?token=abc&x=1".to_owned();
        let (masked, places) = credentials(&message, &[]);
        assert_eq!(
            masked.headers.text("authorization"),
            Some("Bearer xxxxxxxxx")
        );
        assert_eq!(masked.headers.text("cookie"), Some("sid=xxx; b=x"));
        assert_eq!(
            masked.headers.text("x-hub-signature-256"),
            Some("sha256=00ff")
        );
        assert_eq!(
            masked.headers.text("x-forwarded-for"),
            Some("203.0.113.9, 10.0.0.1")
        );
        assert_eq!(masked.target, "/h?token=xxx&x=1");
        assert_eq!(places.len(), 4, "{places:?}");
        let whole = Scrub::default().message(&message, &[]);
        assert_eq!(
            whole.headers.text("x-forwarded-for"),
            Some("192.0.2.1, 192.0.2.2")
        );
    }

    proptest! {
        #[test]
        fn what_is_no_secret_stays_to_the_byte(
            key in "[b-d]{1,5}", value in r#"[a-z é\u{0}-\u{1f}"\\]{0,12}"#, space in "[ \n]{0,3}",
        ) {
            let value = serde_json::to_string(&value).expect("writes");
            let body = format!("{space}{{{space}\"{key}\":{space}{value},\"{key}\":[1.0,{value}]}}{space}");
            let (text, places) = scrubbed("application/json", &body);
            prop_assert_eq!(text, body);
            prop_assert!(places.is_empty());
        }

        #[test]
        fn json_stays_json(body in r#"\{"(email|token|name|login|phone|ip)": ("[a-z@. \\\\u0022é0-9]{0,12}"|[1-9][0-9]{0,5})(, "login": "abcd")?\}"#) {
            let is_json = serde_json::from_str::<serde_json::Value>(&body).is_ok();
            let (text, _) = scrubbed("application/json", &body);
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), is_json, "{}", text);
        }

        #[test]
        fn any_bytes_are_scrubbed_without_panic(body in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = Scrub::default().body(&Headers::new(), &body);
        }
    }
}
