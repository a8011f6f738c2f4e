//! Signals that end the program, and the one that says it goes on after it was stopped.

use std::io;

/// What a signal means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// To end: the signal's name and number.
    End(&'static str, i32),
    /// The process was stopped and goes on.
    GoOn,
}

#[cfg(unix)]
pub use unix::Signals;

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::{Told, io};

    /// SIGCONT has no name in tokio; its number is not the same everywhere.
    #[cfg(any(target_os = "macos", target_os = "freebsd", target_os = "openbsd", target_os = "netbsd"))]
    const CONTINUE: i32 = 19;
    #[cfg(not(any(target_os = "macos", target_os = "freebsd", target_os = "openbsd", target_os = "netbsd")))]
    const CONTINUE: i32 = 18;

    /// The signals that are listened to.
    pub struct Signals {
        terminate: Signal,
        hang_up: Signal,
        interrupt: Signal,
        go_on: Signal,
    }

    impl Signals {
        /// Starts listening.
        pub fn listen() -> io::Result<Signals> {
            Ok(Signals {
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
                interrupt: signal(SignalKind::interrupt())?,
                go_on: signal(SignalKind::from_raw(CONTINUE))?,
            })
        }

        /// The next one.
        pub async fn next(&mut self) -> Told {
            tokio::select! {
                _ = self.terminate.recv() => Told::End("SIGTERM", 15),
                _ = self.hang_up.recv() => Told::End("SIGHUP", 1),
                _ = self.interrupt.recv() => Told::End("SIGINT", 2),
                _ = self.go_on.recv() => Told::GoOn,
            }
        }
    }
}

/// Where there are no signals, ctrl-c from outside is the only one.
#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Starts listening.
    pub fn listen() -> io::Result<Signals> {
        Ok(Signals)
    }

    /// The next one.
    pub async fn next(&mut self) -> Told {
        let _ = tokio::signal::ctrl_c().await;
        Told::End("interrupt", 2)
    }
}
