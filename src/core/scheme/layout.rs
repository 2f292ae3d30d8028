//! How a signature is written in its header: one description that parses and renders.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

/// Where the signature stands and how it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawSignature")]
pub struct Signature {
    /// The header's name as the provider writes it.
    pub header: String,
    /// The shape of the header's value.
    pub layout: Layout,
    /// How the digest's bytes are written.
    pub encoding: Encoding,
}

/// The shape of a signature header's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The signature, after a prefix: `sha256=757107ea…`.
    Plain {
        /// Text before the signature, often `sha256=`.
        prefix: String,
        /// Whether a value without the prefix is read too. It is always written.
        optional: bool,
        /// Splits several signatures; any may match.
        separator: Option<char>,
    },
    /// Pairs: `t=1700000000,v1=5257a8…`. Unknown keys are ignored, order is free.
    Pairs {
        /// Splits the pairs. White space around a pair is ignored.
        separator: char,
        /// The key of the signature.
        signature_key: String,
        /// The key of the timestamp, if it stands here.
        timestamp_key: Option<String>,
        /// What several signatures mean.
        repeats: Repeats,
    },
    /// Signatures, each with a version: `v1,K5oZfz… v1,vm4sVX…`. Other versions are skipped.
    Versions {
        /// Splits the signatures.
        separator: char,
        /// Splits version and signature.
        mark: char,
        /// The version this scheme reads and writes.
        version: String,
    },
}

/// What several signatures of one key mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeats {
    /// Any may match (rotation); a second timestamp makes the header malformed.
    #[default]
    Any,
    /// The last signature and the last timestamp count.
    Last,
}

/// How a digest's bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Hexadecimal, read in either case, written in lower case.
    Hex,
    /// Hexadecimal in lower case only.
    HexLower,
    /// Base64 with padding, canonical only.
    Base64,
    /// URL-safe base64 with padding, canonical only.
    Base64url,
    /// URL-safe base64 without padding, canonical only.
    Base64urlNopad,
    /// The bytes themselves: static tokens.
    Text,
}

impl Encoding {
    /// The digest as text.
    #[must_use]
    pub fn encode(self, digest: &[u8]) -> String {
        match self {
            Self::Hex | Self::HexLower => hex::encode(digest),
            Self::Base64 => BASE64_STANDARD.encode(digest),
            Self::Base64url => BASE64_URL_SAFE.encode(digest),
            Self::Base64urlNopad => BASE64_URL_SAFE_NO_PAD.encode(digest),
            Self::Text => String::from_utf8_lossy(digest).into_owned(),
        }
    }

    /// The bytes of a digest's text, `None` if it is not written this way.
    #[must_use]
    pub fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::HexLower if text.bytes().any(|byte| byte.is_ascii_uppercase()) => None,
            Self::Hex | Self::HexLower => hex::decode(text).ok(),
            Self::Base64 => BASE64_STANDARD.decode(text).ok(),
            Self::Base64url => BASE64_URL_SAFE.decode(text).ok(),
            Self::Base64urlNopad => BASE64_URL_SAFE_NO_PAD.decode(text).ok(),
            Self::Text => Some(text.as_bytes().to_vec()),
        }
    }

    /// The name used in definitions and flags.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::HexLower => "hex-lower",
            Self::Base64 => "base64",
            Self::Base64url => "base64url",
            Self::Base64urlNopad => "base64url-nopad",
            Self::Text => "text",
        }
    }
}

/// What a signature header's value says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Written<'a> {
    /// The signatures' texts, at least one.
    pub(super) signatures: Vec<&'a str>,
    /// The timestamp's text, where it stands in this header.
    pub(super) timestamp: Option<&'a str>,
}

