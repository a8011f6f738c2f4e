//! Taking over entries that another consumer was given and does not acknowledge.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, SYNTAX};
use crate::engine::keyspace::Class;
use crate::engine::outcome::{Answer, reply};
use crate::engine::row::{Flags, Group as Family, KeySpec, Row};
use crate::engine::types::{Stream, StreamId, parse_integer};
use crate::resp::Value;

use super::shared::{entry_value, error_line, id_value, no_key_or_group, parse_start, parse_strict};

const CLAIM: Row =
    Row { group: Family::Stream, arity: -6, flags: Flags::WRITE.with(Flags::FAST), since: "5.0.0", ..Row::DEFAULT };

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "XAUTOCLAIM",
        keys: &[KeySpec::first(&["RW", "delete"])],
        since: "6.2.0",
        complexity: "O(1) if COUNT is small",
        syntax: "XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]",
        summary: "Takes over pending entries that are idle for so long; answers where to go on, and which are deleted.",
        handler: xautoclaim,
        ..CLAIM
    },
    Row {
        name: "XCLAIM",
        keys: &[KeySpec::first(&["RW", "update"])],
        complexity: "O(log N) for each id, with N the pending entries of the group",
        syntax: "XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-ms] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID last-id]",
        summary: "Takes over pending entries that are idle for so long; answers those that were.",
        handler: xclaim,
        ..CLAIM
    },
];

/// Who takes entries over, and under which conditions.
struct Claim<'a> {
    group: &'a Bytes,
    consumer: &'a Bytes,
    min_idle_ms: i64,
    /// When the entries count as given.
    delivered_ms: i64,
    now_ms: i64,
    /// How often they count as given; `None`: once more, unless only ids are asked for.
    deliveries: Option<u64>,
    /// Entries that nobody has are taken too.
    force: bool,
    just_id: bool,
}

/// What became of one entry.
enum Fate {
    /// It is taken over: the reply for it, and whether its consumer is new.
    Taken(Value, bool),
    /// It is no longer in the stream; whether it was pending.
    Gone(bool),
    /// It stays where it is.
    Left,
}

impl Claim<'_> {
    /// Takes one entry over, if it may.
    fn take(&self, stream: &mut Stream, id: StreamId) -> Fate {
        let found = stream.get(id).map(|entry| if self.just_id { id_value(id) } else { entry_value(entry) });
        let Some(group) = stream.group_mut(self.group) else { return Fate::Left };
        let Some(value) = found else { return Fate::Gone(group.acknowledge(id)) };
        let before = match group.pending().get(&id) {
            None if !self.force => return Fate::Left,
            // What is put on the list just now counts as given once.
            None => 1,
            Some(pending) if self.min_idle_ms > 0 && self.idle_ms(pending.delivered_ms) < self.min_idle_ms => {
                return Fate::Left;
            }
            Some(pending) => pending.deliveries,
        };
        let is_new = group.see(self.consumer, self.now_ms);
        let deliveries = self.deliveries.unwrap_or(before.wrapping_add(u64::from(!self.just_id)));
        group.assign(id, self.consumer, self.delivered_ms, deliveries);
        Fate::Taken(value, is_new)
    }

    fn idle_ms(&self, delivered_ms: i64) -> i64 {
        self.now_ms.wrapping_sub(delivered_ms)
    }
}

/// Tells of a consumer that a claim brought about.
fn tell_of_new(ctx: &mut Context<'_>, key: &Bytes) {
    ctx.count_changes(1);
    ctx.tell(key, Class::Stream, "xgroup-createconsumer");
}

fn group_exists(ctx: &mut Context<'_>, key: &Bytes, name: &Bytes) -> Result<(), Error> {
    let group = ctx.read::<Stream>(key)?.and_then(|stream| stream.group(name));
    group.map(|_| ()).ok_or_else(|| no_key_or_group(key, name, b""))
}

/// COUNT of XAUTOCLAIM unless it says otherwise, and the greatest that Redis takes.
const USUAL_COUNT: usize = 100;
const MOST: i64 = i64::MAX / 16;
/// So many entries are looked at for each that is wanted.
const LOOKS: usize = 10;

