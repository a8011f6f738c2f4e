//! Sorted sets: `listpack` while small, then `skiplist`, as Redis calls it (here it is a tree: see
//! [`super::ranks`]), with a table from member to score.

use super::EncodingLimits;
use super::element::Element;
use super::item::Item;
use super::pack::{Elements, Pack};
use super::ranks::{Ranks, Table, order};

/// A sorted set, in one of Redis's two encodings.
#[derive(Clone, Debug)]
pub struct ZSet(Form);

#[derive(Clone, Debug)]
enum Form {
    /// `listpack`: members and scores in turn, sorted.
    Listpack(Pack),
    /// `skiplist`
    Tree(Box<Tree>),
}

/// Members by name and in order. The order refers to members by their place in the table.
#[derive(Clone, Debug, Default)]
struct Tree {
    table: Table,
    ranks: Ranks,
}

impl Default for ZSet {
    fn default() -> Self {
        ZSet(Form::Listpack(Pack::default()))
    }
}

/// Members with their scores, lowest first, from either end.
pub type Members<'a> = Box<dyn DoubleEndedIterator<Item = (Item<'a>, f64)> + 'a>;

/// Members and scores of a pack.
#[derive(Clone)]
struct Pairs<'a>(Elements<'a>);

impl<'a> Iterator for Pairs<'a> {
    type Item = (Item<'a>, f64);

    fn next(&mut self) -> Option<Self::Item> {
        let (_, member) = self.0.next()?;
        let (_, score) = self.0.next()?;
        Some((member.item(), score.score()))
    }
}

impl DoubleEndedIterator for Pairs<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let (_, score) = self.0.next_back()?;
        let (_, member) = self.0.next_back()?;
        Some((member.item(), score.score()))
    }
}

/// A range of a pack, whose length is known beforehand as that of a range of ranks.
struct Counted<I>(I, usize);

impl<I: Iterator> Iterator for Counted<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<Self::Item> {
        self.1 = self.1.checked_sub(1)?;
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.1, Some(self.1))
    }
}

impl<I: DoubleEndedIterator> DoubleEndedIterator for Counted<I> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.1 = self.1.checked_sub(1)?;
        self.0.next_back()
    }
}

impl Tree {
    fn set(&mut self, member: &[u8], score: f64) -> Option<f64> {
        match self.table.add(member, score) {
            Ok(place) => {
                self.ranks.insert(score, place as u32, &self.table);
                None
            }
            Err((place, score)) => {
                let old = self.table.at(place).map(|(_, old)| *old)?;
                if old != score {
                    self.ranks.remove(old, member, &self.table);
                    if let Some(value) = self.table.at_mut(place) {
                        *value = score;
                    }
                    self.ranks.insert(score, place as u32, &self.table);
                }
                Some(old)
            }
        }
    }

