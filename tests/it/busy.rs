//! Scripts and functions that run for too long: who is told what meanwhile, and how they are ended.

use std::cell::{Cell, RefCell};
use std::io::Write;
use std::process::{Command, Stdio};

use bytes::Bytes;
use redlab::engine::{Busy, Called, Caller, ClientId, Engine, Pump, Settings, Time};
use redlab::resp::{Value, split_line};

use crate::doors::running::Running;
use crate::oracle::Wire;
use crate::served::Served;

const SCRIPT_BUSY: &str = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
const FUNCTION_BUSY: &str = "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";
const FOREVER: &str = "while true do end";

fn call(wire: &mut Wire, line: &str) -> Value {
    wire.call(&split_line(line).expect("a line"))
}

fn send_eval(wire: &mut Wire, script: &str) {
    wire.send(&["EVAL", script, "0"].map(|word| Bytes::copy_from_slice(word.as_bytes())));
}

fn error(text: &str) -> Value {
    Value::error(text.to_string())
}

fn text(value: &Value) -> String {
    match value {
        Value::Error(line) => String::from_utf8_lossy(line).into_owned(),
        other => panic!("no error: {other:?}"),
    }
}

/// Sends PING until the answer is that the server is busy.
fn wait_until_busy(wire: &mut Wire) -> Value {
    loop {
        let reply = call(wire, "PING");
        if reply.is_error() {
            return reply;
        }
    }
}

/// A server whose patience is a millisecond.
fn impatient() -> (Served, Wire, Wire) {
    let served = Served::start();
    let (runner, mut other) = (served.connect(), served.connect());
    assert_eq!(call(&mut other, "CONFIG SET busy-reply-threshold 1"), Value::ok());
    (served, runner, other)
}

#[test]
fn others_are_told_busy_until_the_script_is_killed() {
    let (served, mut runner, mut other) = impatient();
    assert_eq!(text(&call(&mut other, "SCRIPT KILL")), "NOTBUSY No scripts in execution right now.");
    for script in [FOREVER, "while true do pcall(function() while true do redis.call('PING') end end) end"] {
        send_eval(&mut runner, script);
        // What comes behind the script waits for its end.
        runner.send(&split_line("ECHO later").expect("a line"));
        assert_eq!(wait_until_busy(&mut other), error(SCRIPT_BUSY));
        for line in ["GET k", "FUNCTION KILL", "FUNCTION STATS", "SHUTDOWN", "SHUTDOWN SAVE", "EVAL 'return 1' 0"] {
            assert_eq!(call(&mut other, line), error(SCRIPT_BUSY), "{line}");
        }
        assert!(text(&call(&mut other, "NONSENSE")).starts_with("ERR unknown command"));
        // Somebody new is let in, says who he is, and is told the same.
        let mut new = served.connect();
        assert!(matches!(call(&mut new, "HELLO 3 SETNAME new"), Value::Map(_)));
        assert_eq!(call(&mut new, "PING"), error(SCRIPT_BUSY));
        assert_eq!(call(&mut new, "SCRIPT KILL"), Value::ok());
        let killed = text(&runner.receive());
        assert!(killed.starts_with("ERR Script killed by user with SCRIPT KILL... script: "), "{killed}");
        assert!(killed.ends_with(", on @user_script:1."), "{killed}");
        assert_eq!(runner.receive(), Value::bulk("later"));
        assert_eq!(call(&mut other, "PING"), Value::simple("PONG"));
        assert_eq!(call(&mut new, "CLIENT GETNAME"), Value::bulk("new"));
        assert_eq!(call(&mut new, "QUIT"), Value::ok());
        assert!(new.is_closed());
    }
}

