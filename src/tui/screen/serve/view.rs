//! How a watched server is drawn.

use ratatui::layout::Rect;

use crate::render::{Line, Tone, cut, thousands, width};
use crate::serve::{Change, Seen};

use super::super::super::canvas::Canvas;
use super::super::super::widget::{Desktop, Scroll, key_strip, notice_strip, overlay, pane, spark, title_strip};
use super::state::{Changed, Pane, Said, State};

const KEYS: &[(&str, &str)] = &[
    ("space", "pause"),
    ("c", "one client"),
    ("/", "search"),
    ("tab", "pane"),
    ("↑ ↓", "scroll"),
    ("esc", "all again"),
    ("q", "quit"),
    ("?", "all keys"),
];

const HELP: &[(&str, &str)] = &[
    ("space", "stop everything that moves; once more: go on, with what came meanwhile"),
    ("c", "show one client alone; again for the next one, at last all"),
    ("/", "show only what holds a text; enter keeps it, esc drops it"),
    ("esc", "show everything again, and the latest"),
    ("tab  shift-tab", "focus the next pane, the one before"),
    ("↑ ↓  pgup pgdn", "scroll the focused pane; end: to the latest"),
    ("q  ctrl-c", "end the server, and this screen"),
];

/// Draws the screen.
pub fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let desktop = Desktop::divide(canvas.buffer.area, state.over.is_some() || state.late.is_some(), 0);
    title(canvas, desktop.title, state);
    banner(canvas, desktop.banner, state);
    let body = desktop.body;
    let wanted = u16::try_from(state.clients.len()).unwrap_or(u16::MAX).saturating_add(3);
    let height = wanted.clamp(5, (body.height / 3).max(5));
    clients(canvas, Rect { height, ..body }, state);
    let rest = Rect { y: body.y + height, height: body.height.saturating_sub(height), ..body };
    let left = rest.width * 60 / 100;
    said(canvas, Rect { width: left, ..rest }, state);
    changed(canvas, Rect { x: rest.x + left, width: rest.width - left, ..rest }, state);
    if state.typing {
        let typed = Line::of("search: ", Tone::Accent).with(&state.text, Tone::Strong).with("█", Tone::Dim);
        notice_strip(canvas, desktop.keys, &typed.with("  enter keeps it, esc drops it", Tone::Dim));
    } else {
        key_strip(canvas, desktop.keys, KEYS);
    }
    if state.help {
        help(canvas);
    }
}

fn title(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let here = Line::of("serve", Tone::Strong).with(format!("  {}", state.address), Tone::Plain);
    let totals = &state.totals;
    let count = |n: usize, one: &str| {
        let plural = if n == 1 { "" } else { "s" };
        format!("{} {one}{plural}", thousands(u64::try_from(n).unwrap_or(u64::MAX)))
    };
    let rate = format!("{} commands/s", thousands(state.rate()));
    let some = format!("{rate} · {} · {}", count(state.clients.len(), "client"), count(totals.keys, "key"));
    let lookups = format!("{} hits, {} misses", thousands(totals.hits), thousands(totals.misses));
    let bars = spark(state.rates.iter().copied(), 24);
    let forms = [
        Line::of(format!("{bars} "), Tone::Accent).with(format!("{some} · {lookups}"), Tone::Plain),
        Line::of(format!("{some} · {lookups}"), Tone::Plain),
        Line::of(some, Tone::Plain),
        Line::of(rate, Tone::Plain),
    ];
    title_strip(canvas, area, &here, &[], &forms);
}

fn banner(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    if area.height == 0 {
        return;
    }
    let text = match (&state.over, &state.late) {
        (Some(why), _) => format!(" {why}: q quits"),
        (None, Some((late, 0))) => format!(" paused: {} events wait, space goes on", thousands(late.len() as u64)),
        (None, Some((late, dropped))) => format!(
            " paused: {} events wait, {} more were left out, space goes on",
            thousands(late.len() as u64),
            thousands(*dropped)
        ),
        (None, None) => return,
    };
    let style = canvas.theme.banner();
    canvas.put(area.x, area.y, &text, style, area.width);
    canvas.paint_row(area, area.y, style);
}

fn tone(id: u64) -> Tone {
    Tone::Client(u8::try_from(id % 6).unwrap_or(0))
}

fn seconds(n: u64) -> String {
    match n {
        0..=99 => format!("{n} s"),
        100..=5_999 => format!("{} min", n / 60),
        _ => format!("{} h", n / 3_600),
    }
}

/// Columns of the table of clients: the head and its width; what does not fit is left out from the end.
const COLUMNS: &[(&str, usize)] = &[
    ("id", 5),
    ("address", 21),
    ("db", 3),
    ("last command", 14),
    ("idle", 6),
    ("waits for", 18),
    ("name", 14),
    ("age", 7),
    ("library", 24),
];

fn cells(client: &Seen) -> [String; 9] {
    [
        client.id.to_string(),
        client.addr.clone(),
        client.db.to_string(),
        client.last.clone(),
        seconds(client.idle_s),
        client.waits.clone(),
        client.name.clone(),
        seconds(client.age_s),
        client.library.clone(),
    ]
}

fn row<'a>(cells: impl Iterator<Item = &'a str>, first: Tone, others: Tone, most: usize) -> Line {
    let mut line = Line::default();
    let mut used = 0;
    for (n, (cell, (_, wide))) in cells.zip(COLUMNS).enumerate() {
        if used + wide > most {
            break;
        }
        used += wide + 1;
        let shown = cut(&Line::of(cell, if n == 0 { first } else { others }), *wide);
        let pad = " ".repeat((wide + 1).saturating_sub(shown.width()));
        line.spans.extend(shown.spans);
        line = line.with(pad, Tone::Plain);
    }
    line
}

