//! The swimlanes: one column for each client, one for each observed value, one row for each step.

use std::ops::Range;

use ratatui::layout::Rect;

use crate::lab::{RaceView, StepTaken};
use crate::render::{Line, Tone, cut, width};
use crate::resp::printable;

use super::super::super::canvas::Canvas;
use super::state::{Hit, State};

/// So many characters of anything are looked at for one cell.
const MOST: usize = 300;
/// An observed value takes at most so many columns.
const VALUE: usize = 22;

/// Text that is safe to show.
pub fn safe(text: &str) -> String {
    printable(text.as_bytes(), MOST)
}

/// The hue of a client.
pub fn client_tone(at: usize) -> Tone {
    Tone::Client(u8::try_from(at).unwrap_or(0))
}

/// Text cut and filled up to exactly `most` columns, one of which stays free.
pub fn fitted(text: &str, most: usize) -> String {
    let cut = cut(&Line::of(text, Tone::Plain), most.saturating_sub(1)).text();
    let fill = most.saturating_sub(width(&cut));
    format!("{cut}{}", " ".repeat(fill))
}

/// A step with its reply, in the hue of its client; pale where it was taken back.
pub fn step_line(step: &StepTaken, past: bool) -> Line {
    let tone = |tone| if past { tone } else { Tone::Dim };
    let mut line = Line::of(safe(&step.step), tone(client_tone(step.client)));
    if !step.reply.is_empty() {
        let waits = step.reply == "blocked";
        line = line.with(" → ", Tone::Dim);
        line = line.with(safe(&step.reply), tone(if waits { Tone::Warning } else { Tone::Plain }));
    }
    line
}

/// How the width is shared.
pub struct Columns {
    number: usize,
    lane: usize,
    lanes: usize,
    /// The observed values that have room, with their widths.
    observed: Vec<usize>,
}

impl Columns {
    /// For the rows that are seen.
    fn of(view: &RaceView, rows: &Range<usize>, most: usize) -> Columns {
        let number = view.path.len().to_string().len() + 2;
        let steps = view.path.get(rows.clone()).unwrap_or_default();
        let widest = |at: usize, name: &str| {
            let values = steps.iter().filter_map(|step| step.observed.get(at)).map(|(_, value)| value);
            let now = view.observed.get(at).map(|(_, value)| value);
            let longest = values.chain(now).map(|value| width(&printable(value.as_bytes(), VALUE))).max();
            longest.unwrap_or(0).max(width(&safe(name)).min(VALUE)).clamp(1, VALUE)
        };
        let (mut observed, mut used) = (Vec::new(), 0);
        // The clients keep two thirds, or what six of them need.
        let room = (most / 3).min(most.saturating_sub(number + view.clients.len() * 6));
        for (at, (name, _)) in view.observed.iter().enumerate() {
            let wanted = widest(at, name);
            let wanted = if at == 0 { wanted.min(room.saturating_sub(1)).max(3) } else { wanted };
            if at > 0 && used + wanted + 2 > room {
                break;
            }
            used += wanted + 2;
            observed.push(wanted);
        }
        let shared = most.saturating_sub(number + used);
        let lane = shared / view.clients.len().max(1);
        Columns { number, lane, lanes: shared, observed }
    }

    fn head(&self, view: &RaceView) -> Line {
        let mut line = Line::of(" ".repeat(self.number), Tone::Plain);
        let mut end = self.number;
        for (at, client) in view.clients.iter().enumerate() {
            let text = format!("{} {}", State::letter(at), safe(&client.name));
            line = line.with(fitted(&text, self.lane), client_tone(at));
            end += self.lane;
        }
        line = line.with(" ".repeat((self.number + self.lanes).saturating_sub(end)), Tone::Plain);
        for ((name, _), most) in view.observed.iter().zip(&self.observed) {
            line = line.with(format!(" {}", fitted(&safe(name), most + 1)), Tone::Dim);
        }
        if self.observed.len() < view.observed.len() {
            line = line.with("…", Tone::Dim);
        }
        line
    }

