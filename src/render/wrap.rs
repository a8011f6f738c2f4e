//! Lines fitted into a width, counted in columns of a terminal and cut only between graphemes.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::line::{Line, Span, Tone};

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

impl Line {
    /// How many columns the line takes.
    pub fn width(&self) -> usize {
        self.spans.iter().map(|span| span.text.width()).sum()
    }

    fn glyphs(&self) -> Vec<Glyph<'_>> {
        self.spans
            .iter()
            .flat_map(|span| {
                let tone = span.tone;
                span.text.graphemes(true).map(move |text| Glyph { text, tone, width: text.width() })
            })
            .collect()
    }

    fn push(&mut self, glyph: &Glyph<'_>) {
        match self.spans.last_mut() {
            Some(span) if span.tone == glyph.tone => span.text.push_str(glyph.text),
            _ => self.spans.push(Span { text: glyph.text.to_string(), tone: glyph.tone }),
        }
    }
}

/// One grapheme.
struct Glyph<'a> {
    text: &'a str,
    tone: Tone,
    width: usize,
}

/// The line in at most `most` columns; what is cut away is marked by `…`.
pub fn cut(line: &Line, most: usize) -> Line {
    if line.width() <= most {
        return line.clone();
    }
    let mut out = Line { spans: Vec::new(), hang: line.hang, wrap: line.wrap };
    let mut used = 0;
    for glyph in line.glyphs() {
        if used + glyph.width + 1 > most {
            break;
        }
        used += glyph.width;
        out.push(&glyph);
    }
    if most > 0 { out.with("…", Tone::Dim) } else { out }
}

/// The line in rows of at most `most` columns: broken at spaces, continued under its hanging indent. A word that is
/// longer than a row is split. Lines that do not wrap are cut.
pub fn wrap(line: &Line, most: usize) -> Vec<Line> {
    if !line.wrap || line.width() <= most {
        return vec![cut(line, most)];
    }
    let hang = if usize::from(line.hang) + 8 <= most { usize::from(line.hang) } else { 0 };
    let glyphs = line.glyphs();
    let mut rows = Vec::new();
    let mut start = 0;
    while start < glyphs.len() {
        let indent = if rows.is_empty() { 0 } else { hang };
        let (end, next) = row_end(&glyphs, start, most.saturating_sub(indent).max(1));
        let mut row = Line { spans: Vec::new(), hang: line.hang, wrap: true };
        if indent > 0 {
            row.spans.push(Span { text: " ".repeat(indent), tone: Tone::Plain });
        }
        for glyph in &glyphs[start..end] {
            row.push(glyph);
        }
        rows.push(row);
        start = next;
    }
    rows
}

/// All lines, wrapped.
pub fn wrap_all(lines: &[Line], most: usize) -> Vec<Line> {
    lines.iter().flat_map(|line| wrap(line, most)).collect()
}

/// Where the row that starts at `start` ends, and where the next one starts.
fn row_end(glyphs: &[Glyph<'_>], start: usize, most: usize) -> (usize, usize) {
    let mut used = 0;
    let mut end = start;
    while end < glyphs.len() && used + glyphs[end].width <= most {
        used += glyphs[end].width;
        end += 1;
    }
    if end == glyphs.len() {
        return (end, end);
    }
    // A glyph wider than the row has to go somewhere.
    let end = end.max(start + 1);
    let is_space = |at: usize| glyphs[at].text == " ";
    let text_starts = (start..end).find(|at| !is_space(*at)).unwrap_or(end);
    let space = (text_starts..=end.min(glyphs.len() - 1)).rev().find(|at| is_space(*at));
    match space {
        Some(space) => {
            let next = (space..glyphs.len()).find(|at| !is_space(*at)).unwrap_or(glyphs.len());
            (space, next)
        }
        None => (end, end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(line: &Line, most: usize) -> Vec<String> {
        wrap(line, most).iter().map(Line::text).collect()
    }

    #[test]
    fn lines_break_at_spaces_and_hang() {
        let mut line = Line::of("• one two three", Tone::Plain);
        line.hang = 2;
        assert_eq!(rows(&line, 10), ["• one two", "  three"]);
        assert_eq!(rows(&Line::of("abcdefgh", Tone::Plain), 3), ["abc", "def", "gh"]);
        assert_eq!(rows(&Line::of("", Tone::Plain), 3), [""]);
        assert_eq!(rows(&Line::of("a b", Tone::Plain), 0), ["a", "b"]);
    }

    #[test]
    fn wide_letters_count_twice_and_stay_whole() {
        assert_eq!(rows(&Line::of("漢字漢字", Tone::Plain), 5), ["漢字", "漢字"]);
        assert_eq!(cut(&Line::of("漢字漢字", Tone::Plain), 4).text(), "漢…");
        assert_eq!(cut(&Line::of("e\u{301}e\u{301}e\u{301}", Tone::Plain), 2).text(), "e\u{301}…");
        assert_eq!(cut(&Line::of("abc", Tone::Plain), 0).text(), "");
    }
}
