//! What exploring found, for people.

use crate::lab::{RaceView, StepTaken, VariantReport};

/// What `redlab explore` prints of one scenario.
pub fn explored_text(id: &str, title: &str, reports: &[VariantReport]) -> String {
    let mut out = format!("{id}  {title}\n");
    for report in reports {
        out.push_str(&variant(report));
    }
    out
}

fn variant(report: &VariantReport) -> String {
    let violated = report.violating != "0";
    let as_expected = match report.expect.as_str() {
        "holds" => report.exhaustive && !violated,
        "violated" => violated,
        _ => report.exhaustive,
    };
    let mark = if as_expected { '✓' } else { '✗' };
    let mut out = format!("  {mark} {}", report.variant);
    if !report.expect.is_empty() {
        out.push_str(&format!("  (expected: {})", report.expect));
    }
    out.push('\n');
    if report.exhaustive {
        out.push_str(&format!(
            "      {} schedules, {} violate; {} states\n",
            report.schedules, report.violating, report.states
        ));
    } else {
        // A count that is not complete is no total, and says so.
        out.push_str(&format!(
            "      not exhaustive: {}; at least {} schedules and {} violations in {} states\n",
            report.limit, report.schedules, report.violating, report.states
        ));
    }
    for outcome in &report.outcomes {
        let values: Vec<String> = outcome.values.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let verdict = if outcome.holds { '✓' } else { '✗' };
        let stuck =
            if outcome.stuck.is_empty() { String::new() } else { format!("  stuck: {}", outcome.stuck.join(", ")) };
        out.push_str(&format!("      {verdict} {:>6}  {}{stuck}\n", outcome.schedules, values.join("  ")));
        for fault in &outcome.faults {
            out.push_str(&format!("                ended early: {fault}\n"));
        }
    }
    if let Some(found) = &report.counterexample {
        out.push_str(&format!("      simplest failure, {} switches: --replay \"{}\"\n", found.switches, found.replay));
        out.push_str(&steps(found.steps.iter()));
        out.push_str(&format!("        {}\n", found.sentence));
    }
    out
}

fn steps<'a>(steps: impl Iterator<Item = &'a StepTaken> + Clone) -> String {
    let width = steps.clone().map(|step| step.name.chars().count()).max().unwrap_or(0);
    let line = |step: &StepTaken| {
        let reply = if step.reply.is_empty() { String::new() } else { format!(" → {}", step.reply) };
        format!("        {:<width$}  {}{reply}\n", step.name, step.step)
    };
    steps.map(line).collect()
}

/// One schedule, step by step, with its end.
pub fn race_text(view: &RaceView) -> String {
    let variant = view.variants.get(view.variant).map_or("", |(name, _)| name.as_str());
    let mut out = format!("{}  {variant}\n", view.scenario);
    out.push_str(&steps(view.path[..view.position.min(view.path.len())].iter().map(AsRef::as_ref)));
    let observed: Vec<String> =
        view.observed.iter().chain(&view.world).map(|(name, value)| format!("{name} {value}")).collect();
    out.push_str(&format!("      {}\n", observed.join("  ")));
    let verdict = match view.holds {
        Some(true) => format!("✓ {} holds", view.invariant),
        Some(false) => format!("✗ {} does not hold", view.invariant),
        None => "not at its end: somebody can still run".into(),
    };
    out.push_str(&format!("      {verdict}\n"));
    if !view.sentence.is_empty() {
        out.push_str(&format!("      {}\n", view.sentence));
    }
    out
}
