//! XREAD and XREADGROUP: what is new in several streams, at once or waiting for it.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::{Context, Mode};
use crate::engine::error::{Error, SYNTAX, WRONG_TYPE};
use crate::engine::keyspace::{Class, Data};
use crate::engine::outcome::{Answer, Block, Outcome, reply};
use crate::engine::row::{Begin, Find, Flags, Group as Family, KeySpec, Row};
use crate::engine::time::Time;
use crate::engine::types::{EntryRef, Stream, StreamId, parse_integer};
use crate::resp::Value;

use super::shared::{entry_value, error_line, id_value, no_key_or_group, parse_strict};

/// Behind STREAMS, the first half of what follows.
const HALF: Find = Find::Range { last: -1, step: 1, limit: 2 };

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "XREAD",
        group: Family::Stream,
        arity: -4,
        flags: Flags::READONLY.with(Flags::BLOCKING).with(Flags::MOVABLEKEYS),
        keys: &[KeySpec { flags: &["RO", "access"], begin: Begin::Keyword("STREAMS", 1), find: HALF }],
        since: "5.0.0",
        complexity: "O(N) with N the entries answered; each entry added costs O(M) with M the clients that wait",
        syntax: "XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] <id | $> [<id | $> ...]",
        summary: "Answers the entries behind an id of each stream, and waits for some if there are none.",
        handler: xread,
        ..Row::DEFAULT
    },
    Row {
        name: "XREADGROUP",
        group: Family::Stream,
        arity: -7,
        flags: Flags::WRITE.with(Flags::BLOCKING).with(Flags::MOVABLEKEYS),
        keys: &[KeySpec { flags: &["RO", "access"], begin: Begin::Keyword("STREAMS", 4), find: HALF }],
        since: "5.0.0",
        complexity: "O(N) with N the entries answered; each entry added costs O(M) with M the clients that wait",
        syntax: "XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] <id | >> [<id | >> ...]",
        summary: "Gives a consumer entries that its group has not read yet (>), or those it has not acknowledged (an id).",
        handler: xreadgroup,
        ..Row::DEFAULT
    },
];

/// Whoever waited without a COUNT gets no more than so many entries.
const WAITED_COUNT: usize = 1000;

/// On behalf of whom XREADGROUP reads.
#[derive(Clone, Copy)]
struct Reader<'a> {
    group: &'a Bytes,
    consumer: &'a Bytes,
    /// What is given does not have to be acknowledged.
    no_ack: bool,
}

/// The arguments of both commands.
struct Request<'a> {
    /// XREADGROUP: on behalf of whom.
    reader: Option<Reader<'a>>,
    /// Most entries of each stream; 0: all.
    count: usize,
    /// BLOCK: until when; `None` within: for ever.
    block: Option<Option<Time>>,
    keys: &'a [Bytes],
    ids: &'a [Bytes],
}

fn xread(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    let request = parse(ctx, args, false)?;
    answer(ctx, &request)
}

fn xreadgroup(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    let request = parse(ctx, args, true)?;
    answer(ctx, &request)
}

fn parse<'a>(ctx: &Context<'_>, mut args: Args<'a>, grouped: bool) -> Result<Request<'a>, Error> {
    let mut request = Request { reader: None, count: 0, block: None, keys: &[], ids: &[] };
    let mut no_ack = false;
    while args.left() > 0 {
        let more = args.left() - 1;
        if more > 0 && args.keyword("BLOCK") {
            if ctx.mode == Mode::Script {
                let name = args.argv().first().map_or(&b""[..], |name| name);
                return Err(error_line(&[b"ERR ", name, b" command is not allowed with BLOCK option from scripts"]));
            }
            request.block = Some(parse_timeout(ctx, args.next()?)?);
        } else if more > 0 && args.keyword("COUNT") {
            request.count = usize::try_from(args.integer()?).unwrap_or(0);
        } else if more > 0 && args.keyword("STREAMS") {
            let rest = args.rest();
            if !rest.len().is_multiple_of(2) {
                return Err(Error::fixed(
                    "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
                ));
            }
            (request.keys, request.ids) = rest.split_at(rest.len() / 2);
        } else if more > 1 && args.keyword("GROUP") {
            if !grouped {
                return Err(Error::fixed(
                    "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.",
                ));
            }
            let (group, consumer) = (args.next()?, args.next()?);
            request.reader = Some(Reader { group, consumer, no_ack });
        } else if args.keyword("NOACK") {
            if !grouped {
                return Err(Error::fixed(
                    "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.",
                ));
            }
            no_ack = true;
        } else {
            return Err(SYNTAX);
        }
    }
    if request.keys.is_empty() {
        return Err(SYNTAX);
    }
    match &mut request.reader {
        Some(reader) => reader.no_ack = no_ack,
        None if grouped => return Err(Error::fixed("ERR Missing GROUP option for XREADGROUP")),
        None => {}
    }
    Ok(request)
}

