//! When keys go by themselves.
//!
//! They go earliest first, a bounded number at a time so that a million of them stops nobody for long. Those that are
//! left for later are hidden: whoever touches one finds it gone, and removes it.

use bytes::Bytes;

use super::super::time::Time;
use super::super::types::{Blob, Dict};
use super::data::Entry;
use super::keys::{Database, Keyspace};
use super::signal::Class;

impl Keyspace {
    /// Sets or clears the time at which `key` expires; false if there is no such key.
    pub fn set_expiry(&mut self, db: usize, key: &[u8], expires_ms: Option<i64>) -> bool {
        self.expire_if_due(db, key);
        self.forget_expiry(db, key);
        let database = &mut self.databases[db];
        let Some((stored, _)) = database.entries.get_entry(key) else { return false };
        if let Some(at) = expires_ms {
            self.memory.pool.add_volatile(db, stored);
            let stored = stored.clone();
            database.expiring.insert((at, stored));
            self.none_before_ms = self.none_before_ms.min(at);
        }
        if let Some(entry) = database.entries.get_mut(key) {
            entry.expires_ms = expires_ms;
        }
        true
    }

    /// Clears the time at which `key` expires; false if there is no such key or no such time.
    pub fn persist(&mut self, db: usize, key: &[u8]) -> bool {
        let is_volatile = self.entry(db, key).is_some_and(|entry| entry.expires_ms.is_some());
        is_volatile && self.set_expiry(db, key, None)
    }

    pub(super) fn forget_expiry(&mut self, db: usize, key: &[u8]) {
        let database = &mut self.databases[db];
        if let Some((stored, Entry { expires_ms: Some(at), .. })) = database.entries.get_entry(key) {
            let place = (*at, stored.clone());
            self.memory.pool.remove_volatile(db, stored);
            database.expiring.remove(&place);
        }
    }

    /// The earliest moment at which a key expires, in milliseconds since the Unix epoch.
    pub fn next_expiry_ms(&self) -> Option<i64> {
        self.next_expiring().map(|(at, _)| at)
    }

    /// Whether a key may have to go at `now`: where this is false, none has to.
    pub fn is_due(&self, now: Time) -> bool {
        self.none_before_ms < now.ms()
    }

    /// A moment before which no key expires, in milliseconds since the Unix epoch; `None`: no key ever does.
    pub fn none_before(&self) -> Option<i64> {
        (self.none_before_ms < i64::MAX).then_some(self.none_before_ms)
    }

    /// Sets the clock, and removes the keys whose time has come: earliest first, over all databases.
    pub fn expire_due(&mut self, now: Time) {
        self.expire_some(now, usize::MAX);
    }

    /// As [`Keyspace::expire_due`], but at most so many keys; those that are left are hidden until they go.
    pub fn expire_some(&mut self, now: Time, most: usize) {
        self.clock.set(now);
        self.now_ms = now.ms();
        if !self.is_due(now) {
            self.is_stale = false;
            return;
        }
        for _ in 0..most {
            // Redis: a key is expired once the clock has passed its time, not when it reaches it.
            let Some(db) = self.next_expiring().filter(|(at, _)| *at < now.ms()).map(|(_, db)| db) else { break };
            let Some((_, key)) = self.databases[db].expiring.pop_first() else { break };
            self.suspend(db, &key);
            self.memory.pool.remove_volatile(db, &key);
            self.databases[db].entries.remove(&key);
            self.expired += 1;
            self.signal(db, &key, Class::Expired, "expired", true);
        }
        self.settle_account();
        self.none_before_ms = self.next_expiry_ms().unwrap_or(i64::MAX);
        self.is_stale = self.is_due(now);
    }

    /// Whether an entry is past its time: it is still there, but for nobody to see.
    pub(super) fn is_hidden(&self, entry: &Entry) -> bool {
        self.is_stale && entry.expires_ms.is_some_and(|at| at < self.now_ms)
    }

    /// Removes a key that somebody touches, if it is past its time; whether it was.
    pub fn expire_if_due(&mut self, db: usize, key: &[u8]) -> bool {
        let due = self.is_stale && self.databases[db].entries.get(key).is_some_and(|entry| self.is_hidden(entry));
        if due {
            // `take` would come back here: the key is past its time until it is gone.
            self.suspend(db, key);
            self.forget_expiry(db, key);
            self.databases[db].entries.remove(key);
            self.expired += 1;
            self.signal(db, key, Class::Expired, "expired", true);
        }
        due
    }

    /// The key that expires first.
    pub(super) fn soonest_expiring(&self) -> Option<(usize, Bytes)> {
        let (_, db) = self.next_expiring()?;
        self.databases[db].expiring.first().map(|(_, key)| (db, key.to_bytes()))
    }

    /// The keys of each database that have a TTL.
    pub(super) fn volatile_keys(&self) -> Vec<Dict<(), Blob>> {
        let keys = |database: &Database| {
            let mut keys = Dict::default();
            for (_, key) in &database.expiring {
                keys.insert(key.clone(), ());
            }
            keys
        };
        self.databases.iter().map(keys).collect()
    }

    /// The earliest moment at which a key expires, and in which database.
    fn next_expiring(&self) -> Option<(i64, usize)> {
        let firsts =
            self.databases.iter().enumerate().filter_map(|(n, db)| db.expiring.first().map(|(at, _)| (*at, n)));
        firsts.min()
    }
}
