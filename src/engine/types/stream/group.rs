//! Consumer groups: who was given which entry, and has not acknowledged it yet.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::id::StreamId;
use super::tree::{radix_nodes, tree_weight};

/// An entry that a consumer was given and has not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Whose it is.
    pub consumer: Bytes,
    /// When it was given last, in milliseconds since the Unix epoch.
    pub delivered_ms: i64,
    /// How often it was given.
    pub deliveries: u64,
}

/// A member of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consumer {
    /// When it was last heard of, in milliseconds since the Unix epoch.
    pub seen_ms: i64,
    /// Its entries in the group's list of pending ones.
    pending: BTreeSet<StreamId>,
}

impl Consumer {
    /// The ids of what it has not acknowledged, lowest first.
    pub fn pending(&self) -> &BTreeSet<StreamId> {
        &self.pending
    }
}

/// A consumer group: each entry goes to one of its consumers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The greatest id that was given to anybody.
    pub last_id: StreamId,
    /// How many entries of the stream's whole history were read, where that is known.
    pub entries_read: Option<i64>,
    pending: BTreeMap<StreamId, Pending>,
    consumers: BTreeMap<Bytes, Consumer>,
}

impl Group {
    /// A group that has read everything up to `last_id`.
    pub fn new(last_id: StreamId, entries_read: Option<i64>) -> Group {
        Group { last_id, entries_read, ..Group::default() }
    }

    /// What was given and not acknowledged, by id.
    pub fn pending(&self) -> &BTreeMap<StreamId, Pending> {
        &self.pending
    }

    /// The consumers by name.
    pub fn consumers(&self) -> &BTreeMap<Bytes, Consumer> {
        &self.consumers
    }

    /// How many bytes it would take in Redis, by Redis's own estimate.
    pub fn weight(&self) -> usize {
        let tree = |len: usize, ids: &mut dyn Iterator<Item = StreamId>| tree_weight(len, radix_nodes(ids));
        let consumers = self.consumers.iter().map(|(name, consumer)| {
            24 + name.len() + tree(consumer.pending.len(), &mut consumer.pending.iter().copied())
        });
        40 + tree(self.pending.len(), &mut self.pending.keys().copied())
            + 24 * self.pending.len()
            + consumers.sum::<usize>()
    }

    /// About the same in time that does not grow with the group: each pending entry is in two trees.
    pub fn account(&self) -> usize {
        120 + self.consumers.len() * 96 + self.pending.len() * (24 + 2 * 48)
    }

    /// Adds a consumer; false if there is one of this name.
    pub fn add_consumer(&mut self, name: &[u8], seen_ms: i64) -> bool {
        let is_new = !self.consumers.contains_key(name);
        if is_new {
            // The name is copied, so that it does not hold the whole message in which it arrived.
            self.consumers.insert(Bytes::copy_from_slice(name), Consumer { seen_ms, ..Consumer::default() });
        }
        is_new
    }

    /// Notes that a consumer was heard of, and adds it if it is new; whether it is.
    pub fn see(&mut self, name: &[u8], now_ms: i64) -> bool {
        match self.consumers.get_mut(name) {
            Some(consumer) => {
                consumer.seen_ms = now_ms;
                false
            }
            None => self.add_consumer(name, now_ms),
        }
    }

    /// Removes a consumer and forgets what it had pending: how much that was, if there is such a consumer.
    pub fn remove_consumer(&mut self, name: &[u8]) -> Option<usize> {
        let consumer = self.consumers.remove(name)?;
        for id in &consumer.pending {
            self.pending.remove(id);
        }
        Some(consumer.pending.len())
    }

    /// Puts an entry down as given to a consumer, whoever had it before. Does nothing if there is no such consumer.
    pub fn assign(&mut self, id: StreamId, consumer: &[u8], delivered_ms: i64, deliveries: u64) {
        let Some((name, _)) = self.consumers.get_key_value(consumer) else { return };
        let pending = Pending { consumer: name.clone(), delivered_ms, deliveries };
        let before = self.pending.insert(id, pending).map(|old| old.consumer);
        if let Some(before) = before.filter(|before| before != consumer)
            && let Some(before) = self.consumers.get_mut(&before)
        {
            before.pending.remove(&id);
        }
        if let Some(consumer) = self.consumers.get_mut(consumer) {
            consumer.pending.insert(id);
        }
    }

    /// Notes that a pending entry was given to its consumer once more.
    pub fn redeliver(&mut self, id: StreamId, now_ms: i64) {
        if let Some(pending) = self.pending.get_mut(&id) {
            pending.delivered_ms = now_ms;
            pending.deliveries = pending.deliveries.wrapping_add(1);
        }
    }

    /// Strikes an entry off the list of pending ones: acknowledged, or gone. Whether it was on it.
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        let Some(pending) = self.pending.remove(&id) else { return false };
        if let Some(consumer) = self.consumers.get_mut(&pending.consumer) {
            consumer.pending.remove(&id);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lists_of_pending_entries_agree() {
        let mut group = Group::new(StreamId::MIN, None);
        let names: [&[u8]; 3] = [b"a", b"b", b"c"];
        let mut rng = fastrand::Rng::with_seed(3);
        for step in 0..5_000 {
            let (id, name) = (StreamId::new(rng.u64(..20), 0), names[rng.usize(..3)]);
            match rng.u8(..8) {
                0 => drop(group.remove_consumer(name)),
                1..3 => drop(group.acknowledge(id)),
                3 => group.redeliver(id, step),
                4 => drop(group.see(name, step)),
                _ => group.assign(id, name, step, 1),
            }
            let by_consumer: BTreeMap<StreamId, &Bytes> =
                group.consumers.iter().flat_map(|(name, c)| c.pending.iter().map(move |id| (*id, name))).collect();
            let by_group: BTreeMap<StreamId, &Bytes> = group.pending.iter().map(|(id, p)| (*id, &p.consumer)).collect();
            assert_eq!(by_consumer, by_group);
        }
    }
}
