//! What a text for people says about Redis: command names in backticks, and replies in fences. Both can be wrong, and
//! a reader who knows no Redis would believe them.

use std::collections::BTreeSet;

use crate::engine::{self, Row};
use crate::prompt::{nearest, validate};
use crate::resp::printable;

use super::diagnostic::Diagnostics;
use super::node::Node;
use super::source::Span;

/// Words in capitals that are no commands and no options, and mean something beside Redis: replies and errors, SQL, and
/// what the trade calls by its first letters.
const OTHERS: &str = "OK QUEUED PONG NIL ERR WRONGTYPE NOSCRIPT OOM EXECABORT BUSY BUSYKEY BUSYGROUP MOVED ASK TRYAGAIN \
    CROSSSLOT CLUSTERDOWN MASTERDOWN MISCONF NOREPLICAS NOAUTH NOPERM WRONGPASS NOPROTO NOGROUP NOTBUSY UNKILLABLE \
    READONLY LOADING UNBLOCKED INVALIDOBJ IOERR NONE TRUE FALSE NULL KEYS ARGV \
    SELECT FROM WHERE INSERT INTO VALUES UPDATE DELETE CREATE TABLE INDEX ORDER GROUP HAVING JOIN LEFT RIGHT INNER OUTER \
    ON AS IN IS AND OR NOT LIKE BETWEEN BEGIN COMMIT ROLLBACK PRIMARY KEY INTEGER TEXT REAL BLOB UNIQUE FOREIGN REFERENCES \
    DROP ALTER EXPLAIN QUERY PLAN DESC DISTINCT UNION ALL SUM AVG CONFLICT DO NOTHING RETURNING PRAGMA DEFAULT CASE WHEN \
    THEN ELSE END CHECK \
    JSON SQL HTTP HTTPS URL URI HTML CSV YAML XML API CPU RAM SSD TCP TLS SSL IP ID UUID UTC ASCII UTF AOF RDB LRU LFU \
    FIFO LIFO ACID CAP CRDT RESP REPL TUI CLI MB GB KB MS RTT TTL DNS ACL LUA PHP PATH EOF CR LF CRLF SHA MD WAL PID OS";

/// All words in capitals that mean something: names of commands and subcommands, their options, and what the trade calls
/// by its first letters.
#[derive(Debug)]
pub struct Vocabulary(BTreeSet<&'static str>);

impl Default for Vocabulary {
    /// What the engine's rows say.
    fn default() -> Vocabulary {
        let mut words: BTreeSet<&'static str> = OTHERS.split_whitespace().collect();
        for row in engine::rows().flat_map(|row| [row].into_iter().chain(row.subcommands)) {
            words.insert(row.name);
            words.extend(row.syntax.split(|c: char| !c.is_ascii_uppercase()).filter(|word| word.len() > 1));
        }
        Vocabulary(words)
    }
}

/// So many faults of one text are told: beyond, the first ones hide in the crowd.
const MOST_TOLD: usize = 50;
/// So many commands of one text are tried.
const MOST_SHOWN: usize = 200;

/// A command that a text shows with its reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The command.
    pub line: String,
    /// The reply, as the text has it; `…` stands for anything.
    pub reply: String,
    /// Where the command stands.
    pub span: Span,
}

/// Notes words in capitals, in backticks, that are no command or option of Redis; and commands in fences that cannot
/// be typed.
pub fn check_prose(node: &Node<'_>, words: &Vocabulary, diagnostics: &mut Diagnostics) {
    let Some(text) = node.as_str() else { return };
    let mut told = 0;
    for (start, span) in code_spans(text) {
        told += check_code(node, (start, span), words, diagnostics);
        if told >= MOST_TOLD {
            return;
        }
    }
    for shown in shown_replies(node) {
        // An error may be what the text is about.
        if let (Err(complaint), false) = (validate(&shown.line), shown.reply.starts_with("(error)")) {
            diagnostics.error(shown.span, complaint.message);
        }
    }
}

