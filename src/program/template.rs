//! Command lines with `{{ … }}` in them.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::resp::split_words;

use super::expr::{Expr, ExprError, Scope};

/// Why a command line cannot be read; byte offsets in the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// What is wrong.
    pub message: String,
    /// Where the fault starts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Bytes),
    Value(Expr),
}

/// One argument: text with expressions in it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Word {
    parts: Arc<[Part]>,
    /// Byte offsets in the line that it came from.
    place: (usize, usize),
}

/// A command whose words may hold `{{ … }}`. The line is split first and each word rendered afterwards, so that a
/// value with spaces in it stays one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    words: Arc<[Word]>,
}

impl Word {
    /// A text that is not split, with expressions in it.
    pub fn parse(text: &str) -> Result<Word, TemplateError> {
        let mut parts = Vec::new();
        let mut at = 0;
        for Braces { start, end } in braces(text)? {
            push_text(&mut parts, &text.as_bytes()[at..start]);
            parts.push(Part::Value(inner(text, start, end)?));
            at = end;
        }
        push_text(&mut parts, &text.as_bytes()[at..]);
        Ok(Word { parts: parts.into(), place: (0, text.len()) })
    }

    /// Its bytes, where no expression is in it.
    pub fn literal(&self) -> Option<Bytes> {
        match &*self.parts {
            [] => Some(Bytes::new()),
            [Part::Text(bytes)] => Some(bytes.clone()),
            _ => None,
        }
    }

    /// Where it stood in its line: byte offsets.
    pub fn place(&self) -> (usize, usize) {
        self.place
    }

    /// The expressions in it.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value(expr) => Some(expr),
            Part::Text(_) => None,
        })
    }

    /// The bytes that it stands for as an argument of a command; a value that is nothing is the empty string.
    pub fn render(&self, scope: &dyn Scope) -> Result<Bytes, ExprError> {
        self.render_with(scope, b"")
    }

    /// The same as part of a database statement, in which a value that is nothing is NULL.
    pub fn render_sql(&self, scope: &dyn Scope) -> Result<Bytes, ExprError> {
        self.render_with(scope, b"NULL")
    }

    fn render_with(&self, scope: &dyn Scope, none: &[u8]) -> Result<Bytes, ExprError> {
        if let Some(bytes) = self.literal() {
            return Ok(bytes);
        }
        let mut out = Vec::new();
        for part in self.parts.iter() {
            match part {
                Part::Text(bytes) => out.extend_from_slice(bytes),
                Part::Value(expr) => expr.argument(scope, none, &mut out)?,
            }
        }
        Ok(Bytes::from(out))
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.parts.iter() {
            match part {
                Part::Text(bytes) => f.write_str(&String::from_utf8_lossy(bytes))?,
                Part::Value(expr) => write!(f, "{{{{ {} }}}}", expr.source().trim())?,
            }
        }
        Ok(())
    }
}

impl Template {
    /// Splits a command line by redis-cli's quoting rules; a `{{ … }}` is never split.
    pub fn parse(line: &str) -> Result<Template, TemplateError> {
        let braces = braces(line)?;
        let Some(mark) = ('\u{fdd0}'..='\u{fdef}').find(|mark| !line.contains(*mark)) else {
            return Err(fault("this line holds every character that is no character", 0, line.len()));
        };
        // Each `{{ … }}` becomes one letter that splitting leaves alone.
        let mut marked = String::new();
        let mut at = 0;
        for Braces { start, end } in &braces {
            marked.push_str(&line[at..*start]);
            marked.push(mark);
            at = *end;
        }
        marked.push_str(&line[at..]);
        let back = |offset: usize| unmarked(offset, &braces, mark.len_utf8());
        let split = split_words(&marked)
            .map_err(|error| fault(&error.to_string(), back(error.at()), line.len().min(back(error.at()) + 1)))?;
        let mut spans = braces.iter();
        let mut words = Vec::with_capacity(split.len());
        for word in split {
            let mut parts = Vec::new();
            for (n, text) in split_bytes(&word.bytes, mark).into_iter().enumerate() {
                if let Some(Braces { start, end }) = if n > 0 { spans.next() } else { None } {
                    parts.push(Part::Value(inner(line, *start, *end)?));
                }
                push_text(&mut parts, text);
            }
            words.push(Word { parts: parts.into(), place: (back(word.start), back(word.end)) });
        }
        Ok(Template { words: words.into() })
    }

    /// A command whose words were written one by one.
    pub fn of(words: impl IntoIterator<Item = Word>) -> Template {
        Template { words: words.into_iter().collect() }
    }