impl Layout {
    /// Reads a header's value.
    ///
    /// # Errors
    /// Nothing but the fact that the value has not this shape: [`Layout::shape`] tells it.
    pub(super) fn parse<'a>(&self, value: &'a str) -> Result<Written<'a>, ()> {
        let mut written = Written::default();
        match self {
            Self::Plain {
                prefix,
                optional,
                separator,
            } => {
                let mut read = |text: &'a str| {
                    let text = text.trim();
                    let bare = text.strip_prefix(prefix.as_str());
                    if let Some(signature) = bare.or(optional.then_some(text)) {
                        written.signatures.push(signature);
                    }
                };
                match separator {
                    Some(separator) => value.split(*separator).for_each(read),
                    None => read(value),
                }
            }
            Self::Pairs {
                separator,
                signature_key,
                timestamp_key,
                repeats,
            } => {
                for (key, text) in value
                    .split(*separator)
                    .filter_map(|pair| pair.trim().split_once('='))
                {
                    if key == signature_key {
                        if *repeats == Repeats::Last {
                            written.signatures.clear();
                        }
                        written.signatures.push(text);
                    } else if timestamp_key.as_deref() == Some(key)
                        && written.timestamp.replace(text).is_some()
                        && *repeats == Repeats::Any
                    {
                        return Err(());
                    }
                }
                if timestamp_key.is_some() && written.timestamp.is_none_or(str::is_empty) {
                    return Err(());
                }
            }
            Self::Versions {
                separator,
                mark,
                version,
            } => written.signatures.extend(
                value
                    .split(*separator)
                    .filter_map(|item| item.split_once(*mark))
                    .filter(|(own, _)| own == version)
                    .map(|(_, signature)| signature),
            ),
        }
        written.signatures.retain(|signature| !signature.is_empty());
        if written.signatures.is_empty() {
            return Err(());
        }
        Ok(written)
    }

    /// Writes a header's value from one or more signatures' texts.
    pub(super) fn render(&self, signatures: &[String], timestamp: &str) -> String {
        match self {
            Self::Plain {
                prefix, separator, ..
            } => {
                let separator = separator.map(String::from).unwrap_or_default();
                signatures
                    .iter()
                    .map(|signature| format!("{prefix}{signature}"))
                    .collect::<Vec<_>>()
                    .join(&separator)
            }
            Self::Pairs {
                separator,
                signature_key,
                timestamp_key,
                ..
            } => timestamp_key
                .iter()
                .map(|key| format!("{key}={timestamp}"))
                .chain(
                    signatures
                        .iter()
                        .map(|text| format!("{signature_key}={text}")),
                )
                .collect::<Vec<_>>()
                .join(&separator.to_string()),
            Self::Versions {
                separator,
                mark,
                version,
            } => signatures
                .iter()
                .map(|signature| format!("{version}{mark}{signature}"))
                .collect::<Vec<_>>()
                .join(&separator.to_string()),
        }
    }

    /// Whether one header can carry the signatures of several secrets.
    #[must_use]
    pub fn carries_several(&self) -> bool {
        match self {
            Self::Plain { separator, .. } => separator.is_some(),
            Self::Pairs { repeats, .. } => *repeats == Repeats::Any,
            Self::Versions { .. } => true,
        }
    }

    /// The shape for a person: `t=<timestamp>,sha256=<hex>`.
    #[must_use]
    pub fn shape(&self, encoding: Encoding) -> String {
        let digest = match encoding {
            Encoding::Hex | Encoding::HexLower => "<hex>",
            Encoding::Base64 => "<base64>",
            Encoding::Base64url | Encoding::Base64urlNopad => "<base64url>",
            Encoding::Text => "<token>",
        };
        self.render(&[digest.to_owned()], "<timestamp>")
    }
}

/// The table as written, before layout and its settings are held together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawSignature {
    header: String,
    layout: Kind,
    encoding: Encoding,
    prefix: Option<String>,
    prefix_optional: Option<bool>,
    separator: Option<char>,
    signature_key: Option<String>,
    timestamp_key: Option<String>,
    repeats: Option<Repeats>,
    version: Option<String>,
    mark: Option<char>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Plain,
    Pairs,
    Versions,
}

impl TryFrom<RawSignature> for Signature {
    type Error = String;

