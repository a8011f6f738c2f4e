//! Lists. The commands that block are in `blocking`.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Line, integer, key, run, sometimes_wrong, value, words};

fn element() -> impl Strategy<Value = Bytes> {
    prop_oneof![8 => "[a-c]".prop_map(Bytes::from), 1 => value()]
}

fn with(text: &'static str, rest: impl Strategy<Value = Line>) -> impl Strategy<Value = Line> {
    (key(), rest).prop_map(move |(key, rest)| [words(text), vec![key], rest].concat())
}

fn one(argument: impl Strategy<Value = Bytes>) -> impl Strategy<Value = Line> {
    argument.prop_map(|argument| vec![argument])
}

fn elements() -> impl Strategy<Value = Line> {
    prop::collection::vec(element(), 1..5)
}

fn pick(texts: &'static [&'static str]) -> impl Strategy<Value = Line> {
    prop::sample::select(texts.to_vec()).prop_map(words)
}

fn end() -> impl Strategy<Value = Line> {
    pick(&["LEFT", "RIGHT", "left", "Right", "LEFT", "RIGHT", "UP"])
}

/// LPOS's words with their numbers.
fn search() -> impl Strategy<Value = Line> {
    let option = (pick(&["RANK", "COUNT", "MAXLEN", "rank", "LEN"]), integer());
    prop::collection::vec(option, 0..3)
        .prop_map(|options| options.into_iter().flat_map(|(word, number)| [word, vec![number]].concat()).collect())
}

/// `numkeys key [key ...] LEFT|RIGHT [COUNT count]`
pub fn mpop() -> impl Strategy<Value = Line> {
    let keys = prop_oneof![
        9 => prop::collection::vec(key(), 1..4).prop_map(|keys| [vec![Bytes::from(keys.len().to_string())], keys].concat()),
        1 => (integer(), prop::collection::vec(key(), 1..3)).prop_map(|(count, keys)| [vec![count], keys].concat()),
    ];
    let count = prop_oneof![
        Just(Vec::new()),
        (pick(&["COUNT", "count", "x"]), integer()).prop_map(|(w, n)| [w, vec![n]].concat())
    ];
    (keys, end(), count).prop_map(|(keys, end, count)| [keys, end, count].concat())
}

/// A command of this family that does not block, at times wrong.
pub fn command() -> impl Strategy<Value = Line> {
    let none = || Just(Vec::new());
    let write = prop_oneof![
        4 => (pick(&["LPUSH", "RPUSH", "LPUSHX", "RPUSHX", "RPUSH"]), key(), elements()).prop_map(|(w, k, e)| [w, vec![k], e].concat()),
        2 => (pick(&["LPOP", "RPOP"]), key()).prop_map(|(w, k)| [w, vec![k]].concat()),
        2 => (pick(&["LPOP", "RPOP"]), key(), integer()).prop_map(|(w, k, n)| [w, vec![k, n]].concat()),
        2 => (key(), key(), end(), end()).prop_map(|(a, b, x, y)| [words("LMOVE"), vec![a, b], x, y].concat()),
        1 => (key(), key()).prop_map(|(a, b)| [words("RPOPLPUSH"), vec![a, b]].concat()),
        2 => mpop().prop_map(|rest| [words("LMPOP"), rest].concat()),
        2 => with("LINSERT", (pick(&["BEFORE", "AFTER", "after", "ON"]), element(), element()).prop_map(|(w, p, e)| [w, vec![p, e]].concat())),
        2 => with("LSET", (integer(), element()).prop_map(|(n, e)| vec![n, e])),
        2 => with("LREM", (integer(), element()).prop_map(|(n, e)| vec![n, e])),
        2 => with("LTRIM", (integer(), integer()).prop_map(|(a, b)| vec![a, b])),
        1 => with("SET", one(value())),
        1 => with("DEL", none()),
    ];
    let read = prop_oneof![
        with("LRANGE", (integer(), integer()).prop_map(|(a, b)| vec![a, b])),
        with("LRANGE", pick(&["0 -1"])),
        with("LINDEX", one(integer())),
        with("LLEN", none()),
        with("LPOS", (element(), search()).prop_map(|(e, s)| [vec![e], s].concat())),
        with("LPOS", (element(), search()).prop_map(|(e, s)| [vec![e], s].concat())),
        with("OBJECT ENCODING", none()),
        with("TYPE", none()),
    ];
    sometimes_wrong(prop_oneof![write, read])
}

#[test]
fn lists_answer_as_redis_does() {
    run(command(), 1);
}
