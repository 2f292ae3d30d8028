//! The shape of a signature's value: one description that parses and renders.

use serde::Deserialize;

use super::Encoding;

/// The shape of a signature's value.
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
        /// The key of the signature; `v#` stands for `v` and digits, written as `v1`.
        signature_key: String,
        /// The key of the timestamp, if it stands here.
        timestamp_key: Option<String>,
        /// What several signatures mean.
        repeats: Repeats,
        /// Whether a space is written after the separator. It is read either way.
        spaced: bool,
        /// Splits groups of pairs, each with a timestamp of its own; any may match.
        groups: Option<char>,
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
    /// The timestamp, then signatures: `1700000000,5257a8…,6ffbb5…`; any may match.
    Positional {
        /// Splits the items.
        separator: char,
    },
    /// Signatures, each with the id of its key: `key_a|5257a8…&key_b|6ffbb5…`.
    Keyed {
        /// Splits the signatures.
        separator: char,
        /// Splits id and signature.
        mark: char,
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

/// Signatures that share a timestamp.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Written<'a> {
    /// The signatures' texts, at least one.
    pub(super) signatures: Vec<&'a str>,
    /// The timestamp's text, where it stands in this value.
    pub(super) timestamp: Option<&'a str>,
    /// The id of the key that made them, where it stands in this value.
    pub(super) key_id: Option<&'a str>,
}

