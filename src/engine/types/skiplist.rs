//! A skip list whose links carry spans, so that ranks are found on the way. Source: Redis's `t_zset.c`, after William
//! Pugh's paper. Nodes lie in an arena; levels come from a small generator inside the list, so that two lists with the
//! same history are the same.

use std::cmp::Ordering;

use super::blob::Blob;

const NONE: u32 = u32::MAX;
const MAX_LEVEL: usize = 32;
/// The header's place in the arena.
const HEAD: usize = 0;

#[derive(Clone, Copy, Debug)]
struct Link {
    next: u32,
    /// How many nodes further `next` stands; to the end of the list where there is none.
    span: u32,
}

#[derive(Clone, Debug)]
struct Node {
    member: Blob,
    score: f64,
    back: u32,
    links: Vec<Link>,
}

/// Members in the order of their scores, those of one score in the order of their bytes.
#[derive(Clone, Debug)]
pub struct SkipList {
    nodes: Vec<Node>,
    free: Vec<u32>,
    tail: u32,
    len: usize,
    draws: u64,
}

/// The way to a place: the last node before it on each level, and that node's rank (the header's is 0).
struct Path {
    nodes: [usize; MAX_LEVEL],
    ranks: [usize; MAX_LEVEL],
}

impl Default for SkipList {
    fn default() -> Self {
        let head = Node { member: Blob::default(), score: 0.0, back: NONE, links: vec![Link { next: NONE, span: 0 }] };
        SkipList { nodes: vec![head], free: Vec::new(), tail: NONE, len: 0, draws: 0x9e37_79b9_7f4a_7c15 }
    }
}

/// The order of a sorted set.
pub fn order(a: (f64, &[u8]), b: (f64, &[u8])) -> Ordering {
    a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal).then_with(|| a.1.cmp(b.1))
}

impl SkipList {
    /// How many members there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Follows links as long as `before` holds for the node they lead to.
    fn path(&self, mut before: impl FnMut(&[u8], f64) -> bool) -> Path {
        let mut path = Path { nodes: [HEAD; MAX_LEVEL], ranks: [0; MAX_LEVEL] };
        let (mut at, mut rank) = (HEAD, 0);
        for level in (0..self.nodes[HEAD].links.len()).rev() {
            loop {
                let link = self.nodes[at].links[level];
                let Some(next) = self.nodes.get(link.next as usize) else { break };
                if !before(&next.member, next.score) {
                    break;
                }
                at = link.next as usize;
                rank += link.span as usize;
            }
            path.nodes[level] = at;
            path.ranks[level] = rank;
        }
        path
    }

    /// The way to the node of rank `rank` (from 0).
    fn path_to(&self, rank: usize) -> Path {
        let mut path = Path { nodes: [HEAD; MAX_LEVEL], ranks: [0; MAX_LEVEL] };
        let (mut at, mut passed) = (HEAD, 0);
        for level in (0..self.nodes[HEAD].links.len()).rev() {
            loop {
                let link = self.nodes[at].links[level];
                if link.next == NONE || passed + link.span as usize > rank {
                    break;
                }
                at = link.next as usize;
                passed += link.span as usize;
            }
            path.nodes[level] = at;
            path.ranks[level] = passed;
        }
        path
    }

    /// How many members there are before the first for which `before` does not hold; it must hold for a prefix.
    pub fn count_while(&self, before: impl FnMut(&[u8], f64) -> bool) -> usize {
        self.path(before).ranks[0]
    }

    /// The rank of a member that is there.
    pub fn rank(&self, score: f64, member: &[u8]) -> usize {
        self.count_while(|m, s| order((s, m), (score, member)) == Ordering::Less)
    }

    /// A level: each further one has a chance of one in four.
    fn draw_level(&mut self) -> usize {
        // xorshift64: enough for levels, and the same for every list with the same history.
        self.draws ^= self.draws << 13;
        self.draws ^= self.draws >> 7;
        self.draws ^= self.draws << 17;
        (1 + self.draws.trailing_zeros() as usize / 2).min(MAX_LEVEL)
    }

    /// Adds a member that is not there.
    pub fn insert(&mut self, score: f64, member: Blob) {
        let path = self.path(|m, s| order((s, m), (score, &member)) == Ordering::Less);
        let height = self.draw_level();
        while self.nodes[HEAD].links.len() < height {
            let span = self.len as u32;
            self.nodes[HEAD].links.push(Link { next: NONE, span });
        }
        let before = path.nodes[0];
        let node = Node { member, score, back: if before == HEAD { NONE } else { before as u32 }, links: Vec::new() };
        let at = self.place(node);
        let mut links = Vec::with_capacity(height);
        for level in 0..height {
            let skipped = (path.ranks[0] - path.ranks[level]) as u32;
            let link = &mut self.nodes[path.nodes[level]].links[level];
            links.push(Link { next: link.next, span: link.span - skipped });
            *link = Link { next: at, span: skipped + 1 };
        }
        for level in height..self.nodes[HEAD].links.len() {
            self.nodes[path.nodes[level]].links[level].span += 1;
        }
        match self.nodes.get_mut(links[0].next as usize) {
            Some(next) => next.back = at,
            None => self.tail = at,
        }
        self.nodes[at as usize].links = links;
        self.len += 1;
    }

