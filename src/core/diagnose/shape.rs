//! Probes of the signed text: the parts others put into it.

use super::search::{Attempt, Search};
use super::{Cause, Finding};
use crate::core::scheme::{Algorithm, Part, Scheme, SignedText};
use crate::core::verdict::Verdict;

/// The usual texts: `T` stands for the timestamp, `I` for the id, `U` for the URL.
const TEXTS: [&str; 33] = [
    "{body}",
    "T.{body}",
    "I.T.{body}",
    "T{body}",
    "T:{body}",
    "v0:T:{body}",
    "v1:T:{body}",
    "{body}T",
    "{body}.T",
    "{body}:T",
    "T,{body}",
    "T|{body}",
    "T\n{body}",
    "t=T.{body}",
    "v1.T.{body}",
    "I.{body}",
    "IT{body}",
    "I:T:{body}",
    "T.I.{body}",
    "{body}I",
    "I{body}",
    "U{body}",
    "{body}U",
    "U.{body}",
    "U",
    "UT{body}",
    "{method}U{body}",
    "{method}U{body}T",
    "{method}{target}{body}",
    "{target}{body}",
    "{path}{body}",
    "{body-sha256}",
    "T.{body-sha256}",
];

/// The texts other senders sign.
pub(super) fn texts(search: &mut Search<'_>, _: &Verdict) -> Option<Vec<Finding>> {
    let scheme = search.scheme;
    if scheme.algorithm == Algorithm::Token || scheme.jwt.is_some() {
        return None;
    }
    let claim = scheme.claim(search.view).ok()?;
    let group = claim.groups.first()?;
    let named = |test: fn(&str) -> bool| {
        let headers = search.message().headers.iter();
        let mut names = headers.filter(|(name, _)| test(&name.to_ascii_lowercase()));
        names.next().map(|(name, _)| format!("{{header:{name}}}"))
    };
    let time = if group.timestamp.is_empty() {
        named(|name| name.contains("timestamp"))
    } else {
        Some("{timestamp}".to_owned())
    };
    let id = if claim.id.is_empty() {
        named(|name| name.ends_with("-id"))
    } else {
        Some("{id}".to_owned())
    };
    let url = search.subject.context.url.map(|_| "{url}".to_owned());
    let keys = std::mem::take(&mut search.keys);
    let found = TEXTS.iter().find_map(|text| {
        let signed = filled(text, [&time, &id, &url])?;
        if signed == scheme.signed {
            return None;
        }
        let other = Scheme {
            signed,
            signed_by: None,
            ..scheme.clone()
        };
        let attempt = Attempt {
            scheme: &other,
            ..search.unchanged(&keys)
        };
        search.prove(attempt)?;
        Some(vec![told(scheme, &other)])
    });
    search.keys = keys;
    found
}

/// A text with the parts this message has; nothing where it lacks one.
fn filled(text: &str, parts: [&Option<String>; 3]) -> Option<SignedText> {
    let mut filled = text.to_owned();
    for (mark, part) in ["T", "I", "U"].into_iter().zip(parts) {
        if text.contains(mark) {
            filled = filled.replace(mark, part.as_deref()?);
        }
    }
    SignedText::try_from(filled).ok()
}

fn told(scheme: &Scheme, other: &Scheme) -> Finding {
    let shown = |scheme: &Scheme| match scheme.signed_by {
        Some(code) => code.describe().to_owned(),
        None => scheme.signed.parts().iter().map(Part::describe).collect(),
    };
    let left_out = |part: Part, name: &str| {
        let here = scheme.signed.parts().contains(&part);
        let there = other.signed.parts().contains(&part);
        let text = format!(": the sender leaves out the {name}");
        (here && !there).then_some(text)
    };
    let more = left_out(Part::Timestamp, "timestamp")
        .or_else(|| left_out(Part::Id, "id"))
        .or_else(|| left_out(Part::Url, "URL"))
        .unwrap_or_default();
    let change = format!(
        "would match if the signed text were `{}`, not `{}`{more}",
        shown(other).replace('\n', "\\n"),
        shown(scheme)
    );
    Finding::new(Cause::SignedText, change)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_one() {
        let [time, id, url] = ["{timestamp}", "{header:X-Request-Id}", "{url}"].map(str::to_owned);
        let parts = [&Some(time), &Some(id), &Some(url)];
        for text in TEXTS {
            assert!(filled(text, parts).is_some(), "{text}");
        }
        assert_eq!(filled("T.{body}", [&None, parts[1], parts[2]]), None);
        assert!(filled("{body}", [&None; 3]).is_some());
    }
}
