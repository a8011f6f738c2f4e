//! The 80-bit floating point of x86, in which Redis computes INCRBYFLOAT and HINCRBYFLOAT.
//!
//! Rust has no such type, and a double gives other digits (0.1 + 0.2). So the arithmetic is done here on integers:
//! reading, adding and writing are exact and then rounded once, to the nearest and ties to even, as the processor and
//! glibc do. What comes out is byte for byte what Redis answers on x86-64 Linux; a Redis on a processor whose
//! `long double` has another width may differ in the last digits.

use num_bigint::BigUint;

/// Bits of the mantissa.
const PRECISION: u64 = 64;
/// The exponent of the last bit of the smallest number.
const LEAST_EXPONENT: i64 = -16445;
/// Numbers from 2 to this power on are infinite.
const OVERFLOW_EXPONENT: i64 = 16384;
/// Decimal digits behind the point that Redis writes before it strips zeros.
const DECIMALS: usize = 17;
/// Longest text that Redis reads as a long double: its buffer less the final zero byte.
const LONGEST_TEXT: usize = 5 * 1024 - 1;
/// A decimal exponent beyond which a number is surely infinite, or surely zero if negative.
const SURE_DECIMALS: i64 = 5000;
/// The same for a binary exponent.
const SURE_BITS: i64 = 17_000;

/// A number of 80 bits: `±mantissa × 2^exponent`, or infinite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongDouble {
    negative: bool,
    /// `None`: infinite.
    magnitude: Option<(u64, i64)>,
}

impl From<i64> for LongDouble {
    fn from(n: i64) -> LongDouble {
        LongDouble { negative: n < 0, magnitude: Some((n.unsigned_abs(), 0)) }
    }
}

impl LongDouble {
    /// Reads a number as Redis does: C's `strtold` over the whole text; no spaces, no NaN, nothing out of range.
    /// Infinity by name is a number.
    pub fn parse(bytes: &[u8]) -> Option<LongDouble> {
        if bytes.len() > LONGEST_TEXT {
            return None;
        }
        let text = std::str::from_utf8(bytes).ok()?.to_ascii_lowercase();
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        if magnitude == "inf" || magnitude == "infinity" {
            return Some(LongDouble { negative, magnitude: None });
        }
        let exact = match magnitude.strip_prefix("0x") {
            Some(digits) => parse_hexadecimal(digits)?,
            None => parse_decimal(magnitude)?,
        };
        let is_zero = exact.0 == BigUint::ZERO;
        let number = rounded(negative, exact.0, exact.1);
        // ERANGE: too large, or too small to be anything but zero.
        let out_of_range = match number.magnitude {
            None => true,
            Some((mantissa, _)) => mantissa == 0 && !is_zero,
        };
        (!out_of_range).then_some(number)
    }

    /// Whether this is infinity or its negative.
    pub fn is_infinite(&self) -> bool {
        self.magnitude.is_none()
    }

    /// The sum; `None` if it is infinite or not a number.
    pub fn plus(&self, other: &LongDouble) -> Option<LongDouble> {
        let ((a, a_exponent), (b, b_exponent)) = (self.magnitude?, other.magnitude?);
        let exponent = a_exponent.min(b_exponent);
        let a = BigUint::from(a) << u64::try_from(a_exponent - exponent).ok()?;
        let b = BigUint::from(b) << u64::try_from(b_exponent - exponent).ok()?;
        let (negative, sum) = match (self.negative == other.negative, a >= b) {
            (true, _) => (self.negative, a + b),
            (false, true) => (self.negative, a - b),
            (false, false) => (other.negative, b - a),
        };
        let sum = rounded(negative, sum, exponent);
        sum.magnitude.is_some().then_some(sum)
    }

    /// The text that Redis stores and answers: C's `%.17Lf` without the zeros at its end.
    pub fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let Some((mantissa, exponent)) = self.magnitude else { return format!("{sign}inf") };
        let scaled = BigUint::from(mantissa) * BigUint::from(10u32).pow(DECIMALS as u32);
        let scaled = match u64::try_from(exponent) {
            Ok(shift) => scaled << shift,
            Err(_) => shifted_right(&scaled, exponent.unsigned_abs()),
        };
        let digits = format!("{:0>width$}", scaled.to_string(), width = DECIMALS + 1);
        let (whole, fraction) = digits.split_at(digits.len() - DECIMALS);
        let fraction = fraction.trim_end_matches('0');
        match (whole, fraction) {
            ("0", "") => "0".into(),
            (whole, "") => format!("{sign}{whole}"),
            (whole, fraction) => format!("{sign}{whole}.{fraction}"),
        }
    }
}

