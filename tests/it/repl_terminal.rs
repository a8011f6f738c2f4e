//! The REPL on a pseudo-terminal, by keys alone.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::screens::terminal::Pty;

const SIZE: (u16, u16) = (80, 24);

pub fn repl(state: &Path, arguments: &[&str]) -> Pty {
    sized(SIZE, state, arguments)
}

pub fn sized(size: (u16, u16), state: &Path, arguments: &[&str]) -> Pty {
    Pty::start(size, state, &[&["repl"], arguments].concat(), &[])
}

pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The last line with something on it.
pub fn last(screen: &str) -> &str {
    screen.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default()
}

/// Waits until a prompt of this kind stands on the last line, with nothing behind it.
pub fn ready(pty: &mut Pty, prompt: &str) {
    pty.wait(&format!("the prompt {prompt}"), |screen| last(screen).trim_end() == prompt);
}

/// Types a line when the prompt is there, and waits for an answer.
pub fn ask(pty: &mut Pty, prompt: &str, line: &str, answer: &str) {
    ready(pty, prompt);
    pty.press(line);
    pty.wait(line, |screen| screen.contains(line));
    pty.press("\r");
    pty.wait(answer, |screen| screen.contains(answer));
}

/// A redis-server on a socket in a folder: it can be stopped and started in the same place.
pub struct Server {
    pub socket: PathBuf,
    child: Child,
}

impl Server {
    pub fn start(folder: &Path) -> Server {
        let socket = folder.join("s");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--requirepass", "pw", "--dir"])
            .arg(folder)
            .arg("--unixsocket")
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        let server = Server { socket, child };
        let start = Instant::now();
        while UnixStream::connect(&server.socket).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "redis-server does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        server
    }

    pub fn url(&self) -> String {
        format!("unix://{}?pass=pw", self.socket.display())
    }

    pub fn send(&self, line: &str) {
        let mut stream = UnixStream::connect(&self.socket).expect("it listens");
        stream.write_all(format!("AUTH pw\r\n{line}\r\nQUIT\r\n").as_bytes()).expect("it reads");
        std::io::Read::read_to_end(&mut stream, &mut Vec::new()).expect("it answers");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.socket);
    }
}

#[test]
fn names_are_completed_arguments_hinted_and_lines_recalled() {
    let state = folder();
    let mut pty = repl(state.path(), &[]);
    ask(&mut pty, "bundled>", "SET user:1 v", "OK");
    ask(&mut pty, "bundled>", "HSET h field-one 1", "(integer) 1");
    ready(&mut pty, "bundled>");
    pty.press("GET us\t");
    pty.wait_for("bundled> GET user:1");
    pty.press("\r");
    pty.wait_for("\"v\"");
    ready(&mut pty, "bundled>");
    pty.press("HGET h fi\t");
    pty.wait_for("HGET h field-one");
    pty.press("\u{15}LRANGE");
    pty.wait_for("bundled> LRANGE key start stop");
    pty.press("\u{15}GET ?");
    pty.wait_for("since 1.0.0");
    pty.press("\u{15}\u{1b}[A");
    pty.wait_for("bundled> GET user:1");
    pty.press("\u{15}\u{12}SET u");
    pty.wait_for("`SET u': SET user:1 v");
    pty.press("\u{3}");
    ready(&mut pty, "bundled>");
    // An open quote goes on in the next line.
    pty.press("EVAL \"return\r");
    pty.wait("the next line", |screen| last(screen).trim_end().ends_with("return"));
    pty.press("'whole'\" 0\r");
    pty.wait_for("\"whole\"");
    ready(&mut pty, "bundled>");
    // What is pasted as two lines is two commands.
    pty.press("\u{1b}[200~SET pasted 1\nINCR pasted\n\u{1b}[201~");
    pty.wait_for("INCR pasted");
    pty.press("\r");
    pty.wait_for("(integer) 2");
    ready(&mut pty, "bundled>");
    pty.press("\u{4}");
    pty.ended_well(0);
}

