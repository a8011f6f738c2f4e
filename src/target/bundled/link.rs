//! One connection to the bundled engine.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::engine::{Called, Client, ClientId};
use crate::resp::{Protocol, Value};

use super::super::error::LinkError;
use super::super::identity::{Elapsed, Exchange};
use super::hub::{Bundled, Hub, Mailbox};

/// What CLIENT LIST shows as the address of a connection inside this process.
const ADDRESS: &str = "127.0.0.1:0";
/// What connections of this process are closed by, in words.
const CLOSED: &str = "the server closed it";

/// One connection to the bundled engine: MULTI, WATCH and subscriptions belong to it. Dropping it closes it.
#[derive(Debug)]
pub struct BundledLink {
    bundled: Bundled,
    id: ClientId,
    pushes: mpsc::UnboundedReceiver<Value>,
    /// Further replies to a command that has several, before what came later.
    surplus: VecDeque<Value>,
    closed: bool,
}

/// What a command gave at once.
enum Given {
    Replies(Vec<Value>),
    Later(oneshot::Receiver<Value>),
}

impl BundledLink {
    /// A new connection of this name and protocol.
    pub fn new(bundled: &Bundled, name: &str, protocol: Protocol) -> BundledLink {
        let (sender, pushes) = mpsc::unbounded_channel();
        let id = bundled.with_hub(|hub| {
            let now = hub.clock.now();
            let id = hub.engine.connect(ADDRESS, now);
            if let Some(client) = hub.engine.state_mut().clients.get_mut(&id) {
                client.name = Bytes::copy_from_slice(name.as_bytes());
                client.protocol = protocol;
            }
            hub.mailboxes.insert(id, Mailbox { waiting: None, pushes: sender });
            id
        });
        BundledLink { bundled: bundled.clone(), id, pushes, surplus: VecDeque::new(), closed: false }
    }

    /// The protocol that the connection speaks.
    pub fn protocol(&self) -> Protocol {
        let protocol = |hub: &mut Hub| hub.engine.state().clients.get(&self.id).map(|client| client.protocol);
        self.bundled.with_hub(protocol).unwrap_or_default()
    }

    /// Looks at what the engine knows of the connection.
    pub fn with_client<T>(&self, look: impl FnOnce(&Client) -> T) -> Option<T> {
        self.bundled.with_hub(|hub| hub.engine.state().clients.get(&self.id).map(look))
    }

    /// Sends a command and waits for its reply: half of the round trip passes before it runs, half after.
    pub async fn call(&mut self, argv: &[Bytes]) -> Result<Exchange, LinkError> {
        self.check()?;
        let start = Instant::now();
        let (given, rtt) = self.bundled.with_hub(|hub| {
            let rtt = hub.rtt;
            hub.clock.pass(rtt / 2);
            let given = run(hub, self.id, argv);
            hub.clock.pass(rtt - rtt / 2);
            (given, rtt)
        });
        let reply = match given {
            Given::Replies(values) => self.first(values),
            Given::Later(receiver) => self.wait(receiver).await?,
        };
        Ok(Exchange { reply, elapsed: elapsed(start, rtt) })
    }

    /// Sends commands together and waits once. One that blocks is waited for before the next one runs.
    pub async fn pipeline(&mut self, commands: &[Vec<Bytes>]) -> Result<(Vec<Value>, Elapsed), LinkError> {
        self.check()?;
        let start = Instant::now();
        let rtt = self.bundled.with_hub(|hub| {
            hub.clock.pass(hub.rtt / 2);
            hub.rtt
        });
        let mut replies = Vec::with_capacity(commands.len());
        let mut rest = commands;
        while !rest.is_empty() {
            let (count, waits) = self.run_until_blocked(rest, &mut replies);
            rest = &rest[count..];
            if let Some(receiver) = waits {
                replies.push(self.wait(receiver).await?);
            }
            self.check()?;
        }
        self.bundled.with_hub(|hub| hub.clock.pass(rtt - rtt / 2));
        Ok((replies, elapsed(start, rtt)))
    }

    /// Runs commands in one go up to one that blocks; how many were run, and what the last one waits for.
    fn run_until_blocked(
        &mut self,
        commands: &[Vec<Bytes>],
        replies: &mut Vec<Value>,
    ) -> (usize, Option<oneshot::Receiver<Value>>) {
        /// So many commands run before other connections get their turn.
        const AT_ONCE: usize = 512;
        let (bundled, id) = (self.bundled.clone(), self.id);
        bundled.with_hub(|hub| {
            for (at, argv) in commands.iter().take(AT_ONCE).enumerate() {
                match run(hub, id, argv) {
                    Given::Replies(values) => replies.push(self.first(values)),
                    Given::Later(receiver) => return (at + 1, Some(receiver)),
                }
            }
            (commands.len().min(AT_ONCE), None)
        })
    }

