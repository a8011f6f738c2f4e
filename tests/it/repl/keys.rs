//! The corpus typed by keystrokes, into both programs, each on a pseudo-terminal of its own.

use std::path::Path;

use super::super::doors::running::Running;
use super::super::doors::tls::certificates;
use super::super::repl_terminal::{ask, folder, last, sized};
use super::side::{Side, programs};
use crate::screens::terminal::Pty;

/// Wide enough for any typed line, and as high as most replies are long.
const SIZE: (u16, u16) = (220, 90);

/// A program's prompt on a terminal.
struct Typist {
    pty: Pty,
    /// The program, for messages.
    who: String,
    prompt: String,
}

impl Typist {
    fn new(side: &Side, ours: bool, state: &Path, form: &[&str]) -> Typist {
        let [theirs, redlab] = programs();
        let port = side.port();
        let own: &[&str] = if ours { &["repl", "--no-guard"] } else { &[] };
        let arguments = [own, &["-p", &port], form].concat();
        let program = if ours { &redlab[0] } else { &theirs[0] };
        let mut typist = Typist {
            pty: Pty::of(program, SIZE, state, &arguments, &[]),
            who: program.clone(),
            prompt: format!("127.0.0.1:{port}"),
        };
        typist.is_ready("the start");
        // What redlab adds to a line that is typed.
        for line in if ours { &[":set check off", ":set hints off"][..] } else { &[":set nohints"] } {
            typist.answer(line);
        }
        typist
    }

    fn is_ready(&mut self, after: &str) {
        let prompt = self.prompt.clone();
        self.pty.wait(&format!("the prompt of {} after {after}", self.who), |screen| {
            let last = last(screen).trim_end();
            last.starts_with(&prompt) && last.find('>') == Some(last.len() - 1)
        });
    }

    /// Types a line; what stands between it and the next prompt.
    fn answer(&mut self, line: &str) -> String {
        self.pty.press(line);
        self.pty.wait(line, |screen| last(screen).trim_end().ends_with(line.trim()));
        self.pty.press("\r");
        self.is_ready(line);
        let screen = self.pty.contents();
        let lines: Vec<&str> = screen.trim_end().lines().collect();
        let (_, shown) = lines.split_last().expect("a prompt");
        let typed = shown.iter().rposition(|shown| shown.starts_with(&self.prompt) && shown.contains(line.trim()));
        let reply = &shown[typed.map_or(0, |at| at + 1)..];
        reply.iter().map(|line| if is_time(line) { "(a time)" } else { line }).collect::<Vec<_>>().join("\n")
    }
}

/// Whether a line tells how long a slow command took.
fn is_time(line: &str) -> bool {
    let number = line.strip_prefix('(').and_then(|line| line.strip_suffix("s)"));
    number.is_some_and(|number| number.len() == 4 && number.parse::<f64>().is_ok())
}

fn assert_same_answers(side: &Side, form: &[&str], lines: &[&str]) {
    let states = [folder(), folder()];
    let said = [false, true].map(|ours| {
        side.reset();
        let mut typist = Typist::new(side, ours, states[usize::from(ours)].path(), form);
        lines.iter().map(|line| typist.answer(line)).collect::<Vec<_>>()
    });
    for (at, line) in lines.iter().enumerate() {
        assert_eq!(said[0][at], said[1][at], "{form:?}: {line}");
    }
}

/// Lines of the corpus that can be typed, every so many of them.
fn typed(every: usize) -> Vec<String> {
    let text = std::fs::read_to_string(super::side::corpus()).expect("the corpus");
    let unlike = |line: &&str| {
        let upper = line.trim_start_matches('"').to_uppercase();
        // Settings are redlab's own, and help is in its own words.
        let own = [":", "HELP", "?", "CLEAR", "QUIT", "EXIT"].iter().any(|word| upper.starts_with(word));
        // A question mark at the end asks redlab for help.
        !own && !line.ends_with(" ?") && !line.trim().is_empty() && line.len() < 150 && !line.contains('\t')
    };
    // What begins a transaction is ended, and in one redis-cli ends no line behind a text for people.
    let whole = ["MULTI", "EXEC", "DISCARD"];
    let lines = text.lines().filter(unlike).enumerate();
    lines.filter(|(at, line)| at % every == 0 || whole.contains(line)).map(|(_, line)| line.to_string()).collect()
}

