//! What a user may run: commands, keys and channels of a command line as access control asks about them.

use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;

use super::super::acl::{Access, Acl, Catalogue, Channel, Denied, Key, Request, category_mask};
use super::super::error::Error;
use super::super::row::{Flags, KeySpec, Row, positions};
use super::super::stats::CommandName;
use super::{category, rows};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let mut containers: Vec<&'static Row> = rows().collect();
    containers.sort_by_key(|row| row.name);
    Catalogue::new(containers.into_iter().map(|container| {
        let own = (container.name.to_lowercase(), mask(container, container));
        let subcommand = |row: &Row| (full_name(container, row), mask(container, row));
        (own, container.subcommands.iter().map(subcommand).collect())
    }))
});

/// The numbers of the commands by their names.
static NUMBERS: LazyLock<HashMap<CommandName, usize>> = LazyLock::new(|| {
    let containers = rows().map(|row| ((row.name, ""), row.name.to_lowercase()));
    let subcommands = rows().flat_map(|container| {
        container.subcommands.iter().map(|row| ((container.name, row.name), full_name(container, row)))
    });
    containers.chain(subcommands).filter_map(|(name, full)| Some((name, CATALOGUE.find(full.as_bytes())?))).collect()
});

/// All commands as access control sees them.
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

fn mask(container: &Row, row: &Row) -> u32 {
    category::of(container, row).iter().filter_map(|name| category_mask(name.as_bytes())).fold(0, |all, bit| all | bit)
}

fn full_name(container: &Row, subcommand: &Row) -> String {
    format!("{}|{}", container.name, subcommand.name).to_lowercase()
}

/// Whether a user may run a command line.
///
/// # Errors
/// What is refused.
pub fn check(acl: &Acl, user: &[u8], name: CommandName, row: &'static Row, argv: &[Bytes]) -> Result<(), Denied> {
    let user = acl.user(user).ok_or(Denied::Command)?;
    if user.is_unlimited() {
        return Ok(());
    }
    user.check(&request(name, row, argv))
}

/// Whether a user may run a command line, and read all keys besides: those that SORT BY and GET reach.
pub fn may_read_every_key(acl: &Acl, user: &[u8], row: &'static Row, argv: &[Bytes]) -> bool {
    if !acl.limits() {
        return true;
    }
    acl.user(user).is_some_and(|user| user.may_read_every_key(&request((row.name, ""), row, argv)))
}

/// The reply to a command that is refused.
pub fn denied(refusal: Denied, full_name: &str) -> Error {
    match refusal {
        Denied::Command => Error::new(format!("NOPERM this user has no permissions to run the '{full_name}' command")),
        Denied::Key(_) => {
            Error::fixed("NOPERM this user has no permissions to access one of the keys used as arguments")
        }
        Denied::Channel(_) => {
            Error::fixed("NOPERM this user has no permissions to access one of the channels used as arguments")
        }
    }
}

fn request<'a>(name: CommandName, row: &'static Row, argv: &'a [Bytes]) -> Request<'a> {
    let specs = row.keys.iter().filter(|spec| !spec.flags.contains(&"not_key"));
    let keys = specs.flat_map(|spec| {
        let access = access(name.0, spec, argv);
        positions(spec, argv).into_iter().map(move |at| Key { at, access })
    });
    Request {
        // No command has the last number of all, so nobody is allowed one that is not known.
        command: NUMBERS.get(&name).copied().unwrap_or(usize::MAX),
        open: row.flags.has(Flags::NO_AUTH),
        argv,
        keys: keys.collect(),
        channels: channels(row.name, argv.len()),
    }
}

/// What a command does to the keys of one specification. Where that depends on the arguments, they are asked.
fn access(name: &str, spec: &KeySpec, argv: &[Bytes]) -> Access {
    let has = |flag: &str| spec.flags.contains(&flag);
    match name {
        "SET" if !argv.iter().skip(3).any(|argument| argument.eq_ignore_ascii_case(b"GET")) => {
            Access { read: false, write: true }
        }
        "BITFIELD" if only_gets(argv) => Access::READ,
        _ => Access { read: has("access"), write: has("insert") || has("delete") || has("update") },
    }
}

/// Whether a BITFIELD is made of GET and OVERFLOW alone.
pub fn only_gets(argv: &[Bytes]) -> bool {
    let mut at = 2;
    while let Some(word) = argv.get(at) {
        let left = argv.len() - at - 1;
        at += match word.to_ascii_uppercase().as_slice() {
            b"GET" if left >= 2 => 3,
            b"OVERFLOW" if left >= 1 => 2,
            _ => return false,
        };
    }
    true
}

fn channels(name: &str, words: usize) -> Vec<Channel> {
    let (last, is_pattern) = match name {
        "SUBSCRIBE" | "SSUBSCRIBE" => (words, false),
        "PSUBSCRIBE" => (words, true),
        "PUBLISH" | "SPUBLISH" => (2, false),
        _ => return Vec::new(),
    };
    (1..last).map(|at| Channel { at, is_pattern }).collect()
}
