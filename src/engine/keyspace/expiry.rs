//! When keys go by themselves.
//!
//! They go earliest first, a bounded number at a time so that a million of them stops nobody for long. Those that are
//! left for later are hidden: whoever touches one finds it gone, and removes it.

use bytes::Bytes;

use super::super::time::Time;
use super::super::types::{Blob, Hash};
use super::data::{Data, Entry, Kind};
use super::database::Database;
use super::keys::Keyspace;
use super::signal::Class;

impl Keyspace {
    /// When `key` expires, in milliseconds since the Unix epoch; `None`: never, or there is no such key.
    pub fn expiry(&self, db: usize, key: &[u8]) -> Option<i64> {
        self.entry(db, key).and_then(|entry| self.expiry_of(db, entry))
    }

    /// When an entry of database `db` expires, in milliseconds since the Unix epoch; `None`: never.
    pub fn expiry_of(&self, db: usize, entry: &Entry) -> Option<i64> {
        self.databases[db].expiry_of(entry)
    }

    /// Sets or clears the time at which `key` expires; false if there is no such key.
    pub fn set_expiry(&mut self, db: usize, key: &[u8], expires_ms: Option<i64>) -> bool {
        self.expire_if_due(db, key);
        let Some(place) = self.databases[db].entries().place(key) else { return false };
        self.databases[db].set_expiry(place, expires_ms);
        self.none_before_ms = self.none_before_ms.min(expires_ms.unwrap_or(i64::MAX));
        true
    }

    /// Clears the time at which `key` expires; false if there is no such key or no such time.
    pub fn persist(&mut self, db: usize, key: &[u8]) -> bool {
        let is_volatile = self.entry(db, key).is_some_and(Entry::is_volatile);
        is_volatile && self.set_expiry(db, key, None)
    }

    /// The earliest moment at which a key or a field of a hash expires, in milliseconds since the Unix epoch.
    pub fn next_expiry_ms(&self) -> Option<i64> {
        let key = self.next_expiring().map(|(at, _, _)| at);
        key.into_iter().chain(self.next_field().map(|(at, _, _)| *at)).min()
    }

    /// Notes when the first field of the hash at `key` expires. [`Keyspace::touch`] does it where a hash has such
    /// fields; whoever gives a field its time calls this.
    pub fn watch_fields(&mut self, db: usize, key: &[u8]) {
        let at_ms = self.databases[db].watch_fields(key);
        self.none_before_ms = self.none_before_ms.min(at_ms.unwrap_or(i64::MAX));
    }

    /// The hash whose field expires first: when, its database and its key.
    fn next_field(&self) -> Option<(&i64, usize, &Blob)> {
        self.databases
            .iter()
            .enumerate()
            .filter_map(|(db, database)| database.soonest_field().map(|(at, key)| (at, db, key)))
            .min()
    }

    /// Removes fields whose time has come, hash by hash, at most so many; a hash without fields goes with them.
    fn expire_fields(&mut self, now: Time, most: usize) {
        let mut left = most;
        while left > 0
            && let Some((_, db, key)) = self.next_field().filter(|(at, _, _)| **at < now.ms())
        {
            let key = key.clone();
            let Some(gone) = self.expire_fields_of(db, &key, now.ms(), left) else { break };
            left -= gone.min(left);
        }
    }

    /// Removes at most so many fields of one hash; how many they were. `None`: there is no such hash.
    fn expire_fields_of(&mut self, db: usize, key: &[u8], now_ms: i64, most: usize) -> Option<usize> {
        self.suspend(db, key);
        let place = self.databases[db].entries().place(key)?;
        let hash = self.databases[db].get_mut(key).and_then(|entry| Hash::of_mut(&mut entry.data))?;
        let (gone, is_empty) = (hash.expire(now_ms, most), hash.is_empty());
        self.databases[db].watch_fields(key);
        if gone > 0 {
            self.signal(db, key, Class::Hash, "hexpired", true);
        }
        if is_empty {
            self.databases[db].remove(place);
            self.signal(db, key, Class::Generic, "del", true);
        }
        Some(gone)
    }

    /// Removes all fields of the hash at `key` that are past their time: for whoever draws fields by their places.
    pub fn expire_hidden_fields(&mut self, db: usize, key: &[u8]) {
        let now_ms = self.now_ms;
        if self.is_stale && self.entry(db, key).and_then(|entry| Hash::of(&entry.data)).is_some() {
            self.expire_fields_of(db, key, now_ms, usize::MAX);
        }
    }

    /// Lets whoever looks at an entry next see no field of it that is past its time.
    pub(super) fn hide_fields(entry: &mut Entry, now_ms: i64) {
        if let Some(hash) = Hash::of_mut(&mut entry.data) {
            hash.hide_before(now_ms);
        }
    }

