//! Libraries of functions.
//!
//! One thing differs by design and is left out: `math.random`, which here starts anew with each call.

use bytes::Bytes;
use proptest::prelude::*;
use redlab::engine::{Called, Engine, Settings, Time};
use redlab::resp::Value;
use redlab::target::LocalServer;

use crate::oracle::Wire;

use super::{Line, key, run, sometimes_wrong, words};

/// What stands in a library before its functions.
const BEFORE: &[&str] = &[
    "",
    "",
    "",
    "",
    "\n",
    "local n = 5\n",
    "local function g(x) return x end\n",
    "x = 1\n",
    "redis.call('ping')\n",
    "redis.log(redis.LOG_WARNING, 'x')\n",
    "redis.log(1)\n",
    "string.len('x')\n",
    "local v = redis.REDIS_VERSION\n",
    "return\n",
    "local s = ('x'):rep(3)\n",
    "local t = {} t.x.y = 1\n",
    "local a = _G\n",
    "redis.x = 1\n",
    "redis.setresp(3)\n",
    "local f = redis.register_function\n",
    "if x then\n",
];

const BODIES: &[&str] = &[
    "return 1",
    "return {KEYS, ARGV}",
    "return redis.call('SET', KEYS[1] or 'a', ARGV[1] or 1)",
    "return redis.call('GET', KEYS[1] or 'a')",
    "return redis.pcall('INCR', KEYS[1] or 'a')",
    "return redis.call('nosuch')",
    "return redis.call('FCALL', 'f', 0)",
    "return redis.call('FUNCTION', 'FLUSH')",
    "return redis.call('PUBLISH', 'x', 1)",
    "return redis.call()",
    "return {redis.pcall('LPUSH', 'a', 1), redis.pcall('TYPE', 'a')}",
    "error('boom')",
    "error({err = 'BAD thing'})",
    "return y",
    "y = 1",
    "return redis.register_function('z', function() end)",
    "return redis.error_reply('MY error')",
    "return redis.status_reply('fine')",
    "redis.setresp(3) return redis.call('HGETALL', 'nokey')",
    "return redis.sha1hex('')",
    "return {type(KEYS), type(ARGV), #KEYS, #ARGV}",
    "return redis.breakpoint()",
    "return redis.replicate_commands()",
    "return type(redis.debug)",
    "return {type(redis.register_function), type(_G), type(cjson), type(bit), type(struct), type(cmsgpack)}",
    "return cjson.encode({1, 2})",
    "return loadstring('return zz')()",
    "return loadstring('return _G')() == _G",
    "_G.x = 1",
    "rawset(_G, 'x', 1)",
    "string.x = 1",
    "redis.x = 1",
    "return pcall(redis.call, 'nosuch')",
    "return {pcall(function() return q end)}",
    "local t = setmetatable({}, {__index = function(t, k) return k end}) return t.hello",
    "return tostring(1.5) .. type(print)",
    "return {map = {a = 1}}",
    "return {double = 1.5}",
    "return redis.set_repl(redis.REPL_ALL)",
    "return redis.acl_check_cmd('get', 'x')",
    "KEYS[1] = 'q' return KEYS",
    "redis.call('SELECT', 1) return redis.call('SET', 'b', 1)",
    "return {redis.REDIS_VERSION, redis.REDIS_VERSION_NUM, redis.REPL_SLAVE, redis.LOG_NOTICE}",
    "\n\nreturn nosuch",
];

const FLAGS: &[&str] = &[
    "",
    "",
    ", flags = {'no-writes'}",
    ", flags = {'no-writes', 'ALLOW-OOM'}",
    ", flags = {'allow-stale', 'no-cluster', 'allow-cross-slot-keys'}",
    ", flags = {}",
    ", flags = 'x'",
    ", flags = {'x'}",
    ", flags = {1}",
    ", description = 'words'",
    ", description = 5",
    ", description = {}",
    ", nosuch = 1",
    ", Flags = {'no-writes'}, Description = 'more'",
];

fn pick(text: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(text)
}

/// The registration of one function. Names in capitals are left to calls: two functions of one library that differ in
/// nothing else end a Redis 7.0 when it removes the library.
fn function() -> impl Strategy<Value = String> {
    let name = prop_oneof![8 => pick(&["'f'", "'g'", "'h'"]), 1 => pick(&["'a b'", "''", "1", "nil", "{}"])];
    (name, pick(BODIES), pick(FLAGS), 0..10u8).prop_map(|(name, body, flags, form)| match form {
        0..5 => format!("redis.register_function({name}, function(KEYS, ARGV) {body} end)\n"),
        5..9 => format!(
            "redis.register_function{{function_name = {name}, callback = function(KEYS, ARGV) {body} end{flags}}}\n"
        ),
        _ => format!("redis.register_function({name})\n"),
    })
}

