//! The target's clock as a screen sees it: read now and then, running on by itself in between.

use std::time::Instant;

/// A clock that was read at a moment of this computer.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    read: Option<(i64, Instant)>,
    ahead_ms: i64,
    now_ms: i64,
}

impl Clock {
    /// Takes in what the session read.
    pub fn read(&mut self, now_ms: i64, ahead_ms: i64, at: Instant) {
        self.read = Some((now_ms, at));
        self.ahead_ms = ahead_ms;
        self.now_ms = now_ms;
    }

    /// Lets time pass.
    pub fn tick(&mut self, at: Instant) {
        if let Some((now_ms, read_at)) = self.read {
            let passed = at.saturating_duration_since(read_at).as_millis();
            self.now_ms = now_ms.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX));
        }
    }

    /// Milliseconds since the Unix epoch; `None` before the first reading.
    pub fn now_ms(&self) -> Option<i64> {
        self.read.map(|_| self.now_ms)
    }

    /// How far a bundled clock was put forward, milliseconds.
    pub fn ahead_ms(&self) -> i64 {
        self.ahead_ms
    }
}
