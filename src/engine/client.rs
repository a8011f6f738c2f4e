//! What the server knows of one connection.

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;

use crate::resp::{Protocol, Value};

use super::acl::DEFAULT_USER;
use super::time::Time;
use super::types::Dict;

/// The number of a connection: CLIENT ID.
pub type ClientId = u64;

/// Commands queued between MULTI and EXEC.
#[derive(Clone, Debug, Default)]
pub struct Transaction {
    /// The commands, in order.
    pub queued: Vec<Vec<Bytes>>,
    /// Whether one could not be queued, so that EXEC will answer EXECABORT.
    pub aborted: bool,
}

/// A key that was WATCHed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The database number.
    pub db: usize,
    /// The key.
    pub key: Bytes,
}

/// What a blocked client waits for.
#[derive(Clone, Debug)]
pub struct Blocked {
    /// Whether it waits for keys, or for the end of a CLIENT PAUSE.
    pub paused: bool,
    /// The command, to be run again when one of the keys may serve it, or when the pause ends.
    pub argv: Vec<Bytes>,
    /// The keys it waits for, in its own database.
    pub keys: Vec<Bytes>,
    /// When it gives up; `None`: never.
    pub deadline: Option<Time>,
    /// What it is answered then.
    pub on_timeout: Value,
    /// The order in which clients blocked: the first to come is the first to be served.
    pub ticket: u64,
}

/// How one client tracks keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracking {
    /// Who gets the messages in its place; 0: nobody else.
    pub redirect: ClientId,
    /// Whether that connection turned out to be gone.
    pub broken: bool,
    /// BCAST: it is told of all keys with its prefixes, read or not.
    pub broadcast: bool,
    /// OPTIN: only what is read right after CLIENT CACHING YES is remembered.
    pub opt_in: bool,
    /// OPTOUT: what is read right after CLIENT CACHING NO is not remembered.
    pub opt_out: bool,
    /// NOLOOP: it is not told of its own changes.
    pub no_loop: bool,
    /// CLIENT CACHING was the last command.
    pub caching: bool,
    /// BCAST: the prefixes.
    pub prefixes: BTreeSet<Bytes>,
}

impl Tracking {
    /// Whether what the client reads now is to be remembered.
    pub fn remembers(&self) -> bool {
        let asked = if self.opt_in { self.caching } else { !(self.opt_out && self.caching) };
        asked && !self.broadcast
    }
}

/// The memory that a connection's bytes take, as far as whoever carries them has told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffers {
    /// The descriptor of its socket, if it has one.
    pub descriptor: Option<i32>,
    /// Room for bytes that come.
    pub query_free: usize,
    /// Bytes that wait to be read by the client.
    pub output: usize,
    /// The size of the buffer that replies go to first: `rbs`.
    pub reply_buffer: usize,
    /// The most that was in it lately: `rbp`.
    pub reply_peak: usize,
}

/// The largest buffer that replies go to first, in bytes; what is more goes to a list of such.
pub const REPLY_BUFFER: usize = 16 * 1024;

impl Default for Buffers {
    fn default() -> Buffers {
        Buffers { descriptor: None, query_free: 0, output: 0, reply_buffer: REPLY_BUFFER, reply_peak: REPLY_BUFFER }
    }
}

/// One connection.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its number.
    pub id: ClientId,
    /// CLIENT SETNAME, empty if never set.
    pub name: Bytes,
    /// CLIENT SETINFO lib-name.
    pub lib_name: Bytes,
    /// CLIENT SETINFO lib-ver.
    pub lib_ver: Bytes,
    /// Its address, as CLIENT LIST shows it.
    pub addr: String,
    /// The server's address that it connected to, as CLIENT LIST shows it.
    pub laddr: String,
    /// The database that it has selected.
    pub db: usize,
    /// The protocol that it speaks.
    pub protocol: Protocol,
    /// The user that it is. A user that is removed takes its connections along.
    pub user: Bytes,
    /// Whether it has given the password, where one is asked for.
    pub authenticated: bool,
    /// Between MULTI and EXEC: what is queued.
    pub transaction: Option<Transaction>,
    /// The keys that it watches.
    pub watched: Vec<Watched>,
    /// Whether one of them was modified since.
    pub watch_dirty: bool,
    /// Channels that it is subscribed to. [`super::State`] knows the subscribers of each.
    pub channels: Dict<()>,
    /// Patterns that it is subscribed to.
    pub patterns: Dict<()>,
    /// Shard channels that it is subscribed to.
    pub shard_channels: Dict<()>,
    /// Set while it is blocked.
    pub blocked: Option<Blocked>,
    /// When it connected.
    pub since: Time,
    /// When it last sent a command.
    pub last_seen: Time,
    /// The name of the last command and of its subcommand, in capitals; empty where there is none.
    pub last_command: (&'static str, &'static str),
    /// CLIENT REPLY: replies are not sent while false.
    pub replies: bool,
    /// CLIENT REPLY SKIP: the next reply is not sent.
    pub skip_next_reply: bool,
    /// Whether the command that runs now is the one whose reply is not sent.
    pub skip_this_reply: bool,
    /// CLIENT NO-EVICT.
    pub no_evict: bool,
    /// CLIENT TRACKING, while it is on.
    pub tracking: Option<Box<Tracking>>,
    /// Whether it has sent MONITOR.
    pub monitors: bool,
    /// The memory of its bytes.
    pub buffers: Buffers,
}

impl Client {
    /// A connection that has just been made.
    pub fn new(id: ClientId, addr: String, now: Time) -> Client {
        Client {
            id,
            name: Bytes::new(),
            lib_name: Bytes::new(),
            lib_ver: Bytes::new(),
            addr,
            laddr: String::new(),
            db: 0,
            protocol: Protocol::Resp2,
            user: Bytes::from_static(DEFAULT_USER),
            authenticated: true,
            transaction: None,
            watched: Vec::new(),
            watch_dirty: false,
            channels: Dict::default(),
            patterns: Dict::default(),
            shard_channels: Dict::default(),
            blocked: None,
            since: now,
            last_seen: now,
            last_command: ("", ""),
            replies: true,
            skip_next_reply: false,
            skip_this_reply: false,
            no_evict: false,
            tracking: None,
            monitors: false,
            buffers: Buffers::default(),
        }
    }

    /// Whether its commands run as they come, and each gets its reply: it has no transaction open, is no subscriber or
    /// monitor, and wants replies.
    pub fn is_usual(&self) -> bool {
        self.transaction.is_none()
            && self.subscriptions() == 0
            && !self.monitors
            && self.replies
            && !self.skip_next_reply
    }

    /// How many channels, patterns and shard channels it is subscribed to.
    pub fn subscriptions(&self) -> usize {
        self.channels.len() + self.patterns.len() + self.shard_channels.len()
    }
}

/// Something for a client that is not the reply to what it just sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// For whom.
    pub client: ClientId,
    /// The value.
    pub value: Value,
    /// Whether it answers the command on which the client was blocked; else it is a message or another push.
    pub is_reply: bool,
}

/// Deliveries in the order in which they came about.
pub type Outbox = VecDeque<Delivery>;
