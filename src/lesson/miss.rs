//! Why a part of a check does not hold, in a sentence for someone who does not know how checks are written.
//!
//! `ttl > 290` becomes `TTL user:1 answers -1, not more than 290`. A part that compares in a way of its own is told as
//! it stands, with the values that it saw.

use crate::program::{Datum, Expr, Scope};
use crate::resp::printable;

use super::input::Input;
use super::model::Observed;
use super::words::{Kind, Path, paths, words};

/// Characters of a value that are shown.
const SHOWN: usize = 80;
/// Characters of an error's line that are shown.
const SHOWN_ERROR: usize = 160;
/// What compares two values.
const MARKS: &[&str] = &["==", "!=", "<", "<=", ">", ">="];
/// Filters that only change how a value is read.
const READINGS: &[&str] = &["int", "float", "string"];

/// A part of a check as a comparison: `left` `mark` `right`.
struct Comparison<'a> {
    left: &'a str,
    mark: String,
    right: &'a str,
}

/// Why a part does not hold, given what was seen and which commands saw it.
pub fn told(leaf: &str, scope: &dyn Scope, observed: &[Observed]) -> String {
    let simple = comparison(leaf).and_then(|found| {
        let said = |text: &str| paths(text).is_empty();
        let (seen, other) = match (found.mark.as_str(), said(found.left), said(found.right)) {
            ("in" | "not in", true, false) => (found.right, found.left),
            // What follows `is` is the name of a test, and no value.
            ("is" | "is not", false, _) | (_, false, true) => (found.left, found.right),
            _ => return None,
        };
        sentence(&found.mark, &Seen::of(seen, scope, observed)?, other)
    });
    simple.unwrap_or_else(|| as_it_stands(leaf, scope, observed))
}

/// Divides a part at its only comparison.
fn comparison(leaf: &str) -> Option<Comparison<'_>> {
    let words = words(leaf);
    let mut depth = 0usize;
    let mut found: Option<(usize, usize, String)> = None;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let next = words.get(at + 1).map(|next| next.text);
        let length = match (word.kind, word.text, next) {
            (Kind::Open, ..) => {
                depth += 1;
                0
            }
            (Kind::Close, ..) => {
                depth = depth.saturating_sub(1);
                0
            }
            (Kind::Mark, mark, _) if MARKS.contains(&mark) => 1,
            (Kind::Name, "is", Some("not")) | (Kind::Name, "not", Some("in")) => 2,
            (Kind::Name, "is" | "in", _) => 1,
            (Kind::Name, "not" | "if", _) => return None,
            _ => 0,
        };
        if depth == 0 && length > 0 {
            let mark: Vec<&str> = words[at..at + length].iter().map(|word| word.text).collect();
            if found.replace((word.start, words[at + length - 1].end(), mark.join(" "))).is_some() {
                return None;
            }
        }
        at += length.max(1);
    }
    let (start, end, mark) = found?;
    Some(Comparison { left: leaf[..start].trim(), mark, right: leaf[end..].trim() })
}

/// A value that a part reads, and where it comes from.
struct Seen {
    /// What was asked, or what it is called.
    subject: String,
    /// `answers` or `is`.
    verb: &'static str,
    value: Option<Datum>,
    /// Whether it is the number of its elements that counts.
    counted: bool,
    /// Whether it is the list of keys that the last command names.
    keys: bool,
    /// What a value of another type stands at.
    key: Option<String>,
}

impl Seen {
    /// `None`: it is more than a value, read in one of the known ways.
    fn of(side: &str, scope: &dyn Scope, observed: &[Observed]) -> Option<Seen> {
        let found = paths(side);
        let [path] = found.as_slice() else { return None };
        let rest = words(side.strip_prefix(path.text)?);
        let counted = match rest.as_slice() {
            [] => false,
            [bar, filter] if bar.text == "|" && READINGS.contains(&filter.text) => false,
            [bar, filter] if bar.text == "|" && matches!(filter.text, "length" | "count") => true,
            _ => return None,
        };
        let whole = path.text == path.name;
        let ask = observed.iter().find(|one| one.name == path.name).map(|one| &one.ask);
        let (subject, verb) = match ask {
            Some(ask) if whole => (brief(&ask.line()), "answers"),
            Some(ask) => (format!("{}, of {},", path.text, brief(&ask.line())), "is"),
            None if path.text == "reply" => ("the reply".into(), "is"),
            None => (path.text.to_string(), "is"),
        };
        let key = ask.and_then(first_key);
        Some(Seen { subject, verb, value: value_of(path, scope), counted, keys: path.text == "keys", key })
    }

    /// `TTL user:1 answers -1`.
    fn text(&self) -> String {
        let Seen { subject, verb, .. } = self;
        let holds = if *verb == "is" { "has" } else { verb };
        match &self.value {
            None if subject == "the reply" => "there is no reply yet".into(),
            None => format!("{subject} {verb} nothing"),
            Some(Datum::List(items)) if self.counted => format!("{subject} {holds} {} elements", items.len()),
            Some(Datum::Str(bytes)) if self.counted => format!("{subject} {holds} {} bytes", bytes.len()),
            Some(value) => match error_of(value) {
                Some(line) => format!("{subject} {verb} an error: {line}"),
                None => format!("{subject} {verb} {}", shown(value)),
            },
        }
    }