#[test]
fn the_history_stays_and_holds_no_secret() {
    let state = folder();
    let mut pty = repl(state.path(), &[]);
    for line in
        ["AUTH s3cret", "HELLO 2 AUTH default s3cret", "CONFIG SET requirepass \"\"", "PING kept", " PING unkept"]
    {
        ready(&mut pty, "bundled>");
        pty.type_line(line);
        pty.wait(line, |screen| screen.contains(line));
    }
    pty.wait_for("\"unkept\"");
    ready(&mut pty, "bundled>");
    pty.type_line("quit");
    pty.ended_well(0);
    let file = state.path().join("history");
    let text = std::fs::read_to_string(&file).expect("a history");
    assert!(text.contains("PING kept") && !text.contains("s3cret") && !text.contains("requirepass"), "{text}");
    assert!(!text.contains("unkept"), "{text}");
    assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    let mut pty = repl(state.path(), &[]);
    ready(&mut pty, "bundled>");
    pty.press("\u{1b}[A\u{1b}[A");
    pty.wait_for("bundled> PING kept");
    pty.press("\r");
    pty.wait_for("\"kept\"");
}

#[test]
fn a_slip_is_held_up_once() {
    let state = folder();
    let mut pty = repl(state.path(), &[]);
    ready(&mut pty, "bundled>");
    pty.press("GTE a");
    pty.wait_for("bundled> GTE a");
    // What is typed by hand has a pause before Enter; without one it counts as pasted.
    std::thread::sleep(Duration::from_millis(60));
    pty.press("\r");
    pty.wait_for("^ there is no command GTE: did you mean GET?");
    assert!(!pty.contents().contains("(error)"), "{}", pty.contents());
    pty.press("\r");
    pty.wait_for("(error) ERR unknown command 'GTE'");
    // The next line suggests what was meant; the right arrow takes it.
    pty.wait_for("GET a  ← did you mean this?");
    pty.press("\u{1b}[C\r");
    pty.wait_for("(nil)");
}

#[test]
fn the_prompt_says_what_the_connection_is_in() {
    let state = folder();
    let mut pty = repl(state.path(), &["--teach"]);
    ask(&mut pty, "bundled>", "SET a 1", "a  + new: string");
    ask(&mut pty, "bundled>", "WATCH a", "bundled(WATCH 1)>");
    ask(&mut pty, "bundled(WATCH 1)>", ":client bob", "bob@bundled>");
    ask(&mut pty, "bob@bundled>", "SET a 2", "a  ~ 1 → 2");
    ask(&mut pty, "bob@bundled>", ":client -", "bundled(WATCH 1 dirty)>");
    ask(&mut pty, "bundled(WATCH 1 dirty)>", "MULTI", "(TX 0)>");
    ask(&mut pty, "bundled(WATCH 1 dirty)(TX 0)>", "INCR a", "QUEUED");
    ask(&mut pty, "bundled(WATCH 1 dirty)(TX 1)>", "EXEC", "EXEC did nothing: bob ran SET a 2");
    ask(&mut pty, "bundled>", "SELECT 3", "bundled[3]>");
    ask(&mut pty, "bundled[3]>", "HELLO 3", "bundled[3](RESP3)>");
    ask(&mut pty, "bundled[3](RESP3)>", ":undo", "taken back: HELLO 3");
    ask(&mut pty, "bundled[3]>", ":fork here", "kept as here");
    ask(&mut pty, "bundled[3]>", "SET t v EX 30", "t  + new");
    ask(&mut pty, "bundled[3]>", ":clock +31s", "t  − expired");
    ask(&mut pty, "bundled[3]>", ":goto here", "at here");
    ask(&mut pty, "bundled[3]>", "DBSIZE", "(integer) 0");
    ask(&mut pty, "bundled[3]>", ":raw", "← :0\\r\\n");
    ask(&mut pty, "bundled[3]>", ":bench 20 PING", "N 20 · p50");
}

