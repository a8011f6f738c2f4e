//! COMMAND.

use bytes::Bytes;

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::{Error, SYNTAX};
use super::super::super::glob;
use super::super::super::outcome::{Answer, reply};
use super::super::super::row::{Begin, Flags, Group, KeySpec, Row, positions};
use super::super::permission::only_gets;
use super::super::{help, lookup, resolve, rows};
use super::describe::Described;

const ASK: Flags = Flags::LOADING.with(Flags::STALE);

/// Its commands.
pub const TABLE: &[Row] = &[Row {
    name: "COMMAND",
    group: Group::Server,
    arity: -1,
    flags: ASK,
    since: "2.8.13",
    complexity: "O(N) with N the number of commands",
    syntax: "COMMAND",
    summary: "Describes all commands.",
    handler: command,
    subcommands: SUBCOMMANDS,
    ..Row::DEFAULT
}];

const SUBCOMMANDS: &[Row] = &[
    Row {
        name: "COUNT",
        group: Group::Server,
        arity: 2,
        flags: ASK,
        since: "2.8.13",
        syntax: "COMMAND COUNT",
        summary: "Counts the commands of this server.",
        handler: count,
        ..Row::DEFAULT
    },
    Row {
        name: "DOCS",
        group: Group::Server,
        arity: -2,
        flags: ASK,
        since: "7.0.0",
        complexity: "O(N) with N the number of commands asked for",
        syntax: "COMMAND DOCS [command-name [command-name ...]]",
        summary: "Tells what these commands do, or all.",
        handler: docs,
        ..Row::DEFAULT
    },
    Row {
        name: "GETKEYS",
        group: Group::Server,
        arity: -4,
        flags: ASK,
        since: "2.8.13",
        complexity: "O(N) with N the number of arguments",
        syntax: "COMMAND GETKEYS command [arg [arg ...]]",
        summary: "Finds the keys in a command.",
        handler: getkeys,
        ..Row::DEFAULT
    },
    Row {
        name: "GETKEYSANDFLAGS",
        group: Group::Server,
        arity: -4,
        flags: ASK,
        since: "7.0.0",
        complexity: "O(N) with N the number of arguments",
        syntax: "COMMAND GETKEYSANDFLAGS command [arg [arg ...]]",
        summary: "Finds the keys in a command, and tells what it does to each.",
        handler: getkeysandflags,
        ..Row::DEFAULT
    },
    help::row(Group::Server, "5.0.0", "COMMAND HELP"),
    Row {
        name: "INFO",
        group: Group::Server,
        arity: -2,
        flags: ASK,
        since: "2.8.13",
        complexity: "O(N) with N the number of commands asked for",
        syntax: "COMMAND INFO [command-name [command-name ...]]",
        summary: "Describes these commands, or all, for programs.",
        handler: info,
        ..Row::DEFAULT
    },
    Row {
        name: "LIST",
        group: Group::Server,
        arity: -2,
        flags: ASK,
        since: "7.0.0",
        complexity: "O(N) with N the number of commands",
        syntax: "COMMAND LIST [FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
        summary: "Lists the names of commands.",
        handler: list,
        ..Row::DEFAULT
    },
];

fn all() -> impl Iterator<Item = Described> {
    rows().map(Described::new)
}

fn with_subcommands() -> impl Iterator<Item = Described> {
    all().flat_map(|command| std::iter::once(command).chain(command.subcommands()))
}

/// The command of this name; `config|get` for a subcommand.
fn named(name: &[u8]) -> Option<Described> {
    let mut words = name.splitn(2, |byte| *byte == b'|');
    let container = lookup(words.next()?)?;
    match words.next() {
        None => Some(Described::new(container)),
        Some(sub) => container.subcommand(sub).map(|row| Described { container, row }),
    }
}

fn command(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::array(all().map(Described::info).collect())
}

fn count(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::count(rows().count())
}

