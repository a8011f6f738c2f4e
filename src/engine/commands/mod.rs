//! The commands, one file for each group: its TABLE first, then its handlers in table order.

mod help;
mod mpop;
mod sample;
mod scan;

mod bits;
mod connection;
mod hashes;
mod keys;
mod lists;
mod pubsub;
mod scripting;
mod server;
mod sets;
mod strings;
mod transactions;
mod zsets;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::row::Row;

/// Every table, in the order of the files above.
const TABLES: &[&[Row]] = &[
    bits::TABLE,
    connection::client::TABLE,
    connection::session::TABLE,
    hashes::TABLE,
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

static BY_NAME: LazyLock<HashMap<&'static str, &'static Row>> =
    LazyLock::new(|| rows().map(|row| (row.name, row)).collect());

/// Longest command name that is looked up; all are shorter.
const LONGEST_NAME: usize = 32;

/// Every command.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// The command of this name, in any case.
pub fn lookup(name: &[u8]) -> Option<&'static Row> {
    let mut upper = [0u8; LONGEST_NAME];
    let upper = upper.get_mut(..name.len())?;
    upper.copy_from_slice(name);
    upper.make_ascii_uppercase();
    BY_NAME.get(std::str::from_utf8(upper).ok()?).copied()
}

/// The row that runs a command line: the subcommand's where there is one.
pub fn resolve(argv: &[bytes::Bytes]) -> Option<&'static Row> {
    let row = lookup(argv.first()?)?;
    Some(argv.get(1).and_then(|name| row.subcommand(name)).unwrap_or(row))
}
