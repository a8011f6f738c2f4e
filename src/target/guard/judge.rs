//! The guard: what may be sent to a live server, and what is asked about first.

use std::time::Instant;

use bytes::Bytes;

use crate::resp::{Value, printable};

use super::super::connection::Connection;
use super::super::error::LinkError;
use super::super::open::Target;
use super::clean::{self, LastResort};
use super::keys::{Reach, reach, words};
use super::ledger::{Ledger, Origin};

/// So many steps of SCAN are made to learn whether a pattern matches any key.
const MOST_SCANS: usize = 10_000;
/// How many keys a message names.
const MOST_NAMED: usize = 5;

/// What the guard says of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be sent.
    Allow,
    /// The user has to say yes to this very command.
    Ask {
        /// What it could do.
        reason: String,
        /// The keys that it may change and that redlab did not create, where that is the reason.
        keys: Vec<Bytes>,
    },
}

impl Verdict {
    fn ask(reason: impl Into<String>) -> Verdict {
        Verdict::Ask { reason: reason.into(), keys: Vec::new() }
    }
}

/// Why a lesson or a program does not start on a server.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Its keys exist there.
    #[error(
        "this server already holds keys that would be used here: {keys}. They are left alone. Rename or remove them \
         yourself, choose another database (redis://host:port/1), or use the bundled engine"
    )]
    Taken {
        /// The first of them.
        keys: String,
    },
    /// So big a server cannot be searched for a pattern.
    #[error(
        "this server holds too many keys to find out whether any matches {pattern}. Choose another database \
         (redis://host:port/1), or use the bundled engine"
    )]
    TooBig {
        /// The pattern.
        pattern: String,
    },
    /// The server refused to say.
    #[error("the server does not tell whether keys exist: {said}")]
    Refused {
        /// Its words.
        said: String,
    },
    /// A command of a program could do harm.
    #[error("{line} is not run on a live server: {reason}. Use --target server or the bundled engine")]
    Harmful {
        /// The command.
        line: String,
        /// What it could do.
        reason: String,
    },
    /// The server could not be asked.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// Watches over one live server for one session.
#[derive(Debug, Default)]
pub struct Guard {
    ledger: Ledger,
    /// Whether a client may be in another database than the one that is watched.
    astray: bool,
}

impl Guard {
    /// A guard that knows of no key yet.
    pub fn new() -> Guard {
        Guard::default()
    }

    /// What redlab created, to be shared with work that creates more.
    pub fn ledger(&self) -> Ledger {
        self.ledger.clone()
    }

    /// The clean-up for a process that is about to die.
    pub fn last_resort(&self, target: &Target) -> LastResort {
        LastResort::new(target.clone(), self.ledger.clone())
    }

    /// Claims the keys of a lesson, given as SCAN patterns: none of them may exist.
    ///
    /// # Errors
    /// Keys exist, or the server cannot be asked.
    pub async fn claim(&mut self, patterns: &[String], connection: &mut Connection) -> Result<(), ClaimError> {
        let mut taken = Vec::new();
        for pattern in patterns {
            taken.extend(first_match(pattern, connection).await?.map(|key| printable(&key, 60)));
        }
        taken.sort();
        taken.dedup();
        taken.truncate(MOST_NAMED);
        if !taken.is_empty() {
            return Err(ClaimError::Taken { keys: taken.join(", ") });
        }
        self.ledger.with(|book| {
            for pattern in patterns {
                book.claim(Bytes::copy_from_slice(pattern.as_bytes()));
            }
        });
        Ok(())
    }

    /// What is to be done with a command. Keys that it is about to create are noted as redlab's own.
    ///
    /// # Errors
    /// The server cannot be asked about its keys.
    pub async fn judge(&mut self, argv: &[Bytes], connection: &mut Connection) -> Result<Verdict, LinkError> {
        self.settle(connection).await?;
        self.count_transactions(argv);
        if let Some(reason) = self.leaves_database(argv, connection.database()) {
            return Ok(Verdict::ask(reason));
        }
        let reach = reach(argv, connection).await?;
        if self.astray && !reach.written.is_empty() {
            let reason = "it changes keys, and redlab cannot tell in which database since SELECT was used";
            return Ok(Verdict::ask(reason));
        }
        let foreign = self.sort_out(&reach, connection).await?;
        match reach.reason {
            Some(reason) => Ok(Verdict::ask(reason)),
            None if foreign.is_empty() => Ok(Verdict::Allow),
            None => {
                let reason = format!("it may change {}, which redlab did not create", named(&foreign));
                Ok(Verdict::Ask { reason, keys: foreign })
            }
        }
    }

    /// Looks, after a command was answered, what has become of its keys: one that is gone is nobody's again, and whoever
    /// creates it next owns it.
    ///
    /// # Errors
    /// The server cannot be asked about its keys.
    pub async fn review(&self, keys: &[Bytes], connection: &mut Connection) -> Result<(), LinkError> {
        // What a transaction creates comes later.
        if self.ledger.with(|book| book.transactions) > 0 {
            return Ok(());
        }
        let replies = exist(keys, connection).await?;
        self.ledger.with(|book| {
            for (key, exists) in keys.iter().zip(replies) {
                if exists { book.settle(key, true) } else { book.forget(key) }
            }
        });
        Ok(())
    }