    /// Runs commands that only look: no time passes on the link, no counter moves,
    /// nothing random is drawn, no key counts as accessed.
    pub fn observe(&mut self, commands: &[Vec<Bytes>]) -> Result<Vec<Value>, LinkError> {
        self.check()?;
        let (bundled, id) = (self.bundled.clone(), self.id);
        Ok(bundled.with_hub(|hub| {
            let state = hub.engine.state_mut();
            let (stats, rng) = (state.stats.clone(), state.rng.clone());
            state.keyspace.looking = true;
            let replies = commands.iter().map(|argv| self.look(hub, id, argv)).collect();
            let state = hub.engine.state_mut();
            (state.stats, state.rng) = (stats, rng);
            state.keyspace.looking = false;
            replies
        }))
    }

    fn look(&mut self, hub: &mut Hub, id: ClientId, argv: &[Bytes]) -> Value {
        match run(hub, id, argv) {
            Given::Replies(values) => self.first(values),
            Given::Later(_) => {
                abandon(hub, id);
                Value::Null
            }
        }
    }

    /// The next message or other push; waits for it.
    pub async fn next_push(&mut self) -> Result<Value, LinkError> {
        if let Some(value) = self.surplus.pop_front() {
            return Ok(value);
        }
        match self.pushes.recv().await {
            Some(value) => Ok(value),
            None => {
                self.closed = true;
                Err(lost())
            }
        }
    }

    /// A message or other push that has arrived.
    pub fn try_push(&mut self) -> Option<Value> {
        self.surplus.pop_front().or_else(|| self.pushes.try_recv().ok())
    }

    /// Why the connection is gone, if it is.
    pub fn lost(&self) -> Option<LinkError> {
        (self.closed || self.pushes.is_closed()).then(lost)
    }

    fn check(&self) -> Result<(), LinkError> {
        self.lost().map_or(Ok(()), Err)
    }

    /// The reply among the values that answer a command; the others are read as pushes.
    fn first(&mut self, values: Vec<Value>) -> Value {
        // Messages may stand before the reply; to SUBSCRIBE, messages are the reply.
        let place = values.iter().position(|value| !matches!(value, Value::Push(_))).unwrap_or(0);
        let mut values = values;
        let reply = if values.is_empty() { Value::Null } else { values.remove(place) };
        self.surplus.extend(values);
        reply
    }

    async fn wait(&mut self, receiver: oneshot::Receiver<Value>) -> Result<Value, LinkError> {
        let waiting = Waiting { bundled: &self.bundled, id: self.id };
        let received = receiver.await;
        std::mem::forget(waiting);
        match received {
            Ok(value) => Ok(self.bundled.with_hub(|hub| fitted(hub, self.id, value))),
            Err(_) => {
                self.closed = true;
                Err(lost())
            }
        }
    }
}

impl Drop for BundledLink {
    fn drop(&mut self) {
        self.bundled.with_hub(|hub| {
            hub.engine.disconnect(self.id);
            hub.mailboxes.remove(&self.id);
        });
    }
}

/// A call that waits. Dropping it (its future was dropped: somebody cancelled) ends the client's waiting.
struct Waiting<'a> {
    bundled: &'a Bundled,
    id: ClientId,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.bundled.with_hub(|hub| abandon(hub, self.id));
    }
}

fn abandon(hub: &mut Hub, id: ClientId) {
    hub.engine.state_mut().unblock(id);
    if let Some(mailbox) = hub.mailboxes.get_mut(&id) {
        mailbox.waiting = None;
    }
}

/// Runs a command; its replies as the connection's protocol shows them.
fn run(hub: &mut Hub, id: ClientId, argv: &[Bytes]) -> Given {
    let now = hub.clock.now();
    let called = hub.engine.call(id, argv, now);
    if hub.engine.wants_copies() {
        hub.engine.refuse_copies();
    }
    let slept_us = hub.engine.take_sleep_us();
    hub.clock.pass(Duration::from_micros(slept_us));
    hub.engine.report_duration(id, argv, slept_us, now);
    let values = match called {
        Called::Reply(value) => vec![value],
        Called::Replies(values) => values,
        Called::Blocked => {
            let (sender, receiver) = oneshot::channel();
            if let Some(mailbox) = hub.mailboxes.get_mut(&id) {
                mailbox.waiting = Some(sender);
            }
            hub.post();
            return Given::Later(receiver);
        }
        Called::Closed(value) => {
            hub.engine.disconnect(id);
            hub.mailboxes.remove(&id);
            vec![value]
        }
    };
    hub.post();
    // An attribute may be left out, and is: what stands behind it is the reply.
    let values = values.into_iter().filter(|value| !matches!(value, Value::Attribute(_)));
    Given::Replies(values.map(|value| fitted(hub, id, value)).collect())
}

fn fitted(hub: &Hub, id: ClientId, value: Value) -> Value {
    match hub.engine.state().clients.get(&id).map(|client| client.protocol) {
        Some(Protocol::Resp2) => value.into_resp2(),
        _ => one_null(value),
    }
}

/// RESP3 knows one null.
fn one_null(value: Value) -> Value {
    match value {
        Value::NullArray => Value::Null,
        Value::Array(items) => Value::Array(items.into_iter().map(one_null).collect()),
        other => other,
    }
}

fn elapsed(start: Instant, simulated: Duration) -> Elapsed {
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    Elapsed { measured_us: micros(start.elapsed()), simulated_us: micros(simulated) }
}

fn lost() -> LinkError {
    LinkError::Lost { place: "the bundled engine".into(), why: CLOSED.into() }
}
