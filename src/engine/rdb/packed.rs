//! What older versions packed small collections in, and what Redis packs sets of integers in. Only read, but for the
//! last: every part is looked at before it is believed.

use super::super::types::{Item, parse_integer};

/// An element of a ziplist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// Text.
    Text(&'a [u8]),
    /// An integer.
    Integer(i64),
}

impl<'a> Entry<'a> {
    /// Its text.
    pub fn item(self) -> Item<'a> {
        match self {
            Entry::Text(text) => Item::Text(text),
            Entry::Integer(n) => Item::number(n),
        }
    }
}

/// The mark behind the last element of a ziplist or a zipmap.
const END: u8 = 0xff;
/// How long the head of a ziplist is: bytes in all, where the last element begins, how many there are.
const ZIPLIST_HEAD: usize = 10;
/// A count in the head of a ziplist that is too small to tell.
const UNCOUNTED: u16 = u16::MAX;

/// The elements of a ziplist; `None` if it is none.
pub fn ziplist(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
    let (total, rest) = bytes.split_first_chunk::<4>()?;
    let (tail, rest) = rest.split_first_chunk::<4>()?;
    let (count, _) = rest.split_first_chunk::<2>()?;
    let whole = usize::try_from(u32::from_le_bytes(*total)) == Ok(bytes.len());
    if !whole || bytes.len() <= ZIPLIST_HEAD || bytes.last() != Some(&END) {
        return None;
    }
    let end = bytes.len() - 1;
    let (mut at, mut before, mut last) = (ZIPLIST_HEAD, 0, None);
    let mut entries = Vec::new();
    while at < end && bytes[at] != END {
        let (entry, length) = ziplist_entry(&bytes[at..end], before)?;
        entries.push(entry);
        last = Some(at);
        before = length;
        at += length;
    }
    let tail = usize::try_from(u32::from_le_bytes(*tail)).ok()?;
    let tail_fits = last.map_or(tail <= end, |last| last == tail);
    let count = u16::from_le_bytes(*count);
    let counted = count == UNCOUNTED || usize::from(count) == entries.len();
    (at == end && tail_fits && counted).then_some(entries)
}

/// The element at the start of `bytes`, and its length. It begins with the length of the one before it.
fn ziplist_entry(bytes: &[u8], before: usize) -> Option<(Entry<'_>, usize)> {
    let (first, rest) = bytes.split_first()?;
    let (said, body) = match first {
        0xfe => rest.split_first_chunk::<4>().map(|(n, rest)| (u32::from_le_bytes(*n) as usize, rest))?,
        small => (usize::from(*small), rest),
    };
    if said != before {
        return None;
    }
    let (head, rest) = body.split_first()?;
    let little = |count: usize| {
        let own = rest.get(..count)?;
        let mut wide = [if own[count - 1] & 0x80 == 0 { 0 } else { 0xff }; 8];
        wide[..count].copy_from_slice(own);
        Some((Entry::Integer(i64::from_le_bytes(wide)), &rest[count..]))
    };
    let (entry, left) = match head {
        0x00..=0x3f => cut(rest, usize::from(*head))?,
        0x40..=0x7f => {
            let (low, rest) = rest.split_first()?;
            cut(rest, usize::from(head & 0x3f) << 8 | usize::from(*low))?
        }
        0x80..=0xbf => {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            cut(rest, usize::try_from(u32::from_be_bytes(*length)).ok()?)?
        }
        0xc0 => little(2)?,
        0xd0 => little(4)?,
        0xe0 => little(8)?,
        0xf0 => little(3)?,
        0xfe => little(1)?,
        0xf1..=0xfd => (Entry::Integer(i64::from(head & 0x0f) - 1), rest),
        _ => return None,
    };
    Some((entry, bytes.len() - left.len()))
}

/// A text at the start of `bytes`, and what is behind it.
fn cut(bytes: &[u8], length: usize) -> Option<(Entry<'_>, &[u8])> {
    bytes.split_at_checked(length).map(|(text, rest)| (Entry::Text(text), rest))
}

/// The fields and values of a zipmap (Redis 2.4), by turns; `None` if it is none, or empty.
pub fn zipmap(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
    let (count, mut rest) = bytes.split_first()?;
    let mut entries = Vec::new();
    while *rest.first()? != END {
        let (length, behind) = zipmap_length(rest)?;
        let (field, behind) = cut(behind, length)?;
        let (length, behind) = zipmap_length(behind)?;
        // Behind a value there may be room that it gave up.
        let (free, behind) = behind.split_first()?;
        let (value, behind) = cut(behind, length)?;
        entries.extend([field, value]);
        rest = behind.get(usize::from(*free)..)?;
    }
    let pairs = entries.len() / 2;
    // From 254 pairs on, the count does not tell.
    (rest.len() == 1 && pairs > 0 && (*count >= 254 || usize::from(*count) == pairs)).then_some(entries)
}

