//! Bytes and arguments that nobody would send on purpose: no panic, no loop, no memory without bound.
//!
//! `REDLAB_FUZZ_CASES` and `REDLAB_FUZZ_SECONDS` make it a hunt, `REDLAB_FUZZ_SEED` another one.

mod commands;
mod decoder;
mod hostile;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn seed() -> u64 {
    from_environment("REDLAB_FUZZ_SEED", 0)
}
