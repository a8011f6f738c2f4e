//! A failing schedule beside the nearest one that holds, row by row, so that the first difference shows.

use ratatui::layout::Rect;

use crate::lab::{ContrastView, Side, StepTaken};
use crate::render::{Line, Tone, cut, wrap};
use crate::resp::printable;

use super::super::super::canvas::Canvas;
use super::super::super::widget::{divider, pane};
use super::lanes::{client_tone, safe, step_line};
use super::state::State;

/// Draws both over the whole area.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, state: &State, view: &ContrastView) {
    canvas.clear(area);
    let title = Line::of("the simplest failure", Tone::Bad).with("  and the nearest schedule that holds", Tone::Good);
    let inner = pane(canvas, area, &title, true);
    let half = usize::from(inner.width) / 2;
    let (left, right) = (sentence(&view.failing, false, half), sentence(&view.holding, true, half));
    let wanted = u16::try_from(left.len().max(right.len())).unwrap_or(0);
    let below = wanted.min(inner.height / 2);
    let rule = u16::from(inner.height > below + 2);
    let height = inner.height.saturating_sub(below + rule);
    let lines = both(view, half);
    let skip = state.over.fit(lines.len(), usize::from(height));
    canvas.rows(Rect { height, ..inner }, &lines[skip..]);
    if rule > 0 {
        let differs = Line::of(format!("≠ they part at step {}", view.differs_at + 1), Tone::Warning);
        divider(canvas, area, inner.y + height, &differs, true);
    }
    let low = Rect { y: inner.y + height + rule, height: below, ..inner };
    canvas.rows(low, &left);
    let side = u16::try_from(half + 1).unwrap_or(0).min(inner.width);
    canvas.rows(Rect { x: low.x + side, width: low.width - side, ..low }, &right);
}

fn sentence(side: &Side, holds: bool, most: usize) -> Vec<Line> {
    let (sign, tone) = if holds { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
    let said = Line::of(format!("{sign} {}", printable(side.sentence.as_bytes(), 400)), tone);
    let replay = Line::of("replay ", Tone::Dim).with(printable(side.replay.as_bytes(), 600), Tone::Plain);
    let lines = [Line { hang: 2, ..said }, Line { hang: 7, ..replay }];
    lines.iter().flat_map(|line| wrap(line, most.saturating_sub(1).max(8))).collect()
}

/// The steps of both, aligned.
fn both(view: &ContrastView, half: usize) -> Vec<Line> {
    let (failing, holding) = (&view.failing.steps, &view.holding.steps);
    let count = failing.len().max(holding.len());
    let row = |at: usize| {
        let (left, right) = (failing.get(at).map(AsRef::as_ref), holding.get(at).map(AsRef::as_ref));
        let (mark, tone) = match at.cmp(&view.differs_at) {
            std::cmp::Ordering::Less => ("=", Tone::Dim),
            std::cmp::Ordering::Equal => ("≠", Tone::Warning),
            std::cmp::Ordering::Greater => (" ", Tone::Dim),
        };
        let mut line = Line::of(format!("{mark} {:<3}", at + 1), tone);
        line.spans.extend(cell(left, half.saturating_sub(6)).spans);
        let fill = (half + 1).saturating_sub(line.width());
        line = line.with(" ".repeat(fill), Tone::Plain);
        line.spans.extend(cell(right, half.saturating_sub(2)).spans);
        line
    };
    (0..count).map(row).collect()
}

fn cell(step: Option<&StepTaken>, most: usize) -> Line {
    let Some(step) = step else { return Line::default() };
    let mut line = Line::of(format!("{}  ", safe(&step.name)), client_tone(step.client));
    line.spans.extend(step_line(step, true).spans);
    cut(&line, most)
}
