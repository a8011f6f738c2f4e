//! Sorted sets: `listpack` while small, then `skiplist` (with a table from member to score).

use super::EncodingLimits;
use super::blob::Blob;
use super::dict::Dict;
use super::item::Item;
use super::skiplist::{SkipList, order};

/// A sorted set, in one of Redis's two encodings.
#[derive(Clone, Debug)]
pub enum ZSet {
    /// `listpack`: sorted pairs.
    Listpack(Vec<(Blob, f64)>),
    /// `skiplist`
    Skiplist {
        /// Scores by member.
        scores: Dict<f64, Blob>,
        /// The order.
        list: SkipList,
    },
}

impl Default for ZSet {
    fn default() -> Self {
        ZSet::Listpack(Vec::new())
    }
}

/// Members with their scores, lowest first, from either end.
pub type Members<'a> = Box<dyn DoubleEndedIterator<Item = (Item<'a>, f64)> + 'a>;

impl ZSet {
    /// A sorted set of different members; its encoding is decided at once, by all of them.
    pub fn collect<M: AsRef<[u8]>>(members: &[(M, f64)], limits: &EncodingLimits) -> ZSet {
        let mut zset = ZSet::default();
        if members.len() > limits.zset_entries
            || members.iter().any(|(member, _)| member.as_ref().len() > limits.zset_value)
        {
            zset.make_skiplist();
        }
        for (member, score) in members {
            zset.set(member.as_ref(), *score, limits);
        }
        zset
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        match self {
            ZSet::Listpack(pairs) => pairs.len(),
            ZSet::Skiplist { list, .. } => list.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The score of `member`.
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match self {
            ZSet::Listpack(pairs) => pairs.iter().find(|(m, _)| **m == *member).map(|(_, score)| *score),
            ZSet::Skiplist { scores, .. } => scores.get(member).copied(),
        }
    }

    /// Sets the score of `member` (which is no NaN); the one it had comes back.
    pub fn set(&mut self, member: &[u8], score: f64, limits: &EncodingLimits) -> Option<f64> {
        let old = self.score(member);
        if old == Some(score) {
            return old;
        }
        if old.is_none() && (self.len() >= limits.zset_entries || member.len() > limits.zset_value) {
            self.make_skiplist();
        }
        match self {
            ZSet::Listpack(pairs) => {
                let kept = pairs.iter().position(|(m, _)| **m == *member).map(|at| pairs.remove(at).0);
                let kept = kept.unwrap_or_else(|| Blob::new(member));
                let at = pairs.partition_point(|(m, s)| order((*s, m), (score, member)).is_lt());
                // A listpack keeps whole scores as integers, which know no negative zero.
                pairs.insert(at, (kept, score + 0.0));
            }
            ZSet::Skiplist { scores, list } => {
                let kept = scores.get_entry(member).map(|(m, _)| m.clone());
                let kept = kept.unwrap_or_else(|| Blob::new(member));
                if let Some(old) = old {
                    list.remove(old, member);
                }
                list.insert(score, kept.clone());
                scores.insert(kept, score);
            }
        }
        old
    }

    /// Changes to the general encoding, if it is not yet.
    pub fn make_skiplist(&mut self) {
        if let ZSet::Listpack(pairs) = self {
            let (mut scores, mut list) = (Dict::default(), SkipList::default());
            for (member, score) in pairs.drain(..) {
                list.insert(score, member.clone());
                scores.insert(member, score);
            }
            *self = ZSet::Skiplist { scores, list };
        }
    }

    /// Removes `member`; its score comes back.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match self {
            ZSet::Listpack(pairs) => {
                let at = pairs.iter().position(|(m, _)| **m == *member)?;
                Some(pairs.remove(at).1)
            }
            ZSet::Skiplist { scores, list } => {
                let score = scores.remove(member)?;
                list.remove(score, member);
                Some(score)
            }
        }
    }

    /// Removes the members of ranks `from..to`; how many there were.
    pub fn remove_range(&mut self, from: usize, to: usize) -> usize {
        let to = to.min(self.len());
        if from >= to {
            return 0;
        }
        match self {
            ZSet::Listpack(pairs) => drop(pairs.drain(from..to)),
            ZSet::Skiplist { scores, list } => {
                for member in list.remove_range(from, to) {
                    scores.remove(&member);
                }
            }
        }
        to - from
    }

    /// The place of `member`, lowest score first.
    pub fn rank(&self, member: &[u8]) -> Option<usize> {
        match self {
            ZSet::Listpack(pairs) => pairs.iter().position(|(m, _)| **m == *member),
            ZSet::Skiplist { scores, list } => Some(list.rank(*scores.get(member)?, member)),
        }
    }

    /// How many members stand before the first for which `before` does not hold.
    pub fn count_while(&self, mut before: impl FnMut(&[u8], f64) -> bool) -> usize {
        match self {
            ZSet::Listpack(pairs) => pairs.iter().position(|(m, s)| !before(m, *s)).unwrap_or(pairs.len()),
            ZSet::Skiplist { list, .. } => list.count_while(before),
        }
    }

    /// How many members stand up to the last for which `within` holds, that one included.
    pub fn count_through(&self, mut within: impl FnMut(&[u8], f64) -> bool) -> usize {
        match self {
            ZSet::Listpack(pairs) => pairs.iter().rposition(|(m, s)| within(m, *s)).map_or(0, |at| at + 1),
            ZSet::Skiplist { list, .. } => list.count_while(within),
        }
    }

    /// Members of ranks `from..to` with their scores, lowest first.
    pub fn range(&self, from: usize, to: usize) -> Members<'_> {
        match self {
            ZSet::Listpack(pairs) => {
                let to = to.min(pairs.len());
                Box::new(pairs[from.min(to)..to].iter().map(|(member, score)| (Item::Text(member), *score)))
            }
            ZSet::Skiplist { list, .. } => {
                Box::new(list.range(from, to).map(|(member, score)| (Item::Text(member), score)))
            }
        }
    }

    /// Members with their scores, lowest first.
    pub fn iter(&self) -> Members<'_> {
        self.range(0, self.len())
    }

    /// The member at a position below [`ZSet::len`] (no rank): a fair draw for a fair index, in O(1).
    pub fn at(&self, index: usize) -> Option<(Item<'_>, f64)> {
        match self {
            ZSet::Listpack(pairs) => pairs.get(index).map(|(member, score)| (Item::Text(member), *score)),
            ZSet::Skiplist { scores, .. } => scores.at(index).map(|(member, score)| (Item::Text(member), *score)),
        }
    }

    /// One step of ZSCAN; see [`Dict::scan`]. A listpack is visited whole.
    pub fn scan<'a>(&'a self, cursor: u64, mut visit: impl FnMut(Item<'a>, f64)) -> u64 {
        match self {
            ZSet::Listpack(pairs) => {
                pairs.iter().for_each(|(member, score)| visit(Item::Text(member), *score));
                0
            }
            ZSet::Skiplist { scores, .. } => scores.scan(cursor, |member, score| visit(Item::Text(member), *score)),
        }
    }

    /// Whether it is in the compact encoding.
    pub fn is_packed(&self) -> bool {
        matches!(self, ZSet::Listpack(_))
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match self {
            ZSet::Listpack(_) => "listpack",
            ZSet::Skiplist { .. } => "skiplist",
        }
    }
}

impl PartialEq for ZSet {
    fn eq(&self, other: &ZSet) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}
