//! Reading commands as a server does: an array of bulk strings, or an inline line.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use super::decode::DecodeError;
use super::split::split_bytes;

/// Longest line (inline command, count, length) that may stay without an end: Redis's `PROTO_INLINE_MAX_SIZE`.
const LINE_BYTES: usize = 64 * 1024;
/// What a client that has not authenticated may send: Redis's 10 arguments of 16 KB.
const STRANGER_ARGUMENTS: i64 = 10;
const STRANGER_BULK_BYTES: i64 = 16 * 1024;

/// For how many arguments memory is kept from command to command.
const KEPT_SPANS: usize = 4096;
/// Longest argument, in bytes, of a command that is read the short way.
const SHORT_BYTES: usize = 999_999;

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
/// command is not read again when more of it comes.
///
/// What has arrived of short commands is taken from the buffer at once and read where it lies. Everything else is read
/// with care, command by command.
#[derive(Debug, Default)]
pub struct CommandDecoder {
    /// Short commands that have been taken from the buffer, and where the next one starts.
    batch: Bytes,
    at: usize,
    /// So many bytes at the front of the buffer lay in a batch before. They are not put there again: each is moved once.
    returned: usize,
    begun: Option<Begun>,
    /// Where the arguments lie that have been found in the buffer of the command that has begun.
    spans: Vec<(usize, usize)>,
    /// Finds the names of commands among all first words.
    names: Option<Names>,
    /// Whether the first word of the last command was a name that was found there.
    knows_name: bool,
}

/// Finds a first word that needs no memory of its own, because it is a command's name as it is mostly written.
pub type Names = fn(&[u8]) -> Option<&'static str>;

/// A fault in Redis's own words.
fn fault<T>(text: impl Into<String>) -> Result<T, DecodeError> {
    Err(DecodeError(text.into()))
}

impl CommandDecoder {
    /// A decoder that takes first words from `names` where it finds them there: who sends the same command again and
    /// again then costs nothing for its name.
    pub fn with_names(names: Names) -> CommandDecoder {
        CommandDecoder { names: Some(names), ..CommandDecoder::default() }
    }

    /// Lets go of the last command, whose words share memory with the buffer. A name that is known may stay: it is in
    /// no buffer.
    pub fn let_go(&self, argv: &mut Vec<Bytes>) {
        argv.truncate(usize::from(self.knows_name));
    }

    /// Takes the next whole command from the front of `buffer` into `argv`; false if it has not all arrived yet.
    ///
    /// An empty line or an empty array is a command without arguments: Redis ignores it. The arguments share the
    /// buffer's memory, so that they cost no copy. `argv` is that of the call before, as [`CommandDecoder::let_go`] left
    /// it or whole.
    ///
    /// # Errors
    /// Redis's own, for bytes that are no command or break a limit.
    pub fn decode(
        &mut self,
        buffer: &mut BytesMut,
        limits: CommandLimits,
        argv: &mut Vec<Bytes>,
    ) -> Result<bool, DecodeError> {
        self.let_go(argv);
        if self.at < self.batch.len() || self.takes_batch(buffer, limits) {
            if let Some(end) = self.short(argv) {
                self.at = end;
                if end == self.batch.len() {
                    // The last command of a batch lets go of its bytes, so that the buffer can use their memory again.
                    self.batch = Bytes::new();
                    self.at = 0;
                }
                return Ok(true);
            }
            self.give_back(buffer);
        }
        self.knows_name = false;
        argv.clear();
        match buffer.first() {
            None => Ok(false),
            Some(b'*') => self.careful(buffer, limits, argv),
            Some(_) => {
                let before = buffer.len();
                let whole = inline(buffer, argv);
                self.returned = self.returned.saturating_sub(before - buffer.len());
                whole
            }
        }
    }

    /// Takes everything from the buffer if it starts with a short command that is whole.
    fn takes_batch(&mut self, buffer: &mut BytesMut, limits: CommandLimits) -> bool {
        let may = self.begun.is_none() && self.returned == 0 && !limits.stranger && limits.bulk_bytes >= SHORT_BYTES;
        if !may || end_of_short(buffer, 0).is_none() {
            return false;
        }
        self.batch = buffer.split().freeze();
        self.at = 0;
        true
    }

    /// Puts what is left of a batch back into the buffer, before what has come since.
    fn give_back(&mut self, buffer: &mut BytesMut) {
        let rest = std::mem::take(&mut self.batch).split_off(std::mem::take(&mut self.at));
        self.returned = rest.len();
        let newer = std::mem::replace(buffer, BytesMut::from(rest));
        buffer.unsplit(newer);
    }

    /// Reads the next command of the batch into `argv`; its end. `None`: it has to be read with care.
    fn short(&mut self, argv: &mut Vec<Bytes>) -> Option<usize> {
        let Some((count, at)) = short_head(&self.batch, self.at, b'*') else { return self.plain(argv) };
        let (from, mut end) = short_argument(&self.batch, at)?;
        self.put_name(from..end, argv)?;
        for _ in 1..count {
            let (from, after) = short_argument(&self.batch, end + 2)?;
            argv.push(self.batch.slice(from..after));
            end = after;
        }
        Some(end + 2)
    }