fn docs(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let docs = match args.rest() {
        [] => all().map(Described::docs).collect(),
        names => names.iter().filter_map(|name| named(name)).map(Described::docs).collect(),
    };
    reply::value(Value::Map(docs))
}

/// The keys of the command in the arguments, each with the specification that found it.
fn keys_in<'a>(args: &mut Args<'a>) -> Result<Vec<(&'a Bytes, &'static KeySpec)>, Error> {
    let argv = args.rest();
    let row = resolve(argv).ok_or(Error::fixed("ERR Invalid command specified"))?;
    let specs: Vec<&KeySpec> = row.keys.iter().filter(|spec| !spec.flags.contains(&"not_key")).collect();
    if specs.is_empty() {
        return Err(Error::fixed("ERR The command has no key arguments"));
    }
    if !row.accepts(argv.len()) {
        return Err(Error::fixed("ERR Invalid number of arguments specified for command"));
    }
    let mut keys = Vec::new();
    for spec in specs {
        let found = positions(spec, argv);
        let must_be_there = matches!(spec.begin, Begin::Index(_)) && !row.flags.has(Flags::NO_MANDATORY_KEYS);
        if found.is_empty() && must_be_there {
            return Err(Error::fixed("ERR Invalid arguments specified for command"));
        }
        keys.extend(found.into_iter().filter_map(|at| Some((argv.get(at)?, spec))));
    }
    Ok(keys)
}

fn getkeys(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let keys = keys_in(&mut args)?;
    reply::value(Value::bulks(keys.into_iter().map(|(key, _)| key.clone())))
}

fn getkeysandflags(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let argv = args.clone().rest();
    let pair = |(key, spec): (&Bytes, &KeySpec)| {
        let flags = flags_of(argv, spec).into_iter().map(|flag| Value::Simple(flag.into()));
        Value::Array(vec![Value::Bulk(key.clone()), Value::Set(flags.collect())])
    };
    reply::array(keys_in(&mut args)?.into_iter().map(pair).collect())
}

/// What a command does to a key; where that depends on the arguments, they are asked.
fn flags_of(argv: &[Bytes], spec: &KeySpec) -> Vec<&'static str> {
    let flags = spec.flags.iter().copied();
    let variable = spec.flags.contains(&"variable_flags");
    let word = |word: &str| argv.iter().skip(3).any(|argument| argument.eq_ignore_ascii_case(word.as_bytes()));
    let name = argv.first().map(|name| name.to_ascii_uppercase()).unwrap_or_default();
    match name.as_slice() {
        b"SET" if variable && !word("GET") => vec!["OW", "update"],
        b"BITFIELD" if variable && only_gets(argv) => vec!["RO", "access"],
        _ => flags.filter(|flag| !matches!(*flag, "variable_flags" | "incomplete")).collect(),
    }
}

fn info(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    reply::array(match args.rest() {
        [] => all().map(Described::info).collect(),
        names => names.iter().map(|name| named(name).map_or(Value::Null, Described::info)).collect(),
    })
}

fn list(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let filter: Box<dyn Fn(&Described) -> bool> = if args.left() == 0 {
        Box::new(|_| true)
    } else if args.left() == 3 && args.keyword("FILTERBY") {
        if args.keyword("MODULE") {
            args.next()?;
            Box::new(|_| false)
        } else if args.keyword("ACLCAT") {
            let category = args.next()?.to_ascii_lowercase();
            Box::new(move |row| row.categories().iter().any(|name| name.as_bytes() == category))
        } else if args.keyword("PATTERN") {
            let pattern = args.next()?.to_ascii_lowercase();
            Box::new(move |row| glob::matches(&pattern, row.full_name().as_bytes()))
        } else {
            return Err(SYNTAX);
        }
    } else {
        return Err(SYNTAX);
    };
    reply::value(Value::bulks(with_subcommands().filter(|row| filter(row)).map(Described::full_name)))
}
