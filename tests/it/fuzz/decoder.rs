//! The decoders of commands and of replies: whatever the bytes, and however they are cut into pieces.

use bytes::{Bytes, BytesMut};
use fastrand::Rng;
use redlab::resp::{
    CommandDecoder, CommandLimits, DecodeError, Decoded, Limits, Protocol, Value, decode_value, encode_command,
    encode_value,
};

use super::{from_environment, seed};

/// What the suite runs; a hunt runs millions.
const CASES: u64 = 60_000;

type Commands = (Vec<Vec<Bytes>>, Option<DecodeError>);

/// Commands until the bytes end or a fault comes, the bytes cut at these places.
fn commands(wire: &[u8], cuts: &[usize], limits: CommandLimits) -> Commands {
    let (mut decoder, mut buffer, mut argv) = (CommandDecoder::default(), BytesMut::new(), Vec::new());
    let mut found = Vec::new();
    let mut from = 0;
    for to in cuts.iter().copied().chain([wire.len()]) {
        buffer.extend_from_slice(&wire[from..to]);
        from = to;
        loop {
            match decoder.decode(&mut buffer, limits, &mut argv) {
                Ok(true) => found.push(argv.clone()),
                Ok(false) => break,
                Err(error) => return (found, Some(error)),
            }
        }
    }
    (found, None)
}

/// The same for replies.
fn values(wire: &[u8], cuts: &[usize], limits: Limits) -> (Vec<Value>, Option<DecodeError>) {
    let (mut buffer, mut found, mut from) = (BytesMut::new(), Vec::new(), 0);
    for to in cuts.iter().copied().chain([wire.len()]) {
        buffer.extend_from_slice(&wire[from..to]);
        from = to;
        loop {
            let before = buffer.len();
            match decode_value(&mut buffer, limits) {
                Ok(Decoded::Whole(value)) => found.push(value),
                Ok(Decoded::Incomplete) => {
                    assert_eq!(buffer.len(), before, "an incomplete message was taken");
                    break;
                }
                Err(error) => return (found, Some(error)),
            }
        }
    }
    (found, None)
}

/// Pieces of which messages are made, right and wrong.
const PIECES: &[&str] = &[
    "*",
    "$",
    "\r\n",
    "\r",
    "\n",
    "*1\r\n",
    "*2\r\n",
    "*0\r\n",
    "*-1\r\n",
    "$-1\r\n",
    "$0\r\n\r\n",
    "$1\r\na\r\n",
    "$4\r\nPING\r\n",
    "PING\r\n",
    "PING\n",
    "SET \"a b\" 'c'\r\n",
    "\"",
    "'",
    "\\x4",
    " ",
    "\0",
    "*9223372036854775807\r\n",
    "$9223372036854775807\r\n",
    "*-9223372036854775808\r\n",
    "$536870912\r\n",
    "$16385\r\n",
    "*11\r\n",
    ":1\r\n",
    "+OK\r\n",
    "-ERR x\r\n",
    "%1\r\n",
    "~2\r\n",
    ">1\r\n",
    "|1\r\n",
    ",inf\r\n",
    ",nan\r\n",
    ",1e400\r\n",
    "#t\r\n",
    "#x\r\n",
    "_\r\n",
    "(12345678901234567890\r\n",
    "=7\r\ntxt:abc\r\n",
    "=1\r\na\r\n",
    "!3\r\nERR\r\n",
    "$?\r\n",
    ";4\r\n",
    "01",
    "-0",
    "+1",
    "18446744073709551616",
    "\u{80}",
    "\u{ff}",
];

fn soup(rng: &mut Rng) -> Vec<u8> {
    let mut wire = Vec::new();
    for _ in 0..rng.usize(1..12) {
        match rng.u8(0..8) {
            0 => wire.push(rng.u8(..)),
            1 => wire.extend_from_slice(rng.i64(..).to_string().as_bytes()),
            _ => wire.extend_from_slice(PIECES[rng.usize(..PIECES.len())].as_bytes()),
        }
    }
    wire
}

fn value(rng: &mut Rng, depth: usize) -> Value {
    let kinds = if depth == 0 { 8 } else { 12 };
    let items = |rng: &mut Rng| (0..rng.usize(0..4)).map(|_| value(rng, depth - 1)).collect::<Vec<_>>();
    let bytes = |rng: &mut Rng| Bytes::from((0..rng.usize(0..9)).map(|_| rng.u8(..)).collect::<Vec<u8>>());
    match rng.u8(0..kinds) {
        0 => Value::Integer(rng.i64(..)),
        1 => Value::Bulk(bytes(rng)),
        2 => Value::simple("OK"),
        3 => Value::error("ERR something"),
        4 => Value::Null,
        5 => Value::Boolean(rng.bool()),
        6 => Value::Double(rng.f64() * 1e10),
        7 => Value::Verbatim { format: *b"txt", text: bytes(rng) },
        8 => Value::Array(items(rng)),
        9 => Value::Set(items(rng)),
        10 => Value::Push(items(rng)),
        _ => Value::Map(items(rng).into_iter().map(|item| (Value::Integer(1), item)).collect()),
    }
}

