//! CLIENT TRACKING: who is told of which changed keys, in which form.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Line, run, sometimes_wrong, words};

fn key() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec!["a", "ab", "b", "bc", "c"]).prop_map(|k| Bytes::from_static(k.as_bytes()))
}

fn text(texts: &'static [&'static str]) -> impl Strategy<Value = Line> {
    prop::sample::select(texts).prop_map(words)
}

/// Options as they are given; `@0` is the first client of the test.
const TRACKING: &[&str] = &[
    "CLIENT TRACKING ON",
    "CLIENT TRACKING ON",
    "CLIENT TRACKING on noloop",
    "CLIENT TRACKING ON OPTIN",
    "CLIENT TRACKING ON OPTIN NOLOOP",
    "CLIENT TRACKING ON OPTOUT",
    "CLIENT TRACKING ON OPTIN OPTOUT",
    "CLIENT TRACKING ON BCAST",
    "CLIENT TRACKING ON BCAST NOLOOP",
    "CLIENT TRACKING ON BCAST PREFIX a",
    "CLIENT TRACKING ON BCAST PREFIX a PREFIX b",
    "CLIENT TRACKING ON BCAST PREFIX bc NOLOOP",
    "CLIENT TRACKING ON BCAST PREFIX a PREFIX ab",
    "CLIENT TRACKING ON BCAST OPTIN",
    "CLIENT TRACKING ON PREFIX a",
    "CLIENT TRACKING ON REDIRECT @0",
    "CLIENT TRACKING ON REDIRECT @1",
    "CLIENT TRACKING ON REDIRECT @2 NOLOOP",
    "CLIENT TRACKING ON BCAST REDIRECT @0",
    "CLIENT TRACKING ON REDIRECT 999999",
    "CLIENT TRACKING ON REDIRECT x",
    "CLIENT TRACKING ON REDIRECT @0 REDIRECT @1",
    "CLIENT TRACKING ON REDIRECT",
    "CLIENT TRACKING ON nonsense",
    "CLIENT TRACKING OFF",
    "CLIENT TRACKING OFF",
    "CLIENT TRACKING OFF nonsense",
    "CLIENT TRACKING maybe",
    "CLIENT TRACKING",
];

/// What goes with it.
const OTHERS: &[&str] = &[
    "CLIENT CACHING YES",
    "CLIENT CACHING YES",
    "CLIENT CACHING NO",
    "CLIENT CACHING maybe",
    "CLIENT GETREDIR",
    "CLIENT TRACKINGINFO",
    "CLIENT TRACKINGINFO",
    "SUBSCRIBE __redis__:invalidate",
    "SUBSCRIBE __redis__:invalidate",
    "UNSUBSCRIBE __redis__:invalidate",
    "HELLO 3",
    "HELLO 3",
    "HELLO 2",
    "RESET",
    "MULTI",
    "EXEC",
    "EXEC",
    "DISCARD",
    "SELECT 0",
    "SELECT 1",
    "FLUSHALL",
    "FLUSHDB",
    "SWAPDB 0 1",
    "CLIENT REPLY OFF",
    "CLIENT REPLY ON",
    "CLIENT REPLY ON",
];

/// A command of this family.
pub fn command() -> impl Strategy<Value = Line> {
    sometimes_wrong(prop_oneof![
        6 => text(TRACKING),
        5 => text(OTHERS),
        6 => (text(&["GET", "MGET", "EXISTS", "STRLEN", "TTL", "TYPE"]), key()).prop_map(|(w, k)| [w, vec![k]].concat()),
        2 => (text(&["MGET", "EXISTS", "LCS"]), key(), key()).prop_map(|(w, a, b)| [w, vec![a, b]].concat()),
        6 => (text(&["SET", "APPEND", "GETSET", "LPUSH"]), key()).prop_map(|(w, k)| [w, vec![k], words("1")].concat()),
        3 => (text(&["DEL", "INCR", "PERSIST", "LPOP", "UNLINK"]), key()).prop_map(|(w, k)| [w, vec![k]].concat()),
        2 => (text(&["RENAME", "COPY", "RPOPLPUSH", "DEL", "SINTERSTORE"]), key(), key())
            .prop_map(|(w, a, b)| [w, vec![a, b]].concat()),
        2 => (key(), key()).prop_map(|(a, b)| vec!["MSET".into(), a, "1".into(), b, "2".into()]),
        2 => (script(), key(), key()).prop_map(|(script, a, b)| vec!["EVAL".into(), script, "2".into(), a, b]),
        1 => (script(), key()).prop_map(|(script, a)| vec!["EVAL_RO".into(), script, "1".into(), a]),
    ])
}