    /// The same for a plain line.
    fn plain(&mut self, argv: &mut Vec<Bytes>) -> Option<usize> {
        let end = plain_line(&self.batch, self.at)?;
        let mut at = self.at;
        let mut is_first = true;
        while let Some(word) = plain_word(&self.batch, &mut at) {
            match std::mem::take(&mut is_first) {
                true => self.put_name(word, argv)?,
                false => argv.push(self.batch.slice(word)),
            }
        }
        (!is_first).then_some(end)
    }

    /// Puts the first word of a command of the batch into `argv`, where that of the last one may be still.
    #[inline]
    fn put_name(&mut self, place: Range<usize>, argv: &mut Vec<Bytes>) -> Option<()> {
        let name = self.batch.get(place.clone())?;
        if argv.first().is_none_or(|last| last.as_ref() != name) {
            argv.clear();
            let known = self.names.and_then(|names| names(name));
            self.knows_name = known.is_some();
            argv.push(known.map_or_else(|| self.batch.slice(place), |name| Bytes::from_static(name.as_bytes())));
        }
        Some(())
    }

    /// Takes one command from the buffer once it is whole.
    ///
    /// # Errors
    /// Redis's own.
    fn careful(
        &mut self,
        buffer: &mut BytesMut,
        limits: CommandLimits,
        argv: &mut Vec<Bytes>,
    ) -> Result<bool, DecodeError> {
        let begun = match self.begun.take() {
            Some(begun) => begun,
            None => {
                self.spans.clear();
                let Some(begun) = count(buffer, 0, limits)? else { return Ok(false) };
                begun
            }
        };
        let Some(end) = self.find_arguments(buffer, begun, limits)? else { return Ok(false) };
        let command = buffer.split_to(end).freeze();
        self.returned = self.returned.saturating_sub(end);
        argv.extend(self.spans.drain(..).map(|(from, length)| command.slice(from..from + length)));
        self.spans.shrink_to(KEPT_SPANS);
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

/// The number behind a mark at `at`, as clients write it, and where the line behind it starts. `None`: there is another
/// mark, or a number to be read with care: zero, with a sign, above [`SHORT_BYTES`], or not all there.
#[inline]
fn short_head(bytes: &[u8], at: usize, mark: u8) -> Option<(usize, usize)> {
    let digit = |byte: &u8| usize::from(byte.wrapping_sub(b'0'));
    match bytes.get(at..)? {
        // Redis takes the byte behind the CR unseen.
        [first, ones @ b'1'..=b'9', b'\r', ..] if *first == mark => Some((digit(ones), at + 4)),
        [first, tens @ b'1'..=b'9', ones @ b'0'..=b'9', b'\r', ..] if *first == mark => {
            Some((digit(tens) * 10 + digit(ones), at + 5))
        }
        _ => longer_head(bytes, at, mark),
    }
}

/// The same for a number of any length.
fn longer_head(bytes: &[u8], at: usize, mark: u8) -> Option<(usize, usize)> {
    let [first, digit, rest @ ..] = bytes.get(at..)? else { return None };
    let mut number = usize::from(digit.wrapping_sub(b'0'));
    if *first != mark || number > 9 {
        return None;
    }
    for (place, byte) in rest.iter().enumerate() {
        if *byte == b'\r' {
            return (number > 0 || mark == b'$').then_some((number, at + place + 4));
        }
        let digit = usize::from(byte.wrapping_sub(b'0'));
        if digit > 9 || number == 0 || number > SHORT_BYTES / 10 {
            return None;
        }
        number = number * 10 + digit;
    }
    None
}

/// Where the argument at `at` lies, if all of it is there and its length is written as clients write it.
#[inline]
fn short_argument(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let (length, from) = short_head(bytes, at, b'$')?;
    let end = from + length;
    (end + 2 <= bytes.len()).then_some((from, end))
}

/// Where the plain line at `at` ends, if all of it is there: words without anything that has to be undone.
fn plain_line(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    if rest.first()? == &b'*' {
        return None;
    }
    let length = rest.iter().position(|byte| !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\''))?;
    match rest.get(length..)? {
        [b'\n', ..] => Some(at + length + 1),
        [b'\r', b'\n', ..] => Some(at + length + 2),
        _ => None,
    }
}

/// The next word of a plain line, which `at` moves behind.
fn plain_word(bytes: &[u8], at: &mut usize) -> Option<Range<usize>> {
    let from = *at + bytes.get(*at..)?.iter().position(|byte| *byte != b' ')?;
    let length = bytes.get(from..)?.iter().position(|byte| *byte <= b' ')?;
    *at = from + length;
    (length > 0).then_some(from..from + length)
}

/// Where the command ends that starts at `at`, if it is short and whole.
fn end_of_short(bytes: &[u8], at: usize) -> Option<usize> {
    let Some((count, mut at)) = short_head(bytes, at, b'*') else { return plain_line(bytes, at) };
    for _ in 0..count {
        at = short_argument(bytes, at)?.1 + 2;
    }
    Some(at)
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
