//! Throw-away local servers: a real redis-server (or valkey-server) from PATH, on a free loopback port, in a temporary
//! directory, gone when its handle is dropped and when this process dies in whatever way.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Programs that are tried, in this order.
const PROGRAMS: &[&str] = &["redis-server", "valkey-server"];
/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(10);
/// Another process may take a free port before the server binds it; so often a new one is tried.
const ATTEMPTS: usize = 5;

/// Runs its arguments in the background and stops them when its standard input ends, which it does when this process
/// closes the pipe or dies.
const WATCHER: &str = r#""$@" & child=$!; read -r _; kill "$child" 2>/dev/null; wait "$child" 2>/dev/null"#;

/// Why no local server runs.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Neither program is installed.
    #[error("no redis-server or valkey-server on PATH: install one (Debian: apt-get install redis-server)")]
    NotInstalled,
    /// The operating system refused something.
    #[error("cannot start a local server: {0}")]
    Io(#[from] std::io::Error),
    /// It started and never answered.
    #[error("{program} started but did not answer within {} s", PATIENCE.as_secs())]
    Silent {
        /// Which program.
        program: &'static str,
    },
}

/// A running server that belongs to this process alone.
#[derive(Debug)]
pub struct LocalServer {
    watcher: Child,
    stdin: Option<ChildStdin>,
    address: SocketAddr,
    // Declared last: the directory goes after the server that works in it.
    _directory: TempDir,
}

impl LocalServer {
    /// Starts a server without persistence. `extra` are further arguments, such as `["--requirepass", "secret"]`.
    pub fn start(extra: &[&str]) -> Result<LocalServer, StartError> {
        let program = PROGRAMS.iter().copied().find(|program| is_installed(program)).ok_or(StartError::NotInstalled)?;
        for _ in 0..ATTEMPTS {
            if let Some(server) = LocalServer::attempt(program, extra)? {
                return Ok(server);
            }
        }
        Err(StartError::Silent { program })
    }

    fn attempt(program: &'static str, extra: &[&str]) -> Result<Option<LocalServer>, StartError> {
        let directory = tempfile::Builder::new().prefix("redlab-server-").tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut watcher = Command::new("sh")
            .args(["-c", WATCHER, "sh", program, "--port", &address.port().to_string()])
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
            .arg(directory.path())
            .args(extra)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let stdin = watcher.stdin.take();
        let server = LocalServer { watcher, stdin, address, _directory: directory };
        Ok(server.answers().then_some(server))
    }

    /// Waits until the server answers anything at all (PONG, or that it wants a password).
    fn answers(&self) -> bool {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(mut stream) = TcpStream::connect(self.address) {
                let mut byte = [0u8; 1];
                let _ = stream.set_read_timeout(Some(PATIENCE));
                if stream.write_all(b"PING\r\n").is_ok() && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                    return matches!(byte[0], b'+' | b'-');
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// Where it listens: a loopback address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        // Closing the pipe lets the watcher stop the server by its own process id.
        drop(self.stdin.take());
        let _ = self.watcher.wait();
    }
}

fn is_installed(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|directory| directory.join(program).is_file()))
}