    fn place(&mut self, node: Node) -> u32 {
        match self.free.pop() {
            Some(at) => {
                self.nodes[at as usize] = node;
                at
            }
            None => {
                self.nodes.push(node);
                (self.nodes.len() - 1) as u32
            }
        }
    }

    /// Removes a member that is there.
    pub fn remove(&mut self, score: f64, member: &[u8]) {
        let path = self.path(|m, s| order((s, m), (score, member)) == Ordering::Less);
        self.unlink_after(&path);
    }

    /// Removes the members of ranks `from..to`, which come back in order: O(log n) and the number of them.
    pub fn remove_range(&mut self, from: usize, to: usize) -> Vec<Blob> {
        let path = self.path_to(from);
        (from..to).map_while(|_| self.unlink_after(&path)).collect()
    }

    /// Takes out the node that follows `path`.
    fn unlink_after(&mut self, path: &Path) -> Option<Blob> {
        let at = self.nodes[path.nodes[0]].links[0].next;
        let links = std::mem::take(&mut self.nodes.get_mut(at as usize)?.links);
        for level in 0..self.nodes[HEAD].links.len() {
            let link = &mut self.nodes[path.nodes[level]].links[level];
            match links.get(level) {
                Some(own) => *link = Link { next: own.next, span: link.span + own.span - 1 },
                None => link.span -= 1,
            }
        }
        let back = self.nodes[at as usize].back;
        match links.first().and_then(|link| self.nodes.get_mut(link.next as usize)) {
            Some(next) => next.back = back,
            None => self.tail = back,
        }
        while self.nodes[HEAD].links.len() > 1 && self.nodes[HEAD].links.last().is_some_and(|l| l.next == NONE) {
            self.nodes[HEAD].links.pop();
        }
        self.len -= 1;
        self.free.push(at);
        Some(std::mem::take(&mut self.nodes[at as usize].member))
    }

    /// The members of ranks `from..to`, in order or from the end: O(log n) to start, O(1) for each.
    pub fn range(&self, from: usize, to: usize) -> Range<'_> {
        let to = to.min(self.len);
        if from >= to {
            return Range { list: self, front: NONE, back: NONE, left: 0 };
        }
        let place = |rank| self.nodes[self.path_to(rank).nodes[0]].links[0].next;
        let back = if to == self.len { self.tail } else { place(to - 1) };
        Range { list: self, front: place(from), back, left: to - from }
    }
}

/// Members with their scores; see [`SkipList::range`].
pub struct Range<'a> {
    list: &'a SkipList,
    front: u32,
    back: u32,
    left: usize,
}

impl<'a> Iterator for Range<'a> {
    type Item = (&'a Blob, f64);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let node = self.list.nodes.get(self.front as usize)?;
        self.front = node.links[0].next;
        Some((&node.member, node.score))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl DoubleEndedIterator for Range<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let node = self.list.nodes.get(self.back as usize)?;
        self.back = node.back;
        Some((&node.member, node.score))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_a_sorted_list_with_ranks() {
        let mut list = SkipList::default();
        let mut model: BTreeSet<(u8, Blob)> = BTreeSet::new();
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..10_000 {
            let (score, member) = (rng.u8(..20), Blob::new(rng.u16(..400).to_string().as_bytes()));
            let known = model.iter().find(|(_, m)| *m == member).cloned();
            if let Some((score, member)) = known {
                assert_eq!(list.rank(f64::from(score), &member), model.range(..(score, member.clone())).count());
                list.remove(f64::from(score), &member);
                model.remove(&(score, member));
            } else {
                list.insert(f64::from(score), member.clone());
                model.insert((score, member));
            }
            if rng.u8(..) == 0 && !model.is_empty() {
                let from = rng.usize(..model.len());
                let gone: Vec<_> = model.iter().skip(from).take(5).cloned().collect();
                let removed = list.remove_range(from, (from + 5).min(model.len()));
                assert_eq!(removed, gone.iter().map(|(_, m)| m.clone()).collect::<Vec<_>>());
                model.retain(|item| !gone.contains(item));
            }
        }
        let expected: Vec<_> = model.iter().map(|(s, m)| (m.clone(), f64::from(*s))).collect();
        assert!(list.len() > 50);
        for from in 0..expected.len() {
            let slice = &expected[from..(expected.len() - from / 3).max(from)];
            let forward: Vec<_> = list.range(from, expected.len() - from / 3).map(|(m, s)| (m.clone(), s)).collect();
            let mut backward: Vec<_> =
                list.range(from, expected.len() - from / 3).rev().map(|(m, s)| (m.clone(), s)).collect();
            backward.reverse();
            assert_eq!((&forward[..], &backward[..]), (slice, slice));
        }
    }
}
