//! Lua scripts: compiling and running them is left to the floor above, since a script calls commands.

use bytes::Bytes;

use super::super::args::Args;
use super::super::context::Context;
use super::super::error::{Error, NOT_INTEGER};
use super::super::header::Header;
use super::super::libraries::ScriptFlags;
use super::super::outcome::{Answer, Outcome, ScriptCall, reply};
use super::super::row::{Flags, Group, KeySpec, Row};
use super::super::running::Running;
use super::super::state::State;
use super::super::types::parse_integer;
use crate::resp::Value;

const RUNS: Row = Row {
    group: Group::Scripting,
    arity: -3,
    flags: Flags::NOSCRIPT
        .with(Flags::STALE)
        .with(Flags::SKIP_MONITOR)
        .with(Flags::MAY_REPLICATE)
        .with(Flags::MOVABLEKEYS)
        .with(Flags::NO_MANDATORY_KEYS),
    keys: &[KeySpec::count(2, &["RW", "access", "update"])],
    since: "2.6.0",
    complexity: "Depends on the script",
    ..Row::DEFAULT
};
const READS: Row = Row {
    flags: RUNS.flags.without(Flags::MAY_REPLICATE).with(Flags::READONLY),
    keys: &[KeySpec::count(2, &["RO", "access"])],
    since: "7.0.0",
    ..RUNS
};
const PART: Row = Row { group: Group::Scripting, flags: Flags::NOSCRIPT, since: "2.6.0", ..Row::DEFAULT };

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "EVAL",
        syntax: "EVAL script numkeys [key [key ...]] [arg [arg ...]]",
        summary: "Runs a Lua script, with nothing in between.",
        handler: eval,
        ..RUNS
    },
    Row {
        name: "EVALSHA",
        syntax: "EVALSHA sha1 numkeys [key [key ...]] [arg [arg ...]]",
        summary: "Runs a Lua script that the server knows already, by its SHA-1.",
        handler: evalsha,
        ..RUNS
    },
    Row {
        name: "EVALSHA_RO",
        syntax: "EVALSHA_RO sha1 numkeys [key [key ...]] [arg [arg ...]]",
        summary: "Runs a known Lua script that may only read.",
        handler: evalsha_ro,
        ..READS
    },
    Row {
        name: "EVAL_RO",
        syntax: "EVAL_RO script numkeys [key [key ...]] [arg [arg ...]]",
        summary: "Runs a Lua script that may only read.",
        handler: eval_ro,
        ..READS
    },
    Row {
        name: "SCRIPT",
        group: Group::Scripting,
        arity: -2,
        since: "2.6.0",
        complexity: "Depends on the subcommand",
        syntax: "SCRIPT <DEBUG | EXISTS | FLUSH | HELP | KILL | LOAD>",
        summary: "Keeps Lua scripts for EVALSHA.",
        subcommands: SCRIPT,
        ..Row::DEFAULT
    },
];

const SCRIPT: &[Row] = &[
    Row {
        name: "DEBUG",
        arity: 3,
        since: "3.2.0",
        syntax: "SCRIPT DEBUG <YES | SYNC | NO>",
        summary: "Turns Lua's debugger on or off; here it is always off.",
        handler: script_debug,
        ..PART
    },
    Row {
        name: "EXISTS",
        arity: -3,
        complexity: "O(N) with N the number of scripts asked about",
        syntax: "SCRIPT EXISTS sha1 [sha1 ...]",
        summary: "Says which scripts the server knows.",
        handler: script_exists,
        ..PART
    },
    Row {
        name: "FLUSH",
        arity: -2,
        complexity: "O(N) with N the number of known scripts",
        syntax: "SCRIPT FLUSH [ASYNC | SYNC]",
        summary: "Forgets all scripts.",
        handler: script_flush,
        ..PART
    },
    Row {
        name: "HELP",
        arity: 2,
        flags: Flags::LOADING.with(Flags::STALE),
        since: "5.0.0",
        syntax: "SCRIPT HELP",
        summary: "Lists the subcommands.",
        handler: script_help,
        ..PART
    },
    Row {
        name: "KILL",
        arity: 2,
        flags: Flags::NOSCRIPT.with(Flags::ALLOW_BUSY),
        syntax: "SCRIPT KILL",
        summary: "Ends the script that is running, if it has written nothing.",
        handler: script_kill,
        ..PART
    },
    Row {
        name: "LOAD",
        arity: 3,
        flags: Flags::NOSCRIPT.with(Flags::STALE),
        complexity: "O(N) with N the length of the script in bytes",
        syntax: "SCRIPT LOAD script",
        summary: "Makes a script known and answers its SHA-1.",
        handler: script_load,
        ..PART
    },
];

/// The flags of a command as its gates see them: a script or a function that says what it does is taken at its word.
pub fn flags_in_effect(state: &State, row: &Row, argv: &[Bytes]) -> Flags {
    match script_flags(state, row, argv) {
        None => row.flags,
        Some(own) => {
            let mut flags = row.flags.without(Flags::STALE).without(Flags::MAY_REPLICATE);
            if !own.may_run_out_of_memory() {
                flags = flags.with(Flags::DENYOOM);
            }
            if own.no_writes() { flags } else { flags.with(Flags::WRITE) }
        }
    }
}

