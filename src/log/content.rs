//! Header lines and bodies as they are kept: compressed each by itself, with what deliveries of this
//! log have in common in a dictionary.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;

use rusqlite::{Connection, params};
use zstd::bulk::{Compressor, Decompressor};

use super::row::absent;

/// Content that stands as it is.
const PLAIN: i64 = 0;
/// Content that is compressed without a dictionary; above are the dictionaries' numbers.
const ALONE: i64 = 1;
/// The fastest there is: a delivery's sender waits for it.
const LEVEL: i32 = 1;
/// What is larger is kept as it is.
const LARGEST: usize = 1 << 30;
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
const BEGINNING: [u8; 158] = [
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

/// Compresses what is written.
pub(super) struct Packer {
    compressor: Option<Compressor<'static>>,
    /// The form of what it makes.
    form: i64,
    packed: Vec<u8>,
    /// How many dictionaries the log has; `None` before that is known.
    dictionaries: Option<i64>,
    /// The highest number that was written.
    last: i64,
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packer")
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

impl Default for Packer {
    fn default() -> Self {
        Self {
            compressor: Compressor::new(LEVEL).ok(),
            form: ALONE,
            packed: Vec::new(),
            dictionaries: None,
            last: 0,
        }
    }
}

impl Packer {
    /// The form content is kept in, and its bytes then.
    pub(super) fn pack<'a>(&'a mut self, content: &'a [u8]) -> (i64, &'a [u8]) {
        let Some(compressor) = self
            .compressor
            .as_mut()
            .filter(|_| content.len() <= LARGEST)
        else {
            return (PLAIN, content);
        };
        self.packed.clear();
        self.packed
            .reserve(zstd::zstd_safe::compress_bound(content.len()));
        match compressor.compress_to_buffer(content, &mut self.packed) {
            Ok(size) if size < content.len() => (self.form, &self.packed),
            _ => (PLAIN, content),
        }
    }

    /// Gives back the room that one large body took.
    pub(super) fn shrink(&mut self, room: usize) {
        self.packed.shrink_to(room);
    }

    /// Takes the newest dictionary of a log into use, or makes one where the log has grown enough for
    /// that since.
    pub(super) fn prepare(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let known = if let Some(known) = self.dictionaries {
            known
        } else {
            let newest = newest(connection)?;
            let known = newest.as_ref().map_or(0, |own| own.0 - ALONE);
            if let Some((form, dictionary)) = newest {
                self.use_dictionary(form, &dictionary);
            }
            *self.dictionaries.insert(known)
        };
        let times = u32::try_from(known).unwrap_or(u32::MAX);
        if self.last < FIRST.saturating_mul(GROWTH.saturating_pow(times)) {
            return Ok(());
        }
        let dictionary = in_common(&samples(connection)?);
        // Where there is nothing in common, that may be otherwise when there is more.
        self.dictionaries = Some(known + 1);
        if !dictionary.is_empty() {
            let dictionary = [&BEGINNING, dictionary.as_slice()].concat();
            let form = keep(connection, &dictionary)?;
            self.dictionaries = Some(form - ALONE);
            self.use_dictionary(form, &dictionary);
        }
        Ok(())
    }

    /// Hears that a delivery of this number was written.
    pub(super) fn wrote(&mut self, number: i64) {
        self.last = number;
    }

    fn use_dictionary(&mut self, form: i64, dictionary: &[u8]) {
        if let Ok(compressor) = Compressor::with_dictionary(LEVEL, dictionary) {
            self.compressor = Some(compressor);
            self.form = form;
        }
    }
}

/// The form that the newest dictionary makes, and the dictionary.
fn newest(connection: &Connection) -> rusqlite::Result<Option<(i64, Vec<u8>)>> {
    connection
        .prepare_cached("SELECT id, data FROM dictionary ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .map(Some)
        .or_else(absent)
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
    let mut statement = connection.prepare(
        "SELECT form, data FROM content WHERE delivery IN (
            SELECT delivery FROM (SELECT delivery FROM content ORDER BY delivery DESC LIMIT ?1)
            UNION SELECT number FROM (
                SELECT max(last) AS number FROM tally GROUP BY kind ORDER BY number DESC LIMIT ?1))
         ORDER BY delivery DESC",
    )?;
    let mut rows = statement.query([SAMPLES])?;
    let mut samples = Vec::new();
    while let Some(row) = rows.next()? {
        let mut content = unpacker.unpack(connection, row.get(0)?, row.get(1)?)?;
        content.truncate(SAMPLE);
        samples.push(content);
    }
    Ok(samples)
}

/// What at least two samples have in common, each piece of it once. What stands in one alone, as ids and
/// signatures do, would only make a dictionary larger, and outlive its delivery.
fn in_common(samples: &[Vec<u8>]) -> Vec<u8> {
    enum Met {
        In(usize),
        Common,
        Taken,
    }
    let mut pieces: HashMap<&[u8], Met> = HashMap::new();
    for (index, sample) in samples.iter().enumerate() {
        for piece in sample.windows(PIECE) {
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
        for (at, piece) in sample.windows(PIECE).enumerate() {
            let Some(met @ Met::Common) = pieces.get_mut(piece) else {
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

/// Reads what was compressed.
#[derive(Default)]
pub(super) struct Unpacker {
    /// The one used last, by its form: a log has few, and mostly one is of use.
    last: RefCell<Option<(i64, Decompressor<'static>)>>,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacker")
    }
}

impl Unpacker {
    /// The bytes of content in this form.
    pub(super) fn unpack(
        &self,
        connection: &Connection,
        form: i64,
        data: Vec<u8>,
    ) -> rusqlite::Result<Vec<u8>> {
        if form == PLAIN {
            return Ok(data);
        }
        if data.is_empty() {
            // No frame is, though it is read as one of nothing.
            return Err(unreadable(io::ErrorKind::UnexpectedEof.into()));
        }
        let mut last = self.last.borrow_mut();
        if last.as_ref().is_none_or(|own| own.0 != form) {
            let reader = match form {
                ALONE => Decompressor::new(),
                _ => Decompressor::with_dictionary(&dictionary(connection, form)?),
            };
            *last = Some((form, reader.map_err(unreadable)?));
        }
        let size = Decompressor::upper_bound(&data).unwrap_or(LARGEST);
        match last.as_mut() {
            Some((_, reader)) => reader
                .decompress(&data, size.min(LARGEST))
                .map_err(unreadable),
            None => Ok(data),
        }
    }
}

fn dictionary(connection: &Connection, form: i64) -> rusqlite::Result<Vec<u8>> {
    connection
        .prepare_cached("SELECT data FROM dictionary WHERE id = ?1")?
        .query_row([form], |row| row.get(0))
}

fn unreadable(error: io::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, error.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::delivery::{Delivery, Direction};
    use crate::core::message::{Headers, Message};
    use crate::log::Log;

    fn delivery(number: usize) -> Delivery {
        let body = format!(
            r#"{{"number":{number},"repository":{{"full_name":"acme/widgets"}},"sender":"octocat"}}"#
        );
        let headers: Headers = [
            ("Content-Type", "application/json"),
            ("X-GitHub-Event", "push"),
        ]
        .into_iter()
        .collect();
        Delivery::new(
            Direction::Received,
            jiff::Timestamp::UNIX_EPOCH,
            Message::post(headers, body),
        )
    }

    #[test]
    fn what_deliveries_have_in_common_is_kept_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let count = |sql: &str| -> i64 {
            let counted = log.connection.query_row(sql, [], |row| row.get(0));
            counted.expect("counts")
        };
        let mut written = 0;
        // A writer that ends and one that goes on: both find the dictionary.
        for until in [30, 40] {
            let writer = log.writer().expect("starts");
            while written < until {
                let pending = writer.delivery(delivery(written)).expect("queued");
                pending.blocking_recv().expect("answered").expect("written");
                written += 1;
            }
        }
        assert_eq!(count("SELECT count(*) FROM dictionary"), 1);
        let last = i64::try_from(written).expect("few");
        let size = |id: i64| {
            count(&format!(
                "SELECT length(data) FROM content WHERE delivery = {id}"
            ))
        };
        assert!(size(last) * 2 < size(1), "{} of {}", size(last), size(1));
        for number in 0..written {
            let id = i64::try_from(number).expect("few") + 1;
            let read = log.delivery(id).expect("there");
            assert_eq!(read.message, delivery(number).message, "{id}");
        }
    }

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

    #[test]
    fn a_dictionary_s_beginning_is_taken_for_what_it_is() {
        let common = br#"{"repository":"acme/widgets","id":"#.as_slice();
        let text = br#"{"repository":"acme/widgets","id":"not in the dictionary at all"}"#;
        let whole = [BEGINNING.as_slice(), common].concat();
        let size = |dictionary: &[u8]| {
            let mut packer = Packer::default();
            packer.use_dictionary(7, dictionary);
            let (form, frame) = packer.pack(text);
            assert_eq!(form, 7);
            let mut reader = Decompressor::with_dictionary(dictionary).expect("a dictionary");
            assert_eq!(reader.decompress(frame, 1000).expect("reads"), text);
            frame.len()
        };
        assert!(size(&whole) < size(common));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let connection = Connection::open_in_memory().expect("opens");
        let reader = Unpacker::default();
        let mut packer = Packer::default();
        let (form, frame) = packer.pack(&[b'a'; 1000]);
        assert_eq!(form, ALONE);
        for broken in [&frame[..frame.len() - 1], b"", b"a"] {
            assert!(reader.unpack(&connection, form, broken.to_vec()).is_err());
        }
        assert!(reader.unpack(&connection, 7, frame.to_vec()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(content in prop::collection::vec(any::<u8>(), 0..3000), zeros in 0_usize..3000) {
            let content = [content, vec![0; zeros]].concat();
            let connection = Connection::open_in_memory().expect("opens");
            let mut packer = Packer::default();
            let (form, data) = packer.pack(&content);
            prop_assert!(data.len() <= content.len());
            let read = Unpacker::default().unpack(&connection, form, data.to_vec());
            prop_assert_eq!(read.expect("reads"), content);
        }
    }
}
