//! Fields of hashes that expire: what Redis 7.4 and 8.0 added to hashes.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::Error;
use crate::engine::keyspace::Class;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group, KeySpec, Row};
use crate::engine::types::{Hash, parse_integer};
use crate::resp::Value;

/// The last moment at which a field may expire, in milliseconds since the Unix epoch.
const LAST_MS: i64 = (1 << 46) - 1;

const EACH: &str = "O(N) with N the number of fields asked for";
const FAST_WRITE: Flags = Flags::WRITE.with(Flags::FAST);

/// What those that set a time have in common.
const EXPIRE: Row = Row {
    group: Group::Hash,
    arity: -6,
    flags: FAST_WRITE.with(Flags::DENYOOM),
    keys: &[KeySpec::first(&["RW", "update"])],
    since: "7.4.0",
    complexity: EACH,
    ..Row::DEFAULT
};
/// What those that tell a time have in common.
const TELL: Row =
    Row { arity: -5, flags: Flags::READONLY.with(Flags::FAST), keys: &[KeySpec::first(&["RO", "access"])], ..EXPIRE };

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "HEXPIRE",
        syntax: "HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
        summary: "Lets fields expire after so many seconds; answers for each what became of it.",
        handler: hexpire,
        ..EXPIRE
    },
    Row {
        name: "HEXPIREAT",
        syntax: "HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
        summary: "Lets fields expire at a moment in seconds since 1970.",
        handler: hexpireat,
        ..EXPIRE
    },
    Row {
        name: "HEXPIRETIME",
        syntax: "HEXPIRETIME key FIELDS numfields field [field ...]",
        summary: "Answers when fields expire, in seconds since 1970; -1: never, -2: no such field.",
        handler: hexpiretime,
        ..TELL
    },
    Row {
        name: "HGETDEL",
        arity: -5,
        flags: FAST_WRITE,
        keys: &[KeySpec::first(&["RW", "access", "delete"])],
        since: "8.0.0",
        syntax: "HGETDEL key FIELDS numfields field [field ...]",
        summary: "Answers the values of fields and removes them.",
        handler: hgetdel,
        ..EXPIRE
    },
    Row {
        name: "HGETEX",
        arity: -5,
        flags: FAST_WRITE,
        keys: &[KeySpec::first(&["RW", "access", "update"])],
        since: "8.0.0",
        syntax: "HGETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] FIELDS numfields field [field ...]",
        summary: "Answers the values of fields and sets or clears their times.",
        handler: hgetex,
        ..EXPIRE
    },
    Row {
        name: "HPERSIST",
        arity: -5,
        flags: FAST_WRITE,
        syntax: "HPERSIST key FIELDS numfields field [field ...]",
        summary: "Lets fields live on that would have expired.",
        handler: hpersist,
        ..EXPIRE
    },
    Row {
        name: "HPEXPIRE",
        syntax: "HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
        summary: "Lets fields expire after so many milliseconds.",
        handler: hpexpire,
        ..EXPIRE
    },
    Row {
        name: "HPEXPIREAT",
        syntax: "HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
        summary: "Lets fields expire at a moment in milliseconds since 1970.",
        handler: hpexpireat,
        ..EXPIRE
    },
    Row {
        name: "HPEXPIRETIME",
        syntax: "HPEXPIRETIME key FIELDS numfields field [field ...]",
        summary: "Answers when fields expire, in milliseconds since 1970; -1: never, -2: no such field.",
        handler: hpexpiretime,
        ..TELL
    },
    Row {
        name: "HPTTL",
        syntax: "HPTTL key FIELDS numfields field [field ...]",
        summary: "Answers how many milliseconds fields have left; -1: no end, -2: no such field.",
        handler: hpttl,
        ..TELL
    },
    Row {
        name: "HSETEX",
        since: "8.0.0",
        syntax: "HSETEX key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL] FIELDS numfields field value [field value ...]",
        summary: "Sets fields together with their times, if a condition on all of them holds.",
        handler: hsetex,
        ..EXPIRE
    },
    Row {
        name: "HTTL",
        syntax: "HTTL key FIELDS numfields field [field ...]",
        summary: "Answers how many seconds fields have left; -1: no end, -2: no such field.",
        handler: httl,
        ..TELL
    },
];

/// How a time is given or told.
#[derive(Clone, Copy)]
struct Unit {
    /// In seconds, not milliseconds.
    seconds: bool,
    /// From now on, not since 1970.
    relative: bool,
}

