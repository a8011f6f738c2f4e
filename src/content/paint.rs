//! Diagnostics as text: `path:line:column`, the source line, a caret, what to do.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::source::{Source, Span};

/// How many characters of a line are shown around the caret.
const WINDOW: usize = 110;
/// How many characters of a message are shown. Messages may quote a file, or somebody who quotes it.
const MESSAGE: usize = 1000;

impl Diagnostics {
    /// All of them as text for a terminal, in the order of the file.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for found in self.sorted() {
            out.push_str(&one(&renderer, self.source(), found));
            out.push_str("\n\n");
        }
        let shown = self.sorted().len();
        if shown < self.len() {
            out.push_str(&format!("… and {} more\n\n", self.len() - shown));
        }
        out
    }

    /// Each in one line, `path:line:column: error: message`, for machines and logs.
    pub fn lines(&self) -> Vec<String> {
        self.sorted()
            .into_iter()
            .map(|found| {
                let word = match found.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                };
                let place = match found.span {
                    Some(span) => {
                        let place = self.source().place(span.start);
                        format!(":{}:{}", place.line, place.column)
                    }
                    None => String::new(),
                };
                let help = if found.help.is_empty() { String::new() } else { format!(" ({})", safe(&found.help)) };
                format!("{}{place}: {word}: {}{help}", self.source().name(), safe(&found.message))
            })
            .collect()
    }
}

/// A message as it may be shown.
fn safe(text: &str) -> String {
    crate::resp::printable(text.as_bytes(), MESSAGE)
}

fn one(renderer: &Renderer, source: &Source, found: &Diagnostic) -> String {
    let level = match found.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(safe(&found.message)));
    match found.span {
        None => group = group.element(Origin::path(source.name())),
        Some(span) => {
            let place = source.place(span.start);
            let (line, caret) = window(source, span);
            let intact = line[..caret.start].chars().count() + 1 == place.column;
            let mark =
                AnnotationKind::Primary.span(caret).label((!found.label.is_empty()).then_some(safe(&found.label)));
            let mut snippet = Snippet::source(line).line_start(place.line).fold(false).annotation(mark);
            // The printer counts columns in the text that it shows; where that is cut or escaped, the true place is
            // told beside it.
            if intact {
                snippet = snippet.path(source.name());
            } else {
                group = group.element(Origin::path(source.name()).line(place.line).char_column(place.column));
            }
            group = group.element(snippet);
        }
    }
    if !found.help.is_empty() {
        group = group.element(Level::HELP.message(safe(&found.help)));
    }
    let painted = renderer.render(&[group]);
    painted.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// The line of a span as it may be shown, cut to a window around the span, and where the span is in that text.
fn window(source: &Source, span: Span) -> (String, std::ops::Range<usize>) {
    let line = source.line_of(span.start);
    let text = source.slice(line);
    let start = span.start.saturating_sub(line.start).min(text.len());
    let end = span.end.min(line.end).saturating_sub(line.start).max(start).min(text.len());
    let mut shown = String::new();
    let mut caret = 0..0;
    let first = text[..start].chars().count().saturating_sub(WINDOW / 2);
    if first > 0 {
        shown.push('…');
    }
    for (at, c) in text.char_indices().skip(first).take(WINDOW) {
        if at == start {
            caret.start = shown.len();
        }
        match c {
            '\t' => shown.push(' '),
            c => shown.push_str(&crate::resp::printable(c.encode_utf8(&mut [0; 4]).as_bytes(), 1)),
        }
        if at < end {
            caret.end = shown.len();
        }
    }
    if start >= text.len() {
        caret.start = shown.len();
    }
    if text.chars().count() > first + WINDOW {
        shown.push('…');
    }
    // A caret needs something to stand under.
    if caret.end <= caret.start {
        if caret.start >= shown.len() {
            shown.push(' ');
        }
        caret.end = caret.start + shown[caret.start..].chars().next().map_or(1, char::len_utf8);
    }
    (shown, caret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn painted(text: &str, span: Span) -> String {
        let source = Arc::new(Source::new("a.yaml", text.into()).unwrap());
        let mut diagnostics = Diagnostics::new(source);
        diagnostics.error(span, "this is wrong").label("here").help("do it right");
        diagnostics.render(false)
    }

    #[test]
    fn a_fault_is_shown_with_line_and_caret() {
        insta::assert_snapshot!(painted("title: a\n\tb\u{1b}[2Jc: d\n", Span::new(9, 16)), @r"
        error: this is wrong
         --> a.yaml:2:1
          |
        2 |  b\x1b[2Jc: d
          | ^^^^^^^^^^ here
          |
          = help: do it right
        ");
        insta::assert_snapshot!(painted("title: a\n", Span::new(9, 9)), @r"
        error: this is wrong
         --> a.yaml:2:1
          |
        2 |
          | ^ here
          |
          = help: do it right
        ");
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let line = format!("{}X{}", "a".repeat(5000), "b".repeat(5000));
        insta::assert_snapshot!(painted(&line, Span::new(5000, 5001)), @r"
        error: this is wrong
         --> a.yaml:1:5001
          |
         :::
        1 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaXbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
          |                                                         ^ here
          |
          = help: do it right
        ");
    }
}
