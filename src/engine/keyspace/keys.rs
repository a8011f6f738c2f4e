//! The databases of one server.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::super::error::{Error, WRONG_TYPE};
use super::super::time::Time;
use super::super::types::Dict;
use super::data::{Data, Entry, Kind};
use super::signal::{Class, Signal};

#[derive(Clone, Debug, Default)]
struct Database {
    entries: Dict<Entry>,
    /// Every key that has a TTL, earliest first.
    expiring: BTreeSet<(i64, Bytes)>,
}

/// The databases (16 unless configured otherwise), and the log of what happened to their keys.
///
/// A key whose time has come is gone for every accessor, because [`Keyspace::expire_due`] runs before each command:
/// what a lazy expiry would hide from a reader is never there to be read.
#[derive(Clone, Debug)]
pub struct Keyspace {
    databases: Vec<Database>,
    signals: Vec<Signal>,
    /// Changes since the start: INFO's `rdb_changes_since_last_save`.
    pub dirty: u64,
    /// Keys that expired since the start: INFO's `expired_keys`.
    pub expired: u64,
}

impl Keyspace {
    /// `count` empty databases.
    pub fn new(count: usize) -> Keyspace {
        Keyspace { databases: vec![Database::default(); count], signals: Vec::new(), dirty: 0, expired: 0 }
    }

    /// How many databases there are.
    pub fn databases(&self) -> usize {
        self.databases.len()
    }

    /// How many keys database `db` holds.
    pub fn len(&self, db: usize) -> usize {
        self.databases[db].entries.len()
    }

    /// Whether database `db` holds no key.
    pub fn is_empty(&self, db: usize) -> bool {
        self.len(db) == 0
    }

    /// How many keys of database `db` have a TTL.
    pub fn volatile_len(&self, db: usize) -> usize {
        self.databases[db].expiring.len()
    }

    /// What `key` holds and when it expires.
    pub fn entry(&self, db: usize, key: &[u8]) -> Option<&Entry> {
        self.databases[db].entries.get(key)
    }

    /// Whether `key` exists.
    pub fn exists(&self, db: usize, key: &[u8]) -> bool {
        self.databases[db].entries.contains(key)
    }

    /// Keys and entries of a database, in an order that is the same on every run.
    pub fn iter(&self, db: usize) -> impl Iterator<Item = (&Bytes, &Entry)> {
        self.databases[db].entries.iter()
    }

    /// The key in place `index` below [`Keyspace::len`]: a fair draw for a fair index.
    pub fn at(&self, db: usize, index: usize) -> Option<(&Bytes, &Entry)> {
        self.databases[db].entries.at(index)
    }

