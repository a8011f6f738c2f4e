//! Finding keys: all of them, some of them, any of them.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, SYNTAX};
use crate::engine::glob;
use crate::engine::keyspace::Entry;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Row};
use crate::resp::Value;

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "KEYS",
        arity: 2,
        flags: Flags::READONLY.with(Flags::DANGEROUS),
        complexity: "O(N) with N the number of keys in the database: on a large one, everybody waits",
        syntax: "KEYS pattern",
        summary: "Answers all keys that match a pattern.",
        handler: keys,
        ..Row::DEFAULT
    },
    Row {
        name: "RANDOMKEY",
        arity: 1,
        flags: Flags::READONLY,
        syntax: "RANDOMKEY",
        summary: "Answers some key of the database, or nil if it is empty.",
        handler: randomkey,
        ..Row::DEFAULT
    },
    Row {
        name: "SCAN",
        arity: -2,
        flags: Flags::READONLY,
        since: "2.8.0",
        complexity: "O(1) for a call, O(N) for a whole iteration with N the number of keys",
        syntax: "SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]",
        summary: "Answers some keys and the cursor from which to go on; 0 starts and ends an iteration.",
        handler: scan,
        ..Row::DEFAULT
    },
];

/// Elements that one call of SCAN aims at, unless COUNT says otherwise.
const DEFAULT_COUNT: i64 = 10;

fn keys(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let pattern = args.next()?;
    let matching = ctx.state.keyspace.iter(ctx.db).map(|(key, _)| key).filter(|key| admits(pattern, key));
    reply::array(matching.map(Value::bulk).collect())
}

/// Whether a key matches. `*` alone is all keys, even the empty one, which no pattern matches.
fn admits(pattern: &[u8], key: &[u8]) -> bool {
    pattern == b"*" || glob::matches(pattern, key)
}

fn randomkey(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    loop {
        let count = ctx.state.keyspace.len(ctx.db);
        if count == 0 {
            return reply::null();
        }
        let index = ctx.state.rng.usize(..count);
        let key = ctx.state.keyspace.at(ctx.db, index).map(|(key, _)| key.to_bytes());
        // One that is past its time goes, and another is drawn.
        if !key.as_ref().is_some_and(|key| ctx.state.keyspace.expire_if_due(ctx.db, key)) {
            return reply::maybe(key);
        }
    }
}

/// What the options of SCAN ask for.
struct Options<'a> {
    pattern: Option<&'a Bytes>,
    count: usize,
    type_name: Option<&'a Bytes>,
}

impl Options<'_> {
    fn admit(&self, key: &[u8], entry: &Entry) -> bool {
        let name = entry.data.type_name().as_bytes();
        self.pattern.is_none_or(|pattern| admits(pattern, key))
            && self.type_name.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name))
    }
}

fn scan(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let mut cursor = args.cursor()?;
    let options = options(&mut args)?;
    let (mut visited, mut found) = (0, Vec::new());
    // Redis also stops after ten empty buckets for each key that is asked for.
    let mut buckets_left = options.count.saturating_mul(10);
    loop {
        ctx.state.keyspace.expire_scanned(ctx.db, cursor);
        cursor = ctx.state.keyspace.scan(ctx.db, cursor, |key, entry| {
            visited += 1;
            if options.admit(key, entry) {
                found.push(Value::bulk(key));
            }
        });
        if cursor == 0 || buckets_left == 0 || visited >= options.count {
            break;
        }
        buckets_left -= 1;
    }
    reply::array(vec![Value::Bulk(cursor.to_string().into()), Value::Array(found)])
}

fn options<'a>(args: &mut Args<'a>) -> Result<Options<'a>, Error> {
    let (mut pattern, mut count, mut type_name) = (None, DEFAULT_COUNT, None);
    while args.left() > 1 {
        if args.keyword("COUNT") {
            count = args.integer()?;
            if count < 1 {
                return Err(SYNTAX);
            }
        } else if args.keyword("MATCH") {
            pattern = Some(args.next()?);
        } else if args.keyword("TYPE") {
            type_name = Some(args.next()?);
        } else {
            return Err(SYNTAX);
        }
    }
    args.finish()?;
    Ok(Options { pattern, count: usize::try_from(count).unwrap_or(usize::MAX), type_name })
}
