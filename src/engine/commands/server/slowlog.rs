//! SLOWLOG.

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::Error;
use super::super::super::measures::SlowCommand;
use super::super::super::outcome::{Answer, reply};
use super::super::super::row::{Flags, Group, Row};
use super::super::super::types::parse_integer;
use super::super::help;

const SLOW: Flags = Flags::ADMIN.with(Flags::LOADING).with(Flags::STALE);
/// How many commands GET shows unless told otherwise.
const USUAL: usize = 10;

/// Its commands.
pub const TABLE: &[Row] = &[Row {
    name: "SLOWLOG",
    group: Group::Server,
    arity: -2,
    since: "2.2.12",
    complexity: "Depends on the subcommand",
    syntax: "SLOWLOG subcommand [argument ...]",
    summary: "Tells of commands that took long.",
    subcommands: SUBCOMMANDS,
    ..Row::DEFAULT
}];

const SUBCOMMANDS: &[Row] = &[
    Row {
        name: "GET",
        group: Group::Server,
        arity: -2,
        flags: SLOW,
        since: "2.2.12",
        complexity: "O(N) with N the number of entries",
        syntax: "SLOWLOG GET [count]",
        summary: "Lists the latest slow commands.",
        handler: get,
        ..Row::DEFAULT
    },
    help::row(Group::Server, "6.2.0", "SLOWLOG HELP"),
    Row {
        name: "LEN",
        group: Group::Server,
        arity: 2,
        flags: SLOW,
        since: "2.2.12",
        syntax: "SLOWLOG LEN",
        summary: "Counts the slow commands.",
        handler: len,
        ..Row::DEFAULT
    },
    Row {
        name: "RESET",
        group: Group::Server,
        arity: 2,
        flags: SLOW,
        since: "2.2.12",
        complexity: "O(N) with N the number of entries",
        syntax: "SLOWLOG RESET",
        summary: "Forgets the slow commands.",
        handler: reset,
        ..Row::DEFAULT
    },
];

/// How many commands GET is to show; -1: all.
fn wanted(args: &mut Args<'_>) -> Result<usize, Error> {
    if args.left() == 0 {
        return Ok(USUAL);
    }
    let refused = Error::fixed("ERR count should be greater than or equal to -1");
    let count = parse_integer(args.next()?).filter(|count| *count >= -1).ok_or(refused)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

fn described(entry: &SlowCommand) -> Value {
    Value::Array(vec![
        Value::Integer(entry.id),
        Value::Integer(entry.at_s),
        Value::Integer(i64::try_from(entry.us).unwrap_or(i64::MAX)),
        Value::bulks(entry.argv.iter().cloned()),
        Value::bulk(entry.addr.clone()),
        Value::Bulk(entry.name.clone()),
    ])
}

fn get(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if args.left() > 1 {
        return Err(help::wrong_count(&args));
    }
    let count = wanted(&mut args)?;
    reply::array(ctx.state.measures.slowlog.iter().take(count).map(described).collect())
}

fn len(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::count(ctx.state.measures.slowlog.len())
}

fn reset(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    ctx.state.measures.slowlog.clear();
    reply::ok()
}
