//! A file's text, and places in it.

use std::io::Read;
use std::path::{Path, PathBuf};

/// No lesson or scenario file is larger than this, in bytes.
pub const MOST_BYTES: usize = 1 << 20;

/// A part of a source: byte offsets, the end exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// Just past the last byte.
    pub end: usize,
}

impl Span {
    /// A span from byte to byte.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start, end: end.max(start) }
    }
}

/// Where something stands, as people count: both from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A file's name and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
}

/// Why a file cannot be used. Each says where, why and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The operating system refused it.
    #[error("cannot read {}: {why}", shown(path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words, and ours where they help.
        why: String,
    },
    /// A directory, a device, a pipe.
    #[error("{} is no file: name a .yaml file", shown(path))]
    NoFile {
        /// What was named.
        path: PathBuf,
    },
    /// More than [`MOST_BYTES`].
    #[error("{name} is larger than 1 MiB: split it into several files")]
    TooLarge {
        /// The file's name.
        name: String,
    },
    /// Bytes that are no text.
    #[error("{name}:{}:{}: byte 0x{byte:02x} is no UTF-8: save the file as UTF-8 text", place.line, place.column)]
    NotText {
        /// The file's name.
        name: String,
        /// Where the first such byte stands.
        place: Place,
        /// The byte.
        byte: u8,
    },
}

/// A path as it may be shown.
fn shown(path: &Path) -> String {
    crate::resp::printable(path.as_os_str().as_encoded_bytes(), 4096)
}

impl Source {
    /// A source from bytes that somebody read.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Result<Source, SourceError> {
        let name = crate::resp::printable(name.into().as_bytes(), 4096);
        if bytes.len() > MOST_BYTES {
            return Err(SourceError::TooLarge { name });
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text);
                Ok(Source { name, text })
            }
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let bytes = error.as_bytes();
                let place = place_in(&String::from_utf8_lossy(&bytes[..at]), at);
                Err(SourceError::NotText { name, place, byte: bytes[at] })
            }
        }
    }

    /// Reads a file.
    pub fn load(path: &Path) -> Result<Source, SourceError> {
        let unreadable = |error: std::io::Error| SourceError::Unreadable { path: path.into(), why: reason(&error) };
        let meta = std::fs::metadata(path).map_err(unreadable)?;
        if !meta.is_file() {
            return Err(SourceError::NoFile { path: path.into() });
        }
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        // One byte more than allowed, so that a file that grows meanwhile is noticed too.
        file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        Source::new(path.to_string_lossy(), bytes)
    }

    /// The file's name, safe to be shown.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a byte offset.
    pub fn place(&self, offset: usize) -> Place {
        place_in(&self.text, offset)
    }

    /// The text of a span; empty where the span does not fit the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or("")
    }

    /// The span of the line that holds a byte, without its line end.
    pub fn line_of(&self, offset: usize) -> Span {
        let offset = floor(&self.text, offset);
        let start = self.text[..offset].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[offset..].find('\n').map_or(self.text.len(), |at| offset + at);
        let end = if self.text[start..end].ends_with('\r') { end - 1 } else { end };
        Span::new(start, end)
    }
}

/// How many bytes of a line are looked at where only its first part matters.
const NEAR: usize = 200;

impl Source {
    /// From a byte to the end of its line, or as far as matters: files may be one very long line.
    pub(super) fn rest_of_line(&self, start: usize) -> Span {
        let end = floor(&self.text, start.saturating_add(NEAR));
        let near = self.text.get(start..end).unwrap_or("");
        let length = near.find(['\n', '\r']).unwrap_or(near.len());
        Span::new(start, start + near[..length].trim_end().len())
    }
}

/// An operating error in words that say what to do, where there are such words.
pub(super) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or directory".into(),
        std::io::ErrorKind::PermissionDenied => {
            "permission denied; its rights do not allow this user to read it".into()
        }
        _ => error.to_string(),
    }
}

/// The largest character boundary that is not beyond `offset`.
fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn place_in(text: &str, offset: usize) -> Place {
    let before = &text[..floor(text, offset)];
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    Place { line, column: before[start..].chars().count() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("a.yaml", "äb\ncd\r\n".into()).unwrap();
        assert_eq!(source.place(0), Place { line: 1, column: 1 });
        assert_eq!(source.place(2), Place { line: 1, column: 2 });
        assert_eq!(source.place(5), Place { line: 2, column: 2 });
        assert_eq!(source.slice(source.line_of(5)), "cd");
        assert_eq!(source.place(9999), Place { line: 3, column: 1 });
    }

    #[test]
    fn what_is_no_text_is_told_with_its_place() {
        let error = Source::new("a.yaml", b"ab\nc\xffd".to_vec()).unwrap_err();
        assert_eq!(error.to_string(), "a.yaml:2:2: byte 0xff is no UTF-8: save the file as UTF-8 text");
        let error = Source::new("a.yaml", vec![b' '; MOST_BYTES + 1]).unwrap_err();
        assert!(error.to_string().contains("larger than 1 MiB"));
    }

    #[test]
    fn files_that_are_none_are_told() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Source::load(directory.path()).unwrap_err().to_string().contains("is no file"));
        let missing = Source::load(&directory.path().join("x.yaml")).unwrap_err().to_string();
        assert!(missing.ends_with("x.yaml: there is no such file or directory"), "{missing}");
    }
}
