//! A node of a stream: some entries that follow each other, packed together.
//!
//! At its head a node says how many entries are there and how many were deleted, and names the fields of its first
//! entry; entries that have the same fields do not repeat them. Each entry is: flags, the distance of its id from that
//! of the node, its fields, and how many elements it has, for whoever comes from behind. A deleted entry is only marked;
//! the node goes when its last entry goes. The layout is Redis's, so that nodes end where Redis's end.

use bytes::Bytes;

use super::super::listpack::{Element, Listpack};
use super::id::StreamId;

/// The entry was deleted.
const DELETED: i64 = 1;
/// The entry has the fields of the node's head.
const SAME_FIELDS: i64 = 2;

/// Some entries, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node(Listpack);

/// What a node says of itself at its head.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// Entries that are there.
    pub live: i64,
    /// Entries that were deleted.
    pub dead: i64,
    /// Where the number of deleted entries is kept.
    dead_at: usize,
    /// How many fields are named.
    fields: usize,
    /// Where they are named.
    fields_at: usize,
    /// Where the first entry begins.
    pub entries_at: usize,
}

/// One entry within its node.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Where it begins.
    pub at: usize,
    /// Its id.
    pub id: StreamId,
    /// Whether it was deleted.
    pub deleted: bool,
    /// How many fields it has.
    pub fields: usize,
    /// Where their names are, if they are not with the values.
    names_at: Option<usize>,
    /// Where its values are, with the names if those are not elsewhere.
    values_at: usize,
}

impl Node {
    /// A node for an entry with these fields and values, still without it.
    pub fn new(pairs: &[Bytes]) -> Node {
        let mut pack = Listpack::default();
        pack.push_integer(0);
        pack.push_integer(0);
        pack.push_integer(i64::try_from(pairs.len() / 2).unwrap_or(i64::MAX));
        pairs.iter().step_by(2).for_each(|name| pack.push(name));
        pack.push_integer(0);
        Node(pack)
    }

    /// A node from bytes of unknown origin, where they are one in every part.
    pub fn from_bytes(bytes: &[u8]) -> Option<Node> {
        let node = Node(Listpack::from_bytes(bytes)?);
        let head = node.head()?;
        let (zero, _) = node.0.integer(node.0.skip(head.fields_at, head.fields)?)?;
        let entries = head.live.checked_add(head.dead)?;
        if zero != 0 || head.live < 0 || head.dead < 0 {
            return None;
        }
        let (mut at, mut found, mut live) = (head.entries_at, 0i64, 0i64);
        while at < node.end() {
            let place = node.entry(at, StreamId::MIN, &head)?;
            at = node.behind(&place)?;
            if node.entry_before(at) != Some(place.at) {
                return None;
            }
            found += 1;
            live += i64::from(!place.deleted);
        }
        (found == entries && live == head.live).then_some(node)
    }

    /// Its bytes, a listpack.
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// What it says at its head; `None` where that makes no sense, which [`Node::from_bytes`] rules out.
    pub fn head(&self) -> Option<Head> {
        let (live, dead_at) = self.0.integer(self.0.start())?;
        let (dead, next) = self.0.integer(dead_at)?;
        let (fields, fields_at) = self.0.integer(next)?;
        let fields = usize::try_from(fields).ok()?;
        let entries_at = self.0.skip(fields_at, fields.checked_add(1)?)?;
        Some(Head { live, dead, dead_at, fields, fields_at, entries_at })
    }

    /// How many entries are there.
    pub fn live(&self) -> usize {
        self.0.integer(self.0.start()).and_then(|(live, _)| usize::try_from(live).ok()).unwrap_or(0)
    }

    /// How many entries are there or were deleted.
    pub fn slots(&self) -> usize {
        self.head().and_then(|head| usize::try_from(head.live + head.dead).ok()).unwrap_or(0)
    }

    /// Where its last entry ends.
    pub fn end(&self) -> usize {
        self.0.end()
    }

    /// Adds an entry; `master` is the node's own id.
    pub fn push(&mut self, master: StreamId, id: StreamId, pairs: &[Bytes]) {
        let Some(head) = self.head() else { return };
        let same = self.has_fields(&head, pairs);
        let count = i64::try_from(pairs.len() / 2).unwrap_or(i64::MAX);
        let pack = &mut self.0;
        pack.replace_integer(pack.start(), head.live + 1);
        pack.push_integer(if same { SAME_FIELDS } else { 0 });
        pack.push_integer(id.ms.wrapping_sub(master.ms) as i64);
        pack.push_integer(id.seq.wrapping_sub(master.seq) as i64);
        if same {
            pairs.iter().skip(1).step_by(2).for_each(|value| pack.push(value));
            pack.push_integer(count + 3);
        } else {
            pack.push_integer(count);
            pairs.iter().for_each(|text| pack.push(text));
            pack.push_integer(2 * count + 4);
        }
    }

