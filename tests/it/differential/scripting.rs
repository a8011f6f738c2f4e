//! Lua scripts: a list that covers conversions, errors and libraries, and small random ones.

use bytes::Bytes;
use proptest::prelude::*;
use redlab::target::LocalServer;

use super::{Line, Pair, run, words};

/// Scripts, each separated by a line `---`. `error({})` is not among them: it ends a Redis 7.0.
const SCRIPTS: &str = include_str!("scripts.lua");

fn eval(name: &'static str, script: &str, rest: &str) -> Line {
    [words(name), vec![Bytes::copy_from_slice(script.as_bytes())], words(rest)].concat()
}

/// What a random script is made of. There is no `error`: with a table
/// that has no `err` it ends a Redis 7.0. Calls stand in parentheses: a tail call of a function that the bundled engine
/// has in Lua leaves no line to complain about.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "-2",
        "3.7",
        "0",
        "1e20",
        "0/0",
        "1/0",
        "nil",
        "true",
        "false",
        "'a'",
        "'12'",
        "''",
        "'a\\0b'",
        "{}",
        "KEYS[1]",
        "ARGV[1]",
        "ARGV[9]",
        "x",
        "#ARGV",
        "cjson.null",
        "{ok='fine'}",
        "{err='BAD thing'}",
        "{double=1.5}",
        "redis.call('GET', 'a')",
        "redis.call('SET', 'a', 1)",
        "redis.pcall('GET')",
        "redis.call('ZRANGE', 'a', 0, -1)",
        "redis.sha1hex('')",
        "redis.call('INCR', 'a')",
        "math.pi",
        "{1,2,nil,4}",
    ])
    .prop_map(str::to_string);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone(), prop::sample::select(vec!["+", "..", "==", "<", "and", "or", "%", "^"]))
                .prop_map(|(a, b, op)| format!("({a} {op} {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{{a}, {b}}}")),
            (inner.clone(), prop::sample::select(vec!["k", "err", "ok", "map", "set"]))
                .prop_map(|(a, k)| format!("{{{k} = {a}}}")),
            (
                inner.clone(),
                prop::sample::select(vec![
                    "tonumber",
                    "type",
                    "cjson.encode",
                    "cjson.decode",
                    "cmsgpack.pack",
                    "cmsgpack.unpack",
                    "pcall",
                    "unpack",
                    "redis.error_reply",
                    "redis.status_reply",
                    "bit.tobit",
                    "bit.tohex",
                    "string.len",
                    "math.floor",
                    "select",
                    "assert",
                    "next",
                    "redis.log",
                    "redis.setresp",
                    "struct.size",
                    "loadstring",
                    "rawget",
                ])
            )
                .prop_map(|(a, f)| format!("({f}({a}))")),
            (
                inner.clone(),
                inner.clone(),
                prop::sample::select(vec![
                    "redis.call",
                    "redis.pcall",
                    "pcall",
                    "string.rep",
                    "string.format",
                    "bit.band",
                    "bit.lshift",
                    "struct.pack",
                    "struct.unpack",
                    "math.max",
                    "table.concat",
                    "string.find",
                    "cmsgpack.pack",
                    "rawset",
                    "setmetatable",
                ])
            )
                .prop_filter("no endless repetition", |(_, n, f)| *f != "string.rep" || n.len() < 3)
                .prop_map(|(a, b, f)| format!("({f}({a}, {b}))")),
        ]
    })
}

pub fn command() -> impl Strategy<Value = Line> {
    let name = prop::sample::select(vec!["EVAL", "EVAL", "EVAL", "EVAL_RO"]);
    let script = (expression(), expression(), 0..3u8).prop_map(|(a, b, form)| match form {
        0 => format!("return {a}"),
        1 => format!("local x = {a} return {b}"),
        _ => format!("local x = {a}\nreturn {{x, {b}, type(x)}}"),
    });
    (name, script).prop_map(|(name, script)| eval(name, &script, "1 a 5")).boxed()
}

#[test]
fn scripts_answer_as_redis_does() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut pair = Pair::new(&server, 1);
    let mut differences = Vec::new();
    for script in SCRIPTS.split("\n---\n") {
        for line in [eval("EVAL", script.trim_end(), "2 k1 k2 a1 22"), words("MGET k1 k2")] {
            let (bundled, real) = pair.call(0, &line);
            if bundled != real {
                differences.push(format!("{script}\n bundled: {bundled:?}\n    real: {real:?}\n"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn commands_about_scripts_answer_as_redis_does() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut pair = Pair::new(&server, 1);
    for line in [
        "EVAL 'return 1' -1",
        "EVAL 'return 1' 2 a",
        "EVAL 'return 1' x",
        "EVAL 'return 1'",
        "EVALSHA x 0",
        "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0",
        "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db x",
        "SCRIPT LOAD 'return 1'",
        "SCRIPT LOAD 'return 1'",
        "SCRIPT LOAD 'return 500'",
        "SCRIPT LOAD 'return 1 +'",
        "EVALSHA E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0",
        "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0",
        "EVALSHA_RO e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0",
        "SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db x E0E1F9FABFC9D4800C877A703B823AC0578FF8DB",
        "SCRIPT KILL",
        "SCRIPT DEBUG x",
        "SCRIPT DEBUG no",
        "SCRIPT HELP",
        "SCRIPT nosuch",
        "SCRIPT FLUSH x",
        "SCRIPT FLUSH sync x",
        "SCRIPT FLUSH async",
        "SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db",
        "EVAL_RO 'return redis.call(\"set\", \"a\", 1)' 0",
        "EVAL_RO '#!lua\nreturn 1' 0",
        "EVAL_RO '#!lua flags=no-writes\nreturn 1' 0",
        "EVAL '#!lua flags=no-writes\nreturn redis.call(\"set\", \"a\", 1)' 0",
        "EVAL '#!lua flags=no-writes,allow-oom\nreturn redis.call(\"get\", \"a\")' 0",
        "EVAL '#!lua flags=no-writes,x\nreturn 1' 0",
        "EVAL '#!lua flags=\nreturn 1' 0",
        "EVAL '#!lua  flags=no-writes\nreturn 1' 0",
        "EVAL '#!foo\nreturn 1' 0",
        "EVAL '#!lua name=x\nreturn 1' 0",
        "EVAL '#!lua' 0",
        "EVAL '#!lua\n\nreturn x' 0",
        "EVAL \"return x\\xfe\" 0",
        "EVAL \"return struct.pack('\\xfe', 1)\" 0",
        "EVAL \"return {loadstring('return 1 \\xfe')}\" 0",
    ] {
        let line = words(line.replace('\n', "\u{1}").as_str());
        let line: Line =
            line.iter().map(|word| word.iter().map(|b| if *b == 1 { b'\n' } else { *b }).collect()).collect();
        let (bundled, real) = pair.call(0, &line);
        assert_eq!(bundled, real, "{line:?}");
    }
}

#[test]
fn random_scripts_answer_as_redis_does() {
    run(command(), 1);
}
