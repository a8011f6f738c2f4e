//! Moments in which the server was slow, by kind: LATENCY.

use std::collections::{BTreeMap, VecDeque};

/// How many moments of a kind are kept.
const LENGTH: usize = 160;

/// The slow moments of one kind.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// When (seconds since the Unix epoch), and how long (milliseconds); the earliest first.
    pub samples: VecDeque<(i64, u64)>,
    /// The longest of all times.
    pub longest_ms: u64,
}

/// The slow moments by the name of their kind.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    /// By name: `command`, `fast-command`, `expire-cycle`.
    pub events: BTreeMap<&'static str, Series>,
}

impl Latency {
    /// Notes a slow moment. Of several in one second the longest is kept.
    pub fn add(&mut self, event: &'static str, now_s: i64, ms: u64) {
        let series = self.events.entry(event).or_default();
        series.longest_ms = series.longest_ms.max(ms);
        match series.samples.back_mut() {
            Some((at, longest)) if *at == now_s => *longest = (*longest).max(ms),
            _ => series.samples.push_back((now_s, ms)),
        }
        if series.samples.len() > LENGTH {
            series.samples.pop_front();
        }
    }

    /// The moments of a kind.
    pub fn of(&self, event: &[u8]) -> Option<(&'static str, &Series)> {
        self.events.iter().find(|(name, _)| name.as_bytes() == event).map(|(name, series)| (*name, series))
    }

    /// Forgets a kind; whether there was one.
    pub fn forget(&mut self, event: &[u8]) -> bool {
        let name = self.of(event).map(|(name, _)| name);
        name.is_some_and(|name| self.events.remove(name).is_some())
    }
}
