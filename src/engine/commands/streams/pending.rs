//! What was given to consumers and is not acknowledged: looking at it, and acknowledging it.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, SYNTAX};
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group as Family, KeySpec, Row};
use crate::engine::types::{Group, Pending, Stream, StreamId};
use crate::resp::Value;

use super::shared::{count_value, id_value, no_key_or_group, parse_end, parse_start, parse_strict};

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "XACK",
        group: Family::Stream,
        arity: -4,
        flags: Flags::WRITE.with(Flags::FAST),
        keys: &[KeySpec::first(&["RW", "update"])],
        since: "5.0.0",
        complexity: "O(1) for each id",
        syntax: "XACK key group id [id ...]",
        summary: "Says that entries are dealt with: they are pending no longer. Answers how many were.",
        handler: xack,
        ..Row::DEFAULT
    },
    Row {
        name: "XPENDING",
        group: Family::Stream,
        arity: -3,
        flags: Flags::READONLY,
        keys: &[KeySpec::first(&["RO", "access"])],
        since: "5.0.0",
        complexity: "O(N) with N the entries answered (or looked at, with IDLE), or the consumers for the summary",
        syntax: "XPENDING key group [[IDLE min-idle-time] start end count [consumer]]",
        summary: "Answers which entries consumers were given and have not acknowledged.",
        handler: xpending,
        ..Row::DEFAULT
    },
];

fn xack(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, name) = (args.next()?, args.next()?);
    if ctx.read::<Stream>(key)?.and_then(|stream| stream.group(name)).is_none() {
        return reply::integer(0);
    }
    let ids = args.rest().iter().map(|word| parse_strict(word, 0)).collect::<Result<Vec<_>, _>>()?;
    let Some(group) = ctx.edit::<Stream>(key)?.and_then(|stream| stream.group_mut(name)) else {
        return reply::integer(0);
    };
    let known = ids.into_iter().filter(|id| group.acknowledge(*id)).count();
    ctx.count_changes(known);
    reply::count(known)
}

/// What XPENDING is asked for, where it is more than the summary.
struct Question<'a> {
    min_idle_ms: i64,
    start: StreamId,
    end: StreamId,
    count: usize,
    consumer: Option<&'a Bytes>,
}

fn parse_question<'a>(args: &mut Args<'a>) -> Result<Question<'a>, Error> {
    let mut min_idle_ms = 0;
    if args.keyword("IDLE") {
        min_idle_ms = args.integer()?;
        if args.left() < 3 {
            return Err(SYNTAX);
        }
    }
    let (start, end) = (args.next()?, args.next()?);
    let count = usize::try_from(args.integer()?).unwrap_or(0);
    let (start, end) = (parse_start(start)?, parse_end(end)?);
    // Redis does not look at what follows the consumer.
    Ok(Question { min_idle_ms, start, end, count, consumer: args.rest().first() })
}

fn xpending(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, name) = (args.next()?, args.next()?);
    let question = match args.left() {
        0 => None,
        3..=6 => Some(parse_question(&mut args)?),
        _ => return Err(SYNTAX),
    };
    let now_ms = ctx.now.ms();
    let group = ctx.read::<Stream>(key)?.and_then(|stream| stream.group(name));
    let group = group.ok_or_else(|| no_key_or_group(key, name, b""))?;
    reply::array(match question {
        None => summary(group),
        Some(question) => listed(group, &question, now_ms),
    })
}

/// How much is pending, the least and the greatest id, and how much of it each consumer has.
fn summary(group: &Group) -> Vec<Value> {
    let pending = group.pending();
    let (Some((first, _)), Some((last, _))) = (pending.first_key_value(), pending.last_key_value()) else {
        return vec![Value::Integer(0), Value::Null, Value::Null, Value::NullArray];
    };
    let busy = group.consumers().iter().filter(|(_, consumer)| !consumer.pending().is_empty());
    let shares = busy.map(|(name, consumer)| {
        Value::Array(vec![Value::Bulk(name.clone()), Value::bulk(consumer.pending().len().to_string())])
    });
    vec![count_value(pending.len()), id_value(*first), id_value(*last), Value::Array(shares.collect())]
}

fn listed(group: &Group, question: &Question<'_>, now_ms: i64) -> Vec<Value> {
    let Question { min_idle_ms, start, end, count, consumer } = *question;
    if start > end {
        return Vec::new();
    }
    let row = |(id, pending): (&StreamId, &Pending)| {
        let idle_ms = now_ms.wrapping_sub(pending.delivered_ms);
        let name = Value::Bulk(pending.consumer.clone());
        let deliveries = Value::Integer(pending.deliveries as i64);
        (min_idle_ms == 0 || idle_ms >= min_idle_ms)
            .then(|| Value::Array(vec![id_value(*id), name, Value::Integer(idle_ms.max(0)), deliveries]))
    };
    let Some(name) = consumer else {
        return group.pending().range(start..=end).filter_map(row).take(count).collect();
    };
    let Some(consumer) = group.consumers().get(name) else { return Vec::new() };
    let own = consumer.pending().range(start..=end).filter_map(|id| Some((id, group.pending().get(id)?)));
    own.filter_map(row).take(count).collect()
}
