//! Adding entries, removing them, and what a stream remembers.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, NO_SUCH_KEY, SYNTAX};
use crate::engine::keyspace::Class;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group, KeySpec, Row};
use crate::engine::types::{EncodingLimits, Stream, StreamId, Trim, TrimBy};

use super::shared::{NewId, parse_new, parse_strict};

const CHANGE: Row = Row {
    group: Group::Stream,
    arity: -3,
    flags: Flags::WRITE.with(Flags::FAST),
    keys: &[KeySpec::first(&["RW", "delete"])],
    since: "5.0.0",
    ..Row::DEFAULT
};
const GROWING: Flags = Flags::WRITE.with(Flags::DENYOOM).with(Flags::FAST);

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "XADD",
        arity: -5,
        flags: GROWING,
        keys: &[KeySpec::first(&["RW", "update"])],
        complexity: "O(1), and O(N) for trimming with N the entries removed",
        syntax: "XADD key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...]",
        summary: "Adds an entry to the end of a stream; answers its id.",
        handler: xadd,
        ..CHANGE
    },
    Row {
        name: "XDEL",
        complexity: "O(1) for each id",
        syntax: "XDEL key id [id ...]",
        summary: "Removes entries; answers how many were there. An empty stream stays.",
        handler: xdel,
        ..CHANGE
    },
    Row {
        name: "XLEN",
        arity: 2,
        flags: Flags::READONLY.with(Flags::FAST),
        keys: &[KeySpec::first(&["RO"])],
        syntax: "XLEN key",
        summary: "Answers how many entries there are.",
        handler: xlen,
        ..CHANGE
    },
    Row {
        name: "XSETID",
        flags: GROWING,
        keys: &[KeySpec::first(&["RW", "update"])],
        syntax: "XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]",
        summary: "Sets the last id of a stream, and what else it remembers of its past.",
        handler: xsetid,
        ..CHANGE
    },
    Row {
        name: "XTRIM",
        arity: -4,
        flags: Flags::WRITE,
        complexity: "O(N) with N the entries removed",
        syntax: "XTRIM key <MAXLEN | MINID> [= | ~] threshold [LIMIT count]",
        summary: "Removes the oldest entries, down to a length or up to an id; answers how many.",
        handler: xtrim,
        ..CHANGE
    },
];

/// All values of an entry together may have so many bytes.
const LARGEST_ENTRY: usize = 1 << 30;

/// The options of XADD and XTRIM.
struct Options {
    trim: Option<Trim>,
    create: bool,
    id: NewId,
}

/// Where trimming is to end, as the arguments give it: `[=|~] threshold`; whether only whole nodes may go, too.
fn parse_threshold(args: &mut Args<'_>, by_length: bool) -> Result<(TrimBy, bool), Error> {
    let two = args.left() >= 2;
    let approximate = two && args.keyword("~");
    if !approximate && two {
        args.keyword("=");
    }
    if !by_length {
        return Ok((TrimBy::MinId(parse_strict(args.next()?, 0)?), approximate));
    }
    let most = usize::try_from(args.integer()?).map_err(|_| Error::fixed("ERR The MAXLEN argument must be >= 0."))?;
    Ok((TrimBy::MaxLen(most), approximate))
}

/// `[NOMKSTREAM] [MAXLEN|MINID [=|~] threshold [LIMIT count]]`, up to the id for XADD, to the end for XTRIM.
fn parse_options(args: &mut Args<'_>, adds: bool, limits: &EncodingLimits) -> Result<Options, Error> {
    let mut options = Options { trim: None, create: true, id: NewId::Auto };
    let (mut by, mut limit) = (None, None);
    while let Some(word) = args.peek() {
        let more = args.left() > 1;
        if adds && word.as_ref() == b"*" {
            break;
        } else if more && (args.keyword("MAXLEN") || args.keyword("MINID")) {
            if by.is_some() {
                return Err(Error::fixed(
                    "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
                ));
            }
            by = Some(parse_threshold(args, word.eq_ignore_ascii_case(b"MAXLEN"))?);
        } else if more && args.keyword("LIMIT") {
            let count = args.integer()?;
            limit = Some(usize::try_from(count).map_err(|_| Error::fixed("ERR The LIMIT argument must be >= 0."))?);
        } else if adds && args.keyword("NOMKSTREAM") {
            options.create = false;
        } else if adds {
            options.id = parse_new(word)?;
            break;
        } else {
            return Err(SYNTAX);
        }
    }
    let Some((by, approximate)) = by else {
        return match limit {
            Some(1..) => {
                Err(Error::fixed("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"))
            }
            _ if !adds => Err(Error::fixed("ERR syntax error, XTRIM must be called with a trimming strategy")),
            Some(_) => Err(NEEDS_TILDE),
            None => Ok(options),
        };
    };
    let limit = match limit {
        Some(_) if !approximate => return Err(NEEDS_TILDE),
        Some(limit) => limit,
        None if approximate => usual_limit(limits.stream_node_entries),
        None => 0,
    };
    options.trim = Some(Trim { by, approximate, limit });
    Ok(options)
}

