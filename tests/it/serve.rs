//! The engine behind a port, as clients see it.

use std::process::Command;

use bytes::Bytes;
use redlab::resp::{Value, split_line};

use crate::oracle::Wire;
use crate::served::Served;

fn call(wire: &mut Wire, line: &str) -> Value {
    wire.call(&split_line(line).expect("a line"))
}

fn bulk(text: &'static str) -> Value {
    Value::bulk(text)
}

#[test]
fn a_pipeline_is_answered_in_order() {
    let served = Served::start();
    let mut wire = served.connect();
    for n in 0..500 {
        wire.send(&split_line(&format!("SET key:{n} {n}")).expect("a line"));
        wire.send(&split_line(&format!("GET key:{n}")).expect("a line"));
    }
    for n in 0..500 {
        assert_eq!(wire.receive(), Value::ok());
        assert_eq!(wire.receive(), Value::text(n));
    }
}

#[test]
fn a_script_may_wait_for_a_moment() {
    let served = Served::start();
    let mut wire = served.connect();
    let mut eval = |body: &str| {
        let clock = "local function now() local t = redis.call('TIME') return t[1] * 1000000 + t[2] end";
        let argv = ["EVAL", &format!("{clock} local first = now() {body} return now() - first"), "0"];
        wire.call(&argv.map(|word| Bytes::copy_from_slice(word.as_bytes())))
    };
    for body in ["while now() < first + 20000 do end", "while now() < first + 20000 do redis.call('GET', 'k') end"] {
        let passed = eval(body);
        assert!(matches!(passed, Value::Integer(us) if us >= 20_000), "{body}: {passed:?}");
    }
}

#[test]
fn messages_reach_subscribers_in_their_protocol() {
    let served = Served::start();
    let (mut old, mut new, mut sender) = (served.connect(), served.connect(), served.connect());
    call(&mut new, "HELLO 3");
    let joined = |first| vec![bulk("subscribe"), bulk("news"), Value::Integer(first)];
    assert_eq!(call(&mut old, "SUBSCRIBE news"), Value::Array(joined(1)));
    assert_eq!(call(&mut new, "SUBSCRIBE news"), Value::Push(joined(1)));
    assert_eq!(call(&mut sender, "PUBLISH news hi"), Value::Integer(2));
    let message = vec![bulk("message"), bulk("news"), bulk("hi")];
    assert_eq!(old.receive(), Value::Array(message.clone()));
    assert_eq!(new.receive(), Value::Push(message));
}

/// Waits until the list of clients shows so many blocked ones.
fn wait_for_blocked(wire: &mut Wire, count: usize) {
    loop {
        let list = call(wire, "CLIENT LIST");
        let text = String::from_utf8_lossy(list.as_bytes().expect("a text")).into_owned();
        if text.lines().filter(|line| line.contains(" flags=b ")).count() == count {
            return;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_pause_holds_writes_back_until_it_is_ended() {
    let served = Served::start();
    let (mut one, mut other) = (served.connect(), served.connect());
    assert_eq!(call(&mut one, "CLIENT PAUSE 1000000 WRITE"), Value::ok());
    other.send(&split_line("SET a 1").expect("a line"));
    other.send(&split_line("GET a").expect("a line"));
    wait_for_blocked(&mut one, 1);
    assert_eq!(call(&mut one, "GET a"), Value::Null);
    assert_eq!(call(&mut one, "CLIENT UNPAUSE"), Value::ok());
    assert_eq!((other.receive(), other.receive()), (Value::ok(), bulk("1")));
}

#[test]
fn a_pause_ends_by_itself() {
    let served = Served::start();
    let mut wire = served.connect();
    assert_eq!(call(&mut wire, "CLIENT PAUSE 20"), Value::ok());
    assert_eq!(call(&mut wire, "SET a 1"), Value::ok());
}

#[test]
fn quit_and_kill_close_the_connection() {
    let mut served = Served::start();
    let (mut one, mut other, mut last) = (served.connect(), served.connect(), served.connect());
    let id = call(&mut one, "CLIENT ID");
    let Value::Integer(id) = id else { panic!("{id:?}") };
    assert_eq!(call(&mut other, &format!("CLIENT KILL ID {id}")), Value::Integer(1));
    assert!(one.is_closed());
    assert_eq!(call(&mut other, "QUIT"), Value::ok());
    assert!(other.is_closed());
    assert_eq!(call(&mut last, "PING"), Value::simple("PONG"));
    served.stop();
    assert!(last.is_closed());
}

#[test]
fn bytes_that_are_no_command_are_refused() {
    let served = Served::start();
    let mut wire = served.connect();
    wire.send_raw(b"*1\r\n+x\r\n");
    assert_eq!(wire.receive(), Value::error("ERR Protocol error: expected '$', got '+'"));
    assert!(wire.is_closed());
}

#[test]
fn redis_cli_talks_to_it() {
    let served = Served::start();
    let port = served.address().port().to_string();
    let run = |arguments: &[&str]| Command::new("redis-cli").args(["-p", &port]).args(arguments).output();
    // Without redis-cli there is nothing to see.
    let Ok(set) = run(&["SET", "greeting", "hello"]) else { return };
    assert_eq!(String::from_utf8_lossy(&set.stdout), "OK\n");
    let get = run(&["-3", "GET", "greeting"]).expect("redis-cli runs");
    assert_eq!(String::from_utf8_lossy(&get.stdout), "hello\n");
}
