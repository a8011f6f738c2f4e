//! What a proxy or a client of many servers should know of some commands. Source: Redis's command tips.

/// Names of commands, and the tips that they share.
type Shared = (&'static [&'static str], &'static [&'static str]);

const TIPS: &[Shared] = &[
    (
        &["nondeterministic_output"],
        &[
            "client|info",
            "cluster|bumpepoch",
            "cluster|count-failure-reports",
            "cluster|getkeysinslot",
            "cluster|info",
            "cluster|links",
            "cluster|nodes",
            "cluster|replicas",
            "cluster|shards",
            "cluster|slaves",
            "cluster|slots",
            "client|list",
            "dump",
            "hrandfield",
            "hscan",
            "lastsave",
            "migrate",
            "object|encoding",
            "object|freq",
            "object|idletime",
            "object|refcount",
            "pttl",
            "spop",
            "srandmember",
            "sscan",
            "time",
            "ttl",
            "xadd",
            "xautoclaim",
            "xclaim",
            "xinfo|consumers",
            "xpending",
            "xtrim",
            "zrandmember",
            "zscan",
        ],
    ),
    (
        &["nondeterministic_output_order"],
        &[
            "command",
            "command|docs",
            "command|info",
            "command|list",
            "function|list",
            "hgetall",
            "hkeys",
            "hvals",
            "module|list",
            "sdiff",
            "sinter",
            "smembers",
            "sunion",
        ],
    ),
    (
        &["request_policy:all_nodes", "response_policy:all_succeeded"],
        &["config|set", "latency|reset", "script|flush", "script|load", "slowlog|reset"],
    ),
    (&["request_policy:all_shards", "response_policy:agg_sum"], &["dbsize"]),
    (&["request_policy:multi_shard", "response_policy:agg_sum"], &["del", "exists", "touch", "unlink"]),
    (
        &["request_policy:all_shards", "response_policy:all_succeeded"],
        &[
            "flushall",
            "flushdb",
            "function|delete",
            "function|flush",
            "function|load",
            "function|restore",
            "memory|purge",
            "ping",
        ],
    ),
    (&["request_policy:all_shards", "response_policy:one_succeeded"], &["function|kill", "script|kill"]),
    (
        &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
        &["function|stats", "info", "memory|doctor", "memory|malloc-stats", "memory|stats"],
    ),
    (&["request_policy:all_shards", "nondeterministic_output_order"], &["keys"]),
    (
        &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
        &["latency|doctor", "latency|graph", "latency|histogram", "latency|history", "latency|latest"],
    ),
    (&["request_policy:multi_shard"], &["mget"]),
    (&["request_policy:multi_shard", "response_policy:all_succeeded"], &["mset"]),
    (&["request_policy:multi_shard", "response_policy:agg_min"], &["msetnx"]),
    (&["request_policy:all_shards", "nondeterministic_output"], &["randomkey"]),
    (&["nondeterministic_output", "request_policy:special"], &["scan"]),
    (&["request_policy:all_shards", "response_policy:agg_logical_and"], &["script|exists"]),
    (&["request_policy:all_nodes", "nondeterministic_output"], &["slowlog|get"]),
    (&["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"], &["slowlog|len"]),
    (&["request_policy:all_shards", "response_policy:agg_min"], &["wait"]),
];

/// The tips of a command, `config|set` for a subcommand.
pub fn of(full_name: &str) -> &'static [&'static str] {
    TIPS.iter().find(|(_, names)| names.contains(&full_name)).map_or(&[], |(tips, _)| tips)
}
