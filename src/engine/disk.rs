//! What the server knows of its file, and what it wants to be written. The engine itself writes nothing: whoever
//! carries it takes a [`Request`], writes, and tells how that went.

use bytes::Bytes;

use super::client::ClientId;
use super::time::Time;

/// Something to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// SAVE: the client waits until it is done.
    Save(ClientId),
    /// BGSAVE, or a save point was reached: nobody waits.
    Background,
    /// SHUTDOWN, or a signal to end: the server ends once it is done.
    Shutdown {
        /// Who said so and waits for an error; `None`: a signal.
        by: Option<ClientId>,
        /// Whether the server ends even if nothing can be written.
        force: bool,
    },
}

/// The state of the file.
#[derive(Clone, Debug)]
pub struct Disk {
    /// What is to be written, and was not taken yet.
    pub wanted: Option<Request>,
    /// Since when something is written in the background.
    pub background: Option<Time>,
    /// When something was last written, or the server started.
    pub saved: Time,
    /// How many changes there had been by then; see [`super::keyspace::Keyspace::dirty`].
    pub saved_dirty: u64,
    /// How many there had been when what is written now was taken.
    pub taken_dirty: u64,
    /// Whether the last writing in the background went well.
    pub is_well: bool,
    /// How many seconds the last writing in the background took.
    pub took_s: Option<i64>,
    /// How often SAVE and BGSAVE have begun to write.
    pub saves: u64,
    /// When writing in the background was last tried.
    pub tried: Time,
    /// How many keys were last loaded.
    pub load_keys: usize,
    /// How many were not then, since their time had come.
    pub load_expired: usize,
    /// What SAVE without a folder or DEBUG RELOAD has kept in memory last.
    pub kept: Option<Kept>,
}

/// The bytes of a file that is in memory alone.
#[derive(Clone, Debug)]
pub struct Kept {
    /// All of them.
    pub bytes: Bytes,
    /// The names of the libraries of functions in it.
    pub libraries: Vec<Bytes>,
}

impl Disk {
    /// Nothing was written yet.
    pub fn new(now: Time) -> Disk {
        Disk {
            wanted: None,
            background: None,
            saved: now,
            saved_dirty: 0,
            taken_dirty: 0,
            is_well: true,
            took_s: None,
            saves: 0,
            tried: now,
            load_keys: 0,
            load_expired: 0,
            kept: None,
        }
    }

    /// Notes that what was taken is written.
    pub fn note_saved(&mut self, now: Time) {
        self.saved = now;
        self.saved_dirty = self.taken_dirty;
    }

    /// How many changes there were since something was written, out of so many altogether.
    pub fn changes(&self, dirty: u64) -> u64 {
        dirty.saturating_sub(self.saved_dirty)
    }
}
