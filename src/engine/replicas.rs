//! Who copies this server's data, and what they are to be sent.

use bytes::Bytes;

use super::client::ClientId;
use super::time::Time;

/// A command for replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// The database that it works on.
    pub db: usize,
    /// Its words.
    pub argv: Vec<Bytes>,
}

/// A connection that copies all data.
#[derive(Clone, Debug)]
pub struct Replica {
    /// The connection.
    pub id: ClientId,
    /// Where it listens itself, as REPLCONF told; 0: it has not.
    pub port: u16,
    /// How many bytes of the stream it has, as it says.
    pub acked: u64,
    /// When it last said so.
    pub seen: Time,
}

/// All of them, and the stream that they are sent.
#[derive(Clone, Debug, Default)]
pub struct Replicas {
    /// Those that have all data and are sent what changes, first come first.
    pub online: Vec<Replica>,
    /// Those that wait for all data, and whether each has asked by PSYNC.
    pub joining: Vec<(ClientId, bool)>,
    /// Ports that connections have told of, which may become replicas.
    pub ports: Vec<(ClientId, u16)>,
    /// The database that the stream has selected last.
    pub db: Option<usize>,
    /// What the commands that run now have changed.
    pub pending: Vec<Op>,
    /// How many of the newest signals of the keyspace tell of keys that are gone and are pending already.
    pub seen_gone: usize,
    /// How many bytes the stream has.
    pub offset: u64,
    /// Who has sent WAIT: for how many replicas, and up to where in the stream.
    pub waits: Vec<(ClientId, usize, u64)>,
    /// When something was last sent.
    pub sent: Option<Time>,
}

impl Replicas {
    /// Whether there is any.
    pub fn is_on(&self) -> bool {
        !self.online.is_empty()
    }

    /// How many have told of themselves within so many seconds.
    pub fn good(&self, now: Time, lag_s: i64) -> usize {
        let lag_us = lag_s.saturating_mul(1_000_000);
        self.online.iter().filter(|replica| now.us().saturating_sub(replica.seen.us()) <= lag_us).count()
    }

    /// How many have the stream up to here.
    pub fn count_at(&self, offset: u64) -> usize {
        self.online.iter().filter(|replica| replica.acked >= offset).count()
    }

    /// A connection has ended.
    pub fn forget(&mut self, id: ClientId) {
        self.online.retain(|replica| replica.id != id);
        self.joining.retain(|(client, _)| *client != id);
        self.waits.retain(|(client, _, _)| *client != id);
        self.ports.retain(|(client, _)| *client != id);
        if self.online.is_empty() {
            self.pending.clear();
        }
    }
}
