//! redis-cli's options, statuses and complaints.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::side::{Said, Side, assert_same, programs};

#[test]
fn options_do_what_redis_clis_do() {
    let side = Side::new(&[]);
    let cases: [(&[&str], &[u8]); 22] = [
        (&["-r", "3", "INCR", "x"], b""),
        (&["-r", "0", "INCR", "x"], b""),
        (&["-r", "2", "-i", "0.01", "PING"], b""),
        (&["-e", "NOSUCH"], b""),
        (&["-e", "--no-raw", "GET", "a", "b"], b""),
        (&["-x", "SET", "k"], b"from\ninput\xff"),
        (&["-X", "tag", "SET", "k", "tag"], b"from input"),
        (&["-X", "tag", "SET", "k", "other"], b"from input"),
        (&["--quoted-input", "ECHO", r#""a\x41\n""#], b""),
        (&["--quoted-input", "ECHO", r#""a"#], b""),
        (&["--quoted-input", "ECHO", "two words"], b""),
        (&["-n", "3", "CONFIG", "GET", "databases"], b""),
        (&["-n", "99", "PING"], b""),
        (&["-n", "2", "-n", "4", "PING"], b""),
        (&["-d", "--", "-D", "==", "CONFIG", "GET", "max*"], b""),
        (&["-a", "wrong", "PING"], b""),
        (&["-a", "wrong", "--no-auth-warning", "PING"], b""),
        (&["--user", "nosuch", "--pass", "x", "PING"], b""),
        (&["--verbose", "PING"], b""),
        (&["SET", "k", "-1"], b""),
        (&["--raw", "--no-raw", "ECHO", "-x"], b""),
        (&["SHUTDOWN", "ABORT"], b""),
    ];
    for (arguments, input) in cases {
        // redis-cli takes the last of --raw, --no-raw; ours lets --no-raw win.
        side.same("exec", arguments, input);
    }
    for lines in ["QUIT\nPING\n", "PING\nquit\nPING", "PING", "exit now\nPING\n", "\n\n", ""] {
        side.same("repl", &[], lines.as_bytes());
    }
}

#[test]
fn passwords_are_taken_from_where_redis_cli_takes_them() {
    let side = Side::new(&["--requirepass", "right"]);
    let both = |arguments: &[&str], from_environment: Option<&str>| {
        let said = programs().map(|program| {
            let ours = program[0] != "redis-cli";
            let mut command = Command::new(&program[0]);
            if ours {
                command.arg("exec");
            }
            command.env_remove("REDISCLI_AUTH").envs(from_environment.map(|secret| ("REDISCLI_AUTH", secret)));
            let output = command.args(["-p", &side.port()]).args(arguments).output().expect("it runs");
            Said { out: output.stdout, err: output.stderr, status: output.status.code().unwrap_or(-1) }
        });
        assert_same(&said[0], &said[1], &format!("{arguments:?}"));
        said[0].out.clone()
    };
    assert_eq!(both(&["PING"], Some("right")), b"PONG\n");
    assert_eq!(both(&["-a", "right", "PING"], Some("wrong")), b"PONG\n");
    assert_eq!(both(&["-a", "right", "--no-auth-warning", "--user", "default", "PING"], None), b"PONG\n");
    let url = format!("redis://default:right@127.0.0.1:{}/2", side.port());
    assert_eq!(both(&["-u", &url, "PING"], None), b"PONG\n");
    assert!(both(&["PING"], None).starts_with(b"NOAUTH"));
    assert!(both(&["-3", "PING"], Some("wrong")).starts_with(b"NOAUTH"));
}

#[test]
fn nobody_there_is_said_as_redis_cli_says_it() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port().to_string();
    drop(listener);
    for (arguments, lines) in [
        (&["-p", &port, "PING"][..], false),
        (&["-s", "/nonexistent/redis.sock", "PING"], false),
        (&["-p", &port], true),
    ] {
        let said = programs().map(|program| {
            let ours = program[0] != "redis-cli";
            let mut command = Command::new(&program[0]);
            if ours {
                command.arg(if lines { "repl" } else { "exec" });
            }
            let output = command.args(arguments).stdin(Stdio::null()).output().expect("it runs");
            Said { out: output.stdout, err: output.stderr, status: output.status.code().unwrap_or(-1) }
        });
        assert_same(&said[0], &said[1], &format!("{arguments:?}"));
    }
}

#[test]
fn each_line_is_answered_before_the_next_one_is_there() {
    let side = Side::new(&[]);
    let [_, redlab] = programs();
    let mut child = Command::new(&redlab[0])
        .args(["repl", "-p", &side.port()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let (mut stdin, stdout) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
    let mut replies = BufReader::new(stdout).lines();
    for n in 1..=3 {
        writeln!(stdin, "INCR n").expect("it reads");
        assert_eq!(replies.next().expect("a reply").expect("text"), n.to_string());
    }
    drop(stdin);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn subscribers_and_watchers_in_a_pipe_print_what_comes() {
    let side = Side::new(&[]);
    for (first, form) in [("SUBSCRIBE ch other\n", "--raw"), ("PSUBSCRIBE c*\n", "--no-raw"), ("SUBSCRIBE ch\n", "-3")]
    {
        let said = programs().map(|program| {
            let mut command = Command::new(&program[0]);
            if program[0] != "redis-cli" {
                command.arg("repl");
            }
            command.args(["-p", &side.port(), form]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
            let mut child = command.spawn().expect("it runs");
            let mut stdin = child.stdin.take().expect("a pipe");
            stdin.write_all(first.as_bytes()).expect("it reads");
            let mut wire = super::super::oracle::Wire::connect(&side.server);
            let publish = redlab::resp::split_line("PUBLISH ch \"hello\\n\\xff\"").expect("a line");
            loop {
                wire.send(&publish);
                if wire.receive() == redlab::resp::Value::Integer(1) {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            // The server ends the conversation, after all has been sent.
            wire.send(&redlab::resp::split_line("CLIENT KILL TYPE pubsub").expect("a line"));
            wire.receive();
            let output = child.wait_with_output().expect("it ends");
            Said { out: output.stdout, err: Vec::new(), status: output.status.code().unwrap_or(-1) }
        });
        assert!(said[0].out.len() > 20, "{said:?}");
        assert_same(&said[0], &said[1], first);
    }
}
