//! What a verification looks at, laid open for a person: the signed text piece by piece, the
//! signatures received, and what each key makes of the text.

use super::claim::{Claim, Group};
use super::code::Text;
use super::{Context, Fields, Key, Part, Scheme};
use crate::core::event::View;
use crate::core::secret::Secret;
use crate::core::verdict::{Coverage, Reason};

/// Signatures that share a text, and that text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The value the signatures stand in, as sent.
    pub value: String,
    /// The signatures as written.
    pub signatures: Vec<String>,
    /// The id of the key, where the value names one.
    pub key_id: Option<String>,
    /// The timestamp as sent, empty where the scheme has none.
    pub timestamp: String,
    /// Seconds between the timestamp and now, where it can be read.
    pub age: Option<i64>,
    /// The signed text in order.
    pub pieces: Vec<Piece>,
    /// What each key makes of the text, in the order of the keys.
    pub made: Vec<Made>,
    /// What must hold beside the signature: hashes that the signed text carries.
    pub checks: Vec<Check>,
    /// How much of the body is covered if all holds.
    pub coverage: Coverage,
}

/// Something the signed text says of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// In words: "claim `url_hash` is of the URL".
    pub what: String,
    /// Whether it is so.
    pub holds: bool,
}

/// A piece of the signed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is: `timestamp`, `body`, `header X-Id`; a literal has none.
    pub label: String,
    /// The bytes that are signed; of a secret only their number is told.
    pub bytes: PieceBytes,
}

/// The bytes of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PieceBytes {
    /// What may be shown.
    Shown(Vec<u8>),
    /// How many bytes of a secret stand here.
    Hidden(usize),
}

impl PieceBytes {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Shown(bytes) => bytes.len(),
            Self::Hidden(length) => *length,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What one key makes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The signature expected under this key, as it would be written. A public key makes none.
    pub expected: Option<Secret>,
    /// Whether one of the signatures received is of this key.
    pub matches: bool,
}

impl Piece {
    /// A piece that may be shown.
    pub(super) fn shown(label: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            label: label.into(),
            bytes: PieceBytes::Shown(bytes.into()),
        }
    }

    fn of(part: &Part, bytes: Vec<u8>) -> Self {
        let label = match part {
            Part::Literal(_) => String::new(),
            _ => part.describe().trim_matches(['<', '>']).to_owned(),
        };
        let bytes = match part {
            Part::Secret => PieceBytes::Hidden(bytes.len()),
            _ => PieceBytes::Shown(bytes),
        };
        Self { label, bytes }
    }
}

impl Scheme {
    /// Lays open what [`Scheme::verify`] looks at.
    ///
    /// # Errors
    /// What is missing or cannot be read, so that there is nothing to show.
    pub fn trace(
        &self,
        view: &View<'_>,
        keys: &[Key],
        context: &Context<'_>,
    ) -> Result<Vec<Trace>, Reason> {
        if let Some(code) = self.signed_by
            && let Some(traces) = code.trace(self, view, keys, context)
        {
            return traces;
        }
        let claim = self.claim(view)?;
        let groups = claim.groups.iter();
        groups
            .map(|group| self.trace_group(view, keys, &claim, group, context))
            .collect()
    }

    fn trace_group(
        &self,
        view: &View<'_>,
        keys: &[Key],
        claim: &Claim,
        group: &Group,
        context: &Context<'_>,
    ) -> Result<Trace, Reason> {
        let age = self.timestamp.as_ref();
        let age = age.and_then(|rule| rule.age(&group.timestamp, context.now).ok().flatten());
        let texts = |secret| self.signed_texts(&Fields::of(claim, group, view, context, secret));
        // Without a key the text is still worth seeing.
        let (mut pieces, _) = texts(keys.first().map_or(&[], Key::bytes))?;
        let mut made = Vec::new();
        for key in keys {
            let (own, texts) = texts(key.bytes())?;
            let (of_key, index) = self.made(key, &texts, &group.signatures);
            if of_key.matches {
                pieces = match self.signed_by {
                    None => own,
                    Some(code) => vec![Piece::shown(code.describe(), texts[index].bytes.clone())],
                };
            }
            made.push(of_key);
        }
        Ok(Trace {
            value: group.value.clone(),
            signatures: group.signatures.clone(),
            key_id: group.key_id.clone(),
            timestamp: group.timestamp.clone(),
            age: age.map(super::timestamp::Age::seconds),
            pieces,
            made,
            checks: Vec::new(),
            coverage: self.coverage_in(view),
        })
    }

