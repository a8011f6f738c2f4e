//! What real connections showed, for people and as JSON.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::lab::Expect;
use crate::stress::{Beside, Ended, Outcome, StressReport, Verdict};

/// So many outcomes, and so many errors, are printed.
const MOST_SHOWN: usize = 8;

/// What a stress run was about.
#[derive(Clone, Debug)]
pub struct StressHead {
    /// The scenario's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The target's kind: `bundled`, `server`, `live`.
    pub target: String,
    /// What the target is.
    pub server: String,
    /// The seed.
    pub seed: u64,
    /// The longest that a client hangs back before a step, microseconds.
    pub jitter_us: u64,
}

/// What `redlab stress` prints first.
pub fn stress_head_text(head: &StressHead) -> String {
    let fresh = match head.target.as_str() {
        "live" => "Keys that a round creates are removed after it; others are never touched.",
        _ => "Each round starts on an empty server.",
    };
    let StressHead { id, title, server, seed, jitter_us, .. } = head;
    format!(
        "{id}  {title}\non {server}, real connections\n\n\
         The clients of a round start together. Before half of their steps they hang back\n\
         for up to {jitter_us} µs, drawn from the seed {seed}; the rest is up to sockets and threads.\n{fresh}\n"
    )
}

/// What `redlab stress` prints of one variant.
pub fn stress_text(report: &StressReport) -> String {
    let mark = match (report.verdict(), &report.ended) {
        (Verdict::Broke, _) | (_, Ended::Trouble(_)) => '✗',
        (Verdict::NotSeen | Verdict::Nothing, _) => '?',
        (Verdict::Fine, _) => '✓',
    };
    let expected = report.expect.map(|expect| format!("  (expected: {})", expect.name())).unwrap_or_default();
    let mut out = format!("\n  {mark} {}{expected}\n", report.variant);
    let mut row = |name: &str, text: &str| out.push_str(&format!("      {name:<10} {text}\n"));
    row("rounds", &rounds(report));
    if let Ended::Trouble(why) = &report.ended {
        row("", why);
    }
    row("", &broke(report));
    row("explorer", &explorer(&report.beside));
    if let Some(sentence) = sentence(report) {
        row("", &sentence);
    }
    if report.cut > 0 && report.violated.of > 0 {
        let cut = counted(report.cut, "round");
        row("cut short", &format!("{cut} in no count: those that take long are missing here"));
    }
    for (n, outcome) in report.outcomes.iter().take(MOST_SHOWN).enumerate() {
        row(if n == 0 { "outcomes" } else { "" }, &outcome_text(outcome));
    }
    let more = report.outcomes.len().saturating_sub(MOST_SHOWN);
    if more > 0 {
        row("", &format!("and {more} other outcomes"));
    }
    if report.stuck > 0 {
        row("stuck", &format!("somebody was still blocked at the end of {}", counted(report.stuck, "round")));
    }
    for (n, (label, times)) in report.faults.iter().enumerate() {
        row(if n == 0 { "faults" } else { "" }, &format!("{label} happened {}", counted(*times, "time")));
    }
    for (n, (error, times)) in report.errors.iter().take(MOST_SHOWN).enumerate() {
        row(if n == 0 { "errors" } else { "" }, &format!("{} × {error}", grouped(*times)));
    }
    if report.violated.of > 0 {
        row(
            "speed",
            &format!("{} rounds/s, {} commands/s", rate(report.rounds_per_s()), rate(report.commands_per_s())),
        );
    }
    if report.latency.count() > 0 {
        row("round trip", &latency(report));
    }
    out
}

/// How many rounds there were, and why not more.
fn rounds(report: &StressReport) -> String {
    let clients = counted(u64::try_from(report.clients).unwrap_or(u64::MAX), "client");
    let done = grouped(report.violated.of);
    let mut text = match &report.ended {
        Ended::Complete => format!("{done} with {clients}"),
        Ended::TimedOut => format!("{done} of {} with {clients}: the time was up", grouped(report.planned)),
        Ended::Interrupted => format!("{done} of {} with {clients}: interrupted", grouped(report.planned)),
        Ended::Trouble(_) => format!("{done} of {} with {clients}: it cannot go on", grouped(report.planned)),
    };
    if report.lanes > 1 {
        text += &format!("\n{:17}{} at a time, each on a server of its own", "", report.lanes);
    }
    if report.pace.longest >= Duration::from_millis(20) {
        text += &format!(
            "\n{:17}its clients sleep: a round takes {} on average, up to {}",
            "",
            brief(report.pace.mean),
            brief(report.pace.longest)
        );
    }
    text
}