/// BLOCK's milliseconds, 0: for ever.
fn parse_timeout(ctx: &Context<'_>, word: &[u8]) -> Result<Option<Time>, Error> {
    let ms = parse_integer(word).ok_or(Error::fixed("ERR timeout is not an integer or out of range"))?;
    match ms {
        ..0 => Err(Error::fixed("ERR timeout is negative")),
        0 => Ok(None),
        ms => Ok(Some(Time(ctx.now.0.saturating_add(ms.saturating_mul(1000))))),
    }
}

/// From where a stream is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    /// Behind this id; for a group: what its consumer has not acknowledged behind it.
    Behind(StreamId),
    /// `>`: what the group has not read yet.
    New,
}

fn answer(ctx: &mut Context<'_>, request: &Request<'_>) -> Answer {
    if let Some(ready) = ctx.ready.clone() {
        return serve_waiting(ctx, request, &ready);
    }
    let mut places = Vec::with_capacity(request.keys.len());
    for (key, word) in request.keys.iter().zip(request.ids) {
        places.push(resolve(ctx, request.reader, key, word)?);
    }
    let mut found = Vec::new();
    for (key, from) in request.keys.iter().zip(&places) {
        let Some(stream) = ctx.read::<Stream>(key)? else { continue };
        let Some(from) = servable(stream, request.reader, *from) else { continue };
        let entries = read(ctx, request, key, from)?;
        found.push((Value::Bulk(key.clone()), Value::Array(entries)));
    }
    if !found.is_empty() {
        return by_stream(ctx, found);
    }
    match request.block {
        Some(deadline) if ctx.may_block() => wait(request, &places, deadline),
        _ => reply::null_array(),
    }
}

/// Streams with their entries: a map in RESP3.
fn by_stream(ctx: &Context<'_>, found: Vec<(Value, Value)>) -> Answer {
    if ctx.resp3() {
        return reply::value(Value::Map(found));
    }
    reply::array(found.into_iter().map(|(key, entries)| Value::Array(vec![key, entries])).collect())
}

/// What an id stands for, in a stream that must have the group if one reads on its behalf.
fn resolve(ctx: &mut Context<'_>, reader: Option<Reader<'_>>, key: &Bytes, word: &Bytes) -> Result<From, Error> {
    let stream = ctx.read::<Stream>(key)?;
    if let Some(Reader { group, .. }) = reader
        && stream.and_then(|stream| stream.group(group)).is_none()
    {
        return Err(no_key_or_group(key, group, b" in XREADGROUP with GROUP option"));
    }
    match word.as_ref() {
        b"$" if reader.is_some() => Err(Error::fixed(
            "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer \
             by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty \
             result set.",
        )),
        b"$" => Ok(From::Behind(stream.map_or(StreamId::MIN, |stream| stream.last_id))),
        b">" if reader.is_none() => Err(Error::fixed(
            "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
        )),
        b">" => Ok(From::New),
        word => match parse_strict(word, 0)? {
            // Redis has no other sign for it.
            StreamId::MAX if reader.is_some() => Ok(From::New),
            id => Ok(From::Behind(id)),
        },
    }
}

/// From where a stream is read now, if there is anything to answer.
fn servable(stream: &Stream, reader: Option<Reader<'_>>, from: From) -> Option<From> {
    let has_behind = |id: StreamId| stream.last_entry_id().is_some_and(|last| last > id);
    let serves = match (from, reader) {
        (From::New, Some(reader)) => has_behind(stream.group(reader.group)?.last_id),
        (From::New, None) => false,
        (From::Behind(_), Some(_)) => true,
        (From::Behind(id), None) => has_behind(id),
    };
    serves.then_some(from)
}

/// The entries of one stream as a reply; those that a consumer is given are put down as pending.
fn read(ctx: &mut Context<'_>, request: &Request<'_>, key: &Bytes, from: From) -> Result<Vec<Value>, Error> {
    let most = if request.count == 0 { usize::MAX } else { request.count };
    let now_ms = ctx.now.ms();
    let Some(reader) = request.reader else {
        let From::Behind(id) = from else { return Ok(Vec::new()) };
        let stream = ctx.read::<Stream>(key)?;
        let entries = stream.into_iter().flat_map(|stream| behind(stream, id));
        return Ok(entries.take(most).map(entry_value).collect());
    };
    let Some(stream) = ctx.edit::<Stream>(key)? else { return Ok(Vec::new()) };
    let is_new = stream.group_mut(reader.group).is_some_and(|group| group.see(reader.consumer, now_ms));
    let entries = match from {
        From::New => give_new(stream, reader, most, now_ms),
        From::Behind(id) => give_again(stream, reader, id, most, now_ms),
    };
    ctx.count_changes(1);
    if is_new {
        ctx.count_changes(1);
        ctx.tell(key, Class::Stream, "xgroup-createconsumer");
    }
    Ok(entries)
}

