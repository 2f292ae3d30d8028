//! A new definition file: what was answered, with a word on each line for whoever goes on with it.

use serde_json::{Map, Value};

use crate::core::event::set_at;

/// What a definition is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// What `--provider` takes.
    pub id: String,
    /// The provider's own name.
    pub name: String,
    /// Its documentation.
    pub docs: String,
    /// The signature's header.
    pub header: String,
    /// What makes the signature.
    pub algorithm: String,
    /// What the signature's value looks like: `sha256=<hex>`.
    pub value: Shape,
    /// What the secret's text stands for.
    pub key: String,
    /// The signed text; empty for a token.
    pub signed: String,
    /// The timestamp's header, where it does not stand beside the signature.
    pub timestamp_header: Option<String>,
    /// The timestamp's unit and tolerance in seconds, where there is a timestamp.
    pub timestamp: Option<(String, u32)>,
    /// Where the event type stands: `header:X-Event` or `json:/type`.
    pub event: Option<String>,
    /// Where the delivery id stands.
    pub delivery_id: Option<String>,
}

/// What a signature's value looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// How the digest is written.
    pub encoding: &'static str,
    /// The settings of the layout, a line each.
    pub layout: Vec<String>,
    /// Whether a timestamp stands in it.
    pub timestamp: bool,
}

impl std::str::FromStr for Shape {
    type Err = String;

    /// Reads what a provider's documents show: `<hex>`, `sha256=<hex>`, `t=<timestamp>,v1=<hex>` or
    /// `v1,<base64>`.
    fn from_str(text: &str) -> Result<Self, String> {
        const DIGESTS: [(&str, &str); 4] = [
            ("<hex>", "hex"),
            ("<base64>", "base64"),
            ("<base64url>", "base64url"),
            ("<token>", "text"),
        ];
        let expected = || {
            format!(
                "expected a value with <hex>, <base64>, <base64url> or <token> at its end, such as \
                 `sha256=<hex>`, `t=<timestamp>,v1=<hex>` or `v1,<base64>`: `{text}`"
            )
        };
        let (before, encoding) = DIGESTS
            .iter()
            .find_map(|(mark, encoding)| Some((text.strip_suffix(mark)?, *encoding)))
            .ok_or_else(expected)?;
        if before.contains("<timestamp>") {
            let (time, signature) = before.split_once(',').ok_or_else(expected)?;
            let time = time.strip_suffix("=<timestamp>").ok_or_else(expected)?;
            let signature = signature.strip_suffix('=').ok_or_else(expected)?;
            let layout = vec![
                "layout = \"pairs\"".to_owned(),
                format!("timestamp-key = {}", quoted(time)),
                format!("signature-key = {}", quoted(signature)),
            ];
            return Ok(Self {
                encoding,
                layout,
                timestamp: true,
            });
        }
        let version = before
            .strip_suffix(',')
            .filter(|own| !own.is_empty() && own.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let layout = match version {
            Some(version) => vec![
                "layout = \"versions\"".to_owned(),
                format!("version = {}", quoted(version)),
            ],
            None if before.contains(['<', '>']) => return Err(expected()),
            None if before.is_empty() => Vec::new(),
            None => vec![format!("prefix = {}", quoted(before))],
        };
        Ok(Self {
            encoding,
            layout,
            timestamp: false,
        })
    }
}

/// A text as TOML writes it; JSON's escapes are TOML's.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A place of the message: what comes after `header:` or `json:`.
fn place<'a>(location: Option<&'a String>, kind: &str) -> Option<&'a str> {
    location?.strip_prefix(kind)
}

/// The file.
#[must_use]
pub fn file(answers: &Answers) -> String {
    let mut text = format!(
        "# {}: made by `hookcat providers new`. `man hookcat-providers` (section 5) has every key,\n\
         # `hookcat providers schema` the JSON Schema for editors.\n\
         id = {}\nname = {}\n# Where this is documented.\ndocs = {}\n\
         # published-vector, official-source or second-hand: how sure all this is.\n\
         confidence = \"second-hand\"\n\
         # What a user should know, a sentence each.\nnotes = []\n",
        answers.name.replace('\n', " "),
        quoted(&answers.id),
        quoted(&answers.name),
        quoted(&answers.docs)
    );
    text.push_str(
        "\n# Headers that nobody else sends; the signature's counts without being named here.\n\
         # [detect]\n# headers = []\n",
    );
    text.push_str(&located(answers));
    text.push_str(&sent(answers));
    text.push_str(&scheme(answers));
    text.push_str(&event(answers));
    text
}

