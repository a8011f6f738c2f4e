//! What is wrong with a file: where, why, and what to do. All of it at once.

use std::sync::Arc;

use super::source::{Source, Span};

/// No file is told more faults than this: beyond, the first ones hide in the crowd.
const MOST: usize = 100;
/// No more faults than this are kept. Each new one is compared with all, so that none is told twice.
const MOST_KEPT: usize = 1000;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used; its author should look.
    Warning,
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where; `None`: the file as a whole.
    pub span: Option<Span>,
    /// What to say at the caret; empty: nothing.
    pub label: String,
    /// What to do; empty: the message says it.
    pub help: String,
}

impl Diagnostic {
    /// Says something at the caret.
    pub fn label(&mut self, label: impl Into<String>) -> &mut Diagnostic {
        self.label = label.into();
        self
    }

    /// Says what to do.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Diagnostic {
        self.help = help.into();
        self
    }
}

/// All that is wrong with one file.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    source: Arc<Source>,
    list: Vec<Diagnostic>,
    /// Takes the labels and helps of faults that are too many to be kept.
    overflow: Option<Diagnostic>,
}

impl Diagnostics {
    /// Nothing is wrong yet.
    pub fn new(source: Arc<Source>) -> Diagnostics {
        Diagnostics { source, list: Vec::new(), overflow: None }
    }

    /// The file that they are about.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Notes an error; label and help are added to what it returns.
    pub fn error(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Severity::Error, Some(span), message.into())
    }

    /// Notes a warning.
    pub fn warning(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Severity::Warning, Some(span), message.into())
    }

    /// Notes an error of the file as a whole.
    pub fn file_error(&mut self, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Severity::Error, None, message.into())
    }

    fn add(&mut self, severity: Severity, span: Option<Span>, message: String) -> &mut Diagnostic {
        // What is written once and used through an anchor several times is told once.
        let same = |d: &Diagnostic| d.severity == severity && d.span == span && d.message == message;
        if let Some(at) = self.list.iter().position(same) {
            return &mut self.list[at];
        }
        let new = Diagnostic { severity, message, span, label: String::new(), help: String::new() };
        if self.list.len() >= MOST_KEPT {
            return self.overflow.insert(new);
        }
        self.list.push(new);
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// Takes over what another list about the same file says.
    pub fn append(&mut self, other: Diagnostics) {
        for found in other.list {
            let added = self.add(found.severity, found.span, found.message);
            added.label = found.label;
            added.help = found.help;
        }
    }

    /// All of them, in the order of the file; the first hundred where there are more.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut list: Vec<&Diagnostic> = self.list.iter().collect();
        list.sort_by_key(|d| (d.span.map(|span| (span.start, span.end)), d.severity));
        list.truncate(MOST);
        list
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether there is an error among them.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }

    /// How many errors and how many warnings.
    pub fn counts(&self) -> (usize, usize) {
        let errors = self.list.iter().filter(|d| d.severity == Severity::Error).count();
        (errors, self.list.len() - errors)
    }
}
