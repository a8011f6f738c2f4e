//! A reply as redis-cli shows it, within bounds.

use crate::resp::{Value, format_double, printable, quoted};

use super::line::{Line, Tone};
use super::units::thousands;

/// How many bytes of one value are shown.
const BYTES: usize = 400;
/// How many lines a reply takes before the rest of a list is only counted.
const LINES: usize = 100;
/// How deep lists are followed.
const DEPTH: usize = 16;

/// The lines of a reply: numbered lists, `(nil)`, `(integer) 3`; long values are cut and long lists counted.
pub fn reply(value: &Value) -> Vec<Line> {
    let mut lines = Vec::new();
    push(value, Line::new(), 0, &mut lines);
    lines
}

/// Pushes `value`; its first line goes on where `head` ends, the others are indented as far.
fn push(value: &Value, head: Line, depth: usize, lines: &mut Vec<Line>) {
    let hang = u16::try_from(head.width()).unwrap_or(0);
    let mut line = scalar(value, head, depth, lines);
    if let Some(line) = line.as_mut() {
        line.hang = hang;
    }
    lines.extend(line);
}

/// The line of a value that is one line; collections push their own.
fn scalar(value: &Value, head: Line, depth: usize, lines: &mut Vec<Line>) -> Option<Line> {
    Some(match value {
        Value::Simple(text) => head.with(printable(text, BYTES), Tone::Plain),
        Value::Error(text) => head.with(format!("(error) {}", printable(text, BYTES * 2)), Tone::Bad),
        Value::Integer(n) => head.with("(integer) ", Tone::Dim).with(n.to_string(), Tone::Number),
        Value::Bulk(bytes) => text(head, quoted(&bytes[..bytes.len().min(BYTES)]), bytes.len()),
        Value::Verbatim { text: bytes, .. } => text(head, printable(bytes, BYTES), bytes.len()),
        Value::Null | Value::NullArray => head.with("(nil)", Tone::Nil),
        Value::Double(d) => head.with("(double) ", Tone::Dim).with(format_double(*d), Tone::Number),
        Value::Boolean(b) => head.with(if *b { "(true)" } else { "(false)" }, Tone::Number),
        Value::BigNumber(digits) => head.with(printable(digits, BYTES), Tone::Number),
        Value::Array(items) => return list(items, (')', "array"), head, depth, lines),
        Value::Set(items) => return list(items, ('~', "set"), head, depth, lines),
        Value::Push(items) => return list(items, ('>', "push"), head, depth, lines),
        Value::Attribute(pairs) | Value::Map(pairs) => return map(pairs, head, depth, lines),
    })
}

fn text(head: Line, shown: String, bytes: usize) -> Line {
    let line = head.with(shown, Tone::Str);
    if bytes > BYTES { line.with(format!(" … {} bytes", thousands(bytes as u64)), Tone::Dim) } else { line }
}

/// The heads of the items: the first goes on behind the list's own head, the others stand below it.
struct Heads {
    indent: String,
    first: Option<Line>,
    digits: usize,
    mark: char,
}

impl Heads {
    fn new(head: Line, count: usize, mark: char) -> Heads {
        Heads { indent: " ".repeat(head.width()), first: Some(head), digits: count.to_string().len(), mark }
    }

    fn next(&mut self, number: usize) -> Line {
        let line = self.first.take().unwrap_or_else(|| Line::of(self.indent.clone(), Tone::Plain));
        line.with(format!("{number:>width$}{} ", self.mark, width = self.digits), Tone::Dim)
    }

    fn rest(&self, more: usize) -> Line {
        Line::of(format!("{}… {} more", self.indent, thousands(more as u64)), Tone::Dim)
    }
}

