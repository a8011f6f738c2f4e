//! A cursor over the bytes of a dump.

use std::borrow::Cow;

use super::super::strtod::strtod;
use super::super::types::Item;
use super::kind;
use super::lzf::decompress;

/// Why bytes are no dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub Cow<'static, str>);

impl Fault {
    /// A fault with a sentence about it.
    pub const fn new(why: &'static str) -> Fault {
        Fault(Cow::Borrowed(why))
    }
}

/// The bytes end too soon.
pub const SHORT: Fault = Fault::new("it ends in the middle");

/// What is read, or why it cannot be.
pub type Read<T> = Result<T, Fault>;

/// The cursor.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// A cursor at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    /// How many bytes were read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let end = self.at.checked_add(count).ok_or(SHORT)?;
        let taken = self.bytes.get(self.at..end).ok_or(SHORT)?;
        self.at = end;
        Ok(taken)
    }

    /// The next bytes, as many as the array has.
    pub fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| SHORT)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Read<u8> {
        self.array().map(|[byte]| byte)
    }

    /// The next 8 bytes as a number, lowest first.
    pub fn little(&mut self) -> Read<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// The next number in the form of a length, however large.
    pub fn number(&mut self) -> Read<u64> {
        let first = self.byte()?;
        self.number_from(first)
    }

    fn number_from(&mut self, first: u8) -> Read<u64> {
        let six = u64::from(first & 0x3f);
        Ok(match first {
            // Redis takes the mark of an integer where a length should stand for a short length.
            0x00..=0x3f | 0xc0..=0xff => six,
            0x40..=0x7f => six << 8 | u64::from(self.byte()?),
            kind::LENGTH_32 => self.array().map(u32::from_be_bytes)?.into(),
            kind::LENGTH_64 => self.array().map(u64::from_be_bytes)?,
            _ => return Err(Fault::new("a length has an unknown form")),
        })
    }

    /// The next length: how many of something follow.
    pub fn length(&mut self) -> Read<u64> {
        // The greatest number is what Redis answers in place of a length that it cannot read.
        self.number().and_then(|n| if n == u64::MAX { Err(SHORT) } else { Ok(n) })
    }

    fn size(&mut self) -> Read<usize> {
        usize::try_from(self.length()?).map_err(|_| SHORT)
    }

    /// The next string: as it is, compressed, or an integer.
    pub fn string(&mut self) -> Read<Cow<'a, [u8]>> {
        let first = self.byte()?;
        let integer = match first {
            kind::INT_8 => i64::from(i8::from_le_bytes(self.array()?)),
            kind::INT_16 => i64::from(i16::from_le_bytes(self.array()?)),
            kind::INT_32 => i64::from(i32::from_le_bytes(self.array()?)),
            kind::LZF => return self.compressed().map(Cow::Owned),
            0xc4.. => return Err(Fault::new("a string has an unknown form")),
            _ => {
                let length = self.number_from(first)?;
                return self.take(usize::try_from(length).map_err(|_| SHORT)?).map(Cow::Borrowed);
            }
        };
        Ok(Cow::Owned(Item::number(integer).to_vec()))
    }

    fn compressed(&mut self) -> Read<Vec<u8>> {
        let (packed, length) = (self.size()?, self.size()?);
        let packed = self.take(packed)?;
        decompress(packed, length).ok_or(Fault::new("a compressed string is damaged"))
    }

    /// The next double, as 8 bytes.
    pub fn double(&mut self) -> Read<f64> {
        self.array().map(f64::from_le_bytes)
    }

    /// The next double, as text: what versions before 8 wrote.
    pub fn text_double(&mut self) -> Read<f64> {
        match self.byte()? {
            253 => Ok(f64::NAN),
            254 => Ok(f64::INFINITY),
            255 => Ok(f64::NEG_INFINITY),
            length => {
                let text = self.take(length.into())?;
                let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
                strtod(text).map(|(value, _)| value).ok_or(Fault::new("a score is no number"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_come_in_four_forms() {
        for (bytes, text) in [
            (&b"\x03abc"[..], &b"abc"[..]),
            (b"\xc0\xff", b"-1"),
            (b"\xc1\x00\x80", b"-32768"),
            (b"\xc2\xff\xff\xff\x7f", b"2147483647"),
            (b"\xc3\x05\x0a\x00a\xe0\x00\x00", b"aaaaaaaaaa"),
            (b"\x40\x03abc", b"abc"),
            (b"\x80\x00\x00\x00\x03abc", b"abc"),
            (b"\x81\x00\x00\x00\x00\x00\x00\x00\x03abc", b"abc"),
        ] {
            assert_eq!(Reader::new(bytes).string().as_deref(), Ok(text), "{bytes:?}");
        }
        for bytes in [&b"\x03ab"[..], b"\xc4", b"\xc0", b"\x82abc", b"", b"\x81\xff\xff\xff\xff\xff\xff\xff\xffabc"] {
            assert!(Reader::new(bytes).string().is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn old_scores_are_text() {
        for (bytes, value) in [(&b"\x033.5"[..], 3.5), (b"\xfe", f64::INFINITY), (b"\xff", f64::NEG_INFINITY)] {
            assert_eq!(Reader::new(bytes).text_double(), Ok(value));
        }
        assert!(Reader::new(b"\x01x").text_double().is_err());
        assert!(Reader::new(b"\x05123").text_double().is_err());
    }
}
