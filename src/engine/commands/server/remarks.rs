//! What COMMAND says of some commands beside their rows: what took their place, whom they are for, and why a key
//! specification says what it says.

/// Commands that others have replaced: since which version, and by what.
const REPLACED: &[(&[&str], &str, &str)] = &[
    (&["cluster|slaves"], "5.0.0", "`CLUSTER REPLICAS`"),
    (&["cluster|slots"], "7.0.0", "`CLUSTER SHARDS`"),
    (&["brpoplpush"], "6.2.0", "`BLMOVE` from `RIGHT` to `LEFT`"),
    (&["rpoplpush"], "6.2.0", "`LMOVE` from `RIGHT` to `LEFT`"),
    (&["georadius"], "6.2.0", "`GEOSEARCH` or `GEOSEARCHSTORE` with `BYRADIUS`"),
    (&["georadius_ro"], "6.2.0", "`GEOSEARCH` with `BYRADIUS`"),
    (&["georadiusbymember"], "6.2.0", "`GEOSEARCH` or `GEOSEARCHSTORE` with `FROMMEMBER` and `BYRADIUS`"),
    (&["georadiusbymember_ro"], "6.2.0", "`GEOSEARCH` with `FROMMEMBER` and `BYRADIUS`"),
    (&["getset"], "6.2.0", "`SET` with `GET`"),
    (&["hmset"], "4.0.0", "`HSET` with several fields"),
    (&["slaveof"], "5.0.0", "`REPLICAOF`"),
    (&["substr"], "2.0.0", "`GETRANGE`"),
    (&["zrangebylex"], "6.2.0", "`ZRANGE` with `BYLEX`"),
    (&["zrevrangebylex"], "6.2.0", "`ZRANGE` with `BYLEX` and `REV`"),
    (&["zrangebyscore"], "6.2.0", "`ZRANGE` with `BYSCORE`"),
    (&["zrevrangebyscore"], "6.2.0", "`ZRANGE` with `BYSCORE` and `REV`"),
    (&["zrevrange"], "6.2.0", "`ZRANGE` with `REV`"),
];

/// Commands for Redis itself and those who work on it.
const INTERNAL: &[&str] = &["debug", "pfdebug", "pfselftest", "replconf", "restore-asking"];

/// Notes on key specifications: the commands, which specification, the note.
const NOTES: &[(&[&str], usize, &str)] = &[
    (&["eval", "fcall"], 0, "What becomes of the keys is not known beforehand, so anything may"),
    (&["eval_ro", "fcall_ro"], 0, "What is read of the keys is not known beforehand, so all may be"),
    (&["sort", "sort_ro"], 1, "The keys of BY and GET, whose names depend on what the first key holds"),
    (&["sort"], 2, "The key of STORE, which may stand anywhere among the arguments"),
    (&["xadd"], 0, "An update, since it may trim too"),
    (&["bitfield"], 0, "It may both read and change the key"),
    (&["set"], 0, "With GET it reads the key too"),
    (&["pfcount"], 0, "It may change how the key is stored inside"),
    (&["getex"], 0, "It may change when the key expires"),
];

/// Since which version a command is replaced, and by what.
pub fn replaced(full_name: &str) -> Option<(&'static str, &'static str)> {
    REPLACED.iter().find(|(names, ..)| names.contains(&full_name)).map(|(_, since, by)| (*since, *by))
}

/// Whether a command is for Redis itself and those who work on it.
pub fn is_internal(full_name: &str) -> bool {
    INTERNAL.contains(&full_name)
}

/// The note on a key specification.
pub fn note(full_name: &str, spec: usize) -> Option<&'static str> {
    NOTES.iter().find(|(names, at, _)| *at == spec && names.contains(&full_name)).map(|(.., note)| *note)
}
