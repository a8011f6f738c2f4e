//! The engine in the middle, and the way from it to every connection.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::engine::{Called, ClientId, Engine, Settings, Time};
use crate::resp::{Protocol, encode_value};

use super::mailbox::Mailbox;

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

/// The engine, shared by all connections of a server. All of them run on one thread, so nobody ever waits for it.
pub struct Hub {
    engine: RefCell<Engine>,
    mailboxes: RefCell<HashMap<ClientId, Mailbox>>,
    /// The moment for which the clock task is set.
    planned: Cell<Option<Time>>,
    /// When the last command of the running batch ended.
    batch: Cell<Option<Time>>,
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
        Hub {
            engine: RefCell::new(Engine::new(settings, Time(epoch_us))),
            mailboxes: RefCell::default(),
            planned: Cell::new(None),
            batch: Cell::new(None),
            rescheduled: Notify::new(),
            started: Instant::now(),
            epoch_us,
        }
    }

    /// The wall clock when the server started, plus what has passed since: it never runs backwards.
    pub fn now(&self) -> Time {
        let elapsed = i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX);
        Time(self.epoch_us.saturating_add(elapsed))
    }

    /// A new connection, and where its mail arrives.
    pub fn connect(&self, peer: &str) -> (ClientId, Mailbox) {
        let id = self.engine.borrow_mut().connect(peer, self.now());
        let mailbox = Mailbox::default();
        self.mailboxes.borrow_mut().insert(id, mailbox.clone());
        (id, mailbox)
    }

    /// Ends a connection.
    pub fn disconnect(&self, id: ClientId) {
        self.engine.borrow_mut().disconnect(id);
        self.mailboxes.borrow_mut().remove(&id);
    }

    /// Closes every connection that still is there.
    pub fn close_all(&self) {
        self.mailboxes.borrow().values().for_each(Mailbox::close);
    }

    /// Whether a connection still has to say who it is.
    pub fn is_stranger(&self, id: ClientId) -> bool {
        self.engine.borrow().state().clients.get(&id).is_none_or(|client| !client.authenticated)
    }

    /// Begins a batch of commands that run with nothing in between: one ends when the next begins, so that the clock is
    /// looked at once for each.
    pub fn begin(&self) {
        self.batch.set(None);
    }

    /// Runs one command; what is to be written at once is appended to `out`.
    pub fn call(&self, id: ClientId, argv: &[Bytes], out: &mut Vec<u8>) -> Next {
        let mut engine = self.engine.borrow_mut();
        let start = self.batch.get().unwrap_or_else(|| self.now());
        let called = engine.call(id, argv, start);
        let slept_us = engine.take_sleep_us();
        if slept_us > 0 {
            // DEBUG SLEEP is there to let everybody wait.
            std::thread::sleep(Duration::from_micros(slept_us));
        }
        let end = self.now();
        let took_us = u64::try_from(end.us().saturating_sub(start.us())).unwrap_or(0);
        engine.report_duration(id, argv, took_us, end);
        self.batch.set(Some(end));
        let protocol = protocol(&engine, id);
        let mut next = match called {
            Called::Reply(value) => {
                encode_value(&value, protocol, out);
                Next::Ready
            }
            Called::Closed(value) => {
                encode_value(&value, protocol, out);
                Next::Close
            }
            Called::Blocked => Next::Blocked,
            Called::Replies(values) => {
                values.iter().for_each(|value| encode_value(value, protocol, out));
                Next::Ready
            }
        };
        if engine.has_post() {
            self.post(&mut engine, Some((id, out, &mut next)));
        }
        // The clock task may wake too early, never too late.
        if engine.next_glance().is_some_and(|due| self.planned.get().is_none_or(|planned| due < planned)) {
            self.rescheduled.notify_one();
        }
        next
    }

    /// Lets the engine do what is due: expire keys, give up waiting. The moment at which it is to be done again.
    pub fn tick(&self) -> Option<Time> {
        let mut engine = self.engine.borrow_mut();
        let start = self.now();
        engine.advance(start);
        let end = self.now();
        engine.report_expiry(u64::try_from(end.us().saturating_sub(start.us())).unwrap_or(0), end);
        self.post(&mut engine, None);
        self.planned.set(engine.next_due());
        self.planned.get()
    }

    /// Sends out what the engine has for others; what it has for the caller itself goes straight into its buffer.
    fn post(&self, engine: &mut Engine, mut caller: Option<(ClientId, &mut Vec<u8>, &mut Next)>) {
        let mut mailboxes = self.mailboxes.borrow_mut();
        for delivery in engine.take_deliveries() {
            let protocol = protocol(engine, delivery.client);
            if let Some((id, out, next)) = &mut caller
                && *id == delivery.client
            {
                encode_value(&delivery.value, protocol, out);
                if delivery.is_reply && **next == Next::Blocked {
                    **next = Next::Ready;
                }
                continue;
            }
            let Some(mailbox) = mailboxes.get(&delivery.client) else { continue };
            mailbox.put(delivery.is_reply, |bytes| encode_value(&delivery.value, protocol, bytes));
        }
        for id in engine.take_killed() {
            if let Some(mailbox) = mailboxes.remove(&id) {
                mailbox.close();
            }
        }
    }
}

fn protocol(engine: &Engine, id: ClientId) -> Protocol {
    engine.state().clients.get(&id).map_or(Protocol::Resp2, |client| client.protocol)
}
