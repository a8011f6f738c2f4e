//! What a handler may see and change.

use bytes::Bytes;

use crate::resp::Protocol;

use super::args::parse_float;
use super::client::{Client, ClientId};
use super::error::{Error, SYNTAX, WRONG_TYPE};
use super::keyspace::{Class, Data, Entry, Kind, Taken};
use super::sheet::Sheet;
use super::state::State;
use super::time::Time;
use super::types::EncodingLimits;

/// In which circumstances a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A client sent it.
    Direct,
    /// EXEC runs it: it may not block.
    Transaction,
    /// A script calls it: it may not block.
    Script,
    /// It was blocked and one of its keys may serve it now.
    Resumed,
}

/// The server as one running command sees it.
pub struct Context<'a> {
    /// The whole server.
    pub state: &'a mut State,
    /// Who sent the command.
    pub id: ClientId,
    /// The time, which stands still while a command (or a transaction, or a script) runs.
    pub now: Time,
    /// The circumstances.
    pub mode: Mode,
    /// The database that the client has selected.
    pub db: usize,
    /// The protocol that the client speaks (a script's calls speak their own).
    pub protocol: Protocol,
    /// Whether the reply is wanted as nothing but bytes.
    pub writes: bool,
    /// The key that has become ready, where the command was blocked and runs again.
    pub ready: Option<Bytes>,
}

impl Context<'_> {
    /// The client that sent the command.
    ///
    /// # Errors
    /// A reply in Redis's form if the connection is gone, which dispatch rules out.
    pub fn client(&mut self) -> Result<&mut Client, Error> {
        self.state.clients.get_mut(&self.id).ok_or(SYNTAX)
    }

    /// Whether the client speaks RESP3.
    pub fn resp3(&self) -> bool {
        self.protocol == Protocol::Resp3
    }

    /// A reply of several elements, to be written.
    pub fn sheet(&mut self) -> Sheet {
        match self.writes {
            true => Sheet::of_bytes(std::mem::take(&mut self.state.paper), self.protocol),
            false => Sheet::of_values(),
        }
    }

    /// Whether a blocking command may wait.
    pub fn may_block(&self) -> bool {
        matches!(self.mode, Mode::Direct | Mode::Resumed)
    }

    /// The keys that a blocking command may take from: all of them, in the order of the command. But once it waited,
    /// the one that became ready alone.
    pub fn offered<'k>(&self, keys: &'k [Bytes]) -> &'k [Bytes] {
        let Some(ready) = &self.ready else { return keys };
        keys.iter().position(|key| key == ready).map_or(&[], |at| &keys[at..=at])
    }

    /// When a blocking command with this timeout (seconds, 0: none) gives up.
    ///
    /// # Errors
    /// Redis's, where the timeout is no number or negative.
    pub fn deadline(&self, timeout: &[u8]) -> Result<Option<Time>, Error> {
        let seconds = parse_float(timeout).ok_or(Error::fixed("ERR timeout is not a float or out of range"))?;
        let ms = (seconds * 1000.0).ceil();
        // Redis makes this a 64-bit integer without a look; what does not fit turns out negative.
        if !(0.0..9_223_372_036_854_775_808.0).contains(&ms) {
            return Err(Error::fixed("ERR timeout is negative"));
        }
        let until = (ms > 0.0).then(|| Time(self.now.0.saturating_add((ms as i64).saturating_mul(1000))));
        Ok(until)
    }

    /// The limits of the compact encodings.
    pub fn limits(&self) -> EncodingLimits {
        self.state.settings.limits
    }

    /// The value of `key` as a `T`; counts as a keyspace hit or miss.
    pub fn read<T: Kind>(&mut self, key: &[u8]) -> Result<Option<&T>, Error> {
        match self.entry(key) {
            None => Ok(None),
            Some(entry) => T::of(&entry.data).map(Some).ok_or(WRONG_TYPE),
        }
    }

    /// What `key` holds, whatever its type; counts as a keyspace hit or miss.
    pub fn entry(&mut self, key: &[u8]) -> Option<&Entry> {
        let State { keyspace, stats, .. } = &mut *self.state;
        let entry = keyspace.visit(self.db, key);
        stats.count_lookup(entry.is_some());
        entry
    }

    /// As [`Context::entry`], but this look does not make the key less idle (EXISTS, TTL, TYPE, OBJECT).
    pub fn peek(&mut self, key: &[u8]) -> Option<&Entry> {
        let State { keyspace, stats, .. } = &mut *self.state;
        keyspace.expire_if_seen(self.db, key);
        let entry = keyspace.entry(self.db, key);
        stats.count_lookup(entry.is_some());
        entry
    }

    /// Whether `key` exists; counts as nothing.
    pub fn exists(&self, key: &[u8]) -> bool {
        self.state.keyspace.exists(self.db, key)
    }

    /// The value of `key` to change it, if it exists.
    pub fn edit<T: Kind>(&mut self, key: &[u8]) -> Result<Option<&mut T>, Error> {
        self.state.keyspace.edit(self.db, key)
    }

    /// The value of `key` to change it, created empty if it does not exist.
    pub fn edit_or_create<T: Kind + Default>(&mut self, key: &Bytes) -> Result<&mut T, Error> {
        self.state.keyspace.edit_or_create(self.db, key)
    }

    /// Puts a value at `key` and clears or sets its TTL. Call [`Context::touch`] after it.
    pub fn put(&mut self, key: &[u8], data: Data, expires_ms: Option<i64>) {
        self.state.keyspace.put(self.db, key, data, expires_ms);
    }

    /// Takes `key` away with what it held. Call [`Context::touch`] after it.
    pub fn take(&mut self, key: &[u8]) -> Option<Taken> {
        self.state.keyspace.take(self.db, key)
    }

    /// DEL of one key, told as `event`; whether it existed.
    pub fn delete(&mut self, key: &[u8], event: &'static str) -> bool {
        let existed = self.take(key).is_some();
        if existed {
            self.touch(key, Class::Generic, event);
        }
        existed
    }

    /// Tells that `key` was modified.
    pub fn touch(&mut self, key: &[u8], class: Class, event: &'static str) {
        self.state.keyspace.touch(self.db, key, class, event);
    }

    /// Tells of a further event of a change that [`Context::touch`] has told, such as the `expire` after a `set`.
    pub fn tell(&mut self, key: &[u8], class: Class, event: &'static str) {
        self.state.keyspace.signal(self.db, key, class, event, false);
    }

    /// Counts changes that nobody is told of.
    pub fn count_changes(&mut self, count: usize) {
        self.state.keyspace.dirty += count as u64;
    }

    /// Lets clients that wait for `key` look at it again, though it did not come into being just now.
    pub fn wake(&mut self, key: &[u8]) {
        self.state.keyspace.wake(self.db, key);
    }

    /// Tells that `key` was modified, and removes it if its collection is now empty.
    pub fn touch_or_drop(&mut self, key: &[u8], class: Class, event: &'static str) {
        self.state.keyspace.touch_or_drop(self.db, key, class, event);
    }
}