    fn has_fields(&self, head: &Head, pairs: &[Bytes]) -> bool {
        let mut at = head.fields_at;
        pairs.len() / 2 == head.fields
            && pairs.iter().step_by(2).all(|name| {
                let Some((field, next)) = self.0.get(at) else { return false };
                at = next;
                field.is(name)
            })
    }

    /// The entry that begins at `at`.
    pub fn entry(&self, at: usize, master: StreamId, head: &Head) -> Option<Place> {
        let (flags, next) = self.0.integer(at)?;
        let (ms, next) = self.0.integer(next)?;
        let (seq, next) = self.0.integer(next)?;
        let id = StreamId::new(master.ms.wrapping_add(ms as u64), master.seq.wrapping_add(seq as u64));
        let deleted = flags & DELETED != 0;
        if flags & SAME_FIELDS != 0 {
            let (fields, names_at) = (head.fields, Some(head.fields_at));
            return Some(Place { at, id, deleted, fields, names_at, values_at: next });
        }
        let (fields, values_at) = self.0.integer(next)?;
        let fields = usize::try_from(fields).ok()?;
        Some(Place { at, id, deleted, fields, names_at: None, values_at })
    }

    /// Where the entry behind this one begins.
    pub fn behind(&self, place: &Place) -> Option<usize> {
        let elements = if place.names_at.is_some() { place.fields } else { place.fields.checked_mul(2)? };
        self.0.skip(place.values_at, elements.checked_add(1)?)
    }

    /// Where the entry begins that ends at `at`; `None` before the first one.
    pub fn entry_before(&self, at: usize) -> Option<usize> {
        let mut place = self.0.before(at)?;
        let (elements, _) = self.0.integer(place)?;
        if elements <= 0 {
            return None;
        }
        for _ in 0..elements {
            place = self.0.before(place)?;
        }
        Some(place)
    }

    /// The id of the last entry, whether it is still there or not.
    pub fn last_id(&self, master: StreamId) -> Option<StreamId> {
        let at = self.entry_before(self.end())?;
        self.entry(at, master, &self.head()?).map(|place| place.id)
    }

    /// Marks an entry as deleted.
    pub fn delete(&mut self, place: &Place) {
        let (Some((flags, _)), Some(head)) = (self.0.integer(place.at), self.head()) else { return };
        if flags & DELETED != 0 {
            return;
        }
        // The entries first: the numbers before them may change their lengths.
        self.0.replace_integer(place.at, flags | DELETED);
        self.0.replace_integer(head.dead_at, head.dead + 1);
        self.0.replace_integer(self.0.start(), head.live - 1);
    }

    /// Marks entries from the head as deleted: at most `most` of those whose ids are smaller than `least`. How many.
    pub fn delete_head(&mut self, master: StreamId, most: usize, least: StreamId) -> usize {
        let mut deleted = 0;
        let Some(mut at) = self.head().map(|head| head.entries_at) else { return 0 };
        while deleted < most {
            let Some(head) = self.head() else { break };
            let Some(place) = self.entry(at, master, &head).filter(|place| place.id < least) else { break };
            let Some(next) = self.behind(&place) else { break };
            let before = self.0.bytes().len();
            if !place.deleted {
                self.delete(&place);
                deleted += 1;
            }
            // The numbers at the head may have become longer or shorter.
            at = (next + self.0.bytes().len()).saturating_sub(before);
        }
        deleted
    }

    /// The fields of an entry with their values.
    pub fn pairs(&self, place: Place) -> impl Iterator<Item = (Element<'_>, Element<'_>)> {
        let Place { fields, names_at: mut names, values_at: mut values, .. } = place;
        (0..fields).map_while(move |_| {
            let name = match &mut names {
                Some(at) => take(&self.0, at)?,
                None => take(&self.0, &mut values)?,
            };
            Some((name, take(&self.0, &mut values)?))
        })
    }

    /// Gives back memory that was taken in advance, once the node is full.
    pub fn close(&mut self) {
        self.0.shrink();
    }
}

/// The element at `at`, which moves on behind it.
fn take<'a>(pack: &'a Listpack, at: &mut usize) -> Option<Element<'a>> {
    let (element, next) = pack.get(*at)?;
    *at = next;
    Some(element)
}
