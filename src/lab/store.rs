//! The database of a schedule: a value like the rest of the state, so that schedules can branch.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::database::{Database, DatabaseError, Image};
use crate::program::{Datum, of_rows};

use super::scenario::Store;

/// So many statements are remembered with what they did.
const MOST_KEPT: usize = 50_000;

/// What a database holds in one state. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Holdings {
    /// The digest of its logical content.
    pub digest: [u8; 20],
    image: Image,
}

/// What a statement did to a database in one state.
type Done = (Result<Datum, String>, Holdings);

/// Runs statements on databases in any state: one connection that is put into the state first.
#[derive(Debug, Default)]
pub struct Databases {
    connection: Option<Database>,
    /// The state in which the connection is.
    stands_at: [u8; 20],
    known: HashMap<([u8; 20], Arc<str>), Done>,
}

impl Databases {
    /// Makes a database; the error says what is wrong with its statements.
    pub fn open(store: &Store) -> Result<(Databases, Holdings), String> {
        let told = |error: DatabaseError| format!("its database cannot be made: {error}");
        let mut database = Database::open(&store.schema, &store.seed).map_err(told)?;
        let digest = database.digest().map_err(told)?;
        let image = database.snapshot().map_err(told)?;
        let held = Holdings { digest, image };
        Ok((Databases { connection: Some(database), stands_at: digest, known: HashMap::new() }, held))
    }

    /// Runs a statement on a database in a state: its answer, and the state afterwards.
    pub fn run(&mut self, held: &Holdings, statement: &str) -> Done {
        let key = (held.digest, Arc::from(statement));
        if let Some(done) = self.known.get(&key) {
            return done.clone();
        }
        let done = self.run_afresh(held, statement).unwrap_or_else(|error| (Err(error.to_string()), held.clone()));
        if self.known.len() >= MOST_KEPT {
            self.known.clear();
        }
        self.known.insert(key, done.clone());
        done
    }

    fn run_afresh(&mut self, held: &Holdings, statement: &str) -> Result<Done, DatabaseError> {
        let Some(database) = &mut self.connection else {
            return Err(DatabaseError::Sqlite("there is no database".into()));
        };
        if self.stands_at != held.digest {
            database.restore(&held.image)?;
            self.stands_at = held.digest;
        }
        let rows = database.run(statement)?;
        let digest = database.digest()?;
        if digest == held.digest {
            return Ok((Ok(of_rows(&rows)), held.clone()));
        }
        let image = database.snapshot()?;
        self.stands_at = digest;
        Ok((Ok(of_rows(&rows)), Holdings { digest, image }))
    }
}
