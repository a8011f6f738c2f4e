//! The order of a large sorted set: a B+ tree whose inner nodes count what is below them, so that ranks are found on the
//! way. A member takes 12 bytes here, where a skip list takes some 50; what the member is, the table of members knows.

use std::cmp::Ordering;

use super::blob::Blob;
use super::dict::Dict;

/// Members with their scores; a leaf refers to a member by its place here.
pub type Table = Dict<f64, Blob>;

/// Most members of a leaf.
const LEAF: usize = 128;
/// Most children of an inner node.
const INNER: usize = 64;

/// The order of a sorted set.
pub fn order(a: (f64, &[u8]), b: (f64, &[u8])) -> Ordering {
    a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal).then_with(|| a.1.cmp(b.1))
}

/// Members in order, with their scores beside them so that a search seldom has to ask the table.
#[derive(Clone, Debug, Default)]
pub struct Leaf {
    scores: Vec<f64>,
    places: Vec<u32>,
}

/// What an inner node knows of a child: its first member, and how many there are.
#[derive(Clone, Debug)]
struct Child {
    score: f64,
    place: u32,
    count: u32,
    node: Box<Node>,
}

#[derive(Clone, Debug)]
enum Node {
    Leaf(Leaf),
    Inner(Vec<Child>),
}

/// The order of the members of a [`Table`].
#[derive(Clone, Debug)]
pub struct Ranks {
    root: Node,
    len: usize,
}

impl Default for Ranks {
    fn default() -> Self {
        Ranks { root: Node::Leaf(Leaf::default()), len: 0 }
    }
}

fn name(table: &Table, place: u32) -> &[u8] {
    table.at(place as usize).map_or(&[], |(member, _)| member)
}

/// Where in a sorted sequence of `len` the first stands for which `before` does not hold.
fn partition(len: usize, mut before: impl FnMut(usize) -> bool) -> usize {
    let (mut from, mut to) = (0, len);
    while from < to {
        let middle = from + (to - from) / 2;
        if before(middle) { from = middle + 1 } else { to = middle }
    }
    from
}

/// A place in the order: the first member that does not come before this score and name.
struct Spot<'a> {
    score: f64,
    member: &'a [u8],
    table: &'a Table,
}

impl Spot<'_> {
    /// Where it is, from the first member with a score that is not lower. Names are compared, which lie elsewhere, only
    /// among members of this very score. Mostly there are few of those, so steps begin small.
    #[inline]
    fn among_equals(&self, first: usize, member: impl Fn(usize) -> Option<(f64, u32)>) -> usize {
        let comes_before = |n: usize| {
            member(n).is_some_and(|(score, place)| score == self.score && name(self.table, place) < self.member)
        };
        if !comes_before(first) {
            return first;
        }
        let (mut last, mut step) = (first, 1);
        while comes_before(last + step) {
            last += step;
            step *= 2;
        }
        last + 1 + partition(step - 1, |n| comes_before(last + 1 + n))
    }
}

impl Leaf {
    fn len(&self) -> usize {
        self.scores.len()
    }

    /// The member at an index.
    fn at(&self, index: usize) -> Option<(f64, u32)> {
        Some((*self.scores.get(index)?, *self.places.get(index)?))
    }

    /// Where a member stands, or would.
    #[inline]
    fn find(&self, spot: &Spot<'_>) -> usize {
        spot.among_equals(self.scores.partition_point(|score| *score < spot.score), |n| self.at(n))
    }

    fn insert(&mut self, index: usize, score: f64, place: u32) {
        if self.scores.len() == self.scores.capacity() {
            // Leaves end up with exactly as much room as they may fill.
            let more = self.len().max(8).min(LEAF - self.len());
            self.scores.reserve_exact(more);
            self.places.reserve_exact(more);
        }
        self.scores.insert(index, score);
        self.places.insert(index, place);
    }

    /// Removes the member at an index, if there is one.
    #[inline]
    fn remove(&mut self, index: usize) -> bool {
        let found = index < self.len();
        if found {
            self.scores.remove(index);
            self.places.remove(index);
        }
        found
    }

    fn split_off(&mut self, index: usize) -> Leaf {
        let mut other = Leaf { scores: Vec::with_capacity(LEAF), places: Vec::with_capacity(LEAF) };
        other.scores.extend_from_slice(&self.scores[index..]);
        other.places.extend_from_slice(&self.places[index..]);
        self.scores.truncate(index);
        self.places.truncate(index);
        other
    }
}

impl Child {
    fn new(node: Node) -> Child {
        let mut child = Child { score: 0.0, place: 0, count: 0, node: Box::new(node) };
        child.look();
        child
    }

    /// Learns anew what there is to know of the node.
    fn look(&mut self) {
        match &*self.node {
            Node::Leaf(leaf) => {
                (self.score, self.place) = leaf.at(0).unwrap_or_default();
                self.count = leaf.len() as u32;
            }
            Node::Inner(children) => {
                (self.score, self.place) = children.first().map_or((0.0, 0), |first| (first.score, first.place));
                self.count = children.iter().map(|child| child.count).sum();
            }
        }
    }

