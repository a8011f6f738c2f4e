//! The bytes themselves.

use crate::resp::{Part, Parts};

use super::style::{Style, push_text};

/// Appends a reply as redis-cli prints it into a pipe, without its end. Source: `cliFormatReplyRaw`.
pub fn push(parts: &mut Parts, style: &Style, out: &mut Vec<u8>) {
    let Some(part) = parts.take() else { return };
    match part {
        Part::Nil => {}
        Part::Error(text) => {
            push_text(text, style.guarded, out);
            out.push(b'\n');
        }
        Part::Status(text)
        | Part::Text(text)
        | Part::Verbatim(text)
        | Part::Integer(text)
        | Part::Double(text)
        | Part::BigNumber(text) => push_text(text, style.guarded, out),
        Part::Boolean(yes) => out.extend_from_slice(if yes { b"(true)" } else { b"(false)" }),
        Part::Array(count) | Part::Set(count) | Part::Push(count) => {
            for at in 0..count {
                if at > 0 {
                    out.extend_from_slice(&style.between);
                }
                push(parts, style, out);
            }
        }
        Part::Map(count) => {
            for at in 0..count {
                if at > 0 {
                    out.extend_from_slice(&style.between);
                }
                push(parts, style, out);
                out.push(b' ');
                push(parts, style, out);
            }
        }
    }
}