fn clients(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let head = Line::of("clients", Tone::Strong);
    let inner = pane(canvas, area, &head, state.focus == Pane::Clients);
    if state.clients.is_empty() {
        let words = format!("nobody is connected yet; {}", state.address);
        canvas.line(inner.x, inner.y, &Line::of(words, Tone::Dim), inner.width);
        return;
    }
    let most = usize::from(inner.width);
    let names = COLUMNS.iter().map(|(name, _)| *name);
    canvas.line(inner.x, inner.y, &row(names, Tone::Dim, Tone::Dim, most), inner.width);
    let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let skip = state.scrolls[Pane::Clients as usize].fit(state.clients.len(), usize::from(list.height));
    let shown: Vec<Line> = state
        .clients
        .values()
        .skip(skip)
        .take(usize::from(list.height))
        .map(|client| {
            let others = if state.only.is_some_and(|only| only != client.id) { Tone::Dim } else { Tone::Plain };
            row(cells(client).iter().map(String::as_str), tone(client.id), others, most)
        })
        .collect();
    canvas.rows(list, &shown);
}

/// The rows that are to be seen of a list whose end is shown unless it is scrolled back.
fn window<'a, T>(lines: impl DoubleEndedIterator<Item = &'a T>, scroll: &Scroll, height: usize) -> Vec<&'a T> {
    // What lies before is not looked at: a list may be long, and a filter costs.
    let wanted = height + scroll.fit(usize::MAX, height);
    let mut found: Vec<&T> = lines.rev().take(wanted).collect();
    let back = scroll.fit(found.len(), height);
    found.drain(..back.min(found.len()));
    found.truncate(height);
    found.reverse();
    found
}

fn said(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let mut head = Line::of("commands", Tone::Strong);
    if let Some(only) = state.only {
        head = head.with(format!(" of client {only}"), tone(only));
    }
    if !state.text.is_empty() {
        head = head.with(format!(" with '{}'", state.text), Tone::Accent);
    }
    if state.totals.left_out > 0 {
        let words = format!("  {} events came too fast to be shown", thousands(state.totals.left_out));
        head = head.with(words, Tone::Warning);
    }
    let inner = pane(canvas, area, &head, state.focus == Pane::Commands);
    let scroll = &state.scrolls[Pane::Commands as usize];
    let lines = state.said.iter().filter(|line| state.shows_said(line));
    for (y, (id, said)) in (inner.top()..inner.bottom()).zip(window(lines, scroll, usize::from(inner.height))) {
        said_line(canvas, Rect { y, height: 1, ..inner }, *id, said);
    }
}

fn said_line(canvas: &mut Canvas<'_>, area: Rect, id: u64, said: &Said) {
    let mut line = Line::of(format!("{id:>3} "), tone(id));
    let mut took = Line::default();
    match said {
        Said::Command { command, reply, failed, blocked, took_us } => {
            line = line.with(command, Tone::Command);
            line = match (blocked, failed) {
                (true, _) => line.with("  waits", Tone::Warning),
                (_, true) => line.with("  ✗ ", Tone::Bad).with(reply, Tone::Bad),
                _ => line.with("  → ", Tone::Dim).with(reply, Tone::Plain),
            };
            took = Line::of(format!("{} µs", thousands(*took_us)), Tone::Dim);
        }
        Said::Delivered { what, is_reply: true } => line = line.with("waited  → ", Tone::Dim).with(what, Tone::Plain),
        Said::Delivered { what, is_reply: false } => line = line.with("← ", Tone::Accent).with(what, Tone::Plain),
        Said::Joined => line = line.with("came", Tone::Dim),
        Said::Left => line = line.with("went", Tone::Dim),
    }
    let aside = u16::try_from(took.width() + 1).unwrap_or(0);
    // A narrow pane gives the command the room that the time would take.
    let beside = area.width >= aside + 30;
    canvas.line(area.x, area.y, &line, if beside { area.width - aside } else { area.width });
    if beside {
        canvas.line_right(area, area.y, &took);
    }
}

fn changed(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let inner = pane(canvas, area, &Line::of("keys", Tone::Strong), state.focus == Pane::Keys);
    let scroll = &state.scrolls[Pane::Keys as usize];
    let lines = state.changed.iter().filter(|changed| state.shows_changed(changed));
    let shown: Vec<Line> = window(lines, scroll, usize::from(inner.height)).into_iter().map(changed_line).collect();
    canvas.rows(inner, &shown);
}

fn changed_line(changed: &Changed) -> Line {
    let (word, tone) = match changed.change {
        Change::New => ("new", Tone::Good),
        Change::Changed => ("changed", Tone::Accent),
        Change::Expired => ("expired", Tone::Warning),
        Change::Evicted => ("evicted", Tone::Warning),
        Change::Deleted => ("deleted", Tone::Bad),
    };
    let mut line = Line::of(format!("{word:8}"), tone);
    if changed.db > 0 {
        line = line.with(format!("db {} ", changed.db), Tone::Dim);
    }
    line.with(&changed.key, Tone::Key).with(format!("  {}", changed.holds), Tone::Plain)
}

fn help(canvas: &mut Canvas<'_>) {
    let lines: Vec<Line> = HELP
        .iter()
        .map(|(keys, what)| {
            let pad = " ".repeat(18usize.saturating_sub(width(keys)));
            let mut line = Line::of(format!("  {keys}{pad}"), Tone::Accent).with(*what, Tone::Plain);
            (line.hang, line.wrap) = (20, true);
            line
        })
        .collect();
    overlay(canvas, &Line::of("keys", Tone::Accent).with("  any key closes", Tone::Dim), &lines, 92, 0);
}
