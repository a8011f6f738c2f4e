//! What exploring found: progress, outcomes as bars with their exact counts, schedules one by one.

use crate::lab::{Outcome, RaceView, VariantReport};
use crate::render::{Line, Span, Tone, thousands};
use crate::resp::printable;
use crate::session::RaceProgress;

use super::super::super::widget::{meter, shares};
use super::lanes::{client_tone, safe};
use super::next::{Row, rows};
use super::state::{Hit, State};

/// So many outcomes are listed.
const MOST: usize = 60;
/// So many digits of a count are shown; none is known that has more.
const DIGITS: usize = 20_000;

/// Holds, fails, or not known to the end.
pub fn sign(report: &VariantReport) -> (&'static str, Tone) {
    match (report.violating.as_str(), report.exhaustive) {
        ("0", true) => ("✓", Tone::Good),
        ("0", false) => ("?", Tone::Warning),
        _ => ("✗", Tone::Bad),
    }
}

/// An exact count in digits, grouped; it may be longer than any integer.
pub fn digits(count: &str) -> String {
    let groups: Vec<&[u8]> = count.as_bytes().rchunks(3).rev().collect();
    let groups: Vec<String> = groups.into_iter().map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    printable(groups.join(",").as_bytes(), DIGITS)
}

fn counts(report: &VariantReport) -> String {
    let seen = if report.exhaustive { "" } else { " seen" };
    let schedules = if report.schedules == "1" { "schedule" } else { "schedules" };
    let violate = if report.violating == "1" { "violates" } else { "violate" };
    format!("{} {schedules}{seen}, {} {violate}", digits(&report.schedules), digits(&report.violating))
}

/// What is known about a variant: as much as there is, in rows of a width.
pub fn found_rows(state: &State, view: &RaceView, most: usize) -> Vec<Row> {
    let mut out = Vec::new();
    let progress = state.progress.get(view.variant).and_then(Option::as_ref);
    if let Some(progress) = progress {
        for line in progress_lines(progress) {
            out.extend(rows(&line, most, None));
        }
    }
    match state.report_of(view.variant) {
        Some(report) => report_rows(&mut out, state, report, view, most),
        None if progress.is_none() && state.exploring => {
            out.push((Line::of("exploring…", Tone::Plain).with("  esc ends it", Tone::Dim), None));
        }
        None if progress.is_none() => {
            let line = Line::of("e", Tone::Accent).with(" runs every schedule and counts", Tone::Dim);
            out.extend(rows(&line, most, None));
        }
        None => {}
    }
    out
}

/// `exploring: 12,345 states · 678 schedules so far · 30,000 states/s · 45 MiB  esc ends it`
fn progress_lines(progress: &RaceProgress) -> Vec<Line> {
    let rate = u128::from(progress.states) * 1_000 / u128::from(progress.elapsed_ms.max(1));
    let rate = thousands(u64::try_from(rate).unwrap_or(u64::MAX));
    let head = Line::of(format!("exploring: {} states", thousands(progress.states)), Tone::Accent)
        .with(format!(", {rate} a second"), Tone::Plain)
        .with("  esc ends it", Tone::Dim);
    let (seconds, memory) = (progress.elapsed_ms / 1_000, thousands(progress.memory >> 20));
    let text = format!("{} schedules so far, {seconds} s, {memory} MiB", digits(&progress.schedules));
    vec![Line { hang: 2, ..head }, Line { hang: 2, ..Line::of(format!("  {text}"), Tone::Dim) }]
}

