//! The clock of the bundled engine: real time, plus how far simulated time is ahead of it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::engine::Time;

/// Real time since the clock was made, plus what was added to it. Real time never runs backwards here.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    epoch_us: i64,
    started: Instant,
    ahead_us: i64,
}

impl Clock {
    /// A clock that shows the time of day.
    pub fn new() -> Clock {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { epoch_us: micros(since), started: Instant::now(), ahead_us: 0 }
    }

    /// What it shows.
    pub fn now(&self) -> Time {
        Time(self.epoch_us.saturating_add(micros(self.started.elapsed()))).plus_us(self.ahead_us)
    }

    /// How far it is ahead of real time, microseconds.
    pub fn ahead_us(&self) -> i64 {
        self.ahead_us
    }

    /// Moves it forward at once.
    pub fn pass(&mut self, time: Duration) {
        self.ahead_us = self.ahead_us.saturating_add(micros(time));
    }

    /// Puts it to a moment, earlier or later; it runs on from there.
    pub fn set(&mut self, to: Time) {
        self.ahead_us = self.ahead_us.saturating_add(to.us().saturating_sub(self.now().us()));
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
