//! JSON Web Tokens (RFC 7519) in a header, which vouch for the body and the URL by their hashes.
//!
//! Source: RFC 7515, 7518 and 7519, and what the providers' libraries check beside them, such as
//! `messagebird/messagebird-nodejs`, `lib/webhook-signature-jwt.js`, and `upstash/qstash-js`,
//! `src/receiver.ts`.
//!
//! A token's algorithm must be one the definition lists and fit the kind of the key, so that a public
//! key is never the secret of a MAC. Its times are judged after its signature and hashes, those in
//! `exp`, `nbf` and `iat` with [`LEEWAY`]; a `max-age` is a tolerance itself and gets none.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq;

use super::super::jwt_rule::LEEWAY;
use super::super::mac::Mac;
use super::super::place::Place;
use super::super::{
    Algorithm, Check, Claim, ClaimHash, Context, Encoding, JwtAlgorithm, JwtRule, Key, Made, Piece,
    Scheme, SignError, Signed, Stamp, Trace,
};
use crate::core::event::View;
use crate::core::secret::Secret;
use crate::core::verdict::{Coverage, Proof, Reason};

/// Seconds a signed token is good for where the definition has no `max-age`.
const LIFETIME: i64 = 300;

/// A token taken apart, nothing of it verified.
struct Token<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let object = |part: &str| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            signed,
            signature: BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    fn claim(&self, name: &str) -> Result<&str, Reason> {
        let text = self.claims.get(name).and_then(Value::as_str);
        text.ok_or_else(|| Reason::MissingField { place: place(name) })
    }

    /// An instant in seconds, a fraction left off.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "instants are far from the limits"
    )]
    fn instant(&self, name: &str) -> Result<Option<i64>, Reason> {
        let Some(value) = self.claims.get(name) else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(seconds) => Ok(Some(seconds.floor() as i64)),
            None => Err(Reason::MalformedField {
                place: place(name),
                expected: "seconds since 1970".to_owned(),
            }),
        }
    }
}

fn place(claim: &str) -> String {
    format!("claim `{claim}` of the token")
}

/// Whether a signature looks like a token.
pub(super) fn reads(claim: &Claim) -> bool {
    let mut texts = claim.groups.iter().flat_map(|group| &group.signatures);
    texts.any(|text| Token::parse(text).is_some())
}

pub(super) fn prove(
    scheme: &Scheme,
    view: &View<'_>,
    keys: &[Key],
    context: &Context<'_>,
) -> Result<Proof, Reason> {
    let claim = scheme.claim(view)?;
    let rule = scheme.jwt.as_ref().ok_or(Reason::Mismatch)?;
    let texts = claim.groups.iter().flat_map(|group| &group.signatures);
    let mut last = Reason::Mismatch;
    for text in texts {
        match prove_token(scheme, rule, text, view, keys, context) {
            Ok(proof) => return Ok(proof),
            Err(reason) => last = reason,
        }
    }
    Err(last)
}

/// The signed text of each token that can be read, and what it says.
pub(super) fn trace(
    scheme: &Scheme,
    view: &View<'_>,
    keys: &[Key],
    context: &Context<'_>,
) -> Result<Vec<Trace>, Reason> {
    let claim = scheme.claim(view)?;
    let rule = scheme.jwt.as_ref().ok_or(Reason::Mismatch)?;
    let texts = claim.groups.iter().flat_map(|group| &group.signatures);
    let traces = texts.filter_map(|text| {
        let token = Token::parse(text)?;
        let (header, claims) = token.signed.split_once('.')?;
        let (_, signature) = text.rsplit_once('.')?;
        let label = |name: &str, object: &Map<String, Value>| {
            format!("{name} {}", Value::Object(object.clone()))
        };
        let named = token.header.get("alg").and_then(Value::as_str);
        let mut algorithms = rule.algorithms.iter();
        let algorithm = algorithms
            .find(|own| Some(own.name()) == named)?
            .algorithm();
        let made = keys.iter().map(|key| Made {
            expected: Mac::new(algorithm, key).map(|mut mac| {
                mac.update(token.signed.as_bytes());
                Secret::new(BASE64_URL_SAFE_NO_PAD.encode(mac.finish()))
            }),
            matches: is_signed(algorithm, key, &token),
        });
        Some(Trace {
            value: text.clone(),
            signatures: vec![signature.to_owned()],
            key_id: token
                .header
                .get("kid")
                .and_then(Value::as_str)
                .map(str::to_owned),
            timestamp: String::new(),
            age: age(rule, &token, context).ok().flatten(),
            pieces: vec![
                Piece::shown(label("header", &token.header), header),
                Piece::shown("", "."),
                Piece::shown(label("claims", &token.claims), claims),
            ],
            made: made.collect(),
            checks: checks(rule, &token, view, context),
            coverage: match rule.body_hash {
                Some(_) => scheme.coverage.unwrap_or(Coverage::Body),
                None => scheme.coverage(),
            },
        })
    });
    Ok(traces.collect())
}

