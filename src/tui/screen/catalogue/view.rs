//! How the catalogue is drawn.

use ratatui::layout::Rect;

use crate::lesson::Mastery;
use crate::render::{Line, Tone, wrap};
use crate::resp::printable;
use crate::session::LessonEntry;

use super::super::super::canvas::Canvas;
use super::super::super::widget::{Desktop, key_strip, meter, pane, title_strip};
use super::state::{Item, State};

const KEYS: &[(&str, &str)] =
    &[("enter", "open"), ("n", "next lesson"), ("/", "search"), ("↑↓", "choose"), ("q", "quit"), ("?", "all keys")];

/// From this width on, details stand beside the list.
const WIDE: u16 = 100;

/// Draws the catalogue.
pub fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let desktop = Desktop::divide(canvas.buffer.area, false, 0);
    let count = state.catalogue.as_ref().map_or(0, |catalogue| catalogue.lessons.len());
    let right = Line::of(format!("{} of {count} lessons finished", state.finished()), Tone::Dim);
    title_strip(canvas, desktop.title, &Line::of("learn Redis by running it", Tone::Dim), &[], &[right]);
    let body = desktop.body;
    let (list, details) = if body.width >= WIDE {
        let left = body.width * 45 / 100;
        (Rect { width: left, ..body }, Rect { x: body.x + left, width: body.width - left, ..body })
    } else {
        let below = (body.height / 3).clamp(5, 9).min(body.height);
        let height = body.height - below;
        (Rect { height, ..body }, Rect { y: body.y + height, height: below, ..body })
    };
    draw_list(canvas, list, state);
    draw_details(canvas, details, state);
    key_strip(canvas, desktop.keys, KEYS);
}

fn draw_list(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let title = match &state.search {
        Some(search) => {
            let cursor = if state.typing { "▏" } else { "" };
            Line::of("/", Tone::Accent)
                .with(format!("{}{cursor}", printable(search.text().as_bytes(), 60)), Tone::Strong)
        }
        None => Line::of("lessons", Tone::Strong),
    };
    let inner = pane(canvas, area, &title, true);
    if state.catalogue.is_none() {
        canvas.line(inner.x, inner.y, &Line::of("reading the lessons…", Tone::Dim), inner.width);
        return;
    }
    let items = state.items();
    if items.is_empty() {
        canvas.line(inner.x, inner.y, &Line::of("nothing matches; esc shows all", Tone::Dim), inner.width);
    }
    let selected = state.selected.min(items.len().saturating_sub(1));
    let (rows, at) = rows(state, &items, selected);
    let height = usize::from(inner.height);
    // The selection stays away from the edge, so that one sees where it goes.
    let skip = (at + 2 + height / 4).saturating_sub(height).min(rows.len().saturating_sub(height));
    for (y, row) in (inner.top()..inner.bottom()).zip(rows.iter().skip(skip)) {
        canvas.line(inner.x, y, &row.left, inner.width);
        if usize::from(inner.width) > row.left.width() + row.right.width() {
            canvas.line_right(inner, y, &row.right);
        }
        if row.selected {
            let style = canvas.theme.selected();
            canvas.paint_row(inner, y, style);
        }
    }
}

#[derive(Default)]
struct Row {
    left: Line,
    right: Line,
    selected: bool,
}

/// The rows with their headings, and the row of the selection.
fn rows(state: &State, items: &[Item], selected: usize) -> (Vec<Row>, usize) {
    let (mut rows, mut at, mut group) = (Vec::new(), 0, String::new());
    for (place, item) in items.iter().enumerate() {
        let name = heading(state, *item);
        if name != group {
            if !rows.is_empty() {
                rows.push(Row::default());
            }
            rows.push(Row { left: Line::of(name.clone(), Tone::Heading), ..Row::default() });
            group = name;
        }
        if place == selected {
            at = rows.len();
        }
        rows.push(row(state, *item, place == selected));
    }
    (rows, at)
}

fn heading(state: &State, item: Item) -> String {
    match item {
        Item::Lesson(at) => state.lesson(at).map(|it| printable(it.track.as_bytes(), 60)).unwrap_or_default(),
        Item::Scenario(_) => "race lab".to_string(),
        Item::Play => "playground".to_string(),
    }
}

