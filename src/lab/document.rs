//! What exploring found, as the JSON document that the scenario format promises.

use serde_json::{Map, Value, json};

use super::view::{Counterexample, Outcome, VariantReport};

/// The document of `redlab explore --format json`. Where a limit ended the exploration, counts are null, since they
/// are no totals; what was counted until then stands in `seen`.
pub fn explored(scenario: &str, target: &str, reports: &[VariantReport]) -> Value {
    let variants: Vec<Value> = reports.iter().map(variant).collect();
    json!({"scenario": scenario, "target": target, "variants": variants})
}

fn variant(report: &VariantReport) -> Value {
    let total = |count: &String| if report.exhaustive { json!(count) } else { Value::Null };
    let mut map = Map::new();
    map.insert("variant".into(), json!(report.variant));
    map.insert("expect".into(), if report.expect.is_empty() { Value::Null } else { json!(report.expect) });
    map.insert("exhaustive".into(), json!(report.exhaustive));
    map.insert("schedules".into(), total(&report.schedules));
    map.insert("violating".into(), total(&report.violating));
    map.insert("states".into(), json!(report.states));
    let outcomes: Vec<Value> = report.outcomes.iter().map(|found| outcome(found, report.exhaustive)).collect();
    map.insert("outcomes".into(), Value::Array(outcomes));
    map.insert("counterexample".into(), report.counterexample.as_ref().map_or(Value::Null, counterexample));
    if !report.exhaustive {
        map.insert("limit".into(), json!(report.limit));
        map.insert("seen".into(), json!({"schedules": report.schedules, "violating": report.violating}));
    }
    Value::Object(map)
}

fn outcome(found: &Outcome, exhaustive: bool) -> Value {
    let values: Map<String, Value> = found.values.iter().cloned().collect();
    let mut map = Map::new();
    map.insert("values".into(), Value::Object(values));
    map.insert("holds".into(), json!(found.holds));
    map.insert("stuck".into(), json!(found.stuck));
    map.insert("schedules".into(), if exhaustive { json!(found.schedules) } else { Value::Null });
    map.insert("replay".into(), json!(found.replay));
    if !found.faults.is_empty() {
        map.insert("errors".into(), json!(found.faults));
    }
    Value::Object(map)
}

fn counterexample(found: &Counterexample) -> Value {
    let steps: Vec<Value> =
        found.steps.iter().map(|step| json!({"client": step.name, "step": step.step, "reply": step.reply})).collect();
    json!({"switches": found.switches, "steps": steps, "replay": found.replay, "sentence": found.sentence})
}
