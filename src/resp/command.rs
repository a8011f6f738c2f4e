//! Reading commands as a server does: an array of bulk strings, or an inline line.

use bytes::{Bytes, BytesMut};

use super::decode::DecodeError;
use super::split::split_bytes;

/// Longest line (inline command, count, length) that may stay without an end: Redis's `PROTO_INLINE_MAX_SIZE`.
const LINE_BYTES: usize = 64 * 1024;
/// What a client that has not authenticated may send: Redis's 10 arguments of 16 KB.
const STRANGER_ARGUMENTS: i64 = 10;
const STRANGER_BULK_BYTES: i64 = 16 * 1024;

/// For how many arguments memory is kept from batch to batch.
const KEPT_SPANS: usize = 4096;

/// What a client may send before it is refused.
#[derive(Clone, Copy, Debug)]
pub struct CommandLimits {
    /// Longest argument, in bytes (`proto-max-bulk-len`).
    pub bulk_bytes: usize,
    /// Whether it still has to say who it is.
    pub stranger: bool,
}

impl Default for CommandLimits {
    fn default() -> Self {
        CommandLimits { bulk_bytes: 512 * 1024 * 1024, stranger: false }
    }
}

/// A command of which a part has arrived.
#[derive(Clone, Copy, Debug)]
struct Begun {
    /// How many arguments are still to come.
    left: i64,
    /// Where reading goes on.
    at: usize,
}

/// Takes commands from the bytes of one connection, however they are cut into pieces: what has been read of a long
/// command is not read again when more of it comes, and commands that arrive together are taken together.
#[derive(Debug, Default)]
pub struct CommandDecoder {
    begun: Option<Begun>,
    /// Where the arguments lie that have been found in the buffer.
    spans: Vec<(usize, usize)>,
    /// The bytes of the commands that are whole, once they have been taken from the buffer.
    batch: Bytes,
    /// How many arguments each of them has; those before `done` have been given out, with `given` arguments.
    counts: Vec<usize>,
    done: usize,
    given: usize,
}

/// A fault in Redis's own words.
fn fault<T>(text: impl Into<String>) -> Result<T, DecodeError> {
    Err(DecodeError(text.into()))
}

impl CommandDecoder {
    /// Takes the next whole command from the front of `buffer` into `argv`; false if it has not all arrived yet.
    ///
    /// An empty line or an empty array is a command without arguments: Redis ignores it. The arguments share the
    /// buffer's memory, so that they cost no copy.
    ///
    /// # Errors
    /// Redis's own, for bytes that are no command or break a limit.
    pub fn decode(
        &mut self,
        buffer: &mut BytesMut,
        limits: CommandLimits,
        argv: &mut Vec<Bytes>,
    ) -> Result<bool, DecodeError> {
        argv.clear();
        if self.done == self.counts.len() && !self.take_batch(buffer, limits)? {
            return match buffer.first() {
                None | Some(b'*') => Ok(false),
                Some(_) => inline(buffer, argv),
            };
        }
        let count = self.counts[self.done];
        let spans = &self.spans[self.given..self.given + count];
        argv.extend(spans.iter().map(|(from, length)| self.batch.slice(*from..from + length)));
        self.done += 1;
        self.given += count;
        if self.done == self.counts.len() {
            // The last command of a batch lets go of its bytes, so that the buffer can use their memory again.
            self.batch = Bytes::new();
            self.spans.drain(..self.given);
            self.spans.shrink_to(KEPT_SPANS);
            self.counts.clear();
            (self.done, self.given) = (0, 0);
        }
        Ok(true)
    }

