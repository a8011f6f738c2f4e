//! What every session has: a target, clients, the keys it follows, the guard, what can be undone.

use std::collections::{BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::{AbortHandle, abortable};
use futures_util::stream::FuturesUnordered;

use crate::inspect::Inspector;
use crate::resp::{Protocol, Value};
use crate::target::{Connection, Exchange, Guard, LinkError, Target};

use super::cancel::Cancel;
use super::event::{Event, Sender};
use super::library::Library;
use super::link::{Client, Teller, pushes, reconnect};
use super::perform::SharedDatabase;
use super::undo::Undo;

/// A command on its way.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which client.
    pub client: usize,
    /// The line as typed.
    pub line: String,
    /// Its words.
    pub argv: Vec<Bytes>,
    /// Who sent it.
    pub sender: Sender,
}

/// What work beside the loop gave back.
pub enum Done<Own> {
    /// A command was answered; both are `None` if it was cancelled.
    Called {
        /// The command.
        call: Call,
        /// Its connection.
        connection: Option<Connection>,
        /// Its reply.
        result: Option<Result<Exchange, LinkError>>,
    },
    /// A connection was made again.
    Connected {
        /// Whose.
        client: usize,
        /// The connection.
        connection: Connection,
    },
    /// Work of the session's own kind.
    Own(Own),
}

/// Work that goes on beside the loop.
pub type Work<Own> = Pin<Box<dyn Future<Output = Done<Own>> + Send>>;

/// What every session has. `Own` is what the work of its kind gives back.
pub struct Core<Own> {
    /// Where commands go.
    pub target: Target,
    /// All lessons and scenarios.
    pub library: Arc<Library>,
    /// Where events go.
    pub teller: Teller,
    /// The clients; the first is who types unless another is named.
    pub clients: Vec<Client>,
    /// A connection for looking at keys: it is in no measurement.
    pub observer: Connection,
    /// The keys that are followed.
    pub inspector: Inspector,
    /// What keeps a live server's data safe; `None` on redlab's own targets.
    pub guard: Option<Guard>,
    /// A lesson's database.
    pub database: Option<SharedDatabase>,
    /// Work in progress.
    pub work: FuturesUnordered<Work<Own>>,
    /// How to end commands that are waited for.
    pub aborts: Vec<AbortHandle>,
    /// What can be taken back.
    pub undo: Undo,
    /// Clients whose connection was lost and is not back yet.
    pub lost: BTreeSet<usize>,
    /// Lines that were typed while their client still waited for a reply, with the client.
    pub ahead: VecDeque<(usize, String)>,
    /// A command that waits for the user's word.
    pub asked: Option<Call>,
    /// What long work of now looks at.
    pub cancel: Cancel,
}

