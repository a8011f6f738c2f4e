//! `:bench`: how long a command takes, many times.

use hdrhistogram::Histogram;

use crate::render::{duration_text, thousands};

/// Times of one command, as they come.
#[derive(Debug)]
pub struct Bench {
    times: Histogram<u64>,
    /// How many replies were errors.
    pub errors: u64,
}

impl Bench {
    /// No times yet. Times over an hour count as an hour.
    pub fn new() -> Option<Bench> {
        Some(Bench { times: Histogram::new_with_bounds(1, 3_600_000_000, 3).ok()?, errors: 0 })
    }

    /// Notes one.
    pub fn note(&mut self, us: u64) {
        self.times.saturating_record(us.max(1));
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.times.len()
    }

    /// The histogram with its numbers, in a window of so many columns.
    pub fn text(&self, columns: usize) -> String {
        if self.times.is_empty() {
            return "nothing was run\n".into();
        }
        let at = |quantile: f64| duration_text(self.times.value_at_quantile(quantile));
        let mut out = format!(
            "N {} · p50 {} · p90 {} · p99 {} · max {}",
            thousands(self.count()),
            at(0.5),
            at(0.9),
            at(0.99),
            duration_text(self.times.max())
        );
        if self.errors > 0 {
            out.push_str(&format!(" · {} errors", thousands(self.errors)));
        }
        out.push('\n');
        let rows = self.rows();
        let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
        let room = columns.saturating_sub(24).clamp(4, 60) as u64;
        for (upto, count) in rows {
            let bar = "█".repeat(usize::try_from((count * room).div_ceil(most)).unwrap_or(0));
            out.push_str(&format!("≤ {:>8} {bar} {}\n", duration_text(upto), thousands(count)));
        }
        out
    }

    /// Doubling steps that hold times: up to so many microseconds, so many.
    fn rows(&self) -> Vec<(u64, u64)> {
        let (mut rows, mut from, mut upto) = (Vec::new(), 0u64, 1u64);
        while from < self.times.max() {
            let count = self.times.count_between(from + 1, upto);
            if count > 0 || !rows.is_empty() {
                rows.push((upto, count));
            }
            (from, upto) = (upto, upto.saturating_mul(2));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::Bench;

    #[test]
    fn times_become_a_histogram() {
        let mut bench = Bench::new().expect("bounds");
        for us in 1..=100 {
            bench.note(us);
        }
        let text = bench.text(80);
        assert!(text.starts_with("N 100 · p50 50"), "{text}");
        assert_eq!(text.lines().count(), 9, "{text}");
        assert!(bench.text(20).lines().skip(1).all(|line| line.chars().count() <= 24), "{}", bench.text(20));
    }
}