    /// What is the matter and what helps, where a value of another type stands in the way.
    fn remedy(&self) -> Option<String> {
        let line = self.value.as_ref().and_then(error_of)?;
        let key = self.key.as_ref()?;
        let Seen { subject, verb, .. } = self;
        line.starts_with("WRONGTYPE").then(|| {
            format!("{subject} {verb} WRONGTYPE: another type of value stands at {key}, and DEL {key} removes it")
        })
    }
}

/// The sentence for a comparison that does not hold; `None`: there is no simple one.
fn sentence(mark: &str, seen: &Seen, other: &str) -> Option<String> {
    if seen.keys && mark == "in" {
        return Some(format!("the last command does not name {}", other.trim_matches(['\'', '"'])));
    }
    if let Some(remedy) = seen.remedy() {
        return Some(remedy);
    }
    let text = seen.text();
    if seen.counted && !matches!(seen.value, Some(Datum::List(_) | Datum::Str(_))) {
        return Some(format!("{text}, which is no list"));
    }
    if seen.value.is_none() || seen.value.as_ref().and_then(error_of).is_some() {
        // What it should have been compared with says nothing about an error.
        return Some(text);
    }
    Some(match mark {
        "==" => format!("{text}, not {}", nil(other)),
        "!=" => format!("{text}, and should not"),
        "<" => format!("{text}, not less than {other}"),
        "<=" => format!("{text}, not {other} or less"),
        ">" => format!("{text}, not more than {other}"),
        ">=" => format!("{text}, not {other} or more"),
        "in" => format!("{text}, without {other}"),
        "not in" => format!("{text}, with {other} in it"),
        "is" if other == "none" => format!("{text}, not nil"),
        "is not" if other == "none" => text,
        "is" => format!("{text}, not {}", kind(other)?),
        "is not" => format!("{text}, which is {}", kind(other)?),
        _ => return None,
    })
}

/// A test's name in words.
fn kind(test: &str) -> Option<&'static str> {
    Some(match test {
        "sequence" | "iterable" => "a list",
        "mapping" => "an error",
        "number" | "integer" => "a number",
        "string" => "a text",
        _ => return None,
    })
}

fn nil(said: &str) -> &str {
    if said == "none" { "nil" } else { said }
}

/// The part as it is written, with each value that it reads.
fn as_it_stands(leaf: &str, scope: &dyn Scope, observed: &[Observed]) -> String {
    let seen: Vec<String> = paths(leaf).iter().map(|path| named(path, scope, observed)).collect();
    if !seen.is_empty() {
        return format!("{leaf}, but {}", seen.join(" and "));
    }
    match Expr::parse(leaf).and_then(|expr| expr.is_true(scope)) {
        Err(error) => format!("{leaf}, but {}", error.message),
        Ok(_) => format!("{leaf}, which is never so"),
    }
}

/// `hit is 'a' (GET user:1)`.
fn named(path: &Path<'_>, scope: &dyn Scope, observed: &[Observed]) -> String {
    let ask = observed.iter().find(|one| one.name == path.name);
    let from = ask.map(|one| format!(" ({})", brief(&one.ask.line()))).unwrap_or_default();
    match value_of(path, scope) {
        Some(value) => format!("{} is {}{from}", path.text, shown(&value)),
        None if path.name == "reply" => "there is no reply yet".into(),
        None => format!("{} has no value{from}", path.text),
    }
}

fn value_of(path: &Path<'_>, scope: &dyn Scope) -> Option<Datum> {
    Expr::parse(path.text).ok()?.eval(scope).ok()
}

fn first_key(ask: &Input) -> Option<String> {
    match ask.keys() {
        Datum::List(keys) => match keys.first() {
            Some(Datum::Str(key)) => Some(printable(key, SHOWN)),
            _ => None,
        },
        _ => None,
    }
}

fn error_of(value: &Datum) -> Option<String> {
    match value {
        Datum::Map(pairs) => pairs.get("error").map(|line| line.brief(SHOWN_ERROR)),
        _ => None,
    }
}

fn brief(line: &str) -> String {
    printable(line.as_bytes(), SHOWN)
}

/// A value as an expression would write it.
fn shown(value: &Datum) -> String {
    match value {
        Datum::Str(bytes) => format!("'{}'", printable(bytes, SHOWN)),
        Datum::None => "nil".into(),
        Datum::List(items) => {
            let more = if items.len() > 10 { ", …" } else { "" };
            let items: Vec<String> = items.iter().take(10).map(shown).collect();
            format!("[{}{more}]", items.join(", "))
        }
        other => other.brief(SHOWN),
    }
}
