//! The question before a typed command that could change what is somebody's on a live server.

use std::path::Path;

use redlab::resp::{Value, split_line};

use super::super::oracle::Wire;
use super::super::repl_terminal::{ask, folder, ready, sized};
use super::side::Side;
use crate::screens::terminal::Pty;

struct Guarded {
    side: Side,
    pty: Pty,
    prompt: String,
    _state: tempfile::TempDir,
}

impl Guarded {
    /// A server with somebody's keys in it, and a prompt on it.
    fn new(arguments: &[&str]) -> Guarded {
        let side = Side::new(&[]);
        let state = folder();
        let prompt = format!("127.0.0.1:{}>", side.port());
        let pty = prompt_on(&side, state.path(), arguments);
        let guarded = Guarded { side, pty, prompt, _state: state };
        for line in ["SET theirs 1", "HSET profile name Ann age 30", "RPUSH queue a b c"] {
            assert!(!guarded.elsewhere(line).is_error(), "{line}");
        }
        guarded
    }

    /// Another client's command.
    fn elsewhere(&self, line: &str) -> Value {
        let mut wire = Wire::connect(&self.side.server);
        wire.send(&split_line(line).expect("a line"));
        wire.receive()
    }

    fn has(&self, key: &str) -> bool {
        self.elsewhere(&format!("EXISTS {key}")) == Value::Integer(1)
    }

    fn ask(&mut self, line: &str, answer: &str) {
        let prompt = self.prompt.clone();
        ask(&mut self.pty, &prompt, line, answer);
    }

    /// Answers the question that stands there.
    fn say(&mut self, word: &str, then: &str) {
        self.pty.wait("a question", |screen| super::super::repl_terminal::last(screen).starts_with("Send it?"));
        self.pty.press(word);
        self.pty.wait_for(then);
        let prompt = self.prompt.clone();
        ready(&mut self.pty, &prompt);
        // Each question has a screen of its own.
        self.pty.press("clear\r");
        self.pty.wait("an empty screen", |screen| screen.trim() == prompt);
    }
}

fn prompt_on(side: &Side, state: &Path, arguments: &[&str]) -> Pty {
    sized((100, 24), state, &[&["-p", &side.port()], arguments].concat())
}

#[test]
fn keys_of_others_are_asked_about_and_named() {
    let mut guarded = Guarded::new(&[]);
    guarded.ask("DEL profile theirs", "DEL removes profile (hash, 2 fields), theirs (string, 1 byte), which");
    guarded.say("\r", "not sent");
    assert!(guarded.has("profile") && guarded.has("theirs"));
    guarded.ask("SET theirs 2", "SET replaces theirs (string, 1 byte), which redlab did not create.");
    guarded.say("\u{3}", "not sent");
    guarded.ask("RPUSH queue d", "RPUSH may change queue (list, 3 elements)");
    guarded.say("PING\r", "not sent");
    assert_eq!(guarded.elsewhere("LLEN queue"), Value::Integer(3));
    guarded.ask("DEL profile", "[y/N, a: yes, and always for this]");
    guarded.say("y\r", "(integer) 1");
    assert!(!guarded.has("profile"));
    // What redlab has created since is its own.
    guarded.ask("HSET profile name Bob", "(integer) 1");
    guarded.ask("HSET profile name Cid", "(integer) 0");
    guarded.ask("LPOP queue", "Send it?");
    guarded.say("a\r", "\"a\"");
    guarded.ask("LPOP queue", "\"b\"");
    guarded.ask("SET theirs 1 NX", "(nil)");
}

#[test]
fn what_redlab_creates_is_not_asked_about_until_it_is_somebody_elses() {
    let mut guarded = Guarded::new(&[]);
    guarded.ask("SET own 1", "OK");
    guarded.ask("INCR own", "(integer) 2");
    guarded.ask("GETDEL own", "\"2\"");
    assert_eq!(guarded.elsewhere("SET own theirs"), Value::ok());
    guarded.ask("APPEND own x", "APPEND may change own (string, 6 bytes)");
    guarded.say("n\r", "not sent");
    // A database has keys of its own, and a transaction asks as it is queued.
    assert_eq!(guarded.elsewhere("COPY theirs theirs DB 3"), Value::Integer(1));
    guarded.ask("MULTI", "(TX 0)>");
    guarded.prompt = guarded.prompt.replace('>', "(TX 0)>");
    guarded.ask("SELECT 3", "QUEUED");
    guarded.prompt = guarded.prompt.replace("(TX 0)>", "(TX 1)>");
    guarded.ask("SET theirs 2", "SET replaces theirs (string, 1 byte)");
    guarded.say("\r", "not sent");
    guarded.ask("EXEC", "1) OK");
    guarded.prompt = guarded.prompt.replace("(TX 1)>", "[3]>");
    guarded.ask("SELECT 0", "OK");
}