const NEEDS_TILDE: Error = Error::fixed("ERR syntax error, LIMIT cannot be used without the special ~ option");

/// Without LIMIT, `~` removes at most a hundred nodes at once.
fn usual_limit(node_entries: usize) -> usize {
    match node_entries.saturating_mul(100) {
        0 => 10_000,
        limit => limit.min(1_000_000),
    }
}

/// The id that an entry gets, or why it cannot be added.
fn choose_id(wanted: NewId, last: StreamId, now_ms: i64) -> Result<StreamId, Error> {
    const SMALLER: Error =
        Error::fixed("ERR The ID specified in XADD is equal or smaller than the target stream top item");
    if last == StreamId::MAX {
        return Err(Error::fixed("ERR The stream has exhausted the last possible ID, unable to add more items"));
    }
    let now = StreamId::new(u64::try_from(now_ms).unwrap_or(0), 0);
    let id = match wanted {
        NewId::Auto if now.ms > last.ms => Some(now),
        NewId::Auto => last.next(),
        NewId::AutoSeq(ms) if ms == last.ms => last.seq.checked_add(1).map(|seq| StreamId::new(ms, seq)),
        NewId::AutoSeq(ms) => Some(StreamId::new(ms, 0)),
        NewId::Given(id) => Some(id),
    };
    id.filter(|id| *id > last).ok_or(SMALLER)
}

fn xadd(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let (limits, now_ms) = (ctx.limits(), ctx.now.ms());
    let options = parse_options(&mut args, true, &limits)?;
    let pairs = args.rest().get(1..).unwrap_or_default();
    if pairs.is_empty() || !pairs.len().is_multiple_of(2) {
        return Err(Error::fixed("ERR wrong number of arguments for 'xadd' command"));
    }
    if options.id == NewId::Given(StreamId::MIN) {
        return Err(Error::fixed("ERR The ID specified in XADD must be greater than 0-0"));
    }
    if !options.create && ctx.edit::<Stream>(key)?.is_none() {
        return reply::null();
    }
    if pairs.iter().map(Bytes::len).sum::<usize>() > LARGEST_ENTRY {
        return Err(Error::fixed("ERR Elements are too large to be stored"));
    }
    let stream = ctx.edit_or_create::<Stream>(key)?;
    let id = choose_id(options.id, stream.last_id, now_ms)?;
    stream.push(id, pairs, &limits);
    let trimmed = options.trim.map_or(0, |trim| stream.trim(trim));
    ctx.touch(key, Class::Stream, "xadd");
    if trimmed > 0 {
        ctx.tell(key, Class::Stream, "xtrim");
    }
    ctx.wake(key);
    reply::bulk(id.text())
}

fn xdel(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let Some(stream) = ctx.edit::<Stream>(key)? else { return reply::integer(0) };
    let ids = args.rest().iter().map(|word| parse_strict(word, 0)).collect::<Result<Vec<_>, _>>()?;
    let deleted = stream.delete(&ids);
    if deleted > 0 {
        ctx.touch(key, Class::Stream, "xdel");
        ctx.count_changes(deleted - 1);
    }
    reply::count(deleted)
}

fn xlen(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let len = ctx.read::<Stream>(args.next()?)?.map_or(0, Stream::len);
    reply::count(len)
}

fn xsetid(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let id = parse_strict(args.next()?, 0)?;
    let (mut added, mut max_deleted) = (None, StreamId::MIN);
    while args.left() > 0 {
        let more = args.left() > 1;
        if more && args.keyword("ENTRIESADDED") {
            let count = args.integer()?;
            added = Some(u64::try_from(count).map_err(|_| Error::fixed("ERR entries_added must be positive"))?);
        } else if more && args.keyword("MAXDELETEDID") {
            max_deleted = parse_strict(args.next()?, 0)?;
            if id < max_deleted {
                return Err(Error::fixed(
                    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
                ));
            }
        } else {
            return Err(SYNTAX);
        }
    }
    let stream = ctx.edit::<Stream>(key)?.ok_or(NO_SUCH_KEY)?;
    if stream.last_entry_id().is_some_and(|last| id < last) {
        return Err(Error::fixed("ERR The ID specified in XSETID is smaller than the target stream top item"));
    }
    if !stream.is_empty() && added.is_some_and(|added| added < stream.len() as u64) {
        return Err(Error::fixed("ERR The entries_added specified in XSETID is smaller than the target stream length"));
    }
    stream.last_id = id;
    stream.entries_added = added.unwrap_or(stream.entries_added);
    if max_deleted != StreamId::MIN {
        stream.max_deleted_id = max_deleted;
    }
    ctx.count_changes(1);
    ctx.tell(key, Class::Stream, "xsetid");
    reply::ok()
}

fn xtrim(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let limits = ctx.limits();
    let options = parse_options(&mut args, false, &limits)?;
    let Some(stream) = ctx.edit::<Stream>(key)? else { return reply::integer(0) };
    let trimmed = options.trim.map_or(0, |trim| stream.trim(trim));
    if trimmed > 0 {
        ctx.touch(key, Class::Stream, "xtrim");
        ctx.count_changes(trimmed - 1);
    }
    reply::count(trimmed)
}
