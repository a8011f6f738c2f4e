//! The editor of a scenario's text, with what is wrong where it is wrong; and the question where to save.

use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use crate::render::{Line, Tone, cut, width};
use crate::resp::printable;
use crate::session::RaceFault;

use super::super::super::canvas::Canvas;
use super::super::super::widget::{divider, overlay, pane};
use super::state::{Edit, Hit, Save, State};

/// So many faults are shown between the lines; the line below tells how many there are.
const SHOWN: usize = 8;

/// Draws the editor.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, state: &State, edit: &Edit) {
    canvas.clear(area);
    let title = Line::of(format!("{}.yaml", printable(edit.id.as_bytes(), 60)), Tone::Strong)
        .with("  ctrl-r takes it and explores, ctrl-s saves, esc closes", Tone::Dim);
    let inner = pane(canvas, area, &title, true);
    if inner.height < 3 || inner.width < 8 {
        return;
    }
    let text = Rect { height: inner.height - 2, ..inner };
    draw_text(canvas, text, state, edit);
    divider(canvas, area, text.bottom(), &Line::default(), true);
    canvas.line(inner.x, text.bottom() + 1, &status(edit), inner.width);
}

fn status(edit: &Edit) -> Line {
    let errors = edit.faults.iter().filter(|fault| !fault.warning).count();
    let warnings = edit.faults.len() - errors;
    let (row, column) = edit.page.cursor();
    let place = format!("  line {}, column {}", row + 1, column + 1);
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let line = match (errors, warnings, edit.accepted, edit.changed) {
        (1.., ..) => Line::of(format!("✗ {}", many(errors, "error")), Tone::Bad).with(", ctrl-n goes there", Tone::Dim),
        (0, 1.., ..) => Line::of(format!("! {}", many(warnings, "warning")), Tone::Warning),
        (0, 0, true, false) => Line::of("✓ this is what is explored", Tone::Good),
        (0, 0, _, true) => Line::of("✓ no faults", Tone::Good).with(": ctrl-r takes it", Tone::Dim),
        _ => Line::of("as it is", Tone::Dim),
    };
    line.with(place, Tone::Dim)
}

/// One row of the editor.
enum Shown {
    Text(usize),
    Fault(Line),
}

fn draw_text(canvas: &mut Canvas<'_>, area: Rect, state: &State, edit: &Edit) {
    let gutter = edit.page.lines().len().to_string().len() + 2;
    let room = usize::from(area.width).saturating_sub(gutter).max(1);
    let (row, column) = edit.page.cursor();
    let line = edit.page.lines().get(row).map_or("", String::as_str);
    let before: String = line.chars().take(column).collect();
    let cursor = width(&shown(&before));
    // The cursor stays in sight, sideways too.
    let left = edit.left.get().min(cursor).max((cursor + 1).saturating_sub(room));
    edit.left.set(left);
    let rows = window(edit, usize::from(area.height), room, left);
    for (y, row_shown) in (area.top()..area.bottom()).zip(&rows) {
        let x = area.x + u16::try_from(gutter).unwrap_or(0);
        match row_shown {
            Shown::Fault(line) => {
                canvas.line(x, y, line, u16::try_from(room).unwrap_or(0));
            }
            Shown::Text(at) => {
                let wrong = edit.faults.iter().any(|fault| fault.line == at + 1 && !fault.warning);
                let tone = if wrong { Tone::Bad } else { Tone::Dim };
                let sign = if wrong { "✗" } else { " " };
                let number = format!("{sign}{:>fill$} ", at + 1, fill = gutter - 2);
                canvas.line(area.x, y, &Line::of(number, tone), area.width);
                let line = painted(edit.page.lines().get(*at).map_or("", String::as_str));
                canvas.line(x, y, &cut(&shifted(&line, left), room), u16::try_from(room).unwrap_or(0));
                let place = Rect { x, y, width: area.width.saturating_sub(x - area.x), height: 1 };
                state.hits.add(place, Hit::Text(*at, left));
                if *at == row {
                    let x = x.saturating_add(u16::try_from(cursor - left).unwrap_or(0));
                    canvas.cursor = Some(Position { x: x.min(area.right().saturating_sub(1)), y });
                }
            }
        }
    }
}

