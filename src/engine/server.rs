//! The engine as its callers see it: connect, call, let time pass, fetch what others are sent.

use bytes::Bytes;

use crate::resp::Value;

use super::client::{Blocked, Client, ClientId, Delivery};
use super::context::Mode;
use super::dispatch::{self, Admitted};
use super::fingerprint;
use super::outcome::{Answer, Outcome};
use super::script;
use super::settings::Settings;
use super::state::State;
use super::time::Time;

/// What a call gave back at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Called {
    /// The reply.
    Reply(Value),
    /// Several replies to one command (SUBSCRIBE with several channels), or none (CLIENT REPLY OFF).
    Replies(Vec<Value>),
    /// The client is blocked; its reply will come as a [`Delivery`].
    Blocked,
    /// The reply, after which the connection is to be closed.
    Closed(Value),
}

/// The bundled Redis. It does no I/O, has no threads and looks at no clock: the same calls give the same bytes.
/// A clone is a second server in the same state.
#[derive(Clone, Debug)]
pub struct Engine {
    state: State,
}

impl Engine {
    /// An empty server that starts at `now`.
    pub fn new(settings: Settings, now: Time) -> Engine {
        Engine { state: State::new(settings, now) }
    }

    /// The whole state, to look at.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The whole state, to change what no command can (such as settings).
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// A digest of everything that can change what the server answers from here on: databases, keys, values, expiry,
    /// clients (database, transaction, WATCHes, subscriptions, what they are blocked on), scripts, settings, the
    /// random generator and what is still to be delivered. Counters, the clock and the layout in memory do not count.
    pub fn fingerprint(&self) -> [u8; 20] {
        fingerprint::fingerprint(&self.state)
    }

    /// The same for databases, keys, values and expiry alone.
    pub fn fingerprint_keys(&self) -> [u8; 20] {
        fingerprint::fingerprint_keys(&self.state.keyspace)
    }

    /// A new connection; `addr` is what CLIENT LIST shows.
    pub fn connect(&mut self, addr: &str, now: Time) -> ClientId {
        let id = self.state.next_client;
        self.state.next_client += 1;
        self.state.stats.connections += 1;
        let mut client = Client::new(id, addr.into(), now);
        client.authenticated = self.state.settings.password.is_empty();
        self.state.clients.insert(id, client);
        id
    }

    /// Ends a connection with all that belonged to it: its transaction, WATCHes and subscriptions.
    pub fn disconnect(&mut self, id: ClientId) {
        self.state.clients.remove(&id);
        self.state.outbox.retain(|delivery| delivery.client != id);
    }

    /// Lets time pass: keys expire, and blocked clients give up.
    pub fn advance(&mut self, now: Time) {
        self.state.keyspace.listen(true);
        self.state.keyspace.expire_due(now);
        let mut ready = Vec::new();
        dispatch::settle(&mut self.state, 0, &mut ready);
        self.time_out(now);
        self.serve_blocked(ready, now);
    }

    /// The earliest moment at which [`Engine::advance`] has something to do.
    pub fn next_due(&self) -> Option<Time> {
        let expiry = self.state.keyspace.next_expiry_ms().map(|ms| Time::from_ms(ms + 1));
        expiry.into_iter().chain(self.next_timeout()).min()
    }

    /// The earliest moment at which a blocked client gives up.
    pub fn next_timeout(&self) -> Option<Time> {
        self.state.clients.values().filter_map(|client| client.blocked.as_ref()?.deadline).min()
    }

    /// Whether a client is blocked.
    pub fn is_blocked(&self, id: ClientId) -> bool {
        self.state.clients.get(&id).is_some_and(|client| client.blocked.is_some())
    }

    /// What other clients, and clients that were blocked, are to be sent since the last call.
    pub fn take_deliveries(&mut self) -> Vec<Delivery> {
        self.state.outbox.drain(..).collect()
    }

    /// Runs one command of a client at `now`.
    pub fn call(&mut self, id: ClientId, argv: &[Bytes], now: Time) -> Called {
        self.advance(now);
        if argv.is_empty() {
            return Called::Replies(Vec::new());
        }
        let called = match dispatch::admit(&mut self.state, id, argv) {
            Err(error) => Called::Reply(error.into()),
            Ok(None) => Called::Reply(Value::simple("QUEUED")),
            Ok(Some(found)) => self.run(id, argv, &found, now),
        };
        self.muted(id, called)
    }

    /// CLIENT REPLY: takes the reply away where the client asked for none.
    fn muted(&mut self, id: ClientId, called: Called) -> Called {
        let Some(client) = self.state.clients.get_mut(&id) else { return called };
        if client.replies && !client.skip_next_reply {
            return called;
        }
        client.skip_next_reply = false;
        match called {
            Called::Reply(_) | Called::Replies(_) => Called::Replies(Vec::new()),
            other => other,
        }
    }

