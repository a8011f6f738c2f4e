//! The commands as access control sees them: a number, a name and categories each.

use std::collections::HashMap;
use std::ops::Range;

/// ACL categories in the order in which Redis names them.
pub const CATEGORIES: &[&str] = &[
    "keyspace",
    "read",
    "write",
    "set",
    "sortedset",
    "list",
    "hash",
    "string",
    "bitmap",
    "hyperloglog",
    "geo",
    "stream",
    "pubsub",
    "admin",
    "fast",
    "slow",
    "blocking",
    "dangerous",
    "connection",
    "transaction",
    "scripting",
];

/// One bit for a category of [`CATEGORIES`], by its name in any case.
pub fn category_mask(name: &[u8]) -> Option<u32> {
    let place = CATEGORIES.iter().position(|category| category.as_bytes().eq_ignore_ascii_case(name))?;
    Some(1 << place)
}

/// A command or a subcommand.
#[derive(Clone, Debug)]
pub struct Command {
    /// Its name in lower case: `config|get`.
    pub name: String,
    /// The numbers of its subcommands.
    pub subcommands: Range<usize>,
    /// Whether it is a subcommand.
    pub is_subcommand: bool,
    /// Its categories, one bit each.
    pub categories: u32,
}

/// All commands; a container stands right before its subcommands. Their places are the numbers that users' rights are
/// kept by.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    commands: Vec<Command>,
    by_name: HashMap<String, usize>,
}

impl Catalogue {
    /// A catalogue of these containers, each with its subcommands. Names are in lower case and whole (`config|get`).
    pub fn new(containers: impl IntoIterator<Item = (Named, Vec<Named>)>) -> Catalogue {
        let mut catalogue = Catalogue::default();
        for (container, subcommands) in containers {
            let first = catalogue.commands.len() + 1;
            catalogue.add(container, first..first + subcommands.len(), false);
            for subcommand in subcommands {
                catalogue.add(subcommand, 0..0, true);
            }
        }
        catalogue
    }

    fn add(&mut self, (name, categories): Named, subcommands: Range<usize>, is_subcommand: bool) {
        self.by_name.insert(name.clone(), self.commands.len());
        self.commands.push(Command { name, subcommands, is_subcommand, categories });
    }

    /// All commands, in the order of their numbers.
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// The number of the command of this name, in any case; `config|get` for a subcommand.
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
        self.by_name.get(&name).copied()
    }
}

/// A whole name in lower case, and categories as bits.
pub type Named = (String, u32);
