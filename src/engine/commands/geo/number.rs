//! Arguments and replies that have a unit of length or are degrees.

use crate::engine::args::{Args, parse_float};
use crate::engine::error::Error;
use crate::engine::types::geohash::Point;
use crate::resp::Value;

/// How many metres a unit of length has.
pub fn unit_m(word: &[u8]) -> Result<f64, Error> {
    let units = [("m", 1.0), ("km", 1000.0), ("ft", 0.3048), ("mi", 1609.34)];
    let found = units.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
    let unknown = Error::fixed("ERR unsupported unit provided. please use M, KM, FT, MI");
    found.map(|(_, metres)| metres).ok_or(unknown)
}

/// The next argument as a length, which is missing where it is no number.
pub fn length(args: &mut Args<'_>, missing: Error) -> Result<f64, Error> {
    parse_float(args.next()?).ok_or(missing)
}

/// The next two arguments as longitude and latitude.
pub fn point(args: &mut Args<'_>) -> Result<Point, Error> {
    let (longitude, latitude) = (args.float()?, args.float()?);
    Point::new(longitude, latitude)
        .ok_or_else(|| Error::new(format!("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}")))
}

/// A distance in some unit, as Redis prints it: four digits behind the point.
pub fn distance(distance: f64) -> Value {
    let scaled = integer((distance * 10_000.0).round_ties_even());
    let (sign, digits) = (if scaled < 0 { "-" } else { "" }, scaled.unsigned_abs());
    Value::text(format!("{sign}{}.{:04}", digits / 10_000, digits % 10_000))
}

/// A double as an integer; where it is out of range, as the processors of most servers have it.
pub fn integer(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) { number as i64 } else { i64::MIN }
}

/// Longitude and latitude as a reply: up to 17 digits behind the point.
pub fn coordinates(point: Point, resp3: bool) -> Value {
    let number = |degrees: f64| {
        let text = format!("{degrees:.17}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        let text = if text == "-0" { "0" } else { text };
        if resp3 { Value::Double(text.parse().unwrap_or(degrees)) } else { Value::text(text) }
    };
    Value::Array(vec![number(point.longitude), number(point.latitude)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_have_four_digits_behind_the_point() {
        for (number, text) in [
            (0.0, "0.0000"),
            (0.00006, "0.0001"),
            (0.775, "0.7750"),
            (166_274.151_56, "166274.1516"),
            (f64::NAN, "-922337203685477.5808"),
        ] {
            assert_eq!(distance(number), Value::text(text));
        }
    }
}
