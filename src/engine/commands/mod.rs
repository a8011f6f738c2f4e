//! The commands, one file for each group: its TABLE first, then its handlers in table order.

mod category;
mod help;
mod limit;
mod mpop;
mod sample;
mod permission;
mod scan;

mod acl;
mod bitfield;
mod bits;
mod connection;
mod functions;
mod hashes;
mod hyperloglog;
mod keys;
mod lists;
mod pubsub;
mod scripting;
mod server;
mod sets;
mod strings;
mod transactions;
mod zsets;

pub use connection::refusal::note as note_refusal;
pub use permission::{check as check_permission, denied};
pub use scripting::flags_in_effect;

use std::sync::LazyLock;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::row::Row;
use super::stats::{CommandName, CommandNumber};

/// Every table, in the order of the files above.
const TABLES: &[&[Row]] = &[
    acl::TABLE,
    bitfield::TABLE,
    bits::TABLE,
    connection::client::TABLE,
    connection::session::TABLE,
    functions::TABLE,
    hashes::TABLE,
    hyperloglog::TABLE,
    keys::existence::TABLE,
    keys::expire::TABLE,
    keys::object::TABLE,
    keys::relocate::TABLE,
    keys::sort::TABLE,
    keys::wait::TABLE,
    keys::walk::TABLE,
    lists::blocking::TABLE,
    lists::elements::TABLE,
    lists::ends::TABLE,
    pubsub::TABLE,
    scripting::TABLE,
    server::admin::TABLE,
    server::command::TABLE,
    server::config::TABLE,
    server::databases::TABLE,
    server::debug::TABLE,
    server::latency::TABLE,
    server::shutdown::TABLE,
    server::slowlog::TABLE,
    server::info::TABLE,
    server::memory::TABLE,
    sets::algebra::TABLE,
    sets::members::TABLE,
    strings::bytes::TABLE,
    strings::count::TABLE,
    strings::lcs::TABLE,
    strings::set::TABLE,
    transactions::TABLE,
    zsets::algebra::TABLE,
    zsets::members::TABLE,
    zsets::pops::TABLE,
    zsets::ranges::TABLE,
];

/// A command that was found by its name.
#[derive(Clone, Copy)]
pub struct Named {
    /// Its row.
    pub row: &'static Row,
    /// Its number. Its subcommands have those that follow.
    pub number: CommandNumber,
}

static BY_NAME: LazyLock<HashMap<&'static [u8], Named, FixedState>> = LazyLock::new(|| {
    let mut next = 0;
    let named = rows().map(|row| {
        let number = next;
        next += 1 + row.subcommands.len();
        (row.name.as_bytes(), Named { row, number })
    });
    named.collect()
});

/// The names of all commands and subcommands, by number.
static NAMES: LazyLock<Vec<CommandName>> = LazyLock::new(|| {
    let with_subcommands = |row: &'static Row| {
        let subcommands = row.subcommands.iter().map(|sub| (row.name, sub.name));
        std::iter::once((row.name, "")).chain(subcommands)
    };
    rows().flat_map(with_subcommands).collect()
});

/// Longest command name that is looked up; all are shorter.
const LONGEST_NAME: usize = 32;

/// Every command.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// The command of this name, in any case, with its number.
pub fn find(name: &[u8]) -> Option<Named> {
    let mut upper = [0u8; LONGEST_NAME];
    let upper = upper.get_mut(..name.len())?;
    upper.copy_from_slice(name);
    upper.make_ascii_uppercase();
    BY_NAME.get(&*upper).copied()
}

/// The command of this name, in any case.
pub fn lookup(name: &[u8]) -> Option<&'static Row> {
    find(name).map(|named| named.row)
}

/// The name of the command that has this number.
pub fn name_of(number: CommandNumber) -> CommandName {
    NAMES.get(number).copied().unwrap_or_default()
}

/// The row that runs a command line: the subcommand's where there is one.
pub fn resolve(argv: &[bytes::Bytes]) -> Option<&'static Row> {
    let row = lookup(argv.first()?)?;
    Some(argv.get(1).and_then(|name| row.subcommand(name)).unwrap_or(row))
}