    /// Takes all commands that are whole from the front of the buffer; false if there is none.
    ///
    /// # Errors
    /// The first command's. Those of a later one are found again once its turn has come.
    fn take_batch(&mut self, buffer: &mut BytesMut, limits: CommandLimits) -> Result<bool, DecodeError> {
        let mut end = 0;
        let mut counted = 0;
        let mut begun = self.begun.take();
        while begun.is_some() || buffer.get(end) == Some(&b'*') {
            if begun.is_none()
                && !limits.stranger
                && let Some(after) = plain(buffer, end, &mut self.spans)
            {
                end = after;
                self.counts.push(self.spans.len() - counted);
                counted = self.spans.len();
                continue;
            }
            let found = match begun.take() {
                Some(begun) => Ok(Some(begun)),
                None => count(buffer, end, limits),
            };
            let found =
                found.and_then(|begun| begun.map_or(Ok(None), |begun| self.find_arguments(buffer, begun, limits)));
            match found {
                Ok(Some(after)) => {
                    end = after;
                    self.counts.push(self.spans.len() - counted);
                    counted = self.spans.len();
                    // Who has to log in first may be allowed more by the next command.
                    if limits.stranger {
                        break;
                    }
                }
                Ok(None) => break,
                Err(_) if end > 0 => {
                    self.begun = None;
                    self.spans.truncate(counted);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        if end == 0 {
            return Ok(false);
        }
        if let Some(begun) = &mut self.begun {
            begun.at -= end;
            self.spans[counted..].iter_mut().for_each(|(from, _)| *from -= end);
        }
        self.batch = buffer.split_to(end).freeze();
        Ok(true)
    }

    /// Notes where the arguments of a command lie, as far as they have arrived; its end if they all have.
    fn find_arguments(
        &mut self,
        buffer: &[u8],
        mut begun: Begun,
        limits: CommandLimits,
    ) -> Result<Option<usize>, DecodeError> {
        while begun.left > 0 {
            let Some((from, length)) = argument(buffer, begun.at, limits)? else {
                self.begun = Some(begun);
                return Ok(None);
            };
            self.spans.push((from, length));
            begun.at = from + length + 2;
            begun.left -= 1;
        }
        Ok(Some(begun.at))
    }
}

/// Notes where the arguments of a command lie that has all arrived and is written as clients write them, with few
/// arguments of few bytes; its end. `None`: it has to be read with care.
fn plain(buffer: &[u8], at: usize, spans: &mut Vec<(usize, usize)>) -> Option<usize> {
    let digit = |byte: &u8| usize::from(byte.wrapping_sub(b'0'));
    let known = spans.len();
    let [b'*', count, b'\r', b'\n', rest @ ..] = &buffer[at..] else { return None };
    let (count, mut rest) = (digit(count), rest);
    if count > 9 {
        return None;
    }
    for _ in 0..count {
        let (length, body) = match rest {
            [b'$', ones, b'\r', _, body @ ..] if digit(ones) < 10 => (digit(ones), body),
            [b'$', tens @ b'1'..=b'9', ones, b'\r', _, body @ ..] if digit(ones) < 10 => {
                (digit(tens) * 10 + digit(ones), body)
            }
            _ => {
                spans.truncate(known);
                return None;
            }
        };
        let Some(after) = body.get(length + 2..) else {
            spans.truncate(known);
            return None;
        };
        spans.push((buffer.len() - body.len(), length));
        rest = after;
    }
    Some(buffer.len() - rest.len())
}

/// The head of an array.
fn count(buffer: &[u8], at: usize, limits: CommandLimits) -> Result<Option<Begun>, DecodeError> {
    let Some((text, at)) = line(buffer, at, "too big mbulk count string")? else { return Ok(None) };
    let Some(count) = digits(text) else { return fault("invalid multibulk length") };
    if count > i64::from(i32::MAX) {
        return fault("invalid multibulk length");
    }
    if limits.stranger && count > STRANGER_ARGUMENTS {
        return fault("unauthenticated multibulk length");
    }
    Ok(Some(Begun { left: count, at }))
}

/// Where the argument that starts at `at` lies, once all of it is there.
fn argument(buffer: &[u8], at: usize, limits: CommandLimits) -> Result<Option<(usize, usize)>, DecodeError> {
    // Redis looks for the line's end first, and for the dollar sign then.
    let Some((text, body)) = line(buffer, at, "too big bulk count string")? else { return Ok(None) };
    if buffer[at] != b'$' {
        return fault(format!("expected '$', got '{}'", char::from(buffer[at]).escape_default()));
    }
    let length = digits(text).filter(|length| usize::try_from(*length).is_ok_and(|length| length <= limits.bulk_bytes));
    let Some(length) = length else { return fault("invalid bulk length") };
    if limits.stranger && length > STRANGER_BULK_BYTES {
        return fault("unauthenticated bulk length");
    }
    let length = length as usize;
    Ok((buffer.len() >= body + length + 2).then_some((body, length)))
}

/// The line at `at` without its type byte, and where the next one starts. Redis looks for the CR alone and takes the
/// byte after it unseen.
fn line<'a>(buffer: &'a [u8], at: usize, endless: &str) -> Result<Option<(&'a [u8], usize)>, DecodeError> {
    let Some(rest) = buffer.get(at..) else { return Ok(None) };
    match rest.iter().position(|byte| *byte == b'\r') {
        Some(end) if end + 1 < rest.len() => Ok(Some((rest.get(1..end).unwrap_or_default(), at + end + 2))),
        None if rest.len() > LINE_BYTES => fault(endless),
        _ => Ok(None),
    }
}

/// Redis's strict integer: no spaces, no plus, no leading zeros.
fn digits(text: &[u8]) -> Option<i64> {
    match text {
        [b'0'] => Some(0),
        [b'0', ..] | [b'-', b'0', ..] | [b'+', ..] => None,
        _ => std::str::from_utf8(text).ok()?.parse().ok(),
    }
}

fn inline(buffer: &mut BytesMut, argv: &mut Vec<Bytes>) -> Result<bool, DecodeError> {
    let Some(end) = buffer.iter().position(|byte| *byte == b'\n') else {
        if buffer.len() > LINE_BYTES {
            return fault("too big inline request");
        }
        return Ok(false);
    };
    let line = buffer.split_to(end + 1);
    let words = split_bytes(&line).map_err(|_| DecodeError("unbalanced quotes in request".into()))?;
    argv.extend(words.into_iter().map(|word| word.bytes));
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::super::encode::encode_command;
    use super::*;

    fn decode_all(wire: &[u8], piece: usize) -> Result<Vec<Vec<Bytes>>, DecodeError> {
        let (mut decoder, mut buffer, mut argv) = (CommandDecoder::default(), BytesMut::new(), Vec::new());
        let mut commands = Vec::new();
        for part in wire.chunks(piece) {
            buffer.extend_from_slice(part);
            while decoder.decode(&mut buffer, CommandLimits::default(), &mut argv)? {
                commands.push(argv.clone());
            }
        }
        Ok(commands)
    }

    #[test]
    fn commands_come_as_arrays_or_inline_in_pieces_of_any_size() {
        let set = vec![Bytes::from_static(b"SET"), Bytes::from_static(b"k\xff\r\n"), Bytes::new()];
        let inline = vec![Bytes::from_static(b"PING"), Bytes::from_static(b"\xfe")];
        let mut wire = Vec::new();
        encode_command(&set, &mut wire);
        wire.extend_from_slice(b"PING \"\xfe\"\r\n*0\r\n*-1\r\n\r\n");
        encode_command(&set, &mut wire);
        let commands = vec![set.clone(), inline, vec![], vec![], vec![], set];
        for piece in 1..=wire.len() {
            assert_eq!(decode_all(&wire, piece), Ok(commands.clone()), "{piece}");
        }
    }

    #[test]
    fn faults_are_told_in_redis_words() {
        let long = "1".repeat(LINE_BYTES + 8);
        for (wire, text) in [
            ("*x\r\n", "invalid multibulk length"),
            ("*9223372036854775807\r\n", "invalid multibulk length"),
            ("*2147483648\r\n", "invalid multibulk length"),
            ("*1\r\n!1\r\nx\r\n", "expected '$', got '!'"),
            ("*1\r\n$-1\r\n", "invalid bulk length"),
            ("*1\r\n$536870913\r\n", "invalid bulk length"),
            ("*1\r\n$+1\r\n", "invalid bulk length"),
            ("get \"x\r\n", "unbalanced quotes in request"),
            (&format!("*{long}"), "too big mbulk count string"),
            (&format!("*1\r\n${long}"), "too big bulk count string"),
            (&long, "too big inline request"),
        ] {
            assert_eq!(decode_all(wire.as_bytes(), wire.len()), fault(text), "{wire:.20}");
        }
    }

    #[test]
    fn a_stranger_may_send_little() {
        let limits = CommandLimits { stranger: true, ..CommandLimits::default() };
        for (wire, text) in
            [("*11\r\n", "unauthenticated multibulk length"), ("*1\r\n$16385\r\n", "unauthenticated bulk length")]
        {
            let decoded = CommandDecoder::default().decode(&mut BytesMut::from(wire), limits, &mut Vec::new());
            assert_eq!(decoded, fault(text));
        }
    }
}