impl<Own: Send + 'static> Core<Own> {
    /// Sends a command and does not wait for it: its answer comes as [`Done::Called`].
    pub fn start(&mut self, call: Call) {
        let Some(mut connection) = self.clients.get_mut(call.client).and_then(|client| client.connection.take()) else {
            self.teller.tell(Event::Refused {
                line: call.line,
                reason: "this client still waits for its last reply: esc cancels that".into(),
                at: None,
            });
            return;
        };
        self.teller.tell(Event::Sent { client: call.client, line: call.line.clone(), sender: call.sender });
        let argv = call.argv.clone();
        let (sending, abort) = abortable(async move {
            let result = connection.call(&argv).await;
            (connection, result)
        });
        self.aborts.retain(|abort| !abort.is_aborted());
        self.aborts.push(abort);
        self.work.push(Box::pin(async move {
            match sending.await {
                Ok((connection, result)) => Done::Called { call, connection: Some(connection), result: Some(result) },
                Err(_) => Done::Called { call, connection: None, result: None },
            }
        }));
    }

    /// Makes a client's connection again beside the loop.
    pub fn make_again(&mut self, client: usize, reason: Option<String>) {
        if reason.is_some() {
            self.lost.insert(client);
        }
        let (target, teller) = (self.target.clone(), self.teller.clone());
        let name = self.clients.get(client).map(|client| client.name.clone()).unwrap_or_default();
        self.work.push(Box::pin(async move {
            let connection = match reason {
                Some(reason) => reconnect(target, name, reason, teller).await,
                None => match target.connect(&name, Protocol::Resp3).await {
                    Ok(connection) => connection,
                    Err(error) => reconnect(target, name, error.to_string(), teller).await,
                },
            };
            Done::Connected { client, connection }
        }));
    }

    /// Ends everything that is waited for, and forgets the lines behind it.
    pub fn cancel(&mut self) {
        if !self.ahead.is_empty() {
            self.ahead.clear();
            self.teller.tell(Event::Queued(0));
        }
        self.cancel.cancel();
        self.cancel = Cancel::default();
        for abort in self.aborts.drain(..) {
            abort.abort();
        }
    }

    /// Whether any client waits for a reply.
    pub fn is_waiting(&self) -> bool {
        self.clients.iter().any(|client| client.connection.is_none())
    }

    /// Looks at the followed keys again and tells what changed.
    pub async fn look(&mut self) {
        match self.inspector.refresh(&mut self.observer).await {
            Ok((keys, changes)) => self.teller.tell(Event::KeysChanged { keys, changes }),
            Err(error) => self.observe_again(&error).await,
        }
        self.tell_time().await;
    }

    /// Tells the time on the target's clock, by which its keys expire.
    async fn tell_time(&mut self) {
        if self.target.bundled().is_some() {
            return self.tell_clock();
        }
        let asked = vec![vec![Bytes::from_static(b"TIME")]];
        if let Ok(replies) = self.observer.observe(&asked).await
            && let Some([seconds, micros]) = replies.first().and_then(Value::items)
        {
            let number = |value: &Value| {
                value.as_bytes().and_then(|bytes| std::str::from_utf8(bytes).ok()?.parse::<i64>().ok()).unwrap_or(0)
            };
            let now_ms = number(seconds).saturating_mul(1000) + number(micros) / 1000;
            self.teller.tell(Event::ClockRead { now_ms, ahead_ms: 0 });
        }
    }

    /// Makes connections again that are known to be lost, without waiting for the next command to find out.
    pub fn watch_links(&mut self) {
        for client in 0..self.clients.len() {
            let link = &mut self.clients[client];
            if let Some(lost) = link.connection.as_mut().and_then(Connection::lost) {
                link.connection = None;
                self.make_again(client, Some(lost.to_string()));
            }
        }
    }

    /// Replaces a lost observer once; the clients' own reconnection does the telling.
    async fn observe_again(&mut self, error: &LinkError) {
        match self.target.connect("redlab-observer", Protocol::Resp3).await {
            Ok(connection) => self.observer = connection,
            Err(_) => self.teller.failed(format!("the keys cannot be looked at: {error}")),
        }
    }

    fn tell_clock(&self) {
        if let Some(bundled) = self.target.bundled() {
            self.teller.tell(Event::ClockRead { now_ms: bundled.now().ms(), ahead_ms: bundled.ahead_ms() });
        }
    }

    /// Tells the messages that have arrived at idle connections.
    pub fn tell_pushes(&mut self) {
        for (client, link) in self.clients.iter_mut().enumerate() {
            let Some(connection) = &mut link.connection else { continue };
            for value in pushes(connection) {
                self.teller.tell(Event::Pushed { client, value });
            }
        }
    }

    /// Puts a connection back after a command, or makes a lost one again.
    pub fn put_back(&mut self, client: usize, connection: Option<Connection>, result: Option<&LinkError>) {
        match (connection, result) {
            (_, Some(lost)) => self.make_again(client, Some(lost.to_string())),
            (None, None) => self.make_again(client, None),
            (Some(connection), None) => {
                if let Some(link) = self.clients.get_mut(client) {
                    link.connection = Some(connection);
                }
            }
        }
    }

    /// The first client's connection for work that uses it alone; [`Core::put_back`] returns it.
    pub fn take_connection(&mut self, client: usize) -> Option<Connection> {
        self.clients.get_mut(client).and_then(|client| client.connection.take())
    }
}
