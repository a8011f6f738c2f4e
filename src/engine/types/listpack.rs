//! The compact list of Redis: texts and integers, one behind the other in one piece of memory.
//!
//! The bytes are exactly those of Redis's own listpacks, since streams measure their nodes by them and dumps contain
//! them: a header of 6 bytes (how many bytes in all, how many elements), the elements, and an end mark. Behind each
//! element stands its length, so that one can walk backwards.

use bytes::Bytes;

use super::string::parse_integer;

/// The header: 4 bytes of total length and 2 of the number of elements, lowest byte first.
const HEADER: usize = 6;
/// The mark behind the last element.
const END: u8 = 0xff;
/// The number of elements says this when there are too many for it.
const UNCOUNTED: u16 = u16::MAX;

/// A list of texts and integers in one piece of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listpack(Vec<u8>);

/// One element. A text that is the usual spelling of a 64-bit integer is kept as that integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    /// An integer.
    Integer(i64),
    /// Any other text.
    Text(&'a [u8]),
}

impl Element<'_> {
    /// The text that was put in.
    pub fn to_bytes(self) -> Bytes {
        match self {
            Element::Integer(n) => Bytes::from(n.to_string()),
            Element::Text(text) => Bytes::copy_from_slice(text),
        }
    }

    /// Whether this is what is kept of `text`.
    pub fn is(self, text: &[u8]) -> bool {
        match self {
            Element::Integer(n) => parse_integer(text) == Some(n),
            Element::Text(own) => own == text,
        }
    }

    /// The number, if it is one.
    pub fn integer(self) -> Option<i64> {
        match self {
            Element::Integer(n) => Some(n),
            Element::Text(_) => None,
        }
    }
}

impl Default for Listpack {
    fn default() -> Self {
        Listpack(vec![HEADER as u8 + 1, 0, 0, 0, 0, 0, END])
    }
}

impl Listpack {
    /// A listpack from bytes of unknown origin; `None` if they are not a listpack in every part.
    pub fn from_bytes(bytes: &[u8]) -> Option<Listpack> {
        let (total, rest) = bytes.split_first_chunk::<4>()?;
        let (count, _) = rest.split_first_chunk::<2>()?;
        if usize::try_from(u32::from_le_bytes(*total)).ok()? != bytes.len() || bytes.last() != Some(&END) {
            return None;
        }
        let pack = Listpack(bytes.to_vec());
        let (mut at, mut found) = (HEADER, 0usize);
        while at < pack.end() {
            at = pack.checked_next(at)?;
            found += 1;
        }
        let count = u16::from_le_bytes(*count);
        (at == pack.end() && (count == UNCOUNTED || usize::from(count) == found)).then_some(pack)
    }

    /// The bytes, as Redis would keep them.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Where the first element is, if there is one.
    pub fn start(&self) -> usize {
        HEADER
    }

