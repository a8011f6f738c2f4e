//! Functions: libraries of Lua functions that stay with the server. Loading and calling them is left to the floor
//! above, since functions call commands.

use bytes::Bytes;

use super::super::args::Args;
use super::super::context::Context;
use super::super::error::Error;
use super::super::glob;
use super::super::libraries::{FunctionInfo, Libraries, Library};
use super::super::outcome::{Answer, FunctionCall, LibraryCall, Outcome, Policy, reply};
use super::super::rdb;
use super::super::row::{Flags, Group, KeySpec, Row};
use super::super::running::Running;
use super::super::types::parse_integer;
use super::{function_payload, help};
use crate::resp::Value;

const CALLS: Row = Row {
    group: Group::Scripting,
    arity: -3,
    flags: Flags::NOSCRIPT
        .with(Flags::STALE)
        .with(Flags::SKIP_MONITOR)
        .with(Flags::MAY_REPLICATE)
        .with(Flags::MOVABLEKEYS)
        .with(Flags::NO_MANDATORY_KEYS),
    keys: &[KeySpec::count(2, &["RW", "access", "update"])],
    since: "7.0.0",
    complexity: "Depends on the function",
    ..Row::DEFAULT
};
const PART: Row = Row { group: Group::Scripting, flags: Flags::NOSCRIPT, since: "7.0.0", ..Row::DEFAULT };
const CHANGE: Row = Row { flags: PART.flags.with(Flags::WRITE), ..PART };
const LOAD: Row = Row { flags: CHANGE.flags.with(Flags::DENYOOM), ..PART };

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "FCALL",
        syntax: "FCALL function numkeys [key [key ...]] [arg [arg ...]]",
        summary: "Calls a function, with nothing in between.",
        handler: fcall,
        ..CALLS
    },
    Row {
        name: "FCALL_RO",
        flags: Flags::NOSCRIPT
            .with(Flags::STALE)
            .with(Flags::SKIP_MONITOR)
            .with(Flags::READONLY)
            .with(Flags::MOVABLEKEYS)
            .with(Flags::NO_MANDATORY_KEYS),
        keys: &[KeySpec::count(2, &["RO", "access"])],
        syntax: "FCALL_RO function numkeys [key [key ...]] [arg [arg ...]]",
        summary: "Calls a function that may only read.",
        handler: fcall_ro,
        ..CALLS
    },
    Row {
        name: "FUNCTION",
        group: Group::Scripting,
        arity: -2,
        since: "7.0.0",
        complexity: "Depends on the subcommand",
        syntax: "FUNCTION subcommand [argument ...]",
        summary: "Keeps libraries of functions.",
        subcommands: SUBCOMMANDS,
        ..Row::DEFAULT
    },
];

const SUBCOMMANDS: &[Row] = &[
    Row {
        name: "DELETE",
        arity: 3,
        syntax: "FUNCTION DELETE library-name",
        summary: "Removes a library with its functions.",
        handler: delete,
        ..CHANGE
    },
    Row {
        name: "DUMP",
        arity: 2,
        complexity: "O(N) with N the number of functions",
        syntax: "FUNCTION DUMP",
        summary: "Writes all libraries as one payload for FUNCTION RESTORE.",
        handler: dump,
        ..PART
    },
    Row {
        name: "FLUSH",
        arity: -2,
        complexity: "O(N) with N the number of functions",
        syntax: "FUNCTION FLUSH [ASYNC | SYNC]",
        summary: "Removes all libraries.",
        handler: flush,
        ..CHANGE
    },
    help::row(Group::Scripting, "7.0.0", "FUNCTION HELP"),
    Row {
        name: "KILL",
        arity: 2,
        flags: PART.flags.with(Flags::ALLOW_BUSY),
        syntax: "FUNCTION KILL",
        summary: "Ends the function that is running, if it has written nothing.",
        handler: kill,
        ..PART
    },
    Row {
        name: "LIST",
        arity: -2,
        complexity: "O(N) with N the number of functions",
        syntax: "FUNCTION LIST [LIBRARYNAME library-name-pattern] [WITHCODE]",
        summary: "Lists libraries with their functions.",
        handler: list,
        ..PART
    },
    Row {
        name: "LOAD",
        arity: -3,
        complexity: "O(N) with N the length of the library in bytes",
        syntax: "FUNCTION LOAD [REPLACE] function-code",
        summary: "Loads a library, and answers its name.",
        handler: load,
        ..LOAD
    },
    Row {
        name: "RESTORE",
        arity: -3,
        complexity: "O(N) with N the number of functions in the payload",
        syntax: "FUNCTION RESTORE serialized-value [FLUSH | APPEND | REPLACE]",
        summary: "Loads the libraries of a payload from FUNCTION DUMP.",
        handler: restore,
        ..LOAD
    },
    Row {
        name: "STATS",
        arity: 2,
        flags: PART.flags.with(Flags::ALLOW_BUSY),
        syntax: "FUNCTION STATS",
        summary: "Tells which function is running, and how many there are.",
        handler: stats,
        ..PART
    },
];

