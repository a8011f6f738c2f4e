//! Publish and subscribe: who is sent what, and in which order.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Line, run, sometimes_wrong, words};

fn channel() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec!["news", "nose", "sport", "n"]).prop_map(|c| Bytes::from_static(c.as_bytes()))
}

fn pattern() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec!["*", "n*", "n[eo]*", "sport", "?"]).prop_map(|p| Bytes::from_static(p.as_bytes()))
}

fn verb(verbs: &'static [&'static str]) -> impl Strategy<Value = Line> {
    prop::sample::select(verbs).prop_map(words)
}

fn many(
    verbs: &'static [&'static str],
    names: impl Strategy<Value = Bytes>,
    least: usize,
) -> impl Strategy<Value = Line> {
    (verb(verbs), prop::collection::vec(names, least..4)).prop_map(|(verb, names)| [verb, names].concat())
}

/// A command of this family, at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    sometimes_wrong(prop_oneof![
        3 => many(&["SUBSCRIBE", "SSUBSCRIBE"], channel(), 1),
        2 => many(&["PSUBSCRIBE"], pattern(), 1),
        2 => many(&["UNSUBSCRIBE", "SUNSUBSCRIBE"], channel(), 0),
        1 => many(&["PUNSUBSCRIBE"], pattern(), 0),
        8 => (verb(&["PUBLISH", "PUBLISH", "SPUBLISH"]), channel(), "[a-z]{0,3}")
            .prop_map(|(verb, channel, message)| [verb, vec![channel, Bytes::from(message)]].concat()),
        2 => many(&["PUBSUB NUMSUB", "PUBSUB SHARDNUMSUB"], channel(), 0),
        2 => (verb(&["PUBSUB CHANNELS", "PUBSUB SHARDCHANNELS"]), pattern()).prop_map(|(v, p)| [v, vec![p]].concat()),
        2 => verb(&["PUBSUB CHANNELS", "PUBSUB SHARDCHANNELS", "PUBSUB NUMPAT", "PUBSUB", "PUBSUB x", "PUBSUB HELP"]),
        2 => verb(&["PING", "PING x", "RESET", "HELLO 3", "HELLO 2", "GET a"]),
    ])
}

#[test]
fn messages_arrive_as_from_redis() {
    run(command(), 3);
}