    /// Where the end mark is.
    pub fn end(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// The element at a place, and the place of the next one. `None` at the end.
    pub fn get(&self, at: usize) -> Option<(Element<'_>, usize)> {
        let rest = self.0.get(at..self.end())?;
        let (element, length) = decode(rest)?;
        Some((element, at + length + backlen_size(length)))
    }

    /// The integer at a place, and the place of the next element.
    pub fn integer(&self, at: usize) -> Option<(i64, usize)> {
        let (element, next) = self.get(at)?;
        Some((element.integer()?, next))
    }

    /// The place `count` elements behind `at`.
    pub fn skip(&self, mut at: usize, count: usize) -> Option<usize> {
        for _ in 0..count {
            let length = length_at(self.0.get(at..self.end())?)?;
            at += length + backlen_size(length);
        }
        Some(at)
    }

    /// The place of the element before `at`. `None` at the start.
    pub fn before(&self, at: usize) -> Option<usize> {
        if at <= HEADER {
            return None;
        }
        let (mut length, mut shift, mut size) = (0usize, 0, 0);
        loop {
            size += 1;
            let byte = *self.0.get(at.checked_sub(size)?)?;
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 || size == 5 {
                break;
            }
        }
        at.checked_sub(size + length).filter(|place| *place >= HEADER)
    }

    /// Adds a text behind all others.
    pub fn push(&mut self, text: &[u8]) {
        match parse_integer(text) {
            Some(n) => self.push_integer(n),
            None => self.add(|out| encode_text(text, out)),
        }
    }

    /// Adds an integer behind all others.
    pub fn push_integer(&mut self, n: i64) {
        self.add(|out| encode_integer(n, out));
    }

    fn add(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        self.0.pop();
        let from = self.0.len();
        encode(&mut self.0);
        let length = self.0.len() - from;
        encode_backlen(length, &mut self.0);
        self.0.push(END);
        self.note_length();
        let count = u16::from_le_bytes([self.0[4], self.0[5]]).saturating_add(1);
        self.0[4..HEADER].copy_from_slice(&count.to_le_bytes());
    }

    /// Puts an integer in the place of the element at `at`.
    pub fn replace_integer(&mut self, at: usize, n: i64) {
        let Some((_, next)) = self.get(at) else { return };
        let mut element = Vec::with_capacity(12);
        encode_integer(n, &mut element);
        encode_backlen(element.len(), &mut element);
        if element.len() == next - at {
            self.0[at..next].copy_from_slice(&element);
        } else {
            self.0.splice(at..next, element);
            self.note_length();
        }
    }

    /// All elements in order.
    pub fn iter(&self) -> impl Iterator<Item = Element<'_>> {
        let mut at = HEADER;
        std::iter::from_fn(move || {
            let (element, next) = self.get(at)?;
            at = next;
            Some(element)
        })
    }

    /// Gives back memory that was taken in advance.
    pub fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }

    fn note_length(&mut self) {
        let total = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0[..4].copy_from_slice(&total.to_le_bytes());
    }

    /// The place behind an element whose parts are all as they should be.
    fn checked_next(&self, at: usize) -> Option<usize> {
        let rest = self.0.get(at..self.end())?;
        let (_, length) = decode(rest)?;
        let mut expected = Vec::with_capacity(5);
        encode_backlen(length, &mut expected);
        rest.get(length..)?.starts_with(&expected).then_some(at + length + expected.len())
    }
}

/// How long the element at the start of `bytes` is, without the length behind it.
fn length_at(bytes: &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    Some(match first {
        0x00..=0x7f => 1,
        0x80..=0xbf => 1 + usize::from(first & 0x3f),
        0xc0..=0xdf => 2,
        0xe0..=0xef => 2 + (usize::from(first & 0x0f) << 8 | usize::from(*bytes.get(1)?)),
        0xf0 => 5usize.checked_add(u32::from_le_bytes(*bytes.get(1..)?.first_chunk()?) as usize)?,
        0xf1 => 3,
        0xf2 => 4,
        0xf3 => 5,
        0xf4 => 9,
        _ => return None,
    })
}

/// The element at the start of `bytes`, and its length.
fn decode(bytes: &[u8]) -> Option<(Element<'_>, usize)> {
    let length = length_at(bytes)?;
    let own = bytes.get(..length)?;
    let little = |from: usize| {
        // The sign is that of the highest byte.
        let mut wide = [if own[length - 1] & 0x80 == 0 { 0 } else { 0xff }; 8];
        wide[..length - from].copy_from_slice(&own[from..]);
        Element::Integer(i64::from_le_bytes(wide))
    };
    let element = match own[0] {
        small @ 0x00..=0x7f => Element::Integer(i64::from(small)),
        0x80..=0xbf => Element::Text(&own[1..]),
        high @ 0xc0..=0xdf => {
            let n = i64::from(high & 0x1f) << 8 | i64::from(own[1]);
            Element::Integer(if n >= 1 << 12 { n - (1 << 13) } else { n })
        }
        0xe0..=0xef => Element::Text(&own[2..]),
        0xf0 => Element::Text(&own[5..]),
        _ => little(1),
    };
    Some((element, length))
}

