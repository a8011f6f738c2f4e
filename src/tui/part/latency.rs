//! How long commands and statements took: p50, p99 and the last of them; what is simulated says so.

use std::collections::VecDeque;

use hdrhistogram::Histogram;
use ratatui::layout::Rect;

use crate::render::{Line, Tone, duration_text};
use crate::target::Elapsed;

use super::super::canvas::Canvas;
use super::super::widget::spark;

/// The column of the sparkline: behind the longest times.
const BARS_AT: usize = 35;
/// How many samples the sparkline remembers.
const RECENT: usize = 64;

/// Nothing takes longer than an hour here; what does is counted as one.
const HOUR_US: u64 = 3_600_000_000;

/// The times of one kind.
#[derive(Clone, Debug, Default)]
struct Series {
    histogram: Option<Histogram<u64>>,
    recent: VecDeque<u64>,
    simulated: bool,
}

impl Series {
    fn add(&mut self, elapsed: Elapsed) {
        let us = elapsed.total_us().clamp(1, HOUR_US);
        if self.histogram.is_none() {
            self.histogram = Histogram::new_with_bounds(1, HOUR_US, 3).ok();
        }
        if let Some(histogram) = &mut self.histogram {
            histogram.saturating_record(us);
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(us);
        self.simulated |= elapsed.is_simulated();
    }

    /// `p50 1.04 ms  p99 1.30 ms`; `None` if nothing was measured.
    fn line(&self, name: &str, width: usize) -> Option<Line> {
        let histogram = self.histogram.as_ref()?;
        let at = |quantile| duration_text(histogram.value_at_quantile(quantile));
        let mark = if self.simulated { "~" } else { "" };
        let mut line = Line::of(format!("{name:<6}"), Tone::Strong)
            .with("p50 ", Tone::Dim)
            .with(format!("{:<9} ", format!("{mark}{}", at(0.50))), Tone::Plain)
            .with("p99 ", Tone::Dim)
            .with(format!("{mark}{}", at(0.99)), Tone::Plain);
        let bars = width.saturating_sub(BARS_AT);
        if bars >= 4 {
            let gap = BARS_AT.saturating_sub(line.width());
            line = line.with(" ".repeat(gap), Tone::Plain);
            line = line.with(spark(self.recent.iter().copied(), bars), Tone::Accent);
        }
        Some(line)
    }
}

/// The times of a session, Redis and the database apart.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    redis: Series,
    sql: Series,
}

impl Latency {
    /// A command was answered.
    pub fn redis(&mut self, elapsed: Elapsed) {
        self.redis.add(elapsed);
    }

    /// A statement ran.
    pub fn sql(&mut self, elapsed: Elapsed) {
        self.sql.add(elapsed);
    }

    /// How many rows it takes to show, in a pane of `height` rows.
    pub fn rows(&self, height: u16) -> u16 {
        let kinds = u16::from(self.redis.histogram.is_some()) + u16::from(self.sql.histogram.is_some());
        // The signs say it too; a small pane leaves the sentence out.
        let rows = kinds.max(1) + u16::from(self.is_simulated() && height >= 14);
        rows.min(height / 2)
    }

    fn is_simulated(&self) -> bool {
        self.redis.simulated || self.sql.simulated
    }
}

/// Draws the times.
pub fn draw_latency(canvas: &mut Canvas<'_>, area: Rect, latency: &Latency) {
    let width = usize::from(area.width);
    let mut lines: Vec<Line> =
        [latency.redis.line("redis", width), latency.sql.line("sql", width)].into_iter().flatten().collect();
    if lines.is_empty() {
        lines.push(Line::of("nothing measured yet", Tone::Dim));
    }
    if latency.is_simulated() {
        lines.push(Line::of("~ simulated: nobody waits for it", Tone::Dim));
    }
    canvas.rows(area, &lines);
}
