//! The parameters, compared with those of Redis.

use std::collections::BTreeMap;

use redlab::resp::{Value, split_line};
use redlab::target::LocalServer;

use super::Lab;
use crate::oracle::Wire;

/// What each side says of itself alone: where it runs, and how it was started.
const OWN: &[&str] = &[
    "bind",
    "dir",
    "port",
    "save",
    "pidfile",
    "unixsocket",
    "logfile",
    "enable-debug-command",
    "protected-mode",
    "proc-title-template",
    "daemonize",
    "unixsocketperm",
    "dbfilename",
    "appendonly",
    "locale-collate",
];

fn table(value: Value) -> BTreeMap<String, String> {
    let words: Vec<String> = match value.into_resp2() {
        Value::Array(items) => {
            items.iter().map(|item| String::from_utf8_lossy(item.as_bytes().expect("a text")).into_owned()).collect()
        }
        other => panic!("{other:?}"),
    };
    words.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

#[test]
fn every_parameter_is_there_with_its_default() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut wire = Wire::connect(&server);
    wire.send(&split_line("CONFIG GET *").expect("a line"));
    let theirs = table(wire.receive());
    let ours = table(Lab::new().run("CONFIG GET *"));
    for (name, value) in &theirs {
        let own = ours.get(name).unwrap_or_else(|| panic!("no {name}"));
        assert!(OWN.contains(&name.as_str()) || own == value, "{name}: {own} and {value}");
    }
}

/// Values that some parameters take and others refuse.
const VALUES: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "77",
    "100",
    "101",
    "-5",
    "1000000",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "1kb",
    "2MB",
    "1g",
    "5%",
    "x",
    "",
    "yes",
    "NO",
    "1.5",
    "01",
    "+1",
    " 1",
    "everysec",
    "volatile-ttl",
    "local",
    "no",
];

#[test]
fn values_are_refused_as_redis_refuses_them() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut wire = Wire::connect(&server);
    let mut lab = Lab::new();
    let names: Vec<String> = table(lab.run("CONFIG GET *")).into_keys().collect();
    let skipped = |name: &str| {
        OWN.contains(&name)
            || name.starts_with("tls-")
            || ["maxclients", "oom-score-adj", "requirepass", "aclfile", "activedefrag", "watchdog-period"].contains(&name)
            // These change how the real server works for the rest of the test.
            || ["maxmemory", "maxmemory-clients", "client-query-buffer-limit", "timeout", "masterauth", "masteruser"].contains(&name)
    };
    for name in names.iter().filter(|name| !skipped(name)) {
        for value in VALUES {
            let argv = ["CONFIG", "SET", name, value].map(|word| bytes::Bytes::copy_from_slice(word.as_bytes()));
            wire.send(&argv);
            assert_eq!(lab.call(&argv), wire.receive(), "CONFIG SET {name} {value:?}");
            let argv = split_line(&format!("CONFIG GET {name}")).expect("a line");
            wire.send(&argv);
            assert_eq!(table(lab.call(&argv)), table(wire.receive()), "after CONFIG SET {name} {value:?}");
        }
    }
}

#[test]
fn several_parameters_are_set_together_or_not_at_all() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut wire = Wire::connect(&server);
    let mut lab = Lab::new();
    for line in [
        "CONFIG SET maxmemory-samples 7 maxmemory-policy allkeys-lru hash-max-listpack-value 1kb",
        "CONFIG SET maxmemory-samples 8 maxmemory-policy nonsense",
        "CONFIG SET maxmemory-samples 8 nonsense 1",
        "CONFIG SET port 1 maxmemory-samples x",
        "CONFIG SET databases 1 nonsense 1",
        "CONFIG SET nonsense 1 databases 1",
        "CONFIG SET hash-max-ziplist-value 5 hash-max-listpack-value 6",
        "CONFIG SET hash-max-listpack-value 5 hash-max-listpack-value 6",
        "CONFIG SET client-output-buffer-limit \"pubsub 1mb 2 3\"",
        "CONFIG SET client-output-buffer-limit \"wrong 1mb 2 3\"",
        "CONFIG SET client-output-buffer-limit \"normal 1mb 2\"",
        "CONFIG SET latency-tracking-info-percentiles \"1 50.5 100\"",
        "CONFIG SET latency-tracking-info-percentiles \"101\"",
        "CONFIG SET latency-tracking-info-percentiles \"x\"",
        "CONFIG SET save \"60 1 300 10\"",
        "CONFIG SET save \"60\"",
        "CONFIG SET oom-score-adj-values \"1 2\"",
        "CONFIG SET shutdown-on-sigint \"now force\"",
        "CONFIG SET shutdown-on-sigint \"save nosave\"",
        "CONFIG SET maxmemory-clients 5%",
        "CONFIG SET maxmemory-clients 101%",
        "CONFIG SET dir /nowhere",
        "CONFIG SET notify-keyspace-events KEAm",
        "CONFIG SET list-max-ziplist-size -5",
        "CONFIG REWRITE",
        "CONFIG GET maxmemory* *-max-*list* client-output* latency-tracking-info-percentiles save shutdown-on-sigint",
        "CONFIG GET notify-keyspace-events",
    ] {
        let argv = split_line(line).expect("a line");
        wire.send(&argv);
        let (ours, theirs) = (lab.call(&argv), wire.receive());
        if line.starts_with("CONFIG GET") {
            assert_eq!(table(ours), table(theirs), "{line}");
        } else {
            assert_eq!(ours, theirs, "{line}");
        }
    }
}
