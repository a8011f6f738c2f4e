//! Elements as they are read.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

/// The most digits that a 64-bit integer has, with its sign.
const DIGITS: usize = 20;

/// The decimal form of an integer, written on the spot.
#[derive(Clone, Copy)]
pub struct Decimal {
    from: u8,
    digits: [u8; DIGITS],
}

impl Decimal {
    /// The decimal form of `number`.
    pub fn new(number: i64) -> Decimal {
        let mut digits = [b'0'; DIGITS];
        let (mut from, mut left) = (DIGITS, number.unsigned_abs());
        loop {
            from -= 1;
            digits[from] = b'0' + (left % 10) as u8;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        if number < 0 {
            from -= 1;
            digits[from] = b'-';
        }
        Decimal { from: from as u8, digits }
    }
}

impl Deref for Decimal {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.digits.get(usize::from(self.from)..).unwrap_or_default()
    }
}

/// An element of a collection as a reader sees it: text where it lies in memory, or an integer that is stored as such
/// and whose digits are written down for the reader. It is its bytes in every respect.
#[derive(Clone, Copy)]
pub enum Item<'a> {
    /// Text.
    Text(&'a [u8]),
    /// An integer.
    Number(Decimal),
}

impl<'a> Item<'a> {
    /// An integer as text.
    pub fn number(number: i64) -> Item<'a> {
        Item::Number(Decimal::new(number))
    }

    /// The element as a reply carries it.
    pub fn to_bytes(&self) -> Bytes {
        Bytes::copy_from_slice(self)
    }
}

impl Deref for Item<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Item::Text(text) => text,
            Item::Number(number) => number,
        }
    }
}

impl AsRef<[u8]> for Item<'_> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl From<Item<'_>> for Bytes {
    fn from(item: Item<'_>) -> Bytes {
        item.to_bytes()
    }
}

impl PartialEq for Item<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Item<'_> {}

impl PartialEq<[u8]> for Item<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        **self == *other
    }
}

impl PartialOrd for Item<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (**self).cmp(other)
    }
}

impl fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_reads_as_its_digits() {
        for number in [0, 7, -7, 10, 99, 100, 1234567, i64::MAX, i64::MIN] {
            assert_eq!(*Item::number(number), *number.to_string().as_bytes());
        }
        assert_eq!(Item::number(12), Item::Text(b"12"));
    }
}
