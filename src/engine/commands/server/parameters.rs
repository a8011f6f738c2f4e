//! The parameters that CONFIG GET shows and CONFIG SET changes: here those that the engine heeds.

use super::super::super::keyspace::Policy;
use super::super::super::notify;
use super::super::super::settings::Settings;
use super::doors::DOORS;
use super::kept::KEPT;
use super::kind::{INT, Kind, LONG, MOST, Parameter, parameter, word, yes_no};

fn size(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn count(n: i64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn bytes(n: usize) -> u64 {
    n as u64
}

fn length(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn small(n: i64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Every parameter that the engine heeds, by name.
const HEEDED: &[Parameter] = &[
    parameter(
        &["acl-pubsub-default"],
        Kind::Text(
            |settings| if settings.acl_all_channels { "allchannels".into() } else { "resetchannels".into() },
            |settings, text| {
                settings.acl_all_channels = word(&["allchannels", "resetchannels"], text)? == "allchannels";
                Ok(())
            },
        ),
    ),
    parameter(&["aclfile"], Kind::Always("")),
    parameter(
        &["acllog-max-len"],
        Kind::Number(0, LONG, (|settings| size(settings.acl_log_len), |settings, n| settings.acl_log_len = count(n))),
    ),
    parameter(
        &["busy-reply-threshold", "lua-time-limit"],
        Kind::Number(
            0,
            LONG,
            (
                |settings| i64::try_from(settings.script_time_limit_ms).unwrap_or(i64::MAX),
                |settings, ms| settings.script_time_limit_ms = ms.unsigned_abs(),
            ),
        ),
    ),
    parameter(&["databases"], Kind::Immutable(|settings| settings.databases.to_string())),
    parameter(
        &["hash-max-listpack-entries", "hash-max-ziplist-entries"],
        Kind::Number(
            0,
            LONG,
            (|settings| size(settings.limits.hash_entries), |settings, n| settings.limits.hash_entries = count(n)),
        ),
    ),
    parameter(
        &["hash-max-listpack-value", "hash-max-ziplist-value"],
        Kind::Memory(
            0,
            MOST,
            (|settings| bytes(settings.limits.hash_value), |settings, n| settings.limits.hash_value = length(n)),
        ),
    ),
    parameter(
        &["hll-sparse-max-bytes"],
        Kind::Memory(
            0,
            MOST,
            (
                |settings| bytes(settings.limits.hll_sparse_bytes),
                |settings, n| settings.limits.hll_sparse_bytes = length(n),
            ),
        ),
    ),
    parameter(
        &["lfu-decay-time"],
        Kind::Number(
            0,
            INT,
            (
                |settings| i64::from(settings.memory.lfu_decay_minutes),
                |settings, n| settings.memory.lfu_decay_minutes = small(n),
            ),
        ),
    ),
    parameter(
        &["lfu-log-factor"],
        Kind::Number(
            0,
            INT,
            (
                |settings| i64::from(settings.memory.lfu_log_factor),
                |settings, n| settings.memory.lfu_log_factor = small(n),
            ),
        ),
    ),
    parameter(
        &["list-max-listpack-size", "list-max-ziplist-size"],
        Kind::Number(
            -INT - 1,
            INT,
            (|settings| settings.limits.list_node, |settings, n| settings.limits.list_node = n),
        ),
    ),
    parameter(
        &["maxmemory"],
        Kind::Memory(0, u64::MAX, (|settings| settings.memory.maxmemory, |settings, n| settings.memory.maxmemory = n)),
    ),
    parameter(
        &["maxmemory-eviction-tenacity"],
        Kind::Number(
            0,
            100,
            (|settings| i64::from(settings.memory.tenacity), |settings, n| settings.memory.tenacity = small(n)),
        ),
    ),
    parameter(&["maxmemory-policy"], Kind::Text(|settings| settings.memory.policy.name().into(), set_policy)),
    parameter(
        &["maxmemory-samples"],
        Kind::Number(
            1,
            INT,
            (|settings| i64::from(settings.memory.samples), |settings, n| settings.memory.samples = small(n)),
        ),
    ),
    parameter(
        &["notify-keyspace-events"],
        Kind::Text(
            |settings| notify::canonical(&settings.notify_keyspace_events).unwrap_or_default(),
            |settings, letters| match notify::canonical(letters) {
                Some(letters) => {
                    settings.notify_keyspace_events = letters;
                    Ok(())
                }
                None => Err("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.".into()),
            },
        ),
    ),
    parameter(
        &["port"],
        Kind::FixedNumber(
            0,
            65_535,
            |settings| settings.port.into(),
            "Unable to listen on this port. Check server logs.",
        ),
    ),
    parameter(
        &["proto-max-bulk-len"],
        Kind::Memory(1 << 20, MOST, (|settings| settings.longest_string, |settings, n| settings.longest_string = n)),
    ),
    parameter(
        &["requirepass"],
        Kind::Text(
            |settings| settings.password.clone(),
            |settings, password| {
                settings.password = password.into();
                Ok(())
            },
        ),
    ),
    parameter(
        &["set-max-intset-entries"],
        Kind::Number(
            0,
            LONG,
            (
                |settings| size(settings.limits.set_intset_entries),
                |settings, n| settings.limits.set_intset_entries = count(n),
            ),
        ),
    ),
    parameter(
        &["stream-node-max-bytes"],
        Kind::Memory(
            0,
            MOST,
            (
                |settings| bytes(settings.limits.stream_node_bytes),
                |settings, n| settings.limits.stream_node_bytes = length(n),
            ),
        ),
    ),
    parameter(
        &["stream-node-max-entries"],
        Kind::Number(
            0,
            LONG,
            (
                |settings| size(settings.limits.stream_node_entries),
                |settings, n| settings.limits.stream_node_entries = count(n),
            ),
        ),
    ),
    parameter(
        &["latency-monitor-threshold"],
        Kind::Number(
            0,
            LONG,
            (
                |settings| i64::try_from(settings.measures.latency_ms).unwrap_or(LONG),
                |settings, ms| settings.measures.latency_ms = ms.unsigned_abs(),
            ),
        ),
    ),
    parameter(
        &["latency-tracking"],
        Kind::Text(
            |settings| if settings.measures.tracking { "yes".into() } else { "no".into() },
            |settings, text| {
                settings.measures.tracking = yes_no(text)?;
                Ok(())
            },
        ),
    ),
    parameter(
        &["slowlog-log-slower-than"],
        Kind::Number(
            -1,
            LONG,
            (|settings| settings.measures.slower_than_us, |settings, us| settings.measures.slower_than_us = us),
        ),
    ),
    parameter(
        &["slowlog-max-len"],
        Kind::Number(
            0,
            LONG,
            (|settings| size(settings.measures.slowlog_len), |settings, n| settings.measures.slowlog_len = count(n)),
        ),
    ),
    parameter(
        &["tracking-table-max-keys"],
        Kind::Number(
            0,
            LONG,
            (
                |settings| size(settings.tracking_table_max_keys),
                |settings, n| settings.tracking_table_max_keys = count(n),
            ),
        ),
    ),
    parameter(
        &["zset-max-listpack-entries", "zset-max-ziplist-entries"],
        Kind::Number(
            0,
            LONG,
            (|settings| size(settings.limits.zset_entries), |settings, n| settings.limits.zset_entries = count(n)),
        ),
    ),
    parameter(
        &["zset-max-listpack-value", "zset-max-ziplist-value"],
        Kind::Memory(
            0,
            MOST,
            (|settings| bytes(settings.limits.zset_value), |settings, n| settings.limits.zset_value = length(n)),
        ),
    ),
];

fn set_policy(settings: &mut Settings, text: &str) -> Result<(), String> {
    let names: Vec<&'static str> = Policy::NAMES.iter().map(|(name, _)| *name).collect();
    let name = word(&names, text)?;
    let named = Policy::NAMES.iter().find(|(other, _)| *other == name);
    settings.memory.policy = named.map_or(Policy::NoEviction, |(_, policy)| *policy);
    Ok(())
}

/// Those that CONFIG GET shows to whoever knows their names, and to no pattern.
const HIDDEN: &[Parameter] = &[
    parameter(&["key-load-delay"], Kind::KeptNumber(-INT - 1, INT, "0")),
    parameter(&["loading-process-events-interval-bytes"], Kind::KeptMemory(1024, INT as u64, "2097152")),
    parameter(&["rdb-key-save-delay"], Kind::KeptNumber(-INT - 1, INT, "0")),
    parameter(&["use-exit-on-panic"], Kind::KeptSwitch("no")),
    parameter(&["watchdog-period"], Kind::KeptNumber(0, INT, "0")),
];

/// Every parameter that patterns find.
pub fn all() -> impl Iterator<Item = &'static Parameter> {
    HEEDED.iter().chain(DOORS).chain(KEPT)
}

/// The parameter of this name, in any case.
pub fn named(name: &[u8]) -> Option<&'static Parameter> {
    let is = |other: &&str| other.as_bytes().eq_ignore_ascii_case(name);
    all().chain(HIDDEN).find(|parameter| parameter.names.iter().any(is))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_take_what_they_show() {
        for parameter in all() {
            let mut settings = Settings::default();
            let shown = parameter.get(&settings);
            let set = parameter.set(&mut settings, &shown);
            assert_eq!(set.is_err(), parameter.refusal().is_some(), "{}: {set:?}", parameter.names[0]);
            assert_eq!(parameter.get(&settings), shown);
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = all().flat_map(|parameter| parameter.names).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
