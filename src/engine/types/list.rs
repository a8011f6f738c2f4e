//! Lists.

use std::collections::VecDeque;

use bytes::Bytes;

/// A list. Redis 7.0 encodes every list as `quicklist`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List(pub VecDeque<Bytes>);

impl List {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        "quicklist"
    }
}
