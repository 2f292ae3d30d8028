//! Header lines and bodies as they are kept: those of deliveries that were written together share a
//! frame, compressed with a dictionary of what deliveries of this log have in common.

use std::cell::RefCell;
use std::io;

use bytes::Bytes;
use rusqlite::{CachedStatement, Connection, Row, params};
use zstd::bulk::{Compressor, Decompressor};

use super::dictionary;
use super::frame::{ENOUGH, Frame, place};
use crate::core::message::Message;

/// Where a frame holds a delivery `d`: the last that begins at it or before it.
macro_rules! frame_of {
    () => {
        "content c ON c.delivery = (SELECT max(delivery) FROM content WHERE delivery <= d.id)"
    };
}
pub(super) use frame_of;

/// The columns that [`Unpacker::content`] reads, of a frame `c`.
macro_rules! frame_columns {
    () => {
        "c.delivery, c.form, c.headers, c.more, c.data"
    };
}
pub(super) use frame_columns;

/// Content that stands as it is.
const PLAIN: i64 = 0;
/// Content that is compressed without a dictionary; above are the dictionaries' numbers.
pub(super) const ALONE: i64 = 1;
/// The fastest there is: a delivery's sender waits for it.
const LEVEL: i32 = 1;
/// What is larger is kept as it is.
const LARGEST: usize = 1 << 30;

/// Compresses what is written.
pub(super) struct Packer {
    compressor: Option<Compressor<'static>>,
    /// The form of what it makes.
    form: i64,
    frame: Frame,
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
            frame: Frame::default(),
            packed: Vec::new(),
            dictionaries: None,
            last: 0,
        }
    }
}

impl Packer {
    /// What a frame is written with.
    pub(super) fn insert(connection: &Connection) -> rusqlite::Result<CachedStatement<'_>> {
        connection.prepare_cached(
            "INSERT INTO content (delivery, form, headers, more, data)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )
    }

    /// Takes in a delivery's content; writes what is there before it where that is enough.
    pub(super) fn add(
        &mut self,
        insert: &mut CachedStatement<'_>,
        number: i64,
        message: &Message,
    ) -> rusqlite::Result<()> {
        let (headers, body) = (message.headers.size(), message.body.len());
        if !self.frame.takes(number, headers + body) {
            self.write(insert)?;
        }
        let bytes = &mut self.frame.bytes;
        // At once, so that it does not leave room behind as it grows.
        bytes.reserve_exact(ENOUGH.saturating_sub(bytes.len()).max(headers + body));
        message.headers.write_lines(bytes);
        bytes.extend_from_slice(&message.body);
        self.frame.add(number, headers, body);
        self.last = number;
        Ok(())
    }

    /// Writes what was taken in.
    pub(super) fn write(&mut self, insert: &mut CachedStatement<'_>) -> rusqlite::Result<()> {
        if self.frame.lengths.is_empty() {
            return Ok(());
        }
        let (headers, more) = self.frame.kept_lengths();
        let first = self.frame.first;
        let (form, data) = self.pack();
        insert.execute(params![first, form, headers, more, data])?;
        self.frame.clear();
        self.packed.shrink_to(2 * ENOUGH);
        Ok(())
    }

    /// The form the frame is kept in, and its bytes then.
    fn pack(&mut self) -> (i64, &[u8]) {
        let content = &self.frame.bytes;
        let Some(compressor) = self
            .compressor
            .as_mut()
            .filter(|_| content.len() <= LARGEST)
        else {
            return (PLAIN, content);
        };
        self.packed.clear();
        self.packed
            .reserve(zstd::zstd_safe::compress_bound(content.len().max(ENOUGH)));
        match compressor.compress_to_buffer(content, &mut self.packed) {
            Ok(size) if size < content.len() => (self.form, &self.packed),
            _ => (PLAIN, content),
        }
    }

    /// Takes the newest dictionary of a log into use, or makes one where the log has grown enough for
    /// that since.
    pub(super) fn prepare(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let known = match self.dictionaries {
            Some(known) => known,
            None => self.use_newest(connection)?,
        };
        if self.last < dictionary::wanted_from(known) {
            return Ok(());
        }
        // Where there is nothing in common, that may be otherwise when there is more.
        self.dictionaries = Some(known + 1);
        if let Some((form, dictionary)) = dictionary::make(connection)? {
            self.dictionaries = Some(form - ALONE);
            self.use_dictionary(form, &dictionary);
        }
        Ok(())
    }

