//! The running account of the memory that keys take: kept only while there is a limit.

use bytes::Bytes;

use super::super::types::Dict;

/// How much each database weighs. A key that a command may change is taken out of the account before, and booked again
/// once the command is done: so nothing is paid for reading, and nothing at all while the account is closed.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    is_open: bool,
    /// Bytes by database; those of suspended keys are not in it.
    bytes: Vec<usize>,
    /// Keys that may be changing, by database.
    suspended: Vec<Dict<()>>,
    /// How many there are.
    waiting: usize,
}

impl Ledger {
    /// Whether changes are to be booked.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Opens the account with what the databases weigh.
    pub fn open(&mut self, bytes: Vec<usize>) {
        let suspended = vec![Dict::default(); bytes.len()];
        *self = Ledger { is_open: true, bytes, suspended, waiting: 0 };
    }

    /// Closes it: changes are no longer booked.
    pub fn close(&mut self) {
        *self = Ledger::default();
    }

    /// Takes a key out that may change; `weight` is asked for what it weighs, if it exists.
    pub fn suspend(&mut self, db: usize, key: &[u8], weight: impl FnOnce() -> Option<usize>) {
        let Some(keys) = self.suspended.get_mut(db).filter(|keys| !keys.contains(key)) else { return };
        keys.insert(Bytes::copy_from_slice(key), ());
        self.waiting += 1;
        self.bytes[db] = self.bytes[db].saturating_sub(weight().unwrap_or(0));
    }

    /// Whether no key waits to be booked.
    pub fn is_settled(&self) -> bool {
        self.waiting == 0
    }

    /// The keys that wait to be booked.
    pub fn take_suspended(&mut self) -> Vec<(usize, Bytes)> {
        self.waiting = 0;
        let keys = self.suspended.iter_mut().map(std::mem::take).enumerate();
        keys.flat_map(|(db, keys)| keys.keys().map(|key| (db, key.clone())).collect::<Vec<_>>()).collect()
    }

    /// Books what a key weighs.
    pub fn book(&mut self, db: usize, weight: usize) {
        if let Some(bytes) = self.bytes.get_mut(db) {
            *bytes += weight;
        }
    }

    /// A database is empty now.
    pub fn clear(&mut self, db: usize) {
        if let (Some(bytes), Some(keys)) = (self.bytes.get_mut(db), self.suspended.get_mut(db)) {
            *bytes = 0;
            self.waiting -= keys.len();
            keys.clear();
        }
    }

    /// Two databases have changed places.
    pub fn swap(&mut self, a: usize, b: usize) {
        if self.is_open {
            self.bytes.swap(a, b);
            self.suspended.swap(a, b);
        }
    }

    /// What all databases weigh, once everything is booked.
    pub fn total(&self) -> usize {
        self.bytes.iter().sum()
    }
}