#[test]
fn functions_are_killed_as_functions() {
    let (_served, mut runner, mut other) = impatient();
    let library = "#!lua name=l\nredis.register_function('forever', function() while true do end end)";
    let load = ["FUNCTION", "LOAD", library].map(|word| Bytes::copy_from_slice(word.as_bytes()));
    assert_eq!(other.call(&load), Value::bulk("l"));
    runner.send(&split_line("fcall forever 1 k a").expect("a line"));
    assert_eq!(wait_until_busy(&mut other), error(FUNCTION_BUSY));
    assert_eq!(call(&mut other, "SCRIPT KILL"), error(FUNCTION_BUSY));
    let stats = call(&mut other, "FUNCTION STATS").into_resp2();
    let running = stats.items().expect("fields")[1].items().expect("what runs").to_vec();
    assert_eq!(running[..3], [Value::bulk("name"), Value::bulk("forever"), Value::bulk("command")]);
    assert_eq!(running[3], Value::bulks(["fcall", "forever", "1", "k", "a"]));
    assert!(matches!(running[5], Value::Integer(ms) if ms >= 1), "{running:?}");
    assert_eq!(call(&mut other, "FUNCTION KILL"), Value::ok());
    assert!(text(&runner.receive()).contains("Script killed by user with SCRIPT KILL... script: forever, on "));
    let stats = call(&mut other, "FUNCTION STATS").into_resp2();
    assert_eq!(stats.items().expect("fields")[1], Value::Null);
}

#[test]
fn a_script_that_has_written_is_not_killed() {
    let (_served, mut runner, mut other) = impatient();
    let until_told = "redis.call('SET', 'k', 'v') \
                      while not string.find(redis.call('CLIENT', 'LIST'), 'name=enough') do end \
                      return redis.call('INCR', 'n')";
    assert_eq!(call(&mut other, "DEBUG SET-DISABLE-DENY-SCRIPTS 1"), Value::ok());
    send_eval(&mut runner, until_told);
    assert_eq!(wait_until_busy(&mut other), error(SCRIPT_BUSY));
    assert!(text(&call(&mut other, "SCRIPT KILL")).starts_with("UNKILLABLE Sorry the script already executed write "));
    assert_eq!(wait_until_busy(&mut other), error(SCRIPT_BUSY));
    call(&mut other, "HELLO 2 SETNAME enough");
    assert_eq!(runner.receive(), Value::Integer(1));
    assert_eq!(call(&mut other, "GET k"), Value::bulk("v"));
}

#[test]
fn no_half_of_a_transaction_runs() {
    let (served, mut runner, mut other) = impatient();
    let (mut before, mut meanwhile, mut pipelined) = (served.connect(), served.connect(), served.connect());
    for line in ["MULTI", "INCR n"] {
        call(&mut before, line);
        call(&mut pipelined, line);
    }
    send_eval(&mut runner, FOREVER);
    wait_until_busy(&mut other);
    let aborted = text(&call(&mut before, "EXEC"));
    assert_eq!(aborted, format!("EXECABORT Transaction discarded because of: {SCRIPT_BUSY}"));
    assert_eq!(call(&mut meanwhile, "WATCH n"), Value::ok());
    assert_eq!(call(&mut meanwhile, "MULTI"), Value::ok());
    assert_eq!(call(&mut meanwhile, "INCR n"), error(SCRIPT_BUSY));
    assert_eq!(call(&mut pipelined, "INCR n"), error(SCRIPT_BUSY));
    assert_eq!(call(&mut other, "SCRIPT KILL"), Value::ok());
    runner.receive();
    for wire in [&mut meanwhile, &mut pipelined] {
        assert_eq!(call(wire, "INCR n"), Value::simple("QUEUED"));
        assert_eq!(text(&call(wire, "EXEC")), "EXECABORT Transaction discarded because of previous errors.");
        assert_eq!(call(wire, "GET n"), Value::Null);
    }
    assert_eq!(text(&call(&mut before, "EXEC")), "ERR EXEC without MULTI");
}