    /// One step of SCAN; see [`Dict::scan`].
    pub fn scan<'a>(&'a self, db: usize, cursor: u64, visit: impl FnMut(&'a Bytes, &'a Entry)) -> u64 {
        self.databases[db].entries.scan(cursor, visit)
    }

    /// The value of `key` as a `T`: `None` if there is no such key, WRONGTYPE if it holds something else.
    pub fn read<T: Kind>(&self, db: usize, key: &[u8]) -> Result<Option<&T>, Error> {
        match self.databases[db].entries.get(key) {
            None => Ok(None),
            Some(entry) => T::of(&entry.data).map(Some).ok_or(WRONG_TYPE),
        }
    }

    /// The value of `key` to change it, if it exists. Whoever changes it calls [`Keyspace::touch`] afterwards.
    pub fn edit<T: Kind>(&mut self, db: usize, key: &[u8]) -> Result<Option<&mut T>, Error> {
        match self.databases[db].entries.get_mut(key) {
            None => Ok(None),
            Some(entry) => T::of_mut(&mut entry.data).map(Some).ok_or(WRONG_TYPE),
        }
    }

    /// The value of `key` to change it; an empty one is put there first if the key does not exist.
    pub fn edit_or_create<T: Kind + Default>(&mut self, db: usize, key: &Bytes) -> Result<&mut T, Error> {
        let entries = &mut self.databases[db].entries;
        // The key is copied, so that it does not hold the whole message in which it arrived.
        if !entries.contains(key) {
            let fresh = Entry { data: T::default().into_data(), expires_ms: None };
            entries.insert(Bytes::copy_from_slice(key), fresh);
        }
        match entries.get_mut(key) {
            Some(entry) => T::of_mut(&mut entry.data).ok_or(WRONG_TYPE),
            None => Err(WRONG_TYPE),
        }
    }

    /// Puts a value at `key`, whatever was there; its TTL goes unless `expires_ms` sets one.
    pub fn put(&mut self, db: usize, key: &[u8], data: Data, expires_ms: Option<i64>) {
        self.forget_expiry(db, key);
        let key = Bytes::copy_from_slice(key);
        if let Some(at) = expires_ms {
            self.databases[db].expiring.insert((at, key.clone()));
        }
        self.databases[db].entries.insert(key, Entry { data, expires_ms });
    }

    /// Takes `key` away with what it held. It tells nobody: see [`Keyspace::touch`].
    pub fn take(&mut self, db: usize, key: &[u8]) -> Option<Entry> {
        self.forget_expiry(db, key);
        self.databases[db].entries.remove(key)
    }

    /// Sets or clears the time at which `key` expires; false if there is no such key.
    pub fn set_expiry(&mut self, db: usize, key: &[u8], expires_ms: Option<i64>) -> bool {
        self.forget_expiry(db, key);
        let database = &mut self.databases[db];
        let Some((stored, _)) = database.entries.get_entry(key) else { return false };
        if let Some(at) = expires_ms {
            let stored = stored.clone();
            database.expiring.insert((at, stored));
        }
        if let Some(entry) = database.entries.get_mut(key) {
            entry.expires_ms = expires_ms;
        }
        true
    }

    fn forget_expiry(&mut self, db: usize, key: &[u8]) {
        let database = &mut self.databases[db];
        if let Some((stored, Entry { expires_ms: Some(at), .. })) = database.entries.get_entry(key) {
            let place = (*at, stored.clone());
            database.expiring.remove(&place);
        }
    }

    /// Removes every key of a database; how many there were.
    pub fn clear(&mut self, db: usize) -> usize {
        let keys: Vec<Bytes> = self.databases[db].entries.keys().cloned().collect();
        self.databases[db] = Database::default();
        let count = keys.len();
        for key in keys {
            self.signals.push(Signal { db, key, class: Class::Generic, event: "flush", modified: true });
        }
        self.dirty += count as u64;
        count
    }

    /// Exchanges two databases. Keys that exist in either count as changed, since WATCH sees them so.
    pub fn swap(&mut self, a: usize, b: usize) {
        self.databases.swap(a, b);
        let mut told = Vec::new();
        for (db, other) in [(a, b), (b, a)] {
            for key in self.databases[db].entries.keys().chain(self.databases[other].entries.keys()) {
                told.push(Signal { db, key: key.clone(), class: Class::Generic, event: "swapdb", modified: true });
            }
        }
        self.signals.append(&mut told);
    }

    /// The one place that notices a change of a key: call it after each modification with the event's name.
    pub fn touch(&mut self, db: usize, key: &[u8], class: Class, event: &'static str) {
        self.dirty += 1;
        self.signal(db, key, class, event, true);
    }

    /// Tells of an event that modified nothing by itself, such as the `del` that follows a `lpop` of the last element.
    pub fn signal(&mut self, db: usize, key: &[u8], class: Class, event: &'static str, modified: bool) {
        self.signals.push(Signal { db, key: Bytes::copy_from_slice(key), class, event, modified });
    }

    /// [`Keyspace::touch`], and the key goes if its collection is now empty.
    pub fn touch_or_drop(&mut self, db: usize, key: &[u8], class: Class, event: &'static str) {
        self.touch(db, key, class, event);
        if self.entry(db, key).is_some_and(|entry| entry.data.is_hollow()) {
            self.take(db, key);
            self.signal(db, key, Class::Generic, "del", true);
        }
    }

    /// What happened since the last call.
    pub fn take_signals(&mut self) -> Vec<Signal> {
        std::mem::take(&mut self.signals)
    }

    /// The earliest moment at which a key expires, in milliseconds since the Unix epoch.
    pub fn next_expiry_ms(&self) -> Option<i64> {
        self.databases.iter().filter_map(|db| db.expiring.first().map(|(at, _)| *at)).min()
    }

    /// Removes the keys whose time has come.
    pub fn expire_due(&mut self, now: Time) {
        for db in 0..self.databases.len() {
            while let Some((at, _)) = self.databases[db].expiring.first() {
                // Redis: a key is expired once the clock has passed its time, not when it reaches it.
                if *at >= now.ms() {
                    break;
                }
                let Some((_, key)) = self.databases[db].expiring.pop_first() else { break };
                self.databases[db].entries.remove(&key);
                self.expired += 1;
                self.signal(db, &key, Class::Expired, "expired", true);
            }
        }
    }
}
