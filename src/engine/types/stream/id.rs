//! The ids of entries.

use std::fmt;

use bytes::Bytes;

/// The id of an entry: a time in milliseconds, and a number among the entries of that time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// Milliseconds since the Unix epoch, unless whoever added the entry chose something else.
    pub ms: u64,
    /// The number among those of the same millisecond.
    pub seq: u64,
}

impl StreamId {
    /// `0-0`, which no entry has.
    pub const MIN: StreamId = StreamId { ms: 0, seq: 0 };
    /// The greatest id there is.
    pub const MAX: StreamId = StreamId { ms: u64::MAX, seq: u64::MAX };

    /// The id `ms-seq`.
    pub fn new(ms: u64, seq: u64) -> StreamId {
        StreamId { ms, seq }
    }

    /// The next greater id; `None` behind the greatest.
    pub fn next(self) -> Option<StreamId> {
        match (self.ms, self.seq.checked_add(1)) {
            (ms, Some(seq)) => Some(StreamId { ms, seq }),
            (ms, None) => Some(StreamId { ms: ms.checked_add(1)?, seq: 0 }),
        }
    }

    /// The next smaller id; `None` before `0-0`.
    pub fn previous(self) -> Option<StreamId> {
        match (self.ms, self.seq.checked_sub(1)) {
            (ms, Some(seq)) => Some(StreamId { ms, seq }),
            (ms, None) => Some(StreamId { ms: ms.checked_sub(1)?, seq: u64::MAX }),
        }
    }

    /// Its 16 bytes in the order in which Redis sorts and stores them: highest first.
    pub fn to_bytes(self) -> [u8; 16] {
        let wide = u128::from(self.ms) << 64 | u128::from(self.seq);
        wide.to_be_bytes()
    }

    /// The id of 16 such bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> StreamId {
        let wide = u128::from_be_bytes(bytes);
        StreamId { ms: (wide >> 64) as u64, seq: wide as u64 }
    }

    /// The text `ms-seq`.
    pub fn text(self) -> Bytes {
        Bytes::from(self.to_string())
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_neighbours_and_bytes() {
        assert_eq!(StreamId::new(1, u64::MAX).next(), Some(StreamId::new(2, 0)));
        assert_eq!(StreamId::new(2, 0).previous(), Some(StreamId::new(1, u64::MAX)));
        assert_eq!((StreamId::MAX.next(), StreamId::MIN.previous()), (None, None));
        for id in [StreamId::MIN, StreamId::MAX, StreamId::new(7, 9)] {
            assert_eq!(StreamId::from_bytes(id.to_bytes()), id);
        }
        assert!(StreamId::new(2, 0).to_bytes() > StreamId::new(1, 300).to_bytes());
        assert_eq!(StreamId::new(3, 4).text(), "3-4");
    }
}
