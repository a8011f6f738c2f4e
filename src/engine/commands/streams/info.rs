//! XINFO: what a stream and its groups know.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, NO_SUCH_KEY};
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group as Family, KeySpec, Row};
use crate::engine::types::{Consumer, Group, Pending, Stream, StreamId};
use crate::resp::Value;

use super::super::help;
use super::shared::{count_value, entry_value, id_value, no_group};

const SUB: Row = Row {
    group: Family::Stream,
    flags: Flags::READONLY,
    keys: &[KeySpec::at(2, &["RO", "access"])],
    since: "5.0.0",
    ..Row::DEFAULT
};

/// Its command.
pub const TABLE: &[Row] = &[Row {
    name: "XINFO",
    group: Family::Stream,
    arity: -2,
    since: "5.0.0",
    complexity: "Depends on the subcommand",
    syntax: "XINFO subcommand [argument ...]",
    summary: "Tells about streams, their groups and consumers.",
    subcommands: SUBCOMMANDS,
    ..Row::DEFAULT
}];

const SUBCOMMANDS: &[Row] = &[
    Row {
        name: "CONSUMERS",
        arity: 4,
        syntax: "XINFO CONSUMERS key group",
        summary: "Lists the consumers of a group.",
        handler: consumers,
        ..SUB
    },
    Row {
        name: "GROUPS",
        arity: 3,
        syntax: "XINFO GROUPS key",
        summary: "Lists the groups of a stream.",
        handler: groups,
        ..SUB
    },
    help::row(Family::Stream, "5.0.0", "XINFO HELP"),
    Row {
        name: "STREAM",
        arity: -3,
        syntax: "XINFO STREAM key [FULL [COUNT count]]",
        summary: "Tells what a stream remembers; with FULL also its entries, groups and consumers.",
        handler: stream,
        ..SUB
    },
];

/// Entries, and pending ones, that FULL shows unless COUNT says otherwise.
const USUAL_COUNT: usize = 10;

type Fields = Vec<(Value, Value)>;

fn field(name: &'static str, value: Value) -> (Value, Value) {
    (Value::bulk(name), value)
}

fn existing<'c>(ctx: &'c mut Context<'_>, key: &Bytes) -> Result<&'c Stream, Error> {
    ctx.read::<Stream>(key)?.ok_or(NO_SUCH_KEY)
}

fn maybe(n: Option<i64>) -> Value {
    n.map_or(Value::Null, Value::Integer)
}

fn consumers(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, name) = (args.next()?, args.next()?);
    let now_ms = ctx.now.ms();
    let group = existing(ctx, key)?.group(name).ok_or_else(|| no_group(key, name))?;
    let row = |(name, consumer): (&Bytes, &Consumer)| {
        Value::Map(vec![
            field("name", Value::Bulk(name.clone())),
            field("pending", count_value(consumer.pending().len())),
            field("idle", Value::Integer(now_ms.wrapping_sub(consumer.seen_ms).max(0))),
        ])
    };
    reply::array(group.consumers().iter().map(row).collect())
}

fn groups(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let stream = existing(ctx, args.next()?)?;
    let row = |(name, group): (&Bytes, &Group)| {
        Value::Map(vec![
            field("name", Value::Bulk(name.clone())),
            field("consumers", count_value(group.consumers().len())),
            field("pending", count_value(group.pending().len())),
            field("last-delivered-id", id_value(group.last_id)),
            field("entries-read", maybe(group.entries_read)),
            field("lag", maybe(stream.lag(group))),
        ])
    };
    reply::array(stream.groups().iter().map(row).collect())
}

fn stream(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let stream = existing(ctx, args.next()?)?;
    if args.left() == 0 {
        let mut fields = basics(stream);
        let first = stream.range(StreamId::MIN, StreamId::MAX).next();
        let last = stream.range_back(StreamId::MIN, StreamId::MAX).next();
        fields.push(field("groups", count_value(stream.groups().len())));
        fields.push(field("first-entry", first.map_or(Value::Null, entry_value)));
        fields.push(field("last-entry", last.map_or(Value::Null, entry_value)));
        return reply::value(Value::Map(fields));
    }
    let count = match args.left() {
        1 if args.keyword("FULL") => USUAL_COUNT,
        3 if args.keyword("FULL") && args.keyword("COUNT") => usize::try_from(args.integer()?).unwrap_or(USUAL_COUNT),
        _ => return Err(help::wrong_count(&args)),
    };
    reply::value(Value::Map(full(stream, if count == 0 { usize::MAX } else { count })))
}

fn basics(stream: &Stream) -> Fields {
    vec![
        field("length", count_value(stream.len())),
        field("radix-tree-keys", count_value(stream.nodes().len())),
        field("radix-tree-nodes", count_value(stream.radix_nodes())),
        field("last-generated-id", id_value(stream.last_id)),
        field("max-deleted-entry-id", id_value(stream.max_deleted_id)),
        field("entries-added", Value::Integer(stream.entries_added as i64)),
        field("recorded-first-entry-id", id_value(stream.first_id())),
    ]
}

fn full(stream: &Stream, count: usize) -> Fields {
    let mut fields = basics(stream);
    let entries = stream.range(StreamId::MIN, StreamId::MAX).take(count).map(entry_value);
    let groups = stream.groups().iter().map(|(name, group)| full_group(stream, name, group, count));
    fields.push(field("entries", Value::Array(entries.collect())));
    fields.push(field("groups", Value::Array(groups.collect())));
    fields
}

fn full_group(stream: &Stream, name: &Bytes, group: &Group, count: usize) -> Value {
    let row = |(id, pending): (&StreamId, &Pending)| {
        let Pending { consumer, delivered_ms, deliveries } = pending;
        let (delivered, deliveries) = (Value::Integer(*delivered_ms), Value::Integer(*deliveries as i64));
        Value::Array(vec![id_value(*id), Value::Bulk(consumer.clone()), delivered, deliveries])
    };
    let consumers = group.consumers().iter().map(|(name, consumer)| full_consumer(group, name, consumer, count));
    Value::Map(vec![
        field("name", Value::Bulk(name.clone())),
        field("last-delivered-id", id_value(group.last_id)),
        field("entries-read", maybe(group.entries_read)),
        field("lag", maybe(stream.lag(group))),
        field("pel-count", count_value(group.pending().len())),
        field("pending", Value::Array(group.pending().iter().take(count).map(row).collect())),
        field("consumers", Value::Array(consumers.collect())),
    ])
}

fn full_consumer(group: &Group, name: &Bytes, consumer: &Consumer, count: usize) -> Value {
    let row = |id: &StreamId| {
        let Pending { delivered_ms, deliveries, .. } = group.pending().get(id)?;
        let (delivered, deliveries) = (Value::Integer(*delivered_ms), Value::Integer(*deliveries as i64));
        Some(Value::Array(vec![id_value(*id), delivered, deliveries]))
    };
    Value::Map(vec![
        field("name", Value::Bulk(name.clone())),
        field("seen-time", Value::Integer(consumer.seen_ms)),
        field("pel-count", count_value(consumer.pending().len())),
        field("pending", Value::Array(consumer.pending().iter().take(count).filter_map(row).collect())),
    ])
}
