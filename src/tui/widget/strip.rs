//! The first and the last row of every screen.

use ratatui::layout::Rect;

use crate::render::{Line, Tone};

use super::super::canvas::Canvas;

/// `redlab  where › am I         middle          target`. Middle and right come in forms, the longest first; the
/// longest that fit are taken, and the right one gives way before the middle.
pub fn title_strip(canvas: &mut Canvas<'_>, area: Rect, here: &Line, middle: &[Line], right: &[Line]) {
    if area.height == 0 {
        return;
    }
    let mut left = Line::of(" redlab  ", Tone::Accent);
    left.spans.extend(here.spans.iter().cloned());
    let width = usize::from(area.width);
    let none = Line::default();
    let middles = middle.iter().chain([&none]);
    let choice = middles
        .flat_map(|middle| right.iter().chain([&none]).map(move |right| (middle, right)))
        .find(|(middle, right)| left.width() + gap(middle) + gap(right) < width);
    let Some((middle, right)) = choice else {
        canvas.line(area.x, area.y, &left, area.width);
        return;
    };
    let end = usize::from(canvas.line(area.x, area.y, &left, area.width) - area.x);
    canvas.line_right(area, area.y, &right.clone().with(" ", Tone::Plain));
    let latest = width.saturating_sub(gap(right) + middle.width() + 1);
    let x = (width.saturating_sub(middle.width()) / 2).clamp((end + 2).min(latest), latest);
    canvas.line(area.x + u16::try_from(x).unwrap_or(0), area.y, middle, area.width);
}

/// What a part takes with the air before it.
fn gap(part: &Line) -> usize {
    if part.spans.is_empty() { 0 } else { part.width() + 2 }
}

/// `enter run  tab complete  …  ? all keys`: as many as fit; the last always does.
pub fn key_strip(canvas: &mut Canvas<'_>, area: Rect, keys: &[(&str, &str)]) {
    if area.height == 0 {
        return;
    }
    let Some(((last_key, last_what), others)) = keys.split_last() else { return };
    let entry = |key: &str, what: &str| Line::of(key, Tone::Accent).with(format!(" {what}"), Tone::Dim);
    let last = entry(last_key, last_what);
    let end = area.right().saturating_sub(1);
    let mut x = area.x + 1;
    for (key, what) in others {
        let shown = entry(key, what);
        if usize::from(x) + shown.width() + 2 + last.width() > usize::from(end) {
            break;
        }
        x = canvas.line(x, area.y, &shown, end - x) + 2;
    }
    canvas.line(x, area.y, &last, end.saturating_sub(x));
}

/// A message in the place of the keys, until the next key is pressed.
pub fn notice_strip(canvas: &mut Canvas<'_>, area: Rect, notice: &Line) {
    if area.height > 0 {
        canvas.line(area.x + 1, area.y, notice, area.width.saturating_sub(2));
    }
}