/// What the claims say of the message and of the sender.
fn checks(rule: &JwtRule, token: &Token<'_>, view: &View<'_>, context: &Context<'_>) -> Vec<Check> {
    let url = context.url.unwrap_or_default();
    let mut checks = Vec::new();
    let mut check = |what: String, holds: bool| checks.push(Check { what, holds });
    if let Some(issuer) = rule.issuer_for(context.key_id) {
        let holds = token.claim("iss").is_ok_and(|own| own == issuer);
        check(format!("claim `iss` is `{issuer}`"), holds);
    }
    if let Some(hash) = &rule.body_hash {
        let holds = is_hash(token, hash, &view.message().body).is_ok();
        check(
            format!("claim `{}` is the hash of the body", hash.claim),
            holds,
        );
    }
    if let Some(hash) = &rule.url_hash {
        let holds = is_hash(token, hash, url.as_bytes()).is_ok();
        check(
            format!("claim `{}` is the hash of the URL `{url}`", hash.claim),
            holds,
        );
    }
    if let Some(claim) = &rule.url_claim {
        let holds = token.claim(claim).is_ok_and(|own| own == url);
        check(format!("claim `{claim}` is the URL `{url}`"), holds);
    }
    checks
}

fn prove_token(
    scheme: &Scheme,
    rule: &JwtRule,
    text: &str,
    view: &View<'_>,
    keys: &[Key],
    context: &Context<'_>,
) -> Result<Proof, Reason> {
    let malformed = |expected: String| scheme.signature.place.malformed(expected);
    let token = Token::parse(text).ok_or_else(|| malformed("a JSON Web Token".to_owned()))?;
    let named = token.header.get("alg").and_then(Value::as_str);
    // What `crit` lists must be understood, and nothing here is.
    let algorithm = rule
        .algorithms
        .iter()
        .find(|own| Some(own.name()) == named && !token.header.contains_key("crit"))
        .ok_or_else(|| malformed(format!("a token signed with {}", rule.names())))?;
    if let (Some(own), Some(id)) = (context.key_id, token.header.get("kid"))
        && id.as_str() != Some(own)
    {
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        return Err(Reason::UnknownKey { id });
    }
    let secret_index = keys
        .iter()
        .position(|key| is_signed(algorithm.algorithm(), key, &token))
        .ok_or(Reason::Mismatch)?;
    if let Some(issuer) = rule.issuer_for(context.key_id)
        && token.claim("iss")? != issuer
    {
        return Err(Reason::MalformedField {
            place: place("iss"),
            expected: format!("`{issuer}`"),
        });
    }
    let coverage = match &rule.body_hash {
        None => Coverage::None,
        Some(hash)
            if hash.unless_empty
                && view.message().body.is_empty()
                && !token.claims.contains_key(&hash.claim) =>
        {
            Coverage::None
        }
        Some(hash) => {
            is_hash(&token, hash, &view.message().body)?;
            Coverage::Body
        }
    };
    let url = context.url.unwrap_or_default();
    if let Some(hash) = &rule.url_hash {
        is_hash(&token, hash, url.as_bytes())?;
    }
    if let Some(claim) = &rule.url_claim
        && token.claim(claim)? != url
    {
        return Err(Reason::Mismatch);
    }
    Ok(Proof {
        secret_index,
        coverage: scheme.coverage.unwrap_or(coverage),
        age: age(rule, &token, context)?,
    })
}

