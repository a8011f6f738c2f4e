//! A selector: commands together with the keys and channels that they may be used on.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::catalogue::{Catalogue, category_mask};
use super::rule::{Access, RuleError, has_spaces};

/// A set of commands by their numbers. Source: `USER_COMMAND_BITS_COUNT`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commands([u64; 16]);

impl Commands {
    /// Stands for commands that are yet to come: set by `+@all` alone.
    const FUTURE: usize = 1023;

    /// Whether a command is in it.
    pub fn has(&self, id: usize) -> bool {
        self.0.get(id / 64).is_some_and(|word| word & (1 << (id % 64)) != 0)
    }

    fn set(&mut self, id: usize, on: bool) {
        let Some(word) = self.0.get_mut(id / 64) else { return };
        *word = if on { *word | (1 << (id % 64)) } else { *word & !(1 << (id % 64)) };
    }

    /// Whether commands that are yet to come are in it.
    pub fn has_future(&self) -> bool {
        self.has(Commands::FUTURE)
    }
}

/// Keys that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPattern {
    /// A pattern as of KEYS.
    pub pattern: Bytes,
    /// What may be done to keys that match.
    pub access: Access,
}

/// What a selector allows. A new one allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// `~*`
    pub all_keys: bool,
    /// `&*`
    pub all_channels: bool,
    /// `+@all`, and nothing taken away since.
    pub all_commands: bool,
    /// The commands that are allowed whatever their arguments.
    pub commands: Commands,
    /// `+select|0`: the first arguments with which other commands are allowed.
    pub first_arguments: BTreeMap<usize, Vec<Bytes>>,
    /// `~pattern`, `%R~pattern`
    pub keys: Vec<KeyPattern>,
    /// `&pattern`
    pub channels: Vec<Bytes>,
}

impl Selector {
    /// A selector without rights, but for channels where they are open by default.
    pub fn new(all_channels: bool) -> Selector {
        Selector { all_channels, ..Selector::default() }
    }

    /// Whether nothing is refused.
    pub fn is_unlimited(&self) -> bool {
        self.all_commands && self.all_keys && self.all_channels
    }

    /// Obeys one rule.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn set(&mut self, rule: &[u8], catalogue: &Catalogue) -> Result<(), RuleError> {
        match rule.to_ascii_lowercase().as_slice() {
            b"allkeys" | b"~*" => self.set_all_keys(true),
            b"resetkeys" => self.set_all_keys(false),
            b"allchannels" | b"&*" => self.set_all_channels(true),
            b"resetchannels" => self.set_all_channels(false),
            b"allcommands" | b"+@all" => self.set_all_commands(true),
            b"nocommands" | b"-@all" => self.set_all_commands(false),
            _ => return self.set_part(rule, catalogue),
        }
        Ok(())
    }

    fn set_all_keys(&mut self, all: bool) {
        self.all_keys = all;
        self.keys.clear();
    }

    fn set_all_channels(&mut self, all: bool) {
        self.all_channels = all;
        self.channels.clear();
    }

    /// `+@all` or `-@all`.
    pub fn set_all_commands(&mut self, all: bool) {
        self.all_commands = all;
        self.commands = Commands([if all { u64::MAX } else { 0 }; 16]);
        self.first_arguments.clear();
    }

    fn set_part(&mut self, rule: &[u8], catalogue: &Catalogue) -> Result<(), RuleError> {
        match rule {
            [b'~' | b'%', ..] => self.add_keys(rule),
            [b'&', pattern @ ..] => self.add_channels(pattern),
            [sign @ (b'+' | b'-'), b'@', category @ ..] => {
                let mask = category_mask(category).ok_or(RuleError::Unknown)?;
                self.change_category(mask, *sign == b'+', catalogue);
                Ok(())
            }
            [b'+', name @ ..] => self.allow(name, catalogue),
            [b'-', name @ ..] => {
                self.change(catalogue.find(name).ok_or(RuleError::Unknown)?, false, catalogue);
                Ok(())
            }
            _ => Err(RuleError::Syntax),
        }
    }

    fn add_keys(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        if self.all_keys {
            return Err(RuleError::AllKeysAlready);
        }
        let (access, pattern) = Access::of_rule(rule).ok_or(RuleError::Syntax)?;
        if has_spaces(pattern) {
            return Err(RuleError::Syntax);
        }
        match self.keys.iter_mut().find(|known| known.pattern == pattern) {
            Some(known) => known.access = known.access.and(access),
            None => self.keys.push(KeyPattern { pattern: Bytes::copy_from_slice(pattern), access }),
        }
        Ok(())
    }

    fn add_channels(&mut self, pattern: &[u8]) -> Result<(), RuleError> {
        if self.all_channels {
            return Err(RuleError::AllChannelsAlready);
        }
        if has_spaces(pattern) {
            return Err(RuleError::Syntax);
        }
        if !self.channels.iter().any(|known| known == pattern) {
            self.channels.push(Bytes::copy_from_slice(pattern));
        }
        Ok(())
    }

    /// `+name`, `+name|subcommand`, or `+name|first-argument`.
    fn allow(&mut self, name: &[u8], catalogue: &Catalogue) -> Result<(), RuleError> {
        let Some(bar) = name.iter().rposition(|byte| *byte == b'|') else {
            self.change(catalogue.find(name).ok_or(RuleError::Unknown)?, true, catalogue);
            return Ok(());
        };
        let (container, argument) = (catalogue.find(&name[..bar]).ok_or(RuleError::Unknown)?, &name[bar + 1..]);
        let command = &catalogue.commands()[container];
        if command.is_subcommand {
            return Err(RuleError::ArgumentOfSubcommand);
        }
        if argument.is_empty() {
            return Err(RuleError::Syntax);
        }
        if !command.subcommands.is_empty() {
            self.change(catalogue.find(name).ok_or(RuleError::Unknown)?, true, catalogue);
            return Ok(());
        }
        let allowed = self.first_arguments.entry(container).or_default();
        if !allowed.iter().any(|known| known.eq_ignore_ascii_case(argument)) {
            allowed.push(Bytes::copy_from_slice(argument));
        }
        Ok(())
    }

    /// Allows or forbids a command with its subcommands.
    pub fn change(&mut self, id: usize, allow: bool, catalogue: &Catalogue) {
        self.first_arguments.remove(&id);
        let subcommands = catalogue.commands()[id].subcommands.clone();
        for id in std::iter::once(id).chain(subcommands) {
            self.commands.set(id, allow);
        }
        self.all_commands &= allow;
    }

    /// Allows or forbids all commands of a category.
    pub fn change_category(&mut self, mask: u32, allow: bool, catalogue: &Catalogue) {
        for (id, command) in catalogue.commands().iter().enumerate() {
            if command.categories & mask != 0 {
                self.change(id, allow, catalogue);
            }
        }
    }
}