    /// Removes the member at a place.
    fn remove_at(&mut self, place: usize) -> Option<f64> {
        let (member, score) = self.table.at(place)?;
        let score = *score;
        self.ranks.remove(score, member, &self.table);
        let last = self.table.len() - 1;
        if place < last
            && let Some((moved, score)) = self.table.at(last)
        {
            self.ranks.follow(*score, moved, place as u32, &self.table);
        }
        self.table.remove_at(place);
        Some(score)
    }
}

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
        match &self.0 {
            Form::Listpack(pack) => pack.len() / 2,
            Form::Tree(tree) => tree.ranks.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The score of `member`.
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match &self.0 {
            Form::Listpack(pack) => {
                let (_, behind) = pack.read(pack.find(member, 2)?)?;
                pack.read(behind).map(|(score, _)| score.score())
            }
            Form::Tree(tree) => tree.table.get(member).copied(),
        }
    }

    /// Sets the score of `member` (which is no NaN); the one it had comes back.
    #[inline]
    pub fn set(&mut self, member: &[u8], score: f64, limits: &EncodingLimits) -> Option<f64> {
        match &mut self.0 {
            Form::Tree(tree) => tree.set(member, score),
            Form::Listpack(_) => self.set_packed(member, score, limits),
        }
    }

    fn set_packed(&mut self, member: &[u8], score: f64, limits: &EncodingLimits) -> Option<f64> {
        let Form::Listpack(pack) = &mut self.0 else { return self.set(member, score, limits) };
        let found = pack.find(member, 2);
        let Some(at) = found else {
            if pack.len() / 2 >= limits.zset_entries || member.len() > limits.zset_value {
                self.make_skiplist();
                return self.set(member, score, limits);
            }
            insert_sorted(pack, member, score);
            return None;
        };
        let (old, end) = pack.read(at).and_then(|(_, behind)| pack.read(behind))?;
        let old = old.score();
        if old != score {
            pack.remove(at, end, 2);
            insert_sorted(pack, member, score);
        }
        Some(old)
    }

    /// Changes to the general encoding, if it is not yet.
    pub fn make_skiplist(&mut self) {
        if let Form::Listpack(pack) = &self.0 {
            let mut tree = Tree::default();
            for (member, score) in Pairs(pack.iter()) {
                tree.set(&member, score);
            }
            self.0 = Form::Tree(Box::new(tree));
        }
    }

    /// Removes `member`; its score comes back.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match &mut self.0 {
            Form::Listpack(pack) => {
                let at = pack.find(member, 2)?;
                let (score, end) = pack.read(at).and_then(|(_, behind)| pack.read(behind))?;
                let score = score.score();
                pack.remove(at, end, 2);
                Some(score)
            }
            Form::Tree(tree) => tree.remove_at(tree.table.place(member)?),
        }
    }

    /// Removes the members of ranks `from..to`; how many there were.
    pub fn remove_range(&mut self, from: usize, to: usize) -> usize {
        let to = to.min(self.len());
        if from >= to {
            return 0;
        }
        match &mut self.0 {
            Form::Listpack(pack) => pack.remove(pack.offset(from * 2), pack.offset(to * 2), (to - from) * 2),
            Form::Tree(tree) => {
                for _ in from..to {
                    let Some((_, place)) = tree.ranks.at(from) else { break };
                    tree.remove_at(place as usize);
                }
            }
        }
        to - from
    }

    /// The place of `member`, lowest score first.
    pub fn rank(&self, member: &[u8]) -> Option<usize> {
        match &self.0 {
            Form::Listpack(pack) => {
                let at = pack.find(member, 2)?;
                Some(pack.between(pack.start(), at).count() / 2)
            }
            Form::Tree(tree) => Some(tree.ranks.rank(*tree.table.get(member)?, member, &tree.table)),
        }
    }

    /// How many members stand before the first for which `before` does not hold.
    pub fn count_while(&self, mut before: impl FnMut(&[u8], f64) -> bool) -> usize {
        match &self.0 {
            Form::Listpack(pack) => Pairs(pack.iter()).take_while(|(member, score)| before(member, *score)).count(),
            Form::Tree(tree) => tree.ranks.count_while(&tree.table, before),
        }
    }

    /// How many members stand up to the last for which `within` holds, that one included.
    pub fn count_through(&self, mut within: impl FnMut(&[u8], f64) -> bool) -> usize {
        match &self.0 {
            Form::Listpack(pack) => {
                let beyond = Pairs(pack.iter()).rev().take_while(|(member, score)| !within(member, *score));
                pack.len() / 2 - beyond.count()
            }
            Form::Tree(tree) => tree.ranks.count_while(&tree.table, within),
        }
    }

    /// Members of ranks `from..to` with their scores, lowest first.
    pub fn range(&self, from: usize, to: usize) -> Members<'_> {
        let to = to.min(self.len());
        let from = from.min(to);
        match &self.0 {
            Form::Listpack(pack) => {
                let elements = pack.between(pack.offset(from * 2), pack.offset(to * 2));
                Box::new(Counted(Pairs(elements), to - from))
            }
            Form::Tree(tree) => {
                let members = tree.ranks.range(from, to, &tree.table);
                Box::new(members.map(|(member, score)| (Item::Text(member), score)))
            }
        }
    }

    /// Members with their scores, lowest first.
    pub fn iter(&self) -> Members<'_> {
        self.range(0, self.len())
    }

    /// The member at a position below [`ZSet::len`] (no rank): a fair draw for a fair index, in O(1).
    pub fn at(&self, index: usize) -> Option<(Item<'_>, f64)> {
        match &self.0 {
            Form::Listpack(pack) => Pairs(pack.between(pack.offset(index * 2), pack.end())).next(),
            Form::Tree(tree) => tree.table.at(index).map(|(member, score)| (Item::Text(member), *score)),
        }
    }

    /// The members at several positions: those of a listpack are counted off once, not for each of them.
    pub fn pick(&self, indexes: &[usize]) -> Vec<(Item<'_>, f64)> {
        match &self.0 {
            Form::Listpack(pack) if indexes.len() > 2 => {
                let pairs: Vec<_> = Pairs(pack.iter()).collect();
                indexes.iter().filter_map(|index| pairs.get(*index).copied()).collect()
            }
            _ => indexes.iter().filter_map(|index| self.at(*index)).collect(),
        }
    }

    /// One step of ZSCAN; see [`super::Dict::scan`]. A listpack is visited whole.
    pub fn scan<'a>(&'a self, cursor: u64, mut visit: impl FnMut(Item<'a>, f64)) -> u64 {
        match &self.0 {
            Form::Listpack(pack) => {
                Pairs(pack.iter()).for_each(|(member, score)| visit(member, score));
                0
            }
            Form::Tree(tree) => tree.table.scan(cursor, |member, score| visit(Item::Text(member), *score)),
        }
    }

    /// Whether it is in the compact encoding.
    pub fn is_packed(&self) -> bool {
        matches!(self.0, Form::Listpack(_))
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        if self.is_packed() { "listpack" } else { "skiplist" }
    }
}

