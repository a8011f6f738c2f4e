//! One connection to a live server.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::resp::{Protocol, Value};

use super::super::error::LinkError;
use super::super::identity::{Elapsed, Exchange};
use super::dial::{Dialer, Greeting, Wire, packed};
use super::{convert, reason};

/// How long commands that only look may take.
const GLANCE: Duration = Duration::from_secs(5);

/// One connection to a live server: MULTI, WATCH and subscriptions belong to it. Dropping it closes it.
pub struct LiveLink {
    dialer: Dialer,
    name: String,
    wanted: Protocol,
    greeting: Greeting,
    /// Pushes that were taken from the connection and not yet asked for.
    inbox: VecDeque<Value>,
    /// Taken by the call that waits for a reply: if its future is dropped, the connection goes with it, so that the
    /// server unblocks the client at once. The next call makes a new one.
    wire: Option<Wire>,
    lost: Option<LinkError>,
}

impl std::fmt::Debug for LiveLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveLink").field("to", &self.dialer.address.label).field("name", &self.name).finish()
    }
}

impl LiveLink {
    /// Connects.
    pub async fn new(dialer: &Dialer, name: &str, wanted: Protocol) -> Result<LiveLink, LinkError> {
        let (wire, greeting) = dialer.dial(name, wanted).await?;
        Ok(LiveLink {
            dialer: dialer.clone(),
            name: name.into(),
            wanted,
            greeting,
            inbox: VecDeque::new(),
            wire: Some(wire),
            lost: None,
        })
    }

    /// The protocol that the connection speaks.
    pub fn protocol(&self) -> Protocol {
        self.greeting.protocol
    }

    /// The database of the URL.
    pub fn database(&self) -> i64 {
        self.dialer.address.info.redis_settings().db()
    }

    /// Sends a command and waits for its reply.
    pub async fn call(&mut self, argv: &[Bytes]) -> Result<Exchange, LinkError> {
        self.ready().await?;
        let start = Instant::now();
        let reply = self.send(argv).await?;
        Ok(Exchange { reply, elapsed: measured(start) })
    }

    /// Writes commands together and waits once.
    pub async fn pipeline(&mut self, commands: &[Vec<Bytes>]) -> Result<(Vec<Value>, Elapsed), LinkError> {
        self.ready().await?;
        let start = Instant::now();
        if commands.iter().any(|argv| changes_the_wire(argv)) {
            let mut replies = Vec::with_capacity(commands.len());
            for argv in commands {
                replies.push(self.send(argv).await?);
            }
            return Ok((replies, measured(start)));
        }
        let replies = self.send_all(commands).await?;
        Ok((replies, measured(start)))
    }

    /// Sends commands that only look.
    pub async fn observe(&mut self, commands: &[Vec<Bytes>]) -> Result<Vec<Value>, LinkError> {
        match tokio::time::timeout(GLANCE, self.pipeline(commands)).await {
            Ok(result) => result.map(|(replies, _)| replies),
            Err(_) => {
                let why = format!("no answer within {} s", GLANCE.as_secs());
                Err(self.gone(LinkError::Lost { place: self.dialer.address.label.clone(), why }))
            }
        }
    }

    /// The next message or other push; waits for it. RESP2 connections get none, and are not told of their end.
    pub async fn next_push(&mut self) -> Result<Value, LinkError> {
        if let Some(value) = self.inbox.pop_front() {
            return Ok(value);
        }
        if self.greeting.protocol == Protocol::Resp2 {
            return std::future::pending().await;
        }
        match self.greeting.pushes.recv().await.and_then(convert::pushed) {
            Some(value) => Ok(value),
            None => Err(self.closed()),
        }
    }

    /// A message or other push that has arrived.
    pub fn try_push(&mut self) -> Option<Value> {
        self.collect();
        self.inbox.pop_front()
    }

    /// Why the connection is gone, as far as is known. RESP2 tells it only to who sends something.
    pub fn lost(&mut self) -> Option<LinkError> {
        self.collect();
        self.lost.clone()
    }

    /// Takes what has arrived.
    fn collect(&mut self) {
        while let Ok(info) = self.greeting.pushes.try_recv() {
            match convert::pushed(info) {
                Some(value) => self.inbox.push_back(value),
                None => drop(self.closed()),
            }
        }
    }

    fn closed(&mut self) -> LinkError {
        let why = "the server closed it".into();
        self.gone(LinkError::Lost { place: self.dialer.address.label.clone(), why })
    }

    fn gone(&mut self, error: LinkError) -> LinkError {
        self.lost.get_or_insert(error).clone()
    }

    /// Refuses a connection that is gone; replaces one on which a reply was given up.
    async fn ready(&mut self) -> Result<(), LinkError> {
        if let Some(lost) = &self.lost {
            return Err(lost.clone());
        }
        if self.wire.is_none() {
            let (wire, greeting) = self.dialer.dial(&self.name, self.wanted).await?;
            self.inbox.clear();
            (self.wire, self.greeting) = (Some(wire), greeting);
        }
        Ok(())
    }

