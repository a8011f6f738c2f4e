//! The database of a schedule: a value like the rest of the state, so that schedules can branch.

use crate::program::Datum;

use super::scenario::Store;

/// What a database holds, with its digest.
pub type Holdings = std::sync::Arc<Held>;

/// A database in one state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Held {
    /// The digest of its logical content.
    pub digest: [u8; 20],
}

/// Runs statements on databases in any state.
#[derive(Debug, Default)]
pub struct Databases {}

impl Databases {
    /// Makes a database; the error says what is wrong with its statements.
    pub fn open(_store: &Store) -> Result<(Databases, Holdings), String> {
        Err("this build has no database yet".into())
    }

    /// Runs a statement on a database in a state: its answer, and the state afterwards.
    pub fn run(&mut self, held: &Holdings, _statement: &str) -> (Result<Datum, String>, Holdings) {
        (Err("this build has no database yet".into()), held.clone())
    }
}
