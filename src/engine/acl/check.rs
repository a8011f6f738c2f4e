//! Whether a user may run a command.

use bytes::Bytes;

use super::super::glob;
use super::rule::Access;
use super::selector::Selector;
use super::user::User;

/// A key of a command.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Which argument it is.
    pub at: usize,
    /// What the command does to it.
    pub access: Access,
}

/// A channel of a command that publishes or subscribes.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    /// Which argument it is.
    pub at: usize,
    /// Whether it is a pattern (PSUBSCRIBE).
    pub is_pattern: bool,
}

/// A command that somebody wants to run.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Its number in the catalogue.
    pub command: usize,
    /// Whether it is allowed to everybody (AUTH).
    pub open: bool,
    /// All its words.
    pub argv: &'a [Bytes],
    /// Its keys.
    pub keys: Vec<Key>,
    /// Its channels.
    pub channels: Vec<Channel>,
}

/// What is refused. Of several refusals the greatest is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denied {
    /// The command.
    Command,
    /// The key that is this argument.
    Key(usize),
    /// The channel that is this argument.
    Channel(usize),
}

impl Denied {
    /// The key or channel of a command that it is about.
    pub fn object(self, argv: &[Bytes]) -> Option<&Bytes> {
        match self {
            Denied::Command => None,
            Denied::Key(at) | Denied::Channel(at) => argv.get(at),
        }
    }
}

impl Selector {
    fn allows_command(&self, request: &Request<'_>) -> bool {
        if self.all_commands || request.open || self.commands.has(request.command) {
            return true;
        }
        let allowed = self.first_arguments.get(&request.command);
        let argument = request.argv.get(1);
        allowed
            .zip(argument)
            .is_some_and(|(allowed, argument)| allowed.iter().any(|a| a.eq_ignore_ascii_case(argument)))
    }

    fn allows_key(&self, key: &[u8], wanted: Access) -> bool {
        self.all_keys || self.keys.iter().any(|known| known.access.covers(wanted) && glob::matches(&known.pattern, key))
    }

    /// Whether a channel, or a pattern of channels, may be used. Patterns must be the same to the letter.
    pub fn allows_channel(&self, name: &[u8], is_pattern: bool) -> bool {
        let fits = |known: &Bytes| if is_pattern { known == name } else { glob::matches(known, name) };
        self.all_channels || self.channels.iter().any(fits)
    }

    fn check(&self, request: &Request<'_>) -> Result<(), Denied> {
        if !self.allows_command(request) {
            return Err(Denied::Command);
        }
        for key in &request.keys {
            if request.argv.get(key.at).is_some_and(|name| !self.allows_key(name, key.access)) {
                return Err(Denied::Key(key.at));
            }
        }
        for channel in &request.channels {
            if request.argv.get(channel.at).is_some_and(|name| !self.allows_channel(name, channel.is_pattern)) {
                return Err(Denied::Channel(channel.at));
            }
        }
        Ok(())
    }

    fn reads_every_key(&self) -> bool {
        self.all_keys || self.keys.iter().any(|known| known.access.read && known.pattern.as_ref() == b"*")
    }
}

impl User {
    /// Whether the user may run a command: one of the selectors must allow all of it.
    ///
    /// # Errors
    /// What is refused, where none does.
    pub fn check(&self, request: &Request<'_>) -> Result<(), Denied> {
        let mut told = Denied::Command;
        for selector in self.selectors() {
            match selector.check(request) {
                Ok(()) => return Ok(()),
                Err(denied) => told = told.max(denied),
            }
        }
        Err(told)
    }

    /// Whether one selector allows a command and the reading of all keys besides, as SORT BY needs.
    pub fn may_read_every_key(&self, request: &Request<'_>) -> bool {
        self.selectors().any(|selector| selector.check(request).is_ok() && selector.reads_every_key())
    }
}
