//! Commands that could do harm beyond the keys that they name.

use bytes::Bytes;

/// What is asked about, and why. A container alone stands for all its subcommands but those of [`HARMLESS`].
const ASKED: &[(&str, &str)] = &[
    ("ACL", "it changes who may do what on the server"),
    ("BGREWRITEAOF", "it makes the server write all data to disk"),
    ("BGSAVE", "it makes the server write all data to disk"),
    ("CLIENT CACHING", "it changes what the server remembers of this connection"),
    ("CLIENT KILL", "it can close other clients' connections"),
    ("CLIENT NO-EVICT", "it lets this connection outlive others when memory is short"),
    ("CLIENT PAUSE", "it holds up all clients"),
    ("CLIENT UNBLOCK", "it can wake other clients"),
    ("CLIENT UNPAUSE", "it ends a pause that somebody may need"),
    ("CLUSTER", "it can change the cluster"),
    ("CONFIG", "it changes the server for everybody"),
    ("DEBUG", "it can stop or block the server"),
    ("FAILOVER", "it changes which server takes writes"),
    ("FLUSHALL", "it removes every key of every database"),
    ("FLUSHDB", "it removes every key of this database"),
    ("FUNCTION", "it changes functions that others may call"),
    ("LATENCY RESET", "it clears a log that others may need"),
    ("MEMORY PURGE", "it can slow the server down"),
    ("MIGRATE", "it moves keys to another server"),
    ("MODULE", "it loads or unloads code of the server"),
    ("MONITOR", "it shows everybody's commands and slows the server down"),
    ("MOVE", "it changes another database, where redlab does not watch"),
    ("PFDEBUG", "it is a tool for Redis's own developers"),
    ("PFSELFTEST", "it is a tool for Redis's own developers"),
    ("PSYNC", "it is the language of replicas"),
    ("REPLCONF", "it is the language of replicas"),
    ("REPLICAOF", "it can replace all data of this server"),
    ("RESTORE-ASKING", "it is the language of cluster migrations"),
    ("SAVE", "it blocks the server while it writes all data to disk"),
    ("SCRIPT FLUSH", "it forgets the scripts of all clients"),
    ("SCRIPT KILL", "it ends a running script, which may be somebody's"),
    ("SCRIPT DEBUG", "it can block the server"),
    ("SENTINEL", "it can change which server takes writes"),
    ("SHUTDOWN", "it stops the server"),
    ("SLAVEOF", "it can replace all data of this server"),
    ("SLOWLOG RESET", "it clears a log that others may need"),
    ("SWAPDB", "it exchanges two databases for all clients"),
    ("SYNC", "it is the language of replicas"),
];

/// Subcommands of containers above that only look.
const HARMLESS: &[&str] = &[
    "ACL CAT",
    "ACL DRYRUN",
    "ACL GENPASS",
    "ACL GETUSER",
    "ACL HELP",
    "ACL LIST",
    "ACL USERS",
    "ACL WHOAMI",
    "CLUSTER COUNTKEYSINSLOT",
    "CLUSTER GETKEYSINSLOT",
    "CLUSTER HELP",
    "CLUSTER INFO",
    "CLUSTER KEYSLOT",
    "CLUSTER LINKS",
    "CLUSTER MYID",
    "CLUSTER NODES",
    "CLUSTER REPLICAS",
    "CLUSTER SHARDS",
    "CLUSTER SLAVES",
    "CLUSTER SLOTS",
    "CONFIG GET",
    "CONFIG HELP",
    "FUNCTION DUMP",
    "FUNCTION HELP",
    "FUNCTION LIST",
    "FUNCTION STATS",
    "MODULE HELP",
    "MODULE LIST",
];

/// Why a command is asked about, whatever its keys; `None`: no reason by its name.
pub fn danger(argv: &[Bytes]) -> Option<&'static str> {
    let upper = |word: &Bytes| String::from_utf8_lossy(word).to_ascii_uppercase();
    let name = upper(argv.first()?);
    let full = argv.get(1).map(|sub| format!("{name} {}", upper(sub))).unwrap_or_default();
    if HARMLESS.contains(&full.as_str()) {
        return None;
    }
    ASKED.iter().find(|(asked, _)| *asked == name || *asked == full).map(|(_, reason)| *reason)
}

/// Whether a word is the name of a command (or of a container) of the list.
pub fn is_asked_about(name: &str) -> bool {
    ASKED.iter().any(|(asked, _)| asked.split(' ').next().is_some_and(|first| first.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> bool {
        danger(&crate::resp::split_line(line).expect("a command line")).is_some()
    }

    #[test]
    fn commands_that_reach_beyond_their_keys_are_asked_about() {
        for line in [
            "flushall",
            "FLUSHDB ASYNC",
            "config set maxmemory 1",
            "Config Rewrite",
            "SHUTDOWN NOSAVE",
            "Script Flush",
            "FUNCTION FLUSH",
            "debug sleep 1",
            "ACL SETUSER x",
            "ACL LOG RESET",
            "CLIENT KILL ID 1",
            "CLIENT PAUSE 10",
            "MONITOR",
            "REPLICAOF NO ONE",
            "CONFIG",
        ] {
            assert!(asked(line), "{line}");
        }
    }

    #[test]
    fn commands_that_look_are_not() {
        for line in ["GET a", "CONFIG GET x", "acl whoami", "SCRIPT LOAD x", "CLIENT LIST", "CLUSTER INFO", "INFO"] {
            assert!(!asked(line), "{line}");
        }
    }
}
