//! Elements of a pack, and how they are written down.
//!
//! | first byte | element | further bytes |
//! |---|---|---|
//! | `00`–`7f` | an integer from 0 to 127 | |
//! | `80`–`bf` | a text of up to 63 bytes | the text |
//! | `c0`–`df` | an integer of 13 bits | 1 |
//! | `e0`–`ef` | a text of up to 4095 bytes | 1 of its length, the text |
//! | `f0` | a text | 4 of its length, the text |
//! | `f1`–`f4` | an integer of 16, 24, 32, 64 bits | 2, 3, 4, 8 |
//! | `f5` | a double | 8 |

use super::item::Item;
use super::string::parse_integer;

/// The longest text that may spell an integer.
const DIGITS: usize = 20;

/// An element as it is stored.
#[derive(Clone, Copy, Debug)]
pub enum Element<'a> {
    /// A text that spells no integer.
    Text(&'a [u8]),
    /// An integer.
    Int(i64),
    /// A score; it is none of the elements that a reader sees.
    Double(f64),
}

impl<'a> Element<'a> {
    /// What a text is stored as.
    pub fn of(text: &'a [u8]) -> Element<'a> {
        let number = if text.len() <= DIGITS { parse_integer(text) } else { None };
        number.map_or(Element::Text(text), Element::Int)
    }

    /// What a score is stored as: whole ones take less room as integers.
    pub fn of_score(score: f64) -> Element<'static> {
        let whole = score as i64;
        if whole as f64 == score && whole.unsigned_abs() < 1 << 53 {
            Element::Int(whole)
        } else {
            Element::Double(score)
        }
    }

    /// The element as a reader sees it.
    pub fn item(self) -> Item<'a> {
        match self {
            Element::Text(text) => Item::Text(text),
            Element::Int(number) => Item::number(number),
            Element::Double(number) => Item::number(number as i64),
        }
    }

    /// The element as a score.
    pub fn score(self) -> f64 {
        match self {
            Element::Text(_) => 0.0,
            Element::Int(number) => number as f64,
            Element::Double(number) => number,
        }
    }

    /// Whether both are the same text or the same integer.
    pub fn is(self, other: Element<'_>) -> bool {
        match (self, other) {
            (Element::Text(a), Element::Text(b)) => a == b,
            (Element::Int(a), Element::Int(b)) => a == b,
            _ => false,
        }
    }
}

/// The bytes before an element's text and those behind it, and how long the text is.
pub struct Coded<'a> {
    front: [u8; 9],
    front_len: usize,
    text: &'a [u8],
    end: [u8; 5],
    end_len: usize,
}

impl Coded<'_> {
    /// An element written down.
    pub fn new(element: Element<'_>) -> Coded<'_> {
        let (mut front, mut text) = ([0; 9], &[][..]);
        let mut put = |mark: u8, bytes: &[u8]| {
            front[0] = mark;
            front[1..=bytes.len()].copy_from_slice(bytes);
            1 + bytes.len()
        };
        let front_len = match element {
            Element::Int(n @ 0..=127) => put(n as u8, &[]),
            Element::Int(n @ -4096..=4095) => put(0xc0 | (n >> 8) as u8 & 0x1f, &[n as u8]),
            Element::Int(n) => {
                let bytes = n.to_le_bytes();
                match n {
                    -0x8000..=0x7fff => put(0xf1, &bytes[..2]),
                    -0x80_0000..=0x7f_ffff => put(0xf2, &bytes[..3]),
                    -0x8000_0000..=0x7fff_ffff => put(0xf3, &bytes[..4]),
                    _ => put(0xf4, &bytes),
                }
            }
            Element::Double(number) => put(0xf5, &number.to_le_bytes()),
            Element::Text(bytes) => {
                text = bytes;
                match bytes.len() {
                    len @ ..64 => put(0x80 | len as u8, &[]),
                    len @ ..4096 => put(0xe0 | (len >> 8) as u8, &[len as u8]),
                    len => put(0xf0, &(len as u32).to_le_bytes()),
                }
            }
        };
        let mut end = [0; 5];
        let end_len = match front_len + text.len() {
            len @ ..0xfe => {
                end[0] = len as u8;
                1
            }
            len @ ..0x1_0000 => {
                end[..2].copy_from_slice(&(len as u16).to_le_bytes());
                end[2] = 0xfe;
                3
            }
            len => {
                end[..4].copy_from_slice(&(len as u32).to_le_bytes());
                end[4] = 0xff;
                5
            }
        };
        Coded { front, front_len, text, end, end_len }
    }

    /// How many bytes it takes.
    pub fn len(&self) -> usize {
        self.front_len + self.text.len() + self.end_len
    }

    /// Writes it to a place of that length.
    pub fn write(&self, place: &mut [u8]) {
        let (front, rest) = place.split_at_mut(self.front_len);
        let (text, end) = rest.split_at_mut(self.text.len());
        front.copy_from_slice(&self.front[..self.front_len]);
        text.copy_from_slice(self.text);
        end.copy_from_slice(&self.end[..self.end_len]);
    }
}

/// How many bytes follow the front and the text that are so long.
fn end_len(len: usize) -> usize {
    match len {
        0..0xfe => 1,
        0xfe..0x1_0000 => 3,
        _ => 5,
    }
}

/// A little-endian integer of up to 8 bytes.
fn signed(bytes: &[u8]) -> i64 {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let unused = 64 - 8 * bytes.len() as u32;
    i64::from_le_bytes(wide) << unused >> unused
}

/// The element that lies at the front of some bytes, and how many it takes.
#[inline]
pub fn read(bytes: &[u8]) -> Option<(Element<'_>, usize)> {
    let (mark, rest) = bytes.split_first()?;
    let text = |from: usize, len: usize| Some((Element::Text(rest.get(from..from + len)?), 1 + from + len));
    let int = |len: usize| Some((Element::Int(signed(rest.get(..len)?)), 1 + len));
    let (element, len) = match mark {
        0..=0x7f => (Element::Int((*mark).into()), 1),
        0x80..=0xbf => text(0, usize::from(mark & 0x3f))?,
        0xc0..=0xdf => {
            let bits = i64::from(mark & 0x1f) << 8 | i64::from(*rest.first()?);
            (Element::Int(bits << 51 >> 51), 2)
        }
        0xe0..=0xef => text(1, usize::from(mark & 0x0f) << 8 | usize::from(*rest.first()?))?,
        0xf0 => text(4, u32::from_le_bytes(rest.get(..4)?.try_into().ok()?) as usize)?,
        0xf1..=0xf3 => int(usize::from(mark - 0xef))?,
        0xf4 => int(8)?,
        _ => (Element::Double(f64::from_le_bytes(rest.get(..8)?.try_into().ok()?)), 9),
    };
    Some((element, len + end_len(len)))
}

/// How many bytes the element takes that lies at the end of some bytes.
pub fn len_before(bytes: &[u8]) -> Option<usize> {
    let (end, rest) = bytes.split_last()?;
    Some(match end {
        0xfe => 3 + usize::from(u16::from_le_bytes(*rest.last_chunk()?)),
        0xff => 5 + u32::from_le_bytes(*rest.last_chunk()?) as usize,
        len => 1 + usize::from(*len),
    })
}
