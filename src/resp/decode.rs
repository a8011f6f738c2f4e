//! Reading bytes as values. Half a message is a value ([`Decoded::Incomplete`]), not an error.

use bytes::{Buf, Bytes, BytesMut};

use super::value::Value;

/// What a peer may send before it is refused. Redis's own limits are the default.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest bulk string, in bytes (`proto-max-bulk-len`).
    pub bulk_bytes: usize,
    /// Most elements of one aggregate.
    pub elements: usize,
    /// Deepest nesting of aggregates.
    pub depth: usize,
    /// Longest line of a simple value, in bytes.
    pub line_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bulk_bytes: 512 * 1024 * 1024, elements: 1024 * 1024, depth: 128, line_bytes: 64 * 1024 }
    }
}

/// What was found at the front of a buffer.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded<T> {
    /// A whole message; it has been taken from the buffer.
    Whole(T),
    /// More bytes are needed; the buffer is as it was.
    Incomplete,
}

/// Bytes that are no RESP. The text is Redis's own where Redis has one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Protocol error: {0}")]
pub struct DecodeError(pub String);

fn fault<T>(text: impl Into<String>) -> Result<T, DecodeError> {
    Err(DecodeError(text.into()))
}

/// Takes one value (a reply or a push) from the front of `buffer`.
pub fn decode_value(buffer: &mut BytesMut, limits: Limits) -> Result<Decoded<Value>, DecodeError> {
    // The length is found first, so that a half-received message costs no allocation and can be asked for again.
    let Some(length) = measure(buffer, limits)? else {
        return Ok(Decoded::Incomplete);
    };
    let mut message = buffer.split_to(length).freeze();
    build(&mut message).map(Decoded::Whole)
}

/// The number in the line that starts with a type byte at `at`, and the offset after the line.
fn header(buffer: &[u8], at: usize, limits: Limits, complaint: &str) -> Result<Option<(i64, usize)>, DecodeError> {
    let Some((text, next)) = line(buffer, at + 1, limits)? else {
        return Ok(None);
    };
    match std::str::from_utf8(text).ok().and_then(|t| t.parse::<i64>().ok()) {
        Some(number) => Ok(Some((number, next))),
        None => fault(complaint),
    }
}

fn line(buffer: &[u8], from: usize, limits: Limits) -> Result<Option<(&[u8], usize)>, DecodeError> {
    let Some(rest) = buffer.get(from..) else { return Ok(None) };
    match memchr(rest, b'\n') {
        Some(end) if end > 0 && rest[end - 1] == b'\r' => Ok(Some((&rest[..end - 1], from + end + 1))),
        Some(_) => fault("a line must end with CR LF"),
        None if rest.len() > limits.line_bytes => fault("too big mbulk count string"),
        None => Ok(None),
    }
}

fn memchr(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|&byte| byte == wanted)
}

/// The length of the whole message at the front of `buffer`, or `None` while it is incomplete.
fn measure(buffer: &[u8], limits: Limits) -> Result<Option<usize>, DecodeError> {
    Scanner::default().scan(buffer, limits)
}

/// Finds the end of one message that arrives in pieces, without reading again what it has read.
#[derive(Clone, Debug)]
pub struct Scanner {
    /// Where reading goes on.
    at: usize,
    /// A stack of "elements still to come", so that nesting costs no recursion.
    pending: Vec<u64>,
}

impl Default for Scanner {
    fn default() -> Self {
        Scanner { at: 0, pending: vec![1] }
    }
}

impl Scanner {
    /// The length of the whole message at the front of `buffer`, or `None` while it is incomplete: ask again with the
    /// same bytes and more behind them. After an answer it is ready for the next message.
    ///
    /// # Errors
    /// Bytes that are no RESP, or break a limit.
    pub fn scan(&mut self, buffer: &[u8], limits: Limits) -> Result<Option<usize>, DecodeError> {
        while let Some(top) = self.pending.last_mut() {
            if *top == 0 {
                self.pending.pop();
                continue;
            }
            let Some(next) = self.element(buffer, limits)? else { return Ok(None) };
            self.at = next;
        }
        Ok(Some(std::mem::take(self).at))
    }

    /// Takes one element; where the next one starts.
    fn element(&mut self, buffer: &[u8], limits: Limits) -> Result<Option<usize>, DecodeError> {
        let at = self.at;
        let Some(&mark) = buffer.get(at) else { return Ok(None) };
        let (next, inside) = match mark {
            b'+' | b'-' | b':' | b',' | b'#' | b'_' | b'(' => {
                let Some((_, next)) = line(buffer, at + 1, limits)? else { return Ok(None) };
                (next, None)
            }
            b'$' | b'=' | b'!' => {
                let Some((length, body)) = header(buffer, at, limits, "invalid bulk length")? else { return Ok(None) };
                let Some(next) = end_of_body(buffer, length, body, limits)? else { return Ok(None) };
                (next, None)
            }
            b'*' | b'~' | b'>' | b'%' | b'|' => {
                let Some((count, next)) = header(buffer, at, limits, "invalid multibulk length")? else {
                    return Ok(None);
                };
                if count > limits.elements as i64 {
                    return fault("invalid multibulk length");
                }
                if self.pending.len() >= limits.depth {
                    return fault("too deeply nested reply");
                }
                let each = if matches!(mark, b'%' | b'|') { 2 } else { 1 };
                // An attribute stands before the value it describes, so one more value must follow.
                (next, Some(count.max(0).unsigned_abs() * each + u64::from(mark == b'|')))
            }
            other => return fault(format!("unknown type byte '{}'", char::from(other).escape_default())),
        };
        if let Some(top) = self.pending.last_mut() {
            *top -= 1;
        }
        self.pending.extend(inside);
        Ok(Some(next))
    }
}

