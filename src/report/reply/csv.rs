//! One line of values with commas between them.

use crate::resp::{Part, Parts, push_quoted};

use super::people::until_null;

/// Appends a reply as redis-cli's `--csv` does, without the line's end. Source: `cliFormatReplyCSV`.
pub fn push(parts: &mut Parts, out: &mut Vec<u8>) {
    let Some(part) = parts.take() else { return };
    match part {
        Part::Error(text) => {
            out.extend_from_slice(b"ERROR,");
            push_quoted(until_null(text), out);
        }
        Part::Status(text) | Part::Text(text) | Part::Verbatim(text) => push_quoted(text, out),
        Part::Integer(text) | Part::Double(text) | Part::BigNumber(text) => out.extend_from_slice(text),
        Part::Nil => out.extend_from_slice(b"NULL"),
        Part::Boolean(yes) => out.extend_from_slice(if yes { b"true" } else { b"false" }),
        // There is no map: keys and values stand in one row.
        Part::Array(_) | Part::Set(_) | Part::Push(_) | Part::Map(_) => {
            for at in 0..part.inside() {
                if at > 0 {
                    out.push(b',');
                }
                push(parts, out);
            }
        }
    }
}
