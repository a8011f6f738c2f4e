//! Panes with rounded borders, and the prompt's box that closes them at the bottom.

use ratatui::layout::Rect;

use crate::render::{Line, Tone};

use super::super::canvas::Canvas;

/// Draws a border with a title; returns what is inside, with a column of air at both sides.
pub fn pane(canvas: &mut Canvas<'_>, area: Rect, title: &Line, focus: bool) -> Rect {
    let area = area.intersection(canvas.buffer.area);
    if area.width < 2 || area.height < 2 {
        return Rect { width: 0, height: 0, ..area };
    }
    let tone = if focus { Tone::Accent } else { Tone::Dim };
    let style = canvas.style(tone);
    let rule = "─".repeat(usize::from(area.width - 2));
    canvas.put(area.x, area.y, &format!("╭{rule}╮"), style, area.width);
    canvas.put(area.x, area.bottom() - 1, &format!("╰{rule}╯"), style, area.width);
    for y in area.y + 1..area.bottom() - 1 {
        canvas.put(area.x, y, "│", style, 1);
        canvas.put(area.right() - 1, y, "│", style, 1);
    }
    head(canvas, area, area.y, title);
    inside(area)
}

/// Draws a line with a title across a pane at row `y`; returns nothing: the parts are the caller's.
pub fn divider(canvas: &mut Canvas<'_>, area: Rect, y: u16, title: &Line, focus: bool) {
    if area.width < 2 || y <= area.y || y + 1 >= area.bottom() {
        return;
    }
    let style = canvas.style(if focus { Tone::Accent } else { Tone::Dim });
    canvas.put(area.x, y, &format!("├{}┤", "─".repeat(usize::from(area.width - 2))), style, area.width);
    head(canvas, area, y, title);
}

fn head(canvas: &mut Canvas<'_>, area: Rect, y: u16, title: &Line) {
    if title.spans.is_empty() || area.width < 6 {
        return;
    }
    let mut framed = Line::of(" ", Tone::Plain);
    framed.spans.extend(title.spans.iter().cloned());
    framed = crate::render::cut(&framed, usize::from(area.width - 4)).with(" ", Tone::Plain);
    canvas.line(area.x + 1, y, &framed, area.width - 3);
}

fn inside(area: Rect) -> Rect {
    let air = u16::from(area.width >= 6);
    Rect {
        x: area.x + 1 + air,
        y: area.y + 1,
        width: area.width.saturating_sub(2 + 2 * air),
        height: area.height.saturating_sub(2),
    }
}

/// The areas of a screen: title, banner, body, prompt, keys.
pub struct Desktop {
    /// The first row.
    pub title: Rect,
    /// The row of a lost link, of height 0 if there is none.
    pub banner: Rect,
    /// The panes.
    pub body: Rect,
    /// The prompt with its border, of height 0 if there is none.
    pub prompt: Rect,
    /// The last row.
    pub keys: Rect,
}

impl Desktop {
    /// Divides a frame; `prompt` is the prompt's height with its borders.
    pub fn divide(area: Rect, banner: bool, prompt: u16) -> Desktop {
        let mut rest = area;
        let title = take_top(&mut rest, 1);
        let banner = take_top(&mut rest, u16::from(banner));
        let keys = take_bottom(&mut rest, 1);
        let prompt = take_bottom(&mut rest, prompt);
        Desktop { title, banner, body: rest, prompt, keys }
    }
}

fn take_top(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    let taken = Rect { height, ..*rest };
    rest.y += height;
    rest.height -= height;
    taken
}

fn take_bottom(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    rest.height -= height;
    Rect { y: rest.bottom(), height, ..*rest }
}
