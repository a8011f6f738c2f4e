//! Strings.

use std::borrow::Cow;

use bytes::Bytes;

use super::blob::Blob;
use super::item::{Decimal, Item};

/// Longest string that Redis embeds in its object header.
const EMBSTR_BYTES: usize = 44;

/// A string, in one of Redis's three encodings. It takes 24 bytes, and a block of memory where it is longer than 22.
#[derive(Clone, Debug)]
pub enum Str {
    /// `int`: a 64-bit integer whose decimal form is the string.
    Int(i64),
    /// `embstr`: up to 44 bytes that have not been modified in place.
    Embstr(Blob),
    /// `raw`: longer, as it was stored.
    Long(Box<[u8]>),
    /// `raw`: modified in place (APPEND, SETRANGE, SETBIT), with room to grow.
    Raw(Box<Vec<u8>>),
}

impl Str {
    /// A string that a command stores whole: integers become `int`, short ones `embstr`.
    pub fn new(bytes: &[u8]) -> Str {
        match parse_integer(bytes) {
            Some(n) => Str::Int(n),
            None => Str::text(bytes),
        }
    }

    /// A string that is not tried as an integer (what INCRBYFLOAT stores).
    pub fn text(bytes: &[u8]) -> Str {
        if bytes.len() <= EMBSTR_BYTES { Str::Embstr(Blob::new(bytes)) } else { Str::Long(bytes.into()) }
    }

    /// A string whose encoding is `raw`, however short it is.
    pub fn raw(bytes: Vec<u8>) -> Str {
        Str::Raw(Box::new(bytes))
    }

    /// The string as a reader sees it: its bytes where they lie, or its digits.
    #[inline]
    pub fn item(&self) -> Item<'_> {
        match self {
            Str::Int(n) => Item::Number(Decimal::new(*n)),
            Str::Embstr(blob) => Item::Text(blob),
            Str::Long(bytes) => Item::Text(bytes),
            Str::Raw(bytes) => Item::Text(bytes),
        }
    }

    /// A copy of the bytes of the string.
    pub fn bytes(&self) -> Bytes {
        self.item().to_bytes()
    }

    /// The bytes of the string, borrowed where they lie in memory: looking at a few bytes of a long string is cheap.
    pub fn view(&self) -> Cow<'_, [u8]> {
        match self.item() {
            Item::Text(text) => Cow::Borrowed(text),
            Item::Number(number) => Cow::Owned(number.to_vec()),
        }
    }

    /// The integer that the string spells, whatever its encoding.
    pub fn integer(&self) -> Option<i64> {
        match self {
            Str::Int(n) => Some(*n),
            _ => parse_integer(&self.item()),
        }
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.item().len()
    }

    /// Whether it is the empty string.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, to modify them in place; from here on the encoding is `raw`.
    pub fn raw_mut(&mut self) -> &mut Vec<u8> {
        if !matches!(self, Str::Raw(_)) {
            *self = match std::mem::replace(self, Str::Int(0)) {
                Str::Long(bytes) => Str::raw(bytes.into_vec()),
                other => Str::raw(other.item().to_vec()),
            };
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
            Str::Long(_) | Str::Raw(_) => "raw",
        }
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Str) -> bool {
        self.item() == other.item()
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
    fn it_takes_three_words() {
        assert_eq!(size_of::<Str>(), 24);
    }

    #[test]
    fn encodings_are_those_of_redis() {
        for (text, encoding) in
            [("12", "int"), ("012", "embstr"), (&"x".repeat(44), "embstr"), (&"x".repeat(45), "raw")]
        {
            let mut string = Str::new(text.as_bytes());
            assert_eq!((&*string.view(), string.encoding()), (text.as_bytes(), encoding));
            string.raw_mut().push(b'!');
            assert_eq!((string.bytes(), string.encoding()), (format!("{text}!").into(), "raw"));
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
