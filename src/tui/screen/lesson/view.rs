//! How a lesson is drawn.

use ratatui::layout::Rect;

use crate::render::{Line, Tone, markdown, wrap};
use crate::resp::printable;
use crate::session::Task;

use super::super::super::canvas::Canvas;
use super::super::super::part::{banner, draw_log, draw_prompt, draw_side, keys_strip, progress_line, target_line};
use super::super::super::widget::{Desktop, divider, pane, title_strip};
use super::super::{compare, race};
use super::state::{Pane, State};
use super::task;

/// From this width on, three columns stand beside each other.
const WIDE: u16 = 100;
/// From this width on, two do.
const MIDDLE: u16 = 76;

/// Draws the lesson.
pub fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let desk = &state.desk;
    let desktop = Desktop::divide(canvas.buffer.area, desk.lost.is_some(), 4);
    title_strip(canvas, desktop.title, &here(state), &steps(state), &target_line(desk));
    banner(canvas, desktop.banner, desk);
    panes(canvas, desktop.body, state);
    let idle = match &desk.busy {
        Some(busy) => progress_line(busy, usize::from(desktop.prompt.width)),
        None => idle(state),
    };
    draw_prompt(canvas, desktop.prompt, &desk.prompt, &label(state), &idle, !state.racing);
    keys_strip(canvas, desktop.keys, desk, &keys(state));
}

/// Who types: the client, where the lesson has several, else the target.
fn label(state: &State) -> String {
    match state.clients() {
        [] | [_] => state.desk.identity.as_ref().map_or("redis", |identity| identity.kind.name()).to_string(),
        names => names.get(state.client).cloned().unwrap_or_default(),
    }
}

fn here(state: &State) -> Line {
    let Some(card) = &state.card else { return Line::default() };
    Line::of(format!("{} › ", printable(card.track.as_bytes(), 40)), Tone::Dim)
        .with(printable(card.title.as_bytes(), 80), Tone::Strong)
}

/// `step 3/9 ▰▰▰▱▱▱`: a filled sign for each step that is met.
fn steps(state: &State) -> Vec<Line> {
    let count = state.count();
    if count == 0 {
        return Vec::new();
    }
    let short = Line::of(format!("step {}/{count}", state.index + 1), Tone::Plain);
    let mut line = short.clone().with(" ", Tone::Plain);
    for at in 0..count.min(30) {
        let sign = if state.met.get(at).copied().unwrap_or(false) { "▰" } else { "▱" };
        line = line.with(sign, if at == state.index { Tone::Accent } else { Tone::Dim });
    }
    vec![line, short]
}

fn idle(state: &State) -> Line {
    let dim = |text: &str| Line::of(text, Tone::Dim);
    let key = |key: &str, text: &str| Line::of(key, Tone::Accent).with(format!(" {text}"), Tone::Dim);
    if state.racing {
        return racing(state);
    }
    if state.completed && state.is_last() {
        return key("enter", "back to the catalogue: this lesson is finished");
    }
    let Some(step) = &state.step else { return dim("the lesson is being opened…") };
    if state.is_met() && !matches!(step.task, Task::Read) {
        return key("enter", if state.is_last() { "back to the catalogue" } else { "or ctrl-n: the next step" });
    }
    match &step.task {
        Task::Read => key("enter", "goes on when you have read it; or try something here"),
        Task::Do { .. } => dim("type a command; tab completes it, ctrl-h gives a hint"),
        Task::Predict { .. } | Task::Quiz { .. } if state.answer.is_none() => key("1 … 9", "or ↑ ↓ and enter: answer"),
        Task::Predict { .. } | Task::Quiz { .. } => key("enter", "the next step"),
        Task::Compare { .. } => key("enter", "runs the comparison"),
        Task::Advance { .. } => key("enter", "lets the time pass"),
        Task::Race { .. } => key("enter", "to the race; tab comes back to this prompt"),
    }
}

/// What the race is for, and whether that is reached: its pane may be alone on the screen.
fn racing(state: &State) -> Line {
    if state.is_met() {
        return Line::of("✓ reached  ", Tone::Good).with("ctrl-n", Tone::Accent).with(" the next step", Tone::Dim);
    }
    let Some(Task::Race { goal, .. }) = state.step.as_ref().map(|step| &step.task) else { return Line::default() };
    Line::of("⇄ ", Tone::Accent).with(printable(goal.as_bytes(), 300), Tone::Plain)
}

