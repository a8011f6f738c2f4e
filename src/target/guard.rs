//! What keeps a live server's data safe: it is somebody's.
//!
//! redlab removes and changes only keys that it created; it asks, command by command, before anything else that could.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::engine::{self, Flags, Row};
use crate::resp::{Value, printable};

use super::connection::Connection;
use super::error::LinkError;

/// What the guard says of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be sent.
    Allow,
    /// The user has to say yes to this very command.
    Ask {
        /// What it could do.
        reason: String,
    },
}

/// Why a lesson does not start on a server.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Keys of the lesson exist there.
    #[error(
        "this server already holds keys that the lesson would use: {keys}. They are left alone. Rename or remove them yourself, choose another database (redis://host:port/1), or use the bundled engine"
    )]
    Taken {
        /// The first of them.
        keys: String,
    },
    /// The server could not be asked.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// Commands that could do harm beyond their keys. A subcommand is written with its container: `CONFIG SET`.
const ASKED: &[(&str, &str)] = &[
    ("FLUSHALL", "it removes every key of every database"),
    ("FLUSHDB", "it removes every key of this database"),
    ("SWAPDB", "it exchanges two databases for all clients"),
    ("SHUTDOWN", "it stops the server"),
    ("CONFIG SET", "it changes the server's configuration for everybody"),
    ("CONFIG REWRITE", "it rewrites the server's configuration file"),
    ("CONFIG RESETSTAT", "it resets the server's statistics"),
    ("SCRIPT FLUSH", "it forgets the scripts of all clients"),
    ("SCRIPT KILL", "it ends a running script, which may be somebody's"),
    ("FUNCTION DELETE", "it deletes functions that others may call"),
    ("FUNCTION FLUSH", "it deletes all functions"),
    ("FUNCTION KILL", "it ends a running function, which may be somebody's"),
    ("FUNCTION LOAD", "it adds or replaces functions for all clients"),
    ("FUNCTION RESTORE", "it replaces functions for all clients"),
    ("DEBUG", "it can stop or block the server"),
    ("SAVE", "it blocks the server while it writes to disk"),
    ("BGSAVE", "it makes the server write to disk"),
    ("BGREWRITEAOF", "it makes the server write to disk"),
    ("REPLICAOF", "it can replace all data of this server"),
    ("SLAVEOF", "it can replace all data of this server"),
    ("FAILOVER", "it changes which server takes writes"),
    ("CLUSTER", "it can change the cluster"),
    ("MIGRATE", "it moves keys to another server"),
    ("MODULE", "it loads or unloads code of the server"),
    ("ACL SETUSER", "it changes who may do what on the server"),
    ("ACL DELUSER", "it removes users of the server"),
    ("ACL LOAD", "it replaces the users of the server"),
    ("ACL SAVE", "it writes the users of the server to disk"),
    ("CLIENT KILL", "it can close other clients' connections"),
    ("CLIENT PAUSE", "it holds up all clients"),
    ("CLIENT UNBLOCK", "it can wake other clients"),
    ("MONITOR", "it shows everybody's commands and slows the server down"),
    ("KEYS", "it blocks the server while it looks at every key: SCAN does not"),
    ("SLOWLOG RESET", "it clears the log that others may need"),
    ("LATENCY RESET", "it clears the log that others may need"),
    ("PSYNC", "it is the language of replicas"),
    ("SYNC", "it is the language of replicas"),
];

/// So many SCAN calls are made to learn whether a pattern matches any key.
const MOST_SCANS: usize = 10_000;

/// The keys that redlab created, with the number of their database. Clones share it.
///
/// Keys are noted before the command is sent, so that nothing is forgotten when the connection breaks.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<BTreeSet<(u32, Bytes)>>>);

impl Ledger {
    /// Notes the keys that a command of a lesson may create. The lesson has claimed them: they did not exist.
    pub fn note(&self, argv: &[Bytes]) {
        if let Some(row) = engine::resolve(argv).filter(|row| may_change(row)) {
            let keys = keys_written(row, argv);
            self.with(|created| created.extend(keys.into_iter().map(|key| (0, key))));
        }
    }

