//! The first line of a script, where it is a shebang: `#!lua flags=no-writes,allow-oom`, or `#!lua name=mylib` for a
//! library.

use bytes::Bytes;

use super::libraries::ScriptFlags;
use crate::resp::split_bytes;

/// What C sees of a string: the part before its first zero byte.
fn c_string(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// What a script says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where the Lua source starts.
    pub body: usize,
    /// Whether there is a shebang at all; without one, Redis makes fewer checks.
    pub shebang: bool,
    /// Its flags.
    pub flags: ScriptFlags,
}

impl Header {
    /// Reads the shebang, if there is one. An error is the whole line of the reply.
    pub fn parse(source: &[u8]) -> Result<Header, Vec<u8>> {
        let mut header = Header { body: 0, shebang: false, flags: ScriptFlags::default() };
        if !source.starts_with(b"#!") {
            return Ok(header);
        }
        let Some(end) = source.iter().position(|b| *b == b'\n') else {
            return Err(b"ERR Invalid script shebang".to_vec());
        };
        (header.body, header.shebang) = (end, true);
        let mut parts = source[..end].split(|b| *b == b' ').filter(|part| !part.is_empty());
        let engine = parts.next().unwrap_or_default();
        if engine != b"#!lua" {
            return Err([b"ERR Unexpected engine in script shebang: ", engine].concat());
        }
        for part in parts {
            let Some(flags) = part.strip_prefix(b"flags=") else {
                return Err([b"ERR Unknown lua shebang option: ", part].concat());
            };
            header.take_flags(flags)?;
        }
        Ok(header)
    }

    fn take_flags(&mut self, flags: &[u8]) -> Result<(), Vec<u8>> {
        if flags.is_empty() {
            return Ok(());
        }
        for flag in flags.split(|b| *b == b',') {
            if !self.flags.add(flag) {
                return Err([b"ERR Unexpected flag in script shebang: ", flag].concat());
            }
        }
        Ok(())
    }
}

/// What a library says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryHeader {
    /// Its name.
    pub name: Bytes,
    /// Where the Lua source starts.
    pub body: usize,
}

/// What Redis says of the name of a library, or of a function.
pub const BAD_NAME: &[u8] = b"Library names can only contain letters, numbers, or underscores(_) and must be at least \
one character long";

/// Whether a library or a function may be called so.
pub fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

impl LibraryHeader {
    /// Reads the shebang, which must be there. An error is the line of the reply, without its code.
    pub fn parse(source: &[u8]) -> Result<LibraryHeader, Vec<u8>> {
        const INVALID: &[u8] = b"Invalid library metadata";
        if !source.starts_with(b"#!") {
            return Err(b"Missing library metadata".to_vec());
        }
        let end = c_string(source).iter().position(|b| *b == b'\n').ok_or(INVALID)?;
        let words = split_bytes(&source[..end]).map_err(|_| INVALID)?;
        let (engine, options) = words.split_first().ok_or(INVALID)?;
        let mut name = None;
        for option in options {
            let is_name = option.bytes.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"name="));
            if !is_name {
                return Err([b"Invalid metadata value given: ", c_string(&option.bytes)].concat());
            }
            if name.replace(option.bytes.slice(5..)).is_some() {
                return Err(b"Invalid metadata value, name argument was given multiple times".to_vec());
            }
        }
        let name = name.ok_or(b"Library name was not given")?;
        if !is_name(&name) {
            return Err(BAD_NAME.to_vec());
        }
        let engine = engine.bytes.slice(engine.bytes.len().min(2)..);
        if !engine.eq_ignore_ascii_case(b"lua") {
            return Err([b"Engine '", engine.as_ref(), b"' not found"].concat());
        }
        Ok(LibraryHeader { name, body: end })
    }
}
