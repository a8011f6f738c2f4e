//! The stream itself.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::super::EncodingLimits;
use super::group::Group;
use super::id::StreamId;
use super::node::Node;
use super::range::{EntryRef, Range};
use super::tree::{radix_nodes, tree_weight};

/// However large the configuration lets nodes be, none grows beyond this, in bytes.
const LARGEST_NODE: usize = 1 << 30;
/// What Redis takes for a node in advance, in bytes. Source: `STREAM_LISTPACK_MAX_PRE_ALLOCATE`.
const FRESH_NODE: usize = 4096;

/// Entries in the order of their ids, and the groups that read them.
///
/// A stream without entries stays: it remembers its last id, so that ids never go back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stream {
    /// By the id of their first entry (deleted ones count).
    nodes: BTreeMap<StreamId, Node>,
    /// The bytes of all nodes.
    bytes: usize,
    len: usize,
    first_id: StreamId,
    /// The greatest id that was ever given.
    pub last_id: StreamId,
    /// The greatest id that XDEL removed; `0-0`: none.
    pub max_deleted_id: StreamId,
    /// How many entries were ever added.
    pub entries_added: u64,
    groups: BTreeMap<Bytes, Group>,
}

/// What is to go from the head of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trim {
    /// Up to where.
    pub by: TrimBy,
    /// Only whole nodes: `~`.
    pub approximate: bool,
    /// At most so many entries; 0: any number.
    pub limit: usize,
}

/// Up to where a stream is trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrimBy {
    /// Until no more than so many entries are left.
    MaxLen(usize),
    /// Until none is left whose id is smaller.
    MinId(StreamId),
}

impl Stream {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The id of the first entry, as it is remembered; `0-0` where there is none.
    pub fn first_id(&self) -> StreamId {
        self.first_id
    }

