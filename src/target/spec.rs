//! Which target is wanted.

use std::time::Duration;

/// A target, before it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetSpec {
    /// The engine in this process.
    Bundled {
        /// The simulated round trip of its link.
        rtt: Duration,
        /// The seed of what it draws at random.
        seed: u64,
    },
    /// A server that is running: `redis://`, `rediss://` or `unix://`.
    Live {
        /// Its URL. It may hold a password: it is never shown.
        url: String,
    },
    /// A throw-away redis-server or valkey-server from PATH.
    Server,
}

impl Default for TargetSpec {
    fn default() -> Self {
        TargetSpec::Bundled { rtt: Duration::ZERO, seed: 0 }
    }
}
