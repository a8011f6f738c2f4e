//! What may happen next in a variant, and how it stands: clients, what they watch and queue, faults, keys, world.

use crate::lab::{ClientView, KeyLine, RaceView};
use crate::render::{Line, Tone, command, ttl, width, wrap};
use crate::resp::printable;

use super::lanes::{client_tone, fitted, safe, step_line};
use super::state::{Hit, State};

/// A row, and what a click on it does.
pub type Row = (Line, Option<Hit>);

/// So many rows a replay string takes; a longer one shows its end.
const REPLAY_ROWS: usize = 3;

/// A line in as many rows as it needs.
pub fn rows(line: &Line, most: usize, hit: Option<Hit>) -> Vec<Row> {
    wrap(line, most).into_iter().map(|row| (row, hit)).collect()
}

/// The verdict, who may go next, and how things stand. `whole`: the last step is shown as a whole in its lane.
pub fn next_rows(view: &RaceView, most: usize, whole: bool) -> Vec<Row> {
    let mut out: Vec<Row> = Vec::new();
    if let Some(line) = verdict(view) {
        out.extend(rows(&line, most, None));
    }
    if let Some(step) = view.position.checked_sub(1).and_then(|at| view.path.get(at)).filter(|_| !whole) {
        let mut line = Line::of(format!("{} ", view.position), Tone::Dim);
        line = line.with(format!("{}  ", safe(&step.name)), client_tone(step.client));
        line.spans.extend(step_line(step, true).spans);
        line.hang = 4;
        out.extend(rows(&line, most, None));
    }
    let names = view.clients.iter().map(|client| width(&safe(&client.name))).max().unwrap_or(0).min(16);
    for (at, client) in view.clients.iter().enumerate() {
        let hit = Some(Hit::Client(view.variant, at));
        out.push((client_line(at, client, names), hit));
        for line in connection_lines(client, names + 6) {
            out.extend(rows(&line, most, hit));
        }
    }
    for (at, (letter, (label, possible))) in ('A'..='U').zip(&view.faults).enumerate() {
        let (key, text) = if *possible { (Tone::Accent, Tone::Warning) } else { (Tone::Dim, Tone::Dim) };
        let line = Line::of(format!("[{letter}] "), key).with(safe(label), text);
        out.push((line, Some(Hit::Fault(view.variant, at))));
    }
    out.extend(replay_rows(view, most));
    if !view.world.is_empty() {
        let world: Vec<String> =
            view.world.iter().map(|(name, value)| format!("{} = {}", safe(name), safe(value))).collect();
        let mut line = Line::of("world  ", Tone::Dim).with(world.join("  "), Tone::Plain);
        line.hang = 7;
        out.extend(rows(&line, most, None));
    }
    out.extend(key_lines(view).into_iter().map(|line| (line, None)));
    out
}

fn verdict(view: &RaceView) -> Option<Line> {
    let line = match view.holds {
        Some(holds) => {
            let (sign, tone) = if holds { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
            let text = if view.sentence.is_empty() { &view.invariant } else { &view.sentence };
            Line::of(format!("{sign} "), tone).with(printable(text.as_bytes(), 400), tone)
        }
        None if !view.sentence.is_empty() => Line::of(format!("! {}", safe(&view.sentence)), Tone::Warning),
        None => return None,
    };
    Some(Line { hang: 2, ..line })
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
        None => {
            let waits = client.state.starts_with("blocked") || client.state.starts_with("failed");
            line.with(safe(&client.state), if waits { Tone::Warning } else { Tone::Dim })
        }
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
    line
}

/// `WATCH stock: dirty since step 4, bob's SET stock 1`, and what is queued behind MULTI.
fn connection_lines(client: &ClientView, indent: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let pad = " ".repeat(indent);
    let hang = u16::try_from(indent + 2).unwrap_or(0);
    for watch in client.watched.iter().take(8) {
        let line = Line::of(format!("{pad}WATCH "), Tone::Dim).with(safe(&watch.key), Tone::Key);
        let line = match &watch.dirty {
            Some(dirty) => line.with(
                format!(": dirty since step {}, {}'s {}", dirty.step, safe(&dirty.name), safe(&dirty.what)),
                Tone::Warning,
            ),
            None if client.watch_dirty => line.with(": untouched", Tone::Dim),
            None => line.with(": clean", Tone::Dim),
        };
        lines.push(Line { hang, ..line });
    }
    if let Some(queued) = &client.queued {
        let text = match (queued.is_empty(), client.watch_dirty) {
            (_, true) => "EXEC will be refused".to_string(),
            (true, false) => "nothing is queued yet".to_string(),
            (false, false) => queued.iter().map(|line| safe(line)).collect::<Vec<_>>().join("; "),
        };
        let tone = if client.watch_dirty { Tone::Warning } else { Tone::Plain };
        lines.push(Line { hang, ..Line::of(format!("{pad}MULTI "), Tone::Dim).with(text, tone) });
    }
    lines
}

/// The schedule so far, to be copied.
fn replay_rows(view: &RaceView, most: usize) -> Vec<Row> {
    if view.replay.is_empty() {
        return Vec::new();
    }
    let text = &view.replay;
    // Only what can be seen is laid out: a schedule may be long.
    let keep = most.saturating_mul(REPLAY_ROWS);
    let cut = text.len().saturating_sub(keep);
    let cut = (cut..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let mut line = Line::of("replay ", Tone::Dim);
    if cut > 0 {
        let from = text[cut..].find(' ').map_or(cut, |at| cut + at + 1);
        line = line.with("… ", Tone::Dim).with(printable(&text.as_bytes()[from..], keep), Tone::Plain);
    } else {
        line = line.with(printable(text.as_bytes(), keep + 10), Tone::Plain);
    }
    line.hang = 7;
    let mut shown = rows(&line, most, None);
    shown.truncate(REPLAY_ROWS);
    shown
}

/// The keys with what they hold and how long they live.
pub fn key_lines(view: &RaceView) -> Vec<Line> {
    let widest = view.keys.iter().map(|key| width(&safe(&key.name))).max().unwrap_or(0).min(24);
    let mut lines: Vec<Line> = view.keys.iter().map(|key| key_line(key, widest)).collect();
    let more = view.key_count.saturating_sub(view.keys.len());
    if more > 0 {
        lines.push(Line::of(format!("key    … {more} more"), Tone::Dim));
    }
    lines
}

fn key_line(key: &KeyLine, widest: usize) -> Line {
    let tone = if key.changed { Tone::Strong } else { Tone::Plain };
    let line = Line::of("key    ", Tone::Dim)
        .with(fitted(&safe(&key.name), widest + 1), Tone::Key)
        .with(format!(" {}", safe(&key.value)), tone);
    let line = match key.ttl_ms {
        Some(left) => line.with(format!("  ttl {}", ttl(left)), Tone::Warning),
        None => line,
    };
    if key.kind == "string" { line } else { line.with(format!("  {}", safe(&key.kind)), Tone::Dim) }
}