/// Adds a member that is not there at its place.
fn insert_sorted(pack: &mut Pack, member: &[u8], score: f64) {
    // A listpack keeps whole scores as integers, which know no negative zero.
    let score = score + 0.0;
    let mut at = pack.start();
    let ahead = |at: usize| {
        let (other, behind) = pack.read(at)?;
        let (found, next) = pack.read(behind)?;
        order((found.score(), &other.item()), (score, member)).is_lt().then_some(next)
    };
    // Whoever adds in order adds at the end.
    let last = pack.before(pack.end()).and_then(|at| pack.before(at));
    match last.and_then(ahead) {
        Some(end) => at = end,
        None => {
            while let Some(next) = ahead(at) {
                at = next;
            }
        }
    }
    let behind = pack.insert(at, Element::of(member));
    pack.insert(behind, Element::of_score(score));
}

impl PartialEq for ZSet {
    fn eq(&self, other: &ZSet) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    type Model = BTreeMap<Vec<u8>, i32>;

    fn sorted(model: &Model) -> Vec<(Vec<u8>, f64)> {
        let mut members: Vec<_> = model.iter().map(|(member, score)| (member.clone(), f64::from(*score))).collect();
        members.sort_by(|a, b| order((a.1, &a.0), (b.1, &b.0)));
        members
    }

    fn check(zset: &ZSet, model: &Model, rng: &mut fastrand::Rng) {
        let expected = sorted(model);
        let own = |(member, score): (Item<'_>, f64)| (member.to_vec(), score);
        let (from, to) = (rng.usize(..=expected.len()), rng.usize(..=expected.len()));
        let (from, to) = (from.min(to), from.max(to));
        assert!(zset.range(from, to).map(own).eq(expected[from..to].iter().cloned()));
        assert!(zset.range(from, to).rev().map(own).eq(expected[from..to].iter().rev().cloned()));
        let (mut both, mut ends) = (zset.range(from, to), Vec::new());
        while let (Some(first), last) = (both.next(), both.next_back()) {
            ends.push((own(first), last.map(own)));
        }
        assert_eq!(ends.len(), (to - from).div_ceil(2));
        for (rank, (member, score)) in expected.iter().enumerate().skip(from).take(20) {
            assert_eq!((zset.rank(member), zset.score(member)), (Some(rank), Some(*score)));
            assert_eq!(zset.count_while(|m, s| order((s, m), (*score, member)).is_lt()), rank);
            assert_eq!(zset.count_through(|m, s| order((s, m), (*score, member)).is_le()), rank + 1);
        }
        assert_eq!(zset.len(), expected.len());
    }

    #[test]
    fn it_is_a_sorted_set_in_both_encodings() {
        for (seed, members, rounds) in [(1, 60, 3_000), (2, 3_000, 30_000), (3, 100_000, 30_000)] {
            let mut rng = fastrand::Rng::with_seed(seed);
            let (mut zset, mut model, limits) = (ZSet::default(), Model::new(), EncodingLimits::default());
            for round in 0..rounds {
                let member = rng.u32(..members).to_string().into_bytes();
                let score = rng.i32(-20..20) * if rng.bool() { 1 } else { 1000 };
                match rng.u8(..10) {
                    0..3 => assert_eq!(zset.remove(&member), model.remove(&member).map(f64::from)),
                    3 if rng.u8(..40) == 0 => {
                        let from = rng.usize(..=model.len());
                        let to = (from + rng.usize(..200)).min(model.len());
                        let gone: Vec<Vec<u8>> = sorted(&model)[from..to].iter().map(|(m, _)| m.clone()).collect();
                        assert_eq!(zset.remove_range(from, to), gone.len());
                        model.retain(|member, _| !gone.contains(member));
                    }
                    _ => {
                        let old = zset.set(&member, score.into(), &limits);
                        assert_eq!(old, model.insert(member, score).map(f64::from));
                    }
                }
                if round % (rounds / 60) == 0 {
                    check(&zset, &model, &mut rng);
                }
            }
            assert_eq!(zset.encoding(), if members == 60 { "listpack" } else { "skiplist" });
            while !zset.is_empty() {
                let to = zset.len().min(300);
                let gone: Vec<Vec<u8>> = zset.range(0, to).map(|(member, _)| member.to_vec()).collect();
                zset.remove_range(0, to);
                model.retain(|member, _| !gone.contains(member));
                check(&zset, &model, &mut rng);
            }
        }
    }

    #[test]
    fn it_leaves_the_listpack_by_count_or_by_length() {
        let limits = EncodingLimits { zset_entries: 3, zset_value: 4, ..EncodingLimits::default() };
        let mut zset = ZSet::default();
        for member in ["a", "b", "c"] {
            zset.set(member.as_bytes(), -0.0, &limits);
        }
        assert!(zset.is_packed() && zset.score(b"a").is_some_and(f64::is_sign_positive));
        zset.set(b"d", 0.5, &limits);
        assert_eq!((zset.encoding(), zset.len()), ("skiplist", 4));
        let mut long = ZSet::default();
        long.set(b"abcde", 1.0, &limits);
        assert_eq!(long.encoding(), "skiplist");
    }
}
