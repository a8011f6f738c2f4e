//! The words of an expression: enough of its language to find the parts of a condition and the values that it reads.

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword.
    Name,
    /// A number.
    Number,
    /// A text in quotes.
    Text,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// Anything else: `==`, `|`, `.`, …
    Mark,
}

/// A word and where it stands, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// What it is.
    pub kind: Kind,
    /// It itself.
    pub text: &'a str,
    /// Its first byte.
    pub start: usize,
}

impl Word<'_> {
    /// Just past its last byte.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Marks of two characters.
const PAIRS: &[&str] = &["==", "!=", "<=", ">=", "//", "**"];
/// Names that are no values.
const KEYWORDS: &[&str] =
    &["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"];

/// Splits an expression into its words. Whatever it is, it is split.
pub fn words(text: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '\'' | '"' => (Kind::Text, quoted(rest, first)),
            '(' | '[' | '{' => (Kind::Open, 1),
            ')' | ']' | '}' => (Kind::Close, 1),
            c if c.is_ascii_digit() => (Kind::Number, number(rest)),
            c if c.is_alphabetic() || c == '_' => (Kind::Name, run(rest, |c| c.is_alphanumeric() || c == '_')),
            c => (Kind::Mark, if PAIRS.iter().any(|pair| rest.starts_with(pair)) { 2 } else { c.len_utf8() }),
        };
        found.push(Word { kind, text: &rest[..length], start: at });
        at += length;
    }
    found
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn number(text: &str) -> usize {
    let whole = run(text, |c| c.is_ascii_digit());
    match text[whole..].strip_prefix('.').map(|rest| run(rest, |c| c.is_ascii_digit())) {
        Some(part) if part > 0 => whole + 1 + part,
        _ => whole,
    }
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// A value that an expression reads: `cached`, `lanes[1].observed.counter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path<'a> {
    /// The register that it starts with.
    pub name: &'a str,
    /// All of it.
    pub text: &'a str,
    /// Its first byte.
    pub start: usize,
}

/// The values that an expression reads, each once, in order. Filters (`|int`), tests (`is none`), functions and
/// keywords are none.
pub fn paths(text: &str) -> Vec<Path<'_>> {
    let words = words(text);
    let mut found: Vec<Path<'_>> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let word = words[at];
        let before = at.checked_sub(1).map_or("", |before| words[before].text);
        let tested = before == "is" || (before == "not" && at >= 2 && words[at - 2].text == "is");
        let called = words.get(at + 1).is_some_and(|next| next.text == "(" || next.text == "=");
        let value = word.kind == Kind::Name
            && !KEYWORDS.contains(&word.text)
            && !matches!(before, "|" | ".")
            && !tested
            && !called;
        if !value {
            at += 1;
            continue;
        }
        let last = path_end(&words, at);
        let path = Path { name: word.text, text: &text[word.start..words[last].end()], start: word.start };
        if !found.iter().any(|known| known.text == path.text) {
            found.push(path);
        }
        at = last + 1;
    }
    found
}

/// The last word of the path that starts at a name: `.name` and `[3]` or `['x']` belong to it.
fn path_end(words: &[Word<'_>], start: usize) -> usize {
    let mut last = start;
    loop {
        let next = |n: usize| words.get(last + n);
        match (next(1), next(2), next(3)) {
            (Some(dot), Some(name), after) if dot.text == "." && name.kind == Kind::Name => {
                if after.is_some_and(|after| after.text == "(") {
                    return last;
                }
                last += 2;
            }
            (Some(open), Some(index), Some(close))
                if open.text == "[" && close.text == "]" && matches!(index.kind, Kind::Number | Kind::Text) =>
            {
                last += 3;
            }
            _ => return last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        paths(text).into_iter().map(|path| path.text).collect()
    }

    #[test]
    fn values_are_found_and_nothing_else() {
        assert_eq!(texts("reply is none and cached == 0"), ["reply", "cached"]);
        assert_eq!(texts("reply is not none and 'a b' in reply|string"), ["reply"]);
        assert_eq!(
            texts("lanes[1].p50 * 5 < lanes[0].p50 or range(3)|length == n.x"),
            ["lanes[1].p50", "lanes[0].p50", "n.x"]
        );
        assert_eq!(texts("reply.startswith('x') and not (a or b|default(c))"), ["reply", "a", "b", "c"]);
        assert_eq!(texts("'un closed"), Vec::<&str>::new());
    }

    #[test]
    fn words_know_where_they_stand() {
        let found = words("é >= 1.5 'x\\'y'");
        let shown: Vec<_> = found.iter().map(|word| (word.text, word.start)).collect();
        assert_eq!(shown, [("é", 0), (">=", 3), ("1.5", 6), ("'x\\'y'", 10)]);
    }
}
