//! Content codings: a body that is still compressed, decoded within a bound.

use std::fmt;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use miniz_oxide::inflate::{decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit};

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 1950, and RFC 1951 as some senders write it under the same name.
    Deflate,
    /// RFC 7932.
    Brotli,
}

impl Coding {
    /// Every coding known here.
    pub const ALL: [Self; 3] = [Self::Gzip, Self::Deflate, Self::Brotli];

    /// The name in `Content-Encoding`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
        }
    }

    /// The coding a `Content-Encoding` names, where it names one and it is known here.
    #[must_use]
    pub fn named(value: &str) -> Option<Self> {
        let name = value.trim();
        let name = if name.eq_ignore_ascii_case("x-gzip") {
            "gzip"
        } else {
            name
        };
        let mut all = Self::ALL.into_iter();
        all.find(|own| name.eq_ignore_ascii_case(own.as_str()))
    }

    /// The decoded bytes; nothing if these are not of this coding, or would be more than `limit`.
    #[must_use]
    pub fn decode(self, bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
        match self {
            Self::Gzip => gunzip(bytes, limit),
            Self::Deflate => decompress_to_vec_zlib_with_limit(bytes, limit)
                .or_else(|_| decompress_to_vec_with_limit(bytes, limit))
                .ok(),
            Self::Brotli => unbrotli(bytes, limit),
        }
    }
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The one member of a gzip file; its checksum must hold.
fn gunzip(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    const TEXTS: [u8; 2] = [0x08, 0x10];
    let (head, mut rest) = bytes.split_at_checked(10)?;
    if !head.starts_with(&[0x1f, 0x8b, 8]) {
        return None;
    }
    let flags = head[3];
    if flags & 0x04 != 0 {
        let (length, after) = rest.split_first_chunk::<2>()?;
        rest = after.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for text in TEXTS {
        if flags & text != 0 {
            let end = rest.iter().position(|&byte| byte == 0)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & 0x02 != 0 {
        rest = rest.get(2..)?;
    }
    let (data, trailer) = rest.split_last_chunk::<8>()?;
    let decoded = decompress_to_vec_with_limit(data, limit).ok()?;
    let sum = crc32fast::hash(&decoded).to_le_bytes();
    (sum == trailer[..4]).then_some(decoded)
}

fn unbrotli(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let standard = StandardAlloc::default;
    let mut state = BrotliState::new_strict(standard(), standard(), standard());
    let (mut left, mut read, mut total) = (bytes.len(), 0, 0);
    let mut decoded = Vec::new();
    let mut piece = vec![0; 16 * 1024];
    loop {
        let (mut room, mut written) = (piece.len(), 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            bytes,
            &mut room,
            &mut written,
            &mut piece,
            &mut total,
            &mut state,
        );
        decoded.extend_from_slice(&piece[..written]);
        if decoded.len() > limit {
            return None;
        }
        match result {
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultSuccess if left == 0 => return Some(decoded),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"hello":"hello hello hello"}`, as Node.js compresses it.
    const TEXT: &[u8] = br#"{"hello":"hello hello hello"}"#;
    const GZIP: &str = "1f8b0800000000000003ab56ca48cdc9c957b282d00a48a4522d000891c8261d000000";
    const ZLIB: &str = "789cab56ca48cdc9c957b282d00a48a4522d0097cf0a4b";
    const RAW: &str = "ab56ca48cdc9c957b282d00a48a4522d00";
    const BROTLI: &str = "0b0e807b2268656c6c6f223a2268656c6c6f2068656c6c6f2068656c6c6f227d03";

    fn bytes(hex: &str) -> Vec<u8> {
        hex::decode(hex).expect("hex")
    }

    #[test]
    fn each_coding_is_decoded() {
        for (coding, text) in [
            (Coding::Gzip, GZIP),
            (Coding::Deflate, ZLIB),
            (Coding::Deflate, RAW),
            (Coding::Brotli, BROTLI),
        ] {
            let decoded = coding.decode(&bytes(text), 100);
            assert_eq!(decoded.as_deref(), Some(TEXT), "{coding} {text}");
        }
    }

    #[test]
    fn a_bound_is_kept_and_what_is_cut_is_refused() {
        for (coding, text) in [
            (Coding::Gzip, GZIP),
            (Coding::Deflate, ZLIB),
            (Coding::Brotli, BROTLI),
        ] {
            let whole = bytes(text);
            assert_eq!(coding.decode(&whole, TEXT.len() - 1), None, "{coding}");
            for end in 0..whole.len() {
                assert_eq!(coding.decode(&whole[..end], 100), None, "{coding} {end}");
            }
        }
        let mut wrong = bytes(GZIP);
        let sum = wrong.len() - 5;
        wrong[sum] ^= 1;
        assert_eq!(Coding::Gzip.decode(&wrong, 100), None);
    }

    #[test]
    fn a_file_name_in_the_head_is_skipped() {
        let mut named = bytes(GZIP);
        named[3] = 0x08;
        named.splice(10..10, *b"body.json\0");
        assert_eq!(Coding::Gzip.decode(&named, 100).as_deref(), Some(TEXT));
    }

    #[test]
    fn names_are_known_in_any_case() {
        assert_eq!(Coding::named(" GZIP"), Some(Coding::Gzip));
        assert_eq!(Coding::named("x-gzip"), Some(Coding::Gzip));
        assert_eq!(Coding::named("br"), Some(Coding::Brotli));
        for name in ["", "identity", "gzip, br", "zstd"] {
            assert_eq!(Coding::named(name), None, "{name}");
        }
    }
}
