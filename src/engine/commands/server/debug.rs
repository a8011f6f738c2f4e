//! DEBUG.

use bytes::Bytes;

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::digest::{self, Digest};
use super::super::super::error::{Error, NO_SUCH_KEY, NOT_INTEGER, NOT_POSITIVE};
use super::super::super::keyspace::{Class, Data, Entry, weight};
use super::super::super::outcome::{Answer, LibraryCall, Outcome, Policy, reply};
use super::super::super::persist::{self, Present};
use super::super::super::row::{Flags, Group, Row};
use super::super::super::state::REPLY_PEAK_US;
use super::super::super::types::{Str, parse_integer};
use super::super::help;

const ADMIN: Flags = Flags::ADMIN.with(Flags::NOSCRIPT).with(Flags::LOADING).with(Flags::STALE);

/// Its commands.
pub const TABLE: &[Row] = &[Row {
    name: "DEBUG",
    group: Group::Server,
    arity: -2,
    flags: ADMIN.with(Flags::DANGEROUS),
    since: "1.0.0",
    complexity: "Depends on the subcommand",
    syntax: "DEBUG subcommand [argument ...]",
    summary: "Helps those who test Redis itself.",
    handler: debug,
    ..Row::DEFAULT
}];

/// What runs a subcommand.
type Handler = fn(&mut Context<'_>, Args<'_>) -> Answer;

/// A subcommand: its name, how many arguments it takes at least and at most, how it is used, what it does.
struct Sub {
    name: &'static str,
    arguments: (usize, usize),
    usage: &'static str,
    summary: &'static str,
    handler: Handler,
}

const fn sub(
    name: &'static str,
    arguments: (usize, usize),
    usage: &'static str,
    summary: &'static str,
    handler: Handler,
) -> Sub {
    Sub { name, arguments, usage, summary, handler }
}

const SUBCOMMANDS: &[Sub] = &[
    sub("CHANGE-REPL-ID", (0, 0), "", "Accepted; nobody replicates this server.", accept),
    sub("CONFIG-REWRITE-FORCE-ALL", (0, 0), "", "Refused; the configuration has no file.", rewrite),
    sub("DIGEST", (0, 0), "", "Answers the digest of all data.", digest),
    sub(
        "DIGEST-VALUE",
        (0, usize::MAX),
        "<key> [<key> ...]",
        "Answers the digests of the values of keys.",
        digest_value,
    ),
    sub("ERROR", (1, 1), "<string>", "Answers this error.", error),
    sub("HTSTATS", (1, 1), "<dbid>", "Tells how full the hash tables of a database are.", htstats),
    sub("HTSTATS-KEY", (1, 1), "<key>", "Tells how full the hash table of a value is.", htstats_key),
    sub("LEAK", (1, 1), "<string>", "Accepted; nothing leaks.", accept),
    sub("LISTPACK", (1, 1), "<key>", "Checks that a value is stored as a listpack.", listpack),
    sub("LOADAOF", (0, 0), "", "Lets all data go through the form of a file and back: there is no AOF.", load_aof),
    sub("LOG", (1, 1), "<message>", "Accepted; there is no log.", accept),
    sub("OBJECT", (1, 1), "<key>", "Describes how the value of a key is stored.", object),
    sub("PAUSE-CRON", (1, 1), "<0|1>", "Accepted; nothing is done from time to time.", accept),
    sub("POPULATE", (1, 3), "<count> [<prefix>] [<size>]", "Makes so many keys, named prefix:number.", populate),
    sub("PROTOCOL", (1, 1), "<type>", "Answers a value of this type of the protocol.", protocol),
    sub("QUICKLIST", (1, 2), "<key> [<0|1>]", "Checks that a value is stored as a quicklist.", quicklist),
    sub("QUICKLIST-PACKED-THRESHOLD", (1, 1), "<size>", "Accepted; lists have no nodes of their own kind.", accept),
    sub(
        "RELOAD",
        (0, usize::MAX),
        "[MERGE] [NOFLUSH] [NOSAVE]",
        "Lets all data go through the form of a file and back, in memory.",
        reload,
    ),
    sub("REPLICATE", (1, usize::MAX), "<argument> [...]", "Accepted; there are no replicas.", accept),
    sub(
        "REPLYBUFFER",
        (2, 2),
        "<PEAK-RESET-TIME|RESIZING> <value>",
        "Sets how long the most that waited for a client is remembered, in milliseconds (or never, or reset).",
        reply_buffer,
    ),
    sub("SDSLEN", (1, 1), "<key>", "Tells the lengths of a key and its string.", sdslen),
    sub(
        "SET-ACTIVE-EXPIRE",
        (1, 1),
        "<0|1>",
        "Lets keys go when their time has come, or with the next command.",
        active_expire,
    ),
    sub("SET-DISABLE-DENY-SCRIPTS", (1, 1), "<0|1>", "Lets scripts call what they usually must not.", deny_scripts),
    sub("SET-SKIP-CHECKSUM-VALIDATION", (1, 1), "<0|1>", "Does not look at the checksums of payloads.", skip_checksums),
    sub("SLEEP", (1, 1), "<seconds>", "Lets the server stand still for so long.", sleep),
    sub("STRINGMATCH-LEN", (2, 2), "<text> <pattern>", "Tells whether a text matches a pattern.", stringmatch),
    sub("STRINGMATCH-TEST", (0, 0), "", "Accepted; the tests of this program try patterns.", accept),
    sub("HELP", (0, 0), "", "Prints this help.", print_help),
];