/// The entries behind an id. Behind the greatest one Redis begins again at the start.
fn behind(stream: &Stream, id: StreamId) -> impl Iterator<Item = EntryRef<'_>> {
    stream.range(id.next().unwrap_or(StreamId::MIN), StreamId::MAX)
}

fn give_new(stream: &mut Stream, reader: Reader<'_>, most: usize, now_ms: i64) -> Vec<Value> {
    let Some(last_id) = stream.group(reader.group).map(|group| group.last_id) else { return Vec::new() };
    let given = behind(stream, last_id).take(most).map(|entry| (entry.id, entry_value(entry)));
    let (ids, entries): (Vec<StreamId>, Vec<Value>) = given.unzip();
    stream.note_read(reader.group, &ids);
    if let Some(group) = stream.group_mut(reader.group).filter(|_| !reader.no_ack) {
        ids.into_iter().for_each(|id| group.assign(id, reader.consumer, now_ms, 1));
    }
    entries
}

/// What the consumer has not acknowledged; an entry that is gone has no fields.
fn give_again(stream: &mut Stream, reader: Reader<'_>, id: StreamId, most: usize, now_ms: i64) -> Vec<Value> {
    let start = id.next().unwrap_or(StreamId::MIN);
    let consumer = stream.group(reader.group).and_then(|group| group.consumers().get(reader.consumer));
    let ids: Vec<StreamId> =
        consumer.into_iter().flat_map(|consumer| consumer.pending().range(start..)).take(most).copied().collect();
    let mut entries = Vec::with_capacity(ids.len());
    for id in ids {
        match stream.get(id).map(entry_value) {
            Some(entry) => {
                entries.push(entry);
                if let Some(group) = stream.group_mut(reader.group) {
                    group.redeliver(id, now_ms);
                }
            }
            None => entries.push(Value::Array(vec![id_value(id), Value::NullArray])),
        }
    }
    entries
}

/// Waits for entries. The command that runs again then says which ids it waits behind.
fn wait(request: &Request<'_>, places: &[From], deadline: Option<Time>) -> Answer {
    let copy = |words: &[Bytes]| words.iter().map(|word| Bytes::copy_from_slice(word)).collect::<Vec<Bytes>>();
    let keys = copy(request.keys);
    let mut argv: Vec<Bytes> = Vec::new();
    let mut add = |words: &[&[u8]]| argv.extend(words.iter().map(|word| Bytes::copy_from_slice(word)));
    match request.reader {
        None => add(&[b"XREAD"]),
        Some(Reader { group, consumer, no_ack }) => {
            add(&[b"XREADGROUP", b"GROUP", group, consumer]);
            add(if no_ack { &[b"NOACK"] } else { &[] });
        }
    }
    let count = if request.count == 0 { WAITED_COUNT } else { request.count };
    add(&[b"COUNT", count.to_string().as_bytes(), b"BLOCK", b"0", b"STREAMS"]);
    argv.extend(keys.iter().cloned());
    argv.extend(places.iter().map(|place| match place {
        From::Behind(id) => id.text(),
        From::New => Bytes::from_static(b">"),
    }));
    Ok(Outcome::Block(Box::new(Block { argv: Some(argv), ..Block::on(keys, deadline) })))
}

/// A stream that the client waits for has changed, or is gone.
fn serve_waiting(ctx: &mut Context<'_>, request: &Request<'_>, key: &Bytes) -> Answer {
    let wait_on = || Ok(Outcome::Block(Box::new(Block::on(Vec::new(), None))));
    let Some((_, word)) = request.keys.iter().zip(request.ids).find(|(own, _)| *own == key) else { return wait_on() };
    let keyspace = &ctx.state.keyspace;
    let stream = match keyspace.entry(ctx.db, key).map(|entry| &entry.data) {
        Some(Data::Stream(stream)) => stream,
        _ if request.reader.is_some() => return Err(Error::fixed("UNBLOCKED the stream key no longer exists")),
        Some(_) => return Err(WRONG_TYPE),
        None => return wait_on(),
    };
    let (from, id) = match request.reader {
        Some(reader) => match stream.group(reader.group) {
            Some(group) => (From::New, group.last_id),
            None => {
                return Err(Error::fixed("NOGROUP the consumer group this client was blocked on no longer exists"));
            }
        },
        None => {
            let id = parse_strict(word, 0)?;
            (From::Behind(id), id)
        }
    };
    if stream.last_id <= id {
        return wait_on();
    }
    let entries = read(ctx, request, key, from)?;
    by_stream(ctx, vec![(Value::Bulk(key.clone()), Value::Array(entries))])
}