fn located(answers: &Answers) -> String {
    let mut text = String::from(
        "\n# Where things stand: header:NAME, json:/POINTER or form:NAME, the first that is there.\n\
         [locate]\n",
    );
    for (key, location) in [
        ("event", &answers.event),
        ("delivery-id", &answers.delivery_id),
    ] {
        match location {
            Some(location) => text.push_str(&format!("{key} = [{}]\n", quoted(location))),
            None => text.push_str(&format!("# {key} = [\"header:X-…\"]\n")),
        }
    }
    text
}

/// The headers that `send` needs to write what is read of them.
fn sent(answers: &Answers) -> String {
    let headers: Vec<String> = [
        (place(answers.event.as_ref(), "header:"), "{{ event }}"),
        (
            place(answers.delivery_id.as_ref(), "header:"),
            "{{ delivery_id }}",
        ),
    ]
    .into_iter()
    // A signed id is written by the scheme.
    .filter(|(_, value)| !(*value == "{{ delivery_id }}" && answers.signed.contains("{id}")))
    .filter_map(|(name, value)| Some(format!("[{}, {}]", quoted(name?), quoted(value))))
    .collect();
    if headers.is_empty() {
        return String::new();
    }
    format!(
        "\n# What `send` writes beside the signature.\n[send]\nheaders = [{}]\n",
        headers.join(", ")
    )
}

fn scheme(answers: &Answers) -> String {
    let mut text = format!(
        "\n[[scheme]]\nname = {}\nalgorithm = {}\n# What the secret's text stands for.\nkey = {}\n",
        quoted(&answers.id),
        quoted(&answers.algorithm),
        quoted(&answers.key)
    );
    if !answers.signed.is_empty() {
        text.push_str(&format!(
            "# {{body}}, {{timestamp}}, {{id}}, {{method}}, {{url}}, {{header:NAME}} and more; the \
             rest stands for itself.\nsigned = {}\n",
            quoted(&answers.signed)
        ));
    }
    if answers.signed.contains("{id}")
        && let Some(name) = place(answers.delivery_id.as_ref(), "header:")
    {
        text.push_str(&format!("id-header = {}\n", quoted(name)));
    }
    text.push_str(&format!(
        "\n[scheme.signature]\nheader = {}\n",
        quoted(&answers.header)
    ));
    for line in &answers.value.layout {
        text.push_str(&format!("{line}\n"));
    }
    text.push_str(&format!("encoding = {}\n", quoted(answers.value.encoding)));
    if let Some((unit, tolerance)) = &answers.timestamp {
        text.push_str("\n[scheme.timestamp]\n");
        if let Some(header) = &answers.timestamp_header {
            text.push_str(&format!("header = {}\n", quoted(header)));
        }
        text.push_str(&format!("unit = {}\n", quoted(unit)));
        if *tolerance > 0 {
            text.push_str(&format!(
                "# Seconds that a delivery may be old, and ahead.\npast = {tolerance}\nfuture = {tolerance}\n"
            ));
        }
    }
    text
}

fn event(answers: &Answers) -> String {
    let mut sample = Value::Object(Map::new());
    if let Some(pointer) = place(answers.event.as_ref(), "json:") {
        set_at(&mut sample, pointer, Value::from("example"));
    }
    if let Some(pointer) = place(answers.delivery_id.as_ref(), "json:") {
        set_at(&mut sample, pointer, Value::from("{{ delivery_id }}"));
    }
    set_at(&mut sample, "/message", Value::from("Hello from hookcat"));
    let sample = serde_json::to_string_pretty(&sample).unwrap_or_default();
    format!(
        "\n# An event `send` knows: a template of its payload, and the JSON Schema of it.\n\
         [[event]]\nname = \"example\"\ntitle = \"an example\"\nsample = '''\n{sample}\n'''\n\
         schema = '''\n{{ \"type\": \"object\" }}\n'''\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_what_the_documents_show() {
        let read = |text: &str| text.parse::<Shape>();
        let plain = read("sha256=<hex>").expect("a shape");
        assert_eq!(plain.layout, ["prefix = \"sha256=\""]);
        assert_eq!(read("<base64>").expect("a shape").encoding, "base64");
        let pairs = read("t=<timestamp>,v1=<hex>").expect("a shape");
        assert!(pairs.timestamp);
        assert_eq!(pairs.layout[2], "signature-key = \"v1\"");
        let versions = read("v1,<base64>").expect("a shape");
        assert_eq!(versions.layout[1], "version = \"v1\"");
        for text in ["", "sha256=", "<hex>=", "<timestamp>,<hex>", "<a><hex>"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
