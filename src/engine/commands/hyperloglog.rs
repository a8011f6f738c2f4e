//! HyperLogLogs: strings that estimate how many different elements were added to them.

use bytes::Bytes;

use super::super::args::Args;
use super::super::context::Context;
use super::super::error::Error;
use super::super::keyspace::{Class, Data};
use super::super::outcome::{Answer, reply};
use super::super::row::{Begin, Find, Flags, Group, KeySpec, Row};
use super::super::types::Str;
use super::super::types::hyperloglog::{self as hll, Corrupt, REGISTERS, Registers};
use crate::resp::Value;

const INVALID: Error = Error::fixed("WRONGTYPE Key is not a valid HyperLogLog string value.");
const CORRUPT: Error = Error::fixed("INVALIDOBJ Corrupted HLL object detected");

/// What all of them have in common.
const COUNT: Row = Row { group: Group::HyperLogLog, since: "2.8.9", ..Row::DEFAULT };

/// Its commands.
pub const TABLE: &[Row] = &[
    Row {
        name: "PFADD",
        arity: -2,
        flags: Flags::WRITE.with(Flags::DENYOOM).with(Flags::FAST),
        keys: &[KeySpec::first(&["RW", "insert"])],
        complexity: "O(1) for each element",
        syntax: "PFADD key [element [element ...]]",
        summary: "Adds elements to a HyperLogLog; answers 1 if its estimate may have changed.",
        handler: pfadd,
        ..COUNT
    },
    Row {
        name: "PFCOUNT",
        arity: -2,
        flags: Flags::READONLY.with(Flags::MAY_REPLICATE),
        keys: &[KeySpec::all(&["RW", "access"])],
        complexity: "O(1) for one key, whose last estimate is kept; O(N) for several, with N the number of keys",
        syntax: "PFCOUNT key [key ...]",
        summary: "Estimates how many different elements were added, to one HyperLogLog or to any of several.",
        handler: pfcount,
        ..COUNT
    },
    Row {
        name: "PFDEBUG",
        arity: 3,
        flags: Flags::WRITE.with(Flags::DENYOOM).with(Flags::ADMIN),
        keys: &[KeySpec::at(2, &["RW", "access"])],
        complexity: "O(1), with the number of registers as its constant",
        syntax: "PFDEBUG <GETREG | DECODE | ENCODING | TODENSE> key",
        summary: "Looks into a HyperLogLog: its registers, its code, its encoding.",
        handler: pfdebug,
        ..COUNT
    },
    Row {
        name: "PFMERGE",
        arity: -2,
        flags: Flags::WRITE.with(Flags::DENYOOM),
        keys: &[
            KeySpec::first(&["RW", "access", "insert"]),
            KeySpec {
                flags: &["RO", "access"],
                begin: Begin::Index(2),
                find: Find::Range { last: -1, step: 1, limit: 0 },
            },
        ],
        complexity: "O(N) with N the number of keys",
        syntax: "PFMERGE destkey [sourcekey [sourcekey ...]]",
        summary: "Adds to a HyperLogLog whatever was added to others.",
        handler: pfmerge,
        ..COUNT
    },
    Row {
        name: "PFSELFTEST",
        arity: 1,
        flags: Flags::ADMIN,
        complexity: "O(1), but slow",
        syntax: "PFSELFTEST",
        summary: "Tests HyperLogLogs with elements drawn at random.",
        handler: pfselftest,
        ..COUNT
    },
];

impl From<Corrupt> for Error {
    fn from(_: Corrupt) -> Error {
        CORRUPT
    }
}

/// The bytes of a HyperLogLog, to change them.
fn edit<'a>(ctx: &'a mut Context<'_>, key: &[u8]) -> Result<Option<&'a mut Vec<u8>>, Error> {
    match ctx.edit::<Str>(key)? {
        None => Ok(None),
        Some(string) if hll::is_hyperloglog(&string.view()) => Ok(Some(string.raw_mut())),
        Some(_) => Err(INVALID),
    }
}

/// The bytes of a HyperLogLog, created without elements if the key does not exist; whether it was.
fn edit_or_create<'a>(ctx: &'a mut Context<'_>, key: &[u8]) -> Result<(&'a mut Vec<u8>, bool), Error> {
    let created = !ctx.exists(key);
    if created {
        ctx.put(key, Data::Str(Str::text(&hll::empty())), None);
    }
    Ok((edit(ctx, key)?.ok_or(INVALID)?, created))
}

fn pfadd(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let key = args.next()?;
    let most = ctx.limits().hll_sparse_bytes;
    let (string, created) = edit_or_create(ctx, key)?;
    let mut changes = u64::from(created);
    for element in args.rest() {
        changes += u64::from(hll::add(string, element, most)?);
    }
    if changes > 0 {
        hll::spoil_cache(string);
        ctx.touch(key, Class::String, "pfadd");
        // Redis counts each element that raised a register.
        ctx.state.keyspace.dirty += changes - 1;
    }
    reply::flag(changes > 0)
}

fn pfcount(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    match args.rest() {
        [key] => count_one(ctx, key),
        keys => {
            let mut union = [0; REGISTERS];
            merge_all(ctx, keys, &mut union)?;
            reply::integer(hll::estimate(&union) as i64)
        }
    }
}

