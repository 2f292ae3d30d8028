//! A text in another charset.

/// What Windows-1252 has where Latin-1 has control characters; 0 where it has nothing.
const WINDOWS: [u16; 32] = [
    0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc,
    0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
];

/// One conversion: nothing where it cannot be made or changes nothing.
type Conversion = fn(&[u8]) -> Option<Vec<u8>>;

/// Every conversion, as the end of "if the body …".
pub(super) const ALL: [(&str, Conversion); 9] = [
    ("were read as UTF-8, not as Latin-1 (é for Ã©)", |body| {
        narrow(body, latin)
    }),
    (
        "were read as UTF-8, not as Windows-1252 (é for Ã©)",
        |body| narrow(body, windows),
    ),
    ("were UTF-8, not Latin-1", |body| widen(body, latin_char)),
    ("were UTF-8, not Windows-1252", |body| {
        widen(body, windows_char)
    }),
    ("were in UTF-8 twice over (Ã© for é)", |body| {
        std::str::from_utf8(body).ok()?;
        changed(
            body,
            body.iter()
                .map(|&byte| latin_char(byte))
                .collect::<Option<String>>()?
                .into_bytes(),
        )
    }),
    ("had ? for what is not ASCII", |body| {
        let text = std::str::from_utf8(body).ok()?;
        let ascii = text
            .chars()
            .map(|char| if char.is_ascii() { char } else { '?' });
        changed(body, ascii.collect::<String>().into_bytes())
    }),
    ("were UTF-8, not UTF-16", |body| from_utf16(body)),
    ("were UTF-16 (little-endian)", |body| {
        to_utf16(body, u16::to_le_bytes)
    }),
    ("were UTF-16 (big-endian)", |body| {
        to_utf16(body, u16::to_be_bytes)
    }),
];

fn changed(body: &[u8], other: Vec<u8>) -> Option<Vec<u8>> {
    (other != body).then_some(other)
}

fn latin(char: char) -> Option<u8> {
    u8::try_from(u32::from(char)).ok()
}

fn windows(char: char) -> Option<u8> {
    let code = u16::try_from(u32::from(char)).ok()?;
    let high = (0x80..)
        .zip(WINDOWS)
        .find(|(_, own)| *own == code && code != 0);
    match high {
        Some((byte, _)) => Some(byte),
        None => latin(char).filter(|byte| !(0x80..0xa0).contains(byte)),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the other charset has gaps")]
fn latin_char(byte: u8) -> Option<char> {
    Some(char::from(byte))
}

fn windows_char(byte: u8) -> Option<char> {
    match byte {
        0x80..0xa0 => {
            let code = WINDOWS[usize::from(byte - 0x80)];
            char::from_u32(u32::from(code)).filter(|_| code != 0)
        }
        _ => latin_char(byte),
    }
}

/// UTF-8 text as one byte a character.
fn narrow(body: &[u8], byte: impl Fn(char) -> Option<u8>) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    changed(body, text.chars().map(byte).collect::<Option<_>>()?)
}

/// Bytes that are no UTF-8 as text, a character a byte.
fn widen(body: &[u8], char: impl Fn(u8) -> Option<char>) -> Option<Vec<u8>> {
    if std::str::from_utf8(body).is_ok() {
        return None;
    }
    let text: String = body.iter().map(|&byte| char(byte)).collect::<Option<_>>()?;
    Some(text.into_bytes())
}

fn to_utf16(body: &[u8], bytes: fn(u16) -> [u8; 2]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    changed(body, text.encode_utf16().flat_map(bytes).collect())
}

fn from_utf16(body: &[u8]) -> Option<Vec<u8>> {
    let (pairs, []) = body.as_chunks::<2>() else {
        return None;
    };
    let read: fn([u8; 2]) -> u16 = match pairs.first()? {
        [0xfe, 0xff] | [0, _] => u16::from_be_bytes,
        [0xff, 0xfe] | [_, 0] => u16::from_le_bytes,
        _ => return None,
    };
    let units = pairs.iter().map(|pair| read(*pair));
    let text: String = char::decode_utf16(units).collect::<Result<_, _>>().ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Some(text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(body: &[u8]) -> Vec<(usize, Vec<u8>)> {
        let found = ALL.iter().enumerate();
        let found = found.filter_map(|(place, (_, convert))| Some((place, convert(body)?)));
        found.collect()
    }

    #[test]
    fn charsets_are_taken_for_each_other() {
        assert_eq!(all("Ã©".as_bytes())[0], (0, "é".as_bytes().to_vec()));
        assert_eq!(all("â‚¬".as_bytes())[0], (1, "€".as_bytes().to_vec()));
        assert_eq!(all(b"\xe9\x80")[0], (2, "é\u{80}".as_bytes().to_vec()));
        assert_eq!(all(b"\xe9\x80")[1], (3, "é€".as_bytes().to_vec()));
        assert!(all("é".as_bytes()).contains(&(4, "Ã©".as_bytes().to_vec())));
        assert!(all("é".as_bytes()).contains(&(5, b"?".to_vec())));
        assert_eq!(all(b"\xff\xfe{\0}\0").last(), Some(&(6, b"{}".to_vec())));
        assert!(all(b"{}").contains(&(8, b"\0{\0}".to_vec())));
        // Text that is ASCII is the same in each but UTF-16.
        assert_eq!(all(b"{}").len(), 2);
    }
}
