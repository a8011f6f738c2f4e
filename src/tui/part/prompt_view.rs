//! The prompt's box: the line with its ghost, and below it what there is to say about it.

use ratatui::layout::{Position, Rect};

use crate::render::{Line, Tone, command, cut, typed, width};
use crate::resp::printable;

use super::super::canvas::Canvas;
use super::super::widget::pane;
use super::prompt::{Menu, Prompt};

/// Draws the prompt. `label` stands before the line, `idle` below it while nothing is typed.
pub fn draw_prompt(canvas: &mut Canvas<'_>, area: Rect, prompt: &Prompt, label: &str, idle: &Line, focus: bool) {
    if area.height == 0 {
        return;
    }
    let inner = if area.height >= 3 { pane(canvas, area, &Line::default(), focus) } else { area };
    if inner.height == 0 || inner.width == 0 {
        return;
    }
    let label =
        Line::of(format!("{}> ", printable(label.as_bytes(), 30)), if focus { Tone::Accent } else { Tone::Dim });
    let start = canvas.line(inner.x, inner.y, &cut(&label, usize::from(inner.width / 2)), inner.width);
    draw_line(canvas, Rect { x: start, width: inner.right().saturating_sub(start), height: 1, ..inner }, prompt, focus);
    if inner.height > 1 {
        let below = match &prompt.menu {
            Some(menu) => candidates(menu, usize::from(inner.width)),
            None => about(prompt, idle),
        };
        canvas.line(inner.x, inner.y + 1, &below, inner.width);
    }
}

/// The line itself, scrolled so that the cursor is in sight.
fn draw_line(canvas: &mut Canvas<'_>, area: Rect, prompt: &Prompt, focus: bool) {
    let text = prompt.editor.text();
    let before = width(&command(&text[..prompt.editor.cursor()], usize::MAX).text());
    let room = usize::from(area.width.saturating_sub(1));
    let skip = before.saturating_sub(room);
    let mut line = match &canvas.painted.highlighter {
        Some(highlighter) => typed(text, usize::MAX, highlighter),
        None => command(text, usize::MAX),
    };
    if skip == 0 {
        line = line.with(prompt.ghost(), Tone::Comment);
    }
    canvas.line(area.x, area.y, &without_start(line, skip), area.width);
    if focus && area.width > 0 {
        let x = area.x + u16::try_from(before - skip).unwrap_or(0);
        canvas.cursor = Some(Position { x: x.min(area.right() - 1), y: area.y });
    }
}

/// The line without its first `skip` columns.
fn without_start(line: Line, mut skip: usize) -> Line {
    if skip == 0 {
        return line;
    }
    let mut out = Line::new();
    for span in line.spans {
        let kept: String = span
            .text
            .chars()
            .skip_while(|c| {
                let columns = width(c.encode_utf8(&mut [0; 4]));
                let hidden = skip > 0;
                skip = skip.saturating_sub(columns);
                hidden
            })
            .collect();
        if !kept.is_empty() {
            out = out.with(kept, span.tone);
        }
    }
    out
}

fn candidates(menu: &Menu, room: usize) -> Line {
    // The chosen one stays in sight: the row starts with it once it is far to the right.
    let chosen = menu.chosen.unwrap_or(0);
    let columns = |from: usize| menu.candidates[from..=chosen].iter().map(|it| width(it) + 2).sum::<usize>();
    let first = (0..=chosen).find(|from| columns(*from) + 2 <= room).unwrap_or(chosen);
    let mut line = Line::of(if first > 0 { "… " } else { "" }, Tone::Dim);
    for (at, candidate) in menu.candidates.iter().enumerate().skip(first).take(60) {
        let tone = if menu.chosen == Some(at) { Tone::Strong } else { Tone::Dim };
        let mark = if menu.chosen == Some(at) { "▸" } else { " " };
        line = line.with(format!("{mark}{} ", printable(candidate.as_bytes(), 60)), tone);
    }
    line
}

fn about(prompt: &Prompt, idle: &Line) -> Line {
    if let Some(complaint) = prompt.complaint() {
        return Line::of(format!("✗ {}", printable(complaint.as_bytes(), 500)), Tone::Warning);
    }
    match prompt.reference() {
        reference if !reference.is_empty() => Line::of(reference, Tone::Dim),
        _ if prompt.is_empty() => idle.clone(),
        _ => Line::default(),
    }
}
