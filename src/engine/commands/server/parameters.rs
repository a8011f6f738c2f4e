//! The parameters that CONFIG GET shows and CONFIG SET changes.

use super::super::super::notify;
use super::super::super::settings::Settings;

/// A way to read a number out of the settings, and to write it.
type Number = (fn(&Settings) -> i64, fn(&mut Settings, i64));

/// What a parameter may be set to, and what setting it does.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A number that the engine heeds, with its limits.
    Number(i64, i64, Number),
    /// A text that the engine heeds; setting it may be refused with a reason.
    Text(fn(&Settings) -> String, fn(&mut Settings, &str) -> Result<(), String>),
    /// Shown, but never set.
    Immutable(fn(&Settings) -> String),
    /// A number with its limits that has nothing to govern here: it is kept and shown.
    KeptNumber(i64, i64, &'static str),
    /// The same for an amount of memory.
    KeptMemory(&'static str),
    /// The same for yes or no.
    KeptSwitch(&'static str),
    /// The same for one of some words.
    KeptWord(&'static [&'static str], &'static str),
    /// What the engine does not do: it can be set to what it is, and to nothing else.
    Fixed(&'static str),
}

/// A parameter.
pub struct Parameter {
    /// Its names, the usual one first.
    pub names: &'static [&'static str],
    /// What it may be.
    pub kind: Kind,
}

const fn parameter(names: &'static [&'static str], kind: Kind) -> Parameter {
    Parameter { names, kind }
}

const INT: i64 = i32::MAX as i64;

fn size(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn count(n: i64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Every parameter, by name.
pub const PARAMETERS: &[Parameter] = &[
    parameter(
        &["acl-pubsub-default"],
        Kind::Text(
            |settings| if settings.acl_all_channels { "allchannels".into() } else { "resetchannels".into() },
            |settings, word| {
                let word = one_of(&["allchannels", "resetchannels"], word);
                let word = word.ok_or("argument(s) must be one of the following: allchannels, resetchannels")?;
                settings.acl_all_channels = word == "allchannels";
                Ok(())
            },
        ),
    ),
    parameter(&["aclfile"], Kind::Immutable(|_| String::new())),
    parameter(
        &["acllog-max-len"],
        Kind::Number(
            0,
            i64::MAX,
            (|settings| size(settings.acl_log_len), |settings, n| settings.acl_log_len = count(n)),
        ),
    ),
    parameter(&["activerehashing"], Kind::KeptSwitch("yes")),
    parameter(&["active-expire-effort"], Kind::KeptNumber(1, 10, "1")),
    parameter(&["aof-use-rdb-preamble"], Kind::KeptSwitch("yes")),
    parameter(&["appendfsync"], Kind::KeptWord(&["everysec", "always", "no"], "everysec")),
    parameter(&["appendonly"], Kind::Fixed("no")),
    parameter(&["bind"], Kind::Immutable(|_| "127.0.0.1".into())),
    parameter(
        &["busy-reply-threshold", "lua-time-limit"],
        Kind::Number(
            0,
            i64::MAX,
            (
                |settings| i64::try_from(settings.script_time_limit_ms).unwrap_or(i64::MAX),
                |settings, ms| settings.script_time_limit_ms = ms.unsigned_abs(),
            ),
        ),
    ),
    parameter(
        &["client-output-buffer-limit"],
        Kind::Fixed("normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"),
    ),
    parameter(&["client-query-buffer-limit"], Kind::KeptMemory("1073741824")),
    parameter(&["cluster-enabled"], Kind::Immutable(|_| "no".into())),
    parameter(&["databases"], Kind::Immutable(|settings| settings.databases.to_string())),
    parameter(&["dbfilename"], Kind::Immutable(|_| "dump.rdb".into())),
    parameter(&["dir"], Kind::Immutable(|_| ".".into())),
    parameter(&["dynamic-hz"], Kind::KeptSwitch("yes")),
    parameter(&["enable-debug-command"], Kind::Immutable(|_| "yes".into())),
    parameter(
        &["hash-max-listpack-entries", "hash-max-ziplist-entries"],
        Kind::Number(
            0,
            i64::MAX,
            (|settings| size(settings.limits.hash_entries), |settings, n| settings.limits.hash_entries = count(n)),
        ),
    ),
    parameter(
        &["hash-max-listpack-value", "hash-max-ziplist-value"],
        Kind::Number(
            0,
            i64::MAX,
            (|settings| size(settings.limits.hash_value), |settings, n| settings.limits.hash_value = count(n)),
        ),
    ),
    parameter(&["hz"], Kind::KeptNumber(0, INT, "10")),
    parameter(&["io-threads"], Kind::Immutable(|_| "1".into())),
    parameter(&["latency-monitor-threshold"], Kind::KeptNumber(0, i64::MAX, "0")),
    parameter(&["latency-tracking"], Kind::KeptSwitch("yes")),
    parameter(&["lazyfree-lazy-eviction"], Kind::KeptSwitch("no")),
    parameter(&["lazyfree-lazy-expire"], Kind::KeptSwitch("no")),
    parameter(&["lazyfree-lazy-server-del"], Kind::KeptSwitch("no")),
    parameter(&["lazyfree-lazy-user-del"], Kind::KeptSwitch("no")),
    parameter(&["lazyfree-lazy-user-flush"], Kind::KeptSwitch("no")),
    parameter(&["lfu-decay-time"], Kind::KeptNumber(0, INT, "1")),
    parameter(&["lfu-log-factor"], Kind::KeptNumber(0, INT, "10")),
    parameter(&["list-compress-depth"], Kind::KeptNumber(0, INT, "0")),
    parameter(&["loglevel"], Kind::KeptWord(&["debug", "verbose", "notice", "warning"], "notice")),
    parameter(&["maxclients"], Kind::KeptNumber(1, 4_294_967_295, "10000")),
    parameter(&["maxmemory"], Kind::Fixed("0")),
    parameter(&["maxmemory-clients"], Kind::Fixed("0")),
    parameter(&["maxmemory-policy"], Kind::Fixed("noeviction")),
    parameter(&["maxmemory-samples"], Kind::KeptNumber(1, INT, "5")),
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
    parameter(&["port"], Kind::Immutable(|settings| settings.port.to_string())),
    parameter(&["proto-max-bulk-len"], Kind::KeptMemory("536870912")),
    parameter(&["protected-mode"], Kind::KeptSwitch("yes")),
    parameter(&["repl-backlog-size"], Kind::KeptMemory("1048576")),
    parameter(&["replica-read-only", "slave-read-only"], Kind::KeptSwitch("yes")),
    parameter(&["replica-serve-stale-data", "slave-serve-stale-data"], Kind::KeptSwitch("yes")),
    parameter(&["replicaof", "slaveof"], Kind::Immutable(|_| String::new())),
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
    parameter(&["save"], Kind::Fixed("")),
    parameter(
        &["set-max-intset-entries"],
        Kind::Number(
            0,
            i64::MAX,
            (
                |settings| size(settings.limits.set_intset_entries),
                |settings, n| settings.limits.set_intset_entries = count(n),
            ),
        ),
    ),
    parameter(&["slowlog-log-slower-than"], Kind::KeptNumber(-1, i64::MAX, "10000")),
    parameter(&["slowlog-max-len"], Kind::KeptNumber(0, i64::MAX, "128")),
    parameter(&["stop-writes-on-bgsave-error"], Kind::KeptSwitch("yes")),
    parameter(&["tcp-backlog"], Kind::Immutable(|_| "511".into())),
    parameter(&["tcp-keepalive"], Kind::KeptNumber(0, INT, "300")),
    parameter(&["timeout"], Kind::Fixed("0")),
    parameter(
        &["tracking-table-max-keys"],
        Kind::Number(
            0,
            i64::MAX,
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
            i64::MAX,
            (|settings| size(settings.limits.zset_entries), |settings, n| settings.limits.zset_entries = count(n)),
        ),
    ),
    parameter(
        &["zset-max-listpack-value", "zset-max-ziplist-value"],
        Kind::Number(
            0,
            i64::MAX,
            (|settings| size(settings.limits.zset_value), |settings, n| settings.limits.zset_value = count(n)),
        ),
    ),
];

impl Parameter {
    /// The parameter of this name, in any case.
    pub fn named(name: &[u8]) -> Option<&'static Parameter> {
        let is = |other: &&str| other.as_bytes().eq_ignore_ascii_case(name);
        PARAMETERS.iter().find(|parameter| parameter.names.iter().any(is))
    }

    /// Its value as CONFIG GET shows it.
    pub fn get(&self, settings: &Settings) -> String {
        let kept = |default: &str| settings.kept.get(self.names[0]).cloned().unwrap_or_else(|| default.into());
        match self.kind {
            Kind::Number(_, _, (get, _)) => get(settings).to_string(),
            Kind::Text(get, _) | Kind::Immutable(get) => get(settings),
            Kind::Fixed(value) => value.into(),
            Kind::KeptNumber(_, _, value) | Kind::KeptMemory(value) => kept(value),
            Kind::KeptSwitch(value) | Kind::KeptWord(_, value) => kept(value),
        }
    }

    /// Sets it.
    ///
    /// # Errors
    /// Why not, in Redis's words where Redis has them.
    pub fn set(&self, settings: &mut Settings, text: &str) -> Result<(), String> {
        let value = match self.kind {
            Kind::Immutable(_) => return Err("can't set immutable config".into()),
            Kind::Text(_, set) => return set(settings, text),
            Kind::Number(least, most, (_, set)) => {
                set(settings, number(text, least, most)?);
                return Ok(());
            }
            Kind::Fixed(value) if text.eq_ignore_ascii_case(value) => return Ok(()),
            Kind::Fixed(value) => return Err(format!("the bundled engine knows only '{value}' here")),
            Kind::KeptNumber(least, most, _) => number(text, least, most)?.to_string(),
            Kind::KeptMemory(_) => memory(text).ok_or("argument must be a memory value")?.to_string(),
            Kind::KeptSwitch(_) => one_of(&["yes", "no"], text).ok_or("argument must be 'yes' or 'no'")?.into(),
            Kind::KeptWord(words, _) => {
                let all = || format!("argument(s) must be one of the following: {}", words.join(", "));
                one_of(words, text).ok_or_else(all)?.into()
            }
        };
        settings.kept.insert(self.names[0], value);
        Ok(())
    }
}

fn number(text: &str, least: i64, most: i64) -> Result<i64, String> {
    let number: i64 = text.parse().map_err(|_| "argument couldn't be parsed into an integer")?;
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(format!("argument must be between {least} and {most} inclusive"))
}

/// An amount of memory as redis.conf writes it: `1gb` is 1024 times `1mb`, `1g` is 1000 times `1m`.
fn memory(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &lower[digits.len()..] {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

fn one_of(words: &'static [&'static str], text: &str) -> Option<&'static str> {
    words.iter().copied().find(|word| word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_take_what_they_show() {
        for parameter in PARAMETERS {
            let mut settings = Settings::default();
            let shown = parameter.get(&settings);
            let set = parameter.set(&mut settings, &shown);
            assert_eq!(set.is_err(), matches!(parameter.kind, Kind::Immutable(_)), "{}", parameter.names[0]);
            assert_eq!(parameter.get(&settings), shown);
        }
    }

    #[test]
    fn memory_has_units() {
        assert_eq!((memory("100"), memory("1kb"), memory("2G")), (Some(100), Some(1024), Some(2_000_000_000)));
        assert_eq!((memory("x"), memory("1.5mb"), memory("1tb")), (None, None, None));
    }
}
