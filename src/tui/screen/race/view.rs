//! How a race is drawn: swimlanes, who may go next, and what exploring found.

use ratatui::layout::Rect;

use crate::lab::{ClientView, RaceView, StepTaken, VariantReport};
use crate::render::{Line, Span, Tone, command, cut, markdown, wrap_all};
use crate::resp::printable;

use super::super::super::canvas::Canvas;
use super::super::super::part::progress_line;
use super::super::super::widget::{divider, meter, overlay, pane};
use super::state::State;

/// From this width on, what exploring found stands beside the lanes.
const WIDE: u16 = 100;
/// A client's lane is at least so wide; else all share one column.
const LANE: usize = 15;

/// Draws the lab; `focus` says whether its keys are heard.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, state: &State, focus: bool) {
    let Some(view) = &state.view else {
        let inner = pane(canvas, area, &Line::of("race", Tone::Strong), focus);
        canvas.line(inner.x, inner.y, &Line::of("the race is being set up…", Tone::Dim), inner.width);
        return;
    };
    let found = found(state, view);
    if area.width >= WIDE {
        let left = area.width * 58 / 100;
        draw_lanes(canvas, Rect { width: left, ..area }, state, view, focus);
        draw_found(canvas, Rect { x: area.x + left, width: area.width - left, ..area }, state, &found);
    } else {
        let wanted = u16::try_from(found.len()).unwrap_or(u16::MAX).saturating_add(2);
        let below = wanted.clamp(3, (area.height * 2 / 5).max(3)).min(area.height);
        let height = area.height - below;
        draw_lanes(canvas, Rect { height, ..area }, state, view, focus);
        draw_found(canvas, Rect { y: area.y + height, height: below, ..area }, state, &found);
    }
    overlays(canvas, state, view);
}

fn overlays(canvas: &mut Canvas<'_>, state: &State, view: &RaceView) {
    if state.reading {
        let painted = canvas.painted;
        let width = usize::from(canvas.buffer.area.width.saturating_sub(4).min(84));
        let lines = markdown(&view.text, width, &mut |language, code| painted.lines(language, code));
        overlay(canvas, &Line::of(safe(&view.title), Tone::Strong), &lines, 88, 0);
    }
    if let Some(editor) = &state.replay {
        let names: Vec<String> = view.clients.iter().map(|client| safe(&client.name)).collect();
        let lines = [
            Line::of(format!("{}▏", printable(editor.text().as_bytes(), 500)), Tone::Plain),
            Line::default(),
            Line::of(format!("the clients in their order, such as  {}", names.join(" ")), Tone::Dim),
            Line::of("enter plays it, esc closes", Tone::Dim),
        ];
        overlay(canvas, &Line::of("replay a schedule", Tone::Accent), &lines, 76, 0);
    }
}

fn safe(text: &str) -> String {
    printable(text.as_bytes(), 200)
}

fn draw_lanes(canvas: &mut Canvas<'_>, area: Rect, state: &State, view: &RaceView, focus: bool) {
    let inner = pane(canvas, area, &variant_title(view), focus);
    let next = next_lines(view, usize::from(inner.width));
    let below = u16::try_from(next.len()).unwrap_or(0).min(inner.height * 3 / 5);
    let rule = u16::from(inner.height > below + 2);
    let lanes = Rect { height: inner.height - below - rule, ..inner };
    let columns = Columns::of(view, usize::from(inner.width));
    canvas.line(lanes.x, lanes.y, &columns.head(view), lanes.width);
    let steps = Rect { y: lanes.y + 1, height: lanes.height.saturating_sub(1), ..lanes };
    let height = usize::from(steps.height);
    let rows = lane_rows(view, &columns);
    let back = state.back.fit(rows.len(), height);
    let end = rows.len() - back;
    canvas.rows(steps, &rows[end.saturating_sub(height)..end]);
    if rule > 0 {
        divider(canvas, area, lanes.bottom(), &Line::of("next", Tone::Dim), focus);
    }
    canvas.rows(Rect { y: lanes.bottom() + rule, height: below, ..inner }, &next);
}

fn variant_title(view: &RaceView) -> Line {
    let (name, title) = view.variants.get(view.variant).cloned().unwrap_or_default();
    let line = Line::of(safe(&name), Tone::Strong).with(format!("  {}", safe(&title)), Tone::Plain);
    if view.variants.len() > 1 {
        line.with(format!("  {}/{}", view.variant + 1, view.variants.len()), Tone::Dim)
    } else {
        line
    }
}