#[test]
fn what_is_typed_is_answered_as_redis_cli_answers() {
    let side = Side::new(&[]);
    for (form, every) in [(&[][..], 4), (&["-3"], 5)] {
        let lines = typed(every);
        assert_same_answers(&side, form, &lines.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn every_form_of_replies_is_there_for_typed_lines() {
    let side = Side::new(&[]);
    let lines = [
        "HSET h name \"S\u{e3}o Paulo\" n \"\\x00\\n\"",
        "HGETALL h",
        "ZADD z 1.5 a 2 b",
        "ZRANGE z 0 -1 WITHSCORES",
        "RPUSH l a \"b c\" d",
        "LRANGE l 0 -1",
        "GET nothing",
        "GET h",
        "EVAL 'return {1,{2,{3}},false,\"x\"}' 0",
        "SELECT 3",
        "MULTI",
        "PING",
        "INCR n",
        "EXEC",
        "CLIENT GETNAME",
        "DBSIZE",
        "GET \"a",
        "0 PING",
        "2 PING",
        "restart",
        "connect 127.0.0.1 PORT",
        "PING again",
    ];
    let port = side.port();
    let lines = lines.map(|line| line.replace("PORT", &port));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    for form in [
        &["--json"][..],
        &["--quoted-json"],
        &["-2", "--json"],
        &["--csv"],
        &["-3", "--csv"],
        &["--raw"],
        &["-3", "--raw", "-d", ";"],
        &["--no-raw", "-n", "5"],
    ] {
        assert_same_answers(&side, form, &lines);
    }
}

#[test]
fn users_urls_and_bad_databases_are_for_the_prompt_too() {
    let side = Side::new(&[]);
    let mut wire = super::super::oracle::Wire::connect(&side.server);
    wire.send(&redlab::resp::split_line("ACL SETUSER ann on >s3cret ~* &* +@all").expect("a line"));
    assert!(!wire.receive().is_error());
    let url = format!("redis://ann:s3cret@127.0.0.1:{}/4", side.port());
    for form in [&["-a", "s3cret", "--user", "ann", "--no-auth-warning", "-n", "4"][..], &["-u", &url]] {
        assert_same_answers(&side, form, &["ACL WHOAMI", "SET where 4", "SELECT 0", "GET where"]);
    }
    let state = folder();
    let prompt = format!("127.0.0.1:{}>", side.port());
    let mut pty = sized((120, 24), state.path(), &["-p", &side.port(), "-n", "99"]);
    ask(&mut pty, &prompt, "PING", "PONG");
    assert!(pty.contents().contains("SELECT 99 failed: ERR DB index is out of range"), "{}", pty.contents());
}

#[test]
fn certificates_are_for_the_prompt_too() {
    let Some(folder) = certificates() else { return };
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (ca, cert, key) = (file("ca.pem"), file("server.pem"), file("server.key"));
    let running = Running::start(&["--tls-cert", &cert, "--tls-key", &key, "--tls-ca", &ca]);
    let port = running.address().port().to_string();
    let prompt = format!("127.0.0.1:{port}>");
    let own = ["--cert", &file("client.pem"), "--key", &file("client.key")];
    let trust = ["--tls", "--cacert", &ca, "-p", &port];
    let state = tempfile::tempdir().expect("a folder");
    let mut pty = sized((120, 24), state.path(), &[&trust[..], &own, &["--sni", "localhost"]].concat());
    ask(&mut pty, &prompt, "SET a 1", "OK");
    // The guard and completion have connections of their own.
    super::super::repl_terminal::ready(&mut pty, &prompt);
    pty.press("GET a\t");
    pty.wait_for("GET a");
    pty.press("\r");
    pty.wait_for("\"1\"");
    let refused = |arguments: &[&str]| {
        let mut pty = sized((120, 24), state.path(), arguments);
        pty.ended_well(3);
        pty.contents()
    };
    assert!(refused(&trust).contains(&port));
    assert!(refused(&[&trust[..], &own, &["--sni", "elsewhere"]].concat()).contains("certificate"));
}
