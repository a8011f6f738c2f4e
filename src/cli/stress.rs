//! `redlab stress`: a scenario's programs on real connections.

use std::time::Duration;

use crate::report::{StressHead, stress_document, stress_head_text, stress_text};
use crate::session::Library;
use crate::stress::{self, Ended, JITTER_US, Places, Stage, StressReport, Verdict, Watched};

use super::args::{Common, Format};
use super::bar::Bar;
use super::exit::{Ended as Finished, Exit, Failure};
use super::explore::chosen;
use super::print;
use super::setup::interrupted;

/// The longest that a variant is explored beside its rounds.
const EXPLORE: Duration = Duration::from_secs(10);
/// The longest that a variant takes where neither rounds nor a time were asked for: programs may sleep for hours.
const PATIENCE: Duration = Duration::from_secs(300);
/// How wide the live bar is.
const BAR: u64 = 20;

/// What is wanted.
pub struct Wish {
    /// An id or a path.
    pub scenario: String,
    /// Only this variant.
    pub variant: Option<String>,
    /// So many clients.
    pub clients: Option<u64>,
    /// So many rounds.
    pub rounds: Option<u64>,
    /// The longest for each variant.
    pub timeout: Option<Duration>,
}

/// Runs rounds of a scenario and prints what they showed.
pub async fn stress(common: &Common, library: &Library, wish: Wish) -> Finished {
    let scenario = library.scenario(&wish.scenario).map_err(Failure::usage)?;
    let variants = chosen(&scenario, wish.variant.as_deref())?;
    makes_sense(common)?;
    let mut places = Places::open(&common.spec(), common.seed).await.map_err(|error| Failure::unopened(&error))?;
    let head = StressHead {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        target: places.kind().name().into(),
        server: places.describe(),
        seed: common.seed,
        jitter_us: JITTER_US,
    };
    let (stop, told) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        interrupted().await;
        stop.send_replace(true);
        // Whoever looks at the channel sees it as long as the sender lives.
        std::future::pending::<()>().await;
    });
    let mut reports = Vec::new();
    for index in variants {
        if *told.borrow() {
            break;
        }
        let asked = stress::Wish {
            variants: vec![index],
            clients: wish.clients.and_then(|count| usize::try_from(count).ok()),
            rounds: wish.rounds,
            seed: common.seed,
            timeout: wish.timeout.or_else(|| wish.rounds.is_none().then_some(PATIENCE)),
            explore: wish.timeout.map_or(EXPLORE, |timeout| timeout.min(EXPLORE)),
        };
        let mut bar = Bar::new();
        let found = stress::stress(&scenario, &mut places, &asked, &mut |at| bar.show(&line(at)), &told).await;
        bar.clear();
        for report in found.map_err(failure)? {
            if common.format == Format::Text {
                // Not before there is something to tell: what is refused needs no heading.
                let heading = if reports.is_empty() { stress_head_text(&head) } else { String::new() };
                print::text(&(heading + &stress_text(&report)))?;
            }
            reports.push(report);
        }
    }
    if common.format == Format::Json {
        print::json(&stress_document(&head, &reports))?;
    }
    Ok(verdict(&reports))
}

/// What is meant for a simulated link, or for an engine that keeps what it has, is refused rather than ignored.
fn makes_sense(common: &Common) -> Result<(), Failure> {
    if common.load.is_some() {
        return Err(Failure::usage("--load makes no sense here: every round starts on an empty server. Leave it out"));
    }
    if common.rtt.is_some_and(|rtt| !rtt.is_zero()) {
        return Err(Failure::usage("--rtt simulates a link, and these connections are real. Leave it out"));
    }
    Ok(())
}

fn failure(error: stress::StressError) -> Failure {
    if error.is_of_target() { Failure::target(error) } else { Failure::usage(error.to_string()) }
}

/// 1 where a variant broke that was expected to hold, or could not be judged; 4 where it was ended early.
fn verdict(reports: &[StressReport]) -> Exit {
    let bad = |report: &StressReport| report.verdict() == Verdict::Broke || matches!(report.ended, Ended::Trouble(_));
    if reports.iter().any(bad) {
        Exit::Unmet
    } else if reports.iter().any(|report| report.ended != Ended::Complete) {
        Exit::Limit
    } else {
        Exit::Fine
    }
}

/// How far it is, in less than 80 columns.
fn line(at: &Watched<'_>) -> String {
    let name: String = at.variant.chars().take(24).collect();
    let seconds = at.elapsed.as_secs();
    if at.stage == Stage::Exploring {
        return format!("{name}  exploring, {seconds} s");
    }
    let done = at.violated.of;
    let full = (done.saturating_mul(BAR) / at.planned.max(1)).min(BAR);
    let filled = "█".repeat(usize::try_from(full).unwrap_or(0));
    let empty = "░".repeat(usize::try_from(BAR - full).unwrap_or(0));
    let sleeps = match at.sleeps.as_secs() {
        0 => String::new(),
        long => format!(" (each ~{long} s)"),
    };
    format!("{name} {filled}{empty} {done}/{}{sleeps}, {} broke, {seconds} s", at.planned, at.violated.hits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress::Share;

    #[test]
    fn the_bar_fits() {
        let at = |of, planned| Watched {
            variant: "a-very-long-name-of-a-variant",
            stage: Stage::Running,
            planned,
            violated: Share { hits: 12, of },
            sleeps: Duration::ZERO,
            elapsed: Duration::from_secs(3),
        };
        let drawn = line(&at(500, 1000));
        assert!(drawn.contains("██████████░░░░░░░░░░ 500/1000, 12 broke, 3 s"), "{drawn}");
        assert!(drawn.chars().count() < 80, "{drawn}");
        assert!(line(&at(0, 0)).contains("0/0"));
    }
}