fn report_rows(out: &mut Vec<Row>, state: &State, report: &VariantReport, view: &RaceView, most: usize) {
    let (mark, tone) = sign(report);
    let line = Line { hang: 2, ..Line::of(format!("{mark} {}", counts(report)), tone) };
    out.extend(rows(&line, most, None));
    if !report.limit.is_empty() {
        let why = if report.limit == "cancelled" { "by esc; e begins again".into() } else { safe(&report.limit) };
        let line = Line { hang: 2, ..Line::of(format!("  ended early: {why}"), Tone::Warning) };
        out.extend(rows(&line, most, None));
    }
    let focus = view.variant == state.focus();
    for (at, outcome) in report.outcomes.iter().take(MOST).enumerate() {
        let chosen = focus && state.selected == at;
        let hit = Some(Hit::Outcome(view.variant, at));
        for line in outcome_lines(at, outcome, &report.schedules, chosen) {
            out.extend(rows(&line, most, hit));
        }
    }
    if report.outcomes.len() > MOST {
        out.push((Line::of(format!("  … {} more outcomes", report.outcomes.len() - MOST), Tone::Dim), None));
    }
    if let Some(example) = &report.counterexample {
        let switches = if example.switches == 1 { "switch" } else { "switches" };
        let replay = printable(example.replay.as_bytes(), 120);
        let mut line = Line::of("w", Tone::Accent)
            .with(format!(" simplest failure, {} {switches}: {replay}", example.switches), Tone::Dim);
        line.hang = 2;
        out.extend(rows(&line, most, None));
    }
    if report.contrast.is_some() {
        let line = Line::of("n", Tone::Accent).with(" it beside the nearest schedule that holds", Tone::Dim);
        out.extend(rows(&line, most, None));
    }
    out.extend(listed_rows(state, report, view, most));
}

fn outcome_lines(at: usize, outcome: &Outcome, whole: &str, chosen: bool) -> Vec<Line> {
    let (sign, tone) = if outcome.holds { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
    let (part, whole) = shares(&outcome.schedules, whole);
    let (full, empty) = meter(part, whole, 12);
    let number = if at < 9 { (at + 1).to_string() } else { " ".into() };
    let values: Vec<String> =
        outcome.values.iter().map(|(name, value)| format!("{} = {}", safe(name), json(value))).collect();
    let mut line = Line::of(if chosen { "▸" } else { " " }, Tone::Accent)
        .with(number, Tone::Accent)
        .with(format!(" {sign} "), tone)
        .with(full, tone)
        .with(empty, Tone::Dim)
        .with(format!(" {}  ", digits(&outcome.schedules)), Tone::Plain)
        .with(values.join("  "), Tone::Plain);
    if !outcome.stuck.is_empty() {
        line = line.with(format!("  stuck: {}", safe(&outcome.stuck.join(" "))), Tone::Warning);
    }
    line.hang = 5;
    let errors = outcome.faults.iter().map(|fault| {
        let line = Line::of("     ended by an error: ", Tone::Dim).with(safe(fault), Tone::Warning);
        Line { hang: 7, ..line }
    });
    [line].into_iter().chain(errors).collect()
}

/// A value as people read it: text without quotes.
fn json(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| safe(&value.to_string()), safe)
}

/// The schedules one by one, where they are few.
fn listed_rows(state: &State, report: &VariantReport, view: &RaceView, most: usize) -> Vec<Row> {
    let mut out = Vec::new();
    let chosen = (view.variant == state.focus()).then(|| state.selected.checked_sub(report.outcomes.len())).flatten();
    for (at, (schedule, holds)) in report.listed.iter().enumerate() {
        let (sign, tone) = if *holds { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
        let pointer = if Some(at) == chosen { "▸" } else { " " };
        let mut line = Line::of(pointer, Tone::Accent).with(format!("  {sign} "), tone);
        for name in schedule.split_whitespace() {
            let client = view.clients.iter().position(|client| client.name == name);
            let tone = client.map_or(Tone::Warning, client_tone);
            line.spans.push(Span { text: format!("{} ", safe(name)), tone });
        }
        if *schedule == view.replay {
            line = line.with("← here", Tone::Dim);
        }
        line.hang = 5;
        out.extend(rows(&line, most, Some(Hit::Listed(view.variant, at))));
    }
    out
}
