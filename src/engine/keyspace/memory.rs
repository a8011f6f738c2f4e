//! What is known of memory: its limit, what keys take, and who may go.

use super::ledger::Ledger;
use super::policy::Rules;
use super::pool::Pool;

/// The limit, and what is remembered from one eviction to the next.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// What redis.conf says.
    pub rules: Rules,
    /// What the keys weigh, while there is a limit.
    pub ledger: Ledger,
    /// Candidates.
    pub pool: Pool,
    /// Whether there was no room when a command last came while there was a limit. Redis, too, remembers that while there
    /// is none.
    pub is_out: bool,
    /// Whether more keys are to go, although no command asks.
    pub is_evicting: bool,
    /// Keys evicted since the start: INFO's `evicted_keys`.
    pub evicted: u64,
    /// The most memory that was in use, as far as anybody looked.
    pub peak: usize,
}

/// Whether there is room for a command that needs memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// There is, or there soon will be.
    Enough,
    /// There is none, and nothing may be evicted.
    None,
}
