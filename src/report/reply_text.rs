//! Replies as redis-cli prints them, byte for byte: for a terminal, and for a pipe.

use crate::resp::{Value, format_double, quoted};

/// A reply as redis-cli prints it on a terminal, its last line ended.
///
/// Source: `cliFormatReplyTTY`. Strings are quoted and escaped; other text is escaped too where redis-cli is not so
/// careful, since it may come from a server that means harm.
pub fn formatted(value: &Value) -> String {
    let mut out = String::new();
    push_formatted(value, "", &mut out);
    out
}

fn push_formatted(value: &Value, prefix: &str, out: &mut String) {
    match value {
        Value::Error(text) => out.push_str(&format!("(error) {}\n", lines(text))),
        Value::Simple(text) | Value::BigNumber(text) => out.push_str(&format!("{}\n", lines(text))),
        Value::Verbatim { text, .. } => out.push_str(&format!("{}\n", lines(text))),
        Value::Integer(n) => out.push_str(&format!("(integer) {n}\n")),
        Value::Double(d) => out.push_str(&format!("(double) {}\n", format_double(*d))),
        Value::Bulk(bytes) => out.push_str(&format!("{}\n", quoted(bytes))),
        Value::Null | Value::NullArray => out.push_str("(nil)\n"),
        Value::Boolean(b) => out.push_str(if *b { "(true)\n" } else { "(false)\n" }),
        Value::Array(items) => push_items(items, ')', "(empty array)\n", prefix, out),
        Value::Set(items) => push_items(items, '~', "(empty set)\n", prefix, out),
        Value::Push(items) => push_items(items, ')', "(empty push)\n", prefix, out),
        Value::Attribute(pairs) | Value::Map(pairs) => push_pairs(pairs, prefix, out),
    }
}

/// Text that is not quoted: its line ends stay, everything else that could move a terminal is escaped.
fn lines(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let escaped: Vec<String> = text
        .split('\n')
        .map(|line| crate::resp::printable(line.trim_end_matches('\r').as_bytes(), usize::MAX))
        .collect();
    escaped.join("\n")
}

fn push_items(items: &[Value], mark: char, empty: &str, prefix: &str, out: &mut String) {
    if items.is_empty() {
        out.push_str(empty);
        return;
    }
    let width = items.len().to_string().len();
    let deeper = format!("{prefix}{}", " ".repeat(width + 2));
    for (at, item) in items.iter().enumerate() {
        // The first element stands behind its parent's number.
        let lead = if at == 0 { "" } else { prefix };
        out.push_str(&format!("{lead}{:>width$}{mark} ", at + 1));
        push_formatted(item, &deeper, out);
    }
}

fn push_pairs(pairs: &[(Value, Value)], prefix: &str, out: &mut String) {
    if pairs.is_empty() {
        out.push_str("(empty hash)\n");
        return;
    }
    let width = pairs.len().to_string().len();
    let deeper = format!("{prefix}{}", " ".repeat(width + 2));
    for (at, (key, value)) in pairs.iter().enumerate() {
        let lead = if at == 0 { "" } else { prefix };
        out.push_str(&format!("{lead}{:>width$}# ", at + 1));
        push_formatted(key, &deeper, out);
        out.pop();
        out.push_str(" => ");
        push_formatted(value, &deeper, out);
    }
}

/// A reply as redis-cli prints it into a pipe: the bytes themselves, elements on lines of their own.
///
/// Source: `cliFormatReplyRaw`.
pub fn raw(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    push_raw(value, &mut out);
    out
}

fn push_raw(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null | Value::NullArray => {}
        Value::Error(text) => {
            out.extend_from_slice(text);
            out.push(b'\n');
        }
        Value::Simple(bytes) | Value::Bulk(bytes) | Value::BigNumber(bytes) | Value::Verbatim { text: bytes, .. } => {
            out.extend_from_slice(bytes);
        }
        Value::Integer(n) => out.extend_from_slice(n.to_string().as_bytes()),
        Value::Double(d) => out.extend_from_slice(format_double(*d).as_bytes()),
        Value::Boolean(b) => out.extend_from_slice(if *b { b"(true)" } else { b"(false)" }),
        Value::Array(items) | Value::Set(items) | Value::Push(items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b'\n');
                }
                push_raw(item, out);
            }
        }
        Value::Attribute(pairs) | Value::Map(pairs) => {
            for (at, (key, value)) in pairs.iter().enumerate() {
                if at > 0 {
                    out.push(b'\n');
                }
                push_raw(key, out);
                out.push(b' ');
                push_raw(value, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_lists_are_numbered_as_redis_cli_numbers_them() {
        let inner = Value::Array(vec![Value::Integer(1), Value::bulk("b\x1b")]);
        let value = Value::Array(vec![Value::ok(), inner, Value::Null, Value::Array(vec![])]);
        assert_eq!(formatted(&value), "1) OK\n2) 1) (integer) 1\n   2) \"b\\x1b\"\n3) (nil)\n4) (empty array)\n");
        let map = Value::Map(vec![(Value::bulk("f"), Value::Set(vec![Value::bulk("m")]))]);
        assert_eq!(formatted(&map), "1# \"f\" => 1~ \"m\"\n");
        assert_eq!(raw(&value), b"OK\n1\nb\x1b\n\n");
    }

    #[test]
    fn text_of_a_server_cannot_move_the_terminal() {
        assert_eq!(formatted(&Value::error("ERR \x1b[2J")), "(error) ERR \\x1b[2J\n");
    }
}
