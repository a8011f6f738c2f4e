//! The binary, serving.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::oracle::Wire;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Running {
    child: Child,
    /// What it said when it started.
    pub greeting: String,
}

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redlab"));
    command.args(["serve", "--port", "0"]).args(arguments);
    command.env_remove("REDLAB_REQUIREPASS").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Exit status and standard error of a server that cannot start.
pub fn refused(arguments: &[&str]) -> (i32, String) {
    let output = command(arguments).output().expect("it runs");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

impl Running {
    pub fn start(arguments: &[&str]) -> Running {
        Running::spawn(command(arguments))
    }

    pub fn spawn(mut command: Command) -> Running {
        let mut child = command.spawn().expect("it starts");
        let mut greeting = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut greeting).expect("a line");
        if greeting.is_empty() {
            let mut why = String::new();
            let _ = child.stderr.as_mut().expect("a pipe").read_to_string(&mut why);
            panic!("it did not start: {why}");
        }
        Running { child, greeting }
    }

    pub fn address(&self) -> SocketAddr {
        let after = self.greeting.split("engine on ").nth(1).expect("an address");
        after.split([' ', ',']).next().expect("an address").trim_end_matches(':').parse().expect("an address")
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn connect(&self) -> Wire {
        Wire::open(self.address())
    }

    pub fn terminate(&self, signal: &str) {
        Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill runs");
    }

    pub fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
