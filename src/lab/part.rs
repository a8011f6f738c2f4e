//! What a position of a schedule is made of: what its clients share, each client's own state, and what may happen next.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::engine::{ClientId, Time};
use crate::program::{Datum, Deed, Fault, Machine};

use super::server::Server;
use super::store::Holdings;

/// When every schedule starts: the first moment of 2026, in microseconds since the Unix epoch.
pub const START: Time = Time(1_767_225_600_000_000);

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Choice {
    /// A client takes its next step.
    Client(usize),
    /// A fault happens, by its place.
    Fault(usize),
}

/// What a client can do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It stands at a scheduling point and can run.
    Ready,
    /// Its program is over.
    Done,
    /// It sleeps until then.
    Sleeping(Time),
    /// A fault holds it up until then.
    Paused(Time),
    /// It waits for a blocking command.
    Blocked,
    /// A fault ended it.
    Crashed,
    /// A command answered an error, or a value could not be computed.
    Failed(Fault),
}

/// A client at its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientState {
    /// Its program, its place in it, its registers.
    pub machine: Machine,
    /// Its connection.
    pub id: ClientId,
    /// What it can do.
    pub status: Status,
}

/// What a choice led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// The choice.
    pub choice: Choice,
    /// Whose step it was: of a fault, the client that it hit.
    pub client: usize,
    /// What was done; `None` for a fault, and where a value could not be computed.
    pub deed: Option<Deed>,
    /// The answer, where there was one at once.
    pub answer: Option<Result<Datum, String>>,
    /// Clients that were answered because of it, in order: those that were blocked, and those whose time was up.
    pub served: Vec<(usize, Result<Datum, String>)>,
    /// Whether, but for what time brings, it changed no other client.
    pub alone: bool,
}

/// What the clients of a world share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The server.
    pub server: Arc<Server>,
    /// The world variables, in the variant's order.
    pub variables: Arc<[Datum]>,
    /// What the database holds, where there is one.
    pub held: Option<Holdings>,
    /// The clock.
    pub now: Time,
    /// How often each fault may still happen.
    pub faults_left: Arc<[u32]>,
    /// Whether `always` was false after a step.
    pub broken: bool,
}

impl Shared {
    fn key(&self) -> impl Hash + PartialEq + '_ {
        let held = self.held.as_ref().map(|held| held.digest);
        (self.server.print, &self.variables, held, self.now, &self.faults_left, self.broken)
    }
}

/// Two are equal if everything that can happen from here on is the same.
impl PartialEq for Shared {
    fn eq(&self, other: &Shared) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Shared {}

impl Hash for Shared {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}
