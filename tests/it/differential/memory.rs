//! Memory that runs out: `maxmemory 1` is less than any server uses, so both refuse, or evict, all that they may.

use proptest::prelude::*;

use super::{Line, key_command, run, words};

/// Commands as they stand.
const PLAIN: &[&str] = &[
    "CONFIG SET maxmemory 1",
    "CONFIG SET maxmemory 0",
    "CONFIG SET maxmemory 0",
    "CONFIG SET maxmemory 100gb",
    "CONFIG SET maxmemory-policy noeviction",
    "CONFIG SET maxmemory-policy noeviction",
    "CONFIG SET maxmemory-policy allkeys-lru",
    "CONFIG SET maxmemory-policy allkeys-lfu",
    "CONFIG SET maxmemory-policy allkeys-random",
    "CONFIG SET maxmemory-policy volatile-lru",
    "CONFIG SET maxmemory-policy volatile-lfu",
    "CONFIG SET maxmemory-policy volatile-random",
    "CONFIG SET maxmemory-policy volatile-ttl",
    "CONFIG SET maxmemory-policy wrong",
    "CONFIG GET maxmemory maxmemory-policy",
    "OBJECT FREQ a",
    "OBJECT FREQ b",
    "OBJECT FREQ nothing",
    "OBJECT IDLETIME a",
    "OBJECT IDLETIME b",
    "OBJECT REFCOUNT a",
    "SET a 5",
    "SET a 5 EX 1000",
    "EXPIRE a 1000",
    "EXPIRE b 1000",
    "EVAL \"redis.call('del', KEYS[1]) return redis.call('set', KEYS[1], 'x')\" 1 a",
    "EVAL \"#!lua flags=allow-oom\\nreturn redis.call('set', KEYS[1], 'x')\" 1 a",
    "EVAL \"#!lua flags=no-writes\\nreturn redis.call('get', KEYS[1])\" 1 a",
    "EVAL \"#!lua\\nreturn 1\" 1 a",
    "EVAL \"return redis.pcall('set', KEYS[1], 'x')['err']\" 1 a",
    "MULTI",
    "EXEC",
    "DISCARD",
    "DBSIZE",
    "MEMORY PURGE",
    "MEMORY USAGE nothing",
];

/// A command of this family.
pub fn command() -> impl Strategy<Value = Line> {
    prop::sample::select(PLAIN).prop_map(words)
}

#[test]
fn memory_runs_out_as_in_redis() {
    run(prop_oneof![2 => command().boxed(), 3 => key_command().boxed()], 1);
}
