//! What the deliveries of a log have in common, made once so that none of them is written with it.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::content::{ALONE, Unpacker, frame_columns, frame_of};
use super::row::absent;

/// A log of so many deliveries gets its first dictionary; of so many times [`GROWTH`] its next.
const FIRST: i64 = 16;
/// How much a log has grown where its deliveries may have become others.
const GROWTH: i64 = 64;
/// How many of the newest deliveries a dictionary is made of, and of how many kinds the newest.
const SAMPLES: i64 = 16;
/// No more of a delivery than this goes into a dictionary.
const SAMPLE: usize = 4 * 1024;
/// How large a dictionary is at most.
const DICTIONARY: usize = 16 * 1024;
/// What deliveries have in common is told by pieces of so many bytes.
const PIECE: usize = 8;

/// How a dictionary begins (RFC 8878, 5): its mark, no number, and what a frame would otherwise describe
/// by itself, how often which byte and which length stands in deliveries. These were counted, by `zstd
/// --train`, in sample deliveries of twenty providers; a third of the work is to make such a description.
pub(super) const BEGINNING: [u8; 158] = [
    0x37, 0xa4, 0x30, 0xec, 0x00, 0x00, 0x00, 0x00, 0x3c, 0x10, 0xa8, 0x42, 0xda, 0x36, 0x30, 0x33,
    0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x13, 0xad, 0xb2, 0xd9, 0xff, 0x77, 0x13, 0x19,
    0x35, 0x11, 0x99, 0x75, 0x5b, 0xc9, 0x95, 0xfb, 0x63, 0x2d, 0x62, 0x23, 0x02, 0xaa, 0x63, 0x08,
    0xdd, 0x22, 0xc6, 0x50, 0x80, 0x47, 0x01, 0x14, 0xd9, 0xdd, 0xdd, 0xdd, 0xfd, 0xa8, 0x41, 0x2b,
    0x24, 0x32, 0x33, 0x53, 0x21, 0x13, 0x02, 0x00, 0x00, 0x0e, 0x88, 0x43, 0x22, 0xd1, 0x80, 0x84,
    0x5c, 0xf6, 0x03, 0x04, 0xe0, 0x00, 0x0e, 0x15, 0x8f, 0x20, 0x12, 0x92, 0x8f, 0x0a, 0xa4, 0x81,
    0x40, 0x24, 0x0c, 0x87, 0xc3, 0xa1, 0x30, 0x0c, 0x03, 0x51, 0x10, 0x05, 0x51, 0x10, 0xc5, 0x40,
    0x10, 0x46, 0xa1, 0x10, 0x06, 0xa2, 0x4a, 0x21, 0x09, 0x00, 0x00, 0x14, 0xd2, 0x65, 0x42, 0xa9,
    0x34, 0x14, 0x03, 0x39, 0x0c, 0xe2, 0x20, 0x08, 0x81, 0x18, 0xc0, 0x78, 0x88, 0x3b, 0x73, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00,
];

/// How many deliveries a log must have for one dictionary more than it has.
pub(super) fn wanted_from(dictionaries: i64) -> i64 {
    let times = u32::try_from(dictionaries).unwrap_or(u32::MAX);
    FIRST.saturating_mul(GROWTH.saturating_pow(times))
}

/// The form that the newest dictionary makes, and the dictionary.
pub(super) fn newest(connection: &Connection) -> rusqlite::Result<Option<(i64, Vec<u8>)>> {
    connection
        .prepare_cached("SELECT id, data FROM dictionary ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .map(Some)
        .or_else(absent)
}

/// The dictionary that makes this form.
pub(super) fn of(connection: &Connection, form: i64) -> rusqlite::Result<Vec<u8>> {
    connection
        .prepare_cached("SELECT data FROM dictionary WHERE id = ?1")?
        .query_row([form], |row| row.get(0))
}

/// Makes a dictionary of the log as it is, and keeps it; gives the form it makes. There is none where
/// deliveries have nothing in common.
pub(super) fn make(connection: &Connection) -> rusqlite::Result<Option<(i64, Vec<u8>)>> {
    let common = in_common(&samples(connection)?);
    if common.is_empty() {
        return Ok(None);
    }
    let dictionary = [&BEGINNING, common.as_slice()].concat();
    Ok(Some((keep(connection, &dictionary)?, dictionary)))
}

/// Writes a dictionary; gives the form it makes.
fn keep(connection: &Connection, dictionary: &[u8]) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO dictionary (id, data)
             VALUES ((SELECT coalesce(max(id), ?1) + 1 FROM dictionary), ?2)",
        )?
        .execute(params![ALONE, dictionary])?;
    Ok(connection.last_insert_rowid())
}

