//! A box that lies on top of a screen.

use ratatui::layout::Rect;

use crate::render::{Line, wrap_all};

use super::super::canvas::Canvas;
use super::pane::pane;

/// Draws lines in a box in the middle, as large as they need and the frame allows; `scroll` rows are left out.
pub fn overlay(canvas: &mut Canvas<'_>, title: &Line, lines: &[Line], most_width: u16, scroll: usize) {
    let frame = canvas.buffer.area;
    let widest = lines.iter().map(Line::width).max().unwrap_or(0).max(title.width() + 2);
    let width = u16::try_from(widest + 4).unwrap_or(u16::MAX).min(most_width).min(frame.width);
    let rows = wrap_all(lines, usize::from(width.saturating_sub(4)));
    let height = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX).min(frame.height);
    let area = Rect { x: (frame.width - width) / 2, y: (frame.height - height) / 2, width, height };
    canvas.clear(area);
    let inner = pane(canvas, area, title, true);
    let skip = scroll.min(rows.len().saturating_sub(usize::from(inner.height)));
    canvas.rows(inner, &rows[skip..]);
}
