//! Where each fault usually comes from, and what to do: in the words people search for.

use super::Cause;

/// Why and fix.
pub(super) fn of(cause: Cause) -> (&'static str, &'static str) {
    of_body(cause)
        .or_else(|| of_secret(cause))
        .or_else(|| of_signature(cause))
        .unwrap_or_else(|| of_the_rest(cause))
}

/// How to get at the bytes as they came, in the frameworks' words.
const RAW_BODY: &str = "verify the raw bytes before anything parses them: express.raw({ type: 'application/json' }), \
     await req.text(), Flask request.get_data(), Rails request.raw_post, Spring @RequestBody byte[], \
     Go io.ReadAll(r.Body), PHP php://input";
const PARSED: &str = "the body was parsed and written again between signing and verifying, for instance by \
     express.json(), or the sender signs other JSON than it sends; Stripe's library then says \
     \"No signatures found matching the expected signature for payload\"";

fn of_body(cause: Cause) -> Option<(&'static str, &'static str)> {
    Some(match cause {
        Cause::BodyNewline => (
            "an editor, `echo` or a heredoc ends a file in a line break, a template engine or `trim` takes it away",
            "keep the body byte for byte: `printf %s` or `echo -n`, curl --data-binary instead of -d",
        ),
        Cause::BodySpace => (
            "white space around the body was trimmed or added on the way",
            RAW_BODY,
        ),
        Cause::LineEndings => (
            "the file went through git's autocrlf, a Windows editor, or curl -d, which drops line breaks",
            "keep the body byte for byte: curl --data-binary @FILE, and `* -text` in .gitattributes for fixtures",
        ),
        Cause::ByteOrderMark => (
            "an editor or .NET's UTF8Encoding writes a byte order mark before the text, readers drop it",
            "save without BOM, and verify the bytes as they came",
        ),
        Cause::JsonCompact | Cause::JsonSorted | Cause::JsonUnicode => (PARSED, RAW_BODY),
        Cause::JsonPretty => (
            "the body was formatted for reading, by jq, an editor, Postman or a log; a signature covers each space",
            RAW_BODY,
        ),
        Cause::JsonSpaced => (
            "Python's json.dumps puts a space after each comma and colon and writes \\u escapes: request.json was \
             written again, or the sender signs json.dumps(payload) and sends other bytes (requests' json=)",
            "verify request.get_data(); to send, sign the very bytes: data=body, not json=payload",
        ),
        Cause::JsonSlashes => (
            "PHP's json_encode writes `\\/` and \\u escapes: the sender signs or sends the payload encoded anew",
            "in PHP verify file_get_contents('php://input'); to send, encode once, sign and send that string",
        ),
        Cause::JsonHtmlEscapes => (
            "Go's json.Marshal, Rails' to_json and Gson write < > & as \\u003c \\u003e \\u0026: the body was decoded \
             and encoded again",
            "verify io.ReadAll(r.Body) or request.raw_post; to send, sign the bytes you send (Go: SetEscapeHTML)",
        ),
        Cause::JsonDotnet => (
            ".NET's System.Text.Json escapes + & ' \" and everything beyond ASCII: the body was deserialised and \
             serialised again",
            "read Request.Body with a StreamReader after EnableBuffering() and verify that text",
        ),
        Cause::JsonColumn => (
            "PostgreSQL's jsonb and MySQL's JSON columns store the value, not the text: names are reordered, spaces added",
            "store the raw body as text or bytes beside the JSON column",
        ),
        Cause::JsonString => (
            "JSON.stringify was applied to text that was JSON already, or one time too few",
            "pass the raw body on as it is, without another JSON.stringify or JSON.parse",
        ),
        Cause::BodyBase64 => (
            "AWS API Gateway and Lambda hand bodies over in base64 (isBase64Encoded: true), and so do many exports",
            "decode first: Buffer.from(event.body, 'base64'), base64.b64decode(event[\"body\"])",
        ),
        Cause::EventEnvelope => (
            "this is the event a function gets (AWS Lambda, API Gateway), not the body that was sent",
            "verify event.body, decoded from base64 where isBase64Encoded is true",
        ),
        Cause::FormPayload => (
            "GitHub's content type `application/x-www-form-urlencoded` sends payload=<JSON> and signs the whole form, \
             not the JSON in it",
            "verify the raw form, or set the webhook's content type to application/json",
        ),
        Cause::FormField => (
            "the sender signs the JSON alone and sends it as a field of a form",
            "verify the decoded field `payload`, or have the sender sign the whole body",
        ),
        Cause::FormEncoding => (
            "the form was parsed and written again: + against %20, other order, upper-case escapes",
            RAW_BODY,
        ),
        Cause::Charset => (
            "the body was read or written in another charset than it has (Latin-1, Windows-1252, UTF-8, UTF-16): \
             é becomes Ã©",
            "treat the body as bytes; where text is unavoidable, name UTF-8 on both sides",
        ),
        Cause::Compressed => (
            "the body is still compressed, and the sender signed it before compression (Content-Encoding)",
            "decompress, then verify; or turn compression of requests off at the sender or proxy",
        ),
        Cause::BodyEmpty => (
            "the body was empty where it was signed or verified: a stream that was read before (body already used, \
             bodyParser: true in Next.js), a GET, or a sender that signs no body",
            "read the raw body once, before any middleware, and keep it for the signature",
        ),
        Cause::BodyPlaceholder => (
            "an object was turned into text without JSON.stringify, or there was none: [object Object], undefined",
            "sign and verify the raw body, not a parsed object",
        ),
        _ => return None,
    })
}