/// How the width is shared.
struct Columns {
    number: usize,
    /// One lane a client; 0 if all share one column.
    lane: usize,
    shared: usize,
    observed: usize,
}

impl Columns {
    fn of(view: &RaceView, width: usize) -> Columns {
        let number = view.path.len().to_string().len() + 2;
        let longest = view.path.iter().map(|step| crate::render::width(&observed(&step.observed))).max().unwrap_or(0);
        let now = crate::render::width(&observed(&view.observed));
        let head = view.observed.iter().map(|(name, _)| name.len()).sum::<usize>() + 2;
        let observed = longest.max(now).max(head).min(width / 3);
        let shared = width.saturating_sub(number + observed + 1);
        let lane = shared / view.clients.len().max(1);
        Columns { number, lane: if lane >= LANE { lane } else { 0 }, shared, observed }
    }

    fn head(&self, view: &RaceView) -> Line {
        let mut line = Line::of(" ".repeat(self.number), Tone::Plain);
        if self.lane > 0 {
            for (at, client) in view.clients.iter().enumerate() {
                line = line.with(fitted(&safe(&client.name), self.lane), client_tone(at));
            }
            line = line.with(" ".repeat(self.shared - self.lane * view.clients.len()), Tone::Plain);
        } else {
            line = line.with(fitted("client  step", self.shared), Tone::Dim);
        }
        let names: Vec<String> = view.observed.iter().map(|(name, _)| safe(name)).collect();
        line.with(format!(" {}", names.join("  ")), Tone::Dim)
    }
}

fn client_tone(at: usize) -> Tone {
    Tone::Client(u8::try_from(at).unwrap_or(0))
}

/// Text cut and filled up to exactly `most` columns.
fn fitted(text: &str, most: usize) -> String {
    let cut = cut(&Line::of(text, Tone::Plain), most.saturating_sub(1)).text();
    let fill = most.saturating_sub(crate::render::width(&cut));
    format!("{cut}{}", " ".repeat(fill))
}

/// The observed values, each below its name in the head.
fn observed(values: &[(String, String)]) -> String {
    let cells = values.iter().map(|(name, value)| {
        let value = printable(value.as_bytes(), 40);
        let fill = crate::render::width(&safe(name)).saturating_sub(crate::render::width(&value));
        format!("{value}{}", " ".repeat(fill))
    });
    cells.collect::<Vec<_>>().join("  ")
}

fn lane_rows(view: &RaceView, columns: &Columns) -> Vec<Line> {
    let rows = view.path.iter().enumerate().map(|(at, step)| lane_row(view, columns, at, step));
    let mut rows: Vec<Line> = rows.collect();
    if rows.is_empty() {
        rows.push(Line::of("nobody has moved yet: choose who goes first", Tone::Dim));
    }
    rows
}

fn lane_row(view: &RaceView, columns: &Columns, at: usize, step: &StepTaken) -> Line {
    let past = at < view.position;
    // What was taken back is still there to go forward to, and pale.
    let tone = |tone| if past { tone } else { Tone::Dim };
    let mut line = Line::of(format!("{:>width$}  ", at + 1, width = columns.number - 2), Tone::Dim);
    let what = step_line(step, past);
    let place = step.client.min(view.clients.len());
    let lane = if columns.lane > 0 {
        line = line.with(" ".repeat(columns.lane * place), Tone::Plain);
        columns.shared.saturating_sub(columns.lane * place).min(own_width(view, columns, place))
    } else {
        let letter = format!("{} ", State::letter(step.client));
        line = line.with(letter, tone(client_tone(step.client)));
        line = line.with(fitted(&safe(&step.name), 8), tone(client_tone(step.client)));
        columns.shared.saturating_sub(10)
    };
    let shown = cut(&what, lane.saturating_sub(1));
    let end = columns.number + columns.shared;
    line.spans.extend(shown.spans);
    let fill = end.saturating_sub(line.width());
    line = line.with(" ".repeat(fill), Tone::Plain);
    let values = cut(&Line::of(observed(&step.observed), Tone::Plain), columns.observed).text();
    line.with(format!(" {values}"), tone(Tone::Number))
}

/// A step may run over the lanes to its right: nothing stands there in its row.
fn own_width(view: &RaceView, columns: &Columns, place: usize) -> usize {
    columns.lane * (view.clients.len() - place)
}