fn debug(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let name = args.next()?;
    let count = args.left();
    let fits = |sub: &&Sub| {
        sub.name.as_bytes().eq_ignore_ascii_case(name) && (sub.arguments.0..=sub.arguments.1).contains(&count)
    };
    match SUBCOMMANDS.iter().find(fits) {
        Some(sub) => (sub.handler)(ctx, args),
        None => Err(help::wrong_count(&args)),
    }
}

fn reply_buffer(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if !args.keyword("PEAK-RESET-TIME") {
        // Buffers look after themselves.
        return if args.keyword("RESIZING") { reply::ok() } else { Err(help::wrong_count(&args)) };
    }
    ctx.state.reply_peak_us = if args.keyword("NEVER") {
        None
    } else if args.keyword("RESET") {
        Some(REPLY_PEAK_US)
    } else {
        Some(args.integer()?.saturating_mul(1000))
    };
    reply::ok()
}

fn accept(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::ok()
}

fn rewrite(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    Err(Error::fixed("ERR CONFIG-REWRITE-FORCE-ALL failed: the server is running without a config file"))
}

fn digest(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    reply::value(Value::Simple(digest::of_all(&ctx.state.keyspace).text().into()))
}

fn digest_value(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let keyspace = &ctx.state.keyspace;
    let digest = |key: &Bytes| {
        let entry = keyspace.entry(ctx.db, key);
        let of = |entry: &Entry| digest::of_value(&entry.data, entry.is_volatile());
        Value::Simple(entry.map_or_else(Digest::default, of).text().into())
    };
    reply::array(args.rest().iter().map(digest).collect())
}

fn reload(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (mut flush, mut save, mut merge) = (true, true, false);
    while args.left() > 0 {
        if args.keyword("NOFLUSH") {
            flush = false;
        } else if args.keyword("NOSAVE") {
            save = false;
        } else if args.keyword("MERGE") {
            merge = true;
        } else {
            return Err(Error::fixed("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."));
        }
    }
    let now = ctx.now;
    let failed = |why: String| Error::new(format!("ERR Error trying to load the RDB dump: {why}"));
    let (present, policy) = match (flush, merge) {
        (true, _) => (Present::Flush, Policy::Flush),
        (false, true) => (Present::Merge, Policy::Replace),
        (false, false) => (Present::Refuse, Policy::Append),
    };
    if save {
        persist::reload(ctx.state, now, present).map_err(failed)?;
        return reply::ok();
    }
    let sources = persist::load_kept(ctx.state, now, present).map_err(failed)?;
    Ok(Outcome::Libraries(LibraryCall { sources, policy }))
}

