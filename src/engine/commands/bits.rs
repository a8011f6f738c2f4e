//! Strings as arrays of bits. Bit 0 is the highest bit of the first byte.

use bytes::Bytes;

use super::super::args::Args;
use super::super::context::Context;
use super::super::error::{Error, NOT_INTEGER, SYNTAX};
use super::super::keyspace::{Class, Data};
use super::super::outcome::{Answer, reply};
use super::super::row::{Begin, Find, Flags, Group, KeySpec, Row};
use super::super::types::{Str, parse_integer};
use super::limit;

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "BITCOUNT",
        group: Group::Bitmap,
        arity: -2,
        flags: Flags::READONLY,
        keys: &[KeySpec::first(&["RO", "access"])],
        since: "2.6.0",
        complexity: "O(N) with N the number of bytes looked at",
        syntax: "BITCOUNT key [start end [BYTE | BIT]]",
        summary: "Counts the bits that are set in a string, or in a part of it.",
        handler: bitcount,
        ..Row::DEFAULT
    },
    Row {
        name: "BITOP",
        group: Group::Bitmap,
        arity: -4,
        flags: Flags::WRITE.with(Flags::DENYOOM),
        keys: &[
            KeySpec::at(2, &["OW", "update"]),
            KeySpec {
                flags: &["RO", "access"],
                begin: Begin::Index(3),
                find: Find::Range { last: -1, step: 1, limit: 0 },
            },
        ],
        since: "2.6.0",
        complexity: "O(N) with N the length of the longest string",
        syntax: "BITOP <AND | OR | XOR | NOT> destkey key [key ...]",
        summary: "Combines strings bit by bit and stores the result; answers its length in bytes.",
        handler: bitop,
        ..Row::DEFAULT
    },
    Row {
        name: "BITPOS",
        group: Group::Bitmap,
        arity: -3,
        flags: Flags::READONLY,
        keys: &[KeySpec::first(&["RO", "access"])],
        since: "2.8.7",
        complexity: "O(N) with N the number of bytes looked at",
        syntax: "BITPOS key bit [start [end [BYTE | BIT]]]",
        summary: "Finds the first bit that is set, or the first that is not.",
        handler: bitpos,
        ..Row::DEFAULT
    },
    Row {
        name: "GETBIT",
        group: Group::Bitmap,
        arity: 3,
        flags: Flags::READONLY.with(Flags::FAST),
        keys: &[KeySpec::first(&["RO", "access"])],
        since: "2.2.0",
        syntax: "GETBIT key offset",
        summary: "Answers one bit of a string; beyond its end all bits are 0.",
        handler: getbit,
        ..Row::DEFAULT
    },
    Row {
        name: "SETBIT",
        group: Group::Bitmap,
        arity: 4,
        flags: Flags::WRITE.with(Flags::DENYOOM),
        keys: &[KeySpec::first(&["RW", "access", "update"])],
        since: "2.2.0",
        syntax: "SETBIT key offset value",
        summary: "Sets one bit of a string, which grows as needed; answers what the bit was.",
        handler: setbit,
        ..Row::DEFAULT
    },
];

fn bitcount(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let Some(bytes) = ctx.read::<Str>(key)?.map(Str::bytes) else { return reply::count(0) };
    let range = match args.left() {
        0 => Some((0, bytes.len() as i64 * 8 - 1)),
        2 | 3 => {
            let (start, end) = (args.integer()?, args.integer()?);
            // Redis looks at this before it looks at the unit.
            if start < 0 && end < 0 && start > end {
                return reply::count(0);
            }
            let in_bits = unit(&mut args)?;
            bits(start, Some(end), in_bits, bytes.len())
        }
        _ => return Err(SYNTAX),
    };
    let Some((first, last)) = range else { return reply::count(0) };
    let count: i64 = bytes
        .iter()
        .enumerate()
        .take(usize::try_from(last / 8 + 1).unwrap_or(0))
        .skip(usize::try_from(first / 8).unwrap_or(0))
        .map(|(at, byte)| i64::from((byte & mask(at, first, last)).count_ones()))
        .sum();
    reply::integer(count)
}

fn bitop(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let operation = args.next()?.to_ascii_uppercase();
    let combine: fn(u8, u8) -> u8 = match operation.as_slice() {
        b"AND" => |a, b| a & b,
        b"OR" => |a, b| a | b,
        b"XOR" => |a, b| a ^ b,
        b"NOT" => |a, _| !a,
        _ => return Err(SYNTAX),
    };
    let (target, sources) = (args.next()?, args.rest());
    if operation == b"NOT" && sources.len() != 1 {
        return Err(Error::fixed("ERR BITOP NOT must be called with a single source key."));
    }
    let mut strings: Vec<Bytes> = Vec::with_capacity(sources.len());
    for key in sources {
        strings.push(ctx.read::<Str>(key)?.map(Str::bytes).unwrap_or_default());
    }
    let length = strings.iter().map(Bytes::len).max().unwrap_or(0);
    if length == 0 {
        ctx.delete(target, "del");
        return reply::count(0);
    }
    let bit = |string: &Bytes, at: usize| string.get(at).copied().unwrap_or(0);
    let result = (0..length).map(|at| match strings.as_slice() {
        [only] => combine(bit(only, at), bit(only, at)),
        many => many.iter().map(|string| bit(string, at)).reduce(combine).unwrap_or(0),
    });
    // One string combined with itself by XOR would vanish; Redis copies it.
    let result: Vec<u8> =
        if operation == b"XOR" && strings.len() == 1 { strings[0].to_vec() } else { result.collect() };
    ctx.put(target, Data::Str(Str::raw(result)), None);
    ctx.touch(target, Class::String, "set");
    reply::count(length)
}