    /// The keys, and the databases that they are in.
    pub fn keys(&self) -> Vec<(u32, Bytes)> {
        self.with(|created| created.iter().cloned().collect())
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeSet<(u32, Bytes)>) -> T) -> T {
        // A set stays whole even if somebody panicked while it was locked.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Watches over one live server for one session.
#[derive(Debug, Default)]
pub struct Guard {
    ledger: Ledger,
    /// The database that the session has selected.
    db: u32,
}

impl Guard {
    /// A guard that has created nothing.
    pub fn new() -> Guard {
        Guard::default()
    }

    /// Claims the keys of a lesson, given as SCAN patterns: none of them may exist.
    ///
    /// # Errors
    /// Keys exist, or the server cannot be asked.
    pub async fn claim(&mut self, patterns: &[String], connection: &mut Connection) -> Result<(), ClaimError> {
        let mut taken = Vec::new();
        for pattern in patterns {
            if let Some(key) = first_match(pattern, connection).await? {
                taken.push(printable(&key, 60));
            }
        }
        taken.dedup();
        taken.truncate(5);
        if taken.is_empty() { Ok(()) } else { Err(ClaimError::Taken { keys: taken.join(", ") }) }
    }

    /// What is to be done with a command. Keys that it is about to create are noted as redlab's own.
    ///
    /// # Errors
    /// The server cannot be asked about its keys.
    pub async fn judge(&mut self, argv: &[Bytes], connection: &mut Connection) -> Result<Verdict, LinkError> {
        let Some(name) = argv.first() else { return Ok(Verdict::Allow) };
        if let Some(reason) = dangerous(argv) {
            return Ok(Verdict::Ask { reason: reason.into() });
        }
        self.follow_select(argv);
        let Some(row) = engine::resolve(argv) else {
            let name = printable(name, 40);
            return Ok(Verdict::Ask { reason: format!("redlab does not know {name} and cannot say what it changes") });
        };
        if !may_change(row) {
            return Ok(Verdict::Allow);
        }
        let keys = keys_written(row, argv);
        let foreign = self.foreign(&keys, connection).await?;
        if foreign.is_empty() {
            return Ok(Verdict::Allow);
        }
        let shown: Vec<String> = foreign.iter().take(5).map(|key| printable(key, 60)).collect();
        Ok(Verdict::Ask { reason: format!("it may change {}, which redlab did not create", shown.join(", ")) })
    }

    /// What redlab created, to be shared with work that creates more.
    pub fn ledger(&self) -> Ledger {
        self.ledger.clone()
    }

    /// Notes keys as about to be created by redlab itself; those that exist already and are not redlab's come back.
    ///
    /// # Errors
    /// The server cannot be asked about its keys.
    pub async fn foreign(&mut self, keys: &[Bytes], connection: &mut Connection) -> Result<Vec<Bytes>, LinkError> {
        let unknown: Vec<Bytes> = keys.iter().filter(|key| !self.is_ours(key)).cloned().collect();
        if unknown.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Vec<Vec<Bytes>> =
            unknown.iter().map(|key| vec![Bytes::from_static(b"EXISTS"), key.clone()]).collect();
        let replies = in_database(self.db, connection, asked).await?;
        let mut foreign = Vec::new();
        for (key, reply) in unknown.into_iter().zip(replies) {
            if reply == Value::Integer(0) {
                self.ledger.with(|created| created.insert((self.db, key)));
            } else {
                foreign.push(key);
            }
        }
        Ok(foreign)
    }

    fn follow_select(&mut self, argv: &[Bytes]) {
        if argv.len() == 2 && argv[0].eq_ignore_ascii_case(b"SELECT") {
            self.db = std::str::from_utf8(&argv[1]).ok().and_then(|n| n.parse().ok()).unwrap_or(self.db);
        }
    }

    fn is_ours(&self, key: &Bytes) -> bool {
        self.ledger.with(|created| created.contains(&(self.db, key.clone())))
    }

    /// Removes what redlab created, and nothing else; how many keys there were.
    ///
    /// # Errors
    /// The server cannot be reached: the ledger still says what is left.
    pub async fn clean_up(&mut self, connection: &mut Connection) -> Result<usize, LinkError> {
        let mut removed = 0;
        while let Some((db, key)) = self.ledger.with(|created| created.first().cloned()) {
            let command = vec![Bytes::from_static(b"DEL"), key.clone()];
            let replies = in_database(db, connection, vec![command]).await?;
            if replies.first() == Some(&Value::Integer(1)) {
                removed += 1;
            }
            self.ledger.with(|created| created.remove(&(db, key)));
        }
        Ok(removed)
    }
}

/// Runs commands of the guard in a database and leaves the connection in the first one.
async fn in_database(db: u32, connection: &mut Connection, commands: Vec<Vec<Bytes>>) -> Result<Vec<Value>, LinkError> {
    if db == 0 {
        return connection.observe(&commands).await;
    }
    let select = |db: u32| vec![Bytes::from_static(b"SELECT"), Bytes::from(db.to_string())];
    let mut all = vec![select(db)];
    all.extend(commands);
    all.push(select(0));
    let mut replies = connection.observe(&all).await?;
    replies.pop();
    Ok(replies.split_off(1.min(replies.len())))
}

/// Why a command is asked about, whatever its keys.
fn dangerous(argv: &[Bytes]) -> Option<&'static str> {
    let upper = |word: &Bytes| String::from_utf8_lossy(word).to_uppercase();
    let name = upper(argv.first()?);
    let full = argv.get(1).map(|sub| format!("{name} {}", upper(sub)));
    ASKED.iter().find(|(asked, _)| *asked == name || full.as_deref() == Some(*asked)).map(|(_, reason)| *reason)
}

