//! Which key expires next.

use super::super::types::{Blob, Dict};
use super::data::{Entry, NEVER};

/// The keys of a database.
type Keys = Dict<Entry, Blob>;

/// The times at which keys expire: a heap, earliest first, and by name where times are equal. An entry knows its place
/// in the heap ([`Entry::is_volatile`]), and the heap the place of the key: 12 bytes for each key that expires, and
/// none for the others.
#[derive(Clone, Debug, Default)]
pub struct Timers {
    at_ms: Vec<i64>,
    places: Vec<u32>,
}

impl Timers {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.at_ms.len()
    }

    /// The time of a timer.
    pub fn at_ms(&self, timer: u32) -> Option<i64> {
        self.at_ms.get(timer as usize).copied()
    }

    /// The place of the key that a timer belongs to; the first is the one that expires next.
    pub fn place(&self, timer: usize) -> Option<usize> {
        self.places.get(timer).map(|place| *place as usize)
    }

    /// Sets a timer for the key at a place, which has none.
    pub fn add(&mut self, at_ms: i64, place: usize, keys: &mut Keys) {
        self.at_ms.push(at_ms);
        self.places.push(place as u32);
        self.rise(self.len() - 1, keys);
    }

    /// Sets a timer to another time.
    pub fn set(&mut self, timer: u32, at_ms: i64, keys: &mut Keys) {
        if let Some(time) = self.at_ms.get_mut(timer as usize) {
            *time = at_ms;
            let timer = self.rise(timer as usize, keys);
            self.sink(timer, keys);
        }
    }

    /// Removes a timer.
    pub fn remove(&mut self, timer: u32, keys: &mut Keys) {
        let (timer, last) = (timer as usize, self.len().saturating_sub(1));
        if timer >= self.len() {
            return;
        }
        if let Some(entry) = keys.at_mut(self.places[timer] as usize) {
            entry.timer = NEVER;
        }
        self.at_ms.swap_remove(timer);
        self.places.swap_remove(timer);
        if timer < last {
            let timer = self.rise(timer, keys);
            self.sink(timer, keys);
        }
        if self.len() * 4 < self.at_ms.capacity() {
            self.at_ms.shrink_to(self.len() * 2);
            self.places.shrink_to(self.len() * 2);
        }
    }

    /// The key of a timer has moved to another place.
    pub fn follow(&mut self, timer: u32, place: usize) {
        if let Some(known) = self.places.get_mut(timer as usize) {
            *known = place as u32;
        }
    }

    fn is_before(&self, a: usize, b: usize, keys: &Keys) -> bool {
        let name = |timer: usize| keys.at(self.places[timer] as usize).map(|(key, _)| key);
        self.at_ms[a].cmp(&self.at_ms[b]).then_with(|| name(a).cmp(&name(b))).is_lt()
    }

    fn swap(&mut self, a: usize, b: usize, keys: &mut Keys) {
        self.at_ms.swap(a, b);
        self.places.swap(a, b);
        self.tell(a, keys);
    }

    /// Tells a key where its timer is.
    fn tell(&self, timer: usize, keys: &mut Keys) {
        if let Some(entry) = keys.at_mut(self.places[timer] as usize) {
            entry.timer = timer as u32;
        }
    }

    /// Lets a timer rise over those that are later; where it comes to rest.
    fn rise(&mut self, mut timer: usize, keys: &mut Keys) -> usize {
        while timer > 0 {
            let parent = (timer - 1) / 2;
            if !self.is_before(timer, parent, keys) {
                break;
            }
            self.swap(timer, parent, keys);
            timer = parent;
        }
        self.tell(timer, keys);
        timer
    }

    /// Lets a timer sink under those that are earlier.
    fn sink(&mut self, mut timer: usize, keys: &mut Keys) {
        loop {
            let mut earliest = timer;
            for child in [timer * 2 + 1, timer * 2 + 2] {
                if child < self.len() && self.is_before(child, earliest, keys) {
                    earliest = child;
                }
            }
            if earliest == timer {
                return self.tell(timer, keys);
            }
            self.swap(timer, earliest, keys);
            timer = earliest;
        }
    }
}
