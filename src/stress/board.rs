//! What the clients of a round are about, and what they measure.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::target::Elapsed;

use super::statistics::Latency;
use super::waiting::Wait;

/// What a client is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It acts, or sleeps, or waits for an answer that will come.
    Acts,
    /// It waits for somebody, with a limit.
    Waits,
    /// It waits for somebody for as long as it takes.
    WaitsForEver,
    /// It has ended.
    Gone,
}

/// What the clients of a round are about, for whoever looks whether it is over.
#[derive(Debug)]
pub struct Board {
    doings: Mutex<(Vec<Doing>, u64)>,
    /// Told whenever somebody begins to wait for ever, or ends.
    pub changed: Notify,
}

impl Board {
    /// Of so many clients.
    pub fn new(clients: usize) -> Board {
        Board { doings: Mutex::new((vec![Doing::Acts; clients], 0)), changed: Notify::new() }
    }

    /// What each is about, and a number that grows with every change.
    pub fn look(&self) -> (Vec<Doing>, u64) {
        self.doings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what a client is about.
    pub fn set(&self, client: usize, doing: Doing) {
        let mut doings = self.doings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = doings.0.get_mut(client).filter(|slot| **slot != doing) {
            *slot = doing;
            doings.1 += 1;
            drop(doings);
            if matches!(doing, Doing::WaitsForEver | Doing::Gone) {
                self.changed.notify_one();
            }
        }
    }
}

/// What rounds measure, added up over a lane's rounds.
#[derive(Debug, Default)]
pub struct Meter {
    /// Commands that clients sent.
    pub commands: AtomicU64,
    /// Round trips of commands that do not wait.
    pub latency: Mutex<Latency>,
}

impl Meter {
    /// Notes commands that were sent together and answered.
    pub fn count(&self, commands: usize, waits: Wait, elapsed: Elapsed) {
        self.commands.fetch_add(u64::try_from(commands).unwrap_or(0), Ordering::Relaxed);
        if waits == Wait::No {
            let mut latency = self.latency.lock().unwrap_or_else(PoisonError::into_inner);
            latency.note(Duration::from_micros(elapsed.measured_us));
        }
    }
}
