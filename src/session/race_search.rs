//! Exploring the variants of a race beside the session, with progress that is told often enough and not more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::lab::{Limits, Progress, Scenario, VariantReport, explore};

use super::cancel::Cancel;
use super::event::{Event, RaceProgress};
use super::link::Teller;

/// The least time between two messages about one variant: a screen cannot show more.
const PAUSE: Duration = Duration::from_millis(50);

/// Explores a variant on the thread that it is called on.
pub fn explore_one(scenario: &Arc<Scenario>, index: usize, cancel: &Cancel, teller: &Teller) -> Box<VariantReport> {
    let mut last: Option<Instant> = None;
    let mut watch = |progress: &Progress| {
        if last.is_some_and(|last| last.elapsed() < PAUSE) {
            return;
        }
        last = Some(Instant::now());
        teller.tell(Event::RaceProgress(RaceProgress {
            variant: index,
            states: progress.states,
            schedules: progress.schedules.clone(),
            elapsed_ms: u64::try_from(progress.elapsed.as_millis()).unwrap_or(u64::MAX),
            memory: u64::try_from(progress.bytes).unwrap_or(u64::MAX),
        }));
    };
    Box::new(explore(&scenario.variants[index], index, &Limits::default(), &mut watch, cancel.flag()))
}
