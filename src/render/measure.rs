//! Times, as they are shown: three figures, and simulated ones say so.

use crate::target::Elapsed;

/// A time in three figures with its unit: `0.9 µs` is never shown as nothing.
pub fn duration_text(us: u64) -> String {
    let us = us as f64;
    match us {
        us if us < 1_000.0 => format!("{us:.0} µs"),
        us if us < 10_000.0 => format!("{:.2} ms", us / 1e3),
        us if us < 100_000.0 => format!("{:.1} ms", us / 1e3),
        us if us < 1_000_000.0 => format!("{:.0} ms", us / 1e3),
        us if us < 100_000_000.0 => format!("{:.2} s", us / 1e6),
        us => format!("{:.0} s", us / 1e6),
    }
}

/// What something took; where any of it was simulated it says so.
pub fn elapsed_text(elapsed: Elapsed) -> String {
    let total = duration_text(elapsed.total_us());
    if elapsed.is_simulated() { format!("{total} (simulated)") } else { total }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_figures() {
        for (us, text) in
            [(7, "7 µs"), (1_040, "1.04 ms"), (41_200, "41.2 ms"), (826_000, "826 ms"), (5_001_000, "5.00 s")]
        {
            assert_eq!(duration_text(us), text);
        }
        assert_eq!(elapsed_text(Elapsed { measured_us: 1, simulated_us: 5000 }), "5.00 ms (simulated)");
    }
}