    /// Learns what one more member has changed; `kept`: the node was not split for it.
    fn look_after_insert(&mut self, kept: bool) {
        match &*self.node {
            Node::Inner(children) if kept => {
                self.count += 1;
                (self.score, self.place) = children.first().map_or((0.0, 0), |first| (first.score, first.place));
            }
            _ => self.look(),
        }
    }
}

impl Node {
    /// How many members or children it has, by which it is full or nearly empty.
    fn width(&self) -> usize {
        match self {
            Node::Leaf(leaf) => leaf.len(),
            Node::Inner(children) => children.len(),
        }
    }

    /// The index of the child below which something belongs: the last whose first member comes before it.
    #[inline]
    fn child(children: &[Child], spot: &Spot<'_>) -> usize {
        let first = children.partition_point(|child| child.score < spot.score);
        spot.among_equals(first, |n| children.get(n).map(|child| (child.score, child.place))).saturating_sub(1)
    }

    /// Adds a member at its place in the order; the right half, if the node had to be split.
    fn insert(&mut self, spot: &Spot<'_>, place: u32) -> Option<Node> {
        let score = spot.score;
        match self {
            Node::Leaf(leaf) => {
                let index = leaf.find(spot);
                if leaf.len() < LEAF {
                    leaf.insert(index, score, place);
                    return None;
                }
                // Whoever only adds at the end leaves full leaves behind.
                let cut = if index == LEAF { LEAF } else { LEAF / 2 };
                let mut right = leaf.split_off(cut);
                if index > cut || cut == LEAF {
                    right.insert(index - cut, score, place);
                } else {
                    leaf.insert(index, score, place);
                }
                Some(Node::Leaf(right))
            }
            Node::Inner(children) => {
                let at = Node::child(children, spot);
                let child = &mut children[at];
                // Most members come into a leaf that has room: that is done without a step down.
                if let Node::Leaf(leaf) = &mut *child.node
                    && leaf.len() < LEAF
                {
                    let index = leaf.find(spot);
                    leaf.insert(index, score, place);
                    child.count += 1;
                    if index == 0 {
                        (child.score, child.place) = (score, place);
                    }
                    return None;
                }
                let split = child.node.insert(spot, place);
                children[at].look_after_insert(split.is_none());
                let new = split?;
                children.insert(at + 1, Child::new(new));
                if children.len() <= INNER {
                    return None;
                }
                let cut = if at + 2 == children.len() { INNER } else { INNER / 2 };
                Some(Node::Inner(children.split_off(cut)))
            }
        }
    }

    /// Removes the member that stands there.
    fn remove(&mut self, spot: &Spot<'_>) -> bool {
        match self {
            Node::Leaf(leaf) => {
                let index = leaf.find(spot);
                leaf.remove(index)
            }
            Node::Inner(children) => {
                let mut at = Node::child(children, spot);
                let child = &mut children[at];
                // Most members go from a leaf that has enough others: that is done without a step down.
                if let Node::Leaf(leaf) = &mut *child.node
                    && leaf.len() > LEAF / 4 + 1
                {
                    let index = leaf.find(spot);
                    if index > 0 && leaf.remove(index) {
                        child.count -= 1;
                        return true;
                    }
                }
                if !child.node.remove(spot) {
                    // It is the first of the next child, then.
                    at += 1;
                    if !children.get_mut(at).is_some_and(|child| child.node.remove(spot)) {
                        return false;
                    }
                }
                children[at].look();
                Node::tidy(children, at);
                true
            }
        }
    }

    /// Joins a child that has become small with a neighbour, or drops it when it is empty.
    fn tidy(children: &mut Vec<Child>, at: usize) {
        let width = children[at].node.width();
        if width == 0 && children.len() > 1 {
            children.remove(at);
            return;
        }
        let most = if matches!(*children[at].node, Node::Leaf(_)) { LEAF } else { INNER };
        let left = at.saturating_sub(1);
        if width * 4 > most || left + 1 >= children.len() {
            return;
        }
        if children[left].node.width() + children[left + 1].node.width() > most * 3 / 4 {
            return;
        }
        let right = children.remove(left + 1);
        match (&mut *children[left].node, *right.node) {
            (Node::Leaf(a), Node::Leaf(b)) => {
                a.scores.extend_from_slice(&b.scores);
                a.places.extend_from_slice(&b.places);
            }
            (Node::Inner(a), Node::Inner(mut b)) => a.append(&mut b),
            _ => {}
        }
        children[left].look();
    }

