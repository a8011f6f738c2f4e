//! Finds a part of a scalar's value in the file, where the file writes it differently: quoted, folded, indented.

/// The byte offsets in `raw` (the scalar as it stands in the file) of the byte offsets `start` and `end` in `text` (its
/// value); `None` where the two cannot be laid beside each other.
pub fn locate(raw: &str, text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let first = raw.chars().next()?;
    let mut at = match first {
        '"' | '\'' => 1,
        // A block scalar: its first line is its header.
        '|' | '>' => raw.find('\n')? + 1,
        _ => 0,
    };
    let (mut from, mut to) = (None, None);
    let mut rest = text.char_indices().peekable();
    while let Some(&(offset, c)) = rest.peek() {
        if c.is_whitespace() || raw[at..].starts_with(char::is_whitespace) {
            // Line ends and indentation in the file are white space in the value, or nothing at its ends.
            let blank = |text: &str| text.len() - text.trim_start().len();
            let here = at + blank(&raw[at..]);
            mark(offset, start, end, at, here, &mut from, &mut to);
            at = here;
            while rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
            continue;
        }
        mark(offset, start, end, at, at, &mut from, &mut to);
        let length = written(&raw[at..], c, first)?;
        at += length;
        rest.next();
    }
    let from = from.unwrap_or(at);
    Some((from, to.unwrap_or(at).max(from)))
}

/// Notes the places of the two ends once they are reached: a part starts after white space and ends before it.
fn mark(
    offset: usize,
    start: usize,
    end: usize,
    before: usize,
    after: usize,
    from: &mut Option<usize>,
    to: &mut Option<usize>,
) {
    if offset >= start && from.is_none() {
        *from = Some(after);
    }
    if offset >= end && to.is_none() {
        *to = Some(before);
    }
}

/// How many bytes the file takes to write a character in this style.
fn written(raw: &str, c: char, style: char) -> Option<usize> {
    match style {
        '\'' if c == '\'' => raw.starts_with("''").then_some(2),
        '"' if raw.starts_with('\\') => {
            let escaped = raw[1..].chars().next()?;
            (escaped == c && matches!(c, '"' | '\\' | '/')).then_some(2)
        }
        _ => raw.starts_with(c).then_some(c.len_utf8()),
    }
}

#[cfg(test)]
mod tests {
    use super::locate;

    #[test]
    fn a_part_is_found_however_it_is_written() {
        let found = |raw: &'static str, text: &str, part: &str| {
            let start = text.find(part).expect("a part");
            locate(raw, text, start, start + part.len()).map(|(from, to)| &raw[from..to])
        };
        assert_eq!(found("a == b", "a == b", "b"), Some("b"));
        assert_eq!(found("'it''s x'", "it's x", "x"), Some("x"));
        assert_eq!(found(r#""a \"b\" c""#, r#"a "b" c"#, "c"), Some("c"));
        assert_eq!(found(">-\n    one and\n    two and\n    three", "one and two and three", "three"), Some("three"));
        assert_eq!(found(">-\n    one and\n    two", "one and two", "and two"), Some("and\n    two"));
        assert_eq!(found("|\n  é x\n  y\n", "é x\ny\n", "y"), Some("y"));
        assert_eq!(found("one\n    two", "one two", "one"), Some("one"));
        assert_eq!(found(r#""a\tb""#, "a\tb", "b"), None);
        assert_eq!(found("'a", "b", "b"), None);
        assert_eq!(locate("", "", 0, 0), None);
        assert_eq!(locate("ab", "ab", 2, 2), Some((2, 2)));
    }
}
