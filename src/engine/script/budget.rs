//! What a run of a script may use, and the clock that it sees.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// The engine looks at no clock, so the time limit of scripts is a number of instructions. A machine of today runs
/// about this many in a millisecond.
const INSTRUCTIONS_PER_MS: u64 = 20_000;
/// A call of a command takes about as long as so many instructions.
const CALL: i64 = 20;

/// How many instructions a script may still use. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    left: Arc<AtomicI64>,
    granted: Arc<AtomicI64>,
    /// Whether somebody else says when the run ends.
    asks: Arc<AtomicBool>,
}

impl Budget {
    /// Grants a new run at most so many milliseconds.
    pub fn grant(&self, limit_ms: u64) {
        let granted = i64::try_from(limit_ms.saturating_mul(INSTRUCTIONS_PER_MS)).unwrap_or(i64::MAX);
        self.left.store(granted, Ordering::Relaxed);
        self.granted.store(granted, Ordering::Relaxed);
        self.asks.store(false, Ordering::Relaxed);
    }

    /// Lets a run go on for as long as somebody says who is asked now and then.
    pub fn ask(&self) {
        self.left.store(i64::MAX, Ordering::Relaxed);
        self.asks.store(true, Ordering::Relaxed);
    }

    /// Asks nobody any more: the run is over.
    pub fn ask_no_more(&self) {
        self.asks.store(false, Ordering::Relaxed);
    }

    /// Whether somebody is to be asked.
    pub fn asks(&self) -> bool {
        self.asks.load(Ordering::Relaxed)
    }

    /// Takes off all that is left: the run ends.
    pub fn end(&self) {
        self.left.store(0, Ordering::Relaxed);
    }

    /// Takes off what was used; whether anything had been left.
    pub fn spend(&self, instructions: u32) -> bool {
        self.left.fetch_sub(i64::from(instructions), Ordering::Relaxed) > 0
    }

    /// Takes off what a command costs.
    pub fn spend_call(&self) {
        self.left.fetch_sub(CALL, Ordering::Relaxed);
    }

    /// Whether all of it is used up.
    pub fn is_spent(&self) -> bool {
        self.left.load(Ordering::Relaxed) <= 0
    }

    /// For how long the run has gone on, in microseconds, by what it used; in steps of whole milliseconds, as a clock
    /// that a short script finds unmoved.
    pub fn passed_us(&self) -> i64 {
        let used = self.granted.load(Ordering::Relaxed).saturating_sub(self.left.load(Ordering::Relaxed));
        (used.max(0) / INSTRUCTIONS_PER_MS.cast_signed()).saturating_mul(1000)
    }
}
