//! Where views draw: a buffer, a theme, and helpers that never leave an area.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::render::{Line, Tone, cut};

use super::paint::Painted;
use super::theme::Theme;

/// A frame that is being drawn.
pub struct Canvas<'a> {
    /// The cells.
    pub buffer: &'a mut Buffer,
    /// The styles.
    pub theme: Theme,
    /// Code that was highlighted so far.
    pub painted: &'a Painted,
    /// Where the cursor stands, if a view wants one.
    pub cursor: Option<Position>,
}

impl Canvas<'_> {
    /// Draws text at a place, at most `most` columns of it and never beyond the frame. Returns the column behind it.
    pub fn put(&mut self, x: u16, y: u16, text: &str, style: Style, most: u16) -> u16 {
        let area = self.buffer.area;
        if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
            return x;
        }
        self.buffer.set_stringn(x, y, text, usize::from(most), style).0
    }

    /// Draws a line, cut to `most` columns. Returns the column behind it.
    pub fn line(&mut self, x: u16, y: u16, line: &Line, most: u16) -> u16 {
        let end = x.saturating_add(most);
        let mut at = x;
        for span in &cut(line, usize::from(most)).spans {
            let style = self.theme.style(span.tone);
            at = self.put(at, y, &span.text, style, end.saturating_sub(at));
        }
        at
    }

    /// Draws a line that ends at the right edge of the area's row `y`.
    pub fn line_right(&mut self, area: Rect, y: u16, line: &Line) {
        let width = u16::try_from(line.width()).unwrap_or(u16::MAX).min(area.width);
        self.line(area.right().saturating_sub(width), y, line, width);
    }

    /// Draws rows from the top of an area; those that do not fit are left out.
    pub fn rows<'l>(&mut self, area: Rect, rows: impl IntoIterator<Item = &'l Line>) {
        for (y, row) in (area.top()..area.bottom()).zip(rows) {
            self.line(area.left(), y, row, area.width);
        }
    }

    /// Styles a row.
    pub fn paint_row(&mut self, area: Rect, y: u16, style: Style) {
        let row = Rect { y, height: 1, ..area }.intersection(self.buffer.area).intersection(area);
        self.buffer.set_style(row, style);
    }

    /// Empties an area, for what lies on top.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for position in area.positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.reset();
            }
        }
    }

    /// The style of a tone.
    pub fn style(&self, tone: Tone) -> Style {
        self.theme.style(tone)
    }
}
