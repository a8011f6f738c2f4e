//! What users were refused: ACL LOG.

use std::collections::VecDeque;

use bytes::Bytes;

use super::super::time::Time;

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The command is not allowed.
    Command,
    /// A key is not.
    Key,
    /// A channel is not.
    Channel,
    /// A wrong user or password.
    Auth,
}

impl Reason {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Command => "command",
            Reason::Key => "key",
            Reason::Channel => "channel",
            Reason::Auth => "auth",
        }
    }
}

/// Where it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// When the client sent it.
    Toplevel,
    /// In a transaction.
    Multi,
    /// In a script.
    Lua,
}

impl Scene {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Scene::Toplevel => "toplevel",
            Scene::Multi => "multi",
            Scene::Lua => "lua",
        }
    }
}

/// One refusal, or several that are alike.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// How many.
    pub count: i64,
    /// Why.
    pub reason: Reason,
    /// Where.
    pub scene: Scene,
    /// The command, key or channel.
    pub object: Bytes,
    /// The user.
    pub user: Bytes,
    /// When it last happened.
    pub at: Time,
    /// The client to which it last happened, as CLIENT LIST shows it.
    pub client: Bytes,
}

/// Refusals within this time are alike, in microseconds.
const SAME_TIME_US: i64 = 60_000_000;
/// So many of the latest entries are looked through for a like one.
const LOOKED_THROUGH: usize = 10;

impl LogEntry {
    fn is_like(&self, other: &LogEntry) -> bool {
        self.reason == other.reason
            && self.scene == other.scene
            && (self.at.us() - other.at.us()).abs() <= SAME_TIME_US
            && self.object == other.object
            && self.user == other.user
    }
}

/// The log, the latest first.
#[derive(Clone, Debug, Default)]
pub struct Log(VecDeque<LogEntry>);

impl Log {
    /// Adds a refusal, to a like one if there is one; the oldest are dropped until at most `most` are left.
    pub fn add(&mut self, mut entry: LogEntry, most: usize) {
        let like = self.0.iter().take(LOOKED_THROUGH).position(|known| known.is_like(&entry));
        if let Some(known) = like.and_then(|place| self.0.remove(place)) {
            entry.count += known.count;
            self.0.push_front(entry);
            return;
        }
        self.0.push_front(entry);
        self.0.truncate(most);
    }

    /// The entries, the latest first.
    pub fn iter(&self) -> impl Iterator<Item = &LogEntry> {
        self.0.iter()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
