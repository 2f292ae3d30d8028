//! A message is bytes: method, target, an ordered list of headers, a raw body.

use bytes::Bytes;

use super::coding::Coding;

/// One HTTP request as it stood on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The request method, upper case by convention (`POST`).
    pub method: String,
    /// The request target as sent: origin form (`/hooks?x=1`) or an absolute URL.
    pub target: String,
    /// All header fields, repeats and original order kept.
    pub headers: Headers,
    /// The body exactly as received, still compressed if it was.
    pub body: Bytes,
}

impl Message {
    /// A POST to `/` with the given headers and body: what `verify` and `sign` work on.
    #[must_use]
    pub fn post(headers: Headers, body: impl Into<Bytes>) -> Self {
        Self {
            method: "POST".to_owned(),
            target: "/".to_owned(),
            headers,
            body: body.into(),
        }
    }
}

/// An ordered list of header fields. Names compare case-insensitively and keep their case.
///
/// All names lie in one text and all values in another: a delivery has a dozen fields, and to keep each
/// by itself cost a receiver more than the signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    names: String,
    values: Vec<u8>,
    /// Where each field's name and value end.
    ends: Vec<(usize, usize)>,
}

impl Headers {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty list with room for so many fields, and so many bytes of names and of values.
    #[must_use]
    pub fn with_capacity(fields: usize, names: usize, values: usize) -> Self {
        Self {
            names: String::with_capacity(names),
            values: Vec::with_capacity(values),
            ends: Vec::with_capacity(fields),
        }
    }

    /// Appends a field, keeping any of the same name.
    pub fn push(&mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) {
        self.names.push_str(name.as_ref());
        self.values.extend_from_slice(value.as_ref());
        self.ends.push((self.names.len(), self.values.len()));
    }