fn list(items: &[Value], (mark, name): (char, &str), head: Line, depth: usize, lines: &mut Vec<Line>) -> Option<Line> {
    if items.is_empty() {
        return Some(head.with(format!("(empty {name})"), Tone::Nil));
    }
    if depth >= DEPTH {
        return Some(head.with(format!("({name} of {})", items.len()), Tone::Dim));
    }
    let mut heads = Heads::new(head, items.len(), mark);
    for (at, item) in items.iter().enumerate() {
        if lines.len() >= LINES {
            lines.push(heads.rest(items.len() - at));
            break;
        }
        push(item, heads.next(at + 1), depth + 1, lines);
    }
    None
}

fn map(pairs: &[(Value, Value)], head: Line, depth: usize, lines: &mut Vec<Line>) -> Option<Line> {
    if pairs.is_empty() {
        return Some(head.with("(empty hash)", Tone::Nil));
    }
    if depth >= DEPTH {
        return Some(head.with(format!("(map of {})", pairs.len()), Tone::Dim));
    }
    let mut heads = Heads::new(head, pairs.len(), '#');
    for (at, (key, value)) in pairs.iter().enumerate() {
        if lines.len() >= LINES {
            lines.push(heads.rest(pairs.len() - at));
            break;
        }
        let before = lines.len();
        push(key, heads.next(at + 1), depth + 1, lines);
        // A key of one line has its value beside it, as a map reads best.
        let head =
            if lines.len() == before + 1 { lines.pop().unwrap_or_default() } else { Line::of("   ", Tone::Plain) };
        push(value, head.with(" => ", Tone::Dim), depth + 1, lines);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &Value) -> Vec<String> {
        reply(value).iter().map(Line::text).collect()
    }

    #[test]
    fn replies_look_as_in_redis_cli() {
        assert_eq!(shown(&Value::ok()), ["OK"]);
        assert_eq!(shown(&Value::Null), ["(nil)"]);
        assert_eq!(shown(&Value::Integer(-3)), ["(integer) -3"]);
        assert_eq!(shown(&Value::error("ERR no such key")), ["(error) ERR no such key"]);
        assert_eq!(shown(&Value::Array(vec![])), ["(empty array)"]);
        let nested = Value::Array(vec![Value::bulk("a"), Value::Array(vec![Value::Integer(1), Value::Null])]);
        assert_eq!(shown(&nested), ["1) \"a\"", "2) 1) (integer) 1", "   2) (nil)"]);
        let eleven = Value::Array((0..11).map(Value::Integer).collect());
        assert_eq!(shown(&eleven)[0], " 1) (integer) 0");
        let map = Value::Map(vec![(Value::bulk("k"), Value::Set(vec![Value::bulk("x"), Value::bulk("y")]))]);
        assert_eq!(shown(&map), ["1# \"k\" => 1~ \"x\"", "          2~ \"y\""]);
        assert_eq!(shown(&Value::Double(1.5)), ["(double) 1.5"]);
    }

    #[test]
    fn long_replies_are_bounded() {
        let long = shown(&Value::bulk(vec![b'x'; 1 << 20]));
        assert_eq!(long.len(), 1);
        assert!(long[0].ends_with("\" … 1,048,576 bytes") && long[0].len() < 500, "{}", long[0].len());
        let many = shown(&Value::Array((0..1_000_000).map(Value::Integer).collect()));
        assert_eq!(many.len(), LINES + 1);
        assert_eq!(many[LINES], "… 999,900 more");
        let mut deep = Value::Integer(1);
        for _ in 0..10_000 {
            deep = Value::Array(vec![deep]);
        }
        assert_eq!(shown(&deep).len(), 1);
        std::mem::forget(deep);
    }

    #[test]
    fn hostile_replies_are_escaped() {
        let text = shown(&Value::Simple("a\x1b[2J\u{202e}".to_string().into())).concat();
        assert_eq!(text, "a\\x1b[2J\\u{202e}");
        assert!(shown(&Value::error("ERR \r\n")).concat().chars().all(|c| !c.is_control()));
    }
}