    /// Lets the member that stands there refer to another place.
    fn follow(&mut self, to: u32, spot: &Spot<'_>) -> bool {
        match self {
            Node::Leaf(leaf) => {
                let index = leaf.find(spot);
                leaf.places.get_mut(index).map(|place| *place = to).is_some()
            }
            Node::Inner(children) => {
                let at = Node::child(children, spot);
                for at in [at, at + 1] {
                    let Some(child) = children.get_mut(at) else { return false };
                    if child.node.follow(to, spot) {
                        child.look();
                        return true;
                    }
                }
                false
            }
        }
    }
}

impl Ranks {
    /// How many members there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Adds the member at a place of the table.
    #[inline]
    pub fn insert(&mut self, score: f64, place: u32, table: &Table) {
        let spot = Spot { score, member: name(table, place), table };
        if let Some(right) = self.root.insert(&spot, place) {
            let left = std::mem::replace(&mut self.root, Node::Inner(Vec::with_capacity(2)));
            self.root = Node::Inner(vec![Child::new(left), Child::new(right)]);
        }
        self.len += 1;
    }

    /// Removes a member that is there.
    #[inline]
    pub fn remove(&mut self, score: f64, member: &[u8], table: &Table) {
        if self.root.remove(&Spot { score, member, table }) {
            self.len -= 1;
        }
        while let Node::Inner(children) = &mut self.root
            && children.len() == 1
            && let Some(only) = children.pop()
        {
            self.root = *only.node;
        }
    }

    /// The member, which is there, is about to move to another place of the table.
    pub fn follow(&mut self, score: f64, member: &[u8], to: u32, table: &Table) {
        self.root.follow(to, &Spot { score, member, table });
    }

    /// How many members there are before the first for which `before` does not hold; it must hold for a prefix.
    pub fn count_while(&self, table: &Table, mut before: impl FnMut(&[u8], f64) -> bool) -> usize {
        let (mut node, mut passed) = (&self.root, 0);
        loop {
            match node {
                Node::Leaf(leaf) => {
                    let found = partition(leaf.len(), |n| before(name(table, leaf.places[n]), leaf.scores[n]));
                    return passed + found;
                }
                Node::Inner(children) => {
                    let fronts = |n: usize| before(name(table, children[n].place), children[n].score);
                    let at = partition(children.len(), fronts).saturating_sub(1);
                    passed += children[..at].iter().map(|child| child.count as usize).sum::<usize>();
                    node = &children[at].node;
                }
            }
        }
    }

    /// The rank of a member that is there.
    pub fn rank(&self, score: f64, member: &[u8], table: &Table) -> usize {
        self.count_while(table, |m, s| s < score || s == score && m < member)
    }

    /// The leaf of a rank, and the index in it.
    fn leaf(&self, mut rank: usize) -> Option<(&Leaf, usize)> {
        let mut node = &self.root;
        loop {
            match node {
                Node::Leaf(leaf) => return (rank < leaf.len()).then_some((leaf, rank)),
                Node::Inner(children) => {
                    node = &children
                        .iter()
                        .find(|child| {
                            let below = rank < child.count as usize;
                            if !below {
                                rank -= child.count as usize;
                            }
                            below
                        })?
                        .node;
                }
            }
        }
    }

    /// The place in the table of the member of a rank, and its score.
    pub fn at(&self, rank: usize) -> Option<(f64, u32)> {
        self.leaf(rank).and_then(|(leaf, index)| leaf.at(index))
    }

    /// The members of ranks `from..to`.
    pub fn range<'a>(&'a self, from: usize, to: usize, table: &'a Table) -> Range<'a> {
        let to = to.min(self.len);
        Range { ranks: self, table, from: from.min(to), to, front: None, back: None }
    }
}

/// Members in order, from either end.
pub struct Range<'a> {
    ranks: &'a Ranks,
    table: &'a Table,
    from: usize,
    to: usize,
    front: Option<(&'a Leaf, usize)>,
    back: Option<(&'a Leaf, usize)>,
}

impl<'a> Range<'a> {
    fn member(&self, (leaf, index): (&'a Leaf, usize)) -> Option<(&'a [u8], f64)> {
        let (score, place) = leaf.at(index)?;
        Some((name(self.table, place), score))
    }
}

impl<'a> Iterator for Range<'a> {
    type Item = (&'a [u8], f64);

    fn next(&mut self) -> Option<Self::Item> {
        if self.from >= self.to {
            return None;
        }
        let next = self.front.map(|(leaf, index)| (leaf, index + 1)).filter(|(leaf, index)| *index < leaf.len());
        self.front = next.or_else(|| self.ranks.leaf(self.from));
        self.from += 1;
        self.member(self.front?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.to - self.from, Some(self.to - self.from))
    }
}

impl DoubleEndedIterator for Range<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.from >= self.to {
            return None;
        }
        self.to -= 1;
        let next = self.back.and_then(|(leaf, index)| Some((leaf, index.checked_sub(1)?)));
        self.back = next.or_else(|| self.ranks.leaf(self.to));
        self.member(self.back?)
    }
}
