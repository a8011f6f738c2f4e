//! How the race lab is drawn: one variant, or several beside each other, or one beside its text.

use ratatui::layout::Rect;

use crate::lab::RaceView;
use crate::render::{Line, Tone, cut, markdown, wrap_all};
use crate::resp::printable;

use super::super::super::canvas::Canvas;
use super::super::super::widget::{divider, overlay, pane};
use super::found::{digits, found_rows, sign};
use super::lanes::{self, safe};
use super::next::{Row, key_lines, next_rows};
use super::state::{Hit, State};
use super::{contrast, edit_view};

/// From this width on, what exploring found stands beside the lanes.
const WIDE: u16 = 100;
/// A variant among others is at least so wide.
const SIDE: u16 = 58;
/// What a client takes of the width before another variant gets any of it, and what the other columns take.
const LANE: u16 = 11;
const AROUND: u16 = 26;
/// From this width on, the editor leaves room for the race.
const ROOMY: u16 = 112;

/// Draws the lab; `focus` says whether its keys are heard.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, state: &State, focus: bool) {
    state.hits.clear();
    let Some(view) = &state.view else {
        let inner = pane(canvas, area, &Line::of("race", Tone::Strong), focus);
        canvas.line(inner.x, inner.y, &Line::of("the race is being set up…", Tone::Dim), inner.width);
        return;
    };
    state.roomy.set(area.width >= ROOMY);
    match state.edit.as_ref().filter(|_| state.editing) {
        Some(edit) if area.width >= ROOMY => {
            let left = area.width / 2;
            edit_view::draw(canvas, Rect { width: left, ..area }, state, edit);
            one(canvas, Rect { x: area.x + left, width: area.width - left, ..area }, state, view, false);
        }
        Some(edit) => edit_view::draw(canvas, area, state, edit),
        None => variants(canvas, area, state, view, focus),
    }
    if let Some(found) = &state.contrast {
        contrast::draw(canvas, area, state, found);
    }
    overlays(canvas, state, view);
}

/// As many variants as there is room for, the one in the focus among them; tabs where there are more.
fn variants(canvas: &mut Canvas<'_>, area: Rect, state: &State, view: &RaceView, focus: bool) {
    let room = if state.alone { 1 } else { usize::from(area.width / wanted(view).max(SIDE)).max(1) };
    let count = room.min(view.variants.len()).max(1);
    let tabs = u16::from(count < view.variants.len() && area.height > 12);
    if tabs > 0 {
        draw_tabs(canvas, Rect { height: 1, ..area }, state, view);
    }
    let area = Rect { y: area.y + tabs, height: area.height - tabs, ..area };
    if count == 1 {
        return one(canvas, area, state, view, focus);
    }
    let first = view.variant.min(view.variants.len() - count);
    let each = area.width / u16::try_from(count).unwrap_or(1);
    // All divide their height alike, so that what belongs together stands side by side.
    let heights = (first..first + count).filter_map(|variant| state.view_of(variant));
    let heights = heights.map(|view| needs(state, view, each)).fold((0, 0), |a, b| (a.0.max(b.0), a.1.max(b.1)));
    for place in 0..count {
        let variant = first + place;
        let x = area.x + each * u16::try_from(place).unwrap_or(0);
        let width = if place + 1 == count { area.right() - x } else { each };
        let side = Rect { x, width, ..area };
        match state.view_of(variant) {
            Some(shown) => stacked(canvas, side, state, shown, focus && variant == view.variant, heights),
            None => {
                let (name, _) = &view.variants[variant];
                let inner = pane(canvas, side, &Line::of(safe(name), Tone::Strong), false);
                let line = Line::of("this variant cannot start; v goes there and says why", Tone::Dim);
                canvas.line(inner.x, inner.y, &line, inner.width);
            }
        }
    }
}

/// How wide a variant wants to be, by the number of its clients.
fn wanted(view: &RaceView) -> u16 {
    AROUND + LANE * u16::try_from(view.clients.len().min(12)).unwrap_or(0)
}

