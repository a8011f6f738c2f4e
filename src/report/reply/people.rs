//! The form for people.

use crate::resp::{Part, Parts, push_quoted};

use super::style::push_text;

/// Appends a reply as redis-cli prints it on a terminal, its last line ended. Source: `cliFormatReplyTTY`.
pub fn push(parts: &mut Parts, guarded: bool, out: &mut Vec<u8>) {
    push_part(parts, &mut Vec::new(), guarded, out);
}

fn push_part(parts: &mut Parts, prefix: &mut Vec<u8>, guarded: bool, out: &mut Vec<u8>) {
    let Some(part) = parts.take() else { return };
    let label: &[u8] = match part {
        Part::Error(_) => b"(error) ",
        Part::Integer(_) => b"(integer) ",
        Part::Double(_) => b"(double) ",
        _ => b"",
    };
    out.extend_from_slice(label);
    match part {
        Part::Array(count) => return push_items(parts, count, [b") ", b"(empty array)\n"], prefix, guarded, out),
        Part::Push(count) => return push_items(parts, count, [b") ", b"(empty push)\n"], prefix, guarded, out),
        Part::Set(count) => return push_items(parts, count, [b"~ ", b"(empty set)\n"], prefix, guarded, out),
        Part::Map(count) => return push_pairs(parts, count, prefix, guarded, out),
        Part::Nil => out.extend_from_slice(b"(nil)"),
        Part::Boolean(yes) => out.extend_from_slice(if yes { b"(true)" } else { b"(false)" }),
        Part::Text(text) => push_quoted(text, out),
        // These two are printed up to their first null byte.
        Part::Error(text) | Part::Status(text) => push_text(until_null(text), guarded, out),
        Part::Verbatim(text) | Part::Integer(text) | Part::Double(text) | Part::BigNumber(text) => {
            push_text(text, guarded, out);
        }
    }
    out.push(b'\n');
}

/// Text as C sees it.
pub fn until_null(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn push_items(
    parts: &mut Parts,
    count: usize,
    [mark, empty]: [&[u8]; 2],
    prefix: &mut Vec<u8>,
    guarded: bool,
    out: &mut Vec<u8>,
) {
    if count == 0 {
        out.extend_from_slice(empty);
        return;
    }
    let (width, outer) = (digits(count), prefix.len());
    for at in 0..count {
        push_number(at, width, &prefix[..outer], out);
        out.extend_from_slice(mark);
        prefix.resize(outer + width + 2, b' ');
        push_part(parts, prefix, guarded, out);
        prefix.truncate(outer);
    }
}

fn push_pairs(parts: &mut Parts, count: usize, prefix: &mut Vec<u8>, guarded: bool, out: &mut Vec<u8>) {
    if count == 0 {
        out.extend_from_slice(b"(empty hash)\n");
        return;
    }
    let (width, outer) = (digits(count), prefix.len());
    for at in 0..count {
        push_number(at, width, &prefix[..outer], out);
        out.extend_from_slice(b"# ");
        prefix.resize(outer + width + 2, b' ');
        push_part(parts, prefix, guarded, out);
        out.pop();
        out.extend_from_slice(b" => ");
        if has_many_lines(*parts) {
            out.push(b'\n');
            out.extend_from_slice(prefix);
        }
        push_part(parts, prefix, guarded, out);
        prefix.truncate(outer);
    }
}

/// The number of an element. The first one stands behind its parent's.
fn push_number(at: usize, width: usize, prefix: &[u8], out: &mut Vec<u8>) {
    if at > 0 {
        out.extend_from_slice(prefix);
    }
    let number = (at + 1).to_string();
    out.resize(out.len() + width.saturating_sub(number.len()), b' ');
    out.extend_from_slice(number.as_bytes());
}

fn digits(count: usize) -> usize {
    count.checked_ilog10().unwrap_or(0) as usize + 1
}

/// Whether a value of a map is printed in several lines. Source: `cliIsMultilineValueTTY`.
fn has_many_lines(mut parts: Parts) -> bool {
    loop {
        match parts.take() {
            Some(Part::Array(1) | Part::Set(1) | Part::Push(1)) => {}
            Some(Part::Array(count) | Part::Set(count) | Part::Push(count)) => return count > 1,
            Some(Part::Map(1)) => {
                if parts.skip().is_none() {
                    return false;
                }
            }
            Some(Part::Map(pairs)) => return pairs > 1,
            _ => return false,
        }
    }
}
