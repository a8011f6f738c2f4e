//! What a sample says: shares with their intervals, latencies by rank.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The standard normal distribution's quantile for 95 % in the middle.
const Z: f64 = 1.959_963_984_540_054;

/// The longest latency that is told apart from longer ones: an hour, in microseconds.
const LONGEST_US: u64 = 3_600_000_000;

/// How many of a sample had a property.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Those that had it.
    pub hits: u64,
    /// All.
    pub of: u64,
}

impl Share {
    /// The share in the sample, 0 to 1; 0 for an empty sample.
    pub fn estimate(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.hits as f64 / self.of as f64 }
    }

    /// Where the true share lies, with 95 % confidence: from and to, 0 to 1. Of an empty sample: anywhere.
    ///
    /// Source: Wilson's score interval (1927), which stays right where the share is near 0 or 1 and the sample small.
    pub fn interval(self) -> (f64, f64) {
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (n, p) = (self.of as f64, self.estimate());
        let weight = 1.0 + Z * Z / n;
        let center = (p + Z * Z / (2.0 * n)) / weight;
        let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / weight;
        // At the ends the formula is exact and the arithmetic is not.
        let low = if self.hits == 0 { 0.0 } else { (center - half).max(0.0) };
        let high = if self.hits == self.of { 1.0 } else { (center + half).min(1.0) };
        (low, high)
    }
}

/// Round trips by how long they took, to three significant digits.
#[derive(Clone, Debug)]
pub struct Latency {
    /// `None` where it cannot be made, which its constant bounds rule out.
    histogram: Option<Histogram<u64>>,
    longest_us: u64,
}

impl Default for Latency {
    fn default() -> Latency {
        Latency { histogram: Histogram::new_with_bounds(1, LONGEST_US, 3).ok(), longest_us: 0 }
    }
}

impl Latency {
    /// Notes a round trip.
    pub fn note(&mut self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.longest_us = self.longest_us.max(us);
        if let Some(histogram) = &mut self.histogram {
            histogram.saturating_record(us.max(1));
        }
    }

    /// How many were noted.
    pub fn count(&self) -> u64 {
        self.histogram.as_ref().map_or(0, Histogram::len)
    }

    /// So many percent took at most this long, microseconds.
    pub fn percentile_us(&self, percent: f64) -> u64 {
        let value = self.histogram.as_ref().map_or(0, |histogram| histogram.value_at_percentile(percent));
        value.min(self.longest_us)
    }

    /// The longest, microseconds.
    pub fn longest_us(&self) -> u64 {
        self.longest_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(hits: u64, of: u64) -> (f64, f64) {
        let (low, high) = Share { hits, of }.interval();
        let rounded = |x: f64| (x * 10_000.0).round() / 10_000.0;
        (rounded(low), rounded(high))
    }

    #[test]
    fn intervals_are_wilsons() {
        // As R's prop.test(x, n, correct = FALSE) and statsmodels' proportion_confint(method="wilson") have them.
        assert_eq!(interval(0, 10), (0.0, 0.2775));
        assert_eq!(interval(5, 10), (0.2366, 0.7634));
        assert_eq!(interval(10, 10), (0.7225, 1.0));
        assert_eq!(interval(1, 100), (0.0018, 0.0545));
        assert_eq!(interval(15, 50), (0.1910, 0.4375));
        assert_eq!(interval(0, 1000), (0.0, 0.0038));
        assert_eq!(interval(0, 0), (0.0, 1.0));
        assert_eq!(Share::default().estimate(), 0.0);
    }

    #[test]
    fn latencies_come_by_rank() {
        let mut latency = Latency::default();
        (1..=1000).for_each(|us| latency.note(Duration::from_micros(us)));
        assert_eq!(latency.count(), 1000);
        assert_eq!((latency.percentile_us(50.0), latency.percentile_us(90.0)), (500, 900));
        assert_eq!((latency.percentile_us(99.0), latency.longest_us()), (990, 1000));
        latency.note(Duration::from_secs(100_000));
        assert_eq!(latency.longest_us(), 100_000_000_000);
        assert_eq!(Latency::default().percentile_us(50.0), 0);
    }
}