fn is_signed(algorithm: Algorithm, key: &Key, token: &Token<'_>) -> bool {
    match (key.pair(), algorithm.has_pair()) {
        (Some(pair), true) => pair.verifies(algorithm, token.signed.as_bytes(), &token.signature),
        (None, false) => Mac::new(algorithm, key).is_some_and(|mut mac| {
            mac.update(token.signed.as_bytes());
            mac.finish().ct_eq(&token.signature).into()
        }),
        _ => false,
    }
}

fn is_hash(token: &Token<'_>, hash: &ClaimHash, text: &[u8]) -> Result<(), Reason> {
    let mut claimed = token.claim(&hash.claim)?;
    if hash.encoding == Encoding::Base64urlNopad {
        // Upstash's library takes it with padding too.
        claimed = claimed.trim_end_matches('=');
    }
    let claimed = hash.encoding.decode(claimed).unwrap_or_default();
    if claimed.ct_eq(digest(&SHA256, text).as_ref()).into() {
        Ok(())
    } else {
        Err(Reason::Mismatch)
    }
}

/// Seconds since the token was made, if it is neither too old nor of the future.
fn age(rule: &JwtRule, token: &Token<'_>, context: &Context<'_>) -> Result<Option<i64>, Reason> {
    let now = context.now.as_second();
    let (made, from, to) = (
        token.instant("iat")?,
        token.instant("nbf")?,
        token.instant("exp")?,
    );
    let stale = |age: i64, limit: Option<i64>| match limit {
        Some(tolerance) if age > tolerance => Err(Reason::Stale { age, tolerance }),
        _ => Ok(()),
    };
    // The user's tolerance stands for each of the limits.
    let given = context.tolerance;
    let ahead = given.map_or(Some(LEEWAY), |own| own.future);
    let is_begun = |from: i64| match ahead {
        Some(tolerance) if from.saturating_sub(now) > tolerance => Err(Reason::Future {
            ahead: from.saturating_sub(now),
            tolerance,
        }),
        _ => Ok(()),
    };
    if let Some(to) = to {
        let limit = given.map_or(Some(LEEWAY), |own| own.past);
        stale(now.saturating_sub(to), limit)?;
    }
    if let Some(from) = from {
        is_begun(from)?;
    }
    if let Some(max_age) = rule.max_age {
        let made = made.ok_or_else(|| Reason::MissingField {
            place: place("iat"),
        })?;
        is_begun(made)?;
        let limit = given.map_or(Some(max_age), |own| own.past);
        stale(now.saturating_sub(made), context.max_age.or(limit))?;
    }
    let age = made.or(from).map(|made| now.saturating_sub(made));
    if let Some(age) = age {
        stale(age, context.max_age)?;
    }
    Ok(age)
}

pub(super) fn sign(
    scheme: &Scheme,
    keys: &[Key],
    stamp: &Stamp<'_>,
    view: &View<'_>,
) -> Result<Signed, SignError> {
    let key = keys.first().ok_or(SignError::NoKey)?;
    let rule = scheme.jwt.as_ref().ok_or(SignError::NoKey)?;
    let url = stamp.url.unwrap_or_default();
    let now = stamp.now.as_second();
    let mut claims = Map::new();
    let issuer = rule.issuer_for(stamp.key_id);
    if let Some(issuer) = issuer {
        claims.insert("iss".to_owned(), json!(issuer));
    }
    claims.insert("iat".to_owned(), json!(now));
    claims.insert("nbf".to_owned(), json!(now));
    let lifetime = rule.max_age.unwrap_or(LIFETIME);
    claims.insert("exp".to_owned(), json!(now.saturating_add(lifetime)));
    claims.insert("jti".to_owned(), json!(stamp.id));
    let body: &[u8] = &view.message().body;
    let left_out = |hash: &ClaimHash| hash.unless_empty && body.is_empty();
    let body = (!rule.body_hash.as_ref().is_some_and(left_out)).then_some(body);
    for (hash, text) in [
        (&rule.body_hash, body),
        (&rule.url_hash, Some(url.as_bytes())),
    ] {
        if let (Some(hash), Some(text)) = (hash, text) {
            let value = hash.encoding.encode(digest(&SHA256, text).as_ref());
            claims.insert(hash.claim.clone(), json!(value));
        }
    }
    if let Some(claim) = &rule.url_claim {
        claims.insert(claim.clone(), json!(url));
    }
    let token = rule
        .algorithms
        .iter()
        .find_map(|algorithm| signed(*algorithm, key, stamp.key_id, &claims))
        .ok_or(SignError::PublicKeyOnly)?;
    let value = scheme.signature.layout.render(&[token], "", "");
    let mut made = Signed {
        value: value.clone(),
        ..Signed::default()
    };
    match &scheme.signature.place {
        Place::Query(name) => made.query = Some((name.clone(), value)),
        place => made
            .headers
            .extend(place.header().map(|name| (name, value))),
    }
    Ok(made)
}