    /// Takes the newest dictionary of a log into use; gives how many there are.
    fn use_newest(&mut self, connection: &Connection) -> rusqlite::Result<i64> {
        let newest = dictionary::newest(connection)?;
        let known = newest.as_ref().map_or(0, |own| own.0 - ALONE);
        if let Some((form, dictionary)) = newest {
            self.use_dictionary(form, &dictionary);
        }
        Ok(*self.dictionaries.insert(known))
    }

    fn use_dictionary(&mut self, form: i64, dictionary: &[u8]) {
        if let Ok(compressor) = Compressor::with_dictionary(LEVEL, dictionary) {
            self.compressor = Some(compressor);
            self.form = form;
        }
    }
}

/// Where the frame that holds this number begins.
pub(super) fn frame(connection: &Connection, number: i64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT max(delivery) FROM content WHERE delivery <= ?1")?
        .query_row([number], |row| row.get(0))
}

/// Takes what was deleted out of the frames that begin at these numbers, where others are left in them. One
/// that nobody can read any more stays as it is.
pub(super) fn tidy(
    connection: &Connection,
    frames: impl IntoIterator<Item = i64>,
) -> rusqlite::Result<()> {
    let unpacker = Unpacker::default();
    let mut packer = Packer::default();
    packer.use_newest(connection)?;
    let mut left = connection.prepare_cached(concat!(
        "SELECT d.id, ",
        frame_columns!(),
        " FROM content c CROSS JOIN delivery d
         WHERE c.delivery = ?1 AND c.more IS NOT NULL AND d.id >= ?1 AND d.id < coalesce(
            (SELECT min(delivery) FROM content WHERE delivery > ?1), 9223372036854775807)
         ORDER BY d.id"
    ))?;
    let mut update = connection.prepare_cached(
        "UPDATE content SET form = ?2, headers = ?3, more = ?4, data = ?5 WHERE delivery = ?1",
    )?;
    'frames: for first in frames {
        let mut rows = left.query([first])?;
        packer.frame.clear();
        packer.frame.first = first;
        while let Some(row) = rows.next()? {
            let (content, headers) = match unpacker.content(connection, row, (row.get(0)?, 1)) {
                Err(rusqlite::Error::FromSqlConversionFailure(..)) => continue 'frames,
                content => content?,
            };
            // What was deleted keeps its place, with nothing in it.
            let place = usize::try_from(row.get::<_, i64>(0)? - first).unwrap_or(0);
            let lengths = &mut packer.frame.lengths;
            lengths.resize(place, (0, 0));
            lengths.push((headers, content.len() - headers));
            packer.frame.bytes.extend_from_slice(&content);
        }
        drop(rows);
        packer.write(&mut update)?;
    }
    Ok(())
}

/// Reads what was compressed.
#[derive(Default)]
pub(super) struct Unpacker {
    /// The one used last, by its form: a log has few, and mostly one is of use.
    last: RefCell<Option<(i64, Decompressor<'static>)>>,
    /// The frame read last that deliveries share: mostly the next is in it too.
    shared: RefCell<Option<Shared>>,
}

/// A frame of more than one delivery.
struct Shared {
    form: i64,
    /// As it is kept.
    data: Vec<u8>,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacker")
    }
}

impl Unpacker {
    /// Header lines and body of the delivery of this number, and where the body begins; its frame stands in
    /// [`frame_columns`], from this column of a row on.
    pub(super) fn content(
        &self,
        connection: &Connection,
        row: &Row<'_>,
        (number, at): (i64, usize),
    ) -> rusqlite::Result<(Bytes, usize)> {
        let (first, form): (i64, i64) = (row.get(at)?, row.get(at + 1)?);
        let headers = usize::try_from(row.get::<_, i64>(at + 2)?).unwrap_or(0);
        let more = row.get_ref(at + 3)?.as_bytes_or_null()?;
        let data = row.get_ref(at + 4)?.as_bytes()?;
        let Some(more) = more else {
            let mut content = Vec::new();
            self.unpack(connection, form, data, &mut content)?;
            let content = Bytes::from(content);
            let middle = headers.min(content.len());
            return Ok((content, middle));
        };
        let mut shared = self.shared.borrow_mut();
        // Held against its bytes and not its number: what was pruned is written anew under its old one.
        if shared
            .as_ref()
            .is_none_or(|own| own.form != form || own.data != data)
        {
            // In the room of the one before: many are read one after the other.
            let (mut old, mut bytes) = shared
                .take()
                .map(|own| (own.data, own.bytes))
                .unwrap_or_default();
            self.unpack(connection, form, data, &mut bytes)?;
            old.clear();
            old.extend_from_slice(data);
            *shared = Some(Shared {
                form,
                data: old,
                bytes,
            });
        }
        let bytes = shared.as_ref().map_or(&[][..], |own| &own.bytes);
        let at = number.checked_sub(first);
        let at = at.and_then(|own| usize::try_from(own).ok());
        at.and_then(|at| place(headers, more, at))
            .and_then(|(begin, middle, end)| Some((bytes.get(begin..end)?, middle - begin)))
            .map(|(content, middle)| (Bytes::copy_from_slice(content), middle))
            .ok_or_else(|| unreadable(io::ErrorKind::InvalidData.into()))
    }

