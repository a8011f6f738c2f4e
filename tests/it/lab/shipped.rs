//! Every scenario that is built in.

use std::sync::Arc;

use redlab::content::{Document, Library};
use redlab::lab::{self, Expect, Limits, Scenario, Timeline, VariantReport};

use super::explored;
use super::naive::{Found, enumerate};

/// Schedules that are few enough to be replayed one by one.
const FEW: u64 = 1000;

fn shipped() -> Vec<Scenario> {
    let library = Library::built_in();
    let read = library.scenarios().map(|item| {
        let (document, mut diagnostics) = Document::parse(&item.source);
        let scenario = document.and_then(|document| lab::read(&item.id, &document, &mut diagnostics));
        scenario.unwrap_or_else(|| panic!("{}: {:#?}", item.id, diagnostics.sorted()))
    });
    read.collect()
}

/// Whether exploring found exactly what replaying every schedule found.
pub fn agrees(report: &VariantReport, found: &Found) {
    let what = &report.variant;
    assert!(report.exhaustive, "{what}: {}", report.limit);
    assert_eq!(report.schedules, found.schedules.to_string(), "{what}: schedules");
    let mut ours: Vec<String> =
        report.outcomes.iter().map(|o| format!("{:?} {} {:?} × {}", o.values, o.holds, o.stuck, o.schedules)).collect();
    let mut theirs: Vec<String> = found
        .outcomes
        .iter()
        .map(|((values, holds, stuck), count)| format!("{values:?} {holds} {stuck:?} × {count}"))
        .collect();
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs, "{what}: outcomes");
    let ours = report.counterexample.as_ref().map(|c| (c.switches, c.steps.len(), c.replay.clone()));
    let theirs = found.simplest.as_ref().map(|(switches, steps, _, replay)| (*switches, *steps, replay.clone()));
    assert_eq!(ours, theirs, "{what}: counterexample");
}

#[test]
fn every_expectation_is_proved() {
    let scenarios = shipped();
    assert!(!scenarios.is_empty());
    for scenario in &scenarios {
        for report in explored(scenario, &Limits::default()) {
            let found = if report.violating == "0" { "holds" } else { "violated" };
            assert!(report.exhaustive, "{} {}: {}", scenario.id, report.variant, report.limit);
            assert_eq!(report.expect, found, "{} {}", scenario.id, report.variant);
            assert!(!scenario.text.trim().is_empty(), "{} says nothing", scenario.id);
        }
    }
}

#[test]
fn every_scenario_shows_the_fault_and_its_remedy_and_says_what_to_learn() {
    for scenario in shipped() {
        let has = |expect: Expect| scenario.variants.iter().any(|variant| variant.expect == Some(expect));
        assert!(has(Expect::Violated) && has(Expect::Holds), "{}", scenario.id);
        let words = scenario.text.split_whitespace().count();
        assert!((60..=200).contains(&words), "{}: {words} words", scenario.id);
        for part in ["Look", "*Remember:*"] {
            assert!(scenario.text.contains(part), "{} has no {part}", scenario.id);
        }
        assert!(!scenario.summary.is_empty(), "{}", scenario.id);
    }
}

#[test]
fn every_part_of_the_format_is_used_somewhere() {
    let texts: String = Library::built_in().scenarios().map(|item| item.source.text().to_string()).collect();
    let parts = [
        "crash: ",
        "pause: ",
        "BRPOP",
        "BLMOVE",
        "sql: ",
        "database:",
        "seed:",
        "always:",
        "world:",
        "sleep: ",
        "let: ",
        "repeat: ",
        "until: ",
        "max: ",
        "when: ",
        "else:",
        "transaction: ",
        "pipeline: ",
        "eval: ",
        "keys: ",
        "args: ",
        "WATCH",
        "XREADGROUP",
        "XAUTOCLAIM",
        "source: ",
        "*",
    ];
    for part in parts {
        assert!(texts.contains(part), "{part}");
    }
}

#[test]
fn counts_equal_a_naive_enumeration() {
    for scenario in shipped() {
        for (report, variant) in explored(&scenario, &Limits::default()).iter().zip(&scenario.variants) {
            if report.schedules.parse::<u64>().is_ok_and(|count| count <= FEW) {
                let found = enumerate(variant, FEW).expect("few schedules");
                agrees(report, &found);
            }
        }
    }
}

#[test]
fn known_counts() {
    let counts = |id: &str, variant: &str| {
        let scenario = shipped().into_iter().find(|scenario| scenario.id == id).expect("a scenario");
        let reports = explored(&scenario, &Limits::default());
        let report = reports.into_iter().find(|report| report.variant == variant).expect("a variant");
        (report.schedules, report.violating)
    };
    let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
    assert_eq!(counts("lost-update", "read-modify-write"), pair("6", "4"));
    assert_eq!(counts("lost-update", "three-clients"), pair("90", "84"));
    assert_eq!(counts("peak-concurrency", "get-then-set"), pair("20", "6"));
    assert_eq!(counts("peak-concurrency", "set-if-higher"), pair("20", "6"));
    assert_eq!(counts("write-skew", "look-then-leave"), pair("6", "4"));
    assert_eq!(counts("aba", "compare-value"), pair("8", "1"));
}

#[test]
fn every_replay_leads_where_it_says() {
    for scenario in shipped().into_iter().map(Arc::new) {
        for (n, report) in explored(&scenario, &Limits::default()).into_iter().enumerate() {
            for outcome in &report.outcomes {
                let mut timeline = Timeline::new(&scenario, n).expect("a start");
                timeline.replay(&outcome.replay).expect("a schedule");
                assert_eq!(timeline.verdict(), Some(Ok(outcome.holds)), "{} {}", scenario.id, outcome.replay);
                let view = timeline.view();
                assert!(!view.sentence.is_empty());
                assert_eq!(view.replay, outcome.replay);
            }
        }
    }
}