fn xautoclaim(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, group, consumer) = (args.next()?, args.next()?, args.next()?);
    let idle = parse_integer(args.next()?);
    let min_idle_ms = idle.ok_or(Error::fixed("ERR Invalid min-idle-time argument for XAUTOCLAIM"))?.max(0);
    let mut from = parse_start(args.next()?)?;
    let (mut count, mut just_id) = (USUAL_COUNT, false);
    while args.left() > 0 {
        if args.left() > 1 && args.keyword("COUNT") {
            let wanted = parse_integer(args.next()?).filter(|n| (1..=MOST).contains(n));
            let wanted = wanted.ok_or(Error::fixed("ERR COUNT must be > 0"))?;
            count = usize::try_from(wanted).unwrap_or(usize::MAX);
        } else if args.keyword("JUSTID") {
            just_id = true;
        } else {
            return Err(SYNTAX);
        }
    }
    group_exists(ctx, key, group)?;
    let now_ms = ctx.now.ms();
    let claim =
        Claim { group, consumer, min_idle_ms, delivered_ms: now_ms, now_ms, deliveries: None, force: false, just_id };
    let (mut taken, mut gone, mut cursor) = (Vec::new(), Vec::new(), None);
    let mut looks = count.saturating_mul(LOOKS);
    let mut new_consumer = false;
    let Some(stream) = ctx.edit::<Stream>(key)? else { return Err(SYNTAX) };
    // The id that comes next is looked up once more at the end, as the cursor.
    while let Some(id) = stream.group(group).and_then(|group| group.pending().range(from..).next()).map(|(id, _)| *id) {
        if looks == 0 || taken.len() + gone.len() >= count {
            cursor = Some(id);
            break;
        }
        looks -= 1;
        match claim.take(stream, id) {
            Fate::Taken(value, is_new) => {
                taken.push(value);
                new_consumer |= is_new;
            }
            Fate::Gone(_) => gone.push(id_value(id)),
            Fate::Left => {}
        }
        let Some(next) = id.next() else { break };
        from = next;
    }
    if new_consumer {
        tell_of_new(ctx, key);
    }
    ctx.count_changes(taken.len() + gone.len());
    reply::array(vec![id_value(cursor.unwrap_or(StreamId::MIN)), Value::Array(taken), Value::Array(gone)])
}

/// The options of XCLAIM, behind its ids.
struct Options {
    delivered_ms: Option<i64>,
    deliveries: Option<u64>,
    force: bool,
    just_id: bool,
    last_id: StreamId,
}

fn parse_options(args: &mut Args<'_>, now_ms: i64) -> Result<Options, Error> {
    let mut options =
        Options { delivered_ms: None, deliveries: None, force: false, just_id: false, last_id: StreamId::MIN };
    let number = |args: &mut Args<'_>, wrong: &'static str| parse_integer(args.next()?).ok_or(Error::fixed(wrong));
    while let Some(word) = args.peek() {
        let more = args.left() > 1;
        if args.keyword("FORCE") {
            options.force = true;
        } else if args.keyword("JUSTID") {
            options.just_id = true;
        } else if more && args.keyword("IDLE") {
            let idle = number(args, "ERR Invalid IDLE option argument for XCLAIM")?;
            options.delivered_ms = Some(now_ms.wrapping_sub(idle));
        } else if more && args.keyword("TIME") {
            options.delivered_ms = Some(number(args, "ERR Invalid TIME option argument for XCLAIM")?);
        } else if more && args.keyword("RETRYCOUNT") {
            let count = number(args, "ERR Invalid RETRYCOUNT option argument for XCLAIM")?;
            options.deliveries = u64::try_from(count).ok();
        } else if more && args.keyword("LASTID") {
            options.last_id = parse_strict(args.next()?, 0)?;
        } else {
            return Err(error_line(&[b"ERR Unrecognized XCLAIM option '", word, b"'"]));
        }
    }
    Ok(options)
}

fn xclaim(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, group, consumer) = (args.next()?, args.next()?, args.next()?);
    group_exists(ctx, key, group)?;
    let idle = parse_integer(args.next()?);
    let min_idle_ms = idle.ok_or(Error::fixed("ERR Invalid min-idle-time argument for XCLAIM"))?.max(0);
    let mut ids = Vec::new();
    while let Some(id) = args.peek().and_then(|word| parse_strict(word, 0).ok()) {
        ids.push(id);
        args.next()?;
    }
    let now_ms = ctx.now.ms();
    let Options { delivered_ms, deliveries, force, just_id, last_id } = parse_options(&mut args, now_ms)?;
    // A time that makes no sense is now.
    let delivered_ms = delivered_ms.filter(|at| (0..=now_ms).contains(at)).unwrap_or(now_ms);
    let claim = Claim { group, consumer, min_idle_ms, delivered_ms, now_ms, deliveries, force, just_id };
    let Some(stream) = ctx.edit::<Stream>(key)? else { return Err(SYNTAX) };
    let mut advanced = false;
    if let Some(group) = stream.group_mut(group).filter(|group| group.last_id < last_id) {
        group.last_id = last_id;
        advanced = true;
    }
    let (mut taken, mut changes, mut new_consumer) = (Vec::new(), 0, false);
    for id in ids {
        match claim.take(stream, id) {
            Fate::Taken(value, is_new) => {
                taken.push(value);
                changes += 1;
                new_consumer |= is_new;
            }
            Fate::Gone(was_pending) => changes += usize::from(was_pending),
            Fate::Left => {}
        }
    }
    if new_consumer {
        tell_of_new(ctx, key);
    }
    ctx.count_changes(changes.max(usize::from(advanced)));
    reply::array(taken)
}
