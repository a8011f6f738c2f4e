//! The pane of keys.

use ratatui::layout::Rect;

use crate::inspect::{Change, KeyChange, KeyView};
use crate::render::{Line, Tone, change, key, key_title, ttl, wrap};
use crate::resp::printable;

use super::super::canvas::Canvas;
use super::super::widget::meter;
use super::keys::Keys;

/// Columns of a TTL's bar.
const BAR: usize = 10;

/// Draws the keys: those that are gone first, then each with its value, what changed, and its TTL.
pub fn draw_keys(canvas: &mut Canvas<'_>, area: Rect, keys: &Keys, now_ms: Option<i64>) {
    let width = usize::from(area.width);
    if area.height == 0 || width == 0 {
        return;
    }
    if keys.views.is_empty() && keys.changes.is_empty() {
        canvas.line(area.x, area.y, &Line::of("no key yet", Tone::Dim), area.width);
        return;
    }
    let now = now_ms.unwrap_or(0);
    let mut rows = Vec::new();
    for gone in keys.gone() {
        rows.extend(gone_rows(gone, now, width));
    }
    let changed = |view: &&KeyView| keys.changes_of(&view.key).next().is_some();
    // What changed comes first, so that it is seen in a small pane too.
    let (first, rest): (Vec<&KeyView>, Vec<&KeyView>) = keys.views.iter().partition(changed);
    for view in first.into_iter().chain(rest) {
        rows.extend(key_rows(keys, view, now_ms, width));
        // Enough is enough: a pane shows a page or two.
        if rows.len() > 500 {
            break;
        }
    }
    let skip = keys.scroll.fit(rows.len(), usize::from(area.height));
    canvas.rows(area, &rows[skip..]);
    if keys.scroll.more() {
        let more = rows.len() - skip - usize::from(area.height) + 1;
        let row = Rect { y: area.bottom() - 1, height: 1, ..area };
        canvas.clear(row);
        canvas.line(row.x, row.y, &Line::of(format!("… {more} rows more"), Tone::Dim), row.width);
    }
}

fn gone_rows(gone: &KeyChange, now_ms: i64, width: usize) -> Vec<Line> {
    let mut line = Line::of(printable(&gone.key, 80), Tone::Dim).with("  ", Tone::Plain);
    line.spans.extend(change(gone, now_ms).into_iter().flat_map(|line| line.spans));
    line.hang = 2;
    wrap(&line, width)
}

fn key_rows(keys: &Keys, view: &KeyView, now_ms: Option<i64>, width: usize) -> Vec<Line> {
    let mut title = key_title(view);
    let changes: Vec<&KeyChange> = keys.changes_of(&view.key).collect();
    if changes.iter().any(|it| it.change == Change::Created) {
        title = title.with("  new", Tone::Good);
    }
    if title.width() > width {
        // The name and what is new matter more than the encoding.
        let bare = KeyView { encoding: String::new(), ..view.clone() };
        let extra = title.spans.split_off(2);
        title = key_title(&bare);
        title.spans.extend(extra);
    }
    title.hang = 2;
    let mut lines = vec![title];
    lines.extend(key(view).into_iter().map(indented));
    for it in changes.iter().filter(|it| it.change != Change::Created) {
        lines.extend(change(it, now_ms.unwrap_or(0)).into_iter().map(indented));
    }
    if let (Some(at), Some(now)) = (view.expires_at_ms, now_ms) {
        lines.push(ttl_line(at.saturating_sub(now), keys.whole_ms(&view.key).unwrap_or_default()));
    }
    lines.iter().flat_map(|line| wrap(line, width)).collect()
}

fn indented(mut line: Line) -> Line {
    line.spans.insert(0, crate::render::Span { text: "  ".into(), tone: Tone::Plain });
    line.hang += 2;
    line
}

fn ttl_line(left_ms: i64, whole_ms: i64) -> Line {
    let (left, whole) = (u64::try_from(left_ms).unwrap_or(0), u64::try_from(whole_ms).unwrap_or(0));
    let (full, empty) = meter(left, whole, BAR);
    let tone = if left_ms < 10_000 { Tone::Warning } else { Tone::Accent };
    Line::of("  ttl ", Tone::Dim)
        .with(format!("{:>9} ", ttl(left_ms)), Tone::Plain)
        .with(full, tone)
        .with(empty, Tone::Dim)
}
