//! What was found to be at fault.

/// What was found to be at fault, by its kind; [`Cause::slug`] is its stable name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "each variant is its slug, and `texts` says the rest"
)]
pub enum Cause {
    // The body.
    BodyNewline,
    BodySpace,
    LineEndings,
    ByteOrderMark,
    JsonCompact,
    JsonPretty,
    JsonSpaced,
    JsonSorted,
    JsonSlashes,
    JsonHtmlEscapes,
    JsonUnicode,
    JsonDotnet,
    JsonColumn,
    JsonString,
    BodyBase64,
    EventEnvelope,
    FormPayload,
    FormField,
    FormEncoding,
    Charset,
    Compressed,
    BodyEmpty,
    BodyPlaceholder,
    // The secret.
    SecretSpace,
    SecretQuotes,
    SecretName,
    SecretPrefix,
    SecretBase64,
    SecretHex,
    SecretPercent,
    OtherSecret,
    SecretUnset,
    // The signature's text and place.
    SignatureEncoding,
    SignatureCase,
    SignatureLayout,
    SignatureCut,
    SignatureHeader,
    HeaderNames,
    HeaderRepeated,
    KeyId,
    // What is signed, and how.
    Algorithm,
    PlainHash,
    SignedText,
    OtherScheme,
    OtherProvider,
    // Time and id.
    TimestampUnit,
    TimestampText,
    TimeZone,
    ClockSkew,
    OldDelivery,
    DeliveryId,
    // The URL and the method.
    UrlMissing,
    UrlScheme,
    UrlHost,
    UrlPort,
    UrlPath,
    UrlSlash,
    UrlQuery,
    Method,
    // The delivery as a whole.
    OtherDelivery,
}

impl Cause {
    /// Every cause, in the order of the reference.
    pub const ALL: [Self; 60] = [
        Self::BodyNewline,
        Self::BodySpace,
        Self::LineEndings,
        Self::ByteOrderMark,
        Self::JsonCompact,
        Self::JsonPretty,
        Self::JsonSpaced,
        Self::JsonSorted,
        Self::JsonSlashes,
        Self::JsonHtmlEscapes,
        Self::JsonUnicode,
        Self::JsonDotnet,
        Self::JsonColumn,
        Self::JsonString,
        Self::BodyBase64,
        Self::EventEnvelope,
        Self::FormPayload,
        Self::FormField,
        Self::FormEncoding,
        Self::Charset,
        Self::Compressed,
        Self::BodyEmpty,
        Self::BodyPlaceholder,
        Self::SecretSpace,
        Self::SecretQuotes,
        Self::SecretName,
        Self::SecretPrefix,
        Self::SecretBase64,
        Self::SecretHex,
        Self::SecretPercent,
        Self::OtherSecret,
        Self::SecretUnset,
        Self::SignatureEncoding,
        Self::SignatureCase,
        Self::SignatureLayout,
        Self::SignatureCut,
        Self::SignatureHeader,
        Self::HeaderNames,
        Self::HeaderRepeated,
        Self::KeyId,
        Self::Algorithm,
        Self::PlainHash,
        Self::SignedText,
        Self::OtherScheme,
        Self::OtherProvider,
        Self::TimestampUnit,
        Self::TimestampText,
        Self::TimeZone,
        Self::ClockSkew,
        Self::OldDelivery,
        Self::DeliveryId,
        Self::UrlMissing,
        Self::UrlScheme,
        Self::UrlHost,
        Self::UrlPort,
        Self::UrlPath,
        Self::UrlSlash,
        Self::UrlQuery,
        Self::Method,
        Self::OtherDelivery,
    ];

    /// Where it usually comes from, and what to do: a sentence's worth each.
    #[must_use]
    pub fn usual(self) -> (&'static str, &'static str) {
        super::texts::of(self)
    }

    /// Whether the signature is right and its time is not.
    pub(super) fn is_of_age(self) -> bool {
        let of_age = [
            Self::TimestampUnit,
            Self::TimestampText,
            Self::TimeZone,
            Self::ClockSkew,
            Self::OldDelivery,
        ];
        of_age.contains(&self)
    }

    /// The stable name: JSON, annotations, assertions.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::BodyNewline => "body-newline",
            Self::BodySpace => "body-space",
            Self::LineEndings => "line-endings",
            Self::ByteOrderMark => "byte-order-mark",
            Self::JsonCompact => "json-compact",
            Self::JsonPretty => "json-pretty",
            Self::JsonSpaced => "json-spaced",
            Self::JsonSorted => "json-sorted",
            Self::JsonSlashes => "json-slashes",
            Self::JsonHtmlEscapes => "json-html-escapes",
            Self::JsonUnicode => "json-unicode",
            Self::JsonDotnet => "json-dotnet",
            Self::JsonColumn => "json-column",
            Self::JsonString => "json-string",
            Self::BodyBase64 => "body-base64",
            Self::EventEnvelope => "event-envelope",
            Self::FormPayload => "form-payload",
            Self::FormField => "form-field",
            Self::FormEncoding => "form-encoding",
            Self::Charset => "charset",
            Self::Compressed => "compressed",
            Self::BodyEmpty => "body-empty",
            Self::BodyPlaceholder => "body-placeholder",
            Self::SecretSpace => "secret-space",
            Self::SecretQuotes => "secret-quotes",
            Self::SecretName => "secret-name",
            Self::SecretPrefix => "secret-prefix",
            Self::SecretBase64 => "secret-base64",
            Self::SecretHex => "secret-hex",
            Self::SecretPercent => "secret-percent",
            Self::OtherSecret => "other-secret",
            Self::SecretUnset => "secret-unset",
            Self::SignatureEncoding => "signature-encoding",
            Self::SignatureCase => "signature-case",
            Self::SignatureLayout => "signature-layout",
            Self::SignatureCut => "signature-cut",
            Self::SignatureHeader => "signature-header",
            Self::HeaderNames => "header-names",
            Self::HeaderRepeated => "header-repeated",
            Self::KeyId => "key-id",
            Self::Algorithm => "algorithm",
            Self::PlainHash => "plain-hash",
            Self::SignedText => "signed-text",
            Self::OtherScheme => "other-scheme",
            Self::OtherProvider => "other-provider",
            Self::TimestampUnit => "timestamp-unit",
            Self::TimestampText => "timestamp-text",
            Self::TimeZone => "time-zone",
            Self::ClockSkew => "clock-skew",
            Self::OldDelivery => "old-delivery",
            Self::DeliveryId => "delivery-id",
            Self::UrlMissing => "url-missing",
            Self::UrlScheme => "url-scheme",
            Self::UrlHost => "url-host",
            Self::UrlPort => "url-port",
            Self::UrlPath => "url-path",
            Self::UrlSlash => "url-slash",
            Self::UrlQuery => "url-query",
            Self::Method => "method",
            Self::OtherDelivery => "other-delivery",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_cause_has_a_name_and_words_of_its_own() {
        let names: HashSet<&str> = Cause::ALL.iter().map(|own| own.slug()).collect();
        assert_eq!(names.len(), Cause::ALL.len());
        for cause in Cause::ALL {
            let (why, fix) = cause.usual();
            assert!(!why.is_empty() && !fix.is_empty(), "{}", cause.slug());
        }
    }
}
