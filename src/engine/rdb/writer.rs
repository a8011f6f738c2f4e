//! What dumps are written with.

use super::super::types::parse_integer;
use super::kind;
use super::lzf::Compressor;

/// The longest string that may be the text of a 32-bit integer.
const INTEGER_BYTES: usize = 11;
/// A string that is no longer than this is never compressed.
const SHORT: usize = 20;

/// Bytes that become a dump.
pub struct Writer {
    /// What was written.
    pub bytes: Vec<u8>,
    compressor: Option<Compressor>,
}

impl Writer {
    /// Nothing yet. Whether long strings are compressed is `rdbcompression`.
    pub fn new(compress: bool) -> Writer {
        Writer { bytes: Vec::new(), compressor: compress.then(Compressor::default) }
    }

    /// A byte.
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// A number of 8 bytes, lowest first.
    pub fn little(&mut self, number: i64) {
        self.bytes.extend(number.to_le_bytes());
    }

    /// A double of 8 bytes.
    pub fn double(&mut self, number: f64) {
        self.bytes.extend(number.to_le_bytes());
    }

    /// A number in the form of a length.
    pub fn number(&mut self, number: u64) {
        let [.., b3, b2, b1, b0] = number.to_be_bytes();
        match number {
            0..64 => self.byte(b0),
            64..16_384 => self.bytes.extend([0x40 | b1, b0]),
            _ if u32::try_from(number).is_ok() => self.bytes.extend([kind::LENGTH_32, b3, b2, b1, b0]),
            _ => {
                self.byte(kind::LENGTH_64);
                self.bytes.extend(number.to_be_bytes());
            }
        }
    }

    /// How many of something follow.
    pub fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    /// A string in its shortest form.
    pub fn string(&mut self, text: &[u8]) {
        let integer = if text.len() <= INTEGER_BYTES { parse_integer(text) } else { None };
        if integer.is_some_and(|n| self.integer(n)) || self.compressed(text) {
            return;
        }
        self.length(text.len());
        self.bytes.extend_from_slice(text);
    }

    /// An integer in place of its text, if it has 32 bits at most.
    fn integer(&mut self, n: i64) -> bool {
        if let Ok(n) = i8::try_from(n) {
            self.byte(kind::INT_8);
            self.bytes.extend(n.to_le_bytes());
        } else if let Ok(n) = i16::try_from(n) {
            self.byte(kind::INT_16);
            self.bytes.extend(n.to_le_bytes());
        } else if let Ok(n) = i32::try_from(n) {
            self.byte(kind::INT_32);
            self.bytes.extend(n.to_le_bytes());
        } else {
            return false;
        }
        true
    }

    /// A string in its compressed form, if that saves four bytes.
    fn compressed(&mut self, text: &[u8]) -> bool {
        let Some(compressor) = self.compressor.as_mut().filter(|_| text.len() > SHORT) else { return false };
        let Some(packed) = compressor.compress(text, text.len() - 4) else { return false };
        self.byte(kind::LZF);
        self.length(packed.len());
        self.length(text.len());
        self.bytes.extend(packed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::Reader;
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut writer = Writer::new(true);
        let numbers = [0, 63, 64, 16_383, 16_384, u64::from(u32::MAX), u64::from(u32::MAX) + 1, u64::MAX];
        let long = "so it goes ".repeat(50);
        let texts = ["", "0", "-1", "127", "128", "-32769", "2147483647", "2147483648", "007", "word", &long];
        numbers.iter().for_each(|n| writer.number(*n));
        texts.iter().for_each(|text| writer.string(text.as_bytes()));
        assert!(writer.bytes.len() < 200);
        let mut reader = Reader::new(&writer.bytes);
        assert_eq!(numbers.map(|_| reader.number()), numbers.map(Ok));
        texts.iter().for_each(|text| assert_eq!(reader.string().as_deref(), Ok(text.as_bytes())));
        assert_eq!(reader.at(), writer.bytes.len());
    }
}