/// Bytes that are right, or were before something was done to them.
fn wire(rng: &mut Rng) -> Vec<u8> {
    let mut wire = Vec::new();
    match rng.u8(0..4) {
        0 => return soup(rng),
        1 => encode_value(&value(rng, 4), if rng.bool() { Protocol::Resp3 } else { Protocol::Resp2 }, &mut wire),
        _ => {
            for _ in 0..rng.usize(1..4) {
                let word = |rng: &mut Rng| (0..rng.usize(0..20)).map(|_| rng.u8(..)).collect::<Vec<u8>>();
                let argv: Vec<Bytes> = (0..rng.usize(0..6)).map(|_| Bytes::from(word(rng))).collect();
                encode_command(&argv, &mut wire);
            }
        }
    }
    for _ in 0..rng.usize(0..4) {
        mutate(rng, &mut wire);
    }
    wire
}

fn mutate(rng: &mut Rng, wire: &mut Vec<u8>) {
    if wire.is_empty() {
        return;
    }
    let at = rng.usize(..wire.len());
    match rng.u8(0..6) {
        0 => wire[at] = rng.u8(..),
        1 => wire.truncate(at),
        2 => drop(wire.remove(at)),
        3 => wire.insert(at, b"*$:\r\n0-9\"'"[rng.usize(..10)]),
        4 => drop(wire.splice(at..at, PIECES[rng.usize(..PIECES.len())].bytes())),
        _ => wire[at] ^= 1 << rng.u8(0..8),
    }
}

/// Places to cut at: every one in turn, each byte by itself, and some by chance.
fn all_cuts(rng: &mut Rng, length: usize) -> Vec<Vec<usize>> {
    let mut cuts: Vec<Vec<usize>> = (0..=length.min(80)).map(|at| vec![at]).collect();
    cuts.push((0..=length).collect());
    let mut some: Vec<usize> = (0..rng.usize(0..6)).map(|_| rng.usize(0..=length)).collect();
    some.sort_unstable();
    cuts.push(some);
    cuts
}

#[test]
fn commands_are_the_same_however_they_are_cut() {
    let cases = from_environment("REDLAB_FUZZ_CASES", CASES);
    let mut decoded = 0u64;
    for case in 0.. {
        if decoded >= cases {
            break;
        }
        let mut rng = Rng::with_seed(seed().wrapping_add(case));
        let wire = wire(&mut rng);
        let limits = CommandLimits { stranger: rng.u8(0..8) == 0, ..CommandLimits::default() };
        let whole = commands(&wire, &[], limits);
        for cuts in all_cuts(&mut rng, wire.len()) {
            decoded += 1;
            assert_eq!(commands(&wire, &cuts, limits), whole, "case {case}: {} cut at {cuts:?}", wire.escape_ascii());
        }
    }
}

#[test]
fn replies_are_the_same_however_they_are_cut_and_survive_the_way_back() {
    let cases = from_environment("REDLAB_FUZZ_CASES", CASES);
    let mut decoded = 0u64;
    for case in 0.. {
        if decoded >= cases {
            break;
        }
        let mut rng = Rng::with_seed(seed().wrapping_add(case));
        let wire = wire(&mut rng);
        let whole = values(&wire, &[], Limits::default());
        for cuts in all_cuts(&mut rng, wire.len()) {
            decoded += 1;
            // NaN is not itself, so texts are compared.
            let cut = values(&wire, &cuts, Limits::default());
            assert_eq!(
                format!("{cut:?}"),
                format!("{whole:?}"),
                "case {case}: {} cut at {cuts:?}",
                wire.escape_ascii()
            );
        }
        for value in &whole.0 {
            // RESP3 has one null and attributes go, so the bytes are compared, once they were written.
            let (mut first, mut second) = (Vec::new(), Vec::new());
            encode_value(value, Protocol::Resp3, &mut first);
            let (back, fault) = values(&first, &[], Limits::default());
            back.iter().for_each(|value| encode_value(value, Protocol::Resp3, &mut second));
            assert_eq!((first, None), (second, fault), "case {case}: {}", wire.escape_ascii());
        }
    }
}

#[test]
fn promises_that_nobody_can_keep_cost_nothing() {
    for wire in [
        "*9223372036854775807\r\n",
        "%9223372036854775807\r\n",
        "~4611686018427387904\r\n",
        "$9223372036854775807\r\n",
        "=9223372036854775807\r\n",
        "*-9223372036854775808\r\n",
        "|9223372036854775807\r\n",
    ] {
        let (found, _) = values(wire.as_bytes(), &[], Limits::default());
        assert!(found.len() <= 1, "{wire}: {found:?}");
    }
    for mark in ["*", "%", "~", ">", "|"] {
        let nested = format!("{mark}1\r\n").repeat(1_000_000);
        let (found, fault) = values(nested.as_bytes(), &[], Limits::default());
        assert!(found.is_empty() && fault.is_some(), "{mark}");
    }
    let nested = "*1\r\n".repeat(1_000_000);
    assert!(commands(nested.as_bytes(), &[], CommandLimits::default()).1.is_some());
}