    /// OBJECT ENCODING.
    pub fn encoding(&self) -> &'static str {
        "stream"
    }

    /// The nodes as Redis dumps them: the id of each, and its listpack.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (StreamId, &[u8])> {
        self.nodes.iter().map(|(id, node)| (*id, node.bytes()))
    }

    /// How many nodes the radix tree of the nodes has in Redis.
    pub fn radix_nodes(&self) -> usize {
        radix_nodes(self.nodes.keys().copied())
    }

    /// Adds a node that came out of [`Stream::nodes`] (or of Redis), behind all others; false if it is none, or its id
    /// is not greater than those before. Its entries count as there; the other numbers are set apart.
    pub fn restore_node(&mut self, id: StreamId, listpack: &[u8]) -> bool {
        let is_behind = self.nodes.last_key_value().is_none_or(|(last, _)| *last < id);
        let Some(node) = Node::from_bytes(listpack).filter(|_| is_behind) else { return false };
        self.len += node.live();
        self.bytes += node.bytes().len();
        self.nodes.insert(id, node);
        true
    }

    /// Sets what is remembered of the first entry, from a dump; it is found out anew if `None`.
    pub fn restore_first_id(&mut self, id: Option<StreamId>) {
        match id {
            Some(id) => self.first_id = id,
            None => self.find_first(),
        }
    }

    fn find_first(&mut self) {
        self.first_id = self.range(StreamId::MIN, StreamId::MAX).next().map_or(StreamId::MIN, |entry| entry.id);
    }

    /// The entries from one id to another, both included, lowest first.
    pub fn range(&self, from: StreamId, to: StreamId) -> Range<'_> {
        self.walk(from, to, false)
    }

    /// The entries from one id to another, both included, greatest first.
    pub fn range_back(&self, from: StreamId, to: StreamId) -> Range<'_> {
        self.walk(from, to, true)
    }

    fn walk(&self, from: StreamId, to: StreamId, backwards: bool) -> Range<'_> {
        // The first entry may lie in the node that begins before it.
        let start = self.nodes.range(..=from).next_back().map_or(from, |(id, _)| *id);
        let nodes = if start <= to { self.nodes.range(start..=to) } else { self.nodes.range(start..start) };
        Range::new(nodes, from, to, backwards)
    }

    /// The entry of this id.
    pub fn get(&self, id: StreamId) -> Option<EntryRef<'_>> {
        self.range(id, id).next()
    }

    /// The id of the last entry that is there.
    pub fn last_entry_id(&self) -> Option<StreamId> {
        self.range_back(StreamId::MIN, StreamId::MAX).next().map(|entry| entry.id)
    }

    /// Adds an entry (fields and values by turns) under an id that must be greater than [`Stream::last_id`].
    pub fn push(&mut self, id: StreamId, pairs: &[Bytes], limits: &EncodingLimits) {
        let size: usize = pairs.iter().map(Bytes::len).sum();
        match self.nodes.last_entry().filter(|last| has_room(last.get(), size, limits)) {
            Some(mut last) => {
                let master = *last.key();
                self.bytes -= last.get().bytes().len();
                last.get_mut().push(master, id, pairs);
                self.bytes += last.get().bytes().len();
            }
            None => {
                if let Some(mut full) = self.nodes.last_entry() {
                    full.get_mut().close();
                }
                let mut node = Node::new(pairs);
                node.push(id, id, pairs);
                self.bytes += node.bytes().len();
                self.nodes.insert(id, node);
            }
        }
        self.len += 1;
        self.entries_added = self.entries_added.wrapping_add(1);
        self.last_id = id;
        if self.len == 1 {
            self.first_id = id;
        }
    }

    /// XDEL: removes entries; how many there were of them.
    pub fn delete(&mut self, ids: &[StreamId]) -> usize {
        let (mut deleted, mut first_gone) = (0, false);
        for id in ids {
            if self.delete_one(*id) {
                deleted += 1;
                first_gone |= *id == self.first_id;
                self.max_deleted_id = self.max_deleted_id.max(*id);
            }
        }
        if deleted > 0 && self.is_empty() {
            self.first_id = StreamId::MIN;
        } else if first_gone {
            self.find_first();
        }
        deleted
    }

    fn delete_one(&mut self, id: StreamId) -> bool {
        let Some(place) = self.get(id).map(|entry| *entry.place()) else { return false };
        let Some((master, node)) = self.nodes.range_mut(..=id).next_back() else { return false };
        self.bytes -= node.bytes().len();
        if node.live() > 1 {
            node.delete(&place);
            self.bytes += node.bytes().len();
        } else {
            let master = *master;
            self.nodes.remove(&master);
        }
        self.len -= 1;
        true
    }

    /// XTRIM: removes entries from the head; how many.
    pub fn trim(&mut self, trim: Trim) -> usize {
        let mut removed = 0;
        while let Some(first) = self.nodes.first_entry() {
            let live = first.get().live();
            if matches!(trim.by, TrimBy::MaxLen(most) if self.len <= most) {
                break;
            }
            if trim.limit > 0 && removed + live > trim.limit {
                break;
            }
            let whole = match trim.by {
                TrimBy::MaxLen(most) => self.len - live >= most,
                TrimBy::MinId(least) => first.get().last_id(*first.key()).is_none_or(|last| last < least),
            };
            if whole {
                self.bytes -= first.remove().bytes().len();
                self.len -= live;
                removed += live;
                continue;
            }
            if !trim.approximate {
                let (master, node) = (*first.key(), first.into_mut());
                let most = if let TrimBy::MaxLen(most) = trim.by { self.len - most } else { live };
                let least = if let TrimBy::MinId(least) = trim.by { least } else { StreamId::MAX };
                self.bytes -= node.bytes().len();
                let gone = node.delete_head(master, most, least);
                self.bytes += node.bytes().len();
                self.len -= gone;
                removed += gone;
            }
            break;
        }
        if self.is_empty() {
            self.first_id = StreamId::MIN;
        } else if removed > 0 {
            self.find_first();
        }
        removed
    }

    /// How many bytes it would take in Redis, by Redis's own estimate; `samples` nodes are looked at, 0: all. `block`
    /// says what Redis's allocator hands out for so many bytes.
    pub fn weight(&self, samples: usize, block: impl Fn(usize) -> usize) -> usize {
        let count = self.nodes.len();
        let most = if samples == 0 { count } else { samples.min(count) };
        // Redis takes the memory of a node in advance, and gives back what is left of it when the node is full.
        let last = self.nodes.last_key_value().map_or(0, |(_, node)| block(node.bytes().len().max(FRESH_NODE)));
        let full = most.min(count.saturating_sub(1));
        let seen: usize = self.nodes.values().take(full).map(|node| block(node.bytes().len())).sum();
        let packs = if most == count { seen + last } else { seen / most.max(1) * (count - 1) + last };
        80 + tree_weight(count, self.radix_nodes()) + packs + self.groups.values().map(Group::weight).sum::<usize>()
    }

    /// About the same in time that does not grow with the stream: what it really takes in Redis, without the pointers
    /// that Redis's estimate supposes.
    pub fn account(&self) -> usize {
        let ahead = self.nodes.last_key_value().map_or(0, |(_, node)| FRESH_NODE.saturating_sub(node.bytes().len()));
        80 + self.bytes + ahead + self.nodes.len() * 48 + self.groups.values().map(Group::account).sum::<usize>()
    }

    /// The groups by name.
    pub fn groups(&self) -> &BTreeMap<Bytes, Group> {
        &self.groups
    }

    /// The group of this name.
    pub fn group(&self, name: &[u8]) -> Option<&Group> {
        self.groups.get(name)
    }

    /// The group of this name, to change it.
    pub fn group_mut(&mut self, name: &[u8]) -> Option<&mut Group> {
        self.groups.get_mut(name)
    }

    /// Adds a group; `None` if there is one of this name.
    pub fn add_group(&mut self, name: &[u8], group: Group) -> Option<&mut Group> {
        if self.groups.contains_key(name) {
            return None;
        }
        // The name is copied, so that it does not hold the whole message in which it arrived.
        Some(self.groups.entry(Bytes::copy_from_slice(name)).or_insert(group))
    }

    /// Removes a group with all that it knows; whether there was one.
    pub fn remove_group(&mut self, name: &[u8]) -> bool {
        self.groups.remove(name).is_some()
    }

    /// How many entries a group has still to read, where that can be told.
    pub fn lag(&self, group: &Group) -> Option<i64> {
        let added = self.entries_added as i64;
        if added == 0 {
            return Some(0);
        }
        let read = group.entries_read.filter(|_| !self.has_gap_from(group.last_id));
        let read = read.or_else(|| self.distance(group.last_id))?;
        Some(added.wrapping_sub(read))
    }

    /// Whether an entry was deleted (not trimmed) behind this id, so that what follows cannot be counted.
    fn has_gap_from(&self, id: StreamId) -> bool {
        !self.is_empty()
            && self.max_deleted_id != StreamId::MIN
            && self.first_id <= self.max_deleted_id
            && id <= self.max_deleted_id
    }

    /// How many entries were ever added up to this id, where that can be told.
    pub fn distance(&self, id: StreamId) -> Option<i64> {
        let added = self.entries_added as i64;
        if added == 0 {
            return Some(0);
        }
        if id == self.last_id || (self.is_empty() && id < self.last_id) {
            return Some(added);
        }
        if id > self.last_id {
            return None;
        }
        let whole = self.max_deleted_id == StreamId::MIN || self.max_deleted_id < self.first_id;
        let before_first = added.wrapping_sub(i64::try_from(self.len).unwrap_or(i64::MAX));
        match id.cmp(&self.first_id) {
            std::cmp::Ordering::Less if whole => Some(before_first),
            std::cmp::Ordering::Equal if whole => Some(before_first.wrapping_add(1)),
            _ => None,
        }
    }

    /// Notes that a group has read these entries, lowest first: its last id, and how many it has read by now.
    pub fn note_read(&mut self, name: &[u8], ids: &[StreamId]) {
        let Some(group) = self.groups.get(name) else { return };
        let (mut last_id, mut read) = (group.last_id, group.entries_read);
        for id in ids {
            if *id <= last_id {
                continue;
            }
            read = match read.filter(|_| !self.has_gap_from(*id)) {
                Some(known) => Some(known.wrapping_add(1)),
                None if self.entries_added > 0 => self.distance(*id),
                None => read,
            };
            last_id = *id;
        }
        if let Some(group) = self.groups.get_mut(name) {
            (group.last_id, group.entries_read) = (last_id, read);
        }
    }
}

