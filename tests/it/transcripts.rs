//! The same lines at the bundled engine and at a real server: what random programs seldom meet.

use redlab::engine::{Called, Engine, Settings, Time};
use redlab::resp::{Value, split_line};
use redlab::target::LocalServer;

use crate::oracle::Wire;

/// The answers of the engine, each command of which takes a microsecond.
fn ours(lines: &[&str]) -> Vec<Value> {
    let mut engine = Engine::new(Settings::default(), Time(1));
    let id = engine.connect("127.0.0.1:1", Time(1));
    let answer = |line: &&str| {
        let words = split_line(line).expect("a line");
        let called = engine.call(id, &words, Time(1));
        engine.report_duration(id, &words, 1, Time(1));
        match called {
            Called::Reply(value) => value,
            other => panic!("{line}: {other:?}"),
        }
    };
    lines.iter().map(answer).collect()
}

fn theirs(lines: &[&str]) -> Vec<Value> {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut wire = Wire::connect(&server);
    lines.iter().map(|line| wire.call(&split_line(line).expect("a line"))).collect()
}

fn check(lines: &[&str]) {
    for ((line, ours), theirs) in lines.iter().zip(ours(lines)).zip(theirs(lines)) {
        assert_eq!(ours.into_resp2(), theirs, "{line}");
    }
}

/// The commands in an answer of SLOWLOG GET, the latest first.
fn commands(value: &Value) -> Vec<Value> {
    let entries = value.items().expect("entries").iter();
    entries.map(|entry| entry.items().expect("an entry")[3].clone()).collect()
}

#[test]
fn secrets_are_redacted_in_the_slow_log() {
    let lines = [
        "CONFIG SET slowlog-log-slower-than 0 slowlog-max-len 100",
        "ACL SETUSER alice on >secret ~* +@all",
        "ACL SETUSER alice >not good",
        "ACL DELUSER alice",
        "AUTH secret",
        "AUTH nobody secret",
        "AUTH a b c",
        "HELLO 2 AUTH default secret SETNAME me",
        "HELLO 2 SETNAME AUTH AUTH default secret",
        "HELLO 2 SETNAME me what AUTH default secret",
        "HELLO 2 AUTH secret",
        "HELLO 9 AUTH default secret",
        "CONFIG SET maxclients 100 masterauth secret masteruser me",
        "CONFIG SET masterauth secret nosuch x masteruser y",
        "SLOWLOG GET 100",
    ];
    let (ours, theirs) = (ours(&lines), theirs(&lines));
    let [Some(ours), Some(theirs)] = [ours, theirs].map(|answers| answers.last().map(commands)) else {
        panic!("there is a last line")
    };
    assert_eq!(ours, theirs);
}

#[test]
fn what_a_library_keeps_lasts_from_call_to_call() {
    check(&[
        "FUNCTION LOAD \"#!lua name=a\\nlocal n = 0\\nlocal t = {}\\nredis.register_function('next', function(k, a) n = n + 1 t[#t + 1] = a[1] return {n, table.concat(t, ',')} end)\\nredis.register_function('n', function() return n end)\"",
        "FCALL next 0 x",
        "FCALL next 0 y",
        "FCALL n 0",
        "EVAL \"return 1\" 0",
        "FUNCTION LOAD \"#!lua name=b\\nlocal n = 10\\nredis.register_function('other', function() n = n + 1 return n end)\"",
        "FCALL other 0",
        "FCALL next 0 z",
        "FCALL other 0",
        "FUNCTION LOAD REPLACE \"#!lua name=b\\nlocal n = 10\\nredis.register_function('other', function() n = n + 1 return n end)\"",
        "FCALL other 0",
        "FCALL next 0 z",
        "FUNCTION DELETE a",
        "FCALL next 0 z",
        "FCALL other 0",
        "FUNCTION FLUSH",
        "FUNCTION LOAD \"#!lua name=b\\nlocal n = 10\\nredis.register_function('other', function() n = n + 1 return n end)\"",
        "FCALL other 0",
    ]);
}

#[test]
fn errors_of_lua_tell_the_name_and_the_place_that_they_have_in_redis() {
    check(&[
        "EVAL \"return {pcall(struct.pack, 'i')}\" 0",
        "EVAL \"local p = struct.pack return {pcall(function() p('i') end)}\" 0",
        "EVAL \"return {pcall(function() struct.pack('i') end)}\" 0",
        "EVAL \"return {pcall(function() return struct.unpack('i') end)}\" 0",
        "EVAL \"return {pcall(struct.pack, 'y')}\" 0",
        "EVAL \"return {pcall(cjson.decode)}\" 0",
        "EVAL \"return {pcall(bit.band)}\" 0",
        "EVAL \"return {pcall(cmsgpack.pack)}\" 0",
        "EVAL \"return {pcall(cmsgpack.unpack)}\" 0",
        "EVAL \"return {pcall(math.random, 0)}\" 0",
        "EVAL \"return {pcall(coroutine.wrap(function() return nope end))}\" 0",
        "EVAL \"local f = coroutine.wrap(function() error('x') end) return {pcall(function() f() end)}\" 0",
        "EVAL \"local f = coroutine.wrap(function() error(5) end) return {pcall(function() f() end)}\" 0",
        "EVAL \"local f = coroutine.wrap(function() return nope end) return {pcall(function() f() end)}\" 0",
        "EVAL \"local f = coroutine.wrap(function() return redis.call('x') end) return {pcall(function() f() end)}\" 0",
        "EVAL \"local f = coroutine.wrap(function() error({err = 'MY x'}) end) return {pcall(function() f() end)}\" 0",
        "EVAL \"local f = coroutine.wrap(function() error('x') end) f()\" 0",
        "EVAL \"local f = coroutine.wrap(function() return nope end) f()\" 0",
        "EVAL \"local f = coroutine.wrap(function() return 1 end) f() f()\" 0",
        "EVAL \"local f = coroutine.wrap(function() redis.call('nosuch') end) f()\" 0",
        "EVAL \"local f = coroutine.wrap(5)\" 0",
        "EVAL \"local f = coroutine.wrap(function(a, b) local c = coroutine.yield(a + b) return c, 'end' end) return {f(1, 2), f(7)}\" 0",
    ]);
}