    /// The texts that may be signed, and the first of them in pieces.
    fn signed_texts(&self, fields: &Fields<'_>) -> Result<(Vec<Piece>, Vec<Text>), Reason> {
        if let (Some(code), Some(view)) = (self.signed_by, fields.view) {
            let texts = code.texts(fields, view)?;
            let first = texts.first().map(|text| text.bytes.clone());
            let piece = Piece::shown(code.describe(), first.unwrap_or_default());
            return Ok((vec![piece], texts));
        }
        let pieces = self.signed.pieces(fields)?;
        let text: Vec<u8> = pieces.iter().flat_map(|(_, own)| own).copied().collect();
        let pieces = pieces.into_iter();
        let pieces = pieces.map(|(part, bytes)| Piece::of(part, bytes));
        Ok((pieces.collect(), vec![Text::from(text)]))
    }

    /// The trace of one signature over one text, made by a code.
    pub(super) fn trace_text(
        &self,
        signature: &str,
        pieces: Vec<Piece>,
        text: &Text,
        keys: &[Key],
    ) -> Trace {
        let signatures = vec![signature.to_owned()];
        let texts = std::slice::from_ref(text);
        let made = keys.iter().map(|key| self.made(key, texts, &signatures).0);
        Trace {
            value: signature.to_owned(),
            made: made.collect(),
            signatures,
            key_id: None,
            timestamp: String::new(),
            age: None,
            pieces,
            checks: Vec::new(),
            coverage: self.coverage(),
        }
    }

    /// What a key makes of the texts that may be signed, and which of them it is: the one that
    /// matches, else the first.
    pub(super) fn made(&self, key: &Key, texts: &[Text], signatures: &[String]) -> (Made, usize) {
        let matching = texts
            .iter()
            .position(|text| self.is_signed(key, text, signatures));
        let index = matching.unwrap_or_default();
        let expected = texts.get(index).and_then(|text| {
            let tag = self.tag(key, text)?;
            Some(Secret::new(self.signature.encoding.encode(&tag)))
        });
        let made = Made {
            expected,
            matches: matching.is_some(),
        };
        (made, index)
    }
}

#[cfg(test)]
mod tests {
    use super::super::code::testing::Case;
    use super::*;

    #[test]
    fn a_text_is_laid_open_part_by_part_and_never_its_secret() {
        let case = Case {
            scheme: r#"
                name = "x"
                algorithm = "sha256"
                signed = "v0:{timestamp}:{secret}{body}"
                signature = { header = "X-S", encoding = "hex" }
                timestamp = { header = "X-T", unit = "seconds" }
            "#,
            secret: "s3cret",
            headers: &[("X-S", "00"), ("X-T", "1700000000")],
            body: "{}",
            ..Case::default()
        };
        let pieces = case.pieces();
        let hidden = Piece {
            label: "secret".to_owned(),
            bytes: PieceBytes::Hidden(6),
        };
        let expected = [
            Piece::shown("", "v0:"),
            Piece::shown("timestamp", "1700000000"),
            Piece::shown("", ":"),
            hidden,
            Piece::shown("body", "{}"),
        ];
        assert_eq!(pieces, expected);
        let lengths = |pieces: &[Piece]| -> Vec<_> {
            let sized = |own: &Piece| (own.bytes.len(), own.bytes.is_empty());
            pieces.iter().map(sized).collect()
        };
        let sized = [(3, false), (10, false), (1, false), (6, false), (2, false)];
        assert_eq!(lengths(&pieces), sized);
        let empty = Case { body: "", ..case }.pieces();
        assert_eq!(lengths(&empty[4..]), [(0, true)]);
    }
}
