//! The configuration that CONFIG GET shows and handlers obey.

use std::collections::BTreeMap;

use super::doors::Doors;
use super::keyspace::Rules;
use super::measures;
use super::types::EncodingLimits;

/// The version of Redis whose behaviour the engine has: what INFO and HELLO say.
pub const REDIS_VERSION: &str = "7.0.15";

/// What can be configured of the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How many databases there are.
    pub databases: usize,
    /// The limits of the compact encodings.
    pub limits: EncodingLimits,
    /// How much memory there is, and who makes room.
    pub memory: Rules,
    /// `requirepass`; empty: none is asked for.
    pub password: String,
    /// `acl-pubsub-default`: whether new users may use all channels.
    pub acl_all_channels: bool,
    /// `acllog-max-len`: so many refusals are kept for ACL LOG.
    pub acl_log_len: usize,
    /// `notify-keyspace-events`, as its letters; empty: none are sent.
    pub notify_keyspace_events: String,
    /// `busy-reply-threshold` (lua-time-limit), milliseconds: longer scripts keep a server busy; where nobody
    /// could kill them, they are ended.
    pub script_time_limit_ms: u64,
    /// `proto-max-bulk-len`, bytes: no string may be longer.
    pub longest_string: u64,
    /// What connections may do, and how many there may be.
    pub doors: Doors,
    /// The seed of everything that is drawn at random (SPOP, RANDOMKEY, …).
    pub seed: u64,
    /// The TCP port that INFO names.
    pub port: u16,
    /// `tracking-table-max-keys`: how many keys CLIENT TRACKING remembers; 0: any number.
    pub tracking_table_max_keys: usize,
    /// What is noted of durations: SLOWLOG, LATENCY.
    pub measures: measures::Rules,
    /// `dir`: the folder in which SAVE writes; without one, nothing is written.
    pub dir: Option<String>,
    /// `dbfilename`: the name of the file there.
    pub file_name: String,
    /// What CONFIG SET changed of parameters that CONFIG GET shows and that have nothing to govern here (`hz`).
    pub kept: BTreeMap<&'static str, String>,
}

impl Settings {
    fn kept_number(&self, name: &str, default: i64) -> i64 {
        self.kept.get(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }

    /// `min-replicas-to-write`, where `min-replicas-max-lag` is not 0 either: without so many replicas, writes are
    /// refused.
    pub fn replicas_to_write(&self) -> i64 {
        if self.replica_lag_s() == 0 { 0 } else { self.kept_number("min-replicas-to-write", 0) }
    }

    /// `min-replicas-max-lag`: a replica that has been silent for more seconds does not count.
    pub fn replica_lag_s(&self) -> i64 {
        self.kept_number("min-replicas-max-lag", 10)
    }

    /// `repl-ping-replica-period`, seconds.
    pub fn replica_ping_s(&self) -> i64 {
        self.kept_number("repl-ping-replica-period", 10)
    }

    /// Whether a parameter that is only kept is switched off that is on by default.
    pub fn is_off(&self, name: &str) -> bool {
        self.kept.get(name).is_some_and(|value| value == "no")
    }

    /// `rdbcompression`: whether long strings are compressed in dumps.
    pub fn compresses_dumps(&self) -> bool {
        self.kept.get("rdbcompression").is_none_or(|value| value == "yes")
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            databases: 16,
            limits: EncodingLimits::default(),
            memory: Rules::default(),
            password: String::new(),
            acl_all_channels: false,
            acl_log_len: 128,
            notify_keyspace_events: String::new(),
            script_time_limit_ms: 5000,
            longest_string: 512 << 20,
            doors: Doors::default(),
            seed: 0,
            port: 6379,
            tracking_table_max_keys: 1_000_000,
            measures: measures::Rules::default(),
            dir: None,
            file_name: "dump.rdb".into(),
            kept: BTreeMap::new(),
        }
    }
}