const EX: Unit = Unit { seconds: true, relative: true };
const PX: Unit = Unit { seconds: false, relative: true };
const EXAT: Unit = Unit { seconds: true, relative: false };
const PXAT: Unit = Unit { seconds: false, relative: false };

impl Unit {
    fn base_ms(self, ctx: &Context<'_>) -> i64 {
        if self.relative { ctx.now.ms() } else { 0 }
    }

    /// The next argument as a moment in milliseconds since the Unix epoch.
    fn read(self, ctx: &Context<'_>, args: &mut Args<'_>) -> Result<i64, Error> {
        let number = args.integer()?;
        if number < 0 {
            return Err(Error::fixed("ERR invalid expire time, must be >= 0"));
        }
        let ms = number.checked_mul(if self.seconds { 1000 } else { 1 });
        let at_ms = ms.and_then(|ms| ms.checked_add(self.base_ms(ctx))).filter(|at_ms| *at_ms <= LAST_MS);
        at_ms.ok_or_else(|| {
            let name = args.argv().first().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
            Error::new(format!("ERR invalid expire time in '{}' command", String::from_utf8_lossy(&name)))
        })
    }

    /// EX, PX, EXAT or PXAT.
    fn named(word: &[u8]) -> Option<Unit> {
        let all = [("EX", EX), ("PX", PX), ("EXAT", EXAT), ("PXAT", PXAT)];
        all.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes())).map(|(_, unit)| unit)
    }
}

/// `FIELDS numfields field [field ...]`: the fields.
fn fields<'a>(args: &mut Args<'a>, bad_number: &'static str) -> Result<&'a [Bytes], Error> {
    if !args.keyword("FIELDS") {
        return Err(Error::fixed("ERR Mandatory argument FIELDS is missing or not at the right position"));
    }
    let number = parse_integer(args.next()?).and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    let number = number.ok_or(Error::fixed(bad_number))?;
    if number != args.left() {
        return Err(Error::fixed("ERR The `numfields` parameter must match the number of arguments"));
    }
    Ok(args.rest())
}

const BAD_NUMBER: &str = "ERR Number of fields must be a positive integer";

/// When a field may be given a time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Always,
    Nx,
    Xx,
    Gt,
    Lt,
}

impl Condition {
    fn take(args: &mut Args<'_>) -> Condition {
        let all = [("NX", Condition::Nx), ("XX", Condition::Xx), ("GT", Condition::Gt), ("LT", Condition::Lt)];
        all.into_iter().find(|(word, _)| args.keyword(word)).map_or(Condition::Always, |(_, condition)| condition)
    }

    /// Whether it holds; a field without a time counts as one that lives for ever.
    fn holds(self, old_ms: Option<i64>, new_ms: i64) -> bool {
        match self {
            Condition::Always => true,
            Condition::Nx => old_ms.is_none(),
            Condition::Xx => old_ms.is_some(),
            Condition::Gt => old_ms.is_some_and(|old| new_ms > old),
            Condition::Lt => old_ms.is_none_or(|old| new_ms < old),
        }
    }
}

/// What became of a field that was to be given a time; the number is Redis's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    NoField = -2,
    Refused = 0,
    Set = 1,
    /// The time is past: the field is gone.
    Removed = 2,
}

fn schedule(hash: &mut Hash, field: &[u8], at_ms: i64, now_ms: i64, condition: Condition) -> Fate {
    if hash.get(field).is_none() {
        return Fate::NoField;
    }
    if !condition.holds(hash.expiry(field), at_ms) {
        return Fate::Refused;
    }
    if at_ms <= now_ms {
        hash.remove(field);
        return Fate::Removed;
    }
    hash.set_expiry(field, Some(at_ms));
    Fate::Set
}

/// Tells what times were set; a hash without fields goes.
fn tell(ctx: &mut Context<'_>, key: &[u8], fates: &[Fate]) {
    let count = |wanted: Fate| fates.iter().filter(|fate| **fate == wanted).count();
    let (set, removed) = (count(Fate::Set), count(Fate::Removed));
    if set + removed == 0 {
        return;
    }
    ctx.state.keyspace.watch_fields(ctx.db, key);
    ctx.state.keyspace.dirty += (set + removed) as u64 - 1;
    ctx.touch_or_drop(key, Class::Hash, if removed > 0 { "hdel" } else { "hexpire" });
}