impl Layout {
    /// Reads a value: groups of signatures, at least one.
    ///
    /// # Errors
    /// Nothing but the fact that the value has not this shape: [`Layout::shape`] tells it.
    pub(super) fn parse<'a>(&self, value: &'a str) -> Result<Vec<Written<'a>>, ()> {
        let groups = match self {
            Self::Pairs {
                groups: Some(mark), ..
            } => {
                let groups = value.split(*mark).filter(|group| !group.is_empty());
                groups.filter_map(|group| self.group(group)).collect()
            }
            Self::Keyed { separator, mark } => value
                .split(*separator)
                .filter_map(|item| item.split_once(*mark))
                .filter(|(_, signature)| !signature.is_empty())
                .map(|(id, signature)| Written {
                    signatures: vec![signature],
                    timestamp: None,
                    key_id: Some(id),
                })
                .collect(),
            _ => Vec::from_iter(self.group(value)),
        };
        if groups.is_empty() {
            return Err(());
        }
        Ok(groups)
    }

    fn group<'a>(&self, value: &'a str) -> Option<Written<'a>> {
        let mut written = match self {
            Self::Plain {
                prefix,
                optional,
                separator,
            } => plain(value, prefix, *optional, *separator),
            Self::Pairs { .. } => self.pairs(value)?,
            Self::Versions {
                separator,
                mark,
                version,
            } => Written {
                signatures: value
                    .split(*separator)
                    .filter_map(|item| item.split_once(*mark))
                    .filter(|(own, _)| own == version)
                    .map(|(_, signature)| signature)
                    .collect(),
                ..Written::default()
            },
            Self::Positional { separator } => {
                let mut items = value.split(*separator).map(str::trim);
                Written {
                    timestamp: Some(items.next().filter(|text| !text.is_empty())?),
                    signatures: items.collect(),
                    key_id: None,
                }
            }
            // Each signature is a group of its own: `parse`.
            Self::Keyed { .. } => return None,
        };
        written.signatures.retain(|signature| !signature.is_empty());
        (!written.signatures.is_empty()).then_some(written)
    }

    fn pairs<'a>(&self, value: &'a str) -> Option<Written<'a>> {
        let Self::Pairs {
            separator,
            signature_key,
            timestamp_key,
            repeats,
            ..
        } = self
        else {
            return None;
        };
        let mut written = Written::default();
        for (key, text) in value
            .split(*separator)
            .filter_map(|pair| pair.trim().split_once('='))
        {
            if is_key(signature_key, key) {
                if *repeats == Repeats::Last {
                    written.signatures.clear();
                }
                written.signatures.push(text);
            } else if timestamp_key.as_deref() == Some(key)
                && written.timestamp.replace(text).is_some()
                && *repeats == Repeats::Any
            {
                return None;
            }
        }
        if timestamp_key.is_some() && written.timestamp.is_none_or(str::is_empty) {
            return None;
        }
        Some(written)
    }

    /// Writes a value from one or more signatures' texts.
    pub(in crate::core) fn render(
        &self,
        signatures: &[String],
        timestamp: &str,
        key_id: &str,
    ) -> String {
        let join = |items: Vec<String>, separator: char| items.join(&separator.to_string());
        match self {
            Self::Plain {
                prefix, separator, ..
            } => {
                let items = signatures.iter().map(|text| format!("{prefix}{text}"));
                let separator = separator.map(String::from).unwrap_or_default();
                items.collect::<Vec<_>>().join(&separator)
            }
            Self::Pairs {
                separator,
                signature_key,
                timestamp_key,
                spaced,
                ..
            } => {
                let time = timestamp_key.iter().map(|key| format!("{key}={timestamp}"));
                let key = signature_key.replace('#', "1");
                let items = signatures.iter().map(|text| format!("{key}={text}"));
                let space = if *spaced { " " } else { "" };
                let items: Vec<String> = time.chain(items).collect();
                items.join(&format!("{separator}{space}"))
            }
            Self::Versions {
                separator,
                mark,
                version,
            } => {
                let items = signatures
                    .iter()
                    .map(|text| format!("{version}{mark}{text}"));
                join(items.collect(), *separator)
            }
            Self::Positional { separator } => {
                let items = std::iter::once(timestamp.to_owned()).chain(signatures.to_vec());
                join(items.collect(), *separator)
            }
            Self::Keyed { separator, mark } => {
                let items = signatures
                    .iter()
                    .map(|text| format!("{key_id}{mark}{text}"));
                join(items.collect(), *separator)
            }
        }
    }

    /// Whether one value can carry the signatures of several secrets.
    #[must_use]
    pub fn carries_several(&self) -> bool {
        match self {
            Self::Plain { separator, .. } => separator.is_some(),
            Self::Pairs { repeats, .. } => *repeats == Repeats::Any,
            Self::Versions { .. } | Self::Positional { .. } => true,
            // Two keys have two ids, and only one is given.
            Self::Keyed { .. } => false,
        }
    }

    /// Whether the id of the key stands in the value.
    #[must_use]
    pub fn carries_key_id(&self) -> bool {
        matches!(self, Self::Keyed { .. })
    }

    /// Whether the timestamp stands in the value.
    #[must_use]
    pub fn carries_timestamp(&self) -> bool {
        match self {
            Self::Pairs { timestamp_key, .. } => timestamp_key.is_some(),
            Self::Positional { .. } => true,
            Self::Plain { .. } | Self::Versions { .. } | Self::Keyed { .. } => false,
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
        self.render(&[digest.to_owned()], "<timestamp>", "<key id>")
    }
}

fn plain<'a>(value: &'a str, prefix: &str, optional: bool, separator: Option<char>) -> Written<'a> {
    let read = |text: &'a str| {
        let text = text.trim();
        text.strip_prefix(prefix).or(optional.then_some(text))
    };
    let signatures = match separator {
        Some(separator) => value.split(separator).filter_map(read).collect(),
        None => read(value).into_iter().collect(),
    };
    Written {
        signatures,
        ..Written::default()
    }
}

