//! Every row against the real server's COMMAND: what programs read of a command must be the same.

use redlab::engine::{Called, Engine, Settings, Time};
use redlab::resp::{Value, split_line};
use redlab::target::LocalServer;

use crate::oracle::Wire;

/// Commands that a later Redis brought.
const NEWER: &[&str] = &[
    "client|setinfo",
    "hexpire",
    "hexpireat",
    "hexpiretime",
    "hgetdel",
    "hgetex",
    "hpersist",
    "hpexpire",
    "hpexpireat",
    "hpexpiretime",
    "hpttl",
    "hsetex",
    "httl",
];

fn describe(reply: Value) -> Vec<Value> {
    match reply.into_resp2() {
        Value::Array(items) => items,
        other => panic!("{other:?}"),
    }
}

fn text(value: &Value) -> String {
    String::from_utf8_lossy(value.as_bytes().expect("a text")).into_owned()
}

/// A description as comparable text, with only the presence of notes on key specifications (their texts are each server's own) and without subcommands (which are
/// compared by themselves).
fn comparable(description: &Value) -> Vec<String> {
    let fields = description.items().expect("a description");
    let specs = fields[8].items().expect("key specifications").iter().map(|spec| {
        let shown = |pair: &[Value]| if text(&pair[0]) == "notes" { "a note".into() } else { format!("{:?}", pair[1]) };
        spec.items().expect("a map").chunks(2).map(shown).collect::<Vec<_>>().join(" ")
    });
    let plain = fields[..8].iter().map(|field| format!("{field:?}"));
    plain.chain(specs).collect()
}

#[test]
fn every_row_says_what_redis_says() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut wire = Wire::connect(&server);
    let mut engine = Engine::new(Settings::default(), Time(0));
    let id = engine.connect("127.0.0.1:1", Time(0));
    let mut ask = |line: &str| match engine.call(id, &split_line(line).expect("a line"), Time(0)) {
        Called::Reply(value) => describe(value),
        other => panic!("{other:?}"),
    };
    let names: Vec<String> = ask("COMMAND LIST").iter().map(text).filter(|n| !NEWER.contains(&n.as_str())).collect();
    assert!(names.len() > 60, "{names:?}");
    let mut differences = Vec::new();
    for name in names {
        let line = format!("COMMAND INFO {name}");
        let bundled = ask(&line).remove(0);
        let real = describe(wire.call(&split_line(&line).expect("a line"))).remove(0);
        if real == Value::Null {
            differences.push(format!("{name}: Redis has no such command"));
        } else if comparable(&bundled) != comparable(&real) {
            differences.push(format!("{name}:\n bundled {:?}\n    real {:?}", comparable(&bundled), comparable(&real)));
        }
        let docs = |reply: Vec<Value>| {
            let pairs = reply[1].items().expect("docs").chunks(2).map(|pair| (text(&pair[0]), pair[1].clone()));
            pairs
                .filter(|(field, _)| {
                    ["since", "group", "doc_flags", "deprecated_since", "arguments"].contains(&field.as_str())
                })
                .collect::<Vec<_>>()
        };
        let line = format!("COMMAND DOCS {name}");
        let real = describe(wire.call(&split_line(&line).expect("a line")));
        let bundled = ask(&line);
        if !real.is_empty() && docs(bundled.clone()) != docs(real.clone()) {
            differences.push(format!("{name}: docs differ:\n bundled {:?}\n    real {:?}", docs(bundled), docs(real)));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
