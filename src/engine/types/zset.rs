//! Sorted sets.

use bytes::Bytes;

/// A sorted set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ZSet {
    members: Vec<(f64, Bytes)>,
}

impl ZSet {
    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Members with their scores, lowest first.
    pub fn iter(&self) -> Box<dyn DoubleEndedIterator<Item = (&Bytes, f64)> + '_> {
        Box::new(self.members.iter().map(|(score, member)| (member, *score)))
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        "listpack"
    }
}
