//! Which target is wanted.

use std::path::PathBuf;
use std::time::Duration;

use super::identity::Kind;

/// A target, before it is opened.
#[derive(Clone, PartialEq, Eq)]
pub enum TargetSpec {
    /// The engine in this process.
    Bundled {
        /// The simulated round trip of its link.
        rtt: Duration,
        /// The seed of what it draws at random.
        seed: u64,
        /// A dump (`dump.rdb`) that is loaded first.
        load: Option<PathBuf>,
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
        TargetSpec::Bundled { rtt: Duration::ZERO, seed: 0, load: None }
    }
}

impl TargetSpec {
    /// The kind of target that it opens.
    pub fn kind(&self) -> Kind {
        match self {
            TargetSpec::Bundled { .. } => Kind::Bundled,
            TargetSpec::Live { .. } => Kind::Live,
            TargetSpec::Server => Kind::Server,
        }
    }
}

// By hand, so that no log can show the password of a URL.
impl std::fmt::Debug for TargetSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TargetSpec::Bundled { rtt, seed, load } => {
                f.debug_struct("Bundled").field("rtt", rtt).field("seed", seed).field("load", load).finish()
            }
            TargetSpec::Live { .. } => f.write_str("Live { .. }"),
            TargetSpec::Server => f.write_str("Server"),
        }
    }
}
