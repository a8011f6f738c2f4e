//! Signals that end the program, that stop it, and the one that says it goes on.

use std::io;

/// What a signal means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// To end: the signal's name and number.
    End(&'static str, i32),
    /// The process was stopped and goes on.
    GoOn,
    /// To stop, until it is told to go on.
    Stop,
}

#[cfg(unix)]
pub use unix::Signals;

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::{Told, io};

    /// SIGCONT and SIGTSTP have no names in tokio.
    const CONTINUE: i32 = rustix::process::Signal::CONT.as_raw();
    const STOP: i32 = rustix::process::Signal::TSTP.as_raw();

    /// The signals that are listened to.
    pub struct Signals {
        terminate: Signal,
        hang_up: Signal,
        interrupt: Signal,
        go_on: Signal,
        stop: Signal,
    }

    impl Signals {
        /// Starts listening.
        pub fn listen() -> io::Result<Signals> {
            Ok(Signals {
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
                interrupt: signal(SignalKind::interrupt())?,
                go_on: signal(SignalKind::from_raw(CONTINUE))?,
                stop: signal(SignalKind::from_raw(STOP))?,
            })
        }

        /// The next one.
        pub async fn next(&mut self) -> Told {
            tokio::select! {
                _ = self.terminate.recv() => Told::End("SIGTERM", 15),
                _ = self.hang_up.recv() => Told::End("SIGHUP", 1),
                _ = self.interrupt.recv() => Told::End("SIGINT", 2),
                _ = self.go_on.recv() => Told::GoOn,
                _ = self.stop.recv() => Told::Stop,
            }
        }
    }
}

/// Stops this process until somebody lets it go on. The terminal has to be given back before.
#[cfg(unix)]
pub fn stop() {
    // Whoever may not stop itself goes on.
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
}

/// There is no job control here.
#[cfg(not(unix))]
pub fn stop() {}

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