fn encode_integer(n: i64, out: &mut Vec<u8>) {
    let bytes = n.to_le_bytes();
    match n {
        0..=127 => out.push(bytes[0]),
        -4096..=4095 => out.extend([0xc0 | (bytes[1] & 0x1f), bytes[0]]),
        -32_768..=32_767 => wide(0xf1, &bytes[..2], out),
        -8_388_608..=8_388_607 => wide(0xf2, &bytes[..3], out),
        -2_147_483_648..=2_147_483_647 => wide(0xf3, &bytes[..4], out),
        _ => wide(0xf4, &bytes, out),
    }
}

fn wide(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(bytes);
}

fn encode_text(text: &[u8], out: &mut Vec<u8>) {
    let [low, high, ..] = text.len().to_le_bytes();
    match text.len() {
        0..64 => out.push(0x80 | low),
        64..4096 => out.extend([0xe0 | high, low]),
        length => {
            out.push(0xf0);
            out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        }
    }
    out.extend_from_slice(text);
}

/// How many bytes an element's length takes behind it. The limits are Redis's, one short of what would fit.
fn backlen_size(length: usize) -> usize {
    match length {
        0..=127 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    }
}

/// Writes an element's length for whoever comes from behind: its lowest 7 bits last, all but the first marked.
fn encode_backlen(length: usize, out: &mut Vec<u8>) {
    let size = backlen_size(length);
    for place in (0..size).rev() {
        let bits = (length >> (7 * place) & 0x7f) as u8;
        out.push(if place + 1 == size { bits } else { bits | 0x80 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Vec<Vec<u8>> {
        let mut texts: Vec<Vec<u8>> =
            ["", "a", "0", "-0", "007", "hello", "1.5", "-"].map(|t| t.as_bytes().to_vec()).into();
        for shift in 0..63 {
            for n in [(1i64 << shift) - 1, 1 << shift, -(1 << shift), -(1 << shift) - 1] {
                texts.push(n.to_string().into_bytes());
            }
        }
        texts.extend([i64::MIN, i64::MAX].map(|n| n.to_string().into_bytes()));
        texts.extend([63, 64, 126, 127, 128, 4095, 4096, 16_381, 16_382, 16_383, 70_000].map(|n| vec![b'x'; n]));
        texts
    }

    #[test]
    fn what_is_put_in_comes_out_in_both_directions() {
        let mut pack = Listpack::default();
        texts().iter().for_each(|text| pack.push(text));
        let forward: Vec<Vec<u8>> = pack.iter().map(|element| element.to_bytes().to_vec()).collect();
        assert_eq!(forward, texts());
        let (mut at, mut backward) = (pack.end(), Vec::new());
        while let Some(before) = pack.before(at) {
            at = before;
            backward.extend(pack.get(at).map(|(element, _)| element.to_bytes().to_vec()));
        }
        backward.reverse();
        assert_eq!(backward, texts());
        assert_eq!(Listpack::from_bytes(pack.bytes()), Some(pack));
    }

    #[test]
    fn an_integer_takes_the_place_of_another() {
        let mut pack = Listpack::default();
        (1..=3).for_each(|n| pack.push_integer(n));
        let second = pack.skip(pack.start(), 1).expect("a second");
        for n in [127, 128, 5000, -1, i64::MAX, 0] {
            pack.replace_integer(second, n);
            let expected = [1, n, 3].map(Element::Integer);
            assert_eq!(pack.iter().collect::<Vec<_>>(), expected);
            assert_eq!(Listpack::from_bytes(pack.bytes()).as_ref(), Some(&pack));
        }
    }

    #[test]
    fn bytes_of_unknown_origin_do_no_harm() {
        let mut pack = Listpack::default();
        ["a", "12", "-5000", "some words", "123456789012"].iter().for_each(|text| pack.push(text.as_bytes()));
        let good = pack.bytes().to_vec();
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..20_000 {
            let mut bytes = good.clone();
            for _ in 0..rng.usize(1..4) {
                let at = rng.usize(..bytes.len());
                bytes[at] = rng.u8(..);
            }
            bytes.truncate(rng.usize(..=bytes.len()));
            if let Some(pack) = Listpack::from_bytes(&bytes) {
                assert!(pack.iter().count() < 30);
            }
        }
    }
}
