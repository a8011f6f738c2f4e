//! Strings as arrays of integers of any width.

use super::super::args::Args;
use super::super::context::Context;
use super::super::error::{Error, SYNTAX};
use super::super::keyspace::{Class, Data};
use super::super::outcome::{Answer, reply};
use super::super::row::{Flags, Group, KeySpec, Row};
use super::super::types::{Field, Overflow, Str, parse_integer};
use super::limit;
use crate::resp::Value;

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "BITFIELD",
        group: Group::Bitmap,
        arity: -2,
        flags: Flags::WRITE.with(Flags::DENYOOM),
        keys: &[KeySpec::first(&["RW", "access", "update", "variable_flags"])],
        since: "3.2.0",
        complexity: "O(1) for each operation",
        syntax: "BITFIELD key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset increment> [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset increment> ...]]",
        summary: "Reads, sets and counts up integers of any width inside a string.",
        handler: bitfield,
        ..Row::DEFAULT
    },
    Row {
        name: "BITFIELD_RO",
        group: Group::Bitmap,
        arity: -2,
        flags: Flags::READONLY.with(Flags::FAST),
        keys: &[KeySpec::first(&["RO", "access"])],
        since: "6.0.0",
        complexity: "O(1) for each operation",
        syntax: "BITFIELD_RO key [GET encoding offset [GET encoding offset ...]]",
        summary: "Reads integers of any width inside a string.",
        handler: bitfield_ro,
        ..Row::DEFAULT
    },
];

/// What is done with a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Get,
    Set(i64),
    Add(i64),
}

struct Operation {
    field: Field,
    verb: Verb,
    overflow: Overflow,
}

fn bitfield(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let operations = operations(&mut args, limit::longest(ctx.state))?;
    let written = operations.iter().filter(|operation| operation.verb != Verb::Get);
    let Some(last_bit) = written.map(|operation| operation.field.last_bit()).max() else {
        return read_all(ctx, key, &operations);
    };
    let existed = ctx.edit::<Str>(key)?.is_some();
    if !existed {
        ctx.put(key, Data::Str(Str::text(b"")), None);
    }
    let Some(string) = ctx.edit::<Str>(key)? else { return reply::array(Vec::new()) };
    let bytes = string.raw_mut();
    let length = usize::try_from(last_bit / 8 + 1).unwrap_or(usize::MAX);
    let grown = !existed || bytes.len() < length;
    if bytes.len() < length {
        bytes.resize(length, 0);
    }
    let (mut replies, mut changes) = (Vec::with_capacity(operations.len()), 0);
    for operation in &operations {
        let (value, changed) = operation.apply(bytes);
        replies.push(value);
        changes += u64::from(changed.is_some_and(|changed| changed || grown));
    }
    if changes > 0 {
        ctx.touch(key, Class::String, "setbit");
        // Redis counts each field that it wrote as a change.
        ctx.state.keyspace.dirty += changes - 1;
    }
    reply::array(replies)
}

fn bitfield_ro(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let operations = operations(&mut args, limit::longest(ctx.state))?;
    if operations.iter().any(|operation| operation.verb != Verb::Get) {
        return Err(Error::fixed("ERR BITFIELD_RO only supports the GET subcommand"));
    }
    read_all(ctx, key, &operations)
}

fn read_all(ctx: &mut Context<'_>, key: &[u8], operations: &[Operation]) -> Answer {
    let string = ctx.read::<Str>(key)?.map(Str::view).unwrap_or_default();
    reply::array(operations.iter().map(|operation| Value::Integer(operation.field.get(&string))).collect())
}