#[test]
fn what_came_in_halves_is_whole_afterwards() {
    let (served, mut runner, mut other) = impatient();
    let (mut halved, mut blocked) = (served.connect(), served.connect());
    blocked.send(&split_line("BLPOP list 0").expect("a line"));
    assert_eq!(call(&mut other, "PING"), Value::simple("PONG"));
    let script = "redis.call('RPUSH', 'list', 'a') redis.call('PUBLISH', 'news', 'hi') \
                  while not string.find(redis.call('CLIENT', 'LIST'), 'name=enough') do end \
                  redis.call('RPUSH', 'list', 'b') return redis.call('LLEN', 'list')";
    assert_eq!(call(&mut other, "DEBUG SET-DISABLE-DENY-SCRIPTS 1"), Value::ok());
    let mut listener = served.connect();
    call(&mut listener, "SUBSCRIBE news");
    send_eval(&mut runner, script);
    wait_until_busy(&mut other);
    // A message goes out at once; whoever waits for a key waits for the end.
    assert_eq!(listener.receive(), Value::bulks(["message", "news", "hi"]));
    halved.send_raw(b"*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nEC");
    assert_eq!(halved.receive(), error(SCRIPT_BUSY));
    call(&mut other, "HELLO 2 SETNAME enough");
    assert_eq!(runner.receive(), Value::Integer(2));
    assert_eq!(blocked.receive(), Value::bulks(["list", "a"]));
    halved.send_raw(b"HO\r\n$2\r\nhi\r\n");
    assert_eq!(halved.receive(), Value::bulk("hi"));
}

#[test]
fn shutdown_nosave_ends_whatever_runs() {
    let mut running = Running::start(&[]);
    let (mut runner, mut other) = (running.connect(), running.connect());
    call(&mut other, "CONFIG SET busy-reply-threshold 1");
    send_eval(&mut runner, "redis.call('SET', 'k', 'v') while true do end");
    wait_until_busy(&mut other);
    other.send(&split_line("SHUTDOWN NOSAVE").expect("a line"));
    assert!(other.is_closed());
    assert!(running.ended().success());
}

#[test]
fn a_signal_ends_a_server_that_is_busy() {
    for signal in ["-TERM", "-INT"] {
        let mut running = Running::start(&[]);
        let (mut runner, mut other) = (running.connect(), running.connect());
        call(&mut other, "CONFIG SET busy-reply-threshold 1");
        send_eval(&mut runner, FOREVER);
        wait_until_busy(&mut other);
        running.terminate(signal);
        assert!(running.ended().success());
    }
}

#[test]
fn unix_sockets_are_answered_meanwhile() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.sock").to_string_lossy().into_owned();
    let running = Running::start(&["--unixsocket", &path]);
    let (mut runner, mut other) = (running.connect(), running.connect());
    call(&mut other, "CONFIG SET busy-reply-threshold 1");
    send_eval(&mut runner, FOREVER);
    wait_until_busy(&mut other);
    let cli = |line: &[&str]| {
        let output = Command::new("redis-cli").args(["-s", &path]).args(line).output().expect("redis-cli is installed");
        String::from_utf8_lossy(&output.stdout).trim().to_string()
    };
    assert_eq!(cli(&["PING"]), SCRIPT_BUSY);
    assert_eq!(cli(&["SCRIPT", "KILL"]), "OK");
    assert!(runner.receive().is_error());
}

/// A pump whose clock goes on by a millisecond whenever it is looked at, and whose client says one line in each turn.
struct Script {
    now: Cell<i64>,
    client: ClientId,
    lines: RefCell<Vec<&'static str>>,
    said: RefCell<Vec<Called>>,
}

impl Pump for Script {
    fn now(&self) -> Time {
        self.now.set(self.now.get() + 1000);
        Time(self.now.get())
    }

    fn is_ending(&self) -> bool {
        self.lines.borrow().is_empty()
    }

