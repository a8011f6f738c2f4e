//! Walking over entries, in both directions.

use std::collections::btree_map;

use super::super::listpack::Element;
use super::id::StreamId;
use super::node::{Head, Node, Place};

/// One entry of a stream.
#[derive(Clone, Copy, Debug)]
pub struct EntryRef<'a> {
    /// Its id.
    pub id: StreamId,
    node: &'a Node,
    place: Place,
}

impl<'a> EntryRef<'a> {
    /// How many fields it has.
    pub fn len(&self) -> usize {
        self.place.fields
    }

    /// Where it is within its node.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whether it has no field at all, which XADD does not allow.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its fields with their values, in the order in which they were given.
    pub fn pairs(&self) -> impl Iterator<Item = (Element<'a>, Element<'a>)> + use<'a> {
        self.node.pairs(self.place)
    }
}

/// Where a walk is within a node.
struct Spot<'a> {
    master: StreamId,
    node: &'a Node,
    head: Head,
    /// Where the next entry begins, or (backwards) where it ends.
    at: usize,
}

/// The entries between two ids, both included; from the greatest down if it goes backwards.
pub struct Range<'a> {
    nodes: btree_map::Range<'a, StreamId, Node>,
    spot: Option<Spot<'a>>,
    from: StreamId,
    to: StreamId,
    backwards: bool,
}

impl<'a> Range<'a> {
    /// The walk over `nodes` (which hold all entries of the range) from one id to another.
    pub fn new(
        nodes: btree_map::Range<'a, StreamId, Node>,
        from: StreamId,
        to: StreamId,
        backwards: bool,
    ) -> Range<'a> {
        Range { nodes, spot: None, from, to, backwards }
    }

    fn next_spot(&mut self) -> Option<Spot<'a>> {
        loop {
            let (master, node) = if self.backwards { self.nodes.next_back() } else { self.nodes.next() }?;
            if let Some(head) = node.head() {
                let at = if self.backwards { node.end() } else { head.entries_at };
                return Some(Spot { master: *master, node, head, at });
            }
        }
    }

    /// The next entry of the node where the walk is, deleted ones too.
    fn step(&mut self) -> Option<(&'a Node, Place)> {
        let Spot { master, node, head, at } = self.spot.as_mut()?;
        if self.backwards {
            *at = node.entry_before(*at)?;
        }
        let place = node.entry(*at, *master, head)?;
        if !self.backwards {
            *at = node.behind(&place)?;
        }
        Some((node, place))
    }
}

impl<'a> Iterator for Range<'a> {
    type Item = EntryRef<'a>;

    fn next(&mut self) -> Option<EntryRef<'a>> {
        loop {
            if self.spot.is_none() {
                self.spot = Some(self.next_spot()?);
            }
            let Some((node, place)) = self.step() else {
                self.spot = None;
                continue;
            };
            let beyond = if self.backwards { place.id < self.from } else { place.id > self.to };
            let inside = (self.from..=self.to).contains(&place.id);
            match place.deleted {
                true => {}
                false if inside => return Some(EntryRef { id: place.id, node, place }),
                false if beyond => return None,
                false => {}
            }
        }
    }
}