    /// Makes the bytes of a frame in this form, instead of what is in the room for them.
    fn unpack(
        &self,
        connection: &Connection,
        form: i64,
        data: &[u8],
        bytes: &mut Vec<u8>,
    ) -> rusqlite::Result<()> {
        bytes.clear();
        if form == PLAIN {
            bytes.extend_from_slice(data);
            return Ok(());
        }
        if data.is_empty() {
            // No frame is, though it is read as one of nothing.
            return Err(unreadable(io::ErrorKind::UnexpectedEof.into()));
        }
        let mut last = self.last.borrow_mut();
        if last.as_ref().is_none_or(|own| own.0 != form) {
            let reader = match form {
                ALONE => Decompressor::new(),
                _ => Decompressor::with_dictionary(&dictionary::of(connection, form)?),
            };
            *last = Some((form, reader.map_err(unreadable)?));
        }
        if let Some((_, reader)) = last.as_mut() {
            let size = Decompressor::upper_bound(data).unwrap_or(LARGEST);
            bytes.reserve_exact(size.min(LARGEST));
            (reader.decompress_to_buffer(data, bytes)).map_err(unreadable)?;
        }
        Ok(())
    }
}

fn unreadable(error: io::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, error.into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::core::delivery::{Delivery, Direction};
    use crate::core::message::{Headers, Message};
    use crate::log::Log;
    use crate::log::row::{self, Beside, Inserts, Memory};

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
    fn a_dictionary_s_beginning_is_taken_for_what_it_is() {
        let common = br#"{"repository":"acme/widgets","id":"#.as_slice();
        let text = br#"{"repository":"acme/widgets","id":"not in the dictionary at all"}"#;
        let whole = [dictionary::BEGINNING.as_slice(), common].concat();
        let size = |dictionary: &[u8]| {
            let mut packer = Packer::default();
            packer.use_dictionary(7, dictionary);
            packer.frame.bytes = text.to_vec();
            let (form, frame) = packer.pack();
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
        packer.frame.bytes = vec![b'a'; 1000];
        let (form, frame) = packer.pack();
        assert_eq!(form, ALONE);
        let mut room = Vec::new();
        for broken in [&frame[..frame.len() - 1], b"", b"a"] {
            assert!(reader.unpack(&connection, form, broken, &mut room).is_err());
        }
        assert!(reader.unpack(&connection, 7, frame, &mut room).is_err());
    }

    /// Writes deliveries with these bodies in one transaction.
    fn record_together(log: &Log, bodies: &[Vec<u8>]) {
        let transaction = log.connection.unchecked_transaction().expect("begins");
        let mut memory = Memory::default();
        memory.packer.prepare(&transaction).expect("reads");
        let mut inserts = Inserts::new(&transaction).expect("prepares");
        for body in bodies {
            let delivery = with_body(body);
            row::insert(
                &transaction,
                &mut inserts,
                &mut memory,
                &delivery,
                Beside::default(),
            )
            .expect("inserts");
        }
        inserts.write_content(&mut memory).expect("writes");
        drop(inserts);
        transaction.commit().expect("commits");
    }

    fn with_body(body: &[u8]) -> Delivery {
        let length = body.len().to_string();
        let headers: Headers = [("X-Length", length)].into_iter().collect();
        // Some have no content at all.
        let headers = if body.is_empty() {
            Headers::new()
        } else {
            headers
        };
        Delivery::new(
            Direction::Received,
            jiff::Timestamp::UNIX_EPOCH,
            Message::post(headers, body.to_vec()),
        )
    }

    fn frames(log: &Log) -> Vec<i64> {
        let mut statement = (log.connection)
            .prepare("SELECT delivery FROM content ORDER BY delivery")
            .expect("prepares");
        let rows = statement.query_map([], |row| row.get(0)).expect("reads");
        rows.collect::<Result<_, _>>().expect("reads")
    }

    #[test]
    fn deliveries_that_are_written_together_share_a_frame_up_to_a_size() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let body = |size: usize| vec![b'a'; size];
        let sizes = [10, 0, 20, 200_000, 5, ENOUGH - 100, 300, 1];
        record_together(&log, &sizes.map(body));
        record_together(&log, &[body(7)]);
        assert_eq!(frames(&log), [1, 4, 5, 7, 9]);
        for (id, size) in (1..).zip(sizes) {
            let read = log.delivery(id).expect("there").message;
            assert_eq!(read, with_body(&body(size)).message, "{id}");
        }
    }

    #[test]
    fn what_is_pruned_leaves_the_frame_it_shared() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let bodies: Vec<Vec<u8>> = (1..=6)
            .map(|id| format!("the secret of {id}").into_bytes())
            .collect();
        record_together(&log, &bodies);
        record_together(&log, &bodies[..1]);
        log.prune(&[1, 3, 6]).expect("prunes");
        assert_eq!(frames(&log), [1, 7]);
        let (form, data): (i64, Vec<u8>) = (log.connection)
            .query_row(
                "SELECT form, data FROM content WHERE delivery = 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .expect("there");
        let mut kept = Vec::new();
        (log.unpacker)
            .unpack(&log.connection, form, &data, &mut kept)
            .expect("reads");
        let kept = String::from_utf8_lossy(&kept).into_owned();
        for id in 1..=6 {
            let is_left = [2, 4, 5].contains(&id);
            assert_eq!(kept.contains(&format!("secret of {id}")), is_left, "{kept}");
        }
        log.prune(&[2, 4, 5]).expect("prunes");
        assert_eq!(frames(&log), [7]);
    }

    #[test]
    fn what_cannot_be_read_can_be_pruned() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        for _ in 0..2 {
            record_together(&log, &[b"a".to_vec(), b"b".to_vec(), b"c".to_vec()]);
        }
        (log.connection)
            .execute(
                "UPDATE content SET form = 1, data = x'00' WHERE delivery = 1",
                [],
            )
            .expect("updates");
        assert!(log.delivery(2).is_err());
        let deleted = log.prune(&[1, 5]).map(|own| own.deliveries);
        assert_eq!(deleted, Ok(2));
        assert_eq!(&log.delivery(6).expect("there").message.body[..], b"c");
        let deleted = log.prune(&[2, 3]).map(|own| own.deliveries);
        assert_eq!(deleted, Ok(2));
        assert_eq!(frames(&log), [4]);
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(content in prop::collection::vec(any::<u8>(), 0..3000), zeros in 0_usize..3000) {
            let content = [content, vec![0; zeros]].concat();
            let connection = Connection::open_in_memory().expect("opens");
            let mut packer = Packer::default();
            packer.frame.bytes.clone_from(&content);
            let (form, data) = packer.pack();
            prop_assert!(data.len() <= content.len());
            let mut read = vec![1];
            let result = Unpacker::default().unpack(&connection, form, data, &mut read);
            prop_assert!(result.is_ok());
            prop_assert_eq!(read, content);
        }

        #[test]
        fn frames_give_back_what_is_left_of_them(
            groups in prop::collection::vec(
                prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..12),
                1..4,
            ),
            pruned in prop::collection::btree_set(1_i64..40, 0..30),
            times in 1_usize..90,
        ) {
            let folder = tempfile::tempdir().expect("a folder");
            let log = Log::open(&folder.path().join("log.db")).expect("opens");
            let mut wanted: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
            let write = |log: &Log, wanted: &mut BTreeMap<i64, Vec<u8>>| {
                for group in &groups {
                    let group: Vec<Vec<u8>> = group.iter().map(|own| own.repeat(times)).collect();
                    record_together(log, &group);
                    for body in group {
                        let next = wanted.last_key_value().map_or(1, |(last, _)| last + 1);
                        wanted.insert(next, body);
                    }
                }
            };
            write(&log, &mut wanted);
            let numbers: Vec<i64> = pruned.into_iter().collect();
            log.prune(&numbers).expect("prunes");
            wanted.retain(|id, _| !numbers.contains(id));
            // Numbers that are free at the end are given again.
            write(&log, &mut wanted);
            for (&id, body) in &wanted {
                prop_assert_eq!(log.delivery(id).expect("there").message, with_body(body).message);
            }
            prop_assert!(log.prune(&wanted.into_keys().collect::<Vec<_>>()).is_ok());
            prop_assert_eq!(frames(&log), Vec::<i64>::new());
        }
    }
}
