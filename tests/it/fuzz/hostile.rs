//! Clients that mean harm, against the binary behind a port.

use redlab::resp::{Value, split_line};

use crate::doors::running::Running;
use crate::oracle::Wire;

fn call(wire: &mut Wire, line: &str) -> Value {
    wire.call(&split_line(line).expect("a line"))
}

/// Kilobytes of memory that the server has.
fn memory_kb(running: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kb| kb.parse().ok()).unwrap_or(0)
}

#[test]
fn promised_bytes_are_not_set_aside() {
    let running = Running::start(&[]);
    let mut other = running.connect();
    assert_eq!(call(&mut other, "SET k v"), Value::ok());
    let before = memory_kb(&running);
    let mut promising: Vec<Wire> = (0..100).map(|_| running.connect()).collect();
    for (n, wire) in promising.iter_mut().enumerate() {
        let promise = if n % 2 == 0 { "*2\r\n$4\r\nECHO\r\n$536870912\r\nx" } else { "*2147483647\r\n$4\r\nMGET\r\n" };
        wire.send_raw(promise.as_bytes());
    }
    for _ in 0..100 {
        assert_eq!(call(&mut other, "GET k"), Value::bulk("v"));
    }
    let grown = memory_kb(&running).saturating_sub(before);
    assert!(grown < 20_000, "{grown} kB");
}

#[test]
fn a_thousand_slow_clients_cost_little() {
    let running = Running::start(&[]);
    let mut other = running.connect();
    assert_eq!(call(&mut other, "SET k v"), Value::ok());
    let before = memory_kb(&running);
    let mut slow: Vec<Wire> = (0..1000).map(|_| running.connect()).collect();
    for byte in b"*2\r\n$3\r\nGE" {
        slow.iter_mut().for_each(|wire| wire.send_raw(&[*byte]));
        assert_eq!(call(&mut other, "GET k"), Value::bulk("v"));
    }
    let grown = memory_kb(&running).saturating_sub(before);
    assert!(grown < 64_000, "{grown} kB");
    slow[7].send_raw(b"T\r\n$1\r\nk\r\n");
    assert_eq!(slow[7].receive(), Value::bulk("v"));
}

#[test]
fn nesting_is_refused() {
    let running = Running::start(&[]);
    let mut wire = running.connect();
    wire.try_send_raw("*1\r\n".repeat(1_000_000).as_bytes());
    assert_eq!(wire.receive(), Value::error("ERR Protocol error: expected '$', got '*'"));
    let mut wire = running.connect();
    for script in [
        "return cjson.decode(string.rep('[', 1000000))",
        "return cmsgpack.unpack(string.rep(string.char(0x91), 1000000))",
        "local t = {} for i = 1, 100000 do t = {t} end return cjson.encode(t)",
        "local function f() return 1 + f() end return f()",
        "return loadstring('return ' .. string.rep('(', 100000) .. '1' .. string.rep(')', 100000))()",
    ] {
        let reply = wire.call(&["EVAL".into(), script.into(), "0".into()]);
        assert!(reply.is_error(), "{script}: {:.200}", format!("{reply:?}"));
    }
    assert_eq!(call(&mut wire, "PING"), Value::simple("PONG"));
}

#[test]
fn scripts_without_end_can_be_ended() {
    let running = Running::start(&[]);
    let (mut wire, mut other) = (running.connect(), running.connect());
    assert_eq!(call(&mut wire, "CONFIG SET busy-reply-threshold 1"), Value::ok());
    for script in [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "while true do redis.pcall('GET', 'k') end",
        "local c = coroutine.wrap(function() while true do end end) return c()",
        "for i = 1, 1e300 do local s = 'x' .. i end",
    ] {
        wire.send(&["EVAL".into(), script.into(), "0".into()]);
        while call(&mut other, "SCRIPT KILL") != Value::ok() {}
        let reply = wire.receive();
        assert!(reply.is_error(), "{script}: {reply:?}");
        assert_eq!(call(&mut wire, "PING"), Value::simple("PONG"), "{script}");
    }
}

#[test]
fn scripts_that_take_all_memory_are_ended() {
    let running = Running::start(&[]);
    let mut wire = running.connect();
    for script in [
        "local t = {} while true do t[#t + 1] = string.rep('x', 1000000) .. #t end",
        "return string.rep('x', 2e9)",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} for i = 1, 1e12 do t[i] = {i} end return #t",
        "return table.concat({string.rep('x', 1e9), string.rep('y', 1e9), string.rep('z', 1e9)})",
    ] {
        let reply = wire.call(&["EVAL".into(), script.into(), "0".into()]);
        assert!(reply.is_error(), "{script}: {:.100}", format!("{reply:?}"));
        assert_eq!(call(&mut wire, "PING"), Value::simple("PONG"), "{script}");
    }
    let kb = memory_kb(&running);
    assert!(kb < 1_500_000, "{kb} kB");
}

#[test]
fn replies_without_measure_are_refused() {
    let running = Running::start(&[]);
    let mut wire = running.connect();
    for line in ["SADD s a", "HSET h a b", "ZADD z 1 a", "SET k v"] {
        call(&mut wire, line);
    }
    for line in [
        "SRANDMEMBER s -9223372036854775807",
        "SRANDMEMBER s -999999999",
        "HRANDFIELD h -999999999 WITHVALUES",
        "ZRANDMEMBER z -999999999 WITHSCORES",
        "SETRANGE k 536870912 x",
        "SETBIT k 4294967296 1",
        "LPOP k 9223372036854775807",
        "BITFIELD k SET u8 4294967296 1",
    ] {
        assert!(call(&mut wire, line).is_error(), "{line}");
    }
    assert_eq!(call(&mut wire, "PING"), Value::simple("PONG"));
    assert!(memory_kb(&running) < 500_000);
}