fn call(ctx: &mut Context<'_>, mut args: Args<'_>, read_only: bool) -> Answer {
    let name = args.next()?;
    let function = ctx.state.libraries.function(name);
    let (library, place) = function.ok_or(Error::fixed("ERR Function not found"))?;
    let count = parse_integer(args.next()?).ok_or(Error::fixed("ERR Bad number of keys provided"))?;
    if count > i64::try_from(args.left()).unwrap_or(i64::MAX) {
        return Err(Error::fixed("ERR Number of keys can't be greater than number of args"));
    }
    let count = usize::try_from(count).map_err(|_| Error::fixed("ERR Number of keys can't be negative"))?;
    if read_only && !library.functions[place].flags.no_writes() {
        return Err(Error::fixed("ERR Can not execute a script with write flag using *_ro command."));
    }
    let command = args.argv().to_vec();
    let (keys, args) = (args.take(count)?.to_vec(), args.rest().to_vec());
    Ok(Outcome::Function(FunctionCall { library: library.clone(), place, command, keys, args, read_only }))
}

fn fcall(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    call(ctx, args, false)
}

fn fcall_ro(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    call(ctx, args, true)
}

fn delete(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if !ctx.state.libraries.remove(args.next()?) {
        return Err(Error::fixed("ERR Library not found"));
    }
    reply::ok()
}

fn dump(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let sources = ctx.state.libraries.iter().map(|library| &library.source);
    reply::bulk(rdb::dump_functions(sources, ctx.state.settings.compresses_dumps()))
}

fn flush(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.left() > 1 {
        return Err(help::wrong_count(&args));
    }
    if args.left() == 1 && !args.keyword("SYNC") && !args.keyword("ASYNC") {
        return Err(Error::fixed("ERR FUNCTION FLUSH only supports SYNC|ASYNC option"));
    }
    ctx.state.libraries = Libraries::default();
    reply::ok()
}

fn kill(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    Running::kill(&mut ctx.state.running, true)?;
    reply::ok()
}

fn map(fields: Vec<(&'static str, Value)>) -> Value {
    Value::Map(fields.into_iter().map(|(name, value)| (Value::bulk(name), value)).collect())
}

fn described(function: &FunctionInfo) -> Value {
    map(vec![
        ("name", Value::Bulk(function.name.clone())),
        ("description", function.description.clone().map_or(Value::Null, Value::Bulk)),
        ("flags", Value::Set(function.flags.names().map(Value::simple).collect())),
    ])
}

fn library_entry(library: &Library, with_code: bool) -> Value {
    let mut fields = vec![
        ("library_name", Value::Bulk(library.name.clone())),
        ("engine", Value::bulk("LUA")),
        ("functions", Value::Array(library.functions.iter().map(described).collect())),
    ];
    if with_code {
        fields.push(("library_code", Value::Bulk(library.source.clone())));
    }
    map(fields)
}

fn list(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (mut with_code, mut pattern) = (false, None::<Bytes>);
    while args.left() > 0 {
        if !with_code && args.keyword("WITHCODE") {
            with_code = true;
        } else if pattern.is_none() && args.keyword("LIBRARYNAME") {
            let name = args.next().map_err(|_| Error::fixed("ERR library name argument was not given"))?;
            pattern = Some(name.to_ascii_lowercase().into());
        } else {
            let word = args.next()?.split(|byte| *byte == 0).next().unwrap_or_default();
            return Err(Error([b"ERR Unknown argument ", word].concat().into()));
        }
    }
    let wanted = |library: &Library| {
        pattern.as_ref().is_none_or(|pattern| glob::matches(pattern, &library.name.to_ascii_lowercase()))
    };
    let libraries = ctx.state.libraries.iter().filter(|library| wanted(library));
    reply::array(libraries.map(|library| library_entry(library, with_code)).collect())
}

fn load(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let mut replace = false;
    while args.left() > 1 {
        if !args.keyword("REPLACE") {
            let word = args.next()?.split(|byte| *byte == 0).next().unwrap_or_default();
            return Err(Error([b"ERR Unknown option given: ", word].concat().into()));
        }
        replace = true;
    }
    let sources = vec![args.next()?.clone()];
    Ok(Outcome::Libraries(LibraryCall { sources, policy: Policy::Load { replace } }))
}

fn restore(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.left() > 2 {
        return Err(help::wrong_count(&args));
    }
    let payload = args.next()?;
    let policy = if args.keyword("REPLACE") {
        Policy::Replace
    } else if args.keyword("FLUSH") {
        Policy::Flush
    } else if args.left() == 0 || args.keyword("APPEND") {
        Policy::Append
    } else {
        return Err(Error::fixed("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE."));
    };
    Ok(Outcome::Libraries(LibraryCall {
        sources: function_payload::restore(payload, ctx.state.skip_checksums)?,
        policy,
    }))
}

fn stats(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let running = match &ctx.state.running {
        None => Value::Null,
        Some(running) => match &running.function {
            None => return Err(running.busy_error()),
            Some(function) => map(vec![
                ("name", Value::Bulk(function.name.clone())),
                ("command", Value::Array(function.command.iter().cloned().map(Value::Bulk).collect())),
                ("duration_ms", Value::Integer(i64::try_from(running.passed_ms(ctx.now)).unwrap_or(i64::MAX))),
            ]),
        },
    };
    let (libraries, functions) = ctx.state.libraries.counts();
    let count = |n: usize| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    let lua = map(vec![("libraries_count", count(libraries)), ("functions_count", count(functions))]);
    reply::value(map(vec![("running_script", running), ("engines", map(vec![("LUA", lua)]))]))
}
