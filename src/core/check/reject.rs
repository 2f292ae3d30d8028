//! What an endpoint must refuse: deliveries of somebody without the secret, or changed on their way.

use super::change::{
    altered_header, changed, flipped_body, flipped_field, flipped_header, flipped_timestamp,
    flipped_url, other_body,
};
use super::forge::{
    flipped_signature, garbled, overlong, repeated, truncated, wrong_algorithm, wrong_case,
    wrong_encoding, wrong_secret,
};
use super::player::{Shot, Turn};
use super::signature::{with_value, without};
use super::{Expect, Level, Manner, Spec};

const FORGED: &str = "whoever knows the URL can make the endpoint act";
const COMPARE: &str = "compare the whole signature: crypto.timingSafeEqual, hmac.compare_digest";
const LENGTHS: &str =
    "compare lengths before crypto.timingSafeEqual, and answer 401 where they differ";
const MISSING: &str = "answer 401 where the header is missing, before it is used: Buffer.from(undefined) and \
     compare_digest(None, …) throw";
pub(super) const CAUGHT: &str =
    "answer 401 to whatever is no signature; nothing that is sent may make the check throw";
const SIGNED: &str = "compute the signature over all that is signed, as it was sent";

pub(super) const fn must(
    name: &'static str,
    title: &'static str,
    why: &'static str,
    fix: &'static str,
    crash: &'static str,
    shots: fn(&Turn<'_>) -> Option<Vec<Shot>>,
) -> Spec {
    Spec {
        name,
        title,
        level: Level::Must,
        expect: Expect::Rejected,
        manner: Manner::InTurn,
        why,
        fix,
        crash,
        shots,
    }
}

pub(super) const SPECS: [Spec; 19] = [
    must(
        "unsigned",
        "nothing signed at all",
        FORGED,
        "verify every request; a missing signature is a wrong one",
        MISSING,
        unsigned,
    ),
    must(
        "missing-signature",
        "no signature",
        FORGED,
        "refuse where the signature is missing, instead of leaving the check out",
        MISSING,
        |turn| changed(turn, without),
    ),
    must(
        "empty-signature",
        "an empty signature",
        FORGED,
        "an empty signature is a missing one",
        LENGTHS,
        |turn| changed(turn, |scheme, message| with_value(scheme, message, b"")),
    ),
    must(
        "wrong-secret",
        "signed with another secret",
        FORGED,
        "compute the signature with your secret, and compare",
        CAUGHT,
        wrong_secret,
    ),
    must(
        "flipped-body",
        "one bit of the body flipped",
        "what arrives is not what was sent",
        SIGNED,
        CAUGHT,
        flipped_body,
    ),
    must(
        "flipped-signature",
        "one bit of the signature flipped",
        "a signature that is compared in part can be guessed in parts",
        COMPARE,
        CAUGHT,
        flipped_signature,
    ),
    must(
        "flipped-timestamp",
        "the timestamp a second off, not signed anew",
        "an old delivery passes for a fresh one",
        SIGNED,
        CAUGHT,
        flipped_timestamp,
    ),
    must(
        "flipped-id",
        "another id, not signed anew",
        "a delivery that is sent again passes for another one",
        SIGNED,
        CAUGHT,
        |turn| {
            changed(turn, |scheme, own| {
                altered_header(own, scheme.id_header.as_deref()?)
            })
        },
    ),
    must(
        "flipped-header",
        "a signed header changed",
        "what arrives is not what was sent",
        SIGNED,
        CAUGHT,
        flipped_header,
    ),
    must(
        "flipped-field",
        "a signed field changed",
        "what arrives is not what was sent",
        SIGNED,
        CAUGHT,
        flipped_field,
    ),
    must(
        "flipped-url",
        "the URL changed",
        "a delivery to one URL passes for one to another",
        SIGNED,
        CAUGHT,
        flipped_url,
    ),
    must(
        "truncated-signature",
        "a signature cut short",
        "a prefix is compared: of a signature cut to a few characters, all can be tried",
        COMPARE,
        LENGTHS,
        truncated,
    ),
    must(
        "overlong-signature",
        "a signature with more behind it",
        "only as much is compared as is expected",
        COMPARE,
        LENGTHS,
        overlong,
    ),
    must(
        "wrong-encoding",
        "the right digest in another encoding",
        "one delivery has several signatures, and each may be new to what tells repeats",
        "compare what is written, in the one encoding the provider documents",
        LENGTHS,
        wrong_encoding,
    ),
    must(
        "wrong-case",
        "the right digest in upper case",
        "one delivery has several signatures, and each may be new to what tells repeats",
        "compare what is written, in the case the provider documents",
        CAUGHT,
        wrong_case,
    ),
    must(
        "wrong-algorithm",
        "signed with a weaker algorithm",
        "the sender chooses how it is checked",
        "fix the algorithm in the code; never take it from the message",
        LENGTHS,
        wrong_algorithm,
    ),
    must(
        "garbled-signature",
        "a signature that is none",
        FORGED,
        CAUGHT,
        "answer 401 to whatever is no signature: compare_digest throws on text beyond ASCII, decoders on \
         what is not in their alphabet",
        garbled,
    ),
    must(
        "other-body",
        "the signature of another delivery",
        "a recorded signature makes any body pass",
        "compute the signature over the body of this very request",
        CAUGHT,
        other_body,
    ),
    must(
        "repeated-signature",
        "two signature headers, the right one last",
        "a proxy may have checked the one, and the endpoint takes the other",
        "refuse a signature header that is there more than once",
        CAUGHT,
        |turn| repeated(turn, false),
    ),
];

fn unsigned(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    turn.scheme()?;
    Some(vec![Turn::bare(&turn.draft()?)])
}