fn expire(ctx: &mut Context<'_>, mut args: Args<'_>, unit: Unit) -> Answer {
    let key = args.next()?;
    ctx.edit::<Hash>(key)?;
    let at_ms = unit.read(ctx, &mut args)?;
    let condition = Condition::take(&mut args);
    let fields = fields(&mut args, "ERR Parameter `numFields` should be greater than 0")?;
    let now_ms = ctx.now.ms();
    let fates: Vec<Fate> = match ctx.edit::<Hash>(key)? {
        None => vec![Fate::NoField; fields.len()],
        Some(hash) => fields.iter().map(|field| schedule(hash, field, at_ms, now_ms, condition)).collect(),
    };
    tell(ctx, key, &fates);
    reply::array(fates.into_iter().map(|fate| Value::Integer(fate as i64)).collect())
}

/// When fields expire: -1 never, -2 no such field.
fn times(ctx: &mut Context<'_>, mut args: Args<'_>, unit: Unit) -> Answer {
    let key = args.next()?;
    let base_ms = unit.base_ms(ctx);
    let hash = ctx.read::<Hash>(key)?;
    let time = |field: &Bytes| match hash.filter(|hash| hash.get(field).is_some()) {
        None => -2,
        Some(hash) => match hash.expiry(field) {
            None => -1,
            Some(at_ms) if unit.seconds => (at_ms + 999 - base_ms) / 1000,
            Some(at_ms) => at_ms - base_ms,
        },
    };
    reply::array(fields(&mut args, BAD_NUMBER)?.iter().map(|field| Value::Integer(time(field))).collect())
}

fn hexpire(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    expire(ctx, args, EX)
}

fn hexpireat(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    expire(ctx, args, EXAT)
}

fn hexpiretime(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    times(ctx, args, EXAT)
}

/// The values of fields, nil for each that is missing.
fn values(hash: Option<&Hash>, fields: &[Bytes]) -> Vec<Value> {
    fields.iter().map(|field| hash.and_then(|hash| hash.get(field)).map_or(Value::Null, Value::bulk)).collect()
}

fn hgetdel(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    ctx.edit::<Hash>(key)?;
    let fields = fields(&mut args, BAD_NUMBER)?;
    let Some(hash) = ctx.edit::<Hash>(key)? else { return reply::array(vec![Value::Null; fields.len()]) };
    // A field that is named twice is gone when its turn comes again.
    let taken =
        fields.iter().map(|field| hash.remove(field).map_or(Value::Null, |value| Value::bulk(value.to_bytes())));
    let taken: Vec<Value> = taken.collect();
    let removed = taken.iter().filter(|value| !value.is_null()).count();
    if removed > 0 {
        ctx.state.keyspace.dirty += removed as u64 - 1;
        ctx.touch_or_drop(key, Class::Hash, "hdel");
    }
    reply::array(taken)
}

fn hgetex(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    ctx.edit::<Hash>(key)?;
    let unit = args.peek().and_then(|word| Unit::named(word));
    let at_ms = match unit {
        Some(unit) => {
            args.next()?;
            Some(unit.read(ctx, &mut args)?)
        }
        None => None,
    };
    let persist = unit.is_none() && args.keyword("PERSIST");
    let fields = fields(&mut args, BAD_NUMBER)?;
    let now_ms = ctx.now.ms();
    let Some(hash) = ctx.edit::<Hash>(key)? else { return reply::array(vec![Value::Null; fields.len()]) };
    let values = values(Some(hash), fields);
    if let Some(at_ms) = at_ms {
        let set = |field: &Bytes| schedule(hash, field, at_ms, now_ms, Condition::Always);
        let fates: Vec<Fate> = fields.iter().map(set).collect();
        tell(ctx, key, &fates);
    } else if persist && fields.iter().filter(|field| clear(hash, field)).count() > 0 {
        ctx.touch(key, Class::Hash, "hpersist");
    }
    reply::array(values)
}

/// Lets a field live on; whether it would have expired.
fn clear(hash: &mut Hash, field: &[u8]) -> bool {
    let had = hash.expiry(field).is_some();
    hash.set_expiry(field, None);
    had
}

fn hpersist(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    ctx.edit::<Hash>(key)?;
    let fields = fields(&mut args, BAD_NUMBER)?;
    let Some(hash) = ctx.edit::<Hash>(key)? else { return reply::array(vec![Value::Integer(-2); fields.len()]) };
    let fate = |field: &Bytes| match hash.get(field).is_some() {
        false => -2,
        true if clear(hash, field) => 1,
        true => -1,
    };
    let fates: Vec<i64> = fields.iter().map(fate).collect();
    if fates.contains(&1) {
        ctx.touch(key, Class::Hash, "hpersist");
    }
    reply::array(fates.into_iter().map(Value::Integer).collect())
}