    fn row(&self, view: &RaceView, at: usize, step: &StepTaken) -> Line {
        let past = at < view.position;
        let here = at + 1 == view.position;
        let mut line = Line::of(if here { "▸" } else { " " }, Tone::Accent);
        line = line.with(format!("{:<fill$} ", at + 1, fill = self.number - 2), Tone::Dim);
        let place = step.client.min(view.clients.len().saturating_sub(1));
        line = line.with(" ".repeat(self.lane * place), Tone::Plain);
        let last = place + 1 == view.clients.len();
        let room = if last { self.lanes.saturating_sub(self.lane * place) } else { self.lane };
        line.spans.extend(cut(&step_line(step, past), room.saturating_sub(1)).spans);
        let fill = (self.number + self.lanes).saturating_sub(line.width());
        line = line.with(" ".repeat(fill), Tone::Plain);
        let before = at.checked_sub(1).and_then(|before| view.path.get(before));
        for (n, ((_, value), most)) in step.observed.iter().zip(&self.observed).enumerate() {
            let same = before.is_some_and(|before| before.observed.get(n).is_some_and(|(_, old)| old == value));
            let tone = if past && !same { Tone::Number } else { Tone::Dim };
            line = line.with(format!(" {}", fitted(&printable(value.as_bytes(), VALUE), most + 1)), tone);
        }
        line
    }

    /// Whether a step is shown as a whole in its lane.
    fn holds(&self, view: &RaceView, step: &StepTaken) -> bool {
        let last = step.client + 1 == view.clients.len();
        let room = if last { self.lanes.saturating_sub(self.lane * step.client.min(64)) } else { self.lane };
        step_line(step, true).width() < room
    }
}

/// Which rows are seen: the position is among them unless somebody scrolls away from it.
fn window(state: &State, view: &RaceView, height: usize) -> Range<usize> {
    let count = view.path.len();
    if count <= height {
        return 0..count;
    }
    let wanted = if view.position >= count { count } else { view.position + height / 3 };
    let base = wanted.clamp(height, count);
    let back = if state.focus() == view.variant { state.back.fit(count, height) } else { 0 };
    let end = base.saturating_sub(back).max(height);
    end - height..end
}

/// Whether the last step can be shown as a whole in its lane.
pub fn fits(area: Rect, view: &RaceView) -> bool {
    let last = view.position.checked_sub(1).and_then(|at| view.path.get(at));
    let rows = view.position.saturating_sub(1)..view.position;
    last.is_none_or(|step| Columns::of(view, &rows, usize::from(area.width)).holds(view, step))
}

/// Draws the lanes of a variant.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, state: &State, view: &RaceView) {
    let height = usize::from(area.height.saturating_sub(1));
    let rows = window(state, view, height);
    let columns = Columns::of(view, &rows, usize::from(area.width));
    canvas.line(area.x, area.y, &columns.head(view), area.width);
    note(area, state, view, &columns);
    for (y, at) in (area.y + 1..area.bottom()).zip(rows.clone()) {
        let Some(step) = view.path.get(at) else { break };
        canvas.line(area.x, y, &columns.row(view, at, step), area.width);
        state.hits.add(Rect { y, height: 1, ..area }, Hit::Step(view.variant, at + 1));
    }
    if view.path.is_empty() && height > 0 {
        let line = Line::of("nobody has moved yet: choose who goes first", Tone::Dim);
        canvas.line(area.x, area.y + 1, &line, area.width);
    }
}

/// Where the wheel scrolls, and whose lane is whose.
fn note(area: Rect, state: &State, view: &RaceView, columns: &Columns) {
    state.hits.add(area, Hit::Lanes(view.variant));
    let (number, lane) = (u16::try_from(columns.number).unwrap_or(0), u16::try_from(columns.lane).unwrap_or(0));
    for at in 0..view.clients.len().min(64) {
        let x = area.x.saturating_add(number).saturating_add(lane.saturating_mul(u16::try_from(at).unwrap_or(0)));
        let lane = Rect { x, width: lane.min(area.right().saturating_sub(x)), ..area };
        state.hits.add(lane, Hit::Client(view.variant, at));
    }
}
