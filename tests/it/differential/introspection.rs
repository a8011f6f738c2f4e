//! What a server tells of itself: SLOWLOG, LATENCY, DEBUG, CLIENT, COMMAND and what says no.

use proptest::prelude::*;
use redlab::target::LocalServer;

use super::{Compare, Line, programs, same, sometimes_wrong, words};

pub fn comparison(name: &str, line: &Line) -> Option<Compare> {
    let second = line.get(1).map(|word| String::from_utf8_lossy(word).to_uppercase()).unwrap_or_default();
    match (name, second.as_str()) {
        // Times and addresses are each server's own.
        ("SLOWLOG", "GET") => Some(Compare::Shape),
        // A connection may see a last invalidation, or durations, in one and not in the other.
        ("LATENCY", "HISTOGRAM" | "GRAPH") | ("CLIENT", "INFO" | "LIST") => Some(Compare::Help),
        ("DEBUG", "HELP" | "HTSTATS" | "HTSTATS-KEY" | "SDSLEN" | "STRUCTSIZE") => Some(Compare::Help),
        ("REPLICAOF" | "SLAVEOF", _) => None,
        ("MODULE" | "CLUSTER", "HELP") => Some(Compare::Help),
        _ => None,
    }
}

const PLAIN: &[&str] = &[
    "SLOWLOG GET",
    "SLOWLOG GET 2",
    "SLOWLOG GET -1",
    "SLOWLOG GET 0",
    "SLOWLOG LEN",
    "SLOWLOG LEN",
    "SLOWLOG RESET",
    "CONFIG SET slowlog-log-slower-than 0",
    "CONFIG SET slowlog-log-slower-than 1000000",
    "CONFIG SET slowlog-log-slower-than -1",
    "CONFIG SET slowlog-max-len 3",
    "CONFIG SET slowlog-max-len 128",
    "CONFIG GET slowlog*",
    "CONFIG SET latency-tracking no",
    "CONFIG SET latency-tracking yes",
    "CONFIG SET latency-tracking maybe",
    "CONFIG SET latency-monitor-threshold 1000",
    "LATENCY GRAPH command",
    "LATENCY GRAPH",
    "LATENCY HISTORY command",
    "LATENCY LATEST",
    "LATENCY RESET command",
    "DEBUG SLEEP 0",
    "DEBUG SLEEP",
    "DEBUG PROTOCOL string",
    "DEBUG PROTOCOL integer",
    "DEBUG PROTOCOL double",
    "DEBUG PROTOCOL bignum",
    "DEBUG PROTOCOL null",
    "DEBUG PROTOCOL array",
    "DEBUG PROTOCOL set",
    "DEBUG PROTOCOL map",
    "DEBUG PROTOCOL true",
    "DEBUG PROTOCOL false",
    "DEBUG PROTOCOL verbatim",
    "DEBUG PROTOCOL nonsense",
    "DEBUG ERROR \"MY own error\"",
    "DEBUG LOG something",
    "DEBUG HTSTATS 99",
    "DEBUG HTSTATS x",
    "DEBUG HTSTATS-KEY missing",
    "DEBUG LISTPACK missing",
    "DEBUG POPULATE 3",
    "DEBUG POPULATE 2 some 5",
    "DEBUG POPULATE x",
    "DEBUG POPULATE -1",
    "DEBUG CHANGE-REPL-ID",
    "DEBUG nonsense",
    "GET key:1",
    "GET some:1",
    "STRLEN some:0",
    "CLIENT NO-EVICT on",
    "CLIENT NO-EVICT maybe",
    "CLIENT KILL TYPE master",
    "CLIENT KILL TYPE nonsense",
    "CLIENT KILL ID x",
    "CLIENT KILL 1.2.3.4:5",
    "CLIENT UNBLOCK 99999999",
    "CLIENT UNBLOCK 1 nonsense",
    "CLIENT PAUSE x",
    "CLIENT PAUSE 0 nonsense",
    "CLIENT LIST TYPE nonsense",
    "CLIENT LIST ID x",
    "CLIENT LIST",
    "CLIENT INFO",
    "CLIENT nonsense",
    "COMMAND GETKEYSANDFLAGS MSET a 1 b 2",
    "COMMAND GETKEYS EVAL x 1 a b",
    "READONLY",
    "READWRITE",
    "ASKING",
    "CLUSTER INFO",
    "CLUSTER SLOTS",
    "CLUSTER nonsense",
    "CLUSTER",
    "MODULE LIST",
    "REPLICAOF NO ONE",
    "REPLICAOF host port",
    "REPLICAOF host 99999",
    "SLAVEOF NO ONE",
    "FAILOVER",
    "FAILOVER ABORT",
    "FAILOVER TIMEOUT 0",
    "FAILOVER TIMEOUT x",
    "FAILOVER TIMEOUT 5 TIMEOUT 6",
    "FAILOVER TO host 5 FORCE",
    "FAILOVER nonsense",
    "ROLE",
    "WAIT 0 0",
    "SHUTDOWN ABORT",
    "SHUTDOWN ABORT NOW",
    "SHUTDOWN nonsense",
    "MULTI",
    "EXEC",
    "EXEC",
    "DISCARD",
    "PING",
    "EVAL \"return redis.call('ping')\" 0",
];

/// A command of this family, at times wrong; SHUTDOWN must stay what it is.
pub fn command() -> impl Strategy<Value = Line> {
    let shuts = |line: &Line| line[0].eq_ignore_ascii_case(b"SHUTDOWN") && line.len() < 2;
    sometimes_wrong(prop::sample::select(PLAIN).prop_map(words))
        .prop_filter("it would end the server", move |l| !shuts(l))
}

#[test]
fn a_server_tells_of_itself_as_redis_does() {
    let server = LocalServer::start(&["--enable-debug-command", "yes"]).expect("redis-server is installed");
    programs(command(), 2, |program| same(&server, 2, program));
}