    fn run(&mut self, id: ClientId, argv: &[Bytes], found: &Admitted, now: Time) -> Called {
        let mut ready = Vec::new();
        let answer = dispatch::run(&mut self.state, id, argv, found, now, Mode::Direct);
        let called = match answer {
            Ok(Outcome::Block(block)) => {
                let ticket = self.state.next_ticket;
                self.state.next_ticket += 1;
                let blocked = Blocked {
                    argv: argv.to_vec(),
                    keys: block.keys,
                    deadline: block.deadline,
                    on_timeout: block.on_timeout,
                    ticket,
                };
                if let Some(client) = self.state.clients.get_mut(&id) {
                    client.blocked = Some(blocked);
                }
                Called::Blocked
            }
            Ok(Outcome::Replies(values)) => Called::Replies(values),
            Ok(Outcome::Close(value)) => Called::Closed(value),
            other => Called::Reply(self.carry_out(id, other, now, &mut ready)),
        };
        dispatch::settle(&mut self.state, id, &mut ready);
        self.serve_blocked(ready, now);
        called
    }

    /// Does what a handler left to this floor, and gives the reply.
    fn carry_out(&mut self, id: ClientId, answer: Answer, now: Time, ready: &mut Vec<(usize, Bytes)>) -> Value {
        match answer {
            Ok(Outcome::Exec(queued)) => {
                let mut replies = Vec::with_capacity(queued.len());
                for argv in &queued {
                    let reply = match dispatch::find(argv) {
                        Err(error) => error.into(),
                        Ok(found) => {
                            let answer = dispatch::run(&mut self.state, id, argv, &found, now, Mode::Transaction);
                            self.carry_out(id, answer, now, ready)
                        }
                    };
                    dispatch::settle(&mut self.state, id, ready);
                    replies.push(reply);
                }
                Value::Array(replies)
            }
            Ok(Outcome::Script(call)) => script::run(&mut self.state, id, &call, now),
            other => dispatch::reply_of(other),
        }
    }

    /// Serves clients that wait for keys which have just changed: key by key in the order of the changes, client by
    /// client in the order in which they blocked. Serving one may make another key ready.
    fn serve_blocked(&mut self, mut ready: Vec<(usize, Bytes)>, now: Time) {
        let mut next = 0;
        while next < ready.len() {
            let (db, key) = ready[next].clone();
            next += 1;
            let mut waiting: Vec<(u64, ClientId)> = self
                .state
                .clients
                .values()
                .filter(|client| client.db == db)
                .filter_map(|client| Some((client.blocked.as_ref()?, client.id)))
                .filter(|(blocked, _)| blocked.keys.contains(&key))
                .map(|(blocked, id)| (blocked.ticket, id))
                .collect();
            waiting.sort_unstable();
            for (_, id) in waiting {
                self.resume(id, now, &mut ready);
            }
        }
    }

    /// Runs a blocked client's command again; it stays blocked if it still has to wait.
    fn resume(&mut self, id: ClientId, now: Time, ready: &mut Vec<(usize, Bytes)>) {
        let Some(blocked) = self.state.clients.get_mut(&id).and_then(|client| client.blocked.take()) else { return };
        let answer = match dispatch::find(&blocked.argv) {
            Err(error) => Err(error),
            Ok(found) => dispatch::run(&mut self.state, id, &blocked.argv, &found, now, Mode::Resumed),
        };
        if let Ok(Outcome::Block(_)) = answer {
            if let Some(client) = self.state.clients.get_mut(&id) {
                client.blocked = Some(blocked);
            }
            return;
        }
        let value = self.carry_out(id, answer, now, ready);
        self.state.outbox.push_back(Delivery { client: id, value, is_reply: true });
        dispatch::settle(&mut self.state, id, ready);
    }

    fn time_out(&mut self, now: Time) {
        let mut late: Vec<(Time, u64, ClientId)> = self
            .state
            .clients
            .values()
            .filter_map(|client| {
                let blocked = client.blocked.as_ref()?;
                Some((blocked.deadline.filter(|at| *at <= now)?, blocked.ticket, client.id))
            })
            .collect();
        late.sort_unstable();
        for (_, _, id) in late {
            if let Some(blocked) = self.state.clients.get_mut(&id).and_then(|client| client.blocked.take()) {
                self.state.outbox.push_back(Delivery { client: id, value: blocked.on_timeout, is_reply: true });
            }
        }
    }
}
