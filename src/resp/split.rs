//! A typed line into arguments, by redis-cli's quoting rules.

use bytes::Bytes;

/// One argument of a typed line and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The argument after quotes and escapes are undone.
    pub bytes: Bytes,
    /// Byte offset of its first character (the opening quote, if quoted) in the line.
    pub start: usize,
    /// Byte offset just past its last character.
    pub end: usize,
}

/// Why a line could not be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// A quote was opened and never closed.
    #[error("a quote is opened here and never closed")]
    Unbalanced {
        /// Byte offset of the opening quote.
        at: usize,
    },
    /// A closing quote is followed by more of the same word.
    #[error("a closing quote must be followed by a space")]
    TextAfterQuote {
        /// Byte offset of the character after the quote.
        at: usize,
    },
}

impl SplitError {
    /// Byte offset in the line at which the fault stands.
    pub fn at(self) -> usize {
        match self {
            SplitError::Unbalanced { at } | SplitError::TextAfterQuote { at } => at,
        }
    }
}

/// Splits a line into its arguments. See [`split_words`] for the rules.
pub fn split_line(line: &str) -> Result<Vec<Bytes>, SplitError> {
    Ok(split_words(line)?.into_iter().map(|word| word.bytes).collect())
}

/// Splits a line into words with their places.
///
/// Double quotes undo `\n \r \t \b \a \xHH` and `\` before any other character; single quotes undo only `\'`.
/// Source: `sdssplitargs` as redis-cli uses it.
pub fn split_words(line: &str) -> Result<Vec<Word>, SplitError> {
    split_bytes(line.as_bytes())
}

/// The same for a line that may be no UTF-8, such as one from a pipe or a socket.
pub fn split_bytes(bytes: &[u8]) -> Result<Vec<Word>, SplitError> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        while at < bytes.len() && is_space(bytes[at]) {
            at += 1;
        }
        if at == bytes.len() {
            return Ok(words);
        }
        let start = at;
        let mut word = Vec::new();
        while at < bytes.len() && !ends_word(bytes[at]) {
            match bytes[at] {
                b'"' => at = double_quoted(bytes, at, &mut word)?,
                b'\'' => at = single_quoted(bytes, at, &mut word)?,
                byte => {
                    word.push(byte);
                    at += 1;
                }
            }
        }
        words.push(Word { bytes: Bytes::from(word), start, end: at });
    }
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b || byte == 0
}

/// Redis lets vertical tabs and form feeds stand in a word that is not quoted.
fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0)
}

fn closed(bytes: &[u8], after: usize) -> Result<usize, SplitError> {
    match bytes.get(after) {
        Some(byte) if !is_space(*byte) => Err(SplitError::TextAfterQuote { at: after }),
        _ => Ok(after),
    }
}

fn double_quoted(bytes: &[u8], open: usize, word: &mut Vec<u8>) -> Result<usize, SplitError> {
    let mut at = open + 1;
    loop {
        match bytes.get(at) {
            None => return Err(SplitError::Unbalanced { at: open }),
            Some(b'"') => return closed(bytes, at + 1),
            Some(b'\\') => {
                let hex = match (bytes.get(at + 1), bytes.get(at + 2), bytes.get(at + 3)) {
                    (Some(b'x'), Some(high), Some(low)) => hex(*high).zip(hex(*low)),
                    _ => None,
                };
                if let Some((high, low)) = hex {
                    word.push(high * 16 + low);
                    at += 4;
                    continue;
                }
                let Some(escaped) = bytes.get(at + 1) else {
                    return Err(SplitError::Unbalanced { at: open });
                };
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                at += 2;
            }
            Some(byte) => {
                word.push(*byte);
                at += 1;
            }
        }
    }
}

fn single_quoted(bytes: &[u8], open: usize, word: &mut Vec<u8>) -> Result<usize, SplitError> {
    let mut at = open + 1;
    loop {
        match bytes.get(at) {
            None => return Err(SplitError::Unbalanced { at: open }),
            Some(b'\\') if bytes.get(at + 1) == Some(&b'\'') => {
                word.push(b'\'');
                at += 2;
            }
            Some(b'\'') => return closed(bytes, at + 1),
            Some(byte) => {
                word.push(*byte);
                at += 1;
            }
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|d| d as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Vec<String> {
        split_line(line).expect("a line that splits").iter().map(|b| String::from_utf8_lossy(b).into_owned()).collect()
    }

    #[test]
    fn quotes_and_escapes_are_redis_clis() {
        assert_eq!(split(r#"set k "a b\n\x41""#), ["set", "k", "a b\nA"]);
        assert_eq!(split(r"set k 'a\'b\n'"), ["set", "k", r"a'b\n"]);
        assert_eq!(split("  "), Vec::<String>::new());
        assert_eq!(split(r#"set k """#), ["set", "k", ""]);
        assert_eq!(split(r#"a"b c""#), ["ab c"]);
    }

    #[test]
    fn faults_say_where() {
        assert_eq!(split_line(r#"set "k"#), Err(SplitError::Unbalanced { at: 4 }));
        assert_eq!(split_line(r#"set "k"x"#), Err(SplitError::TextAfterQuote { at: 7 }));
    }

    #[test]
    fn words_know_their_place() {
        let words = split_words(r#"SET  "a b" 1"#).expect("a line that splits");
        assert_eq!((words[1].start, words[1].end), (5, 10));
    }
}