/// Scripts that read, write, or do both.
fn script() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec![
        "return redis.call('get', KEYS[1])",
        "return redis.call('set', KEYS[1], 'x')",
        "redis.call('get', KEYS[1]); return redis.call('set', KEYS[1], 'x')",
        "redis.call('set', KEYS[1], 'x'); return redis.call('get', KEYS[1])",
        "return 1",
        "return redis.call('mget', 'a', 'b', 'c')",
    ])
    .prop_map(|text| Bytes::from_static(text.as_bytes()))
}

#[test]
fn whoever_tracks_keys_is_told_as_by_redis() {
    run(command(), 3);
}

/// What no random program comes across often, each line `client: command`.
#[test]
fn stories_of_tracking_end_as_in_redis() {
    for story in [
        "0: HELLO 3 / 0: CLIENT TRACKING ON / 0: GET a / 1: SET a 1 / 1: SET a 2 / 0: GET a / 0: SET a 3 / 0: GET a",
        "0: HELLO 3 / 0: CLIENT TRACKING ON NOLOOP / 0: MGET a b / 0: MSET a 1 b 2 / 1: MSET a 1 b 2",
        "0: HELLO 3 / 0: CLIENT TRACKING ON / 0: MGET a b c / 1: MULTI / 1: SET a 1 / 1: INCR b / 1: EXEC / 0: FLUSHALL",
        "0: HELLO 3 / 0: CLIENT TRACKING ON / 0: GET a / 0: MULTI / 0: SET a 1 / 0: GET a / 0: EXEC / 0: SET a 2",
        "0: HELLO 3 / 0: CLIENT TRACKING ON BCAST PREFIX a PREFIX b / 1: MSET a 1 ab 2 abc 3 b 4 c 5 / 1: FLUSHDB",
        "0: HELLO 3 / 0: CLIENT TRACKING ON BCAST NOLOOP / 0: SET a 1 / 1: SET b 1 / 1: MULTI / 1: SET a 1 / 1: DEL b / 1: EXEC",
        "0: SUBSCRIBE __redis__:invalidate / 1: CLIENT TRACKING ON REDIRECT @0 / 1: GET a / 2: SET a 1 / 2: FLUSHALL",
        "0: SUBSCRIBE other / 1: CLIENT TRACKING ON REDIRECT @0 BCAST / 2: MSET a 1 b 2",
        "0: HELLO 3 / 1: HELLO 3 / 1: CLIENT TRACKING ON REDIRECT @0 / 1: GET a / 2: SET a 1 / 1: CLIENT TRACKINGINFO",
        "0: HELLO 3 / 0: CLIENT TRACKING ON REDIRECT @1 / 0: GET a / 2: CLIENT KILL ID @1 / 2: SET a 1 / 0: CLIENT TRACKINGINFO",
        "0: HELLO 3 / 0: CLIENT TRACKING ON OPTIN / 0: GET a / 0: CLIENT CACHING YES / 0: CLIENT TRACKINGINFO / 0: GET b / 0: GET c / 1: MSET a 1 b 1 c 1",
        "0: HELLO 3 / 0: CLIENT TRACKING ON OPTIN / 0: CLIENT CACHING YES / 0: MULTI / 0: GET a / 0: GET b / 0: EXEC / 0: GET c / 1: MSET a 1 b 1 c 1",
        "0: HELLO 3 / 0: CLIENT TRACKING ON OPTOUT / 0: GET a / 0: CLIENT CACHING NO / 0: GET b / 0: GET c / 1: MSET a 1 b 1 c 1",
        "0: HELLO 3 / 0: CLIENT TRACKING ON / 0: SELECT 1 / 0: GET a / 1: SET a 1 / 0: CLIENT TRACKING OFF / 0: GET a / 1: SET a 1",
    ] {
        let mut program = Vec::new();
        for line in story.split(" / ") {
            let (client, command) = line.split_once(": ").expect("client: command");
            program.push((client.parse().expect("a number"), words(command)));
        }
        super::tell(story, 3, &program);
    }
}