/// `✗ read-modify-write 4/6   ✓ incr 0/2`: with counts where there is room, with shorter names where there is little.
fn draw_tabs(canvas: &mut Canvas<'_>, area: Rect, state: &State, view: &RaceView) {
    let room = usize::from(area.width.saturating_sub(1));
    let all = |counts: bool, most: usize| -> Vec<Line> {
        (0..view.variants.len()).map(|at| tab(state, view, at, counts, most)).collect()
    };
    let fits = |tabs: &Vec<Line>| tabs.iter().map(Line::width).sum::<usize>() <= room;
    let even = (room / view.variants.len().max(1)).saturating_sub(5).max(3);
    let tabs = [all(true, 60), all(false, 60)].into_iter().find(fits).unwrap_or_else(|| all(false, even));
    let mut x = area.x + 1;
    for (at, line) in tabs.iter().enumerate() {
        let width = u16::try_from(line.width()).unwrap_or(u16::MAX).min(area.right().saturating_sub(x));
        canvas.line(x, area.y, line, width);
        state.hits.add(Rect { x, width, ..area }, Hit::Tab(at));
        x = x.saturating_add(width);
    }
}

fn tab(state: &State, view: &RaceView, at: usize, counts: bool, most: usize) -> Line {
    let here = at == view.variant;
    let mut line = Line::of(if here { "▸" } else { " " }, Tone::Accent);
    if let Some(report) = state.report_of(at) {
        let (sign, tone) = sign(report);
        line = line.with(format!("{sign} "), tone);
    }
    let name = Line::of(safe(&view.variants[at].0), if here { Tone::Strong } else { Tone::Plain });
    line.spans.extend(cut(&name, most).spans);
    if let Some(report) = state.report_of(at).filter(|report| counts && report.schedules.len() < 7) {
        line = line.with(format!(" {}/{}", digits(&report.violating), digits(&report.schedules)), Tone::Dim);
    }
    line.with("  ", Tone::Plain)
}

fn title(view: &RaceView) -> Line {
    let (name, title) = view.variants.get(view.variant).cloned().unwrap_or_default();
    let line = Line::of(safe(&name), Tone::Strong).with(format!("  {}", safe(&title)), Tone::Plain);
    match view.variants.len() {
        0 | 1 => line,
        count => line.with(format!("  {}/{count}", view.variant + 1), Tone::Dim),
    }
}

/// One variant alone: what exploring found stands beside it or below.
fn one(canvas: &mut Canvas<'_>, area: Rect, state: &State, view: &RaceView, focus: bool) {
    if area.width < WIDE {
        return stacked(canvas, area, state, view, focus, needs(state, view, area.width));
    }
    let left = (area.width * 58 / 100).max(wanted(view).min(area.width - 40));
    let heights = (needs(state, view, left).0, 0);
    race(canvas, Rect { width: left, ..area }, state, view, focus, (&[], heights));
    let side = Rect { x: area.x + left, width: area.width - left, ..area };
    let inner = pane(canvas, side, &Line::of("all schedules", Tone::Dim), false);
    draw_found(canvas, inner, state, &found_rows(state, view, usize::from(inner.width)));
}

/// One variant with what exploring found of it below.
fn stacked(canvas: &mut Canvas<'_>, area: Rect, state: &State, view: &RaceView, focus: bool, heights: (u16, u16)) {
    let found = found_rows(state, view, usize::from(area.width.saturating_sub(4)));
    race(canvas, area, state, view, focus, (&found, heights));
}

/// How many rows what may come next would take in a pane of a width, and what was found.
fn needs(state: &State, view: &RaceView, width: u16) -> (u16, u16) {
    let inner = Rect { x: 0, y: 0, width: width.saturating_sub(4), height: 1 };
    let most = usize::from(inner.width);
    let rows = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    (rows(next_rows(view, most, lanes::fits(inner, view)).len()), rows(found_rows(state, view, most).len()))
}

