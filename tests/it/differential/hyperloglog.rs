//! HyperLogLogs, byte for byte.

use bytes::Bytes;
use proptest::prelude::*;

use super::strings::line;
use super::{Line, key, one_of, run, sometimes_wrong, value};

/// So many elements with numbers from here on: at times as many as fill a sparse HyperLogLog.
fn elements() -> impl Strategy<Value = Vec<Bytes>> {
    let numbered = |first: u32, count: u32| (first..first + count).map(|n| Bytes::from(n.to_string())).collect();
    prop_oneof![
        9 => prop::collection::vec(value(), 0..6),
        3 => (0u32..100_000, 0u32..200).prop_map(move |(first, count)| numbered(first, count)),
        1 => (0u32..100_000, 800u32..1600).prop_map(move |(first, count)| numbered(first, count)),
        1 => prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from), 0..10),
    ]
}

/// What CONFIG SET says of the sparse form.
fn limit() -> impl Strategy<Value = Bytes> {
    one_of(vec!["0", "20", "25", "40", "100", "3000", "3kb", "5000", "-1"])
}

/// A sparse or a dense one with odd bytes: header, code, length. The code is never cut off in the middle of a run of
/// zeros, and never too short: what Redis then reads is not its own.
fn odd() -> impl Strategy<Value = Bytes> {
    let zeros = |run: usize| [0x40 | ((run - 1) >> 8) as u8, (run - 1) as u8];
    let code = prop::collection::vec(prop_oneof![3 => 0x80u8..=0xff, 2 => 0u8..0x40], 0..30);
    let header = prop_oneof![
        8 => Just(*b"HYLL\x01\0\0\0"),
        1 => Just(*b"HYLL\x01abc"),
        1 => Just(*b"HYLL\x02\0\0\0"),
        1 => Just(*b"HYLL\x00\0\0\0"),
        1 => Just(*b"HYLI\x01\0\0\0"),
    ];
    let estimate = prop_oneof![2 => Just(1u64 << 63), 1 => 0u64..100, 1 => any::<u64>()];
    let sparse = (header, estimate, code, any::<bool>(), 0u8..5).prop_map(move |(header, estimate, code, end, odd)| {
        let runs: usize = code.iter().map(|c| usize::from(if *c < 0x40 { *c } else { c & 3 }) + 1).sum();
        // Now and then the code says a few registers more than there are.
        let rest = zeros(16384 - runs + usize::from(odd == 0) * 3);
        let body = if end { [code, rest.to_vec()].concat() } else { [rest.to_vec(), code].concat() };
        Bytes::from([&header[..], &estimate.to_le_bytes(), &body].concat())
    });
    let dense = prop::collection::vec(any::<u8>(), 12288..12289)
        .prop_map(|registers| Bytes::from([&b"HYLL\0\0\0\0\0\0\0\0\0\0\0\x80"[..], &registers].concat()));
    prop_oneof![8 => sparse, 1 => dense]
}

/// A command of this family, at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    let keys = || prop::collection::vec(key(), 1..4);
    let word = || one_of(vec!["GETREG", "decode", "ENCODING", "TODENSE", "DECODE", "none"]);
    sometimes_wrong(prop_oneof![
        10 => (key(), elements()).prop_map(|(k, e)| line("PFADD", std::iter::once(k).chain(e))),
        6 => keys().prop_map(|keys| line("PFCOUNT", keys)),
        5 => keys().prop_map(|keys| line("PFMERGE", keys)),
        4 => (word(), key()).prop_map(|(word, k)| line("PFDEBUG", [word, k])),
        2 => (key(), odd()).prop_map(|(k, v)| line("SET", [k, v])),
        1 => limit().prop_map(|n| line("CONFIG SET hll-sparse-max-bytes", [n])),
        4 => key().prop_map(|k| line("GET", [k])),
        1 => key().prop_map(|k| line("OBJECT ENCODING", [k])),
        1 => key().prop_map(|k| line("STRLEN", [k])),
        1 => (key(), value()).prop_map(|(k, v)| line("SET", [k, v])),
        1 => (key(), value()).prop_map(|(k, v)| line("RPUSH", [k, v])),
        1 => key().prop_map(|k| line("DEL", [k])),
    ])
}

#[test]
fn hyperloglogs_answer_as_redis_does() {
    run(command(), 1);
}
