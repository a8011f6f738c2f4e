//! Values as bytes: DUMP and RESTORE.

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, SYNTAX};
use crate::engine::keyspace::{Class, Taken};
use crate::engine::outcome::{Answer, reply};
use crate::engine::rdb;
use crate::engine::row::{Flags, Group, KeySpec, Row};

const RESTORE: Row = Row {
    name: "RESTORE",
    arity: -4,
    flags: Flags::WRITE.with(Flags::DENYOOM).with(Flags::DANGEROUS),
    keys: &[KeySpec::first(&["OW", "update"])],
    since: "2.6.0",
    complexity: "O(N) with N the number of elements; O(N*log(N)) for sorted sets",
    syntax: "RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]",
    summary: "Makes a key of what DUMP answered.",
    handler: restore,
    ..Row::DEFAULT
};

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "DUMP",
        arity: 2,
        flags: Flags::READONLY,
        keys: &[KeySpec::first(&["RO", "access"])],
        since: "2.6.0",
        complexity: "O(N) with N the number of elements",
        syntax: "DUMP key",
        summary: "Answers the value of a key as bytes that RESTORE understands, here or at another server.",
        handler: dump,
        ..Row::DEFAULT
    },
    RESTORE,
    Row {
        name: "RESTORE-ASKING",
        group: Group::Server,
        flags: RESTORE.flags.with(Flags::ASKING),
        since: "3.0.0",
        syntax: "RESTORE-ASKING key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]",
        summary: "RESTORE as servers of a cluster send it to each other.",
        ..RESTORE
    },
];

fn dump(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (limits, compress) = (ctx.limits(), ctx.state.settings.compresses_dumps());
    let payload = ctx.entry(args.next()?).map(|entry| rdb::dump(&entry.data, &limits, compress));
    reply::maybe(payload)
}

/// The options of RESTORE.
#[derive(Default)]
struct Options {
    replace: bool,
    absolute: bool,
    idle_s: Option<i64>,
    frequency: Option<u8>,
}

fn options(args: &mut Args<'_>) -> Result<Options, Error> {
    let mut options = Options::default();
    while args.left() > 0 {
        let has_value = args.left() > 1;
        if args.keyword("REPLACE") {
            options.replace = true;
        } else if args.keyword("ABSTTL") {
            options.absolute = true;
        } else if has_value && options.frequency.is_none() && args.keyword("IDLETIME") {
            let refused = Error::fixed("ERR Invalid IDLETIME value, must be >= 0");
            options.idle_s = Some(args.integer().and_then(|idle| if idle < 0 { Err(refused) } else { Ok(idle) })?);
        } else if has_value && options.idle_s.is_none() && args.keyword("FREQ") {
            let refused = Error::fixed("ERR Invalid FREQ value, must be >= 0 and <= 255");
            options.frequency = Some(args.integer().and_then(|n| u8::try_from(n).map_err(|_| refused))?);
        } else {
            return Err(SYNTAX);
        }
    }
    Ok(options)
}

fn restore(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, ttl, payload) = (args.next()?, args.next()?, args.next()?);
    let options = options(&mut args)?;
    if !options.replace && ctx.exists(key) {
        return Err(Error::fixed("BUSYKEY Target key name already exists."));
    }
    let ttl = Args::new(std::slice::from_ref(ttl), 0).integer()?;
    if ttl < 0 {
        return Err(Error::fixed("ERR Invalid TTL value, must be >= 0"));
    }
    let version = rdb::verify(payload, ctx.state.skip_checksums)
        .ok_or(Error::fixed("ERR DUMP payload version or checksum are wrong"))?;
    let data = rdb::restore(payload, version, &ctx.limits()).map_err(|_| Error::fixed("ERR Bad data format"))?;
    let existed = ctx.take(key).is_some();
    // A TTL beyond all times wraps around, into the past: so it is with Redis.
    let at = if options.absolute { ttl } else { ttl.wrapping_add(ctx.now.ms()) };
    let expires_ms = (ttl != 0).then_some(at);
    if expires_ms.is_some_and(|at| at <= ctx.now.ms()) {
        if existed {
            ctx.touch(key, Class::Generic, "del");
        }
        return reply::ok();
    }
    let lru = stamp(ctx, &options);
    ctx.state.keyspace.put_entry(ctx.db, key, Taken { data, expires_ms, lru });
    ctx.touch(key, Class::Generic, "restore");
    reply::ok()
}

/// When or how often the key was used: as the options say, if the policy of memory asks for what they say.
fn stamp(ctx: &Context<'_>, options: &Options) -> u32 {
    let clock = &ctx.state.keyspace.clock;
    let frequency = options.frequency.filter(|_| clock.counts()).map(|n| clock.stamp_frequency(n));
    let idle = options.idle_s.filter(|_| !clock.counts());
    let idle = idle.map(|idle| clock.stamp_idle(u32::try_from(idle).unwrap_or(u32::MAX)));
    frequency.or(idle).unwrap_or_else(|| clock.fresh())
}
