//! Arguments through a cursor that must be finished.

use bytes::Bytes;

use super::error::{Error, NOT_FLOAT, NOT_INTEGER, SYNTAX};
use super::strtod::strtod;
use super::types::parse_integer;

/// The arguments of a command, after its name (and its subcommand's).
#[derive(Clone, Debug)]
pub struct Args<'a> {
    argv: &'a [Bytes],
    at: usize,
}

impl<'a> Args<'a> {
    /// A cursor over `argv` that starts at `at`.
    pub fn new(argv: &'a [Bytes], at: usize) -> Args<'a> {
        Args { argv, at }
    }

    /// The whole command, its name first.
    pub fn argv(&self) -> &'a [Bytes] {
        self.argv
    }

    /// The next argument; a syntax error if there is none.
    pub fn next(&mut self) -> Result<&'a Bytes, Error> {
        let argument = self.argv.get(self.at).ok_or(SYNTAX)?;
        self.at += 1;
        Ok(argument)
    }

    /// The next argument, without taking it.
    pub fn peek(&self) -> Option<&'a Bytes> {
        self.argv.get(self.at)
    }

    /// How many arguments are left.
    pub fn left(&self) -> usize {
        self.argv.len().saturating_sub(self.at)
    }

    /// The next argument as a 64-bit integer.
    pub fn integer(&mut self) -> Result<i64, Error> {
        parse_integer(self.next()?).ok_or(NOT_INTEGER)
    }

    /// The next argument as the number of one of `databases`.
    pub fn database(&mut self, databases: usize) -> Result<usize, Error> {
        let number = self.integer()?;
        if i32::try_from(number).is_err() {
            let (least, most) = (i32::MIN, i32::MAX);
            return Err(Error::new(format!("ERR value is out of range, value must between {least} and {most}")));
        }
        let db = usize::try_from(number).ok().filter(|db| *db < databases);
        db.ok_or(Error::fixed("ERR DB index is out of range"))
    }

    /// The next argument as a double.
    pub fn float(&mut self) -> Result<f64, Error> {
        parse_float(self.next()?).ok_or(NOT_FLOAT)
    }

    /// Takes the next argument if it is `word`, in any case.
    pub fn keyword(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|argument| argument.eq_ignore_ascii_case(word.as_bytes()));
        self.at += usize::from(found);
        found
    }

    /// The next `count` arguments; a syntax error if there are fewer.
    pub fn take(&mut self, count: usize) -> Result<&'a [Bytes], Error> {
        let taken = self.argv.get(self.at..self.at.saturating_add(count)).ok_or(SYNTAX)?;
        self.at += count;
        Ok(taken)
    }

    /// The next argument as the cursor of SCAN and its kin: C's `strtoul`, which wraps a negative number.
    pub fn cursor(&mut self) -> Result<u64, Error> {
        let text = std::str::from_utf8(self.next()?).unwrap_or("?");
        let number = match text.strip_prefix('-') {
            Some(digits) if !digits.starts_with('+') => digits.parse::<u64>().map(u64::wrapping_neg),
            Some(_) => "?".parse(),
            None => text.parse(),
        };
        number.or(if text.is_empty() { Ok(0) } else { Err(Error::fixed("ERR invalid cursor")) })
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> &'a [Bytes] {
        let rest = self.argv.get(self.at..).unwrap_or_default();
        self.at = self.argv.len();
        rest
    }

    /// A syntax error if anything is left.
    pub fn finish(&self) -> Result<(), Error> {
        if self.left() == 0 { Ok(()) } else { Err(SYNTAX) }
    }
}

/// A double as Redis reads one from an argument: C's `strtod` over the whole text, no spaces, no NaN, nothing that is
/// too large or too small for a double.
pub fn parse_float(bytes: &[u8]) -> Option<f64> {
    if bytes.first().is_none_or(|b| matches!(b, b' ' | b'\t'..=b'\r')) {
        return None;
    }
    if let Some(whole) = short_number(bytes) {
        return Some(whole);
    }
    let (value, read) = strtod(bytes)?;
    if read < bytes.len() || value.is_nan() {
        return None;
    }
    // strtod answers ERANGE for a number that became infinite or 0.
    let infinite = bytes.iter().any(|b| b.eq_ignore_ascii_case(&b'n'));
    let vanished = value == 0.0 && bytes.iter().take_while(|b| !matches!(b, b'e' | b'E' | b'p' | b'P')).any(nonzero);
    ((!value.is_infinite() || infinite) && !vanished).then_some(value)
}

/// A whole number of so few digits that a double holds it exactly, as most scores are.
fn short_number(bytes: &[u8]) -> Option<f64> {
    const POWERS: [u64; 8] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];
    let Some((first, last)) = bytes.first_chunk::<8>().zip(bytes.last_chunk::<8>()) else {
        let digit = |number: u64, byte: &u8| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0'));
        return bytes.iter().try_fold(0, digit).map(|number| number as f64);
    };
    let power = POWERS.get(bytes.len() - 8)?;
    let number = eight_digits(u64::from_le_bytes(*first))?;
    // The last eight hold some of the first again: so many bits of them.
    let again = 8 * (16 - bytes.len()) as u32;
    let rest = u64::from_le_bytes(*last).checked_shr(again).unwrap_or(0);
    let rest = rest.checked_shl(again).unwrap_or(0) | ZEROS.checked_shr(64 - again).unwrap_or(0);
    Some((number * power + eight_digits(rest)?) as f64)
}

/// Eight digits `0`.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The number that eight digits spell, the first in the lowest byte: neighbours are put together in three steps, all at
/// once (Daniel Lemire's and others' well-known way). `None` if one of them is no digit.
fn eight_digits(text: u64) -> Option<u64> {
    const HIGH: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    let digits = text ^ ZEROS;
    // A byte that was a digit is below ten now, and adding six to it does not reach the high half.
    if (digits | digits.wrapping_add(0x0606_0606_0606_0606)) & HIGH != 0 {
        return None;
    }
    let pairs = digits.wrapping_mul(1 + (10 << 8)) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(1 + (100 << 16)) >> 16 & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(1 + (10_000 << 32)) >> 32)
}

fn nonzero(digit: &u8) -> bool {
    matches!(digit, b'1'..=b'9' | b'a'..=b'f' | b'A'..=b'F')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_digit_by_digit_or_eight_at_once() {
        let mut rng = fastrand::Rng::with_seed(5);
        for _ in 0..20_000 {
            let mut text: Vec<u8> = (0..rng.usize(1..18)).map(|_| rng.u8(b'0'..=b'9')).collect();
            let number: u64 = String::from_utf8_lossy(&text).parse().unwrap();
            assert_eq!(parse_float(&text), Some(number as f64), "{}", text.escape_ascii());
            let at = rng.usize(..text.len());
            text[at] = rng.u8(..);
            let expected = text.iter().all(u8::is_ascii_digit) && text.len() <= 15;
            assert_eq!(short_number(&text).is_some(), expected, "{}", text.escape_ascii());
        }
    }
}