/// The estimate for one key, which is kept in its value.
fn count_one(ctx: &mut Context<'_>, key: &Bytes) -> Answer {
    if ctx.read::<Str>(key)?.is_none() {
        return reply::integer(0);
    }
    let Some(string) = edit(ctx, key)? else { return reply::integer(0) };
    if let Some(estimate) = hll::cached(string) {
        return reply::integer(estimate as i64);
    }
    let estimate = hll::count(string)?;
    hll::cache(string, estimate);
    ctx.state.keyspace.touch_untold(ctx.db, key);
    reply::integer(estimate as i64)
}

/// Raises registers to those of all keys that exist; whether one of these is dense.
fn merge_all(ctx: &mut Context<'_>, keys: &[Bytes], union: &mut Registers) -> Result<bool, Error> {
    let mut dense = false;
    for key in keys {
        let Some(string) = ctx.read::<Str>(key)? else { continue };
        let bytes = string.view();
        if !hll::is_hyperloglog(&bytes) {
            return Err(INVALID);
        }
        dense |= hll::is_dense(&bytes);
        hll::merge(union, &bytes)?;
    }
    Ok(dense)
}

fn pfdebug(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let (word, key) = (args.next()?, args.next()?);
    let string = edit(ctx, key)?.ok_or(Error::fixed("ERR The specified key does not exist"))?;
    let (answer, changed) = match word.to_ascii_lowercase().as_slice() {
        b"getreg" => {
            let changed = hll::make_dense(string)?;
            let mut registers = [0; REGISTERS];
            hll::merge(&mut registers, string)?;
            let registers = registers.iter().map(|value| Value::Integer(i64::from(*value)));
            (reply::array(registers.collect()), changed)
        }
        b"decode" if hll::is_dense(string) => (Err(Error::fixed("ERR HLL encoding is not sparse")), false),
        b"decode" => (reply::bulk(hll::describe(string)), false),
        b"encoding" => (reply::simple(if hll::is_dense(string) { "dense" } else { "sparse" }), false),
        b"todense" => {
            let changed = hll::make_dense(string)?;
            (reply::flag(changed), changed)
        }
        _ => {
            let word = String::from_utf8_lossy(word);
            (Err(Error::new(format!("ERR Unknown PFDEBUG subcommand '{word}'"))), false)
        }
    };
    ctx.state.keyspace.dirty += u64::from(changed);
    answer
}

fn pfmerge(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let keys = args.rest();
    let Some(target) = keys.first() else { return Err(INVALID) };
    let mut union = [0; REGISTERS];
    let dense = merge_all(ctx, keys, &mut union)?;
    let most = ctx.limits().hll_sparse_bytes;
    let (string, _) = edit_or_create(ctx, target)?;
    if dense {
        hll::make_dense(string)?;
    }
    for (index, value) in union.iter().enumerate().filter(|(_, value)| **value > 0) {
        hll::raise(string, index, *value, most)?;
    }
    hll::spoil_cache(string);
    ctx.touch(target, Class::String, "pfadd");
    reply::ok()
}

/// How many times the self-test fills all registers, and how many elements it adds. Redis's is 100 times as long.
const TEST_ROUNDS: usize = 10;
const TEST_ELEMENTS: u64 = 100_000;

fn pfselftest(ctx: &mut Context<'_>, _: Args<'_>) -> Answer {
    let rng = &mut ctx.state.rng;
    for _ in 0..TEST_ROUNDS {
        let (mut wanted, mut found) = ([0; REGISTERS], [0; REGISTERS]);
        wanted.iter_mut().for_each(|value| *value = rng.u8(..64));
        let mut string = hll::empty();
        hll::make_dense(&mut string)?;
        for (index, value) in wanted.iter().enumerate() {
            hll::raise(&mut string, index, *value, 0)?;
        }
        hll::merge(&mut found, &string)?;
        if let Some(index) = (0..REGISTERS).find(|index| found[*index] != wanted[*index]) {
            let (wanted, found) = (wanted[index], found[index]);
            return Err(Error::new(format!("TESTFAILED Register {index} should be {wanted} but is {found}")));
        }
    }
    test_estimates(rng.u64(..))?;
    reply::ok()
}

/// Adds elements to a dense and to a sparse HyperLogLog: at each power of ten both must agree, and be near the truth.
fn test_estimates(seed: u64) -> Result<(), Error> {
    let (mut sparse, mut dense) = (hll::empty(), hll::empty());
    hll::make_dense(&mut dense)?;
    let mut checkpoint = 1;
    for number in 1..=TEST_ELEMENTS {
        let element = (number ^ seed).to_le_bytes();
        hll::add(&mut sparse, &element, 3000)?;
        hll::add(&mut dense, &element, 3000)?;
        if number < checkpoint {
            continue;
        }
        let estimate = hll::count(&dense)?;
        if hll::count(&sparse)? != estimate {
            return Err(Error::fixed("TESTFAILED dense/sparse disagree"));
        }
        // Six times the standard error, 1.04 / sqrt(16384).
        let most = (checkpoint as f64 * 6.0 * 1.04 / 128.0).ceil() as u64;
        let off = estimate.abs_diff(checkpoint);
        if off > most {
            return Err(Error::new(format!("TESTFAILED Too big error. card:{checkpoint} abserr:{off}")));
        }
        checkpoint *= 10;
    }
    Ok(())
}
