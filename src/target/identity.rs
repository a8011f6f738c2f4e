//! What a target is, and how long an exchange with it took.

use crate::resp::{Protocol, Value};

/// Which kind of target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The engine in this process.
    Bundled,
    /// A server that was there before: somebody's data.
    Live,
    /// A throw-away server that belongs to this process.
    Server,
}

impl Kind {
    /// The word for it, in reports and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bundled => "bundled",
            Kind::Live => "live",
            Kind::Server => "server",
        }
    }
}

/// What a target is: shown on every screen, named in every report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its kind.
    pub kind: Kind,
    /// Where it is, without any password: `bundled`, `127.0.0.1:6379`, `/run/redis.sock`.
    pub label: String,
    /// What it is: `redlab engine (Redis 7.0.15)`, `Redis 7.0.15`, `Valkey 8.1.0`.
    pub version: String,
    /// The protocol that its connections speak.
    pub protocol: Protocol,
    /// The simulated round trip of the bundled engine's link, microseconds; `None` where latency is measured.
    pub simulated_rtt_us: Option<u64>,
}

/// How long something took, split into what was measured and what was simulated. Nobody waits for simulated time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elapsed {
    /// Measured, microseconds.
    pub measured_us: u64,
    /// Simulated, microseconds: round trips of the bundled engine's link, a database's added latency.
    pub simulated_us: u64,
}

impl Elapsed {
    /// Both together, microseconds.
    pub fn total_us(self) -> u64 {
        self.measured_us.saturating_add(self.simulated_us)
    }

    /// Whether any of it was simulated, which whoever shows it has to say.
    pub fn is_simulated(self) -> bool {
        self.simulated_us > 0
    }
}

impl std::ops::AddAssign for Elapsed {
    fn add_assign(&mut self, other: Elapsed) {
        self.measured_us = self.measured_us.saturating_add(other.measured_us);
        self.simulated_us = self.simulated_us.saturating_add(other.simulated_us);
    }
}

/// A command's reply and how long it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The reply; a Redis error is one too.
    pub reply: Value,
    /// How long it took.
    pub elapsed: Elapsed,
}