/// A token, `None` where the algorithm does not fit the key.
fn signed(
    algorithm: JwtAlgorithm,
    key: &Key,
    key_id: Option<&str>,
    claims: &Map<String, Value>,
) -> Option<String> {
    let mut header = json!({"alg": algorithm.name(), "typ": "JWT"});
    if let Some(id) = key_id {
        header["kid"] = json!(id);
    }
    let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let claims = Value::from(claims.clone()).to_string();
    let text = format!(
        "{}.{}",
        part(header.to_string().as_bytes()),
        part(claims.as_bytes())
    );
    let algorithm = algorithm.algorithm();
    let signature = match (key.pair(), algorithm.has_pair()) {
        (Some(pair), true) => pair.sign(algorithm, text.as_bytes())?,
        (None, false) => {
            let mut mac = Mac::new(algorithm, key)?;
            mac.update(text.as_bytes());
            mac.finish()
        }
        _ => return None,
    };
    Some(format!("{text}.{}", part(&signature)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;
    use super::*;
    use crate::core::verdict::Verdict;

    const MESSAGEBIRD: &str = r#"
        name = "messagebird-jwt"
        algorithm = "hmac-sha256"
        signed-by = "jwt"
        [signature]
        header = "MessageBird-Signature-JWT"
        layout = "plain"
        encoding = "text"
        [jwt]
        algorithms = ["HS256", "HS384", "HS512"]
        issuer = "MessageBird"
        body-hash = { claim = "payload_hash", encoding = "hex", unless-empty = true }
        url-hash = { claim = "url_hash", encoding = "hex" }
    "#;

    /// `lib/testdata/webhook-signature-jwt-reference.json` of `messagebird-nodejs`, one of each kind.
    const REFERENCE: &str = include_str!("../../../../tests/vectors/messagebird-jwt.json");

    #[test]
    fn the_reference_of_messagebird_is_met() {
        let reference: Vec<Value> = serde_json::from_str(REFERENCE).expect("JSON");
        for case in &reference {
            let text = |key: &str| case[key].as_str().unwrap_or_default();
            let headers = [("MessageBird-Signature-JWT", text("token"))];
            let verdict = Case {
                scheme: MESSAGEBIRD,
                secret: text("secret"),
                method: text("method"),
                url: Some(text("url")),
                headers: &headers,
                body: text("payload"),
                now: 1_625_479_200,
                ..Case::default()
            }
            .verdict();
            assert_eq!(
                verdict.is_valid(),
                case["valid"] == true,
                "{}: {verdict:?}",
                text("name")
            );
        }
    }

    /// A token of any header and claims, signed with HS256 and the secret `s`.
    fn token(header: &Value, claims: &Value) -> String {
        let text = format!(
            "{}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(header.to_string()),
            BASE64_URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"s");
        let tag = ring::hmac::sign(&key, text.as_bytes());
        format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
    }

    fn judged(scheme: &str, token: &str, reason: &str) {
        let headers = [("X-Token", token)];
        let verdict = Case {
            scheme,
            secret: "s",
            headers: &headers,
            body: "{}",
            ..Case::default()
        }
        .verdict();
        assert_eq!(verdict.reason().unwrap_or_default(), reason, "{verdict:?}");
    }

    const PLAIN: &str = r#"
        name = "x"
        algorithm = "hmac-sha256"
        signed-by = "jwt"
        [signature]
        header = "X-Token"
        layout = "plain"
        prefix = "Bearer "
        prefix-optional = true
        encoding = "text"
        [jwt]
        algorithms = ["HS256"]
        max-age = 300
    "#;

    #[test]
    fn times_have_their_limits() {
        let header = json!({"alg": "HS256"});
        let now = 1_700_000_000;
        for (claims, reason) in [
            (json!({"iat": now}), ""),
            (json!({"iat": now - 300}), ""),
            (json!({"iat": now - 301}), "stale"),
            (json!({"iat": now + 5}), ""),
            (json!({"iat": now + 6}), "future"),
            (json!({"iat": now, "exp": now - 5}), ""),
            (json!({"iat": now, "exp": now - 6}), "stale"),
            (json!({"iat": now, "nbf": now + 6}), "future"),
            (json!({"iat": now, "exp": "x"}), "malformed-field"),
            (json!({}), "missing-field"),
            (json!({"iat": 1e300}), "future"),
        ] {
            judged(PLAIN, &token(&header, &claims), reason);
        }
        judged(
            PLAIN,
            &format!("Bearer {}", token(&header, &json!({"iat": now}))),
            "",
        );
    }

    #[test]
    fn a_maximum_age_moves_the_limit_of_the_age_alone() {
        let now = 1_700_000_000;
        for (max_age, claims, reason) in [
            (60, json!({"iat": now - 60}), ""),
            (60, json!({"iat": now - 61}), "stale"),
            (900, json!({"iat": now - 900}), ""),
            (900, json!({"iat": now - 901}), "stale"),
            // What has expired stays expired, and what lies ahead stays ahead.
            (900, json!({"iat": now, "exp": now - 6}), "stale"),
            (900, json!({"iat": now + 6}), "future"),
        ] {
            let token = token(&json!({"alg": "HS256"}), &claims);
            let verdict = Case {
                scheme: PLAIN,
                secret: "s",
                headers: &[("X-Token", &token)],
                body: "{}",
                max_age: Some(max_age),
                ..Case::default()
            }
            .verdict();
            let found = verdict.reason().unwrap_or_default();
            assert_eq!(found, reason, "{max_age} {claims}: {verdict:?}");
        }
    }

    #[test]
    fn the_algorithm_is_the_definition_s() {
        let claims = json!({"iat": 1_700_000_000});
        for header in [
            json!({"alg": "none"}),
            json!({"alg": "HS512"}),
            json!({"alg": "hs256"}),
            json!({}),
            json!({"alg": "HS256", "crit": ["b64"]}),
        ] {
            judged(PLAIN, &token(&header, &claims), "malformed-header");
        }
        let whole = token(&json!({"alg": "HS256"}), &claims);
        let unsigned = &whole[..=whole.rfind('.').expect("a dot")];
        judged(PLAIN, unsigned, "mismatch");
        judged(PLAIN, "a.b", "malformed-header");
        // A public key is no secret of a MAC, whatever the token names.
        let mixed = PLAIN.replace("[\"HS256\"]", "[\"HS256\", \"ES256\"]");
        let scheme: Scheme = toml::from_str(&mixed).expect("a scheme");
        assert!(scheme.consistent().is_err());
    }

    #[test]
    fn what_is_signed_verifies() {
        let netlify = r#"
            name = "netlify"
            algorithm = "hmac-sha256"
            signed-by = "jwt"
            [signature]
            header = "X-Webhook-Signature"
            layout = "plain"
            encoding = "text"
            [jwt]
            algorithms = ["HS256"]
            issuer = "netlify"
            body-hash = { claim = "sha256", encoding = "hex" }
        "#;
        let upstash = &netlify
            .replace(
                "issuer = \"netlify\"",
                "issuer = \"Upstash\"\nurl-claim = \"sub\"",
            )
            .replace(
                "claim = \"sha256\", encoding = \"hex\"",
                "claim = \"body\", encoding = \"base64url-nopad\"",
            );
        for scheme in [netlify, MESSAGEBIRD, upstash] {
            Case {
                scheme,
                secret: "a secret",
                url: Some("https://example.com/hook"),
                body: "{\"a\":1}",
                ..Case::default()
            }
            .round_trip();
        }
        let rs256 = &netlify
            .replace("HS256", "RS256")
            .replace("hmac-sha256", "rsa-sha256\"\nkey = \"public-key");
        let es256 = &rs256
            .replace("RS256", "ES256")
            .replace("rsa-sha256", "ecdsa-p256");
        for (scheme, secret) in [
            (
                rs256,
                include_str!("../../../../tests/vectors/rsa-test-key.pem"),
            ),
            (
                es256,
                include_str!("../../../../tests/vectors/p256-test-key.pem"),
            ),
        ] {
            let case = Case {
                scheme,
                secret,
                body: "{}",
                key_id: Some("key-1"),
                ..Case::default()
            };
            let made = case.round_trip();
            let value = made.headers.text("X-Webhook-Signature").expect("is there");
            let headers = [("X-Webhook-Signature", value)];
            let other = Case {
                headers: &headers,
                key_id: Some("key-2"),
                ..case
            };
            other.is_invalid("unknown-key");
        }
    }

    /// What is found of a token with these claims under a rule, for a body and a URL.
    fn found(rule: &str, claims: &Value, body: &str, key_id: Option<&str>) -> String {
        let scheme = format!(
            r#"
            name = "x"
            algorithm = "hmac-sha256"
            signed-by = "jwt"
            signature = {{ header = "X-Token", encoding = "text", separator = "," }}
            [jwt]
            algorithms = ["HS256"]
            {rule}
            "#
        );
        let token = token(&json!({"alg": "HS256", "kid": "k1"}), claims);
        let headers = [("X-Token", token.as_str())];
        let verdict = Case {
            scheme: &scheme,
            secret: "other",
            others: &["s"],
            url: Some("https://example.com/hook"),
            headers: &headers,
            body,
            key_id,
            ..Case::default()
        }
        .verdict();
        match verdict {
            Verdict::Valid(proof) => format!("{} {}", proof.secret_index, proof.coverage.as_str()),
            other => other.reason().unwrap_or_default().to_owned(),
        }
    }

    fn hash(text: &str) -> String {
        hex::encode(digest(&SHA256, text.as_bytes()))
    }

    #[test]
    fn a_token_vouches_for_the_body_it_hashes() {
        let plain = "body-hash = { claim = \"b\", encoding = \"hex\" }";
        let unless = "body-hash = { claim = \"b\", encoding = \"hex\", unless-empty = true }";
        let (of_body, of_nothing) = (json!({"b": hash("{}")}), json!({"b": hash("")}));
        for (rule, claims, body, expected) in [
            ("", json!({}), "{}", "1 none"),
            (plain, of_body.clone(), "{}", "1 body"),
            (plain, of_body.clone(), "{ }", "mismatch"),
            (plain, of_body.clone(), "", "mismatch"),
            (plain, of_nothing.clone(), "", "1 body"),
            (plain, json!({}), "{}", "missing-field"),
            (plain, json!({}), "", "missing-field"),
            (plain, json!({"b": 1}), "{}", "missing-field"),
            (plain, json!({"b": ""}), "{}", "mismatch"),
            (unless, of_body.clone(), "{}", "1 body"),
            (unless, of_body, "", "mismatch"),
            (unless, of_nothing.clone(), "", "1 body"),
            (unless, of_nothing, "{}", "mismatch"),
            (unless, json!({}), "", "1 none"),
            (unless, json!({}), "{}", "missing-field"),
        ] {
            assert_eq!(
                found(rule, &claims, body, None),
                expected,
                "{rule} {claims}"
            );
        }
        let padded = "body-hash = { claim = \"b\", encoding = \"base64url-nopad\" }";
        let text = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, b"{}"));
        for text in [text.clone(), format!("{text}=")] {
            assert_eq!(found(padded, &json!({"b": text}), "{}", None), "1 body");
        }
        let hex = json!({"b": hash("{}") + "="});
        assert_eq!(found(plain, &hex, "{}", None), "mismatch");
    }

    #[test]
    fn a_token_is_of_its_issuer_its_url_and_its_key() {
        let url = "https://example.com/hook";
        let issuer = "issuer = \"me\"";
        let of_key = "issuer = \"me\"\nkey-id-is-issuer = true";
        let url_claim = "url-claim = \"sub\"";
        let url_hash = "url-hash = { claim = \"u\", encoding = \"hex\" }";
        for (rule, claims, key_id, expected) in [
            (issuer, json!({"iss": "me"}), None, "1 none"),
            (issuer, json!({"iss": "you"}), None, "malformed-field"),
            (issuer, json!({}), None, "missing-field"),
            (issuer, json!({"iss": "me"}), Some("k1"), "1 none"),
            (issuer, json!({"iss": "me"}), Some("k2"), "unknown-key"),
            (of_key, json!({"iss": "me"}), None, "1 none"),
            (of_key, json!({"iss": "k1"}), Some("k1"), "1 none"),
            (of_key, json!({"iss": "me"}), Some("k1"), "malformed-field"),
            (url_claim, json!({"sub": url}), None, "1 none"),
            (
                url_claim,
                json!({"sub": "https://other.example"}),
                None,
                "mismatch",
            ),
            (url_claim, json!({}), None, "missing-field"),
            (url_hash, json!({"u": hash(url)}), None, "1 none"),
            (url_hash, json!({"u": hash("")}), None, "mismatch"),
            (url_hash, json!({}), None, "missing-field"),
        ] {
            assert_eq!(
                found(rule, &claims, "", key_id),
                expected,
                "{rule} {claims}"
            );
        }
    }

    #[test]
    fn the_user_s_tolerance_stands_for_each_limit() {
        let now = 1_700_000_000;
        let token = |claims: &Value| token(&json!({"alg": "HS256"}), claims);
        for (claims, past, future, reason) in [
            (json!({"iat": now - 301}), Some(301), Some(0), ""),
            (json!({"iat": now - 301}), None, None, ""),
            (json!({"iat": now - 3}), Some(2), Some(0), "stale"),
            (json!({"iat": now + 3}), Some(2), Some(2), "future"),
            (json!({"iat": now + 3}), Some(2), Some(3), ""),
            (
                json!({"iat": now, "nbf": now + 9}),
                Some(2),
                Some(8),
                "future",
            ),
            (json!({"iat": now, "nbf": now + 9}), Some(2), None, ""),
            (json!({"iat": now, "exp": now - 9}), Some(8), None, "stale"),
            (json!({"iat": now, "exp": now - 9}), Some(9), None, ""),
            (json!({"iat": now, "exp": now - 9}), None, None, ""),
        ] {
            let token = token(&claims);
            let headers = [("X-Token", token.as_str())];
            let verdict = Case {
                scheme: PLAIN,
                secret: "s",
                headers: &headers,
                tolerance: Some(super::super::super::Tolerance { past, future }),
                ..Case::default()
            }
            .verdict();
            assert_eq!(verdict.reason().unwrap_or_default(), reason, "{claims}");
        }
    }

    #[test]
    fn the_age_is_that_of_the_making() {
        let now = 1_700_000_000;
        for (claims, age) in [
            (json!({"iat": now - 7, "nbf": now - 3}), Some(7)),
            (json!({"iat": 1_699_999_992.5}), Some(8)),
        ] {
            let token = token(&json!({"alg": "HS256"}), &claims);
            let headers = [("X-Token", token.as_str())];
            let proof = Case {
                scheme: PLAIN,
                secret: "s",
                headers: &headers,
                ..Case::default()
            }
            .is_valid();
            assert_eq!(proof.age, age, "{claims}");
        }
    }

    #[test]
    fn what_looks_like_a_token_is_read() {
        let whole = token(&json!({"alg": "none"}), &json!({}));
        let scheme: Scheme = toml::from_str(PLAIN).expect("a scheme");
        for (text, reads) in [
            (whole.as_str(), true),
            (&format!("Bearer {whole}"), true),
            ("a.b.c", false),
            (&whole[1..], false),
            (&whole.replace('.', "_"), false),
            ("e30.W10.AA", false),
            ("e30.e30.AA", true),
            ("e30.e30.A", false),
            ("e30.e30.AA==", false),
            ("e30.e30.AB", false),
        ] {
            let headers = [("X-Token", text)].into_iter().collect();
            let message = crate::core::message::Message::post(headers, "");
            assert_eq!(scheme.is_readable(&View::new(&message)), reads, "{text}");
        }
    }

    #[test]
    fn what_is_signed_has_what_the_rule_asks_for() {
        let claims_of = |rule: &str, body: &str, key_id: Option<&str>| {
            let scheme = MESSAGEBIRD.split("[jwt]").next().unwrap_or_default();
            let scheme = format!("{scheme}[jwt]\nalgorithms = [\"HS384\", \"HS256\"]\n{rule}");
            let case = Case {
                scheme: &scheme,
                secret: "s",
                url: Some("https://example.com/hook"),
                body,
                key_id,
                ..Case::default()
            };
            let signed = case.signed();
            let token = Token::parse(&signed.value).expect("a token");
            assert_eq!(token.header["alg"], "HS384");
            assert_eq!(token.header.get("kid").and_then(Value::as_str), key_id);
            Value::from(token.claims)
        };
        let unless = "body-hash = { claim = \"b\", encoding = \"hex\", unless-empty = true }";
        let plain = "body-hash = { claim = \"b\", encoding = \"hex\" }\nmax-age = 9";
        assert!(claims_of(unless, "", None).get("b").is_none());
        assert_eq!(claims_of(unless, "x", Some("k"))["b"], hash("x"));
        let claims = claims_of(plain, "", None);
        assert_eq!(claims["b"], hash(""));
        let now = 1_700_000_000;
        assert_eq!(claims["iat"], now);
        assert_eq!(claims["nbf"], now);
        assert_eq!(claims["exp"], now + 9);
        assert_eq!(claims["jti"], "delivery-1");
        assert!(claims.get("iss").is_none());
    }

    #[test]
    fn a_refusal_names_the_claim_and_the_algorithms() {
        let rule = "algorithms = [\"HS256\"]";
        let several = PLAIN.replace(rule, "algorithms = [\"HS256\", \"HS512\"]");
        for (header, claims, expected) in [
            (
                json!({"alg": "HS256"}),
                json!({}),
                "claim `iat` of the token is missing",
            ),
            (
                json!({"alg": "HS256"}),
                json!({"iat": "x"}),
                "claim `iat` of the token is malformed, expected seconds since 1970",
            ),
            (
                json!({"alg": "none"}),
                json!({}),
                "header `X-Token` is malformed, expected a token signed with HS256 or HS512",
            ),
        ] {
            let token = token(&header, &claims);
            let headers = [("X-Token", token.as_str())];
            let verdict = Case {
                scheme: &several,
                secret: "s",
                headers: &headers,
                ..Case::default()
            }
            .verdict();
            let Verdict::Invalid(reason) = verdict else {
                panic!("{verdict:?}");
            };
            assert_eq!(reason.to_string(), expected);
        }
    }

    /// The public key is public: a token made with it as a secret proves nothing.
    #[test]
    fn a_public_key_is_no_secret() {
        let pem = include_str!("../../../../tests/vectors/p256-test-key.pem");
        let scheme = PLAIN.replace("signed-by", "key = \"pem-or-base64\"\nsigned-by");
        let whole = token(&json!({"alg": "HS256"}), &json!({"iat": 1_700_000_000}));
        let (text, _) = whole.rsplit_once('.').expect("a dot");
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, pem.as_bytes());
        let tag = ring::hmac::sign(&key, text.as_bytes());
        let forged = format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag));
        let headers = [("X-Token", forged.as_str())];
        let with = |secret| Case {
            scheme: &scheme,
            secret,
            headers: &headers,
            ..Case::default()
        };
        with(pem).is_invalid("mismatch");
        // The same bytes given as a shared secret are one.
        with(&base64::prelude::BASE64_STANDARD.encode(pem)).is_valid();
    }
}
