//! Publish and subscribe.

use bytes::Bytes;

use crate::resp::Value;

use super::super::args::Args;
use super::super::client::Client;
use super::super::context::Context;
use super::super::error::Error;
use super::super::glob;
use super::super::notify;
use super::super::outcome::{Answer, Outcome, reply};
use super::super::register::Register;
use super::super::row::{Flags, Group, KeySpec, Row};
use super::super::state::Subscribers;
use super::super::types::Dict;
use super::help;

const ASK: Flags = Flags::PUBSUB.with(Flags::LOADING).with(Flags::STALE);
const JOIN: Flags = ASK.with(Flags::NOSCRIPT);
const SEND: Flags = ASK.with(Flags::FAST).with(Flags::MAY_REPLICATE);

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "PSUBSCRIBE",
        group: Group::PubSub,
        arity: -2,
        flags: JOIN,
        since: "2.0.0",
        complexity: "O(N) with N the number of patterns that the client is subscribed to",
        syntax: "PSUBSCRIBE pattern [pattern ...]",
        summary: "Listens to all channels whose names match one of the patterns.",
        handler: psubscribe,
        ..Row::DEFAULT
    },
    Row {
        name: "PUBLISH",
        group: Group::PubSub,
        arity: 3,
        flags: SEND,
        since: "2.0.0",
        complexity: "O(N+M) with N the subscribers of the channel and M the patterns that anybody is subscribed to",
        syntax: "PUBLISH channel message",
        summary: "Sends a message to whoever listens to a channel now.",
        handler: publish,
        ..Row::DEFAULT
    },
    Row {
        name: "PUBSUB",
        group: Group::PubSub,
        arity: -2,
        since: "2.8.0",
        complexity: "Depends on the subcommand",
        syntax: "PUBSUB subcommand [argument ...]",
        summary: "Tells who listens to what.",
        subcommands: PUBSUB,
        ..Row::DEFAULT
    },
    Row {
        name: "PUNSUBSCRIBE",
        group: Group::PubSub,
        arity: -1,
        flags: JOIN,
        since: "2.0.0",
        complexity: "O(N) with N the number of patterns to leave",
        syntax: "PUNSUBSCRIBE [pattern [pattern ...]]",
        summary: "Stops listening to these patterns, or to all of them.",
        handler: punsubscribe,
        ..Row::DEFAULT
    },
    Row {
        name: "SPUBLISH",
        group: Group::PubSub,
        arity: 3,
        flags: SEND,
        keys: &[KeySpec::first(&["not_key"])],
        since: "7.0.0",
        complexity: "O(N) with N the subscribers of the shard channel",
        syntax: "SPUBLISH shardchannel message",
        summary: "Sends a message to whoever listens to a shard channel now.",
        handler: spublish,
        ..Row::DEFAULT
    },
    Row {
        name: "SSUBSCRIBE",
        group: Group::PubSub,
        arity: -2,
        flags: JOIN,
        keys: &[KeySpec::all(&["not_key"])],
        since: "7.0.0",
        complexity: "O(N) with N the number of shard channels",
        syntax: "SSUBSCRIBE shardchannel [shardchannel ...]",
        summary: "Listens to shard channels.",
        handler: ssubscribe,
        ..Row::DEFAULT
    },
    Row {
        name: "SUBSCRIBE",
        group: Group::PubSub,
        arity: -2,
        flags: JOIN,
        since: "2.0.0",
        complexity: "O(N) with N the number of channels",
        syntax: "SUBSCRIBE channel [channel ...]",
        summary: "Listens to channels.",
        handler: subscribe,
        ..Row::DEFAULT
    },
    Row {
        name: "SUNSUBSCRIBE",
        group: Group::PubSub,
        arity: -1,
        flags: JOIN,
        keys: &[KeySpec::all(&["not_key"])],
        since: "7.0.0",
        complexity: "O(N) with N the number of shard channels to leave",
        syntax: "SUNSUBSCRIBE [shardchannel [shardchannel ...]]",
        summary: "Stops listening to these shard channels, or to all of them.",
        handler: sunsubscribe,
        ..Row::DEFAULT
    },
    Row {
        name: "UNSUBSCRIBE",
        group: Group::PubSub,
        arity: -1,
        flags: JOIN,
        since: "2.0.0",
        complexity: "O(N) with N the number of channels to leave",
        syntax: "UNSUBSCRIBE [channel [channel ...]]",
        summary: "Stops listening to these channels, or to all of them.",
        handler: unsubscribe,
        ..Row::DEFAULT
    },
];

