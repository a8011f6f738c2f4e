//! Numbers with their units, as people read them.

use crate::target::Elapsed;

use super::measure::duration_text;

/// `1048576` as `1,048,576`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How long something took; what was simulated is marked by `~`.
pub fn elapsed_short(elapsed: Elapsed) -> String {
    let mark = if elapsed.is_simulated() { "~" } else { "" };
    format!("{mark}{}", duration_text(elapsed.total_us()))
}

/// How many times `more` is `less`: `13×`, `1.4×`; `None` if there is nothing to compare with.
pub fn ratio(more: u64, less: u64) -> Option<String> {
    if less == 0 || more == 0 {
        return None;
    }
    // Precise enough for two digits.
    let ratio = more as f64 / less as f64;
    Some(if ratio < 9.95 { format!("{ratio:.1}×") } else { format!("{ratio:.0}×") })
}

/// What is left of a TTL: `297 s`, `4.2 s`, `12 m 05 s`, `3 h 20 m`, `8 d 4 h`.
pub fn ttl(left_ms: i64) -> String {
    let ms = u64::try_from(left_ms).unwrap_or(0);
    let s = ms / 1000;
    match s {
        0..=9 => format!("{}.{} s", s, ms / 100 % 10),
        10..=599 => format!("{s} s"),
        600..=7_199 => format!("{} m {:02} s", s / 60, s % 60),
        7_200..=172_799 => format!("{} h {:02} m", s / 3600, s / 60 % 60),
        _ => format!("{} d {} h", s / 86_400, s / 3600 % 24),
    }
}

/// A moment of the day in UTC, `00:04:12`, of milliseconds since the Unix epoch.
pub fn clock(now_ms: i64) -> String {
    let s = now_ms.div_euclid(1000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([thousands(0), thousands(999), thousands(1_048_576)], ["0", "999", "1,048,576"]);
        assert_eq!(ratio(826, 62), Some("13×".into()));
        assert_eq!(ratio(14, 10), Some("1.4×".into()));
        assert_eq!(ratio(1, 0), None);
        assert_eq!([ttl(-5), ttl(4_250), ttl(297_900), ttl(725_000)], ["0.0 s", "4.2 s", "297 s", "12 m 05 s"]);
        assert_eq!(clock(252_000), "00:04:12");
        assert_eq!(elapsed_short(Elapsed { measured_us: 40, simulated_us: 1_000 }), "~1.04 ms");
    }
}
