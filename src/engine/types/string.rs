//! Strings.

use std::borrow::Cow;

use bytes::Bytes;

/// Longest string that Redis embeds in its object header.
const EMBSTR_BYTES: usize = 44;

/// A string, in one of Redis's three encodings.
#[derive(Clone, Debug)]
pub enum Str {
    /// `int`: a 64-bit integer whose decimal form is the string.
    Int(i64),
    /// `embstr`: up to 44 bytes that have not been modified in place.
    Embstr(Bytes),
    /// `raw`: longer, or modified in place (APPEND, SETRANGE, SETBIT).
    Raw(Vec<u8>),
}

impl Str {
    /// A string that a command stores whole: integers become `int`, short ones `embstr`.
    pub fn new(bytes: &[u8]) -> Str {
        match parse_integer(bytes) {
            Some(n) => Str::Int(n),
            None if bytes.len() <= EMBSTR_BYTES => Str::Embstr(Bytes::copy_from_slice(bytes)),
            None => Str::Raw(bytes.to_vec()),
        }
    }

    /// A string that is not tried as an integer (what INCRBYFLOAT stores).
    pub fn text(bytes: &[u8]) -> Str {
        if bytes.len() <= EMBSTR_BYTES { Str::Embstr(Bytes::copy_from_slice(bytes)) } else { Str::Raw(bytes.to_vec()) }
    }

    /// The bytes of the string.
    pub fn bytes(&self) -> Bytes {
        match self {
            Str::Int(n) => Bytes::from(n.to_string()),
            Str::Embstr(bytes) => bytes.clone(),
            Str::Raw(bytes) => Bytes::copy_from_slice(bytes),
        }
    }

    /// The bytes of the string, borrowed where they lie in memory: looking at a few bytes of a long string is cheap.
    pub fn view(&self) -> Cow<'_, [u8]> {
        match self {
            Str::Int(n) => Cow::Owned(n.to_string().into_bytes()),
            Str::Embstr(bytes) => Cow::Borrowed(bytes),
            Str::Raw(bytes) => Cow::Borrowed(bytes),
        }
    }

    /// The integer that the string spells, whatever its encoding.
    pub fn integer(&self) -> Option<i64> {
        match self {
            Str::Int(n) => Some(*n),
            Str::Embstr(bytes) => parse_integer(bytes),
            Str::Raw(bytes) => parse_integer(bytes),
        }
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Str::Int(n) => usize::from(*n < 0) + n.unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1),
            Str::Embstr(bytes) => bytes.len(),
            Str::Raw(bytes) => bytes.len(),
        }
    }

    /// Whether it is the empty string.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, to modify them in place; from here on the encoding is `raw`.
    pub fn raw_mut(&mut self) -> &mut Vec<u8> {
        if !matches!(self, Str::Raw(_)) {
            *self = Str::Raw(self.bytes().to_vec());
        }
        match self {
            Str::Raw(bytes) => bytes,
            _ => unreachable!("made raw above"),
        }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        match self {
            Str::Int(_) => "int",
            Str::Embstr(_) => "embstr",
            Str::Raw(_) => "raw",
        }
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Str) -> bool {
        self.view() == other.view()
    }
}

/// A 64-bit integer in Redis's strict form: no spaces, no plus, no leading zeros.
///
/// Source: `string2ll`.
pub fn parse_integer(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    match digits {
        [b'0'] => return (!negative).then_some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    let mut number: u64 = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    if negative { 0i64.checked_sub_unsigned(number) } else { i64::try_from(number).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_that_of_the_text() {
        for n in [0, 1, 9, 10, 99, 100, -1, -10, i64::MAX, i64::MIN] {
            assert_eq!(Str::Int(n).len(), n.to_string().len());
        }
    }

    #[test]
    fn integers_are_strict() {
        for (text, number) in [
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-0", None),
            ("01", None),
            ("+1", None),
            (" 1", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(parse_integer(text.as_bytes()), number, "{text:?}");
        }
    }
}
