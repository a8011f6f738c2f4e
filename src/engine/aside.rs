//! Keys that are set aside: whoever copies an engine again and again need not copy what no command asks for.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use hashbrown::HashSet;

/// The names of keys that were set aside, and which of them were asked for since. All copies of an engine share it.
#[derive(Debug, Default)]
pub struct Aside {
    names: HashSet<Bytes>,
    missed: Mutex<Option<Missed>>,
}

/// What was asked for although it was set aside: whatever was answered since is not true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missed {
    /// These keys.
    Keys(Vec<Bytes>),
    /// All keys, or how many there are.
    All,
}

impl Aside {
    /// Keys of these names are set aside, in whatever database.
    pub fn new(names: impl IntoIterator<Item = Bytes>) -> Aside {
        Aside { names: names.into_iter().collect(), missed: Mutex::new(None) }
    }

    /// Notes that somebody asks for keys.
    pub fn ask(&self, keys: &[&Bytes]) {
        let asked = keys.iter().filter(|key| self.names.contains(&***key)).map(|key| (*key).clone());
        let asked: Vec<Bytes> = asked.collect();
        if asked.is_empty() {
            return;
        }
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *missed {
            Some(Missed::Keys(keys)) => keys.extend(asked),
            Some(Missed::All) => {}
            none => *none = Some(Missed::Keys(asked)),
        }
    }

    /// Notes that somebody asks for what depends on all keys.
    pub fn ask_all(&self) {
        *self.missed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Missed::All);
    }

    /// What was asked for.
    pub fn missed(&self) -> Option<Missed> {
        self.missed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