    /// Whether a key may have to go at `now`: where this is false, none has to.
    #[inline]
    pub fn is_due(&self, now: Time) -> bool {
        // Without a division, since this comes before each command.
        self.none_before_ms.saturating_add(1).saturating_mul(1000) <= now.us()
    }

    /// Sets the clock; false, and nothing is done, where a key may have to go.
    #[inline]
    pub fn is_quiet(&mut self, now: Time) -> bool {
        if self.is_due(now) {
            return false;
        }
        self.clock.set(now);
        self.is_stale = false;
        true
    }

    /// A moment before which no key expires, in milliseconds since the Unix epoch; `None`: no key ever does.
    pub fn none_before(&self) -> Option<i64> {
        (self.none_before_ms < i64::MAX).then_some(self.none_before_ms)
    }

    /// Sets the clock, and removes the keys whose time has come: earliest first, over all databases.
    pub fn expire_due(&mut self, now: Time) {
        self.expire_some(now, usize::MAX);
    }

    /// Sets the clock, and hides the keys and fields whose time has come: they stay until somebody touches them. While
    /// they are `held`, they stay even then, unless they are to be changed.
    pub fn hide_due(&mut self, now: Time, held: bool) {
        self.expire_some(now, 0);
        self.is_held = held;
    }

    /// As [`Keyspace::expire_due`], but at most so many keys and so many fields; those that are left are hidden until
    /// they go.
    pub fn expire_some(&mut self, now: Time, most: usize) {
        self.clock.set(now);
        self.is_held = false;
        if !self.is_due(now) {
            self.is_stale = false;
            return;
        }
        self.now_ms = now.ms();
        for _ in 0..most {
            // Redis: a key is expired once the clock has passed its time, not when it reaches it.
            let Some((_, db, place)) = self.next_expiring().filter(|(at, _, _)| *at < now.ms()) else { break };
            self.expire(db, place);
        }
        self.expire_fields(now, most);
        self.settle_account();
        self.none_before_ms = self.next_expiry_ms().unwrap_or(i64::MAX);
        self.is_stale = self.is_due(now);
    }

    /// Removes a key because its time has come.
    fn expire(&mut self, db: usize, place: usize) {
        let Some(key) = self.databases[db].entries().at(place).map(|(key, _)| key.clone()) else { return };
        self.suspend(db, &key);
        if self.databases[db].remove(place).is_some_and(|gone| matches!(gone.data, Data::Stream(_))) {
            self.wake(db, &key);
        }
        self.expired += 1;
        self.signal(db, &key, Class::Expired, "expired", true);
    }

    /// Removes a key that is past its time, where nothing changes for whoever watches it: it was nothing before, too.
    pub fn bury(&mut self, db: usize, key: &[u8]) {
        let entries = self.databases[db].entries();
        let due = entries.place(key).filter(|at| entries.at(*at).is_some_and(|(_, entry)| self.is_hidden(db, entry)));
        if let Some(place) = due {
            self.suspend(db, key);
            self.databases[db].remove(place);
            self.expired += 1;
            self.signal(db, key, Class::Expired, "expired", false);
        }
    }

    /// Whether an entry is past its time: it is still there, but for nobody to see.
    pub(super) fn is_hidden(&self, db: usize, entry: &Entry) -> bool {
        self.is_stale && self.expiry_of(db, entry).is_some_and(|at| at < self.now_ms)
    }

    /// Removes a key that somebody looks at, if it is past its time and may go.
    pub fn expire_if_seen(&mut self, db: usize, key: &[u8]) {
        if !self.is_held {
            self.expire_if_due(db, key);
        }
    }

    /// Removes a key that somebody touches, if it is past its time; whether it was.
    pub fn expire_if_due(&mut self, db: usize, key: &[u8]) -> bool {
        if !self.is_stale {
            return false;
        }
        let entries = self.databases[db].entries();
        let due = entries.place(key).filter(|at| entries.at(*at).is_some_and(|(_, entry)| self.is_hidden(db, entry)));
        if let Some(place) = due {
            self.expire(db, place);
        }
        due.is_some()
    }

    /// The key that expires first.
    pub(super) fn soonest_expiring(&self) -> Option<(usize, Bytes)> {
        let (_, db, place) = self.next_expiring()?;
        self.databases[db].entries().at(place).map(|(key, _)| (db, key.to_bytes()))
    }

    /// The earliest moment at which a key expires, in which database, and the place of the key.
    fn next_expiring(&self) -> Option<(i64, usize, usize)> {
        let soonest = |(db, database): (usize, &Database)| database.soonest().map(|(at, place)| (at, db, place));
        self.databases.iter().enumerate().filter_map(soonest).min()
    }
}