/// The log of all changes would lead to what is there now.
fn load_aof(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let now = ctx.now;
    let failed = |why: String| Error::new(format!("ERR Error trying to load the AOF files: {why}"));
    persist::reload(ctx.state, now, Present::Flush).map_err(failed)?;
    reply::ok()
}

fn error(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let line = args.next()?.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte });
    Err(Error(line.collect::<Vec<u8>>().into()))
}

/// A table of so many entries, as Redis would describe it: it doubles when it is full.
fn table(count: usize) -> String {
    if count == 0 {
        return "No stats available for empty dictionaries\n".into();
    }
    let size = count.next_power_of_two().max(4);
    format!("Hash table 0 stats (main hash table):\n table size: {size}\n number of elements: {count}\n")
}

fn text(text: String) -> Answer {
    reply::value(Value::Verbatim { format: *b"txt", text: text.into() })
}

fn htstats(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let db = parse_integer(args.next()?).ok_or(NOT_INTEGER)?;
    let keyspace = &ctx.state.keyspace;
    let db = usize::try_from(db).ok().filter(|db| *db < keyspace.databases());
    let db = db.ok_or(Error::fixed("ERR Out of range database"))?;
    text(format!("[Dictionary HT]\n{}[Expires HT]\n{}", table(keyspace.len(db)), table(keyspace.volatile_len(db))))
}

