//! A hash table that can be scanned while it changes, sampled in O(1), and is the same on every run.

use std::hash::{BuildHasher, Hasher};
use std::ops::Deref;

use bytes::Bytes;

const NONE: u32 = u32::MAX;
/// The fewest chains that a table has which is not empty; a power of two.
const SMALLEST: usize = 4;

#[derive(Clone, Debug)]
struct Slot<V, K> {
    key: K,
    value: V,
    hash: u32,
    next: u32,
}

/// Keys to values.
///
/// Slots lie dense in insertion order (a removal moves the last one into the hole), so that [`Dict::at`] is a fair draw
/// for a fair index. They are chained from a table of heads that grows and shrinks by one chain at a time (Witold
/// Litwin's linear hashing): no insertion ever waits for the whole table to be built anew. With 2ⁿ + m chains, those
/// below m have been split already and are told apart by one more bit of the hash; [`Dict::scan`] visits the two
/// halves together, so that Redis's reverse-binary cursor holds.
#[derive(Clone, Debug)]
pub struct Dict<V, K = Bytes> {
    slots: Vec<Slot<V, K>>,
    heads: Vec<u32>,
}

impl<V, K> Default for Dict<V, K> {
    fn default() -> Self {
        Dict { slots: Vec::new(), heads: Vec::new() }
    }
}

fn hash_of(key: &[u8]) -> u32 {
    // A fixed seed: iteration order is part of "same inputs, same bytes".
    const SEED: foldhash::fast::FixedState = foldhash::fast::FixedState::with_seed(0x7265_646c_6162);
    let mut hasher = SEED.build_hasher();
    hasher.write(key);
    hasher.finish() as u32
}

/// The chain of a hash among so many.
fn chain(hash: u32, chains: usize) -> usize {
    let bits = chains.next_power_of_two().wrapping_sub(1);
    let chain = hash as usize & bits;
    if chain < chains { chain } else { chain & (bits >> 1) }
}

