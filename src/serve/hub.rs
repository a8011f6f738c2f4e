//! The engine in the middle, and the way from it to every connection.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::{Notify, mpsc};

use crate::engine::{Called, ClientId, Engine, Settings, Time};
use crate::resp::{Protocol, Value, encode_value};

/// Most bytes that may wait for one slow reader: Redis's hard limit for subscribers (`client-output-buffer-limit`).
const BACKLOG: usize = 32 * 1024 * 1024;

/// Something for a connection that does not answer what it has just sent.
pub enum Mail {
    /// Bytes to be written.
    Bytes {
        /// As the connection's protocol writes them.
        bytes: Vec<u8>,
        /// Whether they end the waiting of a blocked client.
        is_reply: bool,
    },
    /// The connection is to be closed.
    Close,
}

/// What one connection does next, after a command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Read on.
    Ready,
    /// Wait for a reply that comes by mail.
    Blocked,
    /// Write what there is, then close.
    Close,
}

struct Mailbox {
    sender: mpsc::UnboundedSender<Mail>,
    backlog: usize,
}

struct Inner {
    engine: Engine,
    mailboxes: HashMap<ClientId, Mailbox>,
    /// The moment for which the clock task is set.
    planned: Option<Time>,
}

/// The engine, shared by all connections of a server.
pub struct Hub {
    inner: Mutex<Inner>,
    /// Rung when the clock task has to be set anew.
    pub rescheduled: Notify,
    started: Instant,
    epoch_us: i64,
}

impl Hub {
    /// An empty engine that starts now.
    pub fn new(settings: Settings) -> Hub {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let epoch_us = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        let engine = Engine::new(settings, Time(epoch_us));
        let inner = Inner { engine, mailboxes: HashMap::new(), planned: None };
        Hub { inner: Mutex::new(inner), rescheduled: Notify::new(), started: Instant::now(), epoch_us }
    }

    /// The wall clock when the server started, plus what has passed since: it never runs backwards.
    pub fn now(&self) -> Time {
        let elapsed = i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX);
        Time(self.epoch_us.saturating_add(elapsed))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // The engine does not panic; if it did, its state would still be whole between two commands.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new connection, and where its mail arrives.
    pub fn connect(&self, peer: &str) -> (ClientId, mpsc::UnboundedReceiver<Mail>) {
        let mut inner = self.lock();
        let id = inner.engine.connect(peer, self.now());
        let (sender, receiver) = mpsc::unbounded_channel();
        inner.mailboxes.insert(id, Mailbox { sender, backlog: 0 });
        (id, receiver)
    }

    /// Ends a connection.
    pub fn disconnect(&self, id: ClientId) {
        let mut inner = self.lock();
        inner.engine.disconnect(id);
        inner.mailboxes.remove(&id);
    }

    /// Closes every connection that still is there.
    pub fn close_all(&self) {
        self.lock().mailboxes.values().for_each(|mailbox| {
            let _ = mailbox.sender.send(Mail::Close);
        });
    }

    /// Tells that a connection has taken so many bytes of mail.
    pub fn collected(&self, id: ClientId, bytes: usize) {
        if let Some(mailbox) = self.lock().mailboxes.get_mut(&id) {
            mailbox.backlog = mailbox.backlog.saturating_sub(bytes);
        }
    }

    /// Runs one command; what is to be written at once is appended to `out`.
    pub fn call(&self, id: ClientId, argv: &[Bytes], out: &mut Vec<u8>) -> Next {
        let mut inner = self.lock();
        let called = inner.engine.call(id, argv, self.now());
        let protocol = inner.protocol(id);
        let mut next = match called {
            Called::Reply(value) => write(&value, protocol, out, Next::Ready),
            Called::Closed(value) => write(&value, protocol, out, Next::Close),
            Called::Blocked => Next::Blocked,
            Called::Replies(values) => {
                values.iter().for_each(|value| encode_value(value, protocol, out));
                Next::Ready
            }
        };
        inner.post(Some((id, out, &mut next)));
        self.plan(&mut inner);
        next
    }

    /// Lets the engine do what is due: expire keys, give up waiting. The moment at which it is to be done again.
    pub fn tick(&self) -> Option<Time> {
        let mut inner = self.lock();
        inner.engine.advance(self.now());
        inner.post(None);
        inner.planned = inner.engine.next_due();
        inner.planned
    }

    fn plan(&self, inner: &mut Inner) {
        let due = inner.engine.next_due();
        if due != inner.planned {
            inner.planned = due;
            self.rescheduled.notify_one();
        }
    }
}

fn write(value: &Value, protocol: Protocol, out: &mut Vec<u8>, next: Next) -> Next {
    encode_value(value, protocol, out);
    next
}

impl Inner {
    fn protocol(&self, id: ClientId) -> Protocol {
        self.engine.state().clients.get(&id).map_or(Protocol::Resp2, |client| client.protocol)
    }

    /// Sends out what the engine has for others; what it has for the caller itself goes straight into its buffer.
    fn post(&mut self, mut caller: Option<(ClientId, &mut Vec<u8>, &mut Next)>) {
        for delivery in self.engine.take_deliveries() {
            let protocol = self.protocol(delivery.client);
            if let Some((id, out, next)) = &mut caller
                && *id == delivery.client
            {
                encode_value(&delivery.value, protocol, out);
                if delivery.is_reply && **next == Next::Blocked {
                    **next = Next::Ready;
                }
                continue;
            }
            let Some(mailbox) = self.mailboxes.get_mut(&delivery.client) else { continue };
            let mut bytes = Vec::new();
            encode_value(&delivery.value, protocol, &mut bytes);
            mailbox.backlog += bytes.len();
            let too_slow = mailbox.backlog > BACKLOG;
            // A receiver that is gone is about to disconnect.
            let _ = mailbox.sender.send(Mail::Bytes { bytes, is_reply: delivery.is_reply });
            if too_slow {
                let _ = mailbox.sender.send(Mail::Close);
                self.mailboxes.remove(&delivery.client);
            }
        }
        for id in self.engine.take_killed() {
            if let Some(mailbox) = self.mailboxes.remove(&id) {
                let _ = mailbox.sender.send(Mail::Close);
            }
        }
    }
}