/// Checks a code span; how many faults were told.
fn check_code(
    node: &Node<'_>,
    (start, code): (usize, &str),
    words: &Vocabulary,
    diagnostics: &mut Diagnostics,
) -> usize {
    let mut container: Option<&Row> = None;
    let mut told = 0;
    for (nth, word) in code.split_whitespace().enumerate() {
        let is_word = word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase());
        if !is_word {
            container = None;
            continue;
        }
        let at = start + (word.as_ptr() as usize - code.as_ptr() as usize);
        let span = || node.within(at, at + word.len());
        if told >= MOST_TOLD {
            break;
        }
        if let Some(row) = container.take().filter(|row| row.subcommand(word.as_bytes()).is_none()) {
            let names = row.subcommands.iter().map(|row| row.name);
            let message = format!("{} has no subcommand {}", row.name, printable(word.as_bytes(), 60));
            complain(message, nearest(word, names), span(), diagnostics);
            told += 1;
            continue;
        }
        if nth == 0 {
            container = engine::lookup(word.as_bytes()).filter(|row| !row.subcommands.is_empty());
        }
        if !words.0.contains(word) {
            let mut found = nearest(word, words.0.iter().copied());
            // Commands first.
            found.sort_by_key(|found| (engine::lookup(found.as_bytes()).is_none(), *found));
            let shown = printable(word.as_bytes(), 60);
            complain(format!("{shown} is no command or option of Redis"), found, span(), diagnostics);
            told += 1;
        }
    }
    told
}

/// A slip is an error; a word that is near to nothing may be meant.
fn complain(message: String, nearest: Vec<&str>, span: Span, diagnostics: &mut Diagnostics) {
    match nearest.as_slice() {
        [] => diagnostics
            .warning(span, message)
            .help("write it without backticks, or in small letters, if it is something else"),
        found => diagnostics.error(span, message).help(format!("did you mean {}?", found.join(", "))),
    };
}

/// The code spans of a Markdown text, outside of fences: where each starts, and what it holds.
fn code_spans(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fenced = false;
    let mut paragraph = 0..0;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let end = offset + line.len();
        let is_fence = line.trim_start().starts_with("```");
        if is_fence || fenced || line.trim().is_empty() {
            spans_of(text, paragraph.clone(), &mut found);
            paragraph = end..end;
        } else {
            paragraph.end = end;
        }
        fenced ^= is_fence;
        offset = end;
    }
    spans_of(text, paragraph, &mut found);
    found
}

/// The code spans of a paragraph. A span is closed by as many backticks as opened it.
fn spans_of<'t>(text: &'t str, paragraph: std::ops::Range<usize>, found: &mut Vec<(usize, &'t str)>) {
    let mut at = paragraph.start;
    while let Some(open) = text[at..paragraph.end].find('`').map(|open| at + open) {
        let ticks = text[open..paragraph.end].bytes().take_while(|b| *b == b'`').count();
        let inside = open + ticks;
        let run = "`".repeat(ticks);
        let closes = |close: usize| {
            let (before, after) = (&text[inside..inside + close], &text[inside + close + ticks..paragraph.end]);
            !before.ends_with('`') && !after.starts_with('`')
        };
        let close =
            text[inside..paragraph.end].match_indices(run.as_str()).map(|(close, _)| close).find(|c| closes(*c));
        at = match close {
            Some(close) => {
                found.push((inside, &text[inside..inside + close]));
                inside + close + ticks
            }
            None => inside,
        };
    }
}