    fn turn(&self, server: &mut Busy<'_>) {
        assert!(server.state().running.as_ref().is_some_and(|running| running.is_busy));
        let Some(line) = self.lines.borrow_mut().pop() else { return };
        self.said.borrow_mut().push(server.call(self.client, &split_line(line).expect("a line")));
    }
}

#[test]
fn the_same_pump_gives_the_same_replies() {
    let mut engine = Engine::new(Settings { script_time_limit_ms: 10, ..Settings::default() }, Time(0));
    let ids = [engine.connect("a", Time(0)), engine.connect("b", Time(0))];
    let mut eval = |script: &str, lines: &[&'static str]| {
        let lines = RefCell::new(lines.iter().rev().copied().collect());
        let pump = Script { now: Cell::new(0), client: ids[1], lines, said: RefCell::default() };
        let argv = ["EVAL", script, "0"].map(|word| Bytes::copy_from_slice(word.as_bytes()));
        let Called::Reply(reply) = engine.call_by(Caller { id: ids[0], now: Time(0), pump: Some(&pump) }, &argv) else {
            panic!("one reply");
        };
        assert!(engine.state().running.is_none());
        (reply, pump.said.into_inner(), pump.now.get())
    };
    let ok = Called::Reply(Value::ok());
    for _ in 0..3 {
        let (reply, said, at) = eval(FOREVER, &["GET k", "SCRIPT KILL", "PING"]);
        assert!(text(&reply).starts_with("ERR Script killed by user"));
        assert_eq!(said, [Called::Reply(error(SCRIPT_BUSY)), ok.clone()]);
        assert_eq!(at, 12_000);
    }
    // Whoever ends the server ends what has written, too; what runs for a short time meets nobody.
    let (reply, said, _) = eval("redis.call('SET', 'k', 'v') while true do end", &["SCRIPT KILL"]);
    assert!(text(&reply).starts_with("ERR Script killed by user"));
    assert!(matches!(&said[..], [Called::Reply(refused)] if text(refused).starts_with("UNKILLABLE ")));
    let (reply, said, _) = eval("for i = 1, 15000 do end return redis.call('GET', 'k')", &["PING"]);
    assert_eq!((reply, said), (Value::bulk("v"), Vec::new()));
    let (reply, said, _) = eval("local t = redis.call('TIME') return {t[1], t[2]}", &["PING"]);
    assert_eq!((reply, said), (Value::bulks(["0", "2000"]), Vec::new()));
}

/// Sends SCRIPT KILL through an encrypted connection that is there already.
#[test]
fn encrypted_connections_are_answered_meanwhile() {
    let Some(folder) = crate::doors::tls::certificates() else { return };
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (ca, cert, key) = (file("ca.pem"), file("server.pem"), file("server.key"));
    let running = Running::start(&["--tls-cert", &cert, "--tls-key", &key, "--tls-port", "0"]);
    let port = running.greeting.split("TLS on 127.0.0.1:").nth(1).expect("a second port");
    let port = port.split(':').next().expect("a port").trim();
    let mut cli = Command::new("redis-cli");
    cli.args(["--tls", "--cacert", &ca, "-p", port]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = cli.spawn().expect("redis-cli is installed");
    let mut typed = child.stdin.take().expect("a pipe");
    writeln!(typed, "CONFIG SET busy-reply-threshold 1").expect("it reads");
    let (mut runner, mut other) = (running.connect(), running.connect());
    while call(&mut other, "CONFIG GET busy-reply-threshold") != Value::bulks(["busy-reply-threshold", "1"]) {}
    send_eval(&mut runner, FOREVER);
    wait_until_busy(&mut other);
    writeln!(typed, "PING\nSCRIPT KILL").expect("it reads");
    assert!(text(&runner.receive()).contains("killed by user"));
    drop(typed);
    let output = child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(told.split_whitespace().collect::<Vec<_>>().join(" "), format!("OK {SCRIPT_BUSY} OK"));
}
