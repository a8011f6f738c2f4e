//! Reports as JSON: one stable document for each command line.

use serde_json::{Value, json};

use crate::lesson::Charted;
use crate::resp::{Value as Reply, format_double, quoted};
use crate::session::LaneReport;
use crate::target::Elapsed;

use super::lesson_run::{LessonRun, StepRun, Verdict};

/// The document of `redlab run --format json`.
pub fn run_document(target: &str, runs: &[LessonRun]) -> Value {
    json!({
        "target": target,
        "passed": runs.iter().all(LessonRun::passed),
        "lessons": runs.iter().map(lesson).collect::<Vec<_>>(),
    })
}

fn lesson(run: &LessonRun) -> Value {
    json!({
        "id": run.id,
        "title": run.title,
        "version": run.version,
        "passed": run.passed(),
        "error": run.error,
        "steps": run.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn step(step: &StepRun) -> Value {
    let exchanged: Vec<Value> = step
        .exchanged
        .iter()
        .map(|one| json!({"command": one.line, "reply": one.reply, "elapsed": elapsed(one.elapsed)}))
        .collect();
    let mut document = json!({
        "title": step.title,
        "kind": step.kind,
        "passed": step.verdict == Verdict::Passed,
        "commands": exchanged,
    });
    if let Verdict::Failed(why) = &step.verdict {
        document["why"] = json!(why);
    }
    if !step.lanes.is_empty() {
        document["lanes"] = step.lanes.iter().map(lane).collect();
        document["expect"] = json!(step.expect.as_ref().map(|(text, _)| text));
        document["holds"] = json!(step.expect.as_ref().map(|(_, holds)| holds));
    }
    if let Some(charted) = &step.chart {
        document["chart"] = chart(charted);
    }
    document
}

fn chart(chart: &Charted) -> Value {
    let lanes: Vec<Value> =
        chart.lanes.iter().map(|(name, numbers)| json!({"name": name, "numbers": numbers})).collect();
    json!({"title": chart.title, "unit": chart.unit, "bars": chart.names, "lanes": lanes})
}

fn lane(lane: &LaneReport) -> Value {
    let observed: serde_json::Map<String, Value> =
        lane.observed.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "name": lane.name,
        "total": elapsed(lane.total),
        "p50_us": lane.p50_us,
        "p99_us": lane.p99_us,
        "commands": lane.commands,
        "round_trips": lane.round_trips,
        "queries": lane.queries,
        "sent": lane.sent,
        "received": lane.received,
        "observed": observed,
    })
}

/// What was measured and what was simulated, apart, in microseconds.
fn elapsed(elapsed: Elapsed) -> Value {
    json!({"measured_us": elapsed.measured_us, "simulated_us": elapsed.simulated_us})
}

/// A reply as JSON. Bytes that are no UTF-8 are shown escaped, as redis-cli shows them.
pub fn reply_json(reply: &Reply) -> Value {
    match reply {
        Reply::Simple(bytes) | Reply::Bulk(bytes) | Reply::BigNumber(bytes) | Reply::Verbatim { text: bytes, .. } => {
            text(bytes)
        }
        Reply::Error(line) => json!({ "error": text(line) }),
        Reply::Integer(n) => json!(n),
        Reply::Null | Reply::NullArray => Value::Null,
        // JSON knows no infinities.
        Reply::Double(d) if d.is_finite() => json!(d),
        Reply::Double(d) => json!(format_double(*d)),
        Reply::Boolean(b) => json!(b),
        Reply::Array(items) | Reply::Set(items) | Reply::Push(items) => items.iter().map(reply_json).collect(),
        Reply::Attribute(pairs) | Reply::Map(pairs) => {
            let name = |key: &Reply| match reply_json(key) {
                Value::String(name) => name,
                other => other.to_string(),
            };
            Value::Object(pairs.iter().map(|(key, value)| (name(key), reply_json(value))).collect())
        }
    }
}

fn text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!(quoted(bytes)),
    }
}