    async fn send(&mut self, argv: &[Bytes]) -> Result<Value, LinkError> {
        if argv.is_empty() {
            return Ok(Value::Null);
        }
        if let Some(error) = unsendable(argv, self.greeting.protocol) {
            return Ok(error);
        }
        match subscription(argv) {
            Some([]) => self.subscribe_one(argv).await,
            Some(channels) => {
                // One by one: the replies of a single command with many channels could not be told from errors.
                let mut first = None;
                for channel in channels {
                    let reply = self.subscribe_one(&[argv[0].clone(), channel.clone()]).await?;
                    match &first {
                        None => first = Some(reply),
                        Some(_) => self.inbox.push_back(reply),
                    }
                }
                Ok(first.unwrap_or(Value::Null))
            }
            None => self.send_one(argv).await,
        }
    }

    async fn send_one(&mut self, argv: &[Bytes]) -> Result<Value, LinkError> {
        let Some(mut wire) = self.wire.take() else { return Err(self.closed()) };
        let sent = wire.connection.send_packed_command(&packed(argv)).await;
        self.wire = Some(wire);
        let reply = sent.map(convert::value).map_err(|error| self.failed(&error))?;
        if speaks_resp2_after(argv, &reply) {
            self.greeting.protocol = Protocol::Resp2;
        }
        Ok(reply)
    }

    /// The crate hands a confirmation to the caller and to the pushes as well: one of them is enough.
    async fn subscribe_one(&mut self, argv: &[Bytes]) -> Result<Value, LinkError> {
        self.collect();
        let before = self.inbox.len();
        let reply = self.send_one(argv).await?;
        self.collect();
        if let Some(at) = self.inbox.iter().skip(before).position(|value| *value == reply) {
            self.inbox.remove(before + at);
        }
        Ok(reply)
    }

    async fn send_all(&mut self, commands: &[Vec<Bytes>]) -> Result<Vec<Value>, LinkError> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipeline = redis::Pipeline::with_capacity(commands.len());
        for argv in commands {
            pipeline.add_command(packed(argv));
        }
        let Some(mut wire) = self.wire.take() else { return Err(self.closed()) };
        let sent = wire.connection.send_packed_commands(&pipeline, 0, commands.len()).await;
        self.wire = Some(wire);
        let values = sent.map_err(|error| self.failed(&error))?;
        Ok(values.into_iter().map(convert::value).collect())
    }

    fn failed(&mut self, error: &redis::RedisError) -> LinkError {
        let lost = reason::loss(&self.dialer.address, error);
        self.gone(lost)
    }
}

fn measured(start: Instant) -> Elapsed {
    Elapsed { measured_us: u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX), simulated_us: 0 }
}

fn is(argv: &[Bytes], at: usize, word: &str) -> bool {
    argv.get(at).is_some_and(|argument| argument.eq_ignore_ascii_case(word.as_bytes()))
}

/// The channels of a command of the SUBSCRIBE family.
fn subscription(argv: &[Bytes]) -> Option<&[Bytes]> {
    const FAMILY: [&str; 6] = ["SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "SSUBSCRIBE", "SUNSUBSCRIBE"];
    FAMILY.iter().any(|name| is(argv, 0, name)).then(|| &argv[1..])
}

/// Whether a command changes what comes over the wire, so that it cannot be part of a pipeline.
fn changes_the_wire(argv: &[Bytes]) -> bool {
    argv.is_empty() || subscription(argv).is_some() || unsendable(argv, Protocol::Resp2).is_some()
}

/// Whether this command made the connection speak RESP2 again.
fn speaks_resp2_after(argv: &[Bytes], reply: &Value) -> bool {
    !reply.is_error() && (is(argv, 0, "RESET") || (is(argv, 0, "HELLO") && is(argv, 1, "2")))
}

/// What is answered instead of sending commands after which replies could not be told apart.
fn unsendable(argv: &[Bytes], protocol: Protocol) -> Option<Value> {
    if ["MONITOR", "SYNC", "PSYNC"].iter().any(|name| is(argv, 0, name)) {
        return Some(Value::error("ERR redlab does not send this to a live server: use redis-cli for it"));
    }
    if is(argv, 0, "CLIENT") && is(argv, 1, "REPLY") && !is(argv, 2, "ON") {
        return Some(Value::error("ERR redlab waits for every reply of a live server: CLIENT REPLY is not sent"));
    }
    if protocol == Protocol::Resp2 && subscription(argv).is_some() {
        return Some(Value::error("ERR subscriptions to a live server need RESP3 (Redis 6 or newer, after HELLO 3)"));
    }
    None
}
