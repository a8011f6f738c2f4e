//! Whose keys are whose, shared by all that write to a live server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::engine;

use super::keys::known_reach;

/// How long a key may be expected that a command was about to create.
const PATIENCE: Duration = Duration::from_secs(5);

/// The keys that redlab created, and those that were there before. Clones share it.
///
/// Keys are noted *before* a command is sent, so that nothing is forgotten when the connection breaks or redlab dies.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<Book>>);

/// What the ledger holds.
#[derive(Debug, Default)]
pub struct Book {
    keys: BTreeMap<Bytes, Origin>,
    /// Patterns of keys of which none existed when the lesson started.
    claims: BTreeSet<Bytes>,
    /// How many clients are between MULTI and EXEC: what they create comes later.
    pub transactions: usize,
}

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// redlab created it.
    Ours,
    /// It did not exist, and a command that may create it was sent then; one that blocks may do it much later.
    Expected {
        /// When.
        since: Instant,
        /// Whether the command may wait.
        waits: bool,
    },
    /// It did not exist, and a command was asked about that may put somebody's data there.
    Tainted,
    /// It existed before.
    Foreign,
}

impl Ledger {
    /// Notes the keys that a command of a lesson may create. Only keys that the lesson has claimed are noted: none of
    /// those existed.
    pub fn note(&self, argv: &[Bytes]) {
        let Some(reach) = known_reach(argv) else { return };
        self.with(|book| {
            for key in reach.written {
                if book.is_claimed(&key) {
                    book.keys.entry(key).or_insert(Origin::Ours);
                }
            }
        });
    }

    /// The keys that are redlab's, or are about to be; each with the number 0, for the database of the URL.
    pub fn keys(&self) -> Vec<(u32, Bytes)> {
        self.with(|book| book.ours().into_iter().map(|key| (0, key)).collect())
    }

    /// Works on the book.
    pub fn with<T>(&self, work: impl FnOnce(&mut Book) -> T) -> T {
        // A map stays whole even if somebody panicked while it was locked.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The keys, for whoever must not wait for a lock: a panic may have happened while it was held.
    pub fn try_keys(&self) -> Vec<Bytes> {
        for _ in 0..100 {
            match self.0.try_lock() {
                Ok(book) => return book.ours(),
                Err(TryLockError::Poisoned(book)) => return book.into_inner().ours(),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        Vec::new()
    }
}

impl Book {
    /// Whose a key is; `None`: never met.
    pub fn origin(&self, key: &Bytes) -> Option<Origin> {
        self.keys.get(key).copied()
    }

    /// Notes whose a key is. What existed before stays somebody's for ever.
    pub fn set(&mut self, key: Bytes, origin: Origin) {
        let known = self.keys.entry(key).or_insert(origin);
        if *known != Origin::Foreign {
            *known = origin;
        }
    }

    /// Forgets a key that is gone.
    pub fn forget(&mut self, key: &Bytes) {
        self.keys.remove(key);
    }

    /// Adds a pattern, or a key's name, of which no key existed.
    pub fn claim(&mut self, pattern: Bytes) {
        self.claims.insert(pattern);
    }

    /// Whether a lesson has claimed the key.
    pub fn is_claimed(&self, key: &Bytes) -> bool {
        self.claims.contains(key) || self.claims.iter().any(|pattern| engine::glob_matches(pattern, key))
    }

    /// Keys that were expected and may by now have been created.
    pub fn expected(&self) -> Vec<Bytes> {
        self.filtered(|origin| matches!(origin, Origin::Expected { .. }))
    }

    /// What became of a key that was expected.
    pub fn settle(&mut self, key: &Bytes, exists: bool) {
        let Some(Origin::Expected { since, waits }) = self.origin(key) else { return };
        if exists {
            self.keys.insert(key.clone(), Origin::Ours);
        } else if !waits && self.transactions == 0 && since.elapsed() > PATIENCE {
            // The command failed: whoever creates the key later is somebody else.
            self.keys.remove(key);
        }
    }

    /// The keys that are to be removed at the end.
    pub fn ours(&self) -> Vec<Bytes> {
        self.filtered(|origin| matches!(origin, Origin::Ours | Origin::Expected { .. }))
    }

    fn filtered(&self, wanted: impl Fn(&Origin) -> bool) -> Vec<Bytes> {
        self.keys.iter().filter(|(_, origin)| wanted(origin)).map(|(key, _)| key.clone()).collect()
    }
}
