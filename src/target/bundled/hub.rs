//! The engine in the middle of its connections, and the task that wakes it when something is due.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};

use crate::engine::{ClientId, Engine, Settings, Time};
use crate::resp::{Value, printable};

use super::clock::Clock;

/// The bundled engine, its clock and its link. Clones are the same engine.
#[derive(Clone, Debug)]
pub struct Bundled {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    hub: Mutex<Hub>,
    /// Rung when something is due earlier than the waking task believes.
    rung: Notify,
}

/// Where what the engine has for a connection goes.
#[derive(Debug)]
pub struct Mailbox {
    /// The call that waits for the reply of a blocking command.
    pub waiting: Option<oneshot::Sender<Value>>,
    /// Messages and other pushes.
    pub pushes: mpsc::UnboundedSender<Value>,
}

/// All that the connections share.
#[derive(Debug)]
pub struct Hub {
    /// The engine.
    pub engine: Engine,
    /// Its clock.
    pub clock: Clock,
    /// The simulated round trip.
    pub rtt: Duration,
    /// Its connections.
    pub mailboxes: BTreeMap<ClientId, Mailbox>,
    /// The moment at which the waking task will look again.
    planned: Option<Time>,
}

impl Hub {
    /// Sends out what the engine has for its connections.
    pub fn post(&mut self) {
        for delivery in self.engine.take_deliveries() {
            let Some(mailbox) = self.mailboxes.get_mut(&delivery.client) else { continue };
            match mailbox.waiting.take_if(|_| delivery.is_reply) {
                // Whoever waited and does not any more has cancelled: nobody misses the reply.
                Some(waiting) => drop(waiting.send(delivery.value)),
                None => drop(mailbox.pushes.send(delivery.value)),
            }
        }
        for id in self.engine.take_killed() {
            // Dropping both senders is how a connection learns that it was closed.
            self.mailboxes.remove(&id);
        }
    }

    /// Lets the engine do what is due now.
    pub fn advance(&mut self) {
        self.engine.advance(self.clock.now());
        self.post();
    }

    fn somebody_waits(&self) -> bool {
        self.mailboxes.values().any(|mailbox| mailbox.waiting.is_some())
    }
}

impl Bundled {
    /// Loads a dump in place of all keys.
    ///
    /// # Errors
    /// A sentence that names the file and says what is wrong with it.
    pub fn load(&self, path: &Path) -> Result<(), String> {
        let shown = printable(path.to_string_lossy().as_bytes(), 200);
        let bytes = std::fs::read(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
        let mut hub = self.lock();
        let now = hub.clock.now();
        hub.engine.load(&bytes, now).map(|_| ()).map_err(|why| format!("cannot load {shown}: {why}"))
    }

    /// An empty engine. Needs a tokio runtime: a task there wakes what is due.
    pub fn new(rtt: Duration, seed: u64) -> Bundled {
        let clock = Clock::new();
        let engine = Engine::new(Settings { seed, ..Settings::default() }, clock.now());
        let hub = Hub { engine, clock, rtt, mailboxes: BTreeMap::new(), planned: None };
        let shared = Arc::new(Shared { hub: Mutex::new(hub), rung: Notify::new() });
        tokio::spawn(wake(Arc::downgrade(&shared)));
        Bundled { shared }
    }

    /// What the clock shows.
    pub fn now(&self) -> Time {
        self.lock().clock.now()
    }

    /// How far the clock is ahead of real time, milliseconds.
    pub fn ahead_ms(&self) -> i64 {
        self.lock().clock.ahead_us().div_euclid(1000)
    }

    /// Lets the clock jump: keys expire and waiting clients give up at once. Nobody waits for it.
    pub fn jump(&self, by: Duration) {
        self.with_hub(|hub| {
            hub.clock.pass(by);
            hub.advance();
        });
    }

    /// Lets simulated time pass that something outside of Redis took, such as a database.
    pub fn pass(&self, time: Duration) {
        if !time.is_zero() {
            self.jump(time);
        }
    }

    /// The simulated round trip of the link.
    pub fn rtt(&self) -> Duration {
        self.lock().rtt
    }

    /// Makes the link slower or faster.
    pub fn set_rtt(&self, rtt: Duration) {
        self.lock().rtt = rtt;
    }

    /// Looks at the engine (the lab branches from it, tests fingerprint it).
    pub fn with_engine<T>(&self, look: impl FnOnce(&mut Engine) -> T) -> T {
        self.with_hub(|hub| look(&mut hub.engine))
    }

    /// Works on all that the connections share, then sets the waking task.
    pub fn with_hub<T>(&self, work: impl FnOnce(&mut Hub) -> T) -> T {
        let mut hub = self.lock();
        let ahead = hub.clock.ahead_us();
        let result = work(&mut hub);
        hub.post();
        let due = hub.engine.next_due();
        // A clock that moved makes what is due come earlier in real time; only who waits would notice.
        let moved = hub.clock.ahead_us() != ahead && hub.somebody_waits();
        if due != hub.planned || moved {
            hub.planned = due;
            self.shared.rung.notify_one();
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Hub> {
        self.shared.lock()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Hub> {
        // The engine does not panic; if it did, its state would still be whole between two commands.
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what is due, and says how long it is until something is again.
    fn tick(&self) -> Option<Duration> {
        let mut hub = self.lock();
        hub.advance();
        hub.planned = hub.engine.next_due();
        let left = hub.planned?.us().saturating_sub(hub.clock.now().us());
        Some(Duration::from_micros(u64::try_from(left).unwrap_or(0)))
    }
}

/// Advances the engine whenever something is due: keys expire, blocked clients give up. Ends with the last handle.
async fn wake(shared: Weak<Shared>) {
    /// How long the engine may outlive its last handle.
    const LONGEST_NAP: Duration = Duration::from_secs(1);
    loop {
        let Some(shared) = shared.upgrade() else { return };
        let nap = shared.tick().unwrap_or(LONGEST_NAP).clamp(Duration::from_millis(1), LONGEST_NAP);
        let rung = shared.rung.notified();
        let _ = tokio::time::timeout(nap, rung).await;
    }
}