fn step_line(step: &StepTaken, past: bool) -> Line {
    let mut line = if past { command(&step.step, 300) } else { Line::of(safe(&step.step), Tone::Dim) };
    if !step.reply.is_empty() {
        line = line.with(" → ", Tone::Dim);
        line = line.with(printable(step.reply.as_bytes(), 200), if past { Tone::Plain } else { Tone::Dim });
    }
    line
}

/// Who may go next, the values of the world, the verdict.
fn next_lines(view: &RaceView, width: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    if let Some(holds) = view.holds {
        let (sign, tone) = if holds { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
        let text = if view.sentence.is_empty() { &view.invariant } else { &view.sentence };
        let mut line = Line::of(format!("{sign} "), tone).with(printable(text.as_bytes(), 400), tone);
        line.hang = 2;
        lines.extend(crate::render::wrap(&line, width));
    } else if !view.sentence.is_empty() {
        let line = Line { hang: 2, ..Line::of(format!("! {}", safe(&view.sentence)), Tone::Warning) };
        lines.extend(crate::render::wrap(&line, width));
    }
    let names = view.clients.iter().map(|client| crate::render::width(&safe(&client.name))).max().unwrap_or(0).min(16);
    for (at, client) in view.clients.iter().enumerate() {
        lines.push(client_line(at, client, names));
    }
    for (letter, (label, possible)) in ('A'..='U').zip(&view.faults) {
        let (key, text) = if *possible { (Tone::Accent, Tone::Warning) } else { (Tone::Dim, Tone::Dim) };
        lines.push(Line::of(format!("[{letter}] "), key).with(safe(label), text));
    }
    if !view.world.is_empty() {
        let world: Vec<String> =
            view.world.iter().map(|(name, value)| format!("{} = {}", safe(name), safe(value))).collect();
        lines.push(Line::of("world  ", Tone::Dim).with(world.join("  "), Tone::Plain));
    }
    if !view.replay.is_empty() {
        lines.push(Line::of("replay ", Tone::Dim).with(printable(view.replay.as_bytes(), 1_000), Tone::Dim));
    }
    lines
}

fn client_line(at: usize, client: &ClientView, names: usize) -> Line {
    let key = if client.can_run { Tone::Accent } else { Tone::Dim };
    let mut line = Line::of(format!("[{}] ", State::letter(at)), key)
        .with(fitted(&safe(&client.name), names + 2), client_tone(at));
    line = match &client.next {
        Some(next) => {
            line.spans.extend(command(next, 300).spans);
            line
        }
        None => line.with(safe(&client.state), Tone::Dim),
    };
    let registers: Vec<String> = client
        .registers
        .iter()
        .take(8)
        .map(|(name, value)| format!("{}={}", safe(name), printable(value.as_bytes(), 30)))
        .collect();
    if !registers.is_empty() {
        line = line.with(format!("   {}", registers.join(" ")), Tone::Dim);
    }
    if !client.watched.is_empty() {
        let tone = if client.watch_dirty { Tone::Warning } else { Tone::Dim };
        let what = if client.watch_dirty { "watched, and modified since" } else { "watches" };
        let keys: Vec<&str> = client.watched.iter().map(|watch| watch.key.as_str()).collect();
        line = line.with(format!("   {what} {}", safe(&keys.join(" "))), tone);
    }
    line
}

fn draw_found(canvas: &mut Canvas<'_>, area: Rect, state: &State, lines: &[Line]) {
    let inner = pane(canvas, area, &Line::of("all schedules", Tone::Dim), false);
    let rows = wrap_all(lines, usize::from(inner.width));
    let height = usize::from(inner.height);
    // A selected schedule is kept in sight.
    let at = rows.iter().position(|row| row.text().starts_with('▸')).unwrap_or(0);
    let scrolled = state.below.fit(rows.len(), height);
    let skip = scrolled.max((at + 2).saturating_sub(height)).min(rows.len().saturating_sub(height));
    canvas.rows(inner, &rows[skip..]);
}

/// What exploring found, of this variant in detail and of the others in a line each.
fn found(state: &State, view: &RaceView) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(busy) = &state.busy {
        lines.push(progress_line(busy, 50));
    }
    match state.report() {
        Some(report) => lines.extend(report_lines(report, view, state.listed)),
        None if state.busy.is_none() => {
            lines.push(
                Line::of("e", Tone::Accent).with(" runs every schedule on the bundled engine, and counts", Tone::Dim),
            );
        }
        None => {}
    }
    let others = state.reports.iter().flatten().filter(|report| report.index != view.variant);
    for (at, other) in others.enumerate() {
        if at == 0 {
            lines.push(Line::default());
        }
        let (sign, tone) = sign(other);
        lines.push(
            Line::of(format!("{sign} "), tone)
                .with(format!("{}  ", safe(&other.variant)), Tone::Plain)
                .with(counts(other), Tone::Dim),
        );
    }
    lines
}

