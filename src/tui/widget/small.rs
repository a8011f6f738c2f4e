//! What a terminal shows that is too small for a screen.

use crate::render::Line;
use crate::render::Tone;

use super::super::canvas::Canvas;

/// Below this size a screen only says that it is too small.
const LEAST: (u16, u16) = (60, 16);

/// Says so where the terminal is too small for a screen; whether it is.
pub fn too_small(canvas: &mut Canvas<'_>) -> bool {
    let area = canvas.buffer.area;
    if area.width >= LEAST.0 && area.height >= LEAST.1 {
        return false;
    }
    let lines = [
        format!("redlab needs {}×{}", LEAST.0, LEAST.1),
        format!("this is {}×{}", area.width, area.height),
        "please enlarge it".to_string(),
        "ctrl-c quits".to_string(),
    ];
    let top = area.height.saturating_sub(4) / 2;
    for (y, text) in (top..area.height).zip(&lines) {
        let width = u16::try_from(crate::render::width(text)).unwrap_or(0);
        let x = area.width.saturating_sub(width) / 2;
        canvas.line(x, y, &Line::of(text.clone(), Tone::Plain), area.width);
    }
    true
}