fn zipmap_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    match first {
        0..254 => Some((usize::from(*first), rest)),
        254 => rest.split_first_chunk::<4>().map(|(n, rest)| (u32::from_le_bytes(*n) as usize, rest)),
        _ => None,
    }
}

/// The head of a set of integers: how wide they are, and how many.
const INTSET_HEAD: usize = 8;

/// The integers of an intset, in order; `None` if it is none, or empty.
pub fn intset(bytes: &[u8]) -> Option<Vec<i64>> {
    let (width, rest) = bytes.split_first_chunk::<4>()?;
    let (count, numbers) = rest.split_first_chunk::<4>()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let numbers: Vec<i64> = match u32::from_le_bytes(*width) {
        2 => numbers.as_chunks().0.iter().map(|n| i16::from_le_bytes(*n).into()).collect(),
        4 => numbers.as_chunks().0.iter().map(|n| i32::from_le_bytes(*n).into()).collect(),
        8 => numbers.as_chunks().0.iter().map(|n| i64::from_le_bytes(*n)).collect(),
        _ => return None,
    };
    let width = u32::from_le_bytes(*width) as usize;
    let whole = numbers.len() == count && bytes.len() == INTSET_HEAD + count * width;
    (whole && count > 0 && numbers.is_sorted_by(|a, b| a < b)).then_some(numbers)
}

/// The intset of sorted integers, each of which takes `width` bytes.
pub fn write_intset<'a>(numbers: impl Iterator<Item = Item<'a>>, width: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend((width as u32).to_le_bytes());
    bytes.extend([0; 4]);
    let mut count = 0u32;
    for number in numbers.filter_map(|text| parse_integer(&text)) {
        bytes.extend(number.to_le_bytes().iter().take(width));
        count += 1;
    }
    bytes[4..INTSET_HEAD].copy_from_slice(&count.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ziplist of 1024, "abc" and -5, as Redis 2.8 packs it.
    const ZIPLIST: &[u8] = b"\x18\0\0\0\x13\0\0\0\x03\0\x00\xc0\x00\x04\x04\x03abc\x05\xfe\xfb\xff";

    #[test]
    fn a_ziplist_is_texts_and_integers() {
        let mut bytes = ZIPLIST.to_vec();
        bytes[0] = bytes.len() as u8;
        assert_eq!(ziplist(&bytes), Some(vec![Entry::Integer(1024), Entry::Text(b"abc"), Entry::Integer(-5)]));
        let empty = b"\x0b\0\0\0\x0a\0\0\0\0\0\xff";
        assert_eq!(ziplist(empty), Some(Vec::new()));
    }

    #[test]
    fn a_zipmap_is_pairs() {
        let bytes = b"\x02\x03foo\x03\x00bar\x05hello\x05\x02world..\xff";
        let texts: [&[u8]; 4] = [b"foo", b"bar", b"hello", b"world"];
        assert_eq!(zipmap(bytes), Some(texts.map(Entry::Text).into()));
    }

    #[test]
    fn an_intset_comes_back() {
        for (numbers, width) in [(vec![-3i64, 0, 7], 2), (vec![-40_000, 1], 4), (vec![i64::MIN, i64::MAX], 8)] {
            let bytes = write_intset(numbers.iter().map(|n| Item::number(*n)), width);
            assert_eq!(bytes.len(), 8 + numbers.len() * width);
            assert_eq!(intset(&bytes), Some(numbers));
        }
        assert_eq!(intset(&write_intset([2, 2].map(Item::number).into_iter(), 2)), None);
        assert_eq!(intset(&write_intset(std::iter::empty(), 2)), None);
    }

    #[test]
    fn bytes_of_unknown_origin_do_no_harm() {
        let mut good = ZIPLIST.to_vec();
        good[0] = good.len() as u8;
        let zipmap_bytes = b"\x02\x03foo\x03\x00bar\x05hello\x05\x02world..\xff".to_vec();
        let intset_bytes = write_intset([1, 2, 3].map(Item::number).into_iter(), 4);
        let mut rng = fastrand::Rng::with_seed(1);
        for good in [good, zipmap_bytes, intset_bytes] {
            for _ in 0..30_000 {
                let mut bytes = good.clone();
                for _ in 0..rng.usize(1..4) {
                    let at = rng.usize(..bytes.len());
                    bytes[at] = rng.u8(..);
                }
                bytes.truncate(rng.usize(..=bytes.len()));
                ziplist(&bytes);
                zipmap(&bytes);
                intset(&bytes);
            }
        }
    }
}