const PUBSUB: &[Row] = &[
    Row {
        name: "CHANNELS",
        group: Group::PubSub,
        arity: -2,
        flags: ASK,
        since: "2.8.0",
        complexity: "O(N) with N the number of channels that anybody listens to",
        syntax: "PUBSUB CHANNELS [pattern]",
        summary: "Lists the channels that somebody listens to.",
        handler: channels,
        ..Row::DEFAULT
    },
    help::row(Group::PubSub, "6.2.0", "PUBSUB HELP"),
    Row {
        name: "NUMPAT",
        group: Group::PubSub,
        arity: 2,
        flags: ASK,
        since: "2.8.0",
        syntax: "PUBSUB NUMPAT",
        summary: "Counts the patterns that somebody listens to.",
        handler: numpat,
        ..Row::DEFAULT
    },
    Row {
        name: "NUMSUB",
        group: Group::PubSub,
        arity: -2,
        flags: ASK,
        since: "2.8.0",
        complexity: "O(N) with N the number of channels asked for",
        syntax: "PUBSUB NUMSUB [channel [channel ...]]",
        summary: "Counts the listeners of each of these channels, patterns left out.",
        handler: numsub,
        ..Row::DEFAULT
    },
    Row {
        name: "SHARDCHANNELS",
        group: Group::PubSub,
        arity: -2,
        flags: ASK,
        since: "7.0.0",
        complexity: "O(N) with N the number of shard channels that anybody listens to",
        syntax: "PUBSUB SHARDCHANNELS [pattern]",
        summary: "Lists the shard channels that somebody listens to.",
        handler: shardchannels,
        ..Row::DEFAULT
    },
    Row {
        name: "SHARDNUMSUB",
        group: Group::PubSub,
        arity: -2,
        flags: ASK,
        since: "7.0.0",
        complexity: "O(N) with N the number of shard channels asked for",
        syntax: "PUBSUB SHARDNUMSUB [shardchannel [shardchannel ...]]",
        summary: "Counts the listeners of each of these shard channels.",
        handler: shardnumsub,
        ..Row::DEFAULT
    },
];

/// One of the three kinds of names that a client can be subscribed to.
struct Kind {
    join: &'static str,
    leave: &'static str,
    own: fn(&mut Client) -> &mut Dict<()>,
    all: fn(&mut Subscribers) -> &mut Register,
    /// What the replies count: channels and patterns together, shard channels apart.
    count: fn(&Client) -> usize,
}

const CHANNEL: Kind = Kind {
    join: "subscribe",
    leave: "unsubscribe",
    own: |client| &mut client.channels,
    all: |subscribers| &mut subscribers.channels,
    count: |client| client.channels.len() + client.patterns.len(),
};

const PATTERN: Kind = Kind {
    join: "psubscribe",
    leave: "punsubscribe",
    own: |client| &mut client.patterns,
    all: |subscribers| &mut subscribers.patterns,
    count: |client| client.channels.len() + client.patterns.len(),
};

const SHARD: Kind = Kind {
    join: "ssubscribe",
    leave: "sunsubscribe",
    own: |client| &mut client.shard_channels,
    all: |subscribers| &mut subscribers.shard_channels,
    count: |client| client.shard_channels.len(),
};

