//! Counters that INFO shows.

use std::collections::BTreeMap;

/// A command by its name and its subcommand's, in capitals; the latter is empty where there is none.
pub type CommandName = (&'static str, &'static str);

/// A command by the place of its row among all rows.
pub type CommandNumber = usize;

/// The counters of one command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// How often it ran.
    pub calls: u64,
    /// How often a gate refused it.
    pub rejected: u64,
    /// How often it answered an error.
    pub failed: u64,
    /// How long it took altogether, in microseconds.
    pub us: u64,
}

/// All counters.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// `total_commands_processed`
    pub commands: u64,
    /// `total_connections_received`
    pub connections: u64,
    /// `rejected_connections`: those that came when `maxclients` were there.
    pub rejected: u64,
    /// `keyspace_hits`
    pub hits: u64,
    /// `keyspace_misses`
    pub misses: u64,
    /// `lazyfreed_objects`: large values that UNLINK and its kin gave up.
    pub lazily_freed: usize,
    /// `total_error_replies`
    pub error_replies: u64,
    /// `errorstat_…`: error replies by their code.
    pub errors: BTreeMap<String, u64>,
    /// `cmdstat_…`: by the command's number.
    pub by_command: Vec<Calls>,
}

impl Stats {
    /// Counts a lookup of a key as a hit or a miss.
    pub fn count_lookup(&mut self, found: bool) {
        if found {
            self.hits += 1;
        } else {
            self.misses += 1;
        }
    }

    /// Counts an error reply by its code.
    pub fn count_error(&mut self, line: &[u8]) {
        self.error_replies += 1;
        let code = line.split(|byte| *byte == b' ').next().unwrap_or_default();
        let code = String::from_utf8_lossy(code);
        match self.errors.get_mut(code.as_ref()) {
            Some(count) => *count += 1,
            None => {
                self.errors.insert(code.into_owned(), 1);
            }
        }
    }

    /// The counters of a command.
    #[inline]
    pub fn of(&mut self, number: CommandNumber) -> &mut Calls {
        if self.by_command.len() <= number {
            self.by_command.resize(number + 1, Calls::default());
        }
        &mut self.by_command[number]
    }
}