/// How often it broke.
fn broke(report: &StressReport) -> String {
    let (share, (low, high)) = (report.violated, report.violated.interval());
    let range = format!("95 % confidence: {} to {}", percent(low), percent(high));
    match (share.hits, share.of) {
        (_, 0) => "no round was finished: nothing can be said".into(),
        (0, _) => format!("held in all of them ({range} break)"),
        (hits, _) => format!("broke in {} of them, {} ({range})", grouped(hits), percent(share.estimate())),
    }
}

/// What the explorer says.
fn explorer(beside: &Beside) -> String {
    let (all, bad) = (digits(&beside.schedules), digits(&beside.violating));
    match (beside.exhaustive, beside.violating.as_str()) {
        (true, "0") if beside.schedules == "1" => "the one schedule there is holds".into(),
        (true, "0") => format!("every schedule holds, all {all} of them"),
        (true, _) => format!("{bad} of {all} schedules violate{}", share_of(beside)),
        (false, _) if beside.schedules == "0" => format!("no schedule was explored to its end: {}", beside.limit),
        (false, _) => {
            format!("not all schedules were explored ({}): so far {bad} of {all} violate", beside.limit)
        }
    }
}

/// What is to be said of a sample that does not show what was expected.
fn sentence(report: &StressReport) -> Option<String> {
    let rounds = counted(report.violated.of, "round");
    match report.verdict() {
        Verdict::Broke => Some("it was expected to hold: a real server broke it".into()),
        Verdict::NotSeen if report.beside.violating == "0" => Some(format!("did not break in {rounds}")),
        Verdict::NotSeen => Some(format!(
            "did not break in {rounds}, though {} of {} schedules do",
            digits(&report.beside.violating),
            digits(&report.beside.schedules)
        )),
        Verdict::Fine | Verdict::Nothing => None,
    }
}

fn outcome_text(outcome: &Outcome) -> String {
    let values: Vec<String> = outcome.values.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let verdict = if outcome.holds { '✓' } else { '✗' };
    let stuck = if outcome.stuck.is_empty() { String::new() } else { format!("  stuck: {}", outcome.stuck.join(", ")) };
    format!("{verdict} {:>7}  {}{stuck}", grouped(outcome.rounds), values.join("  "))
}

fn latency(report: &StressReport) -> String {
    let at = |percent| grouped(report.latency.percentile_us(percent));
    format!(
        "p50 {} µs, p90 {} µs, p99 {} µs, max {} µs",
        at(50.0),
        at(90.0),
        at(99.0),
        grouped(report.latency.longest_us())
    )
}

/// The exact share of violating schedules in percent, where numbers that big can be divided.
fn share_of(beside: &Beside) -> String {
    match share(beside) {
        Some(share) => format!(", {}", percent(share)),
        None => String::new(),
    }
}

fn share(beside: &Beside) -> Option<f64> {
    let (bad, all) = (beside.violating.parse::<f64>().ok()?, beside.schedules.parse::<f64>().ok()?);
    let share = bad / all;
    (beside.exhaustive && share.is_finite()).then_some(share)
}

fn percent(share: f64) -> String {
    match share * 100.0 {
        whole if whole == 0.0 || whole == 100.0 => format!("{whole:.0} %"),
        // What is not quite nothing, or all, must not look like it.
        tiny if tiny < 0.005 => "under 0.01 %".into(),
        almost if almost > 99.995 => "over 99.99 %".into(),
        small if small < 1.0 => format!("{small:.2} %"),
        nearly if nearly > 99.0 => format!("{nearly:.2} %"),
        other => format!("{other:.1} %"),
    }
}

fn rate(per_second: f64) -> String {
    if per_second < 10.0 { format!("{per_second:.1}") } else { digits(&format!("{per_second:.0}")) }
}

fn brief(time: Duration) -> String {
    match time.as_millis() {
        ms if ms < 1000 => format!("{ms} ms"),
        ms if ms < 10_000 => format!("{:.1} s", time.as_secs_f64()),
        _ => format!("{:.0} s", time.as_secs_f64()),
    }
}

/// `1 round`, `2,000 rounds`.
fn counted(number: u64, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {word}{plural}", grouped(number))
}

