//! One line of JSON, with redis-cli's own idea of it: an error stands behind `error:`.

use crate::resp::{Part, Parts, push_quoted};

use super::people::until_null;

/// Appends a reply as redis-cli's `--json` does, or its `--quoted-json`, without the line's end.
/// Source: `cliFormatReplyJson`.
pub fn push(parts: &mut Parts, quoted: bool, out: &mut Vec<u8>) {
    let Some(part) = parts.take() else { return };
    match part {
        Part::Error(text) => {
            out.extend_from_slice(b"error:");
            push_string(until_null(text), quoted, out);
        }
        Part::Status(text) | Part::Text(text) | Part::Verbatim(text) => push_string(text, quoted, out),
        Part::Integer(text) | Part::Double(text) | Part::BigNumber(text) => out.extend_from_slice(text),
        Part::Nil => out.extend_from_slice(b"null"),
        Part::Boolean(yes) => out.extend_from_slice(if yes { b"true" } else { b"false" }),
        Part::Array(count) | Part::Set(count) | Part::Push(count) => {
            out.push(b'[');
            for at in 0..count {
                if at > 0 {
                    out.push(b',');
                }
                push(parts, quoted, out);
            }
            out.push(b']');
        }
        Part::Map(count) => push_map(parts, count, quoted, out),
    }
}

fn push_map(parts: &mut Parts, count: usize, quoted: bool, out: &mut Vec<u8>) {
    out.push(b'{');
    for at in 0..count {
        if at > 0 {
            out.push(b',');
        }
        push_key(parts, quoted, out);
        out.push(b':');
        push(parts, quoted, out);
    }
    out.push(b'}');
}

/// A key of JSON is a string whatever a key of RESP3 is.
fn push_key(parts: &mut Parts, quoted: bool, out: &mut Vec<u8>) {
    let mut ahead = *parts;
    let is_text = matches!(ahead.take(), Some(Part::Error(_)));
    let mut key = Vec::new();
    push(parts, quoted, &mut key);
    if is_text || key.first() == Some(&b'"') {
        out.append(&mut key);
    } else {
        out.push(b'"');
        out.append(&mut key);
        out.push(b'"');
    }
}

fn push_string(text: &[u8], quoted: bool, out: &mut Vec<u8>) {
    if !quoted {
        return push_escaped(text, out);
    }
    let start = out.len();
    push_quoted(text, out);
    // Once more for JSON, but only the backslashes.
    let once = out.split_off(start);
    for byte in once {
        if byte == b'\\' {
            out.push(byte);
        }
        out.push(byte);
    }
}

/// What JSON wants escaped and nothing else: bytes that are no UTF-8 stay, and make no JSON.
fn push_escaped(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text {
        match byte {
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}
