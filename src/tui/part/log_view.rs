//! The log: newest at the bottom, times at the right.

use ratatui::layout::Rect;

use crate::render::{Line, Tone, wrap};

use super::super::canvas::Canvas;
use super::log::{Entry, Log};

/// A row: what is at the left, and what is at the right edge.
struct Row {
    left: Line,
    right: Option<Line>,
}

/// Draws what fits. Only entries that can be seen are laid out: a log may be long.
pub fn draw_log(canvas: &mut Canvas<'_>, area: Rect, log: &Log) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    let height = usize::from(area.height);
    let width = usize::from(area.width);
    let wanted = height + log.back.fit(usize::MAX, height).min(100_000);
    let mut pages: Vec<Vec<Row>> = Vec::new();
    let mut count = 0;
    for entry in log.entries().iter().rev() {
        let rows = rows(entry, width);
        count += rows.len();
        pages.push(rows);
        if count > wanted {
            break;
        }
    }
    let back = log.back.fit(count, height);
    let rows: Vec<Row> = pages.into_iter().rev().flatten().collect();
    let end = rows.len() - back;
    let start = end.saturating_sub(height);
    for (y, row) in (area.top()..area.bottom()).zip(&rows[start..end]) {
        canvas.line(area.x, y, &row.left, area.width);
        if let Some(right) = &row.right {
            canvas.line_right(area, y, right);
        }
    }
}

fn rows(entry: &Entry, width: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(head) = &entry.head {
        let took = entry.took.as_ref().map(|took| Line::of(took.clone(), Tone::Dim));
        // A narrow pane gives the command the room that the time would take.
        let aside = took.as_ref().map_or(0, |took| took.width() + 2);
        let beside = width >= aside + 16;
        let room = if beside { width - aside } else { width };
        rows.extend(wrap(head, room).into_iter().map(|left| Row { left, right: None }));
        if let (true, Some(first)) = (beside, rows.first_mut()) {
            first.right = took;
        }
    }
    let indent = if entry.head.is_some() { "  " } else { "" };
    for line in &entry.lines {
        for mut left in wrap(line, width.saturating_sub(indent.len()).max(1)) {
            left.spans.insert(0, crate::render::Span { text: indent.to_string(), tone: Tone::Plain });
            rows.push(Row { left, right: None });
        }
    }
    rows
}
