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

/// How many places the table of names has: a power of two, several times the number of commands, so that nearly every
/// name is found in the first place that is looked at.
const PLACES: usize = 2048;

/// The commands by their names, each in the first free place from where its name's hash points.
static BY_NAME: LazyLock<Box<[Option<Named>]>> = LazyLock::new(|| {
    let mut table = vec![None; PLACES].into_boxed_slice();
    let mut number = 0;
    for row in rows() {
        let mut at = place_of(row.name.as_bytes());
        while table[at].is_some() {
            at = (at + 1) % PLACES;
        }
        table[at] = Some(Named { row, number });
        number += 1 + row.subcommands.len();
    }
    table
});

/// Where a name is looked for first, in any case: FNV-1a over its bytes with the bit that makes letters small.
fn place_of(name: &[u8]) -> usize {
    let hash = name.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte | 0x20)).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 15)) as usize % PLACES
}

/// The names of all commands and subcommands, by number.
static NAMES: LazyLock<Vec<CommandName>> = LazyLock::new(|| {
    let with_subcommands = |row: &'static Row| {
        let subcommands = row.subcommands.iter().map(|sub| (row.name, sub.name));
        std::iter::once((row.name, "")).chain(subcommands)
    };
    rows().flat_map(with_subcommands).collect()
});

/// Longest name that is looked up; all are shorter.
const LONGEST_NAME: usize = 32;

/// Every command.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// The command of this name, in any case, with its number.
pub fn find(name: &[u8]) -> Option<Named> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let mut at = place_of(name);
    while let Some(named) = BY_NAME[at] {
        if named.row.name.as_bytes().eq_ignore_ascii_case(name) {
            return Some(named);
        }
        at = (at + 1) % PLACES;
    }
    None
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
