//! How a comparison is drawn: lanes beside each other where there is room, else below each other.

use ratatui::layout::Rect;

use crate::render::{Line, Tone, chart, command, duration_text, elapsed_short, ratio, thousands};
use crate::resp::printable;
use crate::session::LaneReport;

use super::super::super::canvas::Canvas;
use super::super::super::widget::{divider, meter, pane};
use super::state::{Lane, State, Step};

/// A lane needs as many columns to stand beside another.
const NARROWEST: u16 = 34;
/// A lane needs as many rows to stand above a chart: its borders, its total and its bar.
const LOWEST: u16 = 4;

/// Draws the lanes, in as many columns as have room; below them the chart, once there is one.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let area = draw_chart(canvas, area, state);
    if area.height == 0 {
        return;
    }
    let count = state.lanes.len().max(1);
    let columns = usize::from(area.width / NARROWEST).clamp(1, count);
    let rows = count.div_ceil(columns);
    // All rows filled alike: four lanes are two and two, not three and one.
    let columns = count.div_ceil(rows);
    let longest = state.longest_us();
    for (at, lane) in state.lanes.iter().enumerate() {
        let (left, width) = part(area.width, at % columns, columns);
        let (top, height) = part(area.height, at / columns, rows);
        draw_lane(canvas, Rect { x: area.x + left, y: area.y + top, width, height }, lane, longest);
    }
}

/// Draws the chart and gives back the room that is left for the lanes: none where both do not fit, since the chart
/// holds what the lesson wants to be seen of them.
fn draw_chart(canvas: &mut Canvas<'_>, area: Rect, state: &State) -> Rect {
    let Some(charted) = &state.chart else { return area };
    let mut lines = chart(charted, usize::from(area.width.saturating_sub(4)));
    let title = lines.remove(0);
    let wanted = u16::try_from(lines.len() + 2).unwrap_or(area.height);
    let columns = usize::from(area.width / NARROWEST).clamp(1, state.lanes.len().max(1));
    let rows = u16::try_from(state.lanes.len().div_ceil(columns)).unwrap_or(area.height);
    let fits = area.height.saturating_sub(wanted) >= rows.saturating_mul(LOWEST);
    let height = if fits { wanted } else { area.height };
    let place = Rect { y: area.bottom() - height, height, ..area };
    let inner = pane(canvas, place, &title, false);
    canvas.rows(inner, &lines);
    Rect { height: area.height - height, ..area }
}

/// The offset and the length of one part of a whole.
fn part(whole: u16, at: usize, of: usize) -> (u16, u16) {
    let edge = |at: usize| u16::try_from(usize::from(whole) * at / of).unwrap_or(whole);
    (edge(at), edge(at + 1) - edge(at))
}

fn draw_lane(canvas: &mut Canvas<'_>, area: Rect, lane: &Lane, longest: u64) {
    let title = Line::of(printable(lane.name.as_bytes(), 80), Tone::Strong);
    let inner = pane(canvas, area, &title, false);
    let width = usize::from(inner.width);
    let summary = match &lane.report {
        Some(report) if inner.height < 5 => short_summary(report, longest, width),
        Some(report) => summary(report, longest, width),
        None if lane.so_far == Default::default() => Vec::new(),
        None => vec![Line::of(format!("so far {}", elapsed_short(lane.so_far)), Tone::Dim)],
    };
    let below = u16::try_from(summary.len()).unwrap_or(0).min(inner.height);
    let rule = u16::from(below > 0 && inner.height > below + 1);
    let steps = Rect { height: inner.height - below - rule, ..inner };
    draw_steps(canvas, steps, &lane.steps);
    if rule > 0 {
        divider(canvas, area, steps.bottom(), &Line::default(), false);
    }
    canvas.rows(Rect { y: steps.bottom() + rule, height: below, ..inner }, &summary);
}

/// The last steps that fit, one row each: a lane shows a rhythm, the log shows details.
fn draw_steps(canvas: &mut Canvas<'_>, area: Rect, steps: &[Step]) {
    let skip = steps.len().saturating_sub(usize::from(area.height));
    for (y, step) in (area.top()..area.bottom()).zip(&steps[skip..]) {
        let took = Line::of(step.took.clone(), Tone::Dim);
        let room = usize::from(area.width).saturating_sub(took.width() + 1);
        let mut line = match step.line.strip_prefix("sql ") {
            Some(statement) => Line::of("sql ", Tone::Keyword).with(printable(statement.as_bytes(), 200), Tone::Plain),
            None => command(&step.line, 200),
        };
        if !step.reply.is_empty() {
            line = line.with(" → ", Tone::Dim).with(printable(step.reply.as_bytes(), 100), Tone::Str);
        }
        canvas.line(area.x, y, &line, u16::try_from(room).unwrap_or(0));
        canvas.line_right(area, y, &took);
    }
}

fn summary(report: &LaneReport, longest: u64, width: usize) -> Vec<Line> {
    let total = report.total.total_us();
    let mark = if report.total.is_simulated() { "~" } else { "" };
    let time = |name: &str, us| fact(name, format!("{mark}{}", duration_text(us)));
    let counts = [
        (report.round_trips, "round trip", "round trips"),
        (report.queries, "query", "queries"),
        (report.commands, "command", "commands"),
    ];
    let mut lines = vec![
        Line::of("total ", Tone::Dim).with(elapsed_short(report.total), Tone::Strong),
        spaced([time("p50", report.p50_us), time("p99", report.p99_us)]),
        spaced(counts.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| count(n, one, many))),
    ];
    if !report.observed.is_empty() {
        let shown = report.observed.iter().take(6);
        lines.push(spaced(
            shown.map(|(name, value)| fact(&printable(name.as_bytes(), 40), printable(value.as_bytes(), 60))),
        ));
    }
    lines.push(bar(total, longest, width));
    lines
}

/// What matters most, for a lane that is low.
fn short_summary(report: &LaneReport, longest: u64, width: usize) -> Vec<Line> {
    let trips = count(report.round_trips, "round trip", "round trips");
    let total = Line::of("total ", Tone::Dim).with(elapsed_short(report.total), Tone::Strong);
    vec![spaced([total, trips]), bar(report.total.total_us(), longest, width)]
}

/// The lane's time as a bar, and how many times less it is than the longest.
fn bar(total: u64, longest: u64, width: usize) -> Line {
    let less = if total < longest { ratio(longest, total).map(|ratio| format!(" {ratio} less")) } else { None };
    let room = width.saturating_sub(less.as_ref().map_or(0, |less| crate::render::width(less)));
    let (full, _) = meter(total, longest.max(1), room);
    Line::of(full, Tone::Accent).with(less.unwrap_or_default(), Tone::Good)
}

fn fact(name: &str, value: String) -> Line {
    Line::of(format!("{name} "), Tone::Dim).with(value, Tone::Plain)
}

fn count(n: u64, one: &str, many: &str) -> Line {
    let word = if n == 1 { one } else { many };
    Line::of(thousands(n), Tone::Plain).with(format!(" {word}"), Tone::Dim)
}

/// The parts in one line.
fn spaced(parts: impl IntoIterator<Item = Line>) -> Line {
    let mut line = Line { spans: Vec::new(), hang: 0, wrap: false };
    for part in parts {
        if !line.spans.is_empty() {
            line = line.with("  ", Tone::Plain);
        }
        line.spans.extend(part.spans);
    }
    line
}
