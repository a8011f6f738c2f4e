//! Markdown as lines of a width.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::resp::printable;

use super::highlight::plain;
use super::line::{Line, Span, Tone};
use super::wrap::wrap;

/// Highlights code: language and text in, lines out; `None`: not (yet), and the code is shown plain.
pub type Code<'a> = &'a mut dyn FnMut(&str, &str) -> Option<Vec<Line>>;

/// Markdown as rows of at most `width` columns.
pub fn markdown(text: &str, width: usize, code: Code<'_>) -> Vec<Line> {
    let mut writer = Writer { width, ..Writer::default() };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for event in Parser::new_ext(text, options) {
        writer.take(event, code);
    }
    writer.flush();
    while writer.out.last().is_some_and(|line| line.text().trim().is_empty()) {
        writer.out.pop();
    }
    writer.out
}

/// What stands before the rows of a list item or a quote.
struct Prefix {
    first: Option<Span>,
    rest: Span,
}

#[derive(Default)]
struct Writer {
    out: Vec<Line>,
    width: usize,
    prefixes: Vec<Prefix>,
    spans: Vec<Span>,
    tones: Vec<Tone>,
    numbers: Vec<Option<u64>>,
    fence: Option<(String, String)>,
    table: Option<Table>,
    links: Vec<String>,
}

#[derive(Default)]
struct Table {
    alignments: Vec<Alignment>,
    rows: Vec<Vec<Line>>,
}

impl Writer {
    fn take(&mut self, event: Event<'_>, code: Code<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag, code),
            Event::Text(text) => match &mut self.fence {
                Some((_, body)) => body.push_str(&text),
                None => self.text(&text, self.tone()),
            },
            Event::Code(text) => self.text(&text, Tone::Code),
            Event::InlineHtml(text) | Event::Html(text) => self.text(text.trim_end(), self.tone()),
            Event::SoftBreak => self.text(" ", self.tone()),
            Event::HardBreak => self.flush(),
            Event::Rule => {
                self.flush();
                let rule = "─".repeat(self.inner_width());
                self.row(Line::of(rule, Tone::Dim));
                self.gap();
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                self.tones.push(if level <= HeadingLevel::H2 { Tone::Heading } else { Tone::Strong });
            }
            Tag::BlockQuote(_) => {
                self.flush();
                self.prefix(None, "▎ ".to_string());
            }
            Tag::List(first) => {
                self.flush();
                self.numbers.push(first);
            }
            Tag::Item => self.item(),
            Tag::CodeBlock(kind) => {
                self.flush();
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.fence = Some((language, String::new()));
            }
            Tag::Table(alignments) => {
                self.flush();
                self.table = Some(Table { alignments, rows: Vec::new() });
            }
            Tag::TableHead => {
                self.tones.push(Tone::Strong);
                self.table_row();
            }
            Tag::TableRow => self.table_row(),
            Tag::Emphasis => self.tones.push(Tone::Italic),
            Tag::Strong => self.tones.push(Tone::Strong),
            Tag::Strikethrough => self.tones.push(Tone::Dim),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => self.links.push(dest_url.to_string()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, code: Code<'_>) {
        match tag {
            TagEnd::Heading(_) => {
                self.flush();
                self.tones.pop();
                self.gap();
            }
            TagEnd::Paragraph | TagEnd::HtmlBlock => {
                self.flush();
                self.gap();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.trim_gap();
                self.prefixes.pop();
                self.gap();
            }
            TagEnd::Item => {
                self.flush();
                self.trim_gap();
                self.prefixes.pop();
            }
            TagEnd::List(_) => {
                self.numbers.pop();
                self.gap();
            }
            TagEnd::CodeBlock => self.code_block(code),
            TagEnd::TableCell => self.cell(),
            TagEnd::TableHead => {
                self.tones.pop();
            }
            TagEnd::Table => self.table(),
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.tones.pop();
            }
            TagEnd::Link | TagEnd::Image => self.link(),
            _ => {}
        }
    }

    fn tone(&self) -> Tone {
        self.tones.last().copied().unwrap_or_default()
    }

    fn text(&mut self, text: &str, tone: Tone) {
        let text = printable(text.replace(['\n', '\t'], " ").as_bytes(), usize::MAX);
        self.spans.push(Span { text, tone });
    }

    /// A link says where it leads, unless its text is that already.
    fn link(&mut self) {
        let Some(url) = self.links.pop() else { return };
        if self.spans.last().is_some_and(|span| span.text != url) {
            self.text(&format!(" ({url})"), Tone::Dim);
        }
    }

    fn item(&mut self) {
        self.flush();
        let mark = match self.numbers.last_mut() {
            Some(Some(number)) => {
                *number = number.saturating_add(1);
                format!("{}. ", number.saturating_sub(1))
            }
            _ => "• ".to_string(),
        };
        let rest = " ".repeat(super::wrap::width(&mark));
        self.prefix(Some(mark), rest);
    }

    fn prefix(&mut self, first: Option<String>, rest: String) {
        let span = |text| Span { text, tone: Tone::Dim };
        self.prefixes.push(Prefix { first: first.map(span), rest: span(rest) });
    }

    fn inner_width(&self) -> usize {
        let taken: usize = self.prefixes.iter().map(|prefix| super::wrap::width(&prefix.rest.text)).sum();
        self.width.saturating_sub(taken).max(1)
    }

    /// One finished row behind all prefixes.
    fn row(&mut self, row: Line) {
        let mut spans: Vec<Span> = Vec::with_capacity(self.prefixes.len() + row.spans.len());
        for prefix in &mut self.prefixes {
            spans.push(prefix.first.take().unwrap_or_else(|| prefix.rest.clone()));
        }
        spans.extend(row.spans);
        self.out.push(Line { spans, hang: 0, wrap: false });
    }