/// Whether an entry whose texts have `size` bytes goes into this node, or begins a new one.
fn has_room(node: &Node, size: usize, limits: &EncodingLimits) -> bool {
    let most = match limits.stream_node_bytes {
        0 => LARGEST_NODE,
        most => most.min(LARGEST_NODE),
    };
    let slots = limits.stream_node_entries;
    node.bytes().len() + size < most && (slots == 0 || node.slots() < slots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(entries: usize) -> EncodingLimits {
        EncodingLimits { stream_node_entries: entries, stream_node_bytes: 300, ..EncodingLimits::default() }
    }

    type Model = BTreeMap<StreamId, Vec<Bytes>>;

    fn pairs(rng: &mut fastrand::Rng) -> Vec<Bytes> {
        (0..2 * rng.usize(1..3)).map(|n| Bytes::from((n as i32 / 2 * rng.i32(-300..3000)).to_string())).collect()
    }

    fn listed<'a>(range: impl Iterator<Item = EntryRef<'a>>) -> Vec<(StreamId, Vec<Bytes>)> {
        range.map(|e| (e.id, e.pairs().flat_map(|(a, b)| [a.to_bytes(), b.to_bytes()]).collect())).collect()
    }

    fn check(stream: &Stream, model: &Model, rng: &mut fastrand::Rng) {
        assert_eq!(stream.len(), model.len());
        let mut bound = || StreamId::new(rng.u64(..40), rng.u64(..4));
        let (from, to) = (bound(), bound());
        let mut expected: Vec<_> = model.iter().filter(|(id, _)| (from..=to).contains(*id)).collect();
        assert_eq!(listed(stream.range(from, to)).iter().map(|(a, b)| (a, b)).collect::<Vec<_>>(), expected);
        expected.reverse();
        assert_eq!(listed(stream.range_back(from, to)).iter().map(|(a, b)| (a, b)).collect::<Vec<_>>(), expected);
        assert_eq!(stream.last_entry_id(), model.keys().next_back().copied());
        assert_eq!(stream.first_id(), model.keys().next().copied().unwrap_or_default());
        let mut restored = Stream::default();
        assert!(stream.nodes().all(|(id, bytes)| restored.restore_node(id, bytes)));
        restored.restore_first_id(None);
        assert_eq!((restored.len(), restored.first_id()), (stream.len(), stream.first_id()));
        assert_eq!((restored.bytes, restored.weight(0, |n| n)), (stream.bytes, stream.weight(0, |n| n)));
    }

    #[test]
    fn it_holds_what_a_sorted_map_holds() {
        let mut rng = fastrand::Rng::with_seed(11);
        for round in 0..60 {
            let (mut stream, mut model, mut id) = (Stream::default(), Model::new(), StreamId::MIN);
            for _ in 0..120 {
                match rng.u8(..10) {
                    0..6 => {
                        id = StreamId::new(id.ms + rng.u64(..2), id.seq + 1);
                        let pairs = pairs(&mut rng);
                        stream.push(id, &pairs, &limits(round % 7));
                        model.insert(id, pairs);
                    }
                    6..8 => {
                        let gone: Vec<StreamId> = model.keys().filter(|_| rng.u8(..4) == 0).copied().collect();
                        assert_eq!(stream.delete(&gone), gone.len());
                        assert_eq!(stream.delete(&gone), 0);
                        model.retain(|id, _| !gone.contains(id));
                    }
                    8 => {
                        let most = rng.usize(..20);
                        let removed = stream.trim(Trim { by: TrimBy::MaxLen(most), approximate: false, limit: 0 });
                        assert_eq!(removed, model.len().saturating_sub(most));
                        (0..removed).for_each(|_| drop(model.pop_first()));
                    }
                    _ => {
                        let least = StreamId::new(rng.u64(..=id.ms), rng.u64(..3));
                        let by = TrimBy::MinId(least);
                        let below = model.range(..least).count();
                        let some = stream.trim(Trim { by, approximate: true, limit: 0 });
                        assert!(some <= below);
                        assert_eq!(some + stream.trim(Trim { by, approximate: false, limit: 0 }), below);
                        model.retain(|id, _| *id >= least);
                    }
                }
                check(&stream, &model, &mut rng);
            }
        }
    }

    #[test]
    fn nodes_from_unknown_bytes_do_no_harm() {
        let mut stream = Stream::default();
        let mut rng = fastrand::Rng::with_seed(12);
        for n in 1..30 {
            stream.push(StreamId::new(n, 0), &pairs(&mut rng), &limits(10));
        }
        stream.delete(&[StreamId::new(3, 0), StreamId::new(7, 0)]);
        let (id, good) = stream.nodes().next().map(|(id, bytes)| (id, bytes.to_vec())).expect("a node");
        for _ in 0..30_000 {
            let mut bytes = good.clone();
            for _ in 0..rng.usize(1..3) {
                let at = rng.usize(..bytes.len());
                bytes[at] = rng.u8(..);
            }
            let mut hostile = Stream::default();
            if hostile.restore_node(id, &bytes) {
                assert!(listed(hostile.range_back(StreamId::MIN, StreamId::MAX)).len() <= 10);
                hostile.delete(&[StreamId::new(2, 0)]);
                hostile.trim(Trim { by: TrimBy::MaxLen(1), approximate: false, limit: 0 });
                hostile.push(StreamId::MAX, &pairs(&mut rng), &limits(20));
            }
        }
    }
}