/// Whether a command may change keys: writes, and scripts, which may do anything to the keys that they are given.
fn may_change(row: &Row) -> bool {
    row.writes() || row.flags.has(Flags::MAY_REPLICATE) && !row.keys.is_empty() || row.flags.has(Flags::MOVABLEKEYS)
}

/// The keys that a command may change: all of its keys that are not only read.
fn keys_written(row: &Row, argv: &[Bytes]) -> Vec<Bytes> {
    let read_only = |flags: &[&str]| flags.contains(&"RO");
    let specs = row.keys.iter().filter(|spec| !read_only(spec.flags));
    specs.flat_map(|spec| engine::positions(spec, argv)).filter_map(|at| argv.get(at).cloned()).collect()
}

/// Any key that matches a pattern.
async fn first_match(pattern: &str, connection: &mut Connection) -> Result<Option<Bytes>, LinkError> {
    if !pattern.contains(['*', '?', '[', '\\']) {
        let key = Bytes::copy_from_slice(pattern.as_bytes());
        let replies = connection.observe(&[vec![Bytes::from_static(b"EXISTS"), key.clone()]]).await?;
        return Ok((replies.first() == Some(&Value::Integer(1))).then_some(key));
    }
    let mut cursor = Bytes::from_static(b"0");
    for _ in 0..MOST_SCANS {
        let words = [&b"SCAN"[..], &cursor, b"MATCH", pattern.as_bytes(), b"COUNT", b"1000"];
        let command: Vec<Bytes> = words.iter().map(|word| Bytes::copy_from_slice(word)).collect();
        let reply = connection.observe(&[command]).await?.into_iter().next().unwrap_or(Value::Null);
        let Some([next, keys]) = reply.items() else { break };
        if let Some(key) = keys.items().and_then(|keys| keys.first()).and_then(Value::as_bytes) {
            return Ok(Some(key.clone()));
        }
        cursor = next.as_bytes().cloned().unwrap_or_default();
        if cursor == "0" || cursor.is_empty() {
            break;
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Bytes> {
        crate::resp::split_line(line).expect("a command line")
    }

    #[test]
    fn commands_that_reach_beyond_their_keys_are_asked_about() {
        for line in
            ["flushall", "FLUSHDB ASYNC", "config set maxmemory 1", "SHUTDOWN NOSAVE", "Script Flush", "debug sleep 1"]
        {
            assert!(dangerous(&words(line)).is_some(), "{line}");
        }
        for line in ["GET a", "CONFIG GET x", "SCRIPT LOAD x", "CLIENT LIST"] {
            assert!(dangerous(&words(line)).is_none(), "{line}");
        }
    }

    #[test]
    fn keys_that_are_only_read_are_not_changed() {
        let written = |line: &str| {
            let argv = words(line);
            let row = engine::resolve(&argv).expect("a known command");
            keys_written(row, &argv).iter().map(|key| String::from_utf8_lossy(key).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(written("SET a 1"), ["a"]);
        assert_eq!(written("COPY a b"), ["b"]);
        assert_eq!(written("RENAME a b"), ["a", "b"]);
        assert_eq!(written("SINTERSTORE d a b"), ["d"]);
    }
}