fn hpexpire(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    expire(ctx, args, PX)
}

fn hpexpireat(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    expire(ctx, args, PXAT)
}

fn hpexpiretime(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    times(ctx, args, PXAT)
}

fn hpttl(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    times(ctx, args, PX)
}

/// What HSETEX asks for.
#[derive(Default)]
struct Setting<'a> {
    /// `FXX`: all fields must be there.
    all_exist: bool,
    /// `FNX`: none of them may be there.
    none_exists: bool,
    keep_times: bool,
    at_ms: Option<i64>,
    pairs: &'a [Bytes],
}

impl<'a> Setting<'a> {
    fn parse(ctx: &Context<'_>, args: &mut Args<'a>) -> Result<Setting<'a>, Error> {
        let mut setting = Setting::default();
        let arity = Error::fixed("ERR wrong number of arguments for 'hsetex' command");
        loop {
            let word = args.next().map_err(|_| arity.clone())?;
            match word.to_ascii_uppercase().as_slice() {
                b"FIELDS" => {
                    if args.left() < 3 {
                        return Err(arity);
                    }
                    let number = parse_integer(args.next()?).and_then(|n| i32::try_from(n).ok()).filter(|n| *n > 0);
                    let number = number.ok_or(Error::fixed("ERR invalid number of fields"))?;
                    setting.pairs = args.rest();
                    let matches = setting.pairs.len().is_multiple_of(2) && setting.pairs.len() / 2 == number as usize;
                    return if matches { Ok(setting) } else { Err(arity) };
                }
                option @ (b"FXX" | b"FNX") => {
                    if setting.all_exist || setting.none_exists {
                        return Err(Error::fixed("ERR Only one of FXX or FNX arguments can be specified"));
                    }
                    (setting.all_exist, setting.none_exists) = (option == b"FXX", option == b"FNX");
                }
                option => setting.time(ctx, args, option, word)?,
            }
        }
    }

    /// One of the options that say what becomes of the times.
    fn time(&mut self, ctx: &Context<'_>, args: &mut Args<'_>, option: &[u8], word: &[u8]) -> Result<(), Error> {
        let unit = Unit::named(option);
        if unit.is_none() && option != b"KEEPTTL" {
            return Err(Error::new(format!("ERR unknown argument: {}", String::from_utf8_lossy(word))));
        }
        if self.keep_times || self.at_ms.is_some() {
            return Err(Error::fixed("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"));
        }
        let Some(unit) = unit else {
            self.keep_times = true;
            return Ok(());
        };
        if args.left() == 0 {
            return Err(Error::fixed("ERR missing expire time"));
        }
        self.at_ms = Some(unit.read(ctx, args)?);
        Ok(())
    }

    fn allows(&self, hash: Option<&Hash>) -> bool {
        let exists = |pair: &[Bytes]| hash.is_some_and(|hash| hash.get(&pair[0]).is_some());
        let mut pairs = self.pairs.chunks_exact(2);
        match () {
            () if self.all_exist => pairs.all(exists),
            () if self.none_exists => !pairs.any(exists),
            () => true,
        }
    }
}

fn hsetex(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let setting = Setting::parse(ctx, &mut args)?;
    let hash = ctx.edit::<Hash>(key)?;
    if !setting.allows(hash.as_deref()) {
        return reply::integer(0);
    }
    let (limits, now_ms) = (ctx.limits(), ctx.now.ms());
    let hash = ctx.edit_or_create::<Hash>(key)?;
    hash.make_room(setting.pairs, &limits);
    let mut fates = Vec::new();
    for pair in setting.pairs.chunks_exact(2) {
        if setting.keep_times {
            hash.update(&pair[0], &pair[1], &limits);
        } else {
            hash.set(&pair[0], &pair[1], &limits);
        }
        fates.extend(setting.at_ms.map(|at_ms| schedule(hash, &pair[0], at_ms, now_ms, Condition::Always)));
    }
    ctx.touch(key, Class::Hash, "hset");
    tell(ctx, key, &fates);
    reply::integer(1)
}

fn httl(ctx: &mut Context<'_>, args: Args<'_>) -> Answer {
    times(ctx, args, EX)
}
