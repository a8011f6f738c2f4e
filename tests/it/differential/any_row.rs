//! Any command of the table with any words behind it: most make no sense, and the same error says so.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Line, drawn, integer, key, one_of, run, value};

/// Commands that are not drawn here: one in a line, its name and the reason. A name of a container stands for all of
/// its subcommands, and one with a bar for that subcommand alone.
const LEFT_OUT: &str = include_str!("left_out.txt");

/// Words that mean something to some command.
const WORDS: &[&str] = &[
    "NX",
    "XX",
    "GT",
    "LT",
    "CH",
    "INCR",
    "GET",
    "KEEPTTL",
    "EX",
    "PX",
    "EXAT",
    "PXAT",
    "PERSIST",
    "REPLACE",
    "DB",
    "LEN",
    "IDX",
    "MINMATCHLEN",
    "WITHMATCHLEN",
    "COUNT",
    "MATCH",
    "TYPE",
    "BY",
    "ASC",
    "DESC",
    "ALPHA",
    "STORE",
    "LIMIT",
    "BYSCORE",
    "BYLEX",
    "REV",
    "WITHSCORES",
    "WEIGHTS",
    "AGGREGATE",
    "SUM",
    "MIN",
    "MAX",
    "LEFT",
    "RIGHT",
    "BEFORE",
    "AFTER",
    "RANK",
    "MAXLEN",
    "MINID",
    "NOMKSTREAM",
    "=",
    "~",
    "STREAMS",
    "GROUP",
    "IDLE",
    "TIME",
    "RETRYCOUNT",
    "FORCE",
    "JUSTID",
    "LASTID",
    "NOACK",
    "BLOCK",
    "MKSTREAM",
    "FULL",
    "WITHVALUES",
    "FROMMEMBER",
    "FROMLONLAT",
    "BYRADIUS",
    "BYBOX",
    "m",
    "km",
    "WITHCOORD",
    "WITHDIST",
    "WITHHASH",
    "STOREDIST",
    "ANY",
    "u8",
    "i16",
    "OVERFLOW",
    "WRAP",
    "SAT",
    "FAIL",
    "BIT",
    "BYTE",
    "AND",
    "NOT",
    "ASYNC",
    "ON",
    "OFF",
    "YES",
    "NO",
    "ID",
    "0-1",
    "5-0",
    "*",
    "+",
    "-",
    "$",
    ">",
    "(1",
    "[a",
    "1.5",
    "0",
    "1",
    "2",
    "-1",
    "HELP",
    "string",
    "hash",
    "FIELDS",
];

/// A name and, of a subcommand, the name of its container before it.
fn name() -> impl Strategy<Value = Line> {
    let left_out: Vec<&str> = LEFT_OUT.lines().filter_map(|line| Some(line.split_once(' ')?.0)).collect();
    let is_drawn = |name: &String| {
        let container = name.split('|').next().unwrap_or(name);
        !left_out.contains(&name.as_str()) && !left_out.contains(&container)
    };
    let names: Vec<String> = drawn::all_commands().into_iter().filter(is_drawn).collect();
    prop::sample::select(names).prop_map(|name| name.split('|').map(|word| Bytes::from(word.to_string())).collect())
}

fn argument() -> impl Strategy<Value = Bytes> {
    prop_oneof![4 => key(), 3 => one_of(WORDS.to_vec()), 2 => integer(), 1 => value()]
}

pub fn command() -> impl Strategy<Value = Line> {
    (name(), prop::collection::vec(argument(), 0..6)).prop_map(|(name, rest)| [name, rest].concat())
}

#[test]
fn any_words_behind_any_command_are_answered_as_redis_does() {
    run(command(), 2);
}