/// What dictionaries are made of: the newest deliveries, and the newest of each kind.
fn samples(connection: &Connection) -> rusqlite::Result<Vec<Vec<u8>>> {
    let unpacker = Unpacker::default();
    let mut statement = connection.prepare(concat!(
        "SELECT d.id, ",
        frame_columns!(),
        " FROM delivery d JOIN ",
        frame_of!(),
        " WHERE d.id IN (
            SELECT id FROM (SELECT id FROM delivery ORDER BY id DESC LIMIT ?1)
            UNION SELECT number FROM (
                SELECT max(last) AS number FROM tally GROUP BY kind ORDER BY number DESC LIMIT ?1))
         ORDER BY d.id DESC"
    ))?;
    let mut rows = statement.query([SAMPLES])?;
    let mut samples = Vec::new();
    while let Some(row) = rows.next()? {
        let (content, _) = unpacker.content(connection, row, (row.get(0)?, 1))?;
        samples.push(content[..content.len().min(SAMPLE)].to_vec());
    }
    Ok(samples)
}

/// What at least two samples have in common, each piece of it once. What stands in one alone, as ids and
/// signatures do, would only make a dictionary larger, and outlive its delivery.
fn in_common(samples: &[Vec<u8>]) -> Vec<u8> {
    enum Met {
        In(u16),
        Common,
        Taken,
    }
    // By value: a piece is smaller than what points to it.
    let piece_at = |sample: &[u8], at: usize| sample.get(at..)?.first_chunk::<PIECE>().copied();
    let mut pieces: HashMap<[u8; PIECE], Met> = HashMap::new();
    for (index, sample) in (0_u16..).zip(samples) {
        for piece in (0..).map_while(|at| piece_at(sample, at)) {
            let met = pieces.entry(piece).or_insert(Met::In(index));
            if matches!(met, Met::In(first) if *first != index) {
                *met = Met::Common;
            }
        }
    }
    let mut dictionary = Vec::new();
    for sample in samples {
        // Up to here the sample is in the dictionary.
        let mut taken = 0;
        for (at, piece) in (0..).map_while(|at| Some((at, piece_at(sample, at)?))) {
            let Some(met @ Met::Common) = pieces.get_mut(&piece) else {
                continue;
            };
            *met = Met::Taken;
            let new = &sample[taken.max(at)..at + PIECE];
            if dictionary.len() + new.len() > DICTIONARY {
                return dictionary;
            }
            dictionary.extend_from_slice(new);
            taken = at + PIECE;
        }
    }
    dictionary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_has_what_is_common_once_and_nothing_of_one_alone() {
        let sample = |own: &str| format!(r#"{{"repository":"acme/widgets","id":"{own}"}}"#);
        let samples = ["first-of-all", "and-the-second", "one-more"].map(|own| sample(own).into());
        let dictionary = in_common(&samples);
        let text = String::from_utf8_lossy(&dictionary);
        assert_eq!(text, r#"{"repository":"acme/widgets","id":""#);
        assert_eq!(in_common(&samples[..1]), b"");
        let long: Vec<u8> = (0..20_000_u32).flat_map(u32::to_le_bytes).collect();
        let most = in_common(&[long.clone(), long]).len();
        assert!((DICTIONARY - PIECE..=DICTIONARY).contains(&most), "{most}");
    }
}
