//! Durations as people write them: `40ms`, `10s`, `1m`, `0.05ms`.

use std::time::Duration;

/// Units and their microseconds.
const UNITS: &[(&str, f64)] = &[("us", 1.0), ("ms", 1e3), ("s", 1e6), ("m", 60e6), ("h", 3600e6), ("d", 86_400e6)];

/// Reads a duration; the error says what was expected. Nothing is finer than a microsecond.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let Ok(number) = number.parse::<f64>() else {
        return Err("expected a duration such as 40ms, 10s or 1m".into());
    };
    let Some((_, micros)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(match unit {
            "" => format!("a duration needs a unit: {text}ms or {text}s"),
            _ => "the unit of a duration is one of us, ms, s, m, h, d".into(),
        });
    };
    let micros = (number * micros).round();
    if micros > 1e15 {
        return Err("this duration is longer than thirty years".into());
    }
    // A float between 0 and 1e15 always fits.
    Ok(Duration::from_micros(micros as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        let us = |text| parse_duration(text).map(|d| d.as_micros());
        assert_eq!(us("40ms"), Ok(40_000));
        assert_eq!(us("0.05ms"), Ok(50));
        assert_eq!(us("1m"), Ok(60_000_000));
        assert_eq!(us("0s"), Ok(0));
        assert_eq!(us("10"), Err("a duration needs a unit: 10ms or 10s".into()));
        assert!(us("10 parsecs").is_err());
        assert!(us("-1s").is_err());
        assert!(us("9999999999d").is_err());
        assert!(us("").is_err());
    }
}
