//! A hash table that can be scanned while it changes, sampled in O(1), and is the same on every run.

use bytes::Bytes;
use std::hash::BuildHasher;

const NONE: u32 = u32::MAX;
const SMALLEST: usize = 4;

#[derive(Clone, Debug)]
struct Slot<V> {
    key: Bytes,
    value: V,
    hash: u32,
    next: u32,
}

/// Keys to values. Slots lie dense in insertion order (a removal moves the last one into the hole), chained from a
/// power-of-two table of heads, so that [`Dict::scan`] can use Redis's reverse-binary cursor and
/// [`Dict::at`] is a fair draw for a fair index.
#[derive(Clone, Debug)]
pub struct Dict<V> {
    slots: Vec<Slot<V>>,
    heads: Vec<u32>,
}

impl<V> Default for Dict<V> {
    fn default() -> Self {
        Dict { slots: Vec::new(), heads: Vec::new() }
    }
}

fn hash_of(key: &[u8]) -> u32 {
    // A fixed seed: iteration order is part of "same inputs, same bytes".
    foldhash::fast::FixedState::with_seed(0x7265_646c_6162).hash_one(key) as u32
}

impl<V> Dict<V> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn find(&self, key: &[u8], hash: u32) -> Option<usize> {
        let mut at = *self.heads.get(self.bucket(hash))?;
        while at != NONE {
            let slot = &self.slots[at as usize];
            if slot.hash == hash && slot.key == key {
                return Some(at as usize);
            }
            at = slot.next;
        }
        None
    }

    fn bucket(&self, hash: u32) -> usize {
        hash as usize & self.heads.len().wrapping_sub(1)
    }

    /// The value of `key`.
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        self.find(key, hash_of(key)).map(|at| &self.slots[at].value)
    }

    /// The value of `key`, to change it.
    pub fn get_mut(&mut self, key: &[u8]) -> Option<&mut V> {
        let at = self.find(key, hash_of(key))?;
        Some(&mut self.slots[at].value)
    }

    /// The stored key and its value.
    pub fn get_entry(&self, key: &[u8]) -> Option<(&Bytes, &V)> {
        self.find(key, hash_of(key)).map(|at| (&self.slots[at].key, &self.slots[at].value))
    }

    /// Whether `key` is there.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.find(key, hash_of(key)).is_some()
    }

    /// Sets the value of `key`; the value that was there comes back.
    pub fn insert(&mut self, key: Bytes, value: V) -> Option<V> {
        let hash = hash_of(&key);
        if let Some(at) = self.find(&key, hash) {
            return Some(std::mem::replace(&mut self.slots[at].value, value));
        }
        self.push(key, hash, value);
        None
    }

    /// The value of `key`, put there first if it was missing.
    pub fn get_or_insert_with(&mut self, key: &Bytes, make: impl FnOnce() -> V) -> &mut V {
        let hash = hash_of(key);
        let at = match self.find(key, hash) {
            Some(at) => at,
            None => self.push(key.clone(), hash, make()),
        };
        &mut self.slots[at].value
    }

    fn push(&mut self, key: Bytes, hash: u32, value: V) -> usize {
        if self.slots.len() >= self.heads.len() {
            self.resize((self.heads.len() * 2).max(SMALLEST));
        }
        let at = self.slots.len();
        let bucket = self.bucket(hash);
        self.slots.push(Slot { key, value, hash, next: self.heads[bucket] });
        self.heads[bucket] = at as u32;
        at
    }

    /// Removes `key`; its value comes back.
    pub fn remove(&mut self, key: &[u8]) -> Option<V> {
        self.remove_entry(key).map(|(_, value)| value)
    }

    /// Removes `key`; the stored key and its value come back.
    pub fn remove_entry(&mut self, key: &[u8]) -> Option<(Bytes, V)> {
        let hash = hash_of(key);
        let at = self.find(key, hash)?;
        self.unlink(at);
        let last = self.slots.len() - 1;
        if at != last {
            self.relink(last, at);
        }
        let slot = self.slots.swap_remove(at);
        if self.heads.len() > SMALLEST && self.slots.len() * 8 < self.heads.len() {
            self.resize(self.heads.len() / 4);
        }
        Some((slot.key, slot.value))
    }

    /// Takes slot `at` out of its chain.
    fn unlink(&mut self, at: usize) {
        let next = self.slots[at].next;
        self.redirect(at, at as u32, next);
    }

    /// Lets whatever points at slot `from` point at `to`, where it is about to be moved.
    fn relink(&mut self, from: usize, to: usize) {
        self.redirect(from, from as u32, to as u32);
    }

    fn redirect(&mut self, slot: usize, from: u32, to: u32) {
        let bucket = self.bucket(self.slots[slot].hash);
        if self.heads[bucket] == from {
            self.heads[bucket] = to;
            return;
        }
        let mut at = self.heads[bucket];
        while at != NONE {
            let next = self.slots[at as usize].next;
            if next == from {
                self.slots[at as usize].next = to;
                return;
            }
            at = next;
        }
    }

    fn resize(&mut self, buckets: usize) {
        let buckets = buckets.next_power_of_two().max(SMALLEST);
        self.heads.clear();
        self.heads.resize(buckets, NONE);
        for at in 0..self.slots.len() {
            let bucket = self.slots[at].hash as usize & (buckets - 1);
            self.slots[at].next = self.heads[bucket];
            self.heads[bucket] = at as u32;
        }
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.heads.clear();
    }

    /// Keys and values in slot order: the same on every run, and insertion order while nothing was removed.
    pub fn iter(&self) -> impl Iterator<Item = (&Bytes, &V)> {
        self.slots.iter().map(|slot| (&slot.key, &slot.value))
    }

    /// Keys and values, the values to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Bytes, &mut V)> {
        self.slots.iter_mut().map(|slot| (&slot.key, &mut slot.value))
    }

    /// Keys in slot order.
    pub fn keys(&self) -> impl Iterator<Item = &Bytes> {
        self.slots.iter().map(|slot| &slot.key)
    }

    /// The entry in slot `index`, which is below [`Dict::len`]: a fair draw for a fair index.
    pub fn at(&self, index: usize) -> Option<(&Bytes, &V)> {
        self.slots.get(index).map(|slot| (&slot.key, &slot.value))
    }

    /// Visits one bucket and answers the cursor of the next; 0 starts and 0 ends.
    ///
    /// Every key that is there during a whole iteration is visited at least once, however the table grows or shrinks
    /// in between: the cursor counts with its bits reversed (Pieter Noordhuis's `dictScan`).
    pub fn scan<'a>(&'a self, cursor: u64, mut visit: impl FnMut(&'a Bytes, &'a V)) -> u64 {
        if self.slots.is_empty() {
            return 0;
        }
        let mask = self.heads.len() as u64 - 1;
        let mut at = self.heads[(cursor & mask) as usize];
        while at != NONE {
            let slot = &self.slots[at as usize];
            visit(&slot.key, &slot.value);
            at = slot.next;
        }
        (cursor | !mask).reverse_bits().wrapping_add(1).reverse_bits()
    }
}