#[test]
fn waiting_and_listening_end_with_ctrl_c() {
    let (state, place) = (folder(), folder());
    let server = Server::start(place.path());
    let url = server.url();
    for arguments in [vec![], vec!["--url", url.as_str()]] {
        let mut pty = repl(state.path(), &arguments);
        pty.wait("a prompt", |screen| last(screen).trim_end().ends_with('>'));
        pty.type_line("BLPOP nothing 0");
        pty.wait_for("(blocked: Ctrl-C cancels)");
        pty.press("\u{3}");
        pty.wait_for("(cancelled)");
        pty.type_line("1000000000 INCRBY many 1000");
        pty.wait("counting", |screen| screen.matches("(integer) ").count() > 10);
        pty.press("\u{3}");
        pty.wait("a prompt", |screen| last(screen).trim_end().ends_with('>'));
        pty.type_line("ECHO free");
        pty.wait_for("\"free\"");
        pty.type_line("SUBSCRIBE news");
        pty.wait_for("3) (integer) 1");
        if !arguments.is_empty() {
            server.send("PUBLISH news hello");
            pty.wait_for("3) \"hello\"");
        }
        pty.press("\u{3}");
        pty.wait("a prompt", |screen| last(screen).trim_end().ends_with('>'));
        pty.type_line("MONITOR");
        pty.wait("OK", |screen| last(screen) == "OK");
        if !arguments.is_empty() {
            server.send("GET watched");
            pty.wait_for("\"GET\" \"watched\"");
        }
        pty.press("\u{3}");
        pty.wait("a prompt", |screen| last(screen).trim_end().ends_with('>'));
        pty.type_line("ECHO left");
        pty.wait_for("\"left\"");
    }
}

#[test]
fn a_server_that_comes_back_finds_the_prompt_where_it_was() {
    let (state, place) = (folder(), folder());
    let server = Server::start(place.path());
    let mut pty = sized((200, 24), state.path(), &["--url", &server.url()]);
    let prompt = server.socket.display().to_string();
    ask(&mut pty, &format!("{prompt}>"), "SELECT 2", &format!("{prompt}[2]>"));
    ready(&mut pty, &format!("{prompt}[2]>"));
    drop(server);
    pty.wait_for("trying again");
    pty.press("\r");
    ready(&mut pty, "not connected>");
    let server = Server::start(place.path());
    pty.wait_for("connected again to");
    pty.wait_for(", database 2");
    pty.press("\r");
    ask(&mut pty, &format!("{prompt}[2]>"), "CLIENT INFO", " db=2 ");
    // Keys of the server are completed within bounds, also while it does not answer at all.
    server.send("SET elsewhere 1");
    server.send("CLIENT PAUSE 1000 ALL");
    ready(&mut pty, &format!("{prompt}[2]>"));
    pty.press("GET else\t1");
    pty.wait_for("GET else1");
}

#[test]
fn a_huge_reply_is_cut_and_a_narrow_window_is_enough() {
    let state = folder();
    let mut pty = repl(state.path(), &[]);
    ask(&mut pty, "bundled>", "EVAL \"return string.rep('x', 10000000)\" 0", "10.0 MB more: :all prints it");
    ask(&mut pty, "bundled>", "PING", "PONG");
    let mut pty = sized((20, 12), state.path(), &[]);
    ask(&mut pty, "bundled>", "SELECT 3", "bundled[3]>");
    ask(&mut pty, "bundled[3]>", "MULTI", "[3](TX)>");
    ask(&mut pty, "[3](TX)>", "PING", "QUEUED");
    ask(&mut pty, "[3](TX)>", "EXEC", "1) PONG");
    ready(&mut pty, "bundled[3]>");
    pty.press("CONFIG G\t");
    pty.wait_for("GET");
}

