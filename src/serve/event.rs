//! What somebody sees who looks on while a server works. Every text is safe for a terminal.

use crate::engine::ClientId;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A client came.
    Joined(Seen),
    /// A client is gone.
    Left(ClientId),
    /// A client's command ran.
    Called {
        /// Whose.
        client: ClientId,
        /// The command, in brief, without its secrets.
        command: String,
        /// What it was answered, in brief; empty while it waits.
        reply: String,
        /// Whether that is an error.
        failed: bool,
        /// Whether it waits for its reply.
        blocked: bool,
        /// How long it ran, in microseconds, as measured.
        took_us: u64,
    },
    /// A client was sent something that answers no command it has just sent: a message, or what it waited for.
    Delivered {
        /// To whom.
        client: ClientId,
        /// What, in brief.
        what: String,
        /// Whether it is the reply that the client waited for.
        is_reply: bool,
    },
    /// A key changed.
    Changed {
        /// In which database.
        db: usize,
        /// The key.
        key: String,
        /// What became of it.
        change: Change,
        /// The event as keyspace notifications name it, such as `lpush`; empty where they have no name for it.
        event: &'static str,
        /// What it holds now: its type and its size or its value; empty if it is gone.
        holds: String,
    },
    /// How everything stands.
    Round {
        /// The clients, the oldest first.
        clients: Vec<Seen>,
        /// Counters.
        totals: Totals,
    },
}

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    New,
    /// It was there before, and is.
    Changed,
    /// Its time was over.
    Expired,
    /// It had to make room.
    Evicted,
    /// It was deleted.
    Deleted,
}

/// A client as it is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub id: ClientId,
    /// CLIENT SETNAME.
    pub name: String,
    /// Its address.
    pub addr: String,
    /// Its library and that one's version.
    pub library: String,
    /// The database that it has selected.
    pub db: usize,
    /// Its last command, in lower case.
    pub last: String,
    /// For how long it has been connected, in seconds.
    pub age_s: u64,
    /// For how long it has sent nothing, in seconds.
    pub idle_s: u64,
    /// What it waits for, while it is blocked; or what it listens to.
    pub waits: String,
}

/// Counters since the server started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Commands that ran.
    pub commands: u64,
    /// Keys in all databases.
    pub keys: usize,
    /// Lookups that found a key.
    pub hits: u64,
    /// Lookups that did not.
    pub misses: u64,
    /// Events that were left out because they were not taken in time.
    pub left_out: u64,
    /// The server's clock, in microseconds.
    pub now_us: i64,
}