    fn flush(&mut self) {
        if self.spans.is_empty() || self.table.is_some() {
            return;
        }
        let line = Line { spans: std::mem::take(&mut self.spans), hang: 0, wrap: true };
        for row in wrap(&line, self.inner_width()) {
            self.row(row);
        }
    }

    /// An empty row between blocks, never two.
    fn gap(&mut self) {
        if self.out.last().is_some_and(|line| !is_gap(line)) {
            let spans = self.prefixes.iter().map(|prefix| prefix.rest.clone()).collect();
            self.out.push(Line { spans, hang: 0, wrap: false });
        }
    }

    fn trim_gap(&mut self) {
        if self.out.last().is_some_and(is_gap) {
            self.out.pop();
        }
    }

    fn code_block(&mut self, code: Code<'_>) {
        let Some((language, body)) = self.fence.take() else { return };
        let lines = code(&language, &body).unwrap_or_else(|| plain(&body));
        let width = self.inner_width();
        for line in lines {
            // A command that is longer than the page has to be read to its end: it goes on, further in.
            let mut indented = Line { spans: vec![Span { text: "  ".into(), tone: Tone::Plain }], hang: 4, wrap: true };
            indented.spans.extend(line.spans);
            for row in wrap(&indented, width) {
                self.row(row);
            }
        }
        self.gap();
    }

    fn table_row(&mut self) {
        if let Some(table) = &mut self.table {
            table.rows.push(Vec::new());
        }
    }

    fn cell(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
            row.push(Line { spans, hang: 0, wrap: true });
        }
    }

    fn table(&mut self) {
        let Some(table) = self.table.take() else { return };
        let widths = column_widths(&table.rows, self.inner_width());
        for (at, cells) in table.rows.iter().enumerate() {
            for row in table_rows(cells, &widths, &table.alignments) {
                self.row(row);
            }
            if at == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
                self.row(Line::of(rule.join("──"), Tone::Dim));
            }
        }
        self.gap();
    }
}

fn is_gap(line: &Line) -> bool {
    line.spans.iter().all(|span| span.text.chars().all(|c| c == ' ' || c == '▎'))
}

/// As wide as the cells want; the widest columns give way when that is too much.
fn column_widths(rows: &[Vec<Line>], most: usize) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths: Vec<usize> = (0..columns)
        .map(|at| rows.iter().filter_map(|row| row.get(at)).map(Line::width).max().unwrap_or(0).max(1))
        .collect();
    let gaps = 2 * columns.saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > most {
        match widths.iter_mut().max() {
            Some(widest) if *widest > 3 => *widest -= 1,
            _ => break,
        }
    }
    widths
}

fn table_rows(cells: &[Line], widths: &[usize], alignments: &[Alignment]) -> Vec<Line> {
    let wrapped: Vec<Vec<Line>> = cells.iter().zip(widths).map(|(cell, width)| wrap(cell, *width)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    (0..height)
        .map(|at| {
            let mut line = Line { spans: Vec::new(), hang: 0, wrap: false };
            for (column, width) in widths.iter().enumerate() {
                let cell = wrapped.get(column).and_then(|rows| rows.get(at)).cloned().unwrap_or_default();
                let space = width.saturating_sub(cell.width());
                let right = matches!(alignments.get(column), Some(Alignment::Right));
                let gap = if column > 0 { 2 } else { 0 };
                let (before, after) = if right { (gap + space, 0) } else { (gap, space) };
                line.spans.push(Span { text: " ".repeat(before), tone: Tone::Plain });
                line.spans.extend(cell.spans);
                line.spans.push(Span { text: " ".repeat(after), tone: Tone::Plain });
            }
            line
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, width: usize) -> Vec<String> {
        markdown(text, width, &mut |_, _| None).iter().map(|line| line.text().trim_end().to_string()).collect()
    }

    #[test]
    fn blocks_are_wrapped_with_their_indents() {
        let text = "# A title\n\nSome *text* that\nis long.\n\n- one two three\n- four\n\n  1. deep\n\n> quoted words here\n\n---";
        assert_eq!(
            rows(text, 12),
            [
                "A title",
                "",
                "Some text",
                "that is",
                "long.",
                "",
                "• one two",
                "  three",
                "• four",
                "",
                "  1. deep",
                "",
                "▎ quoted",
                "▎ words here",
                "",
                "────────────"
            ]
        );
    }

    #[test]
    fn code_goes_on_further_in() {
        assert_eq!(rows("```redis\nSET a b c d e f\n```\nx", 14), ["  SET a b c d", "    e f", "", "x"]);
        let mut asked = Vec::new();
        markdown("```lua\nreturn 1\n```", 20, &mut |language, code| {
            asked.push((language.to_string(), code.to_string()));
            None
        });
        assert_eq!(asked, [("lua".to_string(), "return 1\n".to_string())]);
    }

    #[test]
    fn tables_fit() {
        let text = "| a | much longer |\n|---|---:|\n| 1 | 2 |\n";
        assert_eq!(rows(text, 30), ["a  much longer", "──────────────", "1            2"]);
        assert!(rows(text, 10).iter().all(|row| super::super::wrap::width(row) <= 10));
    }

    #[test]
    fn nothing_that_moves_the_terminal_passes() {
        let text = "a\u{1b}[2J `\u{7}` [x](http://y\u{9b}) <b>\u{202e}</b>\n\n    \u{1b}c\n";
        assert!(rows(text, 40).concat().chars().all(|c| !c.is_control() && c != '\u{202e}'));
        for width in 0..6 {
            rows("- > - `x` y\n\n| a | b |\n|--|--|\n| c | d |\n\n漢字", width);
        }
    }
}
