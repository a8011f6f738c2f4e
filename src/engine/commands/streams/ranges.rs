//! Reading entries between two ids.

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::SYNTAX;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group, KeySpec, Row};
use crate::engine::types::Stream;

use super::shared::{entry_value, parse_end, parse_start};

const RANGE: Row = Row {
    group: Group::Stream,
    arity: -4,
    flags: Flags::READONLY,
    keys: &[KeySpec::first(&["RO", "access"])],
    since: "5.0.0",
    complexity: "O(log N + M) with N the entries of the stream and M those answered",
    ..Row::DEFAULT
};

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "XRANGE",
        syntax: "XRANGE key start end [COUNT count]",
        summary: "Answers the entries from one id to another; - is the least id, + the greatest, ( leaves it out.",
        handler: xrange,
        ..RANGE
    },
    Row {
        name: "XREVRANGE",
        syntax: "XREVRANGE key end start [COUNT count]",
        summary: "Answers the entries from one id down to another.",
        handler: xrevrange,
        ..RANGE
    },
];

fn xrange(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    range(ctx, args, false)
}

fn range(ctx: &mut Context<'_>, mut args: Args<'_>, backwards: bool) -> Answer {
    let (key, one, other) = (args.next()?, args.next()?, args.next()?);
    let (start, end) = if backwards { (other, one) } else { (one, other) };
    let (start, end) = (parse_start(start)?, parse_end(end)?);
    let mut count = None;
    while args.left() > 0 {
        if args.left() < 2 || !args.keyword("COUNT") {
            return Err(SYNTAX);
        }
        count = Some(usize::try_from(args.integer()?).unwrap_or(0));
    }
    let Some(stream) = ctx.read::<Stream>(key)? else { return reply::array(Vec::new()) };
    if count == Some(0) {
        return reply::null_array();
    }
    let entries = if backwards { stream.range_back(start, end) } else { stream.range(start, end) };
    reply::array(entries.take(count.unwrap_or(usize::MAX)).map(entry_value).collect())
}

fn xrevrange(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    range(ctx, args, true)
}