    /// Its words.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// Its arguments.
    pub fn render(&self, scope: &dyn Scope) -> Result<Vec<Bytes>, ExprError> {
        self.words.iter().map(|word| word.render(scope)).collect()
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, word) in self.words.iter().enumerate() {
            if n > 0 {
                f.write_str(" ")?;
            }
            match word.literal() {
                Some(bytes) => f.write_str(&super::deed::shown_word(&bytes))?,
                None => write!(f, "{word}")?,
            }
        }
        Ok(())
    }
}

/// A `{{ … }}`: byte offsets, braces included.
struct Braces {
    start: usize,
    end: usize,
}

fn fault(message: &str, start: usize, end: usize) -> TemplateError {
    TemplateError { message: message.into(), start, end }
}

fn push_text(parts: &mut Vec<Part>, text: &[u8]) {
    if !text.is_empty() {
        parts.push(Part::Text(Bytes::copy_from_slice(text)));
    }
}

fn inner(text: &str, start: usize, end: usize) -> Result<Expr, TemplateError> {
    let source = &text[start + 2..end - 2];
    Expr::parse(source).map_err(|error| {
        let (from, to) = error.range.unwrap_or((0, source.len()));
        fault(&error.message, start + 2 + from, start + 2 + to.max(from))
    })
}

/// Where a text has its `{{ … }}`. Quotes and braces inside of an expression are its own.
fn braces(text: &str) -> Result<Vec<Braces>, TemplateError> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(offset) = text[from..].find("{{") {
        let start = from + offset;
        let Some(end) = closing(text.as_bytes(), start + 2) else {
            return Err(fault("{{ is opened here and never closed", start, start + 2));
        };
        found.push(Braces { start, end });
        from = end;
    }
    Ok(found)
}

fn closing(bytes: &[u8], from: usize) -> Option<usize> {
    let (mut at, mut depth, mut quote) = (from, 0usize, None);
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') if depth > 0 => depth -= 1,
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at + 2),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The offset in the line of an offset in the marked line.
fn unmarked(offset: usize, braces: &[Braces], mark: usize) -> usize {
    let mut at = offset;
    for Braces { start, end } in braces {
        if at <= *start {
            break;
        }
        at = at - mark + (end - start);
    }
    at
}

fn split_bytes(bytes: &[u8], mark: char) -> Vec<&[u8]> {
    let mut letters = [0; 4];
    let mark = mark.encode_utf8(&mut letters).as_bytes();
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(mark.len()).position(|window| window == mark) {
        pieces.push(&rest[..at]);
        rest = &rest[at + mark.len()..];
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::super::datum::Datum;
    use super::*;

    fn render(line: &str) -> Vec<Vec<u8>> {
        let scope = |name: &str| match name {
            "name" => Some(Datum::text("Alex \"the\" Great")),
            "n" => Some(Datum::text("41")),
            "raw" => Some(Datum::Str(Bytes::from_static(b"\xff\x00"))),
            "nothing" => Some(Datum::None),
            _ => None,
        };
        let template = Template::parse(line).expect("a template");
        template.render(&scope).expect("values").iter().map(|word| word.to_vec()).collect()
    }

    #[test]
    fn words_are_split_before_values_are_put_in() {
        assert_eq!(render("SET user {{ name }}")[2], b"Alex \"the\" Great");
        assert_eq!(render("SET k {{ n|int + 1 }}")[2], b"42");
        assert_eq!(render(r#"SET "a {{ n }} b" x"#)[1], b"a 41 b");
        assert_eq!(render("SET k:{{ n }}:{{ n }} {{ raw }}"), [&b"SET"[..], b"k:41:41", b"\xff\x00"]);
        assert_eq!(render(r#"SET k {{ "a b" ~ '}}' ~ {"x": 1}["x"] }}"#)[2], b"a b}}1");
        assert_eq!(render(r#"SET k "{{ n }}\n""#)[2], b"41\n");
        assert_eq!(render("SET k {{ nothing }}{{ true }}{{ 1 == 2 }}")[2], b"10");
        assert_eq!(render("SET k ''")[2], b"");
    }

    #[test]
    fn faults_say_where() {
        let fault = |line: &str| Template::parse(line).map(|_| ()).map_err(|e| (e.message, e.start));
        assert_eq!(fault("SET k {{ n"), Err(("{{ is opened here and never closed".into(), 6)));
        assert_eq!(fault("SET {{ n }} \"x").map_err(|e| e.1), Err(12));
        assert_eq!(fault("SET k {{ }}").map_err(|e| e.0), Err("an expression is missing here".into()));
        assert!(fault("SET k {{ 1 + }}").map_err(|e| e.1).is_err_and(|at| at >= 8));
    }

    #[test]
    fn words_know_their_place() {
        let template = Template::parse("SET {{ n }} xyz").expect("a template");
        assert_eq!(template.words()[1].place(), (4, 11));
        assert_eq!(template.words()[2].place(), (12, 15));
        assert_eq!(template.to_string(), "SET {{ n }} xyz");
    }
}
