//! Durations in buckets that grow with them: exact to two digits, whatever their size.

/// Buckets in one power of two, and the bits that tell them apart.
const HALF: usize = 128;
const HALF_BITS: u32 = 7;
/// The longest duration that is told apart: one second, in nanoseconds.
const LONGEST: u64 = 1_000_000_000;

/// How often a command took how long, in nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

/// By how many bits a duration is made coarser.
fn coarseness(ns: u64) -> u32 {
    (u64::BITS - (ns | (2 * HALF as u64 - 1)).leading_zeros()) - HALF_BITS - 1
}

fn place(ns: u64) -> usize {
    let bits = coarseness(ns);
    let within = usize::try_from(ns >> bits).unwrap_or(usize::MAX);
    usize::try_from(bits).unwrap_or(0) * HALF + within
}

/// The longest duration that cannot be told from this one.
fn longest_alike(ns: u64) -> u64 {
    let bits = coarseness(ns);
    (((ns >> bits) + 1) << bits) - 1
}

/// The longest duration of a bucket.
fn longest_at(place: usize) -> u64 {
    let bits = (place / HALF).saturating_sub(1);
    let within = (place - bits * HALF) as u64;
    ((within + 1) << bits) - 1
}

impl Histogram {
    /// Counts a duration.
    #[inline]
    pub fn record(&mut self, ns: u64) {
        let place = place(ns.clamp(1, LONGEST));
        match self.counts.get_mut(place) {
            Some(count) => *count += 1,
            None => self.grow(place),
        }
        self.total += 1;
    }

    #[cold]
    fn grow(&mut self, place: usize) {
        self.counts.resize(place + 1, 0);
        self.counts[place] = 1;
    }

    /// How many durations were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The duration that `percent` of all do not exceed, in nanoseconds.
    pub fn percentile(&self, percent: f64) -> u64 {
        let wanted = ((percent.clamp(0.0, 100.0) / 100.0) * self.total as f64 + 0.5) as u64;
        let mut seen = 0;
        for (place, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted.max(1) {
                return longest_at(place);
            }
        }
        0
    }

    /// Durations in microseconds, each about twice the one before, and how many took no longer: only where the number
    /// grows.
    pub fn doubling(&self) -> Vec<(u64, u64)> {
        let (mut steps, mut level, mut before) = (Vec::new(), 1024, 0);
        while before < self.total {
            let upper = longest_alike(level);
            let most = place(upper);
            let seen: u64 = self.counts.iter().take(most + 1).sum();
            if seen > before {
                steps.push((upper / 1000, seen));
            }
            before = seen;
            level *= 2;
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_as_wide_as_a_hundredth() {
        for ns in (0..LONGEST).step_by(9_973).chain(0..3000) {
            let longest = longest_alike(ns);
            assert!(longest >= ns && (longest - ns) * 100 <= ns.max(1), "{ns} {longest}");
            assert_eq!(longest_at(place(ns)), longest, "{ns}");
        }
    }

    #[test]
    fn percentiles_and_steps_are_those_of_redis() {
        let mut histogram = Histogram::default();
        for us in [1, 2, 2, 9, 40] {
            histogram.record(us * 1000);
        }
        assert_eq!(histogram.percentile(50.0), 2007);
        assert_eq!(histogram.percentile(100.0), 40191);
        assert_eq!(histogram.doubling(), [(1, 1), (2, 3), (16, 4), (66, 5)]);
    }
}
