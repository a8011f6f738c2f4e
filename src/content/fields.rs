//! A map as a cursor: keys are taken from it by name, and what is left at its end is unknown.

use crate::prompt::nearest;

use super::diagnostic::Diagnostics;
use super::node::Node;
use super::shape::Record;
use super::source::Span;

/// So many unknown keys of one map are told.
const MOST_UNKNOWN: usize = 30;

/// A key with its value.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The key.
    pub name: &'a str,
    /// The key as a node, for its place.
    pub key: Node<'a>,
    /// The value.
    pub value: Node<'a>,
}

/// A map that is being read. [`Fields::finish`] notes what is missing and what is unknown.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    span: Span,
    /// The table of the map's keys, where it has one: no other key is ever taken.
    record: Option<&'static Record>,
    entries: Vec<Entry<'a>>,
    taken: Vec<bool>,
    asked: Vec<&'static str>,
    missing: Vec<&'static str>,
}

impl<'a> Node<'a> {
    /// A map, as a cursor that has to be finished. Keys that are no text are noted and left out.
    pub fn map(&self, diagnostics: &mut Diagnostics) -> Option<Fields<'a>> {
        let mut entries = Vec::new();
        for (key, value) in self.pairs(diagnostics)? {
            match key.as_str() {
                Some(name) => entries.push(Entry { name, key, value }),
                None => {
                    diagnostics
                        .error(key.span(), format!("a key has to be text, found {}", key.kind()))
                        .help("put quotes around it");
                }
            }
        }
        let taken = vec![false; entries.len()];
        let span = self.span();
        Some(Fields { span, record: None, entries, taken, asked: Vec::new(), missing: Vec::new() })
    }

    /// A map whose keys stand in a table.
    pub fn record(&self, record: &'static Record, diagnostics: &mut Diagnostics) -> Option<Fields<'a>> {
        let mut fields = self.map(diagnostics)?;
        fields.is(record);
        Some(fields)
    }
}

impl<'a> Fields<'a> {
    /// Where the map starts.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Says by which table the keys are taken, where only the keys themselves tell it.
    pub fn is(&mut self, record: &'static Record) {
        self.record = Some(record);
    }

    /// Whether a key is there; it still has to be taken.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == key)
    }

    /// Whether there is a key that nobody has asked for yet: where something seems to be missing, it may be misspelt.
    pub fn has_unknown(&self) -> bool {
        self.taken.iter().any(|taken| !taken)
    }

    /// Takes a key that may be there, with its own place.
    pub fn entry(&mut self, key: &'static str) -> Option<Entry<'a>> {
        self.asked.push(key);
        let known = self.record.is_none_or(|record| record.key(key).is_some());
        debug_assert!(known, "`{key}` is not in the table");
        if !known {
            return None;
        }
        let at = self.entries.iter().position(|entry| entry.name == key)?;
        self.taken[at] = true;
        Some(self.entries[at])
    }

    /// Takes a key that may be there.
    pub fn optional(&mut self, key: &'static str) -> Option<Node<'a>> {
        self.entry(key).map(|entry| entry.value)
    }

    /// Takes a key that has to be there; [`Fields::finish`] notes it where it is not.
    pub fn required(&mut self, key: &'static str) -> Option<Node<'a>> {
        let required = self.record.and_then(|record| record.key(key)).is_none_or(|key| key.required);
        debug_assert!(required, "the table does not require `{key}`");
        let found = self.optional(key);
        if found.is_none() {
            self.missing.push(key);
        }
        found
    }

    /// All keys in the order of the file, for maps whose keys are names; they count as taken.
    pub fn entries(&mut self) -> Vec<Entry<'a>> {
        self.taken.fill(true);
        self.entries.clone()
    }

    /// Notes unknown keys and missing ones. A misspelt key that has to be there is told once.
    pub fn finish(self, diagnostics: &mut Diagnostics) {
        debug_assert!(diagnostics.has_errors() || self.has_asked_all(), "{:?} of {:?}", self.asked, self.record);
        let mut missing = self.missing;
        let open: Vec<&'static str> =
            self.asked.iter().copied().filter(|key| !self.entries.iter().any(|e| e.name == *key)).collect();
        let unknown = self.entries.iter().zip(&self.taken).filter(|(_, taken)| !**taken);
        for (entry, _) in unknown.take(MOST_UNKNOWN) {
            let shown = crate::resp::printable(entry.name.as_bytes(), 60);
            let meant = nearest(entry.name, open.iter().copied()).first().copied();
            let help = match meant {
                Some(meant) => {
                    missing.retain(|key| *key != meant);
                    format!("did you mean `{meant}`?")
                }
                None => match self.asked.as_slice() {
                    [] => "no key is allowed here".into(),
                    asked => format!("the keys here are {}", listed(asked)),
                },
            };
            diagnostics.error(entry.key.span(), format!("unknown key `{shown}`")).help(help);
        }
        for key in missing {
            diagnostics.error(self.span, format!("the key `{key}` is missing")).help(format!("add `{key}:` here"));
        }
    }

    /// Whether the reader has asked for all that the table names; else the table promises what nobody reads.
    fn has_asked_all(&self) -> bool {
        let asked = |name| self.asked.contains(name);
        self.record.is_none_or(|record| record.keys.iter().all(|key| asked(&key.name)))
    }
}

/// Names in a row, each once: `a`, `b` and `c`.
fn listed(names: &[&str]) -> String {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(name) {
            seen.push(*name);
        }
    }
    seen.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
