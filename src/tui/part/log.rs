//! The log of a session: commands with their replies, statements, messages, notes.

use std::collections::VecDeque;

use crate::render::{Line, Tone, command, elapsed_short, reply};
use crate::resp::{Value, printable};
use crate::session::Sender;
use crate::target::Elapsed;

/// How many entries are kept.
const ENTRIES: usize = 1_000;
/// How many characters of a typed line are shown.
const LINE: usize = 500;
/// How many rows of a statement's answer are shown.
const ROWS: usize = 20;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What was sent, if anything was.
    pub head: Option<Line>,
    /// How long it took.
    pub took: Option<String>,
    /// What came back.
    pub lines: Vec<Line>,
    /// Whose command is still waited for, with its line.
    waiting: Option<(usize, String)>,
}

/// The entries, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    names: Vec<String>,
    /// Rows by which it is scrolled back from its end.
    pub back: super::super::widget::Scroll,
}

impl Log {
    /// The entries, oldest first.
    pub fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// The clients have names; one without a name is the only one.
    pub fn name_clients(&mut self, names: &[String]) {
        self.names = names.iter().map(|name| printable(name.as_bytes(), 20)).collect();
    }

    /// A command was sent.
    pub fn sent(&mut self, client: usize, line: &str, sender: Sender) {
        self.push(Entry {
            head: Some(self.head(client, line, sender)),
            took: None,
            lines: vec![Line::of("… waiting", Tone::Dim)],
            waiting: Some((client, line.to_string())),
        });
    }

    /// A command was answered.
    pub fn replied(&mut self, client: usize, line: &str, value: &Value, elapsed: Elapsed, sender: Sender) {
        let place = self
            .entries
            .iter()
            .rposition(|entry| entry.waiting.as_ref().is_some_and(|(who, what)| *who == client && what == line));
        let entry = Entry {
            head: Some(self.head(client, line, sender)),
            took: Some(elapsed_short(elapsed)),
            lines: reply(value),
            waiting: None,
        };
        // A command that waited while others ran is told where its answer came, at the end.
        match place {
            Some(place) if place + 1 == self.entries.len() => self.entries[place] = entry,
            Some(place) => {
                self.entries.remove(place);
                self.push(entry);
            }
            None => self.push(entry),
        }
    }

    /// A statement ran on the database.
    pub fn queried(&mut self, statement: &str, rows: &Result<Vec<Vec<String>>, String>, elapsed: Elapsed) {
        let statement = statement.strip_prefix("sql ").unwrap_or(statement);
        let mut head = Line::of("sql ", Tone::Keyword).with(printable(statement.as_bytes(), LINE), Tone::Plain);
        head.hang = 4;
        let lines = match rows {
            Ok(rows) => cells(rows),
            Err(error) => vec![Line::of(format!("(error) {}", printable(error.as_bytes(), LINE)), Tone::Bad)],
        };
        self.push(Entry { head: Some(head), took: Some(elapsed_short(elapsed)), lines, waiting: None });
    }

    /// A push arrived.
    pub fn pushed(&mut self, client: usize, value: &Value) {
        let head = Line::of(format!("{}push", self.who(client)), Tone::Keyword);
        self.push(Entry { head: Some(head), took: None, lines: reply(value), waiting: None });
    }

    /// Something else worth a line.
    pub fn note(&mut self, text: &str, tone: Tone) {
        let line = Line { hang: 2, ..Line::of(printable(text.as_bytes(), 2 * LINE), tone) };
        let lines = vec![line];
        self.push(Entry { head: None, took: None, lines, waiting: None });
    }

    /// What waited is not waited for any longer.
    pub fn stop_waiting(&mut self, why: &str) {
        for entry in self.entries.iter_mut().filter(|entry| entry.waiting.is_some()) {
            entry.waiting = None;
            entry.lines = vec![Line::of(why, Tone::Warning)];
        }
    }

    /// Whether some command is waited for.
    pub fn is_waiting(&self) -> bool {
        self.entries.iter().any(|entry| entry.waiting.is_some())
    }

    /// Who sent it; nobody is named where there is only one.
    fn who(&self, client: usize) -> String {
        match self.names.get(client) {
            Some(name) if !name.is_empty() => format!("{name} "),
            _ if client == 0 => String::new(),
            _ => format!("{} ", client.saturating_add(1)),
        }
    }

    fn head(&self, client: usize, line: &str, sender: Sender) -> Line {
        let by = match sender {
            Sender::Typed => "> ",
            Sender::Solution => "solution> ",
            Sender::Lesson => "lesson> ",
        };
        let who = self.who(client);
        let tone = if sender == Sender::Typed && who.is_empty() { Tone::Accent } else { Tone::Dim };
        let mut head = Line::new();
        if !who.is_empty() {
            head = head.with(who, Tone::Client(u8::try_from(client).unwrap_or(0)));
        }
        head = head.with(by, tone);
        head.spans.extend(command(line, LINE).spans);
        head.hang = 2;
        head
    }

    fn push(&mut self, entry: Entry) {
        if self.entries.len() == ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.back.reset();
    }
}

fn cells(rows: &[Vec<String>]) -> Vec<Line> {
    if rows.is_empty() {
        return vec![Line::of("(no rows)", Tone::Nil)];
    }
    let row = |cells: &Vec<String>| {
        let shown: Vec<String> = cells.iter().map(|cell| printable(cell.as_bytes(), LINE / 4)).collect();
        Line::of(shown.join(" │ "), Tone::Str)
    };
    let mut lines: Vec<Line> = rows.iter().take(ROWS).map(row).collect();
    if rows.len() > ROWS {
        lines.push(Line::of(format!("… {} rows in all", rows.len()), Tone::Dim));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(log: &Log) -> Vec<String> {
        let text = |entry: &Entry| {
            let head = entry.head.as_ref().map(Line::text).unwrap_or_default();
            format!("{head} | {}", entry.lines.iter().map(Line::text).collect::<Vec<_>>().join(" / "))
        };
        log.entries().iter().map(text).collect()
    }

    #[test]
    fn an_answer_takes_the_place_of_its_wait() {
        let mut log = Log::default();
        log.sent(0, "GET a", Sender::Typed);
        log.replied(0, "GET a", &Value::Null, Elapsed::default(), Sender::Typed);
        assert_eq!(texts(&log), ["> GET a | (nil)"]);
        log.sent(1, "BLPOP q 0", Sender::Typed);
        log.replied(0, "RPUSH q 1", &Value::Integer(1), Elapsed::default(), Sender::Typed);
        assert!(log.is_waiting());
        log.replied(1, "BLPOP q 0", &Value::bulks(["q", "1"]), Elapsed::default(), Sender::Typed);
        assert_eq!(texts(&log)[2], "2 > BLPOP q 0 | 1) \"q\" / 2) \"1\"");
        assert_eq!(texts(&log).len(), 3);
    }

    #[test]
    fn the_log_is_bounded() {
        let mut log = Log::default();
        for _ in 0..ENTRIES + 5 {
            log.note("x\x1b", Tone::Plain);
        }
        assert_eq!(log.entries().len(), ENTRIES);
        assert_eq!(texts(&log)[0], " | x\\x1b");
    }
}