fn keys(state: &State) -> Vec<(&'static str, &'static str)> {
    if state.racing {
        let mut keys = vec![("a b c", "step"), ("← →", "back, forward"), ("e", "explore"), ("w", "simplest failure")];
        keys.extend([("v", "variant"), ("ctrl-n", "next step"), ("tab", "prompt"), ("?", "all keys")]);
        return keys;
    }
    let mut keys = vec![("enter", "run"), ("tab", "complete"), ("ctrl-n", "next"), ("ctrl-p", "previous")];
    if matches!(state.step.as_ref().map(|step| &step.task), Some(Task::Do { hints, .. }) if *hints > 0) {
        keys.push(("ctrl-h", "hint"));
    }
    if state.can_start() {
        keys.push(("ctrl-g", "start again"));
    }
    if state.clients().len() > 1 {
        keys.push(("f4", "next client"));
    }
    if state.desk.is_bundled() {
        keys.extend([("ctrl-z", "undo"), ("ctrl-r", "reset")]);
    }
    keys.extend([("f3", "one pane"), ("?", "all keys")]);
    keys
}

fn panes(canvas: &mut Canvas<'_>, body: Rect, state: &State) {
    let crowded = body.width < MIDDLE || (state.race.is_some() && body.width < WIDE);
    if state.alone || crowded {
        let pane = if state.racing { Pane::Work } else { state.pane };
        return match pane {
            Pane::Text => text(canvas, body, state),
            Pane::Work => work(canvas, body, state),
            Pane::Keys => keys_pane(canvas, body, state),
        };
    }
    let whole = state.compare.is_some() || state.race.is_some();
    if body.width >= WIDE {
        let left = if whole { body.width * 32 / 100 } else { (body.width * 33 / 100).clamp(36, 76) };
        let rest = body.width - left;
        text(canvas, Rect { width: left, ..body }, state);
        if whole {
            return work(canvas, Rect { x: body.x + left, width: rest, ..body }, state);
        }
        let middle = rest * 54 / 100;
        work(canvas, Rect { x: body.x + left, width: middle, ..body }, state);
        keys_pane(canvas, Rect { x: body.x + left + middle, width: rest - middle, ..body }, state);
    } else {
        let left = body.width / 2;
        let right = Rect { x: body.x + left, width: body.width - left, ..body };
        text(canvas, Rect { width: left, ..body }, state);
        if whole {
            return work(canvas, right, state);
        }
        let above = right.height / 2;
        work(canvas, Rect { height: above, ..right }, state);
        keys_pane(canvas, Rect { y: right.y + above, height: right.height - above, ..right }, state);
    }
}

/// The step's text, and below it, always in sight, its task.
fn text(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let focus = state.pane == Pane::Text && !state.racing;
    let title = state.step.as_ref().map(|step| printable(step.title.as_bytes(), 120)).unwrap_or_default();
    let inner = pane(canvas, area, &Line::of(title, Tone::Heading), focus);
    let Some(step) = &state.step else {
        let lines = [Line::of("the lesson is being opened…", Tone::Dim)];
        return canvas.rows(inner, &lines);
    };
    let width = usize::from(inner.width);
    let wrapped = |lines: Vec<Line>| -> Vec<Line> { lines.iter().flat_map(|line| wrap(line, width)).collect() };
    let mut task = wrapped(task::lines(state));
    let painted = canvas.painted;
    let rows = markdown(&step.text, width, &mut |language, code| painted.lines(language, code));
    // The text has at least a third, and what the task does not need.
    let whole = usize::from(inner.height);
    let least = (whole / 3).min(rows.len());
    let rule = usize::from(!rows.is_empty() && !task.is_empty());
    let room = whole.saturating_sub(least + rule);
    if task.len() > room {
        task = wrapped(task::in_brief(state));
    }
    let below = task.len().min(room);
    let above = if rows.is_empty() { 0 } else { whole.saturating_sub(below + rule) };
    let skip = state.text.fit(rows.len(), above);
    let height = u16::try_from(above).unwrap_or(0);
    canvas.rows(Rect { height, ..inner }, &rows[skip..]);
    if below == 0 {
        return;
    }
    let mark = if state.text.more() { Line::of("▾ pgdn reads on", Tone::Accent) } else { Line::default() };
    if rule > 0 {
        divider(canvas, area, inner.y + height, &mark, focus);
    }
    let rest = Rect { y: inner.y + height + u16::from(rule > 0), height: u16::try_from(below).unwrap_or(0), ..inner };
    canvas.rows(rest, &task);
    if task.len() > below {
        canvas.line_right(rest, rest.bottom() - 1, &Line::of("… f3 shows all", Tone::Accent));
    }
}

fn work(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let focus = state.pane == Pane::Work || state.racing;
    if let Some(it) = &state.race {
        return race::draw(canvas, area, it, state.racing);
    }
    if let Some(it) = &state.compare {
        return compare::draw(canvas, area, it);
    }
    let inner = pane(canvas, area, &Line::of("commands", Tone::Strong), focus);
    if state.desk.log.entries().is_empty() {
        canvas.line(inner.x, inner.y, &Line::of("nothing was sent yet", Tone::Dim), inner.width);
    }
    draw_log(canvas, inner, &state.desk.log);
}

fn keys_pane(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    draw_side(canvas, area, &state.desk, state.pane == Pane::Keys);
}