#[test]
fn what_was_cut_is_shown_by_a_pager_or_all_of_it() {
    let state = folder();
    let seen = state.path().join("seen");
    let pager = format!("cat > {}", seen.display());
    let mut pty = Pty::start(SIZE, state.path(), &["repl"], &[("PAGER", &pager)]);
    ask(&mut pty, "bundled>", ":all", "nothing was answered yet");
    ask(&mut pty, "bundled>", ":page", "nothing was answered yet");
    ask(
        &mut pty,
        "bundled>",
        "EVAL \"return string.rep('x', 1048576)..'end'\" 0",
        "1.0 MB more: :all prints it, :page opens $PAGER",
    );
    ready(&mut pty, "bundled>");
    pty.type_line(":page");
    pty.wait("the pager", |_| std::fs::metadata(&seen).is_ok_and(|file| file.len() == 1_048_576 + 6));
    ask(&mut pty, "bundled>", ":all", "xend\"");
    ask(&mut pty, "bundled>", ":set cut off", "cut off");
    ask(&mut pty, "bundled>", "EVAL \"return string.rep('x', 1048576)..'whole'\" 0", "xwhole\"");
}

#[test]
fn keys_that_go_by_themselves_are_told() {
    for target in ["bundled", "server"] {
        let state = folder();
        let mut pty = sized((120, 30), state.path(), &["--teach", "--target", target]);
        for (line, answer) in [
            ("SET fleeting v PX 700", "fleeting  + new"),
            // While nothing is typed.
            ("PING 1", "fleeting  − expired"),
            ("SET idle v", "idle  + new"),
            ("SET also v", "also  + new"),
            ("CONFIG SET maxmemory-policy allkeys-random", "OK"),
            ("CONFIG SET maxmemory 1", "OK"),
        ] {
            pty.wait("a prompt", |screen| last(screen).trim_end().ends_with('>'));
            pty.type_line(line);
            pty.wait_for(answer);
        }
        pty.wait("a prompt", |screen| last(screen).trim_end().ends_with('>'));
        pty.type_line("DBSIZE");
        pty.wait("both are gone", |screen| screen.contains("idle  − evicted") && screen.contains("also  − evicted"));
    }
}

#[test]
fn a_session_is_saved_as_a_file_that_proves_itself() {
    let (state, place) = (folder(), folder());
    let [lesson, scenario] = ["lesson.yaml", "scenario.yaml"].map(|name| place.path().join(name));
    let mut pty = sized((120, 40), state.path(), &[]);
    for (line, prompt, answer) in [
        ("SET a \"it's\"", "bundled>", "OK"),
        ("GET a", "bundled>", "\"it's\""),
        ("GET b", "bundled>", "(nil)"),
        ("LPUSH l x y", "bundled>", "(integer) 2"),
        ("LRANGE l 0 -1", "bundled>", "1) \"y\""),
        ("HSET h f \"a b\"", "bundled>", "(integer) 1"),
        ("MULTI", "bundled>", "(TX 0)>"),
        ("INCR n", "bundled(TX 0)>", "QUEUED"),
        ("EXEC", "bundled(TX 1)>", "1) (integer) 1"),
    ] {
        ask(&mut pty, prompt, line, answer);
    }
    ask(&mut pty, "bundled>", &format!(":save {}", lesson.display()), "redlab check");
    ask(&mut pty, "bundled>", ":client bob", "bob@bundled>");
    ask(&mut pty, "bob@bundled>", "GET a", "\"it's\"");
    ready(&mut pty, "bob@bundled>");
    pty.type_line(&format!(":save {}", scenario.display()));
    pty.wait("both", |_| scenario.exists());
    ready(&mut pty, "bob@bundled>");
    for file in [lesson, scenario] {
        let checked = Command::new(env!("CARGO_BIN_EXE_redlab")).arg("check").arg(&file).output().expect("it runs");
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        let text = std::fs::read_to_string(&file).expect("a file");
        assert!(checked.status.success(), "{said}\n{}\n{text}", String::from_utf8_lossy(&checked.stdout));
    }
}
