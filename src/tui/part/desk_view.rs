//! What stands around every screen with a session: target, link, questions, progress.

use ratatui::layout::Rect;

use crate::render::{Line, Tone, clock, command, duration_text, ttl};
use crate::resp::printable;
use crate::target::Kind;

use super::super::canvas::Canvas;
use super::super::widget::{key_strip, meter, notice_strip, overlay};
use super::desk::{Busy, Desk};

/// `bundled · rtt 1 ms simulated · 00:04:12`, `live · 127.0.0.1:6379 · Redis 7.0.15`, and shorter forms of them.
pub fn target_line(desk: &Desk) -> Vec<Line> {
    let Some(identity) = &desk.identity else { return vec![Line::of("connecting…", Tone::Dim)] };
    let kind = identity.kind.name();
    let mut short = Line::of(kind, Tone::Strong);
    if identity.kind != Kind::Bundled {
        // Whose data it is matters most, then where it is.
        short = short.with(format!(" · {}", printable(identity.label.as_bytes(), 40)), Tone::Plain);
    }
    let mut link = short.clone();
    if identity.kind != Kind::Bundled {
        link = link.with(format!(" · {}", printable(identity.version.as_bytes(), 30)), Tone::Dim);
    }
    if let Some(rtt) = identity.simulated_rtt_us.filter(|rtt| *rtt > 0) {
        link = link.with(format!(" · rtt {} simulated", rtt_text(rtt)), Tone::Dim);
    }
    vec![with_clock(link, desk), with_clock(short.clone(), desk), short]
}

fn with_clock(line: Line, desk: &Desk) -> Line {
    let Some(now) = desk.clock.now_ms() else { return line };
    let line = line.with(format!(" · {}", clock(now)), Tone::Dim);
    match desk.clock.ahead_ms() / 1000 {
        ahead if ahead > 0 => line.with(format!(" +{}", ttl(ahead.saturating_mul(1000))), Tone::Warning),
        _ => line,
    }
}

/// A round trip is a round number as a rule: `1 ms`, not `1.00 ms`.
fn rtt_text(us: u64) -> String {
    if us >= 1_000 && us.is_multiple_of(1_000) { format!("{} ms", us / 1_000) } else { duration_text(us) }
}

/// The lost link, in a row that is only there while it is lost.
pub fn banner(canvas: &mut Canvas<'_>, area: Rect, desk: &Desk) {
    let (Some(lost), true) = (&desk.lost, area.height > 0) else { return };
    let left = desk.now().map_or(0, |now| lost.retry_at.saturating_duration_since(now).as_secs());
    let when = if left > 0 { format!("in {left} s") } else { "now".to_string() };
    let text = format!(" ! connection lost, trying again {when}: {}", printable(lost.reason.as_bytes(), 300));
    let style = canvas.theme.banner();
    canvas.paint_row(area, area.y, style);
    canvas.put(area.x, area.y, &text, style, area.width);
}

/// The last row: a notice, or the keys.
pub fn keys_strip(canvas: &mut Canvas<'_>, area: Rect, desk: &Desk, keys: &[(&str, &str)]) {
    match &desk.notice {
        _ if desk.queued > 0 => {
            let lines = if desk.queued == 1 { "1 line waits" } else { &format!("{} lines wait", desk.queued) };
            let text = format!(" … {lines} for the reply before: esc drops what waits");
            notice_strip(canvas, area, &Line::of(text, Tone::Warning));
        }
        Some((tone, text)) => {
            notice_strip(canvas, area, &Line::of(printable(text.as_bytes(), 1_000), *tone));
        }
        None => key_strip(canvas, area, keys),
    }
}

/// The question of a live server's guard.
pub fn ask(canvas: &mut Canvas<'_>, desk: &Desk) {
    let Some(ask) = &desk.ask else { return };
    let mut line = Line::of("  ", Tone::Plain);
    line.spans.extend(command(&ask.line, 400).spans);
    let lines = [
        Line::of("This goes to a live server:", Tone::Plain),
        Line::default(),
        line,
        Line::default(),
        Line { wrap: true, ..Line::of(printable(ask.reason.as_bytes(), 1_000), Tone::Warning) },
        Line::default(),
        Line::of("y", Tone::Accent)
            .with(" send it    ", Tone::Dim)
            .with("n", Tone::Accent)
            .with(" do not (as does enter)", Tone::Dim),
    ];
    overlay(canvas, &Line::of("send this command?", Tone::Warning), &lines, 76, 0);
}

/// A session that is over says why, and what now.
pub fn over(canvas: &mut Canvas<'_>, desk: &Desk) {
    if !desk.closed {
        return;
    }
    let mut lines = Vec::new();
    for line in desk.failure.as_deref().unwrap_or("The session is over.").lines().take(200) {
        lines.push(Line::of(printable(line.as_bytes(), 1_000), Tone::Plain));
    }
    lines.push(Line::default());
    lines.push(Line::of("esc", Tone::Accent).with(" back to the catalogue", Tone::Dim));
    overlay(canvas, &Line::of("the session is over", Tone::Bad), &lines, 100, 0);
}

/// `exploring incr ▰▰▰▱▱▱ 512/1000  esc cancels`
pub fn progress_line(busy: &Busy, width: usize) -> Line {
    let what = printable(busy.what.as_bytes(), 60);
    if busy.total == 0 {
        return Line::of(format!("{what} … {}", busy.done), Tone::Plain).with("  esc cancels", Tone::Dim);
    }
    let count = format!(" {}/{}", crate::render::thousands(busy.done), crate::render::thousands(busy.total));
    let room = width.saturating_sub(crate::render::width(&what) + count.len() + 14).clamp(4, 30);
    let (full, empty) = meter(busy.done, busy.total, room);
    Line::of(format!("{what} "), Tone::Plain)
        .with(full, Tone::Accent)
        .with(empty, Tone::Dim)
        .with(count, Tone::Plain)
        .with("  esc cancels", Tone::Dim)
}