fn told(verb: &'static str, name: Value, count: usize) -> Value {
    let verb = Value::Bulk(Bytes::from_static(verb.as_bytes()));
    Value::Push(vec![verb, name, Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))])
}

fn join(ctx: &mut Context<'_>, mut args: Args<'_>, kind: &Kind) -> Answer {
    let id = ctx.id;
    let mut replies = Vec::with_capacity(args.left());
    for name in args.rest() {
        let client = ctx.client()?;
        if (kind.own)(client).insert(Bytes::copy_from_slice(name), ()).is_none() {
            (kind.all)(&mut ctx.state.subscribers).add(name, id);
        }
        let count = (kind.count)(ctx.client()?);
        replies.push(told(kind.join, Value::Bulk(name.clone()), count));
    }
    Ok(Outcome::Replies(replies))
}

fn leave(ctx: &mut Context<'_>, mut args: Args<'_>, kind: &Kind) -> Answer {
    let id = ctx.id;
    let mut names = args.rest().to_vec();
    if names.is_empty() {
        names = (kind.own)(ctx.client()?).keys().cloned().collect();
    }
    let mut replies = Vec::with_capacity(names.len());
    for name in names {
        let client = ctx.client()?;
        if (kind.own)(client).remove(&name).is_some() {
            (kind.all)(&mut ctx.state.subscribers).remove(&name, id);
        }
        let count = (kind.count)(ctx.client()?);
        replies.push(told(kind.leave, Value::Bulk(name), count));
    }
    if replies.is_empty() {
        replies.push(told(kind.leave, Value::Null, (kind.count)(ctx.client()?)));
    }
    Ok(Outcome::Replies(replies))
}

fn psubscribe(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    join(ctx, args, &PATTERN)
}

fn publish(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (channel, message) = (args.next()?, args.next()?);
    reply::count(notify::publish(ctx.state, channel, message))
}

fn punsubscribe(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    leave(ctx, args, &PATTERN)
}

fn spublish(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (channel, message) = (args.next()?, args.next()?);
    reply::count(notify::publish_shard(ctx.state, channel, message))
}

fn ssubscribe(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    // Unlike SUBSCRIBE, which a transaction may hold.
    if !ctx.may_block() {
        return Err(Error::fixed("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"));
    }
    join(ctx, args, &SHARD)
}

fn subscribe(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    join(ctx, args, &CHANNEL)
}

fn sunsubscribe(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    leave(ctx, args, &SHARD)
}

fn unsubscribe(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    leave(ctx, args, &CHANNEL)
}

/// The names of a register that match the pattern, if one is given.
fn names(ctx: &mut Context<'_>, mut args: Args<'_>, kind: &Kind) -> Answer {
    if args.left() > 1 {
        return Err(help::wrong_count(&args));
    }
    let pattern = args.next().ok();
    let matches = |name: &&Bytes| pattern.is_none_or(|pattern| glob::matches(pattern, name));
    let register = (kind.all)(&mut ctx.state.subscribers);
    reply::value(Value::bulks(register.iter().map(|(name, _)| name).filter(matches).cloned()))
}

/// Each of the names with how many listen to it.
fn counts(ctx: &mut Context<'_>, mut args: Args<'_>, kind: &Kind) -> Answer {
    let register = (kind.all)(&mut ctx.state.subscribers);
    let pair = |name: &Bytes| {
        let count = i64::try_from(register.of(name).len()).unwrap_or(i64::MAX);
        [Value::Bulk(name.clone()), Value::Integer(count)]
    };
    reply::array(args.rest().iter().flat_map(pair).collect())
}

fn channels(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    names(ctx, args, &CHANNEL)
}

fn numpat(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::count(ctx.state.subscribers.patterns.len())
}

fn numsub(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    counts(ctx, args, &CHANNEL)
}

fn shardchannels(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    names(ctx, args, &SHARD)
}

fn shardnumsub(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    counts(ctx, args, &SHARD)
}
