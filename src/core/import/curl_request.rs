//! The request that curl's options make, with the defaults curl adds.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::curl::CurlError;
use super::{Headers, Imported, Message, is_header_name, is_header_value, target};

/// Reads a file that an option names; `-` is standard input.
type Load<'l> = dyn FnMut(&str) -> Result<Vec<u8>, CurlError> + 'l;

/// What the options said so far.
#[derive(Debug, Default)]
pub(super) struct Request {
    url: Option<String>,
    method: Option<String>,
    head: bool,
    get: bool,
    globoff: bool,
    is_json: bool,
    /// `None` without any data option: there is no body, then, not an empty one.
    data: Option<Vec<u8>>,
    query: Vec<Vec<u8>>,
    /// The user's own headers: no value removes one of curl's.
    headers: Vec<(String, Option<Vec<u8>>)>,
    user: Option<Vec<u8>>,
    bearer: Option<Vec<u8>>,
    agent: Option<Vec<u8>>,
    referer: Option<Vec<u8>>,
    range: Option<Vec<u8>>,
    cookies: Vec<Vec<u8>>,
    target: Option<String>,
    notes: Vec<String>,
}

impl Request {
    /// Takes an option without a value. Those that change no request are nothing here.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<(), CurlError> {
        match name {
            "get" => self.get = true,
            "head" => self.head = true,
            "globoff" => self.globoff = true,
            "next" => {
                return Err(CurlError::Refused {
                    option: "--next",
                    why: "it begins another request: write a command for each",
                });
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes an option with its value.
    pub(super) fn option(
        &mut self,
        name: &'static str,
        value: &[u8],
        load: &mut Load<'_>,
    ) -> Result<(), CurlError> {
        let refused = |option, why| Err(CurlError::Refused { option, why });
        match name {
            "url" if self.url.is_some() => return Err(CurlError::SeveralUrls),
            "url" => self.url = Some(text(value)?),
            "request" => self.method = Some(text(value)?),
            "request-target" => self.target = Some(text(value)?),
            "header" if value.starts_with(b"@") => {
                return refused("-H @FILE", "give the headers one by one");
            }
            "header" => self.header(value)?,
            "data" | "data-ascii" => {
                let data = match value.strip_prefix(b"@") {
                    Some(name) => {
                        let mut data = load(&String::from_utf8_lossy(name))?;
                        data.retain(|byte| !b"\r\n\0".contains(byte));
                        data
                    }
                    None => value.to_vec(),
                };
                self.append(&data, b"&");
            }
            "data-raw" => self.append(value, b"&"),
            "data-binary" => self.append(&from(value, load)?, b"&"),
            "json" => {
                self.is_json = true;
                self.append(&from(value, load)?, b"");
            }
            "data-urlencode" => self.append(&encoded(value, load)?, b"&"),
            "url-query" => self.query.push(match value.strip_prefix(b"+") {
                Some(raw) => raw.to_vec(),
                None => encoded(value, load)?,
            }),
            "user" => self.user = Some(value.to_vec()),
            "oauth2-bearer" => self.bearer = Some(value.to_vec()),
            "user-agent" => self.agent = Some(value.to_vec()),
            "referer" => {
                let value = value.strip_suffix(b";auto").unwrap_or(value);
                self.referer = Some(value.to_vec());
            }
            "range" => self.range = Some([b"bytes=", value].concat()),
            "cookie" if value.contains(&b'=') => self.cookies.push(value.to_vec()),
            "cookie" => self.notes.push(format!(
                "the cookies of the file `{}` are left out",
                String::from_utf8_lossy(value)
            )),
            "form" | "form-string" => {
                return refused(
                    "--form",
                    "curl makes up the boundary of a multipart body: save the request itself",
                );
            }
            "upload-file" => return refused("--upload-file", "give the body with --data-binary"),
            "config" => return refused("--config", "write its options into the command"),
            "aws-sigv4" => self
                .notes
                .push("the signature of --aws-sigv4 is left out".to_owned()),
            _ => {}
        }
        Ok(())
    }

    fn append(&mut self, data: &[u8], between: &[u8]) {
        match &mut self.data {
            None => self.data = Some(data.to_vec()),
            Some(all) => {
                all.extend_from_slice(between);
                all.extend_from_slice(data);
            }
        }
    }

    /// `Name: value`; `Name:` removes curl's own, `Name;` has an empty value.
    fn header(&mut self, field: &[u8]) -> Result<(), CurlError> {
        let colon = field.iter().position(|&byte| byte == b':');
        let (name, value) = if let Some(colon) = colon {
            let value = field[colon + 1..].trim_ascii();
            (&field[..colon], Some(value).filter(|own| !own.is_empty()))
        } else if let Some(name) = field.trim_ascii_end().strip_suffix(b";") {
            (name, Some(b"".as_slice()))
        } else {
            self.notes.push(format!(
                "curl sends no header of `-H {}`, which has no colon",
                String::from_utf8_lossy(field)
            ));
            return Ok(());
        };
        let name = std::str::from_utf8(name).ok().map(str::trim);
        match name.filter(|name| is_header_name(name)) {
            Some(name) if is_header_value(value.unwrap_or_default()) => {
                self.headers
                    .push((name.to_owned(), value.map(<[u8]>::to_vec)));
                Ok(())
            }
            _ => Err(CurlError::Header(
                String::from_utf8_lossy(field).into_owned(),
            )),
        }
    }

    /// The request, with what curl adds.
    pub(super) fn finish(mut self) -> Result<Imported, CurlError> {
        let url = self.url.take().ok_or(CurlError::NoUrl)?;
        let (mut url, userinfo) = absolute(&url, self.globoff)?;
        if self.get {
            self.query.extend(self.data.take());
        }
        for part in std::mem::take(&mut self.query) {
            let end = url.find('#').unwrap_or(url.len());
            let sign = match url[..end].find('?') {
                None => "?",
                Some(at) if at + 1 == end => "",
                Some(_) => "&",
            };
            url.insert_str(end, &format!("{sign}{}", text(&part)?));
        }
        let user = self.user.take().or(userinfo);
        let headers = self.all_headers(user)?;
        let method = match self.method.take() {
            Some(method) => method,
            None if self.head => "HEAD".to_owned(),
            None if self.data.is_some() => "POST".to_owned(),
            None => "GET".to_owned(),
        };
        Ok(Imported {
            message: Message {
                method,
                target: self.target.unwrap_or_else(|| target(&url)),
                headers,
                body: self.data.unwrap_or_default().into(),
            },
            url: Some(url),
            notes: self.notes,
            ..Imported::default()
        })
    }

    /// The user's headers among curl's, in curl's order. `Host`, `User-Agent`, `Accept` and
    /// `Content-Length` stand in no command, and are not made up.
    fn all_headers(&mut self, user: Option<Vec<u8>>) -> Result<Headers, CurlError> {
        let authorization = match (&self.bearer, user) {
            (Some(token), _) => Some([b"Bearer ", token.as_slice()].concat()),
            (None, Some(mut user)) => {
                if !user.contains(&b':') {
                    user.push(b':');
                }
                Some(format!("Basic {}", BASE64_STANDARD.encode(user)).into_bytes())
            }
            (None, None) => None,
        };
        let own = |name: &str| {
            self.headers
                .iter()
                .any(|(own, _)| own.eq_ignore_ascii_case(name))
        };
        let cookies = Some(self.cookies.join(&b';')).filter(|all| !all.is_empty());
        let mut headers = Headers::new();
        for (name, value) in [
            ("Authorization", authorization),
            // Of a body that is sent, curl would make it a part.
            ("Range", self.range.take().filter(|_| self.data.is_none())),
            ("User-Agent", self.agent.take()),
            ("Referer", self.referer.take()),
            ("Cookie", cookies),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty() && !own(name)) {
                if !is_header_value(&value) {
                    // Not repeated: it may be a password.
                    return Err(CurlError::Header(format!("{name}: …")));
                }
                headers.push(name, value.trim_ascii());
            }
        }
        for (name, value) in &self.headers {
            if let Some(value) = value {
                headers.push(name.clone(), value.as_slice());
            }
        }
        if self.is_json {
            for name in ["Content-Type", "Accept"] {
                if !own(name) {
                    headers.push(name, "application/json");
                }
            }
        } else if self.data.is_some() && !own("Content-Type") {
            headers.push("Content-Type", "application/x-www-form-urlencoded");
        }
        Ok(headers)
    }
}

fn text(value: &[u8]) -> Result<String, CurlError> {
    String::from_utf8(value.to_vec())
        .map_err(|_| CurlError::Text(String::from_utf8_lossy(value).into_owned()))
}

/// `@FILE`, or the value itself.
fn from(value: &[u8], load: &mut Load<'_>) -> Result<Vec<u8>, CurlError> {
    match value.strip_prefix(b"@") {
        Some(name) => load(&String::from_utf8_lossy(name)),
        None => Ok(value.to_vec()),
    }
}

/// `content`, `=content`, `name=content`, `@file` or `name@file`, percent-encoded as curl does.
fn encoded(value: &[u8], load: &mut Load<'_>) -> Result<Vec<u8>, CurlError> {
    let sign = value.iter().position(|byte| b"=@".contains(byte));
    let (name, content) = match sign {
        Some(at) if value[at] == b'@' => (
            &value[..at],
            load(&String::from_utf8_lossy(&value[at + 1..]))?,
        ),
        Some(at) => (&value[..at], value[at + 1..].to_vec()),
        None => (&b""[..], value.to_vec()),
    };
    let mut out = name.to_vec();
    if !name.is_empty() {
        out.push(b'=');
    }
    for byte in content {
        match byte {
            b' ' => out.push(b'+'),
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => out.push(byte),
            byte => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    Ok(out)
}

/// A URL with its scheme and without user and password, and those.
fn absolute(url: &str, globoff: bool) -> Result<(String, Option<Vec<u8>>), CurlError> {
    let wrong = || CurlError::Url(url.to_owned());
    // A query may well hold a URL.
    let is_scheme = |text: &str| !text.contains(['/', '?', '#']);
    let parts = url.split_once("://").filter(|own| is_scheme(own.0));
    let (scheme, rest) = parts.unwrap_or(("http", url));
    if !["http", "https"]
        .iter()
        .any(|own| scheme.eq_ignore_ascii_case(own))
    {
        return Err(wrong());
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    if host.is_empty() || url.contains(|char: char| char.is_ascii_control() || char == ' ') {
        return Err(wrong());
    }
    let mut path = path.to_owned();
    if !globoff {
        // Browsers escape the signs that curl would take for a range of URLs.
        for sign in ["[", "]", "{", "}"] {
            path = path.replace(&format!("\\{sign}"), sign);
        }
    }
    let user = user.map(percent_decoded);
    Ok((format!("{scheme}://{host}{path}"), user))
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| byte == b'%');
        let decoded = digits.and_then(|digits| hex::decode(digits).ok());
        rest = if decoded.is_some() {
            &after[2..]
        } else {
            after
        };
        out.extend(decoded.unwrap_or_else(|| vec![byte]));
    }
    out
}