    /// Replaces every field of this name by one at the place of the first, or appends it.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        let is_such = |(own, _): (&str, &[u8])| own.eq_ignore_ascii_case(name);
        let Some(first) = self.iter().position(is_such) else {
            return self.push(name, value);
        };
        let mut index = 0;
        if self.iter().filter(|own| is_such(*own)).nth(1).is_some() {
            let kept = self.iter().filter(|own| {
                index += 1;
                index <= first + 1 || !is_such(*own)
            });
            *self = kept.collect();
        }
        let start = first.checked_sub(1).map_or(0, |before| self.ends[before].1);
        let end = self.ends[first].1;
        self.values.splice(start..end, value.iter().copied());
        for (_, own) in &mut self.ends[first..] {
            *own = *own - (end - start) + value.len();
        }
    }

    /// Keeps the first fields only, so many.
    pub fn truncate(&mut self, length: usize) {
        self.ends.truncate(length);
        let (names, values) = self.ends.last().copied().unwrap_or_default();
        self.names.truncate(names);
        self.values.truncate(values);
    }

    /// Removes every field of this name.
    pub fn remove(&mut self, name: &str) {
        if self.contains(name) {
            *self = (self.iter())
                .filter(|(own, _)| !own.eq_ignore_ascii_case(name))
                .collect();
        }
    }

    /// All values of a name, in order.
    pub fn all<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h [u8]> {
        self.iter()
            .filter(move |(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The first value of a name.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.all(name).next()
    }

    /// The first value of a name where it is UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.first(name)
            .and_then(|value| std::str::from_utf8(value).ok())
    }

    /// Whether a field of this name is there.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    /// How a body with these headers is compressed, where that is known here.
    #[must_use]
    pub fn coding(&self) -> Option<Coding> {
        let mut all = self.all("content-encoding");
        let value = std::str::from_utf8(all.next()?).ok()?;
        // A second one would lie around the first.
        all.next().is_none().then(|| Coding::named(value))?
    }

    /// Whether a body with these headers is of this media type, parameters left out.
    #[must_use]
    pub fn is_type(&self, wanted: &str) -> bool {
        self.text("content-type").is_some_and(|value| {
            let own = value.split(';').next().unwrap_or_default();
            own.trim().eq_ignore_ascii_case(wanted)
        })
    }

    /// Every field in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        let mut start = (0, 0);
        self.ends.iter().map(move |&end| {
            let (name, value) = std::mem::replace(&mut start, end);
            (&self.names[name..end.0], &self.values[value..end.1])
        })
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no field at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many bytes they are as [`Headers::to_lines`] writes them.
    #[must_use]
    pub fn size(&self) -> usize {
        self.names.len() + self.values.len() + self.len() * ": \r\n".len()
    }

    /// The fields as `Name: value` lines ended by CRLF: how the log stores them.
    #[must_use]
    pub fn to_lines(&self) -> Vec<u8> {
        let mut lines = Vec::new();
        self.write_lines(&mut lines);
        lines
    }

    /// Appends what [`Headers::to_lines`] gives.
    pub fn write_lines(&self, lines: &mut Vec<u8>) {
        lines.reserve(self.size());
        for (name, value) in self.iter() {
            lines.extend_from_slice(name.as_bytes());
            lines.extend_from_slice(b": ");
            lines.extend_from_slice(value);
            lines.extend_from_slice(b"\r\n");
        }
    }

    /// Reads what [`Headers::to_lines`] wrote. Lines without a colon are skipped.
    #[must_use]
    pub fn from_lines(mut lines: &[u8]) -> Self {
        let fields = memchr::memchr_iter(b'\n', lines).count();
        let mut headers = Self::with_capacity(fields, lines.len() / 2, lines.len());
        while !lines.is_empty() {
            let mut ends = memchr::memchr_iter(b'\n', lines).filter_map(|own| own.checked_sub(1));
            let end = ends.find(|&end| lines[end] == b'\r');
            let end = end.unwrap_or(lines.len());
            let line = &lines[..end];
            if let Some(colon) = memchr::memchr(b':', line) {
                let value = &line[colon + 1..];
                headers.push(
                    String::from_utf8_lossy(&line[..colon]),
                    value.strip_prefix(b" ").unwrap_or(value),
                );
            }
            lines = lines.get(end + 2..).unwrap_or_default();
        }
        headers
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let fields = fields.into_iter();
        let mut headers = Self::new();
        headers.ends.reserve(fields.size_hint().0);
        headers.extend(fields);
        headers
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Extend<(N, V)> for Headers {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, fields: I) {
        for (name, value) in fields {
            self.push(name, value);
        }
    }
}

/// Headers that belong to one connection or are computed for it, and so are never passed on.
const OF_THE_CONNECTION: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a header belongs to one connection, so that a client sets it itself or leaves it out.
#[must_use]
pub fn is_of_the_connection(name: &str) -> bool {
    OF_THE_CONNECTION
        .iter()
        .any(|own| own.eq_ignore_ascii_case(name))
}

/// Whether a text may stand as a header name: an RFC 9110 token.
#[must_use]
pub fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether bytes may stand as a header value: no control characters but tab.
#[must_use]
pub fn is_header_value(value: &[u8]) -> bool {
    value
        .iter()
        .all(|&byte| byte == b'\t' || (byte >= 0x20 && byte != 0x7f))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn repeats_and_order_are_kept() {
        let headers: Headers = [("A", "1"), ("b", "2"), ("a", "3")].into_iter().collect();
        assert_eq!(headers.all("A").collect::<Vec<_>>(), [b"1", b"3"]);
        assert_eq!(headers.to_lines(), b"A: 1\r\nb: 2\r\na: 3\r\n");
    }

    #[test]
    fn set_replaces_all_of_a_name_in_place() {
        let mut headers: Headers = [("A", "1"), ("b", "2"), ("a", "3")].into_iter().collect();
        headers.set("a", "9");
        assert_eq!(headers.to_lines(), b"A: 9\r\nb: 2\r\n");
        headers.set("c", "4");
        assert_eq!(headers.to_lines(), b"A: 9\r\nb: 2\r\nc: 4\r\n");
    }

    #[test]
    fn a_coding_is_told_where_it_is_the_only_one() {
        let coding = |values: &[&str]| {
            let fields = values.iter().map(|value| ("content-ENCODING", *value));
            fields.collect::<Headers>().coding()
        };
        assert_eq!(coding(&["br"]), Some(Coding::Brotli));
        for values in [&[][..], &["identity"], &["gzip", "br"], &["gzip, br"]] {
            assert_eq!(coding(values), None, "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn set_is_to_replace_the_first_and_leave_out_the_others(
            fields in prop::collection::vec(("[abAB]", "[xy]{0,4}"), 0..8),
            value in "[xyz]{0,6}",
        ) {
            let mut wanted = fields.clone();
            let is_such = |own: &(String, String)| own.0.eq_ignore_ascii_case("a");
            match wanted.iter().position(is_such) {
                Some(first) => {
                    wanted[first].1.clone_from(&value);
                    let mut index = 0;
                    wanted.retain(|own| {
                        index += 1;
                        index <= first + 1 || !is_such(own)
                    });
                }
                None => wanted.push(("a".to_owned(), value.clone())),
            }
            let mut headers: Headers = fields.into_iter().collect();
            headers.set("a", &value);
            prop_assert_eq!(headers, wanted.into_iter().collect());
        }

        #[test]
        fn lines_round_trip(fields in prop::collection::vec(("[!-9;-~]{1,8}", "[\t -~\u{80}-\u{ff}]{0,12}"), 0..8)) {
            let headers: Headers = fields.into_iter().collect();
            prop_assert_eq!(Headers::from_lines(&headers.to_lines()), headers);
        }
    }
}