fn row(state: &State, item: Item, selected: bool) -> Row {
    let pointer = if selected { "▸ " } else { "  " };
    let line = |sign: &str, tone, title: &str| {
        let title = printable(title.as_bytes(), 120);
        Line::of(pointer, Tone::Accent).with(format!("{sign} "), tone).with(title, Tone::Plain)
    };
    let dim = |text: String| Line::of(text, Tone::Dim);
    let (left, right) = match item {
        Item::Lesson(at) => {
            let Some(lesson) = state.lesson(at) else { return Row::default() };
            let progress = state.progress_of(lesson);
            let (sign, tone) = match (&progress.finished, progress.steps.len()) {
                (Some(_), _) => ("✓", Tone::Good),
                (None, 0) => ("○", Tone::Dim),
                (None, _) => ("◐", Tone::Warning),
            };
            let right = match (&progress.finished, progress.steps.len()) {
                (None, done) if done > 0 => format!("{done}/{}", lesson.steps),
                _ => format!("{} min", lesson.minutes),
            };
            (line(sign, tone, &lesson.title), dim(right))
        }
        Item::Scenario(at) => {
            let Some(scenario) = state.scenario(at) else { return Row::default() };
            (line("⇄", Tone::Dim, &scenario.title), dim(format!("{} variants", scenario.variants.len())))
        }
        Item::Play => (line("›", Tone::Dim, "A prompt and nothing else"), Line::default()),
    };
    Row { left, right, selected }
}

fn draw_details(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let inner = pane(canvas, area, &Line::of("about", Tone::Dim), false);
    let width = usize::from(inner.width);
    let mut lines = state.current().map(|item| details(state, item, width)).unwrap_or_default();
    if let Some(lesson) = state.next().filter(|_| inner.height > 8).and_then(|at| state.lesson(at)) {
        lines.push(Line::default());
        let title = printable(lesson.title.as_bytes(), 120);
        lines.push(Line::of("next ", Tone::Accent).with(title, Tone::Strong).with("  press n", Tone::Dim));
    }
    for notice in &state.notices {
        lines.push(Line::default());
        lines.push(Line::of(format!("! {}", printable(notice.as_bytes(), 1_000)), Tone::Warning));
    }
    let rows: Vec<Line> = lines.iter().flat_map(|line| wrap(line, width)).collect();
    canvas.rows(inner, &rows);
}

/// What is better taken before a lesson; what is finished already is ticked.
fn prerequisites(state: &State, lesson: &LessonEntry) -> Option<Line> {
    let known = |id: &String| state.catalogue.as_ref()?.lessons.iter().find(|lesson| lesson.id == *id);
    let mut line = Line::of("better after ", Tone::Dim);
    for (place, before) in lesson.prerequisites.iter().filter_map(known).enumerate() {
        let dot = if place > 0 { " · " } else { "" };
        line = line.with(format!("{dot}{}", printable(before.title.as_bytes(), 120)), Tone::Dim);
        if state.progress_of(before).finished.is_some() {
            line = line.with(" ✓", Tone::Good);
        }
    }
    (line.spans.len() > 1).then_some(line)
}

fn details(state: &State, item: Item, width: usize) -> Vec<Line> {
    let text = |text: &str, tone| Line::of(printable(text.as_bytes(), 1_000), tone);
    match item {
        Item::Lesson(at) => {
            let Some(lesson) = state.lesson(at) else { return Vec::new() };
            let progress = state.progress_of(lesson);
            let done = progress.steps.len().min(lesson.steps);
            let (full, empty) = meter(done as u64, lesson.steps as u64, width.min(30));
            let status = match (&progress.finished, done) {
                (Some(day), _) => Line::of(format!("✓ finished on {}", printable(day.as_bytes(), 30)), Tone::Good),
                (None, 0) => Line::of(format!("{} steps, about {} minutes", lesson.steps, lesson.minutes), Tone::Dim),
                (None, done) => Line::of(
                    format!("{done} of {} steps; goes on at step {}", lesson.steps, progress.current + 1),
                    Tone::Warning,
                ),
            };
            let bar = Line { wrap: false, ..Line::of(full, Tone::Good).with(empty, Tone::Dim) };
            let mut lines = vec![text(&lesson.title, Tone::Heading), text(&lesson.summary, Tone::Plain), status];
            if progress.finished.is_none() {
                lines.extend(prerequisites(state, lesson));
            }
            lines.push(bar);
            let mastery = state.mastery.get(&lesson.id).and_then(Mastery::sentence);
            lines.extend(mastery.map(|sentence| Line::of(sentence, Tone::Dim)));
            lines
        }
        Item::Scenario(at) => {
            let Some(scenario) = state.scenario(at) else { return Vec::new() };
            let mut lines = vec![text(&scenario.title, Tone::Heading), text(&scenario.summary, Tone::Plain)];
            for variant in &scenario.variants {
                let mut line = Line::of("• ", Tone::Dim).with(printable(variant.as_bytes(), 200), Tone::Plain);
                line.hang = 2;
                lines.push(line);
            }
            lines
        }
        Item::Play => vec![
            text("Playground", Tone::Heading),
            text("Type any command and see what it does to keys and time. Several clients, one server.", Tone::Plain),
        ],
    }
}