fn library() -> impl Strategy<Value = Bytes> {
    let header = prop_oneof![
        20 => pick(&["#!lua name=one\n", "#!lua name=two\n", "#!LUA NAME=three\n"]),
        1 => pick(&[
            "", "#!", "#!lua\n", "#!lua name=\n", "#!lua name=a-b\n", "#!js name=a\n", "#!lua name=a name=b\n",
            "#!lua x=1 name=a\n", "#!lua name=\"a\n", "#!lua name=\"one\"\n", "#!lua name=one", "#! name=a\n",
        ]),
    ];
    (header, pick(BEFORE), prop::collection::vec(function(), 0..4))
        .prop_map(|(header, before, functions)| Bytes::from(format!("{header}{before}{}", functions.concat())))
}

fn load() -> impl Strategy<Value = Line> {
    (pick(&["FUNCTION LOAD", "FUNCTION LOAD REPLACE", "FUNCTION LOAD replace", "FUNCTION LOAD x"]), library())
        .prop_map(|(start, library)| [words(start), vec![library]].concat())
}

fn call() -> impl Strategy<Value = Line> {
    let count = prop_oneof![6 => Just("1"), 3 => Just("0"), 1 => Just("3"), 1 => Just("-1"), 1 => Just("x")];
    (pick(&["FCALL", "FCALL", "FCALL_RO"]), pick(&["f", "g", "h", "F", "nosuch"]), count, key(), 0..3usize).prop_map(
        |(name, function, count, key, extra)| {
            let mut line = words(&format!("{name} {function} {count}"));
            line.push(key);
            line.extend(std::iter::repeat_n(Bytes::from_static(b"7"), extra));
            line
        },
    )
}

fn about() -> impl Strategy<Value = Line> {
    prop::sample::select(vec![
        "FUNCTION LIST",
        "FUNCTION LIST WITHCODE",
        "FUNCTION LIST LIBRARYNAME o*",
        "FUNCTION LIST LIBRARYNAME O* WITHCODE",
        "FUNCTION LIST LIBRARYNAME",
        "FUNCTION LIST x",
        "FUNCTION LIST WITHCODE WITHCODE",
        "FUNCTION STATS",
        "FUNCTION KILL",
        "FUNCTION DELETE one",
        "FUNCTION DELETE two",
        "FUNCTION DELETE ONE",
        "FUNCTION FLUSH",
        "FUNCTION FLUSH SYNC",
        "FUNCTION FLUSH ASYNC",
        "FUNCTION FLUSH x",
        "FUNCTION FLUSH SYNC x",
        "FUNCTION HELP",
        "FUNCTION",
        "FUNCTION NOSUCH",
        "FLUSHALL",
        "SELECT 0",
        "TYPE a",
        "GET a",
        "GET b",
        "HELLO 3",
        "HELLO 2",
        "MULTI",
        "EXEC",
        "DISCARD",
        "COMMAND GETKEYS FCALL f 1 a b",
    ])
    .prop_map(words)
}

pub fn command() -> impl Strategy<Value = Line> {
    sometimes_wrong(prop_oneof![4 => load().boxed(), 8 => call().boxed(), 4 => about().boxed()])
}

/// An error of a library without what depends on the order of a hash table: which of several functions is there
/// already, and which of several named arguments is wrong.
pub fn without_choice(value: Value) -> Value {
    let Value::Error(line) = &value else { return value };
    let text = String::from_utf8_lossy(line);
    let named = ["argument given to redis.register_function", "unknown flag given", "flags argument to"];
    if text.starts_with("ERR Function ") && text.ends_with(" already exists") {
        Value::simple("a function exists")
    } else if named.iter().any(|part| text.contains(part)) {
        Value::simple("a wrong argument")
    } else {
        value
    }
}

#[test]
fn functions_answer_as_redis_does() {
    run(command(), 2);
}

#[test]
fn payloads_go_both_ways() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut wire = Wire::connect(&server);
    let mut engine = Engine::new(Settings::default(), Time(0));
    let id = engine.connect("127.0.0.1:1", Time(0));
    let mut ours = |line: Line| match engine.call(id, &line, Time(0)) {
        Called::Reply(value) => value,
        other => panic!("{other:?}"),
    };
    let function = "redis.register_function('f', function() return 'a long answer, a long answer, a long answer' end)";
    let library = Bytes::from(format!("#!lua name=one\n{function}"));
    let load = [words("FUNCTION LOAD"), vec![library]].concat();
    let payload =
        |dump: &Value| [words("FUNCTION RESTORE"), vec![dump.as_bytes().expect("a payload").clone()]].concat();
    assert_eq!(wire.call(&load), Value::bulk("one"));
    let theirs = payload(&wire.call(&words("FUNCTION DUMP")));
    assert_eq!(ours(theirs.clone()), Value::ok());
    assert_eq!(ours(theirs.clone()), wire.call(&theirs));
    assert_eq!(ours(words("FCALL f 0")), wire.call(&words("FCALL f 0")));
    let own = payload(&ours(words("FUNCTION DUMP")));
    for policy in ["FLUSH", "REPLACE", "APPEND", "x"] {
        let line = [own.clone(), words(policy)].concat();
        assert_eq!(wire.call(&line), ours(line.clone()), "{policy}");
    }
    assert_eq!(wire.call(&words("FCALL f 0")), ours(words("FCALL f 0")));
}