/// Whether a key is the one a definition names, in which a last `#` stands for digits.
fn is_key(pattern: &str, key: &str) -> bool {
    match pattern.strip_suffix('#') {
        Some(start) => key.strip_prefix(start).is_some_and(|digits| {
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }),
        None => pattern == key,
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
            spaced: false,
            groups: None,
        }
    }

    fn one<'a>(layout: &Layout, value: &'a str) -> Written<'a> {
        let mut groups = layout.parse(value).expect("parses");
        assert_eq!(groups.len(), 1);
        groups.remove(0)
    }

    #[test]
    fn pairs_take_any_or_the_last() {
        let any = pairs(Repeats::Any);
        let last = pairs(Repeats::Last);
        let read = one(&any, "t=1, v1=a,v0=x,v1=b");
        assert_eq!(read.signatures, ["a", "b"]);
        assert_eq!(read.timestamp, Some("1"));
        let read = one(&last, "t=1,t=2,v1=a,v1=b");
        assert_eq!(read.signatures, ["b"]);
        assert_eq!(read.timestamp, Some("2"));
        assert!(any.parse("t=1,t=2,v1=a").is_err());
        for text in ["", "v1=a", "t=1", "t=,v1=a", "t=1,v1=", "sha256=aa"] {
            assert!(any.parse(text).is_err(), "{text}");
            assert!(last.parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_hash_in_the_key_stands_for_digits() {
        for (key, same) in [
            ("v1", true),
            ("v12", true),
            ("v", false),
            ("vx", false),
            ("v1x", false),
            ("w1", false),
            ("V1", false),
            ("v#", false),
        ] {
            assert_eq!(is_key("v#", key), same, "{key}");
        }
        assert!(is_key("v1", "v1") && !is_key("v1", "v2") && !is_key("v1", "v12"));
        assert!(!is_key("v1", "V1"));
    }

    #[test]
    fn groups_have_timestamps_of_their_own() {
        let layout = Layout::Pairs {
            separator: ',',
            signature_key: "v1".into(),
            timestamp_key: Some("t".into()),
            repeats: Repeats::Any,
            spaced: false,
            groups: Some(' '),
        };
        let read = layout.parse("t=1,v1=a junk t=2,v1=b").expect("parses");
        let stamps: Vec<_> = read.iter().map(|group| group.timestamp).collect();
        assert_eq!(stamps, [Some("1"), Some("2")]);
        assert!(layout.parse("junk").is_err());
    }

    #[test]
    fn positions_are_timestamp_then_signatures() {
        let layout = Layout::Positional { separator: ',' };
        let read = one(&layout, "17,a,b");
        assert_eq!(
            (read.timestamp, read.signatures),
            (Some("17"), vec!["a", "b"])
        );
        for text in ["", "17", "17,", ",a"] {
            assert!(layout.parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn each_key_is_a_group() {
        let layout = Layout::Keyed {
            separator: '&',
            mark: '|',
        };
        let read = layout
            .parse("key_a|5f&junk&key_b|6e&key_c|")
            .expect("parses");
        let found: Vec<_> = read
            .iter()
            .map(|own| (own.key_id, own.signatures[0]))
            .collect();
        assert_eq!(found, [(Some("key_a"), "5f"), (Some("key_b"), "6e")]);
        assert_eq!(layout.render(&["5f".into()], "", "key_a"), "key_a|5f");
        assert!(layout.parse("5f").is_err());
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
        assert_eq!(one(&required, "sha256=75").signatures, ["75"]);
    }

    #[test]
    fn versions_skip_what_they_do_not_know() {
        let layout = Layout::Versions {
            separator: ' ',
            mark: ',',
            version: "v1".into(),
        };
        let read = one(&layout, "v2,zz v1,a= junk v1a,b v1,c");
        assert_eq!(read.signatures, ["a=", "c"]);
        assert!(layout.parse("v2,zz").is_err());
    }

    #[test]
    fn a_second_time_or_none_is_no_pairs() {
        let untimed = Layout::Pairs {
            separator: ',',
            signature_key: "v1".into(),
            timestamp_key: None,
            repeats: Repeats::Any,
            spaced: true,
            groups: None,
        };
        let read = one(&untimed, "t=1, v1=a, t=2");
        assert_eq!((read.signatures, read.timestamp), (vec!["a"], None));
        assert!(untimed.parse("t=1,v2=a").is_err());
        assert_eq!(
            untimed.render(&["a".into(), "b".into()], "1", ""),
            "v1=a, v1=b"
        );
        let any = pairs(Repeats::Any);
        // The same time twice is a second time too, and so is one after the signature.
        assert!(any.parse("t=1,t=1,v1=a").is_err());
        assert!(any.parse("t=1,v1=a,t=2").is_err());
        assert!(any.parse("T=1,v1=a").is_err());
        let last = pairs(Repeats::Last);
        let read = one(&last, "t=1,v1=a,v0=b,t=2");
        assert_eq!((read.signatures, read.timestamp), (vec!["a"], Some("2")));
        assert!(last.parse("t=1,v1=a,t=").is_err());
        assert!(last.parse("t=1,v1=a,v1=").is_err());
    }

    #[test]
    fn empty_groups_and_those_of_another_shape_are_skipped() {
        let grouped = Layout::Pairs {
            separator: ',',
            signature_key: "v1".into(),
            timestamp_key: Some("t".into()),
            repeats: Repeats::Any,
            spaced: false,
            groups: Some(';'),
        };
        let read = grouped.parse(";t=1,v1=a;;v1=b;t=2").expect("parses");
        assert_eq!(read.len(), 1);
        assert_eq!(
            (read[0].timestamp, &read[0].signatures[..]),
            (Some("1"), &["a"][..])
        );
        assert!(grouped.parse(";;").is_err());
    }

    #[test]
    fn a_separator_splits_plain_signatures() {
        let plain = |optional, separator| Layout::Plain {
            prefix: "v=".into(),
            optional,
            separator,
        };
        let several = plain(false, Some(','));
        assert_eq!(one(&several, "v=a, v=b ,c,v=").signatures, ["a", "b"]);
        assert_eq!(
            one(&plain(true, Some(',')), "a,v=b,").signatures,
            ["a", "b"]
        );
        assert_eq!(one(&plain(true, None), " a,b").signatures, ["a,b"]);
        assert!(plain(true, Some(',')).parse(",").is_err());
        assert_eq!(several.render(&["a".into(), "b".into()], "", ""), "v=a,v=b");
    }

    #[test]
    fn a_layout_says_what_its_value_carries() {
        let plain = |separator| Layout::Plain {
            prefix: "sha256=".into(),
            optional: false,
            separator,
        };
        let versions = Layout::Versions {
            separator: ' ',
            mark: ',',
            version: "v1".into(),
        };
        let keyed = Layout::Keyed {
            separator: '&',
            mark: '|',
        };
        let positional = Layout::Positional { separator: ',' };
        for (layout, encoding, shape, several, timestamp, key_id) in [
            (
                plain(None),
                Encoding::Hex,
                "sha256=<hex>",
                false,
                false,
                false,
            ),
            (
                plain(Some(',')),
                Encoding::Base64,
                "sha256=<base64>",
                true,
                false,
                false,
            ),
            (
                pairs(Repeats::Any),
                Encoding::HexLower,
                "t=<timestamp>,v1=<hex>",
                true,
                true,
                false,
            ),
            (
                pairs(Repeats::Last),
                Encoding::Text,
                "t=<timestamp>,v1=<token>",
                false,
                true,
                false,
            ),
            (
                versions,
                Encoding::Base64url,
                "v1,<base64url>",
                true,
                false,
                false,
            ),
            (
                positional,
                Encoding::Hex,
                "<timestamp>,<hex>",
                true,
                true,
                false,
            ),
            (keyed, Encoding::Hex, "<key id>|<hex>", false, false, true),
        ] {
            assert_eq!(layout.shape(encoding), shape);
            assert_eq!(layout.carries_several(), several, "{shape}");
            assert_eq!(layout.carries_timestamp(), timestamp, "{shape}");
            assert_eq!(layout.carries_key_id(), key_id, "{shape}");
        }
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
                Layout::Positional { separator: ',' },
            ];
            for layout in layouts {
                let value = layout.render(&signatures, &timestamp, "");
                prop_assert_eq!(&one(&layout, &value).signatures, &signatures);
            }
        }

        #[test]
        fn any_text_is_read_without_panic(value in "\\PC{0,60}") {
            let _ = pairs(Repeats::Last).parse(&value);
        }
    }
}
