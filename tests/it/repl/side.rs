//! Both programs side by side, each against the same server in the same state.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use redlab::target::LocalServer;

/// What a program has printed, and how it ended.
#[derive(Debug, PartialEq)]
pub struct Said {
    pub out: Vec<u8>,
    pub err: Vec<u8>,
    pub status: i32,
}

/// A server, and a way to put it back to where it was.
pub struct Side {
    pub server: LocalServer,
}

/// The programs, redis-cli first.
pub fn programs() -> [Vec<String>; 2] {
    let redlab = assert_cmd::cargo::cargo_bin("redlab").to_string_lossy().into_owned();
    [vec!["redis-cli".into()], vec![redlab]]
}

impl Side {
    pub fn new(extra: &[&str]) -> Side {
        Side { server: LocalServer::start(extra).expect("redis-server is installed") }
    }

    pub fn port(&self) -> String {
        self.server.address().port().to_string()
    }

    /// As a fresh server.
    pub fn reset(&self) {
        let mut wire = super::super::oracle::Wire::connect(&self.server);
        for line in ["FLUSHALL", "SCRIPT FLUSH", "FUNCTION FLUSH", "CONFIG RESETSTAT", "SLOWLOG RESET", "ACL LOG RESET"]
        {
            wire.send(&redlab::resp::split_line(line).expect("a line"));
            assert!(!wire.receive().is_error(), "{line}");
        }
    }

    /// Runs a program; `verb` is redlab's own word, such as `exec`.
    pub fn run(&self, ours: bool, verb: &str, arguments: &[&str], input: &[u8]) -> Said {
        let [theirs, redlab] = programs();
        let mut command = Command::new(if ours { &redlab[0] } else { &theirs[0] });
        if ours {
            command.arg(verb);
        }
        command.args(["-p", &self.port()]).args(arguments).env_remove("REDLAB_URL").env_remove("REDISCLI_AUTH");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("redis-cli and redlab run");
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = input.to_vec();
        // Whoever does not read to the end leaves a broken pipe.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().expect("it ends");
        writer.join().expect("the writer ends");
        Said { out: output.stdout, err: output.stderr, status: output.status.code().unwrap_or(-1) }
    }

    /// Runs both, each in a fresh state; they must say the same. redis-cli's answer.
    pub fn same(&self, verb: &str, arguments: &[&str], input: &[u8]) -> Said {
        self.reset();
        let theirs = self.run(false, verb, arguments, input);
        self.reset();
        let ours = self.run(true, verb, arguments, input);
        assert_same(&theirs, &ours, &format!("{verb} {arguments:?}"));
        theirs
    }

    /// Runs a program with standard output (and standard error) on a terminal and standard input from a file.
    pub fn on_terminal(&self, ours: bool, verb: &str, arguments: &[&str], input: &Path) -> Vec<u8> {
        let [theirs, redlab] = programs();
        let size = PtySize { rows: 50, cols: 200, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", r#"input=$1; shift; exec "$@" <"$input""#, "sh"]);
        command.arg(input.as_os_str());
        command.arg(if ours { &redlab[0] } else { &theirs[0] });
        if ours {
            command.arg(verb);
        }
        command.args(["-p", &self.port()]);
        command.args(arguments);
        let mut child = pair.slave.spawn_command(command).expect("it runs");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let mut out = Vec::new();
        let mut chunk = [0; 4096];
        // The end of a pseudo-terminal is an error on Linux.
        while let Ok(count @ 1..) = reader.read(&mut chunk) {
            out.extend_from_slice(&chunk[..count]);
        }
        child.wait().expect("it ends");
        out
    }
}

/// Fails with the first line that differs.
pub fn assert_same(theirs: &Said, ours: &Said, what: &str) {
    assert_same_bytes(&theirs.out, &ours.out, &format!("standard output of {what}"));
    assert_same_bytes(&theirs.err, &ours.err, &format!("standard error of {what}"));
    assert_eq!(theirs.status, ours.status, "status of {what}");
}

pub fn assert_same_bytes(theirs: &[u8], ours: &[u8], what: &str) {
    if theirs == ours {
        return;
    }
    let lines = |bytes: &[u8]| bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (theirs, ours) = (lines(theirs), lines(ours));
    let at = theirs.iter().zip(&ours).position(|(a, b)| a != b).unwrap_or(theirs.len().min(ours.len()));
    let shown = |lines: &[Vec<u8>]| {
        let some = &lines[at.saturating_sub(2).min(lines.len())..(at + 3).min(lines.len())];
        some.iter().map(|line| line.escape_ascii().to_string()).collect::<Vec<_>>().join("\n    ")
    };
    panic!("{what}, line {}:\n  redis-cli:\n    {}\n  redlab:\n    {}", at + 1, shown(&theirs), shown(&ours));
}

/// The command lines, some of them no commands.
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/repl/corpus.txt")
}
