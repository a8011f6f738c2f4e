//! What stands beside the log: the keys, and the latency below them.

use ratatui::layout::Rect;

use crate::render::{Line, Tone};

use super::super::canvas::Canvas;
use super::super::widget::{divider, pane};
use super::desk::Desk;
use super::keys_view::draw_keys;
use super::latency::draw_latency;

/// Draws the keys and the latency in one pane.
pub fn draw_side(canvas: &mut Canvas<'_>, area: Rect, desk: &Desk, focus: bool) {
    let inner = pane(canvas, area, &Line::of("keys", Tone::Strong), focus);
    let below = desk.latency.rows(inner.height);
    let height = inner.height.saturating_sub(below + 1);
    draw_keys(canvas, Rect { height, ..inner }, &desk.keys, desk.clock.now_ms());
    divider(canvas, area, inner.y + height, &Line::of("latency", Tone::Dim), focus);
    draw_latency(canvas, Rect { y: inner.y + height + 1, height: below, ..inner }, &desk.latency);
}
