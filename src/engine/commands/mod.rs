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
mod cluster;
mod connection;
mod function_payload;
mod functions;
mod field_expiry;
mod hashes;
mod hyperloglog;
mod keys;
mod lists;
mod pubsub;
mod scripting;
mod server;
mod sets;
mod streams;
mod strings;
mod transactions;
mod zsets;

mod geo;

pub use connection::refusal::note as note_refusal;
pub use permission::{check as check_permission, denied};
pub use scripting::flags_in_effect;
pub use server::modules::NOT_ALLOWED as MODULES_NOT_ALLOWED;

use std::sync::LazyLock;

use super::row::{Flags, Group, Row};
use super::stats::{CommandName, CommandNumber};

/// Every table, in the order of the files above.
const TABLES: &[&[Row]] = &[
    acl::TABLE,
    bitfield::TABLE,
    bits::TABLE,
    cluster::TABLE,
    connection::client::TABLE,
    connection::session::TABLE,
    functions::TABLE,
    field_expiry::TABLE,
    geo::places::TABLE,
    geo::search::TABLE,
    hashes::TABLE,
    hyperloglog::TABLE,
    keys::dump::TABLE,
    keys::existence::TABLE,
    keys::expire::TABLE,
    keys::migrate::TABLE,
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
    server::saving::TABLE,
    server::shutdown::TABLE,
    server::modules::TABLE,
    server::replication::TABLE,
    server::slowlog::TABLE,
    server::info::TABLE,
    server::memory::TABLE,
    sets::algebra::TABLE,
    sets::members::TABLE,
    streams::entries::TABLE,
    streams::ranges::TABLE,
    streams::claim::TABLE,
    streams::groups::TABLE,
    streams::info::TABLE,
    streams::pending::TABLE,
    streams::read::TABLE,
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
    /// Whether it only works on keys: it has no subcommands, never blocks, and leaves connections alone. So does PING, on
    /// no key at all.
    pub is_usual: bool,
    /// Whether its name is made of letters alone.
    has_letters_only: bool,
}

fn is_usual(row: &Row) -> bool {
    let about_keys = !matches!(
        row.group,
        Group::PubSub | Group::Transactions | Group::Scripting | Group::Connection | Group::Server
    );
    let touches = row.flags.has(Flags::READONLY) || row.flags.has(Flags::WRITE);
    let works_on_keys = about_keys && touches && row.subcommands.is_empty() && !row.flags.has(Flags::BLOCKING);
    works_on_keys || row.name == "PING"
}

/// How many places the table of names has: a power of two, several times the number of commands, so that nearly every
/// name is found in the first place that is looked at.
const PLACES: usize = 2048;

/// The commands by their names.
struct Names {
    /// Each command is in the first free place from where its name's hash points: by its index in `named`, plus 1; 0 is
    /// free.
    places: [u16; PLACES],
    /// The commands with their names' folded forms.
    named: Vec<([u64; 3], Named)>,
}

static BY_NAME: LazyLock<Box<Names>> = LazyLock::new(|| {
    let mut names = Box::new(Names { places: [0; PLACES], named: Vec::with_capacity(rows().count()) });
    let mut number = 0;
    for row in rows() {
        let Some(name) = folded(row.name.as_bytes()) else { continue };
        let mut at = place_of(name);
        while names.places[at] != 0 {
            at = (at + 1) % PLACES;
        }
        let has_letters_only = row.name.bytes().all(|byte| byte.is_ascii_uppercase());
        names.named.push((name, Named { row, number, is_usual: is_usual(row), has_letters_only }));
        names.places[at] = names.named.len() as u16;
        number += 1 + row.subcommands.len();
    }
    names
});

/// A name's bytes in a few numbers, with the bit set that makes letters small: equal for names of letters that differ in
/// case alone. `None` where a name is longer than any command's.
fn folded(name: &[u8]) -> Option<[u64; 3]> {
    const SMALL: u64 = 0x2020_2020_2020_2020;
    let mut bytes = [0u8; LONGEST_NAME];
    bytes.get_mut(..name.len())?.copy_from_slice(name);
    let (words, _) = bytes.as_chunks::<8>();
    Some([0, 1, 2].map(|n| u64::from_le_bytes(words[n]) | SMALL))
}

/// Whether a name whose folded form is that of a command is the command's: other bytes than letters (`_`, `-`, what
/// fills up a short name) have to be told apart.
fn is_named(named: &Named, name: &[u8]) -> bool {
    let own = named.row.name.as_bytes();
    own.len() == name.len() && (named.has_letters_only || own.eq_ignore_ascii_case(name))
}

/// Where a folded name is looked for first.
fn place_of([a, b, c]: [u64; 3]) -> usize {
    let hash = (a ^ b.rotate_left(23) ^ c.rotate_left(41)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash >> 32) as usize % PLACES
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
const LONGEST_NAME: usize = 24;

/// Every command.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// The command of this name, in any case, with its number.
pub fn find(name: &[u8]) -> Option<Named> {
    let wanted = folded(name)?;
    let Names { places, named } = &**BY_NAME;
    let mut at = place_of(wanted);
    loop {
        let (folded, found) = named.get(usize::from(places[at]).checked_sub(1)?)?;
        if *folded == wanted && is_named(found, name) {
            return Some(*found);
        }
        at = (at + 1) % PLACES;
    }
}

/// The name of a command that is written in capitals, as most clients do: in memory that is always there.
pub fn name_in_capitals(name: &[u8]) -> Option<&'static str> {
    find(name).map(|named| named.row.name).filter(|own| own.as_bytes() == name)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_by_their_names_in_any_case_and_by_no_others() {
        for row in rows() {
            let (small, number) = (row.name.to_lowercase(), find(row.name.as_bytes()).map(|named| named.number));
            assert_eq!(
                find(small.as_bytes()).map(|named| (named.row.name, Some(named.number))),
                Some((row.name, number))
            );
            assert_eq!(number.map(name_of), Some((row.name, "")));
        }
        for name in [
            "",
            " ",
            "GET ",
            "GET\0",
            "\0GET",
            "GETT",
            "GEORADIUS\x7fRO",
            "SORT\x7fRO",
            "A-NAME-THAT-IS-LONGER-THAN-ALL",
        ] {
            assert!(find(name.as_bytes()).is_none(), "{name:?}");
        }
    }
}