fn grouped(number: u64) -> String {
    digits(&number.to_string())
}

/// Digits in threes: `1,234,567`.
fn digits(number: &str) -> String {
    let mut out = String::with_capacity(number.len() + number.len() / 3);
    for (at, digit) in number.chars().enumerate() {
        if at > 0 && (number.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The document of `redlab stress --format json`.
pub fn stress_document(head: &StressHead, reports: &[StressReport]) -> Value {
    json!({
        "scenario": head.id,
        "target": head.target,
        "server": head.server,
        "seed": head.seed,
        "jitter_us": head.jitter_us,
        "confidence": 0.95,
        "variants": reports.iter().map(variant).collect::<Vec<_>>(),
    })
}

fn variant(report: &StressReport) -> Value {
    let (low, high) = report.violated.interval();
    let (verdict, (ended, trouble)) = (report.verdict(), ended(&report.ended));
    json!({
        "variant": report.variant,
        "expect": report.expect.map(Expect::name),
        "as_expected": verdict == Verdict::Fine && trouble.is_null(),
        "clients": report.clients,
        "planned": report.planned,
        "rounds": report.violated.of,
        "cut_short": report.cut,
        "at_once": report.lanes,
        "ended": ended,
        "trouble": trouble,
        "violated": {
            "rounds": report.violated.hits,
            "share": (report.violated.of > 0).then(|| report.violated.estimate()),
            "low": low,
            "high": high,
        },
        "stuck": report.stuck,
        "outcomes": report.outcomes.iter().map(outcome).collect::<Vec<_>>(),
        "other_outcomes": report.other_outcomes,
        "faults": report.faults.iter().map(|(label, times)| json!({"fault": label, "times": times})).collect::<Vec<_>>(),
        "errors": report.errors.iter().map(|(error, rounds)| json!({"error": error, "rounds": rounds})).collect::<Vec<_>>(),
        "sleeps_ms": {"mean": millis(report.pace.mean), "longest": millis(report.pace.longest)},
        "elapsed_ms": millis(report.elapsed),
        "rounds_per_s": report.rounds_per_s(),
        "commands": report.commands,
        "commands_per_s": report.commands_per_s(),
        "round_trip_us": {
            "count": report.latency.count(),
            "p50": report.latency.percentile_us(50.0),
            "p90": report.latency.percentile_us(90.0),
            "p99": report.latency.percentile_us(99.0),
            "max": report.latency.longest_us(),
        },
        "explorer": beside(&report.beside),
    })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn ended(ended: &Ended) -> (&'static str, Value) {
    match ended {
        Ended::Complete => ("complete", Value::Null),
        Ended::TimedOut => ("timeout", Value::Null),
        Ended::Interrupted => ("interrupted", Value::Null),
        Ended::Trouble(why) => ("trouble", json!(why)),
    }
}

fn outcome(outcome: &Outcome) -> Value {
    let values: Map<String, Value> = outcome.values.iter().cloned().collect();
    json!({"values": values, "holds": outcome.holds, "stuck": outcome.stuck, "rounds": outcome.rounds})
}

/// As the explorer's own document has it: counts that are no totals are not given as totals.
fn beside(beside: &Beside) -> Value {
    let total = |count: &str| if beside.exhaustive { json!(count) } else { Value::Null };
    let mut map = Map::new();
    map.insert("exhaustive".into(), json!(beside.exhaustive));
    map.insert("schedules".into(), total(&beside.schedules));
    map.insert("violating".into(), total(&beside.violating));
    map.insert("share".into(), json!(share(beside)));
    if !beside.exhaustive {
        map.insert("limit".into(), json!(beside.limit));
        map.insert("seen".into(), json!({"schedules": beside.schedules, "violating": beside.violating}));
    }
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!((counted(1, "round"), counted(2_000, "round")), ("1 round".into(), "2,000 rounds".into()));
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(digits("1355345464406015082330"), "1,355,345,464,406,015,082,330");
        assert_eq!([0.0, 0.0038, 0.624, 0.9962, 1.0].map(percent), ["0 %", "0.38 %", "62.4 %", "99.62 %", "100 %"]);
        assert_eq!([1e-9, 1.0 - 1e-9].map(percent), ["under 0.01 %", "over 99.99 %"]);
        assert_eq!(brief(Duration::from_secs(120)), "120 s");
    }
}
