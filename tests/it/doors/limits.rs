//! Limits: who comes too many, says nothing, says too much, or does not listen.

use std::time::{Duration, Instant};

use redlab::resp::{Value, split_line};

use super::running::Running;
use super::{call, send};
use crate::oracle::Wire;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn listed(wire: &mut Wire, name: &str) -> Option<String> {
    let list = call(wire, "CLIENT LIST");
    let text = String::from_utf8_lossy(list.as_bytes().expect("a text")).into_owned();
    text.lines().find(|line| line.contains(&format!(" name={name} "))).map(str::to_string)
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what} never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn more_clients_than_may_come_are_sent_away() {
    let running = Running::start(&["--maxclients", "2"]);
    let (mut one, mut two) = (running.connect(), running.connect());
    assert_eq!((call(&mut one, "PING"), call(&mut two, "PING")), (Value::simple("PONG"), Value::simple("PONG")));
    let mut three = running.connect();
    assert_eq!(three.receive(), Value::error("ERR max number of clients reached"));
    assert!(three.is_closed());
    drop(two);
    until("a free place", || {
        let mut next = running.connect();
        send(&mut next, "PING");
        next.receive_some(1) == [Value::simple("PONG")]
    });
    assert_eq!(call(&mut one, "CONFIG SET maxclients 100"), Value::ok());
    let many: Vec<Value> = (0..50).map(|_| running.connect()).map(|mut wire| call(&mut wire, "PING")).collect();
    assert!(many.iter().all(|reply| *reply == Value::simple("PONG")));
}

#[test]
fn who_says_nothing_is_put_out() {
    let running = Running::start(&["--timeout", "1"]);
    let mut slow = running.connect();
    let (mut blocked, mut listener) = (running.connect(), running.connect());
    call(&mut listener, "SUBSCRIBE news");
    send(&mut blocked, "BLPOP jobs 0");
    let mut silent = running.connect();
    assert_eq!(call(&mut silent, "PING"), Value::simple("PONG"));
    // A byte now and then is no command.
    slow.send_raw(b"*");
    assert!(silent.is_closed());
    assert!(slow.is_closed());
    let mut other = running.connect();
    assert_eq!(call(&mut other, "PUBLISH news hi"), Value::Integer(1));
    assert_eq!(call(&mut other, "RPUSH jobs one"), Value::Integer(1));
    assert_eq!(blocked.receive().items().map(<[Value]>::len), Some(2));
    assert_eq!(listener.receive().items().map(<[Value]>::len), Some(3));
}

#[test]
fn who_says_too_much_is_put_out() {
    let running = Running::start(&[]);
    let mut admin = running.connect();
    assert_eq!(call(&mut admin, "CONFIG SET client-query-buffer-limit 1mb"), Value::ok());
    let mut wire = running.connect();
    wire.send_raw(b"*2\r\n$4\r\nECHO\r\n$4000000\r\n");
    let chunk = [b'x'; 64 * 1024];
    // It may be put out before all is sent.
    let sent = (0..60).take_while(|_| wire.try_send_raw(&chunk)).count();
    assert!(sent < 60 || wire.is_gone());
    assert_eq!(call(&mut admin, "CONFIG SET proto-max-bulk-len 1mb"), Value::ok());
    let mut wire = running.connect();
    wire.send_raw(b"*2\r\n$4\r\nECHO\r\n$1048577\r\n");
    assert_eq!(wire.receive(), Value::error("ERR Protocol error: invalid bulk length"));
    assert!(wire.is_closed());
}

#[test]
fn a_stranger_may_say_little() {
    let running = Running::start(&["--requirepass", "s3cret"]);
    for (bytes, told) in [
        (&b"*11\r\n"[..], "ERR Protocol error: unauthenticated multibulk length"),
        (b"*1\r\n$16385\r\n", "ERR Protocol error: unauthenticated bulk length"),
    ] {
        let mut wire = running.connect();
        wire.send_raw(bytes);
        assert_eq!(wire.receive(), Value::error(told));
        assert!(wire.is_closed());
    }
    let mut wire = running.connect();
    call(&mut wire, "AUTH s3cret");
    wire.send_raw(format!("*2\r\n$4\r\nECHO\r\n$20000\r\n{}\r\n", "x".repeat(20_000)).as_bytes());
    assert_eq!(wire.receive().as_bytes().map(|bytes| bytes.len()), Some(20_000));
}

#[test]
fn a_subscriber_that_does_not_read_is_cut_off_at_once_or_after_a_while() {
    for limit in ["pubsub 1mb 0 0", "pubsub 0 1mb 1"] {
        let running = Running::start(&[]);
        let mut sender = running.connect();
        call(&mut sender, &format!("CONFIG SET client-output-buffer-limit \"{limit}\""));
        let mut deaf = running.connect();
        call(&mut deaf, "CLIENT SETNAME deaf");
        call(&mut deaf, "SUBSCRIBE news");
        let message = split_line(&format!("PUBLISH news {}", "x".repeat(100_000))).expect("a line");
        let mut most = 0;
        until("the end of the deaf one", || {
            sender.call(&message);
            let Some(line) = listed(&mut sender, "deaf") else { return true };
            let waiting: usize = line
                .split("omem=")
                .nth(1)
                .and_then(|rest| rest.split(' ').next())
                .map_or(0, |n| n.parse().expect("a number"));
            most = most.max(waiting);
            false
        });
        assert!(limit.ends_with('1') || most < 1_200_000, "{limit}: {most}");
        assert_eq!(call(&mut sender, "PUBLISH news x"), Value::Integer(0));
    }
}

#[test]
fn who_does_not_read_replies_costs_the_others_nothing() {
    let running = Running::start(&[]);
    let (mut other, mut deaf) = (running.connect(), running.connect());
    other.call(&split_line(&format!("SET large {}", "x".repeat(1_000_000))).expect("a line"));
    call(&mut deaf, "CLIENT SETNAME deaf");
    // Far more than sockets hold: its commands wait to be run until it reads.
    for _ in 0..500 {
        send(&mut deaf, "GET large");
    }
    for n in 0..100 {
        assert_eq!(call(&mut other, "INCR n"), Value::Integer(n + 1));
    }
    let line = listed(&mut other, "deaf").expect("it is still there");
    let waiting: usize =
        line.split("omem=").nth(1).and_then(|rest| rest.split(' ').next()).map_or(0, |n| n.parse().expect("a number"));
    assert!(waiting < 8_000_000, "{line}");
    for _ in 0..500 {
        assert_eq!(deaf.receive().as_bytes().map(|bytes| bytes.len()), Some(1_000_000));
    }
}

#[test]
fn a_reply_beyond_the_limit_is_not_written() {
    let running = Running::start(&[]);
    let (mut admin, mut wire) = (running.connect(), running.connect());
    admin.call(&split_line(&format!("SET large {}", "x".repeat(200_000))).expect("a line"));
    call(&mut admin, "CONFIG SET client-output-buffer-limit \"normal 100000 0 0\"");
    send(&mut wire, "MULTI");
    send(&mut wire, "SET k done");
    send(&mut wire, "GET large");
    send(&mut wire, "EXEC");
    assert_eq!(wire.receive_some(10).iter().filter(|value| value.items().is_some()).count(), 0);
    assert_eq!(call(&mut admin, "GET k"), Value::bulk("done"));
}
