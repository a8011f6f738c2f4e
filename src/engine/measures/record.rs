//! What one measured command leaves behind.

use bytes::Bytes;

use super::super::time::Time;
use super::histogram::Histogram;
use super::latency::Latency;
use super::slowlog::SlowLog;

/// What is noted of durations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// `slowlog-log-slower-than`, microseconds; negative: nothing is logged.
    pub slower_than_us: i64,
    /// `slowlog-max-len`
    pub slowlog_len: usize,
    /// `latency-monitor-threshold`, milliseconds; 0: nothing is noted.
    pub latency_ms: u64,
    /// `latency-tracking`: whether durations of each command are counted.
    pub tracking: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { slower_than_us: 10_000, slowlog_len: 128, latency_ms: 0, tracking: true }
    }
}

/// A command that was measured.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Its number among all commands.
    pub number: usize,
    /// How long it took, in microseconds.
    pub us: u64,
    /// Whether it should be fast: O(1) or O(log n).
    pub fast: bool,
    /// When it ran.
    pub now: Time,
}

/// All that is known of durations.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// Commands that took long.
    pub slowlog: SlowLog,
    /// Moments in which the server was slow.
    pub latency: Latency,
    /// The durations of each command, by its number.
    pub histograms: Vec<Histogram>,
    /// How long the running command has slept (DEBUG SLEEP), in microseconds, and its caller has to let pass.
    pub slept_us: u64,
}

impl Measures {
    /// Counts a duration, and notes it where it was too long; SLOWLOG is told apart, as it wants the whole command.
    #[inline]
    pub fn record(&mut self, rules: &Rules, sample: &Sample) {
        if rules.tracking {
            let ns = sample.us.saturating_mul(1000);
            match self.histograms.get_mut(sample.number) {
                Some(histogram) => histogram.record(ns),
                None => self.begin(sample.number, ns),
            }
        }
        if rules.latency_ms > 0 {
            self.watch(rules, sample);
        }
    }

    #[cold]
    fn begin(&mut self, number: usize, ns: u64) {
        self.histograms.resize_with(number + 1, Histogram::default);
        self.histograms[number].record(ns);
    }

    #[cold]
    fn watch(&mut self, rules: &Rules, sample: &Sample) {
        let ms = sample.us / 1000;
        if ms >= rules.latency_ms {
            let event = if sample.fast { "fast-command" } else { "command" };
            self.latency.add(event, sample.now.us().div_euclid(1_000_000), ms);
        }
    }

    /// Whether SLOWLOG wants a command that took so long.
    pub fn is_slow(rules: &Rules, us: u64) -> bool {
        u64::try_from(rules.slower_than_us).is_ok_and(|most| us >= most)
    }

    /// Logs a slow command of the client with this address and name.
    pub fn log(&mut self, rules: &Rules, argv: Vec<Bytes>, us: u64, now: Time, client: (String, Bytes)) {
        self.slowlog.add(argv, us, now, client, rules.slowlog_len);
    }
}