/// What the script or function that a command runs says of itself, if it does.
fn script_flags(state: &State, row: &Row, argv: &[Bytes]) -> Option<ScriptFlags> {
    let subject = argv.get(1)?;
    let source = match row.name {
        "EVAL" | "EVAL_RO" => subject,
        "EVALSHA" | "EVALSHA_RO" => state.scripts.get(&String::from_utf8_lossy(subject).to_ascii_lowercase())?,
        "FCALL" | "FCALL_RO" => {
            let (library, place) = state.libraries.function(subject)?;
            return library.functions.get(place).map(|function| function.flags);
        }
        _ => return None,
    };
    Header::parse(source).ok().filter(|header| header.shebang).map(|header| header.flags)
}

fn sha_of(source: &[u8]) -> String {
    sha1_smol::Sha1::from(source).digest().to_string()
}

/// `numkeys [key [key ...]] [arg [arg ...]]`
fn keys_and_args(args: &mut Args<'_>) -> Result<(Vec<Bytes>, Vec<Bytes>), Error> {
    let count = parse_integer(args.next()?).ok_or(NOT_INTEGER)?;
    if count > i64::try_from(args.left()).unwrap_or(i64::MAX) {
        return Err(Error::fixed("ERR Number of keys can't be greater than number of args"));
    }
    let count = usize::try_from(count).map_err(|_| Error::fixed("ERR Number of keys can't be negative"))?;
    Ok((args.take(count)?.to_vec(), args.rest().to_vec()))
}

fn eval(_: &mut Context<'_>, args: Args<'_>) -> Answer {
    run_source(args, false)
}

fn run_source(mut args: Args<'_>, read_only: bool) -> Answer {
    let source = args.next()?.clone();
    let (keys, args) = keys_and_args(&mut args)?;
    Ok(Outcome::Script(Box::new(ScriptCall { sha: sha_of(&source), source, keys, args, read_only, only_load: false })))
}

fn evalsha(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    run_known(ctx, args, false)
}

fn run_known(ctx: &mut Context<'_>, mut args: Args<'_>, read_only: bool) -> Answer {
    const UNKNOWN: Error = Error::fixed("NOSCRIPT No matching script. Please use EVAL.");
    let sha = args.next()?;
    if sha.len() != 40 {
        return Err(UNKNOWN);
    }
    let sha = String::from_utf8_lossy(sha).to_ascii_lowercase();
    let (keys, args) = keys_and_args(&mut args)?;
    let source = ctx.state.scripts.get(&sha).ok_or(UNKNOWN)?.clone();
    Ok(Outcome::Script(Box::new(ScriptCall { sha, source, keys, args, read_only, only_load: false })))
}

fn evalsha_ro(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    run_known(ctx, args, true)
}

fn eval_ro(_: &mut Context<'_>, args: Args<'_>) -> Answer {
    run_source(args, true)
}

fn script_debug(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.keyword("NO") {
        return reply::ok();
    }
    if args.keyword("YES") || args.keyword("SYNC") {
        return Err(Error::fixed("ERR the Lua debugger is not part of the bundled engine"));
    }
    Err(Error::fixed("ERR Use SCRIPT DEBUG YES/SYNC/NO"))
}

fn script_exists(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let known = |sha: &Bytes| {
        let sha = String::from_utf8_lossy(sha).to_ascii_lowercase();
        Value::Integer(i64::from(ctx.state.scripts.contains_key(&sha)))
    };
    reply::array(args.rest().iter().map(known).collect())
}

fn script_flush(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let known = args.left() == 0 || (args.left() == 1 && (args.keyword("SYNC") || args.keyword("ASYNC")));
    if !known {
        return Err(Error::fixed("ERR SCRIPT FLUSH only support SYNC|ASYNC option"));
    }
    ctx.state.scripts.clear();
    reply::ok()
}

fn script_help(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    let lines = [
        "SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "DEBUG (YES|SYNC|NO)",
        "    Set the debug mode for subsequent scripts executed.",
        "EXISTS <sha1> [<sha1> ...]",
        "    Return information about the existence of the scripts in the script cache.",
        "FLUSH [ASYNC|SYNC]",
        "    Flush the Lua scripts cache. Very dangerous on replicas.",
        "    When called without the optional mode argument, the behavior is determined by the",
        "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
        "    * ASYNC: Asynchronously flush the scripts cache.",
        "    * SYNC: Synchronously flush the scripts cache.",
        "KILL",
        "    Kill the currently executing Lua script.",
        "LOAD <script>",
        "    Load a script into the scripts cache without executing it.",
        "HELP",
        "    Prints this help.",
    ];
    reply::array(lines.into_iter().map(Value::simple).collect())
}

fn script_kill(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    Running::kill(&mut ctx.state.running, false)?;
    reply::ok()
}

fn script_load(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let source = args.next()?.clone();
    let (keys, args) = (Vec::new(), Vec::new());
    let sha = sha_of(&source);
    Ok(Outcome::Script(Box::new(ScriptCall { sha, source, keys, args, read_only: false, only_load: true })))
}