fn bitpos(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, bit) = (args.next()?, args.next()?);
    let wanted = match parse_integer(bit).ok_or(NOT_INTEGER)? {
        0 => false,
        1 => true,
        _ => return Err(Error::fixed("ERR The bit argument must be 1 or 0.")),
    };
    let Some(bytes) = ctx.read::<Str>(key)?.map(Str::bytes) else {
        return reply::integer(if wanted { -1 } else { 0 });
    };
    let (mut end_given, mut range) = (false, Some((0, bytes.len() as i64 * 8 - 1)));
    if args.left() > 3 {
        return Err(SYNTAX);
    }
    if args.left() > 0 {
        let start = args.integer()?;
        let in_bits = matches!(args.argv().get(5), Some(unit) if unit.eq_ignore_ascii_case(b"BIT"));
        if args.argv().len() == 6 && !in_bits && !args.argv()[5].eq_ignore_ascii_case(b"BYTE") {
            return Err(SYNTAX);
        }
        end_given = args.left() > 0;
        let end = if end_given { Some(args.integer()?) } else { None };
        range = bits(start, end, in_bits, bytes.len());
    }
    let Some((first, last)) = range.filter(|(first, last)| first <= last) else { return reply::integer(-1) };
    let found = (first / 8..=last / 8).find_map(|at| {
        let at = usize::try_from(at).ok()?;
        let byte = if wanted { bytes[at] } else { !bytes[at] } & mask(at, first, last);
        (byte != 0).then(|| at as i64 * 8 + i64::from(byte.leading_zeros()))
    });
    reply::integer(match found {
        Some(at) => at,
        // Behind its end a string goes on with zeros, unless the end was given.
        None if !wanted && !end_given => last + 1,
        None => -1,
    })
}

fn getbit(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, offset) = (args.next()?, offset(ctx, args.next()?)?);
    let bytes = ctx.read::<Str>(key)?.map(Str::bytes).unwrap_or_default();
    let byte = bytes.get(offset / 8).copied().unwrap_or(0);
    reply::flag(byte & (0x80 >> (offset % 8)) != 0)
}

fn setbit(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (key, offset, value) = (args.next()?, offset(ctx, args.next()?)?, args.next()?);
    let on = match parse_integer(value) {
        Some(0) => false,
        Some(1) => true,
        _ => return Err(Error::fixed("ERR bit is not an integer or out of range")),
    };
    let existed = ctx.edit::<Str>(key)?.is_some();
    if !existed {
        ctx.put(key, Data::Str(Str::raw(Vec::new())), None);
    }
    let Some(string) = ctx.edit::<Str>(key)? else { return reply::count(0) };
    let bytes = string.raw_mut();
    let (at, bit) = (offset / 8, 0x80u8 >> (offset % 8));
    let grown = bytes.len() <= at;
    if grown {
        bytes.resize(at + 1, 0);
    }
    let was = bytes[at] & bit != 0;
    if on {
        bytes[at] |= bit;
    } else {
        bytes[at] &= !bit;
    }
    if !existed || grown || was != on {
        ctx.touch(key, Class::String, "setbit");
    }
    reply::flag(was)
}

/// The offset of a bit.
fn offset(ctx: &Context<'_>, argument: &[u8]) -> Result<usize, Error> {
    parse_integer(argument)
        .and_then(|offset| usize::try_from(offset).ok())
        .filter(|offset| offset / 8 < limit::longest(ctx.state))
        .ok_or(Error::fixed("ERR bit offset is not an integer or out of range"))
}

/// `BYTE` or `BIT`, where the command still has a word: whether a range counts bits.
fn unit(args: &mut Args<'_>) -> Result<bool, Error> {
    if args.left() == 0 || args.keyword("BYTE") {
        return Ok(false);
    }
    if args.keyword("BIT") { Ok(true) } else { Err(SYNTAX) }
}

/// A range of bytes or bits, negative ones counted from the end, as bits; `None` if it is empty.
fn bits(start: i64, end: Option<i64>, in_bits: bool, bytes: usize) -> Option<(i64, i64)> {
    let total = if in_bits { bytes as i64 * 8 } else { bytes as i64 };
    let absolute = |at: i64| if at < 0 { total.saturating_add(at).max(0) } else { at };
    let first = absolute(start);
    let last = absolute(end.unwrap_or(total - 1)).min(total - 1);
    match (first <= last, in_bits) {
        (false, _) => None,
        (true, true) => Some((first, last)),
        (true, false) => Some((first * 8, last * 8 + 7)),
    }
}

/// The bits of byte `at` that lie in a range of bits.
fn mask(at: usize, first: i64, last: i64) -> u8 {
    let start = (first - at as i64 * 8).clamp(0, 8) as u32;
    let end = (last + 1 - at as i64 * 8).clamp(0, 8) as u32;
    let from = 0xffu16 >> start;
    let to = 0xffu16 >> end;
    (from & !to) as u8
}
