//! One database: its keys, what they hold, and when they expire.

use std::collections::BTreeSet;

use super::super::types::{Blob, Dict, Hash};
use super::data::{Data, Entry, Taken};
use super::timers::Timers;

/// The keys of one database. A place is an index into [`Database::entries`]; it holds until a key is removed.
#[derive(Clone, Debug, Default)]
pub struct Database {
    entries: Dict<Entry, Blob>,
    timers: Timers,
    /// The keys of hashes with fields that expire, by when the first does.
    alarms: BTreeSet<(i64, Blob)>,
}

impl Database {
    /// The keys with what they hold.
    pub fn entries(&self) -> &Dict<Entry, Blob> {
        &self.entries
    }

    /// What `key` holds, to change it.
    pub fn get_mut(&mut self, key: &[u8]) -> Option<&mut Entry> {
        self.entries.get_mut(key)
    }

    /// What `key` holds, put there first if it was missing.
    pub fn get_or_insert_with(&mut self, key: &[u8], make: impl FnOnce() -> Entry) -> &mut Entry {
        self.entries.get_or_insert_with(key, || (Blob::new(key), make()))
    }

    /// Puts a value at `key`, whatever was there, with a time at which it expires; whether the key is new.
    pub fn put(&mut self, key: &[u8], mut data: Data, lru: u32, expires_ms: Option<i64>) -> bool {
        self.silence(key);
        let alarm_ms = if let Data::Hash(hash) = &mut data { set_alarm(hash) } else { None };
        self.alarms.extend(alarm_ms.map(|at_ms| (at_ms, Blob::new(key))));
        match self.entries.add(key, Entry::new(data, lru)) {
            Ok(place) => {
                self.set_expiry(place, expires_ms);
                true
            }
            Err((place, fresh)) => {
                if let Some(entry) = self.entries.at_mut(place) {
                    (entry.data, entry.lru) = (fresh.data, fresh.lru);
                }
                self.set_expiry(place, expires_ms);
                false
            }
        }
    }

    /// Forgets when to look at the fields of the hash at `key`, if it is one.
    fn silence(&mut self, key: &[u8]) {
        if self.alarms.is_empty() {
            return;
        }
        if let Some(Entry { data: Data::Hash(hash), .. }) = self.entries.get_mut(key)
            && let Some(at_ms) = hash.alarm()
        {
            hash.set_alarm(None);
            self.alarms.remove(&(at_ms, Blob::new(key)));
        }
    }

    /// Notes when the first field of the hash at `key` expires; that time.
    pub fn watch_fields(&mut self, key: &[u8]) -> Option<i64> {
        self.silence(key);
        let Some(Entry { data: Data::Hash(hash), .. }) = self.entries.get_mut(key) else { return None };
        let alarm_ms = set_alarm(hash);
        self.alarms.extend(alarm_ms.map(|at_ms| (at_ms, Blob::new(key))));
        alarm_ms
    }

    /// When the first field of a hash expires, and the key of the hash.
    pub fn soonest_field(&self) -> Option<&(i64, Blob)> {
        self.alarms.first()
    }

    /// When an entry of this database expires, in milliseconds since the Unix epoch.
    pub fn expiry_of(&self, entry: &Entry) -> Option<i64> {
        self.timers.at_ms(entry.timer)
    }

    /// Sets or clears the time at which the key at a place expires.
    pub fn set_expiry(&mut self, place: usize, expires_ms: Option<i64>) {
        let Some((_, entry)) = self.entries.at(place) else { return };
        let timer = entry.timer;
        match (expires_ms, entry.is_volatile()) {
            (Some(at_ms), true) => self.timers.set(timer, at_ms, &mut self.entries),
            (Some(at_ms), false) => self.timers.add(at_ms, place, &mut self.entries),
            (None, true) => self.timers.remove(timer, &mut self.entries),
            (None, false) => {}
        }
    }

    /// Removes the key at a place.
    pub fn remove(&mut self, place: usize) -> Option<Taken> {
        let expires_ms = self.expiry_of(self.entries.at(place)?.1);
        if !self.alarms.is_empty() {
            let key = self.entries.at(place)?.0.clone();
            self.silence(&key);
        }
        self.set_expiry(place, None);
        let (_, Entry { data, lru, .. }) = self.entries.remove_at(place)?;
        // The key that lay last lies here now.
        if let Some((_, moved)) = self.entries.at(place) {
            self.timers.follow(moved.timer, place);
        }
        Some(Taken { data, expires_ms, lru })
    }

    /// When the first key expires, and its place.
    pub fn soonest(&self) -> Option<(i64, usize)> {
        Some((self.timers.at_ms(0)?, self.timers.place(0)?))
    }

    /// How many keys expire.
    pub fn volatile_len(&self) -> usize {
        self.timers.len()
    }

    /// One of the keys that expire, by an index below [`Database::volatile_len`]: a fair draw for a fair index.
    pub fn volatile_at(&self, index: usize) -> Option<&Blob> {
        self.entries.at(self.timers.place(index)?).map(|(key, _)| key)
    }
}

/// Notes in a hash when its first field expires; that time.
fn set_alarm(hash: &mut Hash) -> Option<i64> {
    let at_ms = hash.next_expiry();
    hash.set_alarm(at_ms);
    at_ms
}

#[cfg(test)]
mod tests {
    use super::super::super::types::Str;
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn times_follow_their_keys_and_the_earliest_is_known() {
        let mut database = Database::default();
        let mut model: BTreeMap<Vec<u8>, Option<i64>> = BTreeMap::new();
        let mut rng = fastrand::Rng::with_seed(11);
        for _ in 0..5_000 {
            let key = rng.u8(..60).to_string().into_bytes();
            let at = rng.bool().then(|| rng.i64(..30));
            match (rng.u8(..4), database.entries().place(&key)) {
                (0, Some(place)) => {
                    let taken = database.remove(place).map(|taken| taken.expires_ms);
                    assert_eq!(taken, model.remove(&key));
                }
                (1, Some(place)) => {
                    database.set_expiry(place, at);
                    model.insert(key, at);
                }
                _ => {
                    let is_new = database.put(&key, Data::Str(Str::Int(1)), 0, at);
                    assert_eq!(is_new, model.insert(key, at).is_none());
                }
            }
            for (key, at) in &model {
                assert_eq!(database.entries().get(key).map(|entry| database.expiry_of(entry)), Some(*at));
            }
            let first = model.iter().filter_map(|(key, at)| Some(((*at)?, key))).min();
            let soonest =
                database.soonest().and_then(|(at, place)| Some((at, database.entries().at(place)?.0.to_vec())));
            assert_eq!(soonest, first.map(|(at, key)| (at, key.clone())));
            assert_eq!(database.volatile_len(), model.values().flatten().count());
        }
    }
}