fn of_secret(cause: Cause) -> Option<(&'static str, &'static str)> {
    Some(match cause {
        Cause::SecretSpace => (
            "copying, `echo` or a file's last line left white space or a line break in the secret",
            "trim it: `printf %s`, file without final newline, .trim() where it is read; on both sides",
        ),
        Cause::SecretQuotes => (
            "a .env file, Docker's --env-file or a YAML value kept the quotes as a part of the secret",
            "write the secret without quotes there",
        ),
        Cause::SecretName => (
            "the whole line of a .env file was pasted, its name included",
            "give only what stands after the `=`",
        ),
        Cause::SecretPrefix => (
            "prefixes such as `whsec_` are handled differently: Stripe's library keeps it as a part of the key, \
             Svix and Standard Webhooks strip it and decode the rest from base64",
            "use the provider's own library, or its rule: --provider names it here",
        ),
        Cause::SecretBase64 => (
            "one side decodes the secret from base64 and the other takes its text",
            "decode it on both sides or on none: Buffer.from(secret, 'base64') against the text itself",
        ),
        Cause::SecretHex => (
            "one side decodes the secret from hexadecimal digits and the other takes its text",
            "decode it on both sides or on none: Buffer.from(secret, 'hex') against the text itself",
        ),
        Cause::SecretPercent => (
            "the secret was percent-encoded, as in a URL, and one side does not decode it",
            "give the secret as the provider shows it",
        ),
        Cause::OtherSecret => (
            "each endpoint has a secret of its own: test against live mode, another endpoint, the one `stripe listen` \
             prints against the dashboard's, an old one after rotation",
            "give this endpoint the secret that fits; during a rotation give both",
        ),
        Cause::SecretUnset => (
            "the sender's secret was not set: an environment variable that does not exist becomes an empty text, \
             `undefined`, `None` or `null`",
            "set the sender's secret, and refuse to start without one: such signatures are no protection",
        ),
        _ => return None,
    })
}