    /// A client's transaction is gone with its connection.
    pub fn transaction_lost(&self) {
        self.ledger.with(|book| book.transactions = book.transactions.saturating_sub(1));
    }

    /// Looks whether keys that were expected have come to be.
    async fn settle(&self, connection: &mut Connection) -> Result<(), LinkError> {
        let expected = self.ledger.with(|book| book.expected());
        let replies = exist(&expected, connection).await?;
        self.ledger.with(|book| {
            for (key, exists) in expected.iter().zip(replies) {
                book.settle(key, exists);
            }
        });
        Ok(())
    }

    fn count_transactions(&self, argv: &[Bytes]) {
        let is = |word: &str| argv.first().is_some_and(|name| name.eq_ignore_ascii_case(word.as_bytes()));
        self.ledger.with(|book| {
            if is("MULTI") {
                book.transactions += 1;
            } else if is("EXEC") || is("DISCARD") || is("RESET") {
                book.transactions = book.transactions.saturating_sub(1);
            }
        });
    }

    /// SELECT and RESET take a client out of the database that is watched.
    fn leaves_database(&mut self, argv: &[Bytes], home: i64) -> Option<String> {
        let is = |word: &str| argv.first().is_some_and(|name| name.eq_ignore_ascii_case(word.as_bytes()));
        let to = match argv {
            [_, number] if is("SELECT") => std::str::from_utf8(number).ok()?.parse::<i64>().ok()?,
            // After it, a connection is in the first database and has given no password.
            [_] if is("RESET") => 0,
            _ => return None,
        };
        if to == home && !self.astray {
            return None;
        }
        self.astray = true;
        Some("redlab watches one database only: after this, it asks about every command that changes a key".into())
    }

    /// Notes keys that do not exist yet; keys that are somebody's come back.
    async fn sort_out(&self, reach: &Reach, connection: &mut Connection) -> Result<Vec<Bytes>, LinkError> {
        let ours = |key: &&Bytes| self.ledger.with(|book| book.origin(key)) == Some(Origin::Ours);
        let unsure: Vec<Bytes> = reach.written.iter().filter(|key| !ours(key)).cloned().collect();
        let exists = exist(&unsure, connection).await?;
        Ok(self.ledger.with(|book| {
            let (mut foreign, mut fresh) = (Vec::new(), Vec::new());
            for (key, exists) in unsure.into_iter().zip(exists) {
                match (book.origin(&key), exists) {
                    (Some(Origin::Ours | Origin::Expected { .. }), _) => {}
                    (Some(Origin::Foreign), false) => {}
                    (_, true) => {
                        book.set(key.clone(), Origin::Foreign);
                        foreign.push(key);
                    }
                    (_, false) => fresh.push(key),
                }
            }
            // A command that moves somebody's data to a new key does not make that data ours.
            let origin = match foreign.is_empty() {
                true => Origin::Expected { since: Instant::now(), waits: reach.waits },
                false => Origin::Tainted,
            };
            fresh.into_iter().for_each(|key| book.set(key, origin));
            foreign
        }))
    }

    /// Removes what redlab created, and nothing else; how many keys there were. Keys that the server would not let go
    /// stay in the ledger.
    ///
    /// # Errors
    /// The server cannot be reached: the ledger still says what is left.
    pub async fn clean_up(&mut self, connection: &mut Connection) -> Result<usize, LinkError> {
        clean::clean_up(&self.ledger, connection).await
    }
}

/// Which of the keys exist.
pub async fn exist(keys: &[Bytes], connection: &mut Connection) -> Result<Vec<bool>, LinkError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let commands: Vec<Vec<Bytes>> = keys.iter().map(|key| words(&[b"EXISTS", key])).collect();
    let replies = connection.observe(&commands).await?;
    // A server that does not say counts as one that has the key: then the user is asked.
    Ok(replies.into_iter().map(|reply| reply != Value::Integer(0)).collect())
}

/// Keys for a message, the first few by name.
pub fn named(keys: &[Bytes]) -> String {
    let shown: Vec<String> = keys.iter().take(MOST_NAMED).map(|key| printable(key, 60)).collect();
    let more = keys.len().saturating_sub(MOST_NAMED);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// Any key that matches a pattern.
async fn first_match(pattern: &str, connection: &mut Connection) -> Result<Option<Bytes>, ClaimError> {
    if !pattern.contains(['*', '?', '[', '\\']) {
        let key = Bytes::copy_from_slice(pattern.as_bytes());
        return Ok(exist(std::slice::from_ref(&key), connection).await?.contains(&true).then_some(key));
    }
    let mut cursor = Bytes::from_static(b"0");
    for _ in 0..MOST_SCANS {
        let scan = words(&[b"SCAN", &cursor, b"MATCH", pattern.as_bytes(), b"COUNT", b"1000"]);
        let reply = connection.observe(&[scan]).await?.into_iter().next().unwrap_or(Value::Null);
        let Some([next, keys]) = reply.items() else {
            let said = reply.as_bytes().map(|text| printable(text, 200)).unwrap_or_default();
            return Err(ClaimError::Refused { said });
        };
        if let Some(key) = keys.items().and_then(|keys| keys.first()).and_then(Value::as_bytes) {
            return Ok(Some(key.clone()));
        }
        cursor = next.as_bytes().cloned().unwrap_or_default();
        if cursor == "0" {
            return Ok(None);
        }
    }
    Err(ClaimError::TooBig { pattern: pattern.into() })
}
