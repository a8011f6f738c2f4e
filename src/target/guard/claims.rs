//! Programs that run again and again on a live server: only on keys of their own, and all of these go after each round.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use crate::engine;
use crate::resp::{Protocol, printable};

use super::super::connection::Connection;
use super::super::error::LinkError;
use super::super::open::Target;
use super::clean;
use super::judge::{ClaimError, exist, named};
use super::keys::reach;
use super::ledger::{Ledger, Origin};

/// The keys of programs on a live server. Nobody is asked here: what would need a question is refused.
#[derive(Debug)]
pub struct Claims {
    ledger: Ledger,
    known: Mutex<BTreeSet<Bytes>>,
    /// Asked one by one: two clients that meet a new key at once must not take each other for strangers.
    connection: tokio::sync::Mutex<Connection>,
}

impl Claims {
    /// No key yet. Has a connection of its own.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub async fn new(target: &Target) -> Result<Claims, LinkError> {
        let connection = target.connect("redlab-guard", Protocol::Resp2).await?;
        Ok(Claims {
            ledger: Ledger::default(),
            known: Mutex::default(),
            connection: tokio::sync::Mutex::new(connection),
        })
    }

    /// Has to be asked before a command is sent: whether it keeps to keys that did not exist. Keys that it may create
    /// are noted as redlab's own.
    ///
    /// # Errors
    /// The command could do harm, or names a key that is somebody's; or the server cannot be asked.
    pub async fn admit(&self, argv: &[Bytes]) -> Result<(), ClaimError> {
        let refused = |reason: String| ClaimError::Harmful { line: brief(argv), reason };
        if argv.first().is_some_and(|name| LEAVING.iter().any(|leaving| name.eq_ignore_ascii_case(leaving))) {
            return Err(refused("redlab watches one database only".into()));
        }
        let mut reach = match super::keys::known_reach(argv) {
            Some(reach) if reach.reason.is_none() && !is_doubtful(argv) => reach,
            _ => reach(argv, &mut *self.connection.lock().await).await?,
        };
        if let Some(reason) = reach.reason {
            return Err(refused(reason));
        }
        let written = std::mem::take(&mut reach.written);
        let read = engine::resolve(argv).map(|row| row.keys_of(argv)).unwrap_or_default();
        let keys: BTreeSet<Bytes> = read.into_iter().chain(&written).cloned().collect();
        self.claim(keys.into_iter().collect()).await?;
        self.ledger.with(|book| written.into_iter().for_each(|key| book.set(key, Origin::Ours)));
        Ok(())
    }

    async fn claim(&self, mut keys: Vec<Bytes>) -> Result<(), ClaimError> {
        keys.retain(|key| !self.known().contains(key));
        if keys.is_empty() {
            return Ok(());
        }
        let mut connection = self.connection.lock().await;
        keys.retain(|key| !self.known().contains(key));
        free(&keys, &mut connection).await?;
        self.known().extend(keys);
        Ok(())
    }

    /// Has to be asked before each round: none of the keys of earlier rounds exists, though somebody may have made one
    /// since.
    ///
    /// # Errors
    /// Somebody has; or the server cannot be asked.
    pub async fn begin(&self) -> Result<(), ClaimError> {
        let keys: Vec<Bytes> = self.known().iter().cloned().collect();
        free(&keys, &mut *self.connection.lock().await).await
    }

    /// Removes what the round created; how many keys there were.
    ///
    /// # Errors
    /// The server cannot be reached: what is left stands in the ledger.
    pub async fn end(&self) -> Result<usize, LinkError> {
        clean::clean_up(&self.ledger, &mut *self.connection.lock().await).await
    }

    /// The keys that could not be removed, for a message.
    pub fn left(&self) -> String {
        named(&self.ledger.with(|book| book.ours()))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeSet<Bytes>> {
        // A set stays whole even if somebody panicked while it was locked.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Commands after which a connection is in another database, or has given no password.
const LEAVING: &[&[u8]] = &[b"SELECT", b"RESET"];

/// Commands whose row alone does not tell what they do: the server is asked.
fn is_doubtful(argv: &[Bytes]) -> bool {
    const DOUBTFUL: &[&[u8]] = &[b"KEYS", b"EVALSHA", b"EVALSHA_RO", b"FCALL"];
    argv.first().is_some_and(|name| DOUBTFUL.iter().any(|known| name.eq_ignore_ascii_case(known)))
}

fn brief(argv: &[Bytes]) -> String {
    let words: Vec<String> = argv.iter().take(6).map(|word| printable(word, 40)).collect();
    words.join(" ")
}

/// An error if any of the keys exists.
async fn free(keys: &[Bytes], connection: &mut Connection) -> Result<(), ClaimError> {
    let exists = exist(keys, connection).await?;
    let taken: Vec<Bytes> = keys.iter().zip(exists).filter(|(_, exists)| *exists).map(|(key, _)| key.clone()).collect();
    if taken.is_empty() { Ok(()) } else { Err(ClaimError::Taken { keys: named(&taken) }) }
}