fn of_signature(cause: Cause) -> Option<(&'static str, &'static str)> {
    Some(match cause {
        Cause::SignatureEncoding => (
            "one side writes the digest in hex and the other in base64 or base64url; Node's timingSafeEqual then says \
             \"Input buffers must have the same byte length\"",
            "write it as the provider does: digest('hex') against digest('base64')",
        ),
        Cause::SignatureCase => (
            "the digest is written in upper-case hex (.NET's Convert.ToHexString, Java), the scheme has lower case",
            "lower the case where it is written: ToLowerInvariant(), %02x instead of %02X",
        ),
        Cause::SignatureLayout => (
            "the digest is right, what stands around it is not: a prefix such as `sha256=`, quotes, spaces, separators; \
             timingSafeEqual says \"Input buffers must have the same byte length\" for it",
            "write the header exactly as the provider does: `hookcat providers show` draws it",
        ),
        Cause::SignatureCut => (
            "the value was cut off: a column that is too narrow, a copied log line, a limit on headers",
            "widen the column or copy the whole value; a part of a signature is never accepted",
        ),
        Cause::SignatureHeader => (
            "the signature stands in another header than this scheme reads",
            "send it under the documented name, or name the right provider or --scheme",
        ),
        Cause::HeaderNames => (
            "CGI, WSGI, PHP's $_SERVER and Rack rename headers: X-Hub-Signature-256 becomes HTTP_X_HUB_SIGNATURE_256, \
             and nginx drops names with underscores",
            "give the headers under the names they had on the wire",
        ),
        Cause::HeaderRepeated => (
            "a proxy, or a client that adds its own, put the header in twice or joined two values with a comma",
            "send the header once",
        ),
        Cause::KeyId => (
            "the message names another key than the id that was given",
            "give the id the message names, or no id at all",
        ),
        Cause::Algorithm => (
            "the sender uses another hash: SHA-1, SHA-256, SHA-384 and SHA-512 give 20, 32, 48 and 64 bytes; \
             timingSafeEqual says \"Input buffers must have the same byte length\"",
            "use the scheme's: createHmac('sha256', secret), hmac.new(secret, body, hashlib.sha256)",
        ),
        Cause::PlainHash => (
            "the sender hashes without HMAC: createHash('sha256') or hash('sha256', …) instead of createHmac and hash_hmac",
            "use HMAC with the secret as its key; a plain hash can be forged",
        ),
        Cause::SignedText => (
            "the sender puts other parts into the signed text than the provider does, often without the timestamp or the id",
            "build the text as the provider does: `hookcat providers show` draws it",
        ),
        Cause::OtherScheme => (
            "the provider has several schemes, and this delivery is signed with another one",
            "choose it with --scheme",
        ),
        Cause::OtherProvider => (
            "the delivery is signed as another provider signs",
            "name that provider with --provider",
        ),
        _ => return None,
    })
}

fn of_the_rest(cause: Cause) -> (&'static str, &'static str) {
    match cause {
        Cause::TimestampUnit => (
            "seconds, milliseconds and ISO 8601 are mixed up: Date.now() gives milliseconds, time.time() a fraction",
            "sign and send the one text: Math.floor(Date.now() / 1000), int(time.time()) for seconds",
        ),
        Cause::TimestampText => (
            "the timestamp in the header is another one than was signed, often because the clock was read twice",
            "read the clock once, and sign and send that text",
        ),
        Cause::TimeZone => (
            "whole hours off: local time was taken as UTC, or the other way round (datetime.utcnow().timestamp(), mktime)",
            "take the time in UTC: Date.now(), time.time(), DateTime.UtcNow",
        ),
        Cause::ClockSkew => (
            "the clocks differ, or the delivery was long on its way",
            "set both clocks by NTP; a tolerance is given with --tolerance SECONDS",
        ),
        Cause::OldDelivery => (
            "the delivery is replayed, taken from a log or a test fixture, or was held in a queue",
            "judge it at its own time with --at or any age with --tolerance 0; to send it again, sign it anew: \
             `hookcat replay --resign`",
        ),
        Cause::DeliveryId => (
            "the id in the header is another one than was signed",
            "send the very id that is signed, under the scheme's own header",
        ),
        Cause::UrlMissing => (
            "this scheme signs the URL the sender posted to, and it was not given",
            "give the public URL as the provider has it with --url",
        ),
        Cause::UrlScheme | Cause::UrlHost | Cause::UrlPort => (
            "a proxy, a load balancer or a tunnel (ngrok) ends TLS, so that the application sees another URL than was \
             signed: X-Forwarded-Proto and X-Forwarded-Host name it",
            "give the public URL with --url; in frameworks: trust proxy, ProxyFix, UseForwardedHeaders",
        ),
        Cause::UrlPath => (
            "a proxy strips or adds a part of the path, or decodes its escapes",
            "give the public URL with --url, its path as the provider has it",
        ),
        Cause::UrlSlash => (
            "the URL registered with the provider and the one verified differ in the slash at their end",
            "give the URL exactly as it is registered with the provider",
        ),
        Cause::UrlQuery => (
            "the query is a part of the signed URL and was dropped, added or written anew",
            "give the URL with the query as the provider has it",
        ),
        Cause::Method => (
            "the method is signed, and another one was verified",
            "give the method the sender used with --method",
        ),
        _ => (
            "headers and body of two deliveries were mixed up: a variable that is shared between requests, a copied \
             example, a fixture that was edited",
            "take headers and body of the same request",
        ),
    }
}