impl<V, K: Deref<Target = [u8]>> Dict<V, K> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn find(&self, key: &[u8], hash: u32) -> Option<usize> {
        let mut at = *self.heads.get(chain(hash, self.heads.len()))?;
        while let Some(slot) = self.slots.get(at as usize) {
            if slot.hash == hash && *slot.key == *key {
                return Some(at as usize);
            }
            at = slot.next;
        }
        None
    }

    /// Where `key` lies: an index for [`Dict::at`] that holds until a key is removed.
    pub fn place(&self, key: &[u8]) -> Option<usize> {
        self.find(key, hash_of(key))
    }

    /// The value of `key`.
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        self.place(key).map(|at| &self.slots[at].value)
    }

    /// The value of `key`, to change it.
    pub fn get_mut(&mut self, key: &[u8]) -> Option<&mut V> {
        let at = self.place(key)?;
        Some(&mut self.slots[at].value)
    }

    /// The stored key and its value.
    pub fn get_entry(&self, key: &[u8]) -> Option<(&K, &V)> {
        self.place(key).and_then(|at| self.at(at))
    }

    /// Whether `key` is there.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.place(key).is_some()
    }

    /// Sets the value of `key`; the value that was there comes back.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let hash = hash_of(&key);
        if let Some(at) = self.find(&key, hash) {
            return Some(std::mem::replace(&mut self.slots[at].value, value));
        }
        self.push(key, hash, value);
        None
    }

    /// The value of `key`, put there first if it was missing.
    pub fn get_or_insert_with(&mut self, key: &[u8], make: impl FnOnce() -> (K, V)) -> &mut V {
        let hash = hash_of(key);
        let at = self.find(key, hash).unwrap_or_else(|| {
            let (key, value) = make();
            self.push(key, hash, value)
        });
        &mut self.slots[at].value
    }

    /// Adds `key`; where it lies now, or lay already, and then the value comes back.
    pub fn add<'k>(&mut self, key: &'k [u8], value: V) -> Result<usize, (usize, V)>
    where
        K: From<&'k [u8]>,
    {
        let hash = hash_of(key);
        match self.find(key, hash) {
            Some(at) => Err((at, value)),
            None => Ok(self.push(K::from(key), hash, value)),
        }
    }

    fn push(&mut self, key: K, hash: u32, value: V) -> usize {
        let at = self.slots.len();
        if self.heads.is_empty() {
            self.heads.resize(SMALLEST, NONE);
        } else if at >= self.heads.len() {
            self.split();
        }
        let chain = chain(hash, self.heads.len());
        self.slots.push(Slot { key, value, hash, next: self.heads[chain] });
        self.heads[chain] = at as u32;
        at
    }

    /// Adds a chain, with what belongs there of the one that it is split from.
    fn split(&mut self) {
        let new = self.heads.len();
        let old = new - (1 << new.ilog2());
        let chains = new + 1;
        let (mut stays, mut goes) = (NONE, NONE);
        let mut at = self.heads[old];
        while at != NONE {
            let slot = &mut self.slots[at as usize];
            let next = slot.next;
            let head = if chain(slot.hash, chains) == new { &mut goes } else { &mut stays };
            slot.next = *head;
            *head = at;
            at = next;
        }
        self.heads[old] = stays;
        self.heads.push(goes);
    }

    /// Takes the last chain away; what hangs there goes back to the one that it was split from.
    fn merge(&mut self) {
        let Some(mut at) = self.heads.pop() else { return };
        let gone = self.heads.len();
        let into = gone - (1 << gone.ilog2());
        while at != NONE {
            let slot = &mut self.slots[at as usize];
            let next = std::mem::replace(&mut slot.next, self.heads[into]);
            self.heads[into] = at;
            at = next;
        }
    }

    /// Removes `key`; its value comes back.
    pub fn remove(&mut self, key: &[u8]) -> Option<V> {
        self.remove_entry(key).map(|(_, value)| value)
    }

    /// Removes `key`; the stored key and its value come back.
    pub fn remove_entry(&mut self, key: &[u8]) -> Option<(K, V)> {
        self.place(key).and_then(|at| self.remove_at(at))
    }

    /// Removes what lies at `at`, a place below [`Dict::len`]; what lies last moves there.
    pub fn remove_at(&mut self, at: usize) -> Option<(K, V)> {
        let last = self.slots.len().checked_sub(1).filter(|last| at <= *last)?;
        self.redirect(at, at as u32, self.slots[at].next);
        if at != last {
            self.redirect(last, last as u32, at as u32);
        }
        let slot = self.slots.swap_remove(at);
        self.shrink();
        Some((slot.key, slot.value))
    }

    /// Lets whatever points at slot `slot` as `from` point to `to`: past it, or to where it is about to be moved.
    fn redirect(&mut self, slot: usize, from: u32, to: u32) {
        let chain = chain(self.slots[slot].hash, self.heads.len());
        if self.heads[chain] == from {
            self.heads[chain] = to;
            return;
        }
        let mut at = self.heads[chain];
        while let Some(slot) = self.slots.get_mut(at as usize) {
            if slot.next == from {
                slot.next = to;
                return;
            }
            at = slot.next;
        }
    }

    /// Gives back what a table no longer needs that has become smaller: two chains for each key, and memory in quarters.
    fn shrink(&mut self) {
        for _ in 0..2 {
            if self.heads.len() > SMALLEST && self.heads.len() > self.slots.len() * 2 {
                self.merge();
            }
        }
        if self.slots.len() * 4 < self.slots.capacity() && self.slots.capacity() > SMALLEST {
            self.slots.shrink_to(self.slots.len() * 2);
            self.heads.shrink_to(self.slots.len() * 2);
        }
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        *self = Dict::default();
    }

    /// Keys and values in slot order: the same on every run, and insertion order while nothing was removed.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.slots.iter().map(|slot| (&slot.key, &slot.value))
    }

    /// Keys and values, the values to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.slots.iter_mut().map(|slot| (&slot.key, &mut slot.value))
    }

    /// Keys in slot order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.slots.iter().map(|slot| &slot.key)
    }

    /// The entry in slot `index`, which is below [`Dict::len`]: a fair draw for a fair index.
    pub fn at(&self, index: usize) -> Option<(&K, &V)> {
        self.slots.get(index).map(|slot| (&slot.key, &slot.value))
    }

    /// The value in slot `index`, to change it.
    pub fn at_mut(&mut self, index: usize) -> Option<&mut V> {
        self.slots.get_mut(index).map(|slot| &mut slot.value)
    }

    /// Visits the keys that share the lowest bits of their hash with the cursor, and answers the cursor of the next;
    /// 0 starts and 0 ends.
    ///
    /// Every key that is there during a whole iteration is visited at least once, however the table grows or shrinks
    /// in between: the cursor counts with its bits reversed (Pieter Noordhuis's `dictScan`).
    pub fn scan<'a>(&'a self, cursor: u64, mut visit: impl FnMut(&'a K, &'a V)) -> u64 {
        if self.slots.is_empty() {
            return 0;
        }
        let whole = 1usize << self.heads.len().ilog2();
        let mask = whole as u64 - 1;
        let chain = (cursor & mask) as usize;
        // The second is the half that was split off, if it was yet.
        for chain in [chain, chain + whole] {
            let mut at = self.heads.get(chain).copied().unwrap_or(NONE);
            while let Some(slot) = self.slots.get(at as usize) {
                visit(&slot.key, &slot.value);
                at = slot.next;
            }
        }
        (cursor | !mask).reverse_bits().wrapping_add(1).reverse_bits()
    }
}

impl<V: PartialEq, K: Deref<Target = [u8]>> PartialEq for Dict<V, K> {
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