/// A pane with lanes, what may come next, and what was found, each with the rows that it would take.
fn race(
    canvas: &mut Canvas<'_>,
    area: Rect,
    state: &State,
    view: &RaceView,
    focus: bool,
    (found, heights): (&[Row], (u16, u16)),
) {
    let inner = pane(canvas, area, &title(view), focus);
    let whole = inner.height;
    let low = heights.1.min((whole / 3).max(2)).min(whole);
    let low = if heights.1 == 0 { 0 } else { low + u16::from(whole > low + 4) };
    let high = whole - low;
    let next = next_rows(view, usize::from(inner.width), lanes::fits(inner, view));
    let least = (high / 3).max(3).min(high);
    let middle = heights.0.saturating_add(1).min(high - least);
    let top = high - middle;
    lanes::draw(canvas, Rect { height: top, ..inner }, state, view);
    let mut y = inner.y + top;
    if middle > 0 {
        let mut head = Line::of("next", Tone::Dim);
        if next.len() >= usize::from(middle) && !view.replay.is_empty() {
            // There is no room for all of it; what is copied is shown in any case.
            head = head.with("  replay ", Tone::Dim).with(printable(view.replay.as_bytes(), 300), Tone::Plain);
        }
        divider(canvas, area, y, &head, focus);
        place(canvas, Rect { y: y + 1, height: middle - 1, ..inner }, state, &next);
        y += middle;
    }
    if low > 0 {
        divider(canvas, area, y, &Line::of("all schedules", Tone::Dim), focus);
        let rows = Rect { y: y + 1, height: low - 1, ..inner };
        match view.variant == state.focus() {
            true => draw_found(canvas, rows, state, found),
            false => place(canvas, rows, state, found),
        }
    }
}

/// What was found, scrolled so that what is selected is in sight.
fn draw_found(canvas: &mut Canvas<'_>, area: Rect, state: &State, rows: &[Row]) {
    let height = usize::from(area.height);
    state.hits.add(area, Hit::Found);
    let at = rows.iter().position(|(row, _)| row.text().starts_with('▸')).unwrap_or(0);
    let scrolled = state.below.fit(rows.len(), height);
    let skip = scrolled.max((at + 2).saturating_sub(height)).min(rows.len().saturating_sub(height));
    place(canvas, area, state, &rows[skip..]);
}

/// Draws rows, and notes what a click on them does.
fn place(canvas: &mut Canvas<'_>, area: Rect, state: &State, rows: &[Row]) {
    for (y, (row, hit)) in (area.top()..area.bottom()).zip(rows) {
        canvas.line(area.x, y, row, area.width);
        if let Some(hit) = hit {
            state.hits.add(Rect { y, height: 1, ..area }, *hit);
        }
    }
}

fn overlays(canvas: &mut Canvas<'_>, state: &State, view: &RaceView) {
    let frame = canvas.buffer.area;
    let height = usize::from(frame.height.saturating_sub(2));
    if state.reading {
        let painted = canvas.painted;
        let width = usize::from(frame.width.saturating_sub(4).min(84));
        let lines = markdown(&view.text, width, &mut |language, code| painted.lines(language, code));
        let skip = state.over.fit(wrap_all(&lines, width).len(), height);
        overlay(canvas, &Line::of(safe(&view.title), Tone::Strong), &lines, 88, skip);
    }
    if state.keys {
        let mut lines = key_lines(view);
        if lines.is_empty() {
            lines.push(Line::of("there is no key", Tone::Dim));
        }
        let skip = state.over.fit(lines.len(), height);
        let title = Line::of(format!("keys after step {}", view.position), Tone::Accent);
        overlay(canvas, &title, &lines, 116, skip);
    }
    if let Some(editor) = &state.replay {
        let names: Vec<String> = view.clients.iter().map(|client| safe(&client.name)).collect();
        let lines = [
            Line::of(format!("{}▏", printable(editor.text().as_bytes(), 2_000)), Tone::Plain),
            Line::default(),
            Line::of(format!("the clients in their order, such as  {}", names.join(" ")), Tone::Dim),
            Line::of("enter plays it, esc closes", Tone::Dim),
        ];
        overlay(canvas, &Line::of("replay a schedule", Tone::Accent), &lines, 76, 0);
    }
    if let Some(save) = &state.save {
        edit_view::ask(canvas, save);
    }
}
