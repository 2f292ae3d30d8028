//! What deliveries that are written together share: their bytes one after the other, and how long each is.

/// A frame takes in no further delivery that would make more bytes of it than this: whoever reads one
/// reads them all.
pub(super) const ENOUGH: usize = 32 * 1024;

/// What is written next, of deliveries with numbers that follow each other.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// The number of the first.
    pub(super) first: i64,
    /// How many bytes of header lines and of a body each has.
    pub(super) lengths: Vec<(usize, usize)>,
    /// Header lines and body of each.
    pub(super) bytes: Vec<u8>,
}

impl Frame {
    /// Whether it takes in a delivery of this number, with so many bytes.
    pub(super) fn takes(&self, number: i64, size: usize) -> bool {
        let next = i64::try_from(self.lengths.len()).map_or(i64::MAX, |own| self.first + own);
        self.lengths.is_empty() || number == next && self.bytes.len() + size <= ENOUGH
    }

    pub(super) fn add(&mut self, number: i64, headers: usize, body: usize) {
        if self.lengths.is_empty() {
            self.first = number;
        }
        self.lengths.push((headers, body));
    }

    /// The first's bytes of header lines, and the other lengths as they are kept: none where there is
    /// only one delivery.
    pub(super) fn kept_lengths(&self) -> (i64, Option<Vec<u8>>) {
        let mut lengths = self.lengths.iter();
        let first = lengths.next().copied().unwrap_or_default();
        let headers = i64::try_from(first.0).unwrap_or(i64::MAX);
        if lengths.len() == 0 {
            return (headers, None);
        }
        let mut more = Vec::with_capacity(4 * self.lengths.len());
        write_length(first.1, &mut more);
        for &(headers, body) in lengths {
            write_length(headers, &mut more);
            write_length(body, &mut more);
        }
        (headers, Some(more))
    }

    pub(super) fn clear(&mut self) {
        self.lengths.clear();
        self.bytes.clear();
        // What one large body took is not kept for all the small ones.
        self.bytes.shrink_to(ENOUGH);
    }
}

/// Seven bits a byte, the lowest first, the highest bit set where more follow.
fn write_length(mut length: usize, kept: &mut Vec<u8>) {
    while length > 0x7f {
        kept.push(length.to_le_bytes()[0] | 0x80);
        length >>= 7;
    }
    kept.push(length.to_le_bytes()[0]);
}

/// Takes a length off the front of those that are kept.
fn read_length(kept: &mut &[u8]) -> Option<usize> {
    let mut length = 0_usize;
    for shift in (0..usize::BITS).step_by(7) {
        let (&byte, rest) = kept.split_first()?;
        *kept = rest;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(length);
        }
    }
    None
}

/// Where in a frame the header lines of the delivery at this place begin, and where its body does and ends.
pub(super) fn place(headers: usize, mut more: &[u8], at: usize) -> Option<(usize, usize, usize)> {
    let (mut begin, mut headers) = (0_usize, headers);
    for _ in 0..at {
        let body = read_length(&mut more)?;
        begin = begin.checked_add(headers)?.checked_add(body)?;
        headers = read_length(&mut more)?;
    }
    let middle = begin.checked_add(headers)?;
    Some((begin, middle, middle.checked_add(read_length(&mut more)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_are_cut_off_or_without_end_are_no_lengths() {
        assert_eq!(place(3, &[2, 0x80, 1, 4], 1), Some((5, 133, 137)));
        assert_eq!(place(3, &[2, 0x80, 1, 4], 2), None);
        assert_eq!(place(3, &[2, 0x80], 1), None);
        assert_eq!(place(3, &[0xff; 40], 0), None);
        let mut most = Vec::new();
        write_length(usize::MAX, &mut most);
        assert_eq!(read_length(&mut &most[..]), Some(usize::MAX));
        assert_eq!(place(3, &most, 0), None);
    }
}