/// `number × 2^exponent` in 64 bits of mantissa, or fewer near zero.
fn rounded(negative: bool, number: BigUint, exponent: i64) -> LongDouble {
    let bits = i64::try_from(number.bits()).unwrap_or(i64::MAX);
    let excess = (bits - PRECISION as i64).max(LEAST_EXPONENT - exponent).max(0);
    let mut mantissa = shifted_right(&number, excess.unsigned_abs());
    let mut exponent = exponent + excess;
    if mantissa.bits() > PRECISION {
        // Rounding up carried into a new bit; the others are zero.
        mantissa >>= 1u32;
        exponent += 1;
    }
    let overflows = i64::try_from(mantissa.bits()).unwrap_or(i64::MAX) + exponent > OVERFLOW_EXPONENT;
    let magnitude = u64::try_from(&mantissa).ok().filter(|m| *m == 0 || !overflows);
    LongDouble { negative, magnitude: magnitude.map(|m| (m, if m == 0 { 0 } else { exponent })) }
}

/// `number / 2^bits`, to the nearest, ties to even.
fn shifted_right(number: &BigUint, bits: u64) -> BigUint {
    if bits == 0 {
        return number.clone();
    }
    let quotient = number >> bits;
    let lowest_set = number.trailing_zeros().unwrap_or(u64::MAX);
    let up = number.bit(bits - 1) && (lowest_set < bits - 1 || quotient.bit(0));
    if up { quotient + 1u32 } else { quotient }
}

/// Splits `12.5e3` into its digits `125`, how many of them stand behind the point, and the exponent.
fn split_number(text: &str, exponent_mark: char) -> Option<(String, i64, i64)> {
    let (mantissa, exponent) = match text.split_once(exponent_mark) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    (!digits.is_empty()).then_some((digits, i64::try_from(fraction.len()).ok()?, exponent))
}

/// An exponent; a huge one is cut, since its number is out of range anyway.
fn parse_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse::<i64>().unwrap_or(i64::MAX).min(i64::from(i32::MAX));
    Some(if negative { -number } else { number })
}

/// The exact value of a decimal number as an integer times a power of two; the division of a fraction is carried on
/// far enough to be rounded rightly.
fn parse_decimal(text: &str) -> Option<(BigUint, i64)> {
    let (digits, behind_point, exponent) = split_number(text, 'e')?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: BigUint = digits.parse().ok()?;
    let power = exponent - behind_point;
    let significant = i64::try_from(digits.trim_start_matches('0').len()).ok()?;
    if number == BigUint::ZERO || (significant + power).abs() > SURE_DECIMALS {
        return Some(beyond(number, significant + power > 0));
    }
    let ten = BigUint::from(10u32);
    if let Ok(power) = u32::try_from(power) {
        return Some((number * ten.pow(power), 0));
    }
    let divisor = ten.pow(u32::try_from(-power).ok()?);
    let shift = (divisor.bits() + PRECISION + 2).saturating_sub(number.bits());
    let dividend = number << shift;
    let quotient = &dividend / &divisor;
    let is_exact = &quotient * &divisor == dividend;
    // One more bit says whether anything was left over.
    let sticky = (quotient << 1u32) + u32::from(!is_exact);
    Some((sticky, -i64::try_from(shift).ok()? - 1))
}

fn parse_hexadecimal(text: &str) -> Option<(BigUint, i64)> {
    let (digits, behind_point, exponent) = split_number(text, 'p')?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let number = BigUint::parse_bytes(digits.as_bytes(), 16)?;
    let exponent = exponent - 4 * behind_point;
    let top = i64::try_from(number.bits()).ok()? + exponent;
    Some(if top.abs() > SURE_BITS { beyond(number, top > 0) } else { (number, exponent) })
}

/// Zero, or a number that is surely out of range.
fn beyond(number: BigUint, large: bool) -> (BigUint, i64) {
    let exponent = if large { SURE_BITS } else { -2 * SURE_BITS };
    if number == BigUint::ZERO { (number, 0) } else { (BigUint::from(1u32), exponent) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(a: &str, b: &str) -> Option<String> {
        Some(LongDouble::parse(a.as_bytes())?.plus(&LongDouble::parse(b.as_bytes())?)?.text())
    }

    #[test]
    fn sums_are_those_of_redis() {
        // Each taken from redis-server 7.0.15 on x86-64.
        for (a, b, expected) in [
            ("0.1", "0.2", "0.3"),
            ("10.50", "0.1", "10.6"),
            ("5.0e3", "200", "5200"),
            ("3", "1.1", "4.1"),
            ("1e15", "0.1", "1000000000000000.0999755859375"),
            ("1e18", "0.1", "1000000000000000000.125"),
            ("-0.1", "0.1", "0"),
            ("1e-18", "0", "0"),
            ("0x10", "0x.8p1", "17"),
            ("9223372036854775807", "1", "9223372036854775808"),
            ("123456789.123", "0.000000001", "123456789.12300000099639874"),
        ] {
            assert_eq!(sum(a, b).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_out_of_range_is_no_number() {
        for text in ["", "1e5000", "1e-5000", "nan", " 1", "1 ", "1e", "0x", "0x1p", ".", "1e99999999999", "--1", "1_0"]
        {
            assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text:?}");
        }
        for text in ["0e99999999999", "1e4932", "3e-4951", "inf", "-Infinity", ".5", "5."] {
            assert!(LongDouble::parse(text.as_bytes()).is_some(), "{text:?}");
        }
        assert_eq!(sum("1.1e4932", "1.1e4932"), None);
        assert_eq!(sum("inf", "-inf"), None);
    }
}
