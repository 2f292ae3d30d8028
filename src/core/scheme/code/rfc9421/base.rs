//! The signature base (RFC 9421, 2.5): a line for each covered component, then the parameters.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sfv::{BareItem, Dictionary, FieldType, InnerList, Item, ListEntry, Parser};

use super::super::escape;
use super::digest::is_known;
use super::{INPUT, malformed};
use crate::core::message::{Headers, Message};
use crate::core::verdict::Reason;

/// What components are taken from.
pub(super) struct Request<'a> {
    pub(super) message: &'a Message,
    /// The public URL, if it is known.
    pub(super) url: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// Scheme, authority and the rest of the public URL.
    fn url(&self) -> Option<(&'a str, &'a str, &'a str)> {
        let (scheme, after) = self.url?.split_once("://")?;
        let after = after.split('#').next().unwrap_or_default();
        let end = after.find(['/', '?']).unwrap_or(after.len());
        let (authority, rest) = after.split_at(end);
        let host = authority.rsplit('@').next().unwrap_or_default();
        Some((scheme, host, rest))
    }

    /// Path and query.
    fn target(&self) -> String {
        let rest = self
            .url()
            .map_or(self.message.target.as_str(), |(_, _, rest)| rest);
        if rest.starts_with('/') {
            rest.to_owned()
        } else {
            format!("/{rest}")
        }
    }

    /// Host and port in lower case, the scheme's own port left out (RFC 9421, 2.2.3).
    fn authority(&self) -> Result<String, Reason> {
        let Some((scheme, authority, _)) = self.url() else {
            let host = super::super::one(&self.message.headers, "Host")?;
            return Ok(host.to_ascii_lowercase());
        };
        let own_port = match scheme.to_ascii_lowercase().as_str() {
            "https" => ":443",
            "http" => ":80",
            _ => "",
        };
        let authority = authority.to_ascii_lowercase();
        let bare = authority.strip_suffix(own_port);
        Ok(bare.unwrap_or(&authority).to_owned())
    }
}

/// The base that is signed.
pub(super) fn signature_base(list: &InnerList, request: &Request<'_>) -> Result<Vec<u8>, Reason> {
    let mut base = Vec::new();
    let mut seen = Vec::new();
    for item in &list.items {
        let name = component(item)?;
        // No component has two parameters, whose order would not count.
        let identity = item.serialize();
        if seen.contains(&identity) {
            return Err(malformed(INPUT, "each component once"));
        }
        let value = match name.strip_prefix('@') {
            Some(derived) => self::derived(derived, item, request)?.into_bytes(),
            None => of_field(name, item, &request.message.headers)?,
        };
        base.extend_from_slice(identity.as_bytes());
        base.extend_from_slice(b": ");
        base.extend_from_slice(&value);
        base.push(b'\n');
        seen.push(identity);
    }
    let params = vec![ListEntry::InnerList(list.clone())].serialize();
    base.extend_from_slice(b"\"@signature-params\": ");
    base.extend_from_slice(params.unwrap_or_default().as_bytes());
    Ok(base)
}

/// Whether the body's digest is covered, the whole field or a known member of it.
pub(super) fn covers_digest(list: &InnerList) -> bool {
    list.items.iter().any(|item| {
        let is_known = item.params.iter().all(|(name, value)| match value {
            BareItem::String(member) => name.as_str() == "key" && is_known(member.as_str()),
            _ => name.as_str() == "bs",
        });
        component(item).is_ok_and(|name| name == "content-digest") && is_known
    })
}

/// A component's name; fields are named in lower case.
fn component(item: &Item) -> Result<&str, Reason> {
    match &item.bare_item {
        BareItem::String(name) if !name.as_str().bytes().any(|byte| byte.is_ascii_uppercase()) => {
            Ok(name.as_str())
        }
        _ => Err(malformed(INPUT, "components as strings in lower case")),
    }
}

fn unknown(item: &Item) -> Reason {
    malformed(
        INPUT,
        &format!("components of a request, not `{}`", item.serialize()),
    )
}

/// A component of the request itself (RFC 9421, 2.2).
fn derived(name: &str, item: &Item, request: &Request<'_>) -> Result<String, Reason> {
    let target = request.target();
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target.as_str(), None),
    };
    if name == "query-param" {
        return query_param(item, query.unwrap_or_default());
    }
    if !item.params.is_empty() {
        return Err(unknown(item));
    }
    let url = || {
        request.url.ok_or_else(|| Reason::MissingField {
            place: "the request's public URL".to_owned(),
        })
    };
    match name {
        "method" => Ok(request.message.method.clone()),
        "target-uri" => Ok(url()?.split('#').next().unwrap_or_default().to_owned()),
        "authority" => request.authority(),
        "scheme" => {
            let scheme = url()?.split("://").next().unwrap_or_default();
            Ok(scheme.to_ascii_lowercase())
        }
        "request-target" => Ok(target),
        "path" => Ok(path.to_owned()),
        "query" => Ok(format!("?{}", query.unwrap_or_default())),
        _ => Err(unknown(item)),
    }
}

/// A parameter of the query, which must stand there once (RFC 9421, 2.2.8).
fn query_param(item: &Item, query: &str) -> Result<String, Reason> {
    let Some(BareItem::String(name)) = item.params.get("name") else {
        return Err(unknown(item));
    };
    if item.params.len() != 1 {
        return Err(unknown(item));
    }
    let escaped = |text: &str| escape::escaped(text, b"*-._");
    let mut values = form_urlencoded::parse(query.as_bytes())
        .filter(|(own, _)| escaped(own) == name.as_str())
        .map(|(_, value)| escaped(&value));
    let place = || format!("query parameter `{}`", name.as_str());
    let value = values
        .next()
        .ok_or_else(|| Reason::MissingField { place: place() })?;
    match values.next() {
        None => Ok(value),
        Some(_) => Err(Reason::MalformedField {
            place: place(),
            expected: "it once".to_owned(),
        }),
    }
}

/// The lines of a field, joined as one (RFC 9421, 2.1).
pub(super) fn field(headers: &Headers, name: &str) -> Result<Vec<u8>, Reason> {
    let lines: Vec<&[u8]> = headers.all(name).map(<[u8]>::trim_ascii).collect();
    if lines.is_empty() {
        return Err(Reason::MissingHeader {
            name: name.to_owned(),
        });
    }
    Ok(lines.join(b", ".as_slice()))
}

/// A field: as it is, a member of a dictionary, or its lines as byte sequences.
fn of_field(name: &str, item: &Item, headers: &Headers) -> Result<Vec<u8>, Reason> {
    let whole = field(headers, name)?;
    let mut params = item.params.iter();
    match (params.next(), params.next()) {
        (None, _) => Ok(whole),
        (Some((key, BareItem::String(member))), None) if key.as_str() == "key" => {
            let missing = || malformed(name, &format!("a member `{}`", member.as_str()));
            let fields: Dictionary = Parser::new(&whole).parse().map_err(|_| missing())?;
            let text = match fields.get(member.as_str()).ok_or_else(missing)? {
                ListEntry::Item(item) => item.serialize(),
                list @ ListEntry::InnerList(_) => {
                    vec![list.clone()].serialize().unwrap_or_default()
                }
            };
            Ok(text.into_bytes())
        }
        (Some((key, BareItem::Boolean(true))), None) if key.as_str() == "bs" => {
            let lines: Vec<String> = headers
                .all(name)
                .map(|line| format!(":{}:", BASE64_STANDARD.encode(line.trim_ascii())))
                .collect();
            Ok(lines.join(", ").into_bytes())
        }
        _ => Err(unknown(item)),
    }
}