fn sign(report: &VariantReport) -> (&'static str, Tone) {
    match (report.violating.as_str(), report.exhaustive) {
        ("0", true) => ("✓", Tone::Good),
        ("0", false) => ("?", Tone::Warning),
        _ => ("✗", Tone::Bad),
    }
}

fn counts(report: &VariantReport) -> String {
    let seen = if report.exhaustive { "" } else { " seen" };
    format!("{} schedules{seen}, {} violate", digits(&report.schedules), digits(&report.violating))
}

/// An exact count in digits, grouped; it may be longer than any integer.
fn digits(count: &str) -> String {
    let groups: Vec<&[u8]> = count.as_bytes().rchunks(3).rev().collect();
    let groups: Vec<String> = groups.into_iter().map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    printable(groups.join(",").as_bytes(), 60)
}

fn report_lines(report: &VariantReport, view: &RaceView, selected: usize) -> Vec<Line> {
    let (mark, tone) = sign(report);
    let mut lines = vec![Line::of(format!("{mark} {}", counts(report)), tone)];
    if !report.limit.is_empty() {
        lines.push(Line::of(format!("ended early: {}", safe(&report.limit)), Tone::Warning));
    }
    let (whole, most) = (share(&report.schedules), report.outcomes.len().min(12));
    for outcome in report.outcomes.iter().take(most) {
        let (sign, tone) = if outcome.holds { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
        let (full, empty) = meter(share(&outcome.schedules).min(whole), whole, 14);
        let values: Vec<String> =
            outcome.values.iter().map(|(name, value)| format!("{} = {}", safe(name), json(value))).collect();
        let mut line = Line::of(format!("{sign} "), tone)
            .with(full, tone)
            .with(empty, Tone::Dim)
            .with(format!(" {}  ", digits(&outcome.schedules)), Tone::Plain)
            .with(values.join("  "), Tone::Plain);
        if !outcome.stuck.is_empty() {
            line = line.with(format!("  stuck: {}", safe(&outcome.stuck.join(" "))), Tone::Warning);
        }
        line.hang = 2;
        lines.push(line);
        for fault in &outcome.faults {
            let mut line = Line::of("  ended by an error: ", Tone::Dim).with(safe(fault), Tone::Warning);
            line.hang = 4;
            lines.push(line);
        }
    }
    if report.outcomes.len() > most {
        lines.push(Line::of(format!("… {} more outcomes", report.outcomes.len() - most), Tone::Dim));
    }
    if let Some(example) = &report.counterexample {
        let switches = if example.switches == 1 { "switch" } else { "switches" };
        let text = format!(" simplest failure, {} {switches}: {}", example.switches, safe(&example.replay));
        let mut line = Line::of("w", Tone::Accent).with(text, Tone::Dim);
        line.hang = 2;
        lines.push(line);
    }
    lines.extend(listed_lines(report, view, selected));
    lines
}

/// A value as people read it: text without quotes.
fn json(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| safe(&value.to_string()), safe)
}

/// The share of a count that may be longer than an integer: its leading digits are enough for a bar.
fn share(count: &str) -> u64 {
    count.parse().unwrap_or(u64::MAX)
}

/// The schedules one by one, where they are few.
fn listed_lines(report: &VariantReport, view: &RaceView, selected: usize) -> Vec<Line> {
    if report.listed.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::default()];
    let here =
        view.path[..view.position.min(view.path.len())].iter().map(|step| step.name.as_str()).collect::<Vec<_>>();
    for (at, (schedule, holds)) in report.listed.iter().enumerate() {
        let (sign, tone) = if *holds { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
        let pointer = if at == selected { "▸" } else { " " };
        let mut line = Line::of(format!("{pointer}{:>2} ", at + 1), Tone::Accent).with(format!("{sign} "), tone);
        let names: Vec<&str> = schedule.split_whitespace().collect();
        for name in &names {
            let client = view.clients.iter().position(|client| client.name == *name).unwrap_or(0);
            line.spans.push(Span { text: format!("{} ", safe(name)), tone: client_tone(client) });
        }
        if names == here {
            line = line.with("← here", Tone::Dim);
        }
        line.hang = 6;
        lines.push(line);
    }
    lines
}