impl Operation {
    /// Does it; the reply, and whether what it wrote differs from what was there (`None`: nothing was written).
    fn apply(&self, string: &mut [u8]) -> (Value, Option<bool>) {
        let old = self.field.get(string);
        let wanted = match self.verb {
            Verb::Get => return (Value::Integer(old), None),
            // Redis takes a negative number for a field without sign as a very large one.
            Verb::Set(number) if !self.field.signed => i128::from(number as u64),
            Verb::Set(number) => signed_target(&self.field, number),
            Verb::Add(number) => i128::from(old) + i128::from(number),
        };
        let Some(new) = self.field.squeeze(wanted, self.overflow) else { return (Value::Null, None) };
        self.field.set(string, new);
        let answered = if matches!(self.verb, Verb::Set(_)) { old } else { new };
        (Value::Integer(answered), Some(old != new))
    }
}

/// A number that is to be written, as Redis sees it: one so far below the range that its distance from the top is no
/// 64-bit integer passes for one above the range.
fn signed_target(field: &Field, number: i64) -> i128 {
    let (_, most) = field.range();
    let far_below = field.bits < 64 && most - i128::from(number) > i128::from(i64::MAX);
    if far_below { i128::from(number as u64) } else { i128::from(number) }
}

/// All operations of a command line: the last OVERFLOW before each counts. `longest`: how many bytes a string may have.
fn operations(args: &mut Args<'_>, longest: usize) -> Result<Vec<Operation>, Error> {
    let (mut operations, mut overflow) = (Vec::new(), Overflow::Wrap);
    while let Some(word) = args.peek() {
        let word = word.to_ascii_uppercase();
        let needed = match word.as_slice() {
            b"GET" => 2,
            b"SET" | b"INCRBY" => 3,
            b"OVERFLOW" => 1,
            _ => return Err(SYNTAX),
        };
        args.next()?;
        if args.left() < needed {
            return Err(SYNTAX);
        }
        if word == b"OVERFLOW" {
            overflow = overflow_named(args.next()?)?;
            continue;
        }
        let (signed, bits) = encoding(args.next()?)?;
        let field = Field { signed, bits, offset: offset(args.next()?, bits, longest)? };
        let verb = match word.as_slice() {
            b"GET" => Verb::Get,
            b"SET" => Verb::Set(args.integer()?),
            _ => Verb::Add(args.integer()?),
        };
        operations.push(Operation { field, verb, overflow });
    }
    Ok(operations)
}

fn overflow_named(word: &[u8]) -> Result<Overflow, Error> {
    match word.to_ascii_uppercase().as_slice() {
        b"WRAP" => Ok(Overflow::Wrap),
        b"SAT" => Ok(Overflow::Saturate),
        b"FAIL" => Ok(Overflow::Fail),
        _ => Err(Error::fixed("ERR Invalid OVERFLOW type specified")),
    }
}

/// `i1` to `i64`, `u1` to `u63`: whether it is signed, and its width. Redis reads it as text of C, up to a zero byte.
fn encoding(argument: &[u8]) -> Result<(bool, u32), Error> {
    let text = argument.split(|byte| *byte == 0).next().unwrap_or_default();
    let read = |digits: &[u8], most: i64| {
        let bits = parse_integer(digits).filter(|bits| (1..=most).contains(bits))?;
        u32::try_from(bits).ok()
    };
    let found = match text {
        [b'i', digits @ ..] => read(digits, 64).map(|bits| (true, bits)),
        [b'u', digits @ ..] => read(digits, 63).map(|bits| (false, bits)),
        _ => None,
    };
    found.ok_or(Error::fixed(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
    ))
}

/// A place in bits; behind a `#` it counts fields of this width.
fn offset(argument: &[u8], bits: u32, longest: usize) -> Result<u64, Error> {
    let offset = match argument.strip_prefix(b"#") {
        Some(digits) => parse_integer(digits).map(|n| n.wrapping_mul(i64::from(bits))),
        None => parse_integer(argument),
    };
    offset
        .and_then(|offset| u64::try_from(offset).ok())
        .filter(|offset| offset / 8 < longest as u64)
        .ok_or(Error::fixed("ERR bit offset is not an integer or out of range"))
}
