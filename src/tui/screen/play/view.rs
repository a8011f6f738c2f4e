//! How the playground is drawn.

use ratatui::layout::Rect;

use crate::render::{Line, Tone};

use super::super::super::canvas::Canvas;
use super::super::super::part::{banner, draw_log, draw_prompt, draw_side, keys_strip, progress_line, target_line};
use super::super::super::widget::{Desktop, pane, title_strip};
use super::state::State;

const KEYS: &[(&str, &str)] = &[
    ("enter", "run"),
    ("tab", "complete"),
    ("f4", "next client"),
    ("f5", "new client"),
    ("ctrl-z", "undo"),
    ("f2", "clock +10 s"),
    ("f3", "one pane"),
    ("esc", "leave"),
    ("?", "all keys"),
];

/// Draws the playground.
pub fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let desk = &state.desk;
    let desktop = Desktop::divide(canvas.buffer.area, desk.lost.is_some(), 4);
    title_strip(canvas, desktop.title, &Line::of("playground", Tone::Strong), &[], &target_line(desk));
    banner(canvas, desktop.banner, desk);
    let body = desktop.body;
    if state.alone || body.width < 60 {
        match state.focus {
            0 => log(canvas, body, state),
            _ => keys(canvas, body, state),
        }
    } else {
        let left = body.width * 54 / 100;
        log(canvas, Rect { width: left, ..body }, state);
        keys(canvas, Rect { x: body.x + left, width: body.width - left, ..body }, state);
    }
    let idle = match &desk.busy {
        Some(busy) => progress_line(busy, usize::from(desktop.prompt.width)),
        None => Line::of("type a command; tab completes it, ↑ brings earlier ones back, ? shows all keys", Tone::Dim),
    };
    let kind = desk.identity.as_ref().map_or("redis", |identity| identity.kind.name());
    let label = if state.clients > 1 { format!("{kind} client {}", state.client + 1) } else { kind.to_string() };
    draw_prompt(canvas, desktop.prompt, &desk.prompt, &label, &idle, true);
    let mine = |(key, _): &&(&str, &str)| desk.is_bundled() || !matches!(*key, "ctrl-z" | "f2");
    let keys: Vec<(&str, &str)> = KEYS.iter().filter(mine).copied().collect();
    keys_strip(canvas, desktop.keys, desk, &keys);
}

fn log(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let inner = pane(canvas, area, &Line::of("commands", Tone::Strong), state.focus == 0);
    if state.desk.log.entries().is_empty() {
        canvas.line(
            inner.x,
            inner.y,
            &Line::of("nothing was sent yet; try  SET greeting hello", Tone::Dim),
            inner.width,
        );
    }
    draw_log(canvas, inner, &state.desk.log);
}

fn keys(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    draw_side(canvas, area, &state.desk, state.focus == 1);
}
