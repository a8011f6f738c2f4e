//! A reply in one short line.

use super::encode::format_double;
use super::escape::{printable, quoted};
use super::value::Value;

/// A reply in one line of about `most` characters, safe for a terminal: `"Alex"`, `(nil)`, `3`, `["a", "b", …]`.
pub fn brief(value: &Value, most: usize) -> String {
    let mut out = String::new();
    push(value, most, &mut out);
    out
}

fn push(value: &Value, most: usize, out: &mut String) {
    match value {
        Value::Simple(text) => out.push_str(&printable(text, most)),
        Value::Error(text) => out.push_str(&printable(text, most.max(200))),
        Value::Integer(n) => out.push_str(&n.to_string()),
        Value::Bulk(bytes) | Value::Verbatim { text: bytes, .. } => {
            let shown = &bytes[..bytes.len().min(most)];
            out.push_str(&quoted(shown));
            if shown.len() < bytes.len() {
                out.push_str(&format!("… ({} bytes)", bytes.len()));
            }
        }
        Value::Null | Value::NullArray => out.push_str("(nil)"),
        Value::Double(d) => out.push_str(&format_double(*d)),
        Value::Boolean(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::BigNumber(digits) => out.push_str(&printable(digits, most)),
        Value::Array(items) | Value::Set(items) | Value::Push(items) => {
            list('[', ']', items.iter(), most, out, |item, out| push(item, most / 2, out));
        }
        Value::Attribute(pairs) | Value::Map(pairs) => list('{', '}', pairs.iter(), most, out, |(key, value), out| {
            push(key, most / 2, out);
            out.push_str(": ");
            push(value, most / 2, out);
        }),
    }
}

fn list<T>(
    open: char,
    close: char,
    items: impl ExactSizeIterator<Item = T>,
    most: usize,
    out: &mut String,
    mut each: impl FnMut(T, &mut String),
) {
    let (start, total) = (out.len(), items.len());
    out.push(open);
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        if out.len() - start > most {
            out.push_str(&format!("… {} more", total - at));
            break;
        }
        each(item, out);
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_fit_in_a_line() {
        let many = Value::Array((0..1000).map(Value::Integer).collect());
        assert_eq!(brief(&many, 10), "[0, 1, 2, 3, … 996 more]");
        assert_eq!(brief(&Value::bulk("a\n"), 10), "\"a\\n\"");
        assert_eq!(brief(&Value::bulk("x".repeat(20)), 3), "\"xxx\"… (20 bytes)");
        assert_eq!(brief(&Value::Map(vec![(Value::simple("a"), Value::Null)]), 20), "{a: (nil)}");
    }
}
