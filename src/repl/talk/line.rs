//! One line as redis-cli reads it.

use bytes::Bytes;

use crate::resp::split_bytes;

/// What is said of a line whose quotes do not match.
pub const UNBALANCED: &str = "Invalid argument(s)\n";
/// What is said of [`Line::BadRepeat`].
pub const BAD_REPEAT: &str = "Invalid redis-cli repeat command option value.\n";
/// What is said of [`Line::Restart`].
pub const RESTART: &str = "Use 'restart' only in Lua debugging mode.\n";

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing: it is empty.
    Nothing,
    /// Its quotes do not match.
    Unbalanced,
    /// A number stands before the command that is no number of times.
    BadRepeat,
    /// The end.
    Quit,
    /// A setting (`:set hints`): the words.
    Setting(Vec<Bytes>),
    /// Another server.
    Connect(Bytes, Bytes),
    /// An empty screen.
    Clear,
    /// `restart`, which means something to the debugger alone.
    Restart,
    /// A command, so many times.
    Command(Vec<Bytes>, i64),
}

/// Reads a line, up to its first null byte as C does.
pub fn read(line: &[u8]) -> Line {
    let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
    let Ok(words) = split_bytes(line) else { return Line::Unbalanced };
    let mut argv: Vec<Bytes> = words.into_iter().map(|word| word.bytes).collect();
    let Some(first) = argv.first().cloned() else { return Line::Nothing };
    let mut repeat = 1;
    let times = if argv.len() > 1 { number(&first) } else { None };
    match times {
        Some(Some(times)) if times > 0 => repeat = times,
        Some(_) => return Line::BadRepeat,
        None => {}
    }
    let is = |word: &str| first.eq_ignore_ascii_case(word.as_bytes());
    match argv.as_slice() {
        _ if is("quit") || is("exit") => Line::Quit,
        _ if first.starts_with(b":") => Line::Setting(argv),
        _ if is("restart") => Line::Restart,
        [_, host, port] if is("connect") => Line::Connect(host.clone(), port.clone()),
        [_] if is("clear") => Line::Clear,
        _ => {
            if times.is_some() {
                argv.remove(0);
            }
            Line::Command(argv, repeat)
        }
    }
}

/// A word that is a number to C's strtol, an empty one included; the inner `None` is one out of range.
fn number(word: &[u8]) -> Option<Option<i64>> {
    let text = word.iter().position(|byte| !byte.is_ascii_whitespace() && *byte != 0x0b).unwrap_or(word.len());
    let text = &word[text..];
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    if word.is_empty() {
        return Some(Some(0));
    }
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str], repeat: i64) -> Line {
        Line::Command(words.iter().map(|word| Bytes::from(word.to_string())).collect(), repeat)
    }

    #[test]
    fn lines_are_read_as_redis_cli_reads_them() {
        assert_eq!(read(b"3 INCR x"), command(&["INCR", "x"], 3));
        assert_eq!(read(b"+2 INCR x"), command(&["INCR", "x"], 2));
        assert_eq!(read(b"3"), command(&["3"], 1));
        assert_eq!(read(b"3x INCR x"), command(&["3x", "INCR", "x"], 1));
        for line in ["0 PING", "-1 PING", "99999999999999999999 PING", "\"\" PING"] {
            assert_eq!(read(line.as_bytes()), Line::BadRepeat, "{line}");
        }
        assert_eq!(read(b" \t"), Line::Nothing);
        assert_eq!(read(b"GET 'a"), Line::Unbalanced);
        assert_eq!(read(b"PING\0rest"), command(&["PING"], 1));
        assert_eq!(read(b"QUIT now"), Line::Quit);
        assert_eq!(read(b"connect h 1"), Line::Connect(Bytes::from_static(b"h"), Bytes::from_static(b"1")));
        assert_eq!(read(b"connect h"), command(&["connect", "h"], 1));
    }
}