/// The rows that are seen: lines, and under a wrong one what is wrong. The cursor's line is among them.
fn window(edit: &Edit, height: usize, room: usize, left: usize) -> Vec<Shown> {
    let (row, _) = edit.page.cursor();
    let mut top = edit.top.get().min(row);
    loop {
        let mut rows = Vec::new();
        let mut seen = false;
        let mut at = top;
        while rows.len() < height && at < edit.page.lines().len() {
            rows.push(Shown::Text(at));
            seen |= at == row;
            let line = &edit.page.lines()[at];
            let faults = edit.faults.iter().take(SHOWN).filter(|fault| fault.line == at + 1);
            rows.extend(faults.flat_map(|fault| fault_lines(fault, line, room, left)).map(Shown::Fault));
            at += 1;
        }
        rows.truncate(height);
        seen &= rows.iter().any(|shown| matches!(shown, Shown::Text(at) if *at == row));
        if seen || top >= row {
            edit.top.set(top);
            return rows;
        }
        top += ((row - top) / 2).max(1).min(row - top);
    }
}

/// A caret under what is wrong, the message, and what to do.
fn fault_lines(fault: &RaceFault, line: &str, room: usize, left: usize) -> Vec<Line> {
    let tone = if fault.warning { Tone::Warning } else { Tone::Bad };
    let before: String = line.chars().take(fault.column.saturating_sub(1)).collect();
    let inside: String = line.chars().skip(fault.column.saturating_sub(1)).take(fault.width).collect();
    let start = width(&shown(&before)).saturating_sub(left).min(room.saturating_sub(1));
    let carets = "^".repeat(width(&shown(&inside)).clamp(1, room));
    let caret = Line::of(" ".repeat(start), Tone::Plain).with(carets, tone);
    let mut said = Line::of(printable(fault.message.as_bytes(), 500), tone);
    if !fault.help.is_empty() {
        said = said.with(format!(": {}", printable(fault.help.as_bytes(), 500)), Tone::Accent);
    }
    // What is said stands under the caret where there is room, else it begins at the left.
    let indent = if start + 30 < room { start } else { 2 };
    let pad = Line::of(" ".repeat(indent), Tone::Plain);
    let said = crate::render::wrap(&said, room.saturating_sub(indent).max(10));
    let padded = said.into_iter().map(|row| Line { spans: [pad.spans.clone(), row.spans].concat(), ..Line::new() });
    [caret].into_iter().chain(padded).collect()
}

/// A line as it may be drawn, as wide as it stands: what could move the terminal is replaced.
fn shown(text: &str) -> String {
    text.graphemes(true)
        .flat_map(|piece| {
            let bad = piece.chars().any(|c| c.is_control() || is_invisible(c)) || width(piece) == 0;
            if bad { piece.chars().map(|_| "�").collect::<Vec<_>>() } else { vec![piece] }
        })
        .collect()
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A line of YAML with its keys, its dashes and its comments apart from the rest.
fn painted(text: &str) -> Line {
    let text = shown(text);
    let body = text.trim_start_matches([' ', '-']);
    let lead = text.len() - body.len();
    let mut line = Line::of(&text[..lead], Tone::Dim);
    if body.starts_with('#') {
        return line.with(body, Tone::Comment);
    }
    let key = body.find(':').filter(|at| {
        let plain = body[..*at].chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '<'));
        plain && body[at + 1..].chars().next().is_none_or(|c| c == ' ')
    });
    let rest = match key {
        Some(at) => {
            line = line.with(&body[..=at], Tone::Command);
            &body[at + 1..]
        }
        None => body,
    };
    match rest.find(" #") {
        Some(at) => line.with(&rest[..at], Tone::Plain).with(&rest[at..], Tone::Comment),
        None => line.with(rest, Tone::Plain),
    }
}

/// The line without its first columns.
fn shifted(line: &Line, left: usize) -> Line {
    if left == 0 {
        return line.clone();
    }
    let mut skip = left;
    let mut out = Line { spans: Vec::new(), hang: line.hang, wrap: line.wrap };
    for span in &line.spans {
        let mut text = String::new();
        for piece in span.text.graphemes(true) {
            if skip > 0 {
                skip = skip.saturating_sub(width(piece));
            } else {
                text.push_str(piece);
            }
        }
        out = out.with(text, span.tone);
    }
    out
}

/// Asks where to save.
pub fn ask(canvas: &mut Canvas<'_>, save: &Save) {
    let path = printable(save.path.text().as_bytes(), 500);
    let what = if save.draft { "the text as it stands in the editor" } else { "the scenario as it is explored" };
    let last = match save.exists {
        true => Line::of("This file exists. ", Tone::Warning)
            .with("y", Tone::Accent)
            .with(" replaces it, any other key changes the name", Tone::Dim),
        false => Line::of("enter saves, esc closes", Tone::Dim),
    };
    let lines = [
        Line::of(format!("{path}▏"), Tone::Plain),
        Line::default(),
        Line::of(format!("{what}; `redlab race FILE` opens it again"), Tone::Dim),
        last,
    ];
    overlay(canvas, &Line::of("save as", Tone::Accent), &lines, 76, 0);
}