impl<V: PartialEq> PartialEq for Dict<V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    fn key(n: u32) -> Bytes {
        Bytes::from(format!("key:{n}"))
    }

    #[test]
    fn it_is_a_map() {
        let mut dict = Dict::default();
        let mut model = HashMap::new();
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..20_000 {
            let k = key(rng.u32(..500));
            if rng.bool() {
                let v = rng.u32(..);
                assert_eq!(dict.insert(k.clone(), v), model.insert(k, v));
            } else {
                assert_eq!(dict.remove(&k), model.remove(&k));
            }
            assert_eq!(dict.len(), model.len());
        }
        assert!(model.iter().all(|(k, v)| dict.get(k) == Some(v)));
    }

    #[test]
    fn a_scan_sees_every_key_that_stays() {
        let mut dict = Dict::default();
        for n in 0..1000 {
            dict.insert(key(n), ());
        }
        let (mut cursor, mut seen, mut step) = (0, HashSet::new(), 0);
        loop {
            cursor = dict.scan(cursor, |k, ()| {
                seen.insert(k.clone());
            });
            if cursor == 0 {
                break;
            }
            // The table grows, then shrinks, under the scan; keys below 100 stay.
            step += 1;
            if step < 50 {
                for n in 0..100 {
                    dict.insert(key(1000 + step * 100 + n), ());
                }
            } else {
                for n in 100..6000 {
                    dict.remove(&key(n));
                }
            }
        }
        assert!((0..100).all(|n| seen.contains(&key(n))));
    }
}