    fn try_from(raw: RawSignature) -> Result<Self, String> {
        let only = |kind: Kind, name: &str, key: &str, given: bool| {
            if given && raw.layout != kind {
                return Err(format!("`{key}` belongs to layout `{name}`"));
            }
            Ok(())
        };
        only(Kind::Plain, "plain", "prefix", raw.prefix.is_some())?;
        only(
            Kind::Plain,
            "plain",
            "prefix-optional",
            raw.prefix_optional.is_some(),
        )?;
        only(
            Kind::Pairs,
            "pairs",
            "signature-key",
            raw.signature_key.is_some(),
        )?;
        only(
            Kind::Pairs,
            "pairs",
            "timestamp-key",
            raw.timestamp_key.is_some(),
        )?;
        only(Kind::Pairs, "pairs", "repeats", raw.repeats.is_some())?;
        only(Kind::Versions, "versions", "version", raw.version.is_some())?;
        only(Kind::Versions, "versions", "mark", raw.mark.is_some())?;
        if !crate::core::message::is_header_name(&raw.header) {
            return Err(format!("not a header name: `{}`", raw.header));
        }
        let layout = match raw.layout {
            Kind::Plain => Layout::Plain {
                prefix: raw.prefix.unwrap_or_default(),
                optional: raw.prefix_optional.unwrap_or_default(),
                separator: raw.separator,
            },
            Kind::Pairs => Layout::Pairs {
                separator: raw.separator.unwrap_or(','),
                signature_key: raw
                    .signature_key
                    .ok_or("layout `pairs` needs `signature-key`")?,
                timestamp_key: raw.timestamp_key,
                repeats: raw.repeats.unwrap_or_default(),
            },
            Kind::Versions => Layout::Versions {
                separator: raw.separator.unwrap_or(' '),
                mark: raw.mark.unwrap_or(','),
                version: raw.version.ok_or("layout `versions` needs `version`")?,
            },
        };
        Ok(Self {
            header: raw.header,
            layout,
            encoding: raw.encoding,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(repeats: Repeats) -> Layout {
        Layout::Pairs {
            separator: ',',
            signature_key: "v1".into(),
            timestamp_key: Some("t".into()),
            repeats,
        }
    }

    #[test]
    fn pairs_take_any_or_the_last() {
        let any = pairs(Repeats::Any);
        let last = pairs(Repeats::Last);
        let read = any.parse("t=1, v1=a,v0=x,v1=b").expect("parses");
        assert_eq!(read.signatures, ["a", "b"]);
        assert_eq!(read.timestamp, Some("1"));
        let read = last.parse("t=1,t=2,v1=a,v1=b").expect("parses");
        assert_eq!(read.signatures, ["b"]);
        assert_eq!(read.timestamp, Some("2"));
        assert!(any.parse("t=1,t=2,v1=a").is_err());
        for text in ["", "v1=a", "t=1", "t=,v1=a", "t=1,v1=", "sha256=aa"] {
            assert!(any.parse(text).is_err(), "{text}");
            assert!(last.parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_required_prefix_is_required() {
        let required = Layout::Plain {
            prefix: "sha256=".into(),
            optional: false,
            separator: None,
        };
        assert!(required.parse("757107").is_err());
        assert!(required.parse("sha1=757107").is_err());
        assert!(required.parse("sha256=").is_err());
        assert_eq!(
            required.parse("sha256=75").expect("parses").signatures,
            ["75"]
        );
    }

    #[test]
    fn versions_skip_what_they_do_not_know() {
        let layout = Layout::Versions {
            separator: ' ',
            mark: ',',
            version: "v1".into(),
        };
        let read = layout.parse("v2,zz v1,a= junk v1a,b v1,c").expect("parses");
        assert_eq!(read.signatures, ["a=", "c"]);
        assert!(layout.parse("v2,zz").is_err());
    }

    #[test]
    fn base64_is_canonical_only() {
        let digest = [1_u8, 2, 3, 4];
        let text = Encoding::Base64.encode(&digest);
        assert_eq!(text, "AQIDBA==");
        assert_eq!(Encoding::Base64.decode(&text), Some(digest.to_vec()));
        for other in ["AQIDBB==", "AQIDBA", "AQIDBA=", " AQIDBA==", "AQIDBA==="] {
            assert_eq!(Encoding::Base64.decode(other), None, "{other}");
        }
        assert_eq!(Encoding::HexLower.decode("AB"), None);
        assert_eq!(Encoding::Hex.decode("AB"), Some(vec![0xab]));
    }

    proptest! {
        #[test]
        fn what_is_rendered_parses_back(
            signatures in prop::collection::vec("[a-zA-Z0-9+/]{1,20}={0,2}", 1..4),
            timestamp in "[0-9]{1,12}",
        ) {
            let layouts = [
                pairs(Repeats::Any),
                Layout::Plain { prefix: "sha256=".into(), optional: true, separator: Some(',') },
                Layout::Versions { separator: ' ', mark: ',', version: "v1".into() },
            ];
            for layout in layouts {
                let value = layout.render(&signatures, &timestamp);
                let read = layout.parse(&value).expect("parses");
                prop_assert_eq!(&read.signatures, &signatures);
            }
        }

        #[test]
        fn any_text_is_read_without_panic(value in "\\PC{0,60}") {
            let _ = pairs(Repeats::Last).parse(&value);
        }
    }
}