#[test]
fn commands_that_reach_further_are_asked_about() {
    let mut guarded = Guarded::new(&[]);
    guarded.ask("FLUSHALL", "FLUSHALL: it removes every key of every database (3 keys now).");
    guarded.say("\r", "not sent");
    guarded.ask("FLUSHDB ASYNC", "FLUSHDB: it removes every key of this database (3 keys now).");
    guarded.say("a\r", "not sent");
    guarded.ask("CONFIG SET maxmemory 1gb", "CONFIG SET: it changes the server for everybody (maxmemory is 0 now).");
    guarded.say("\r", "not sent");
    assert_eq!(guarded.elsewhere("DBSIZE"), Value::Integer(3));
    guarded.ask("SHUTDOWN NOSAVE", "SHUTDOWN: it stops the server (changes since the last save: ");
    guarded.say("\u{4}", "not sent");
    guarded.ask("SYNC", "SYNC and PSYNC are not sent");
    guarded.ask("SCRIPT FLUSH", "SCRIPT FLUSH: it forgets the scripts of all clients.");
    guarded.say("\r", "not sent");
    guarded.ask(":bench 3 DEL theirs", "DEL removes theirs");
    guarded.say("\r", "not sent");
    guarded.ask("FLUSHDB", "Send it? [y/N]");
    guarded.say("yes\r", "OK");
    assert_eq!(guarded.elsewhere("DBSIZE"), Value::Integer(0));
}

#[test]
fn the_guard_can_be_sent_away() {
    let mut guarded = Guarded::new(&[]);
    guarded.ask(":set guard off", "guard off");
    guarded.ask("DEL theirs", "(integer) 1");
    let mut guarded = Guarded::new(&["--no-guard"]);
    guarded.ask("DEL theirs", "(integer) 1");
    guarded.ask("FLUSHALL", "OK");
    guarded.ask(":set guard on", "guard on");
    guarded.ask("FLUSHALL", "Send it? [y/N]");
}

#[test]
fn a_server_that_does_not_answer_can_be_left() {
    let mut guarded = Guarded::new(&[]);
    // The guard has its connection.
    guarded.ask("SET own 1", "OK");
    assert_eq!(guarded.elsewhere("CLIENT PAUSE 100000 ALL"), Value::ok());
    let prompt = guarded.prompt.clone();
    ready(&mut guarded.pty, &prompt);
    guarded.pty.type_line("SET theirs 2");
    guarded.pty.lent();
    guarded.pty.press("\u{3}");
    guarded.pty.wait_for("not sent: the server does not say whose keys these are");
    ready(&mut guarded.pty, &prompt);
}

#[test]
fn a_password_that_is_typed_is_for_the_guard_too() {
    let side = Side::new(&["--requirepass", "s3cret"]);
    let state = folder();
    let prompt = format!("127.0.0.1:{}>", side.port());
    let mut pty = prompt_on(&side, state.path(), &[]);
    ask(&mut pty, &prompt, "GET a", "(error) NOAUTH Authentication required.");
    ask(&mut pty, &prompt, "AUTH s3cret", "OK");
    ask(&mut pty, &prompt, "SET own 1", "OK");
    ready(&mut pty, &prompt);
    pty.press("GET ow\t");
    pty.wait_for("GET own");
    pty.press("\r");
    pty.wait_for("\"1\"");
    let set = ["-a", "s3cret", "--no-auth-warning", "SET", "theirs", "1"];
    assert_eq!(side.run(false, "", &set, b"").out, b"OK\n");
    ask(&mut pty, &prompt, "DEL theirs", "DEL removes theirs (string, 1 byte)");
}

#[test]
fn commands_from_a_pipe_and_exec_are_never_asked_about() {
    let side = Side::new(&[]);
    side.same("repl", &[], b"SET a 1\nSET a 2\nDEL a\nFLUSHALL\n");
    side.same("exec", &["FLUSHALL"], b"");
}
