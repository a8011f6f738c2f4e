//! CLIENT TRACKING: who is to be told when a key that it has read changes.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::resp::{Protocol, Value};

use super::client::ClientId;
use super::types::Dict;

/// Those who want to hear of all keys with one prefix, and the keys that changed since they were last told.
#[derive(Clone, Debug, Default)]
pub struct Broadcast {
    /// The clients, first come first.
    pub clients: Vec<ClientId>,
    /// The keys, each with who changed it last (0: time, or a script).
    pub keys: BTreeMap<Bytes, ClientId>,
}

/// Who has read what, and who wants to hear of which prefixes.
#[derive(Clone, Debug, Default)]
pub struct TrackingTable {
    /// How many clients track keys.
    pub clients: usize,
    /// Who has read a key, whatever the database, since it last changed.
    readers: Dict<Vec<ClientId>>,
    /// How many readers there are over all keys.
    items: usize,
    /// BCAST by prefix.
    pub prefixes: BTreeMap<Bytes, Broadcast>,
    /// How often in a row the table was still too long after keys were forgotten.
    pub overruns: usize,
    /// What the caller itself is told once its command is done: keys, or `Null` for all.
    pub own: Vec<Value>,
    /// Whether something waits for the end of the command: own messages, or keys to be broadcast.
    pub pending: bool,
    /// Who runs the command that runs now; 0: nobody, time passes.
    pub caller: ClientId,
    /// Who counts as the one that changes keys now: the caller, but 0 in a script.
    pub writer: ClientId,
    /// Whose script runs now, and the protocol of that connection: the script has one of its own.
    pub scripted: Option<(ClientId, Protocol)>,
    /// The keys that the running script has declared: what counts as read if it reads any.
    pub declared: Vec<Bytes>,
}

impl TrackingTable {
    /// Whether changes of keys matter to anybody.
    pub fn is_on(&self) -> bool {
        self.clients > 0 || !self.readers.is_empty()
    }

    /// How many keys have readers: INFO's `tracking_total_keys`.
    pub fn keys(&self) -> usize {
        self.readers.len()
    }

    /// How many readers there are over all keys: INFO's `tracking_total_items`.
    pub fn items(&self) -> usize {
        self.items
    }

    /// Remembers that a client has read a key.
    pub fn remember(&mut self, key: &Bytes, id: ClientId) {
        match self.readers.get_mut(key) {
            Some(readers) if readers.contains(&id) => return,
            Some(readers) => readers.push(id),
            // The key is copied, so that it does not hold the whole message in which it arrived.
            None => {
                self.readers.insert(Bytes::copy_from_slice(key), vec![id]);
            }
        }
        self.items += 1;
    }

    /// Who has read a key; they are forgotten, since one message is enough.
    pub fn take_readers(&mut self, key: &[u8]) -> Vec<ClientId> {
        let readers = self.readers.remove(key).unwrap_or_default();
        self.items -= readers.len();
        readers
    }

    /// A key with readers, by its place below [`TrackingTable::keys`].
    pub fn key_at(&self, place: usize) -> Option<Bytes> {
        self.readers.at(place).map(|(key, _)| key.clone())
    }

    /// Forgets all readers.
    pub fn forget_readers(&mut self) {
        self.readers.clear();
        self.items = 0;
    }

    /// Every key with its readers.
    pub fn readers(&self) -> impl Iterator<Item = (&Bytes, &[ClientId])> {
        self.readers.iter().map(|(key, readers)| (key, readers.as_slice()))
    }

    /// Lets a client hear of all keys with this prefix.
    pub fn subscribe(&mut self, prefix: &Bytes, id: ClientId) {
        let broadcast = self.prefixes.entry(Bytes::copy_from_slice(prefix)).or_default();
        if !broadcast.clients.contains(&id) {
            broadcast.clients.push(id);
        }
    }

    /// Ends what a client had with these prefixes.
    pub fn unsubscribe(&mut self, prefixes: &BTreeSet<Bytes>, id: ClientId) {
        for prefix in prefixes {
            let Some(broadcast) = self.prefixes.get_mut(prefix) else { continue };
            broadcast.clients.retain(|client| *client != id);
            if broadcast.clients.is_empty() {
                self.prefixes.remove(prefix);
            }
        }
    }

    /// Notes a changed key for all prefixes that it has.
    pub fn broadcast(&mut self, key: &Bytes, writer: ClientId) {
        for (prefix, broadcast) in &mut self.prefixes {
            if key.starts_with(prefix) {
                broadcast.keys.insert(key.clone(), writer);
                self.pending = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_are_told_once() {
        let (mut table, key) = (TrackingTable::default(), Bytes::from_static(b"key"));
        for id in [7, 3, 7] {
            table.remember(&key, id);
        }
        assert_eq!((table.keys(), table.items(), table.is_on()), (1, 2, true));
        assert_eq!(table.take_readers(b"key"), [7, 3]);
        assert!(table.take_readers(b"key").is_empty() && !table.is_on());
    }

    #[test]
    fn a_prefix_lives_as_long_as_somebody_wants_it() {
        let (mut table, prefix) = (TrackingTable::default(), Bytes::from_static(b"user:"));
        table.subscribe(&prefix, 1);
        table.subscribe(&prefix, 2);
        table.broadcast(&Bytes::from_static(b"users"), 1);
        assert!(!table.pending);
        table.broadcast(&Bytes::from_static(b"user:1"), 1);
        assert!(table.pending && table.prefixes[&prefix].keys.len() == 1);
        let own = BTreeSet::from([prefix]);
        table.unsubscribe(&own, 1);
        assert_eq!(table.prefixes.len(), 1);
        table.unsubscribe(&own, 2);
        assert!(table.prefixes.is_empty());
    }
}
