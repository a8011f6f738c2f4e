//! What the commands of streams share: ids as arguments, entries as replies, errors that name keys and groups.

use crate::engine::error::Error;
use crate::engine::types::{EntryRef, StreamId, parse_integer};
use crate::resp::Value;

/// A word is no id.
const INVALID: Error = Error::fixed("ERR Invalid stream ID specified as stream command argument");
/// Longer words are no ids, whatever they say.
const LONGEST: usize = 127;

/// An id of an entry to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewId {
    /// `*`: the time, or what follows the last id.
    Auto,
    /// `ms-*`: the next one in this millisecond.
    AutoSeq(u64),
    /// This one.
    Given(StreamId),
}

/// What C sees of a text: it ends at the first zero.
fn c_text(word: &[u8]) -> &[u8] {
    word.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Half of an id. Like C's `strtoull`, it takes spaces and a sign before the digits.
fn half(text: &[u8]) -> Option<u64> {
    if let Some(n) = parse_integer(text) {
        return u64::try_from(n).ok();
    }
    let text = text.trim_ascii_start();
    let text = text.strip_prefix(b"\x0b").map_or(text, <[u8]>::trim_ascii_start);
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let n: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(if negative { n.wrapping_neg() } else { n })
}

/// `ms` or `ms-seq`.
fn plain_id(text: &[u8], missing_seq: u64) -> Option<StreamId> {
    match text.iter().position(|byte| *byte == b'-') {
        None => Some(StreamId::new(half(text)?, missing_seq)),
        Some(at) => Some(StreamId::new(half(&text[..at])?, half(&text[at + 1..])?)),
    }
}

/// An id, where `-` and `+` are none; a missing second half is `missing_seq`.
pub fn parse_strict(word: &[u8], missing_seq: u64) -> Result<StreamId, Error> {
    let text = c_text(word);
    if word.len() > LONGEST || matches!(text, b"-" | b"+") {
        return Err(INVALID);
    }
    plain_id(text, missing_seq).ok_or(INVALID)
}

/// An id, where `-` and `+` are the least and the greatest.
pub fn parse_id(word: &[u8], missing_seq: u64) -> Result<StreamId, Error> {
    match c_text(word) {
        b"-" if word.len() <= LONGEST => Ok(StreamId::MIN),
        b"+" if word.len() <= LONGEST => Ok(StreamId::MAX),
        _ => parse_strict(word, missing_seq),
    }
}

/// An id for XADD, other than `*`.
pub fn parse_new(word: &[u8]) -> Result<NewId, Error> {
    let text = c_text(word);
    match text.strip_suffix(b"-*") {
        Some(ms) if word.len() <= LONGEST && !ms.contains(&b'-') => half(ms).map(NewId::AutoSeq).ok_or(INVALID),
        _ => parse_strict(word, 0).map(NewId::Given),
    }
}

/// The start of a range: `(` leaves the id itself out.
pub fn parse_start(word: &[u8]) -> Result<StreamId, Error> {
    match word {
        [b'(', id @ ..] if !id.is_empty() => {
            parse_strict(id, 0)?.next().ok_or(Error::fixed("ERR invalid start ID for the interval"))
        }
        id => parse_id(id, 0),
    }
}

/// The end of a range: `(` leaves the id itself out.
pub fn parse_end(word: &[u8]) -> Result<StreamId, Error> {
    match word {
        [b'(', id @ ..] if !id.is_empty() => {
            parse_strict(id, u64::MAX)?.previous().ok_or(Error::fixed("ERR invalid end ID for the interval"))
        }
        id => parse_id(id, u64::MAX),
    }
}

/// An id as a reply.
pub fn id_value(id: StreamId) -> Value {
    Value::Bulk(id.text())
}

/// An entry as a reply: its id, and its fields with their values.
pub fn entry_value(entry: EntryRef<'_>) -> Value {
    let mut pairs = Vec::with_capacity(2 * entry.len());
    for (field, value) in entry.pairs() {
        pairs.push(Value::Bulk(field.to_bytes()));
        pairs.push(Value::Bulk(value.to_bytes()));
    }
    Value::Array(vec![id_value(entry.id), Value::Array(pairs)])
}

/// A count as a reply.
pub fn count_value(n: usize) -> Value {
    Value::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}

/// An error line put together from texts and names; a name is shown up to its first zero, without line ends.
pub fn error_line(parts: &[&[u8]]) -> Error {
    let bytes = parts.iter().flat_map(|part| c_text(part));
    let safe = bytes.map(|&byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte });
    Error(safe.collect::<Vec<u8>>().into())
}

/// The key does not exist, or has no such group.
pub fn no_key_or_group(key: &[u8], group: &[u8], rest: &[u8]) -> Error {
    error_line(&[b"NOGROUP No such key '", key, b"' or consumer group '", group, b"'", rest])
}

/// The stream has no such group.
pub fn no_group(key: &[u8], group: &[u8]) -> Error {
    error_line(&[b"NOGROUP No such consumer group '", group, b"' for key name '", key, b"'"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_c_reads_them() {
        let id = |text: &str| parse_strict(text.as_bytes(), 7).ok().map(|id| (id.ms, id.seq));
        assert_eq!((id("5"), id("5-6"), id("05-007")), (Some((5, 7)), Some((5, 6)), Some((5, 7))));
        assert_eq!((id(" 5-+6"), id("5- -1")), (Some((5, 6)), Some((5, u64::MAX))));
        assert_eq!((id("18446744073709551615"), id("18446744073709551616")), (Some((u64::MAX, 7)), None));
        for wrong in ["", "-", "+", "-5", "5-", "5--3", "5-6-7", "5-*", "x", "5 ", "5-6x", "*"] {
            assert_eq!(id(wrong), None, "{wrong:?}");
        }
        assert_eq!(parse_strict(b"5-6\0x", 0), Ok(StreamId::new(5, 6)));
        assert_eq!(parse_new(b"5-*"), Ok(NewId::AutoSeq(5)));
        assert!(parse_new(b"5-6-*").is_err() && parse_new(b"-*").is_err());
        assert_eq!(
            (parse_start(b"(5-6"), parse_end(b"(5")),
            (Ok(StreamId::new(5, 7)), Ok(StreamId::new(5, u64::MAX - 1)))
        );
        assert!(parse_start(b"(+").is_err() && parse_end(b"(0-0").is_err() && parse_start(b"(").is_err());
    }
}