/// The commands that a text shows with their replies: in a fence marked `redis`, a line that starts with `> ` and the
/// lines below it. A command without a reply is only shown.
pub fn shown_replies(node: &Node<'_>) -> Vec<Shown> {
    let Some(text) = node.as_str() else { return Vec::new() };
    let mut found: Vec<Shown> = Vec::new();
    let (mut inside, mut fenced, mut offset) = (false, false, 0);
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        if let Some(language) = line.trim().strip_prefix("```") {
            fenced = !fenced;
            inside = fenced && language.trim() == "redis";
            continue;
        }
        let line = line.trim_end();
        let full = found.len() >= MOST_SHOWN;
        match (inside, line.strip_prefix("> "), found.last_mut()) {
            (true, Some(command), _) if !full => {
                let at = start + 2;
                let span = node.within(at, at + command.len());
                found.push(Shown { line: command.trim().to_string(), reply: String::new(), span });
            }
            (true, None, Some(last)) => {
                last.reply.push_str(line);
                last.reply.push('\n');
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::document::Document;
    use super::super::source::Source;
    use super::*;

    fn told(markdown: &str) -> String {
        let yaml = format!("|\n{}", markdown.lines().map(|line| format!("  {line}\n")).collect::<String>());
        let source = Arc::new(Source::new("a.yaml", yaml.into()).unwrap());
        let (document, mut diagnostics) = Document::parse(&source);
        check_prose(&document.unwrap().root(), &Vocabulary::default(), &mut diagnostics);
        diagnostics.lines().join("\n")
    }

    #[test]
    fn names_in_capitals_are_commands_or_options() {
        assert_eq!(
            told("Use `HGETALL`, `SET k v NX EX 10`, `MEMORY USAGE` and `OK`; `LRANGE 0 -1`, `CONFIG SET`."),
            ""
        );
        assert_eq!(
            told("Words like FOO, `foo`, `F`, `FOO_BAR`, `KEYS[1]`, and\n```redis\nFOO `BAR`\n```\nare free."),
            ""
        );
        insta::assert_snapshot!(told("Use `HGETAL key` or\n`MEMORY USAG`, and `SET k v XZX`, ``a ` GTE``, `QWERTZUIOP`."), @r"
        a.yaml:2:8: error: HGETAL is no command or option of Redis (did you mean HGET, HGETALL, HGETDEL?)
        a.yaml:3:11: error: MEMORY has no subcommand USAG (did you mean USAGE?)
        a.yaml:3:31: error: XZX is no command or option of Redis (did you mean XX?)
        a.yaml:3:43: error: GTE is no command or option of Redis (did you mean GET, GT?)
        a.yaml:3:51: warning: QWERTZUIOP is no command or option of Redis (write it without backticks, or in small letters, if it is something else)
        ");
    }

    #[test]
    fn a_text_full_of_faults_ends_soon() {
        let start = std::time::Instant::now();
        for part in ["`QX` ", "`QXY QXY` ", "` `` ", "`ok` `GET` ", "A`"] {
            told(&part.repeat(60_000 / part.len()));
        }
        told(&format!("```redis\n{}```", "> GTE a\n".repeat(8_000)));
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }

    #[test]
    fn replies_in_fences_are_found_with_their_place() {
        let text =
            "|\n  Look:\n\n  ```redis\n  > LRANGE a 0 -1\n  1) \"x\"\n  2) \"y\"\n  > GET b\n  ```\n\n  > PING\n";
        let source = Arc::new(Source::new("a.yaml", text.into()).unwrap());
        let (document, _) = Document::parse(&source);
        let document = document.unwrap();
        let found = shown_replies(&document.root());
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].line.as_str(), found[0].reply.as_str()), ("LRANGE a 0 -1", "1) \"x\"\n2) \"y\"\n"));
        assert_eq!(source.slice(found[0].span), "LRANGE a 0 -1");
        assert_eq!((found[1].line.as_str(), found[1].reply.as_str()), ("GET b", ""));
        assert!(told("```redis\n> GTE a\n(nil)\n> GTE a\n(error) ERR\n```").contains("there is no command GTE"));
        assert_eq!(told("```redis\n> GTE a\n(error) ERR\n```"), "");
    }
}