fn encoding(ctx: &Context<'_>, key: &[u8]) -> Result<&'static str, Error> {
    ctx.state.keyspace.entry(ctx.db, key).map(|entry| entry.data.encoding()).ok_or(NO_SUCH_KEY)
}

fn htstats_key(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let encoding = encoding(ctx, key)?;
    let count = ctx.state.keyspace.entry(ctx.db, key).map_or(0, |entry| match &entry.data {
        Data::Hash(hash) => hash.len(),
        Data::Set(set) => set.len(),
        Data::ZSet(zset) => zset.len(),
        _ => 0,
    });
    if !matches!(encoding, "hashtable" | "skiplist") {
        return Err(Error::fixed("ERR The value stored at the specified key is not represented using an hash table"));
    }
    text(table(count))
}

fn listpack(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if encoding(ctx, args.next()?)? != "listpack" {
        return Err(Error::fixed("ERR Not a listpack encoded object."));
    }
    reply::simple("Listpack structure printed on stdout")
}

fn quicklist(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    if encoding(ctx, args.next()?)? != "quicklist" {
        return Err(Error::fixed("ERR Not a quicklist encoded object."));
    }
    reply::simple("Quicklist structure printed on stdout")
}

fn object(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let entry = ctx.state.keyspace.entry_even_if_due(ctx.db, key).ok_or(NO_SUCH_KEY)?;
    let line = format!(
        "Value at:0x0 refcount:1 encoding:{} serializedlength:{} lru:{} lru_seconds_idle:{}",
        entry.data.encoding(),
        weight::usage(key, entry, weight::SAMPLES),
        entry.lru,
        ctx.state.keyspace.clock.idle_s(entry.lru),
    );
    reply::value(Value::Simple(line.into()))
}

fn not_negative(args: &mut Args<'_>) -> Result<usize, Error> {
    let number = parse_integer(args.next()?).and_then(|number| usize::try_from(number).ok());
    number.ok_or(NOT_POSITIVE)
}

fn populate(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let count = not_negative(&mut args)?;
    let prefix = args.next().cloned().unwrap_or(Bytes::from_static(b"key"));
    let size = if args.left() > 0 { not_negative(&mut args)? } else { 0 };
    if u64::try_from(size).is_ok_and(|size| size > ctx.state.settings.longest_string) {
        return Err(Error::fixed("ERR the values would be longer than proto-max-bulk-len"));
    }
    for n in 0..count {
        let key = [prefix.as_ref(), format!(":{n}").as_bytes()].concat();
        if ctx.exists(&key) {
            continue;
        }
        let mut value = format!("value:{n}").into_bytes();
        if size > 0 {
            value.resize(size, 0);
        }
        ctx.put(&key, Data::Str(Str::new(&value)), None);
        ctx.touch(&key, Class::String, "set");
    }
    reply::ok()
}

fn protocol(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let kind = args.next()?.to_ascii_lowercase();
    let three = || (0..3).map(Value::Integer).collect();
    reply::value(match kind.as_slice() {
        b"string" => Value::bulk("Hello World"),
        b"integer" => Value::Integer(12345),
        b"double" => Value::Double(3141.0 / 1000.0),
        b"bignum" => Value::BigNumber(Bytes::from_static(b"1234567999999999999999999999999999999")),
        b"null" => Value::Null,
        b"array" => Value::Array(three()),
        b"set" => Value::Set(three()),
        b"map" => Value::Map((0..3).map(|n| (Value::Integer(n), Value::Boolean(n == 1))).collect()),
        b"attrib" => return attribute(ctx),
        b"push" => return push(ctx),
        b"true" => Value::Boolean(true),
        b"false" => Value::Boolean(false),
        b"verbatim" => Value::Verbatim { format: *b"txt", text: Bytes::from_static(b"This is a verbatim\nstring") },
        _ => {
            return Err(Error::fixed(
                "ERR Wrong protocol type name. Please use one of the following: \
                 string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
            ));
        }
    })
}

fn attribute(ctx: &mut Context<'_>) -> Answer {
    let value = Value::bulk("Some real reply following the attribute");
    if !ctx.resp3() {
        return reply::value(value);
    }
    let popularity = Value::Array(vec![Value::bulk("key:123"), Value::Integer(90)]);
    Ok(Outcome::Replies(vec![Value::Attribute(vec![(Value::bulk("key-popularity"), popularity)]), value]))
}

fn push(ctx: &mut Context<'_>) -> Answer {
    if !ctx.resp3() {
        return Err(Error::fixed("ERR RESP2 is not supported by this command"));
    }
    let push = Value::Push(vec![Value::bulk("server-cpu-usage"), Value::Integer(42)]);
    Ok(Outcome::Replies(vec![push, Value::bulk("Some real reply following the push reply")]))
}

fn sdslen(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let entry = ctx.state.keyspace.entry(ctx.db, key).ok_or(NO_SUCH_KEY)?;
    let Data::Str(string) = &entry.data else { return Err(Error::fixed("ERR Not an sds encoded string.")) };
    if entry.data.encoding() == "int" {
        return Err(Error::fixed("ERR Not an sds encoded string."));
    }
    let (key, value) = (key.len(), string.len());
    reply::value(Value::Simple(
        format!(
            "key_sds_len:{key}, key_sds_avail:0, key_zmalloc: {key}, val_sds_len:{value}, val_sds_avail:0, \
             val_zmalloc: {value}"
        )
        .into(),
    ))
}

fn deny_scripts(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    ctx.state.scripts_call_all = args.next()?.as_ref() != b"0";
    reply::ok()
}

fn skip_checksums(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    ctx.state.skip_checksums = args.next()?.as_ref() != b"0";
    reply::ok()
}

fn active_expire(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    ctx.state.lazy_expiry = args.next()?.as_ref() == b"0";
    reply::ok()
}

fn sleep(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let text = args.next()?;
    let seconds = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    // A float that is no number of microseconds, or a negative one, becomes none.
    ctx.state.measures.slept_us = ctx.state.measures.slept_us.saturating_add((seconds * 1e6) as u64);
    reply::ok()
}

fn stringmatch(_: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (text, pattern) = (args.next()?, args.next()?);
    reply::flag(super::super::super::glob::matches(pattern, text))
}

fn print_help(_: &mut Context<'_>, _: Args<'_>) -> Answer {
    let mut lines = vec!["DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:".to_string()];
    for sub in SUBCOMMANDS {
        lines.push(format!("{} {}", sub.name, sub.usage).trim_end().into());
        lines.push(format!("    {}", sub.summary));
    }
    reply::array(lines.into_iter().map(|line| Value::Simple(line.into())).collect())
}