/// Where the body that starts at `body` ends, with its line end, if all of it is there.
fn end_of_body(buffer: &[u8], length: i64, body: usize, limits: Limits) -> Result<Option<usize>, DecodeError> {
    if length < 0 {
        return Ok(Some(body));
    }
    match usize::try_from(length).ok().filter(|length| *length <= limits.bulk_bytes) {
        None => fault("invalid bulk length"),
        Some(length) => Ok((buffer.len() >= body + length + 2).then_some(body + length + 2)),
    }
}

/// Builds the value at the front of a message that [`measure`] found whole.
fn build(message: &mut Bytes) -> Result<Value, DecodeError> {
    if message.is_empty() {
        return fault("an empty message");
    }
    let mark = message.get_u8();
    let end = memchr(message, b'\n').unwrap_or(message.len());
    let head = message.split_to((end + 1).min(message.len()));
    let head = head.slice(..head.len().saturating_sub(2));
    let text = std::str::from_utf8(&head).unwrap_or_default();
    let integer = || text.parse::<i64>().map_err(|_| DecodeError(format!("'{}' is no integer", text.escape_default())));
    Ok(match mark {
        b'+' => Value::Simple(head),
        b'-' => Value::Error(head),
        b':' => Value::Integer(integer()?),
        b'(' => Value::BigNumber(head),
        b'_' => Value::Null,
        b'#' => Value::Boolean(text == "t"),
        b',' => Value::Double(double(text)?),
        b'$' | b'=' | b'!' => match usize::try_from(integer()?) {
            Err(_) => Value::Null,
            Ok(length) => blob(mark, take(message, length)),
        },
        b'*' if integer()? < 0 => Value::NullArray,
        b'*' | b'~' | b'>' => {
            let count = integer()?.max(0);
            let items = (0..count).map(|_| build(message)).collect::<Result<Vec<_>, _>>()?;
            match mark {
                b'*' => Value::Array(items),
                b'~' => Value::Set(items),
                _ => Value::Push(items),
            }
        }
        b'%' | b'|' => {
            let count = integer()?.max(0);
            let pairs =
                (0..count).map(|_| Ok((build(message)?, build(message)?))).collect::<Result<Vec<_>, DecodeError>>()?;
            // Attributes are auxiliary: the value that follows them is the reply.
            if mark == b'|' { build(message)? } else { Value::Map(pairs) }
        }
        other => return fault(format!("unknown type byte '{}'", char::from(other).escape_default())),
    })
}

fn take(message: &mut Bytes, length: usize) -> Bytes {
    let body = message.split_to(length.min(message.len()));
    message.advance(2.min(message.len()));
    body
}

fn blob(mark: u8, body: Bytes) -> Value {
    match mark {
        b'!' => Value::Error(body),
        b'=' if body.len() >= 4 => Value::Verbatim { format: [body[0], body[1], body[2]], text: body.slice(4..) },
        _ => Value::Bulk(body),
    }
}

fn double(text: &str) -> Result<f64, DecodeError> {
    text.parse::<f64>().map_err(|_| DecodeError(format!("'{}' is no double", text.escape_default())))
}

#[cfg(test)]
mod tests {
    use super::super::encode::encode_value;
    use super::super::value::Protocol;
    use super::*;

    #[test]
    fn every_prefix_of_a_message_is_incomplete() {
        let value = Value::Map(vec![
            (Value::text("k"), Value::Array(vec![Value::Integer(-1), Value::Null, Value::Double(0.5)])),
            (Value::simple("s"), Value::Set(vec![Value::Boolean(true), Value::error("ERR x")])),
        ]);
        let mut wire = Vec::new();
        encode_value(&value, Protocol::Resp3, &mut wire);
        for cut in 0..wire.len() {
            let mut buffer = BytesMut::from(&wire[..cut]);
            assert_eq!(decode_value(&mut buffer, Limits::default()), Ok(Decoded::Incomplete));
            assert_eq!(buffer.len(), cut);
        }
        let mut buffer = BytesMut::from(&wire[..]);
        assert_eq!(decode_value(&mut buffer, Limits::default()), Ok(Decoded::Whole(value)));
        assert!(buffer.is_empty());
    }

    #[test]
    fn promises_that_no_one_can_keep_are_refused() {
        for wire in ["*9223372036854775807\r\n", "$9223372036854775807\r\n", "%4611686018427387905\r\n"] {
            let mut buffer = BytesMut::from(wire);
            assert!(decode_value(&mut buffer, Limits::default()).is_err(), "{wire}");
        }
        let mut nested = BytesMut::from("*1\r\n".repeat(1_000_000).as_str());
        assert!(decode_value(&mut nested, Limits::default()).is_err());
    }
}
