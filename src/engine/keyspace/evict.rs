//! Memory with a limit: what keys take, and which go when it runs out.
//!
//! As in Redis, a few keys are drawn at a time and the best of those met so far goes: an eviction never looks at all
//! keys. What is drawn comes from the keyspace's own generator, so that the same calls evict the same keys.

use bytes::Bytes;

use super::super::types::Blob;
use super::keys::Keyspace;
use super::memory::Room;
use super::policy::{Policy, Rules};
use super::signal::Class;
use super::weight;

/// So many keys are weighed one by one where no account is kept; of more, as many are drawn.
const WEIGHED: usize = 50_000;
/// Keys that go at once at `maxmemory-eviction-tenacity` 10, so that no command waits for long.
const SLICE: usize = 1000;

impl Keyspace {
    /// Takes over rules that have changed.
    pub fn obey(&mut self, rules: &Rules) {
        let changed = self.memory.rules != *rules;
        self.memory.rules = *rules;
        self.clock.obey(rules);
        if !changed {
            return;
        }
        self.memory.pool.forget();
        self.memory.is_evicting = rules.maxmemory > 0;
        match (rules.maxmemory > 0, self.memory.ledger.is_open()) {
            (true, false) => {
                let weights = (0..self.databases()).map(|db| self.weigh(db, usize::MAX)).collect();
                self.memory.ledger.open(weights);
            }
            (false, true) => self.memory.ledger.close(),
            _ => {}
        }
    }

    /// Whether there is a limit, so that what is kept depends on who was used when.
    pub fn has_limit(&self) -> bool {
        self.memory.rules.maxmemory > 0
    }

    /// What the keys of a database weigh, by at most so many of them.
    fn weigh(&self, db: usize, most: usize) -> usize {
        let (count, most) = (self.len(db), most.min(self.len(db)));
        let keys = (0..most).filter_map(|n| self.at(db, n * count / most));
        let sum: usize = keys.map(|(key, entry)| weight::account(key, entry)).sum();
        if most == count { sum } else { (sum as f64 / most as f64 * count as f64) as usize }
    }

    /// How much memory all keys take, with the tables that they are in.
    pub fn used(&self) -> usize {
        let ledger = &self.memory.ledger;
        let keys = if ledger.is_open() {
            ledger.total()
        } else {
            (0..self.databases()).map(|db| self.weigh(db, WEIGHED)).sum()
        };
        keys + self.tables()
    }

    /// How much memory the tables take.
    pub fn tables(&self) -> usize {
        (0..self.databases()).map(|db| weight::tables(self.len(db), self.volatile_len(db))).sum()
    }

    /// Takes a key out of the account because it may change.
    #[inline]
    pub(super) fn suspend(&mut self, db: usize, key: &[u8]) {
        if self.memory.ledger.is_open() {
            self.take_out(db, key);
        }
    }

    #[cold]
    fn take_out(&mut self, db: usize, key: &[u8]) {
        let entry = self.databases[db].entries().get(key);
        self.memory.ledger.suspend(db, key, || entry.map(|entry| weight::account(key, entry)));
    }

    /// Books the keys again that a command may have changed: to be called when it is done.
    #[inline]
    pub fn settle_account(&mut self) {
        if !self.memory.ledger.is_settled() {
            self.book_again();
        }
    }

    #[cold]
    fn book_again(&mut self) {
        for (db, key) in self.memory.ledger.take_suspended() {
            let weight = self.databases[db].entries().get(&key).map(|entry| weight::account(&key, entry));
            self.memory.ledger.book(db, weight.unwrap_or(0));
        }
    }

    /// Evicts keys until everything fits, where `other` bytes are used by what are no keys. It stops after a while
    /// (see [`super::memory::Memory::is_evicting`]).
    pub fn make_room(&mut self, other: usize) -> Room {
        self.settle_account();
        self.memory.is_evicting = false;
        let Rules { maxmemory, policy, .. } = self.memory.rules;
        let mut gone = 0;
        loop {
            let used = other + self.used();
            self.memory.peak = self.memory.peak.max(used);
            if used as u64 <= maxmemory {
                return Room::Enough;
            }
            let Some((db, key)) = self.candidate(policy) else { return Room::None };
            self.take(db, &key);
            self.settle_account();
            self.memory.evicted += 1;
            self.signal(db, &key, Class::Evicted, "evicted", true);
            gone += 1;
            if gone >= self.slice() {
                self.memory.is_evicting = true;
                return Room::Enough;
            }
        }
    }

    /// How many keys go at once: Redis gives the same growth in microseconds.
    fn slice(&self) -> usize {
        match self.memory.rules.tenacity {
            tenacity @ 0..=10 => (SLICE / 10 * tenacity as usize).max(16),
            tenacity @ 11..=99 => (SLICE as f64 * 1.15f64.powi(tenacity as i32 - 10)) as usize,
            _ => usize::MAX,
        }
    }

    /// The key that has to go next.
    fn candidate(&mut self, policy: Policy) -> Option<(usize, Bytes)> {
        match policy {
            Policy::NoEviction => None,
            Policy::AllKeysRandom | Policy::VolatileRandom => self.any_candidate(policy),
            // The order in which keys expire is known: nothing has to be drawn.
            Policy::VolatileTtl => self.soonest_expiring(),
            policy => self.best_candidate(policy),
        }
    }

    /// How many keys a policy may evict from a database.
    fn evictable(&self, policy: Policy, db: usize) -> usize {
        if policy.is_volatile() { self.volatile_len(db) } else { self.len(db) }
    }

    /// One that is drawn, from each database in turn.
    fn any_candidate(&mut self, policy: Policy) -> Option<(usize, Bytes)> {
        for _ in 0..self.databases() {
            let db = (self.memory.pool.last_db + 1) % self.databases();
            self.memory.pool.last_db = db;
            if self.evictable(policy, db) > 0 {
                return self.draw(policy, db).map(|key| (db, key));
            }
        }
        None
    }

    /// A key of a database that has one to evict.
    fn draw(&mut self, policy: Policy, db: usize) -> Option<Bytes> {
        let count = self.evictable(policy, db);
        let place = self.clock.rng().usize(..count);
        if policy.is_volatile() {
            return self.databases[db].volatile_at(place).map(Blob::to_bytes);
        }
        self.at(db, place).map(|(key, _)| key.to_bytes())
    }

    /// The best of those drawn now and before.
    fn best_candidate(&mut self, policy: Policy) -> Option<(usize, Bytes)> {
        loop {
            let mut any = false;
            for db in 0..self.databases() {
                any |= self.sample(policy, db);
            }
            if !any {
                return None;
            }
            // Candidates that were met before may be gone, or have lost their TTL.
            while let Some((db, key)) = self.memory.pool.take_best() {
                let entry = self.databases[db].entries().get(&key);
                if entry.is_some_and(|entry| !policy.is_volatile() || entry.is_volatile()) {
                    return Some((db, key));
                }
            }
        }
    }

    /// Draws some keys of a database into the pool; false if it has none to evict.
    fn sample(&mut self, policy: Policy, db: usize) -> bool {
        let count = self.evictable(policy, db);
        let samples = usize::try_from(self.memory.rules.samples).unwrap_or(usize::MAX).min(count);
        for _ in 0..samples {
            let Some(key) = self.draw(policy, db) else { continue };
            let Some(entry) = self.databases[db].entries().get(&key) else { continue };
            let idleness = self.clock.idleness(policy, entry.lru);
            self.memory.pool.note(idleness, db, &key);
        }
        count > 0
    }
}
