//! Arguments through a cursor that must be finished.

use bytes::Bytes;

use super::error::{Error, NOT_FLOAT, NOT_INTEGER, SYNTAX};
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

/// A double as Redis reads one from an argument: C's `strtod` over the whole text, no spaces, no NaN.
pub fn parse_float(bytes: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (negative, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if magnitude.starts_with(['+', '-']) {
        return None;
    }
    let lower = magnitude.to_ascii_lowercase();
    let value = if let Some(digits) = lower.strip_prefix("0x") {
        parse_hex(digits)?
    } else if lower == "inf" || lower == "infinity" {
        f64::INFINITY
    } else if lower.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        let value = lower.parse::<f64>().ok()?;
        // strtod answers ERANGE for what is too large to be a double.
        if value.is_infinite() {
            return None;
        }
        value
    } else {
        return None;
    };
    Some(if negative { -value } else { value })
}

fn parse_hex(digits: &str) -> Option<f64> {
    let (mantissa, exponent) = match digits.split_once('p') {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let scale = exponent - 4 * i32::try_from(fraction.len()).ok()?;
    Some(value * 2f64.powi(scale))
}
