//! Servers that schedules share. Two schedules that bring the server into the same state share one copy of it, and what
//! a command does to that state is remembered: it runs once, not once for each schedule.

use std::sync::Arc;

use bytes::Bytes;
use hashbrown::HashMap;

use crate::engine::keyspace::Data;
use crate::engine::{Called, ClientId, Engine, Time};
use crate::program::{Datum, Deed, answer};
use crate::resp::{Value, split_line};

/// The digest of a server's state.
pub type Print = [u8; 20];

/// So many moves and servers are remembered before those that nobody needs are forgotten.
const MOST_KEPT: usize = 200_000;

/// A server in one state.
#[derive(Clone, Debug)]
pub struct Server {
    /// The state.
    pub engine: Engine,
    /// Its digest.
    pub print: Print,
}

/// What a client was answered at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// A value, or the text of an error.
    Reply(Result<Datum, String>),
    /// Nothing yet: the client is blocked.
    Blocked,
    /// A last value, after which the connection is closed.
    Closed(Result<Datum, String>),
}

/// What became of a server, and who was answered.
#[derive(Clone, Debug)]
pub struct Move {
    /// The server afterwards.
    pub server: Arc<Server>,
    /// The answer of whoever moved it.
    pub answer: Answered,
    /// Answers of clients that were blocked, in the order in which they were served.
    pub served: Vec<(ClientId, Result<Datum, String>)>,
    /// Connections that were ended by others (CLIENT KILL).
    pub killed: Vec<ClientId>,
}

/// What moves a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Cause {
    Deed(ClientId, Deed),
    Jump,
    Disconnect(ClientId),
}

/// All servers that were met, each state once.
#[derive(Debug, Default)]
pub struct Servers {
    /// Whether the order in which sets and keyspaces lie in memory can be seen (SPOP, RANDOMKEY, SCAN, scripts).
    layout: bool,
    known: HashMap<Print, Arc<Server>>,
    moves: HashMap<(Print, Time, Cause), Move>,
    /// What the servers take.
    bytes: usize,
}

impl Servers {
    /// No server yet. `layout` says whether the order in which sets and keyspaces lie in memory can be seen.
    pub fn new(layout: bool) -> Servers {
        Servers { layout, ..Servers::default() }
    }

    /// The shared copy of a state.
    pub fn intern(&mut self, mut engine: Engine) -> Arc<Server> {
        let print = print(&engine, self.layout);
        let bytes = &mut self.bytes;
        let known = self.known.entry(print).or_insert_with(|| {
            // Counters tell no states apart, and are most of what an engine with few keys takes.
            engine.forget_counts();
            *bytes += engine.bytes();
            Arc::new(Server { engine, print })
        });
        known.clone()
    }

    /// About how much memory all that takes, bytes.
    pub fn bytes(&self) -> usize {
        self.bytes + self.moves.capacity() * (size_of::<(Print, Time, Cause, Move)>() + 64)
    }

    /// Lets a client do something to a server at a moment.
    pub fn carry_out(&mut self, server: &Arc<Server>, now: Time, id: ClientId, deed: &Deed) -> Move {
        self.moved(server, now, Cause::Deed(id, deed.clone()))
    }

    /// Lets the clock jump to a moment.
    pub fn jump(&mut self, server: &Arc<Server>, now: Time) -> Move {
        self.moved(server, now, Cause::Jump)
    }

    /// Ends a connection.
    pub fn disconnect(&mut self, server: &Arc<Server>, now: Time, id: ClientId) -> Move {
        self.moved(server, now, Cause::Disconnect(id))
    }

    /// How many distinct states are kept.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    fn moved(&mut self, server: &Arc<Server>, now: Time, cause: Cause) -> Move {
        let key = (server.print, now, cause);
        if let Some(found) = self.moves.get(&key) {
            return found.clone();
        }
        if self.moves.len() >= MOST_KEPT {
            self.moves.clear();
            self.known.retain(|_, server| Arc::strong_count(server) > 1);
            self.bytes = self.known.values().map(|server| server.engine.bytes()).sum();
        }
        let mut engine = server.engine.clone();
        let answer = match &key.2 {
            Cause::Deed(id, deed) => run(&mut engine, *id, deed, now),
            Cause::Jump => {
                // When the clock has jumped to the end of a sleep, it has passed what expires at that very moment:
                // who sleeps for ten seconds finds a key gone that was given ten seconds.
                engine.advance(now);
                engine.state_mut().keyspace.listen(true);
                engine.state_mut().keyspace.expire_due(now.plus_us(1000));
                engine.advance(now);
                Answered::Reply(Ok(Datum::None))
            }
            Cause::Disconnect(id) => {
                engine.disconnect(*id);
                Answered::Reply(Ok(Datum::None))
            }
        };
        let served = engine.take_deliveries().into_iter().filter(|delivery| delivery.is_reply);
        let served = served.map(|delivery| (delivery.client, reply(delivery.value))).collect();
        let killed = engine.take_killed();
        let made = Move { server: self.intern(engine), answer, served, killed };
        self.moves.insert(key, made.clone());
        made
    }
}

/// A digest of all that clients can see: the engine's own, and the order of what has one. The fields of a hash come in
/// the order in which they were added; the order of sets and keyspaces shows only to commands that draw or walk.
fn print(engine: &Engine, layout: bool) -> Print {
    let keyspace = &engine.state().keyspace;
    let mut order = sha1_smol::Sha1::new();
    order.update(&engine.fingerprint());
    let mut entries: Vec<_> = (0..keyspace.databases()).flat_map(|db| keyspace.iter(db)).collect();
    if layout {
        entries.iter().for_each(|(key, _)| order.update(key));
    }
    entries.retain(|(_, entry)| matches!(&entry.data, Data::Hash(_)) || layout && matches!(&entry.data, Data::Set(_)));
    entries.sort_by_key(|(key, _)| *key);
    for (_, entry) in entries {
        match &entry.data {
            Data::Hash(hash) => hash.iter().for_each(|(field, _)| order.update(&field)),
            Data::Set(set) => set.iter().for_each(|member| order.update(&member)),
            _ => {}
        }
    }
    order.digest().bytes()
}

fn run(engine: &mut Engine, id: ClientId, deed: &Deed, now: Time) -> Answered {
    match deed {
        Deed::Command(argv) => send(engine, id, argv, now),
        Deed::Pipeline { commands, at } => match commands.get(*at) {
            Some(argv) => send(engine, id, argv, now),
            None => Answered::Reply(Ok(Datum::None)),
        },
        Deed::Transaction(commands) => {
            let multi = split_line("MULTI").unwrap_or_default();
            let exec = split_line("EXEC").unwrap_or_default();
            let begun = called(engine.call(id, &multi, now));
            if !matches!(begun, Answered::Reply(Ok(_))) {
                return begun;
            }
            for argv in commands {
                engine.call(id, argv, now);
            }
            called(engine.call(id, &exec, now))
        }
        Deed::Sql(_) | Deed::World(_) | Deed::Sleep(_) => Answered::Reply(Ok(Datum::None)),
    }
}

fn send(engine: &mut Engine, id: ClientId, argv: &[Bytes], now: Time) -> Answered {
    match called(engine.call(id, argv, now)) {
        // The order of keys means as little as that of a set's members.
        Answered::Reply(Ok(Datum::List(items)))
            if argv.first().is_some_and(|name| name.eq_ignore_ascii_case(b"KEYS")) =>
        {
            Answered::Reply(Ok(sorted(&items)))
        }
        other => other,
    }
}

fn sorted(items: &[Datum]) -> Datum {
    let mut items = items.to_vec();
    items.sort();
    Datum::list(items)
}

fn called(called: Called) -> Answered {
    match called {
        Called::Reply(value) => Answered::Reply(reply(value)),
        Called::Replies(mut values) if values.len() == 1 => {
            Answered::Reply(values.pop().map_or(Ok(Datum::None), reply))
        }
        Called::Replies(values) if values.is_empty() => Answered::Reply(Ok(Datum::None)),
        Called::Replies(values) => Answered::Reply(reply(Value::Array(values))),
        Called::Blocked => Answered::Blocked,
        Called::Closed(value) => Answered::Closed(reply(value)),
    }
}

/// A reply as a value. The members of a set come in no order that means anything: they are sorted, so that schedules
/// which end alike look alike.
pub fn reply(value: Value) -> Result<Datum, String> {
    let is_set = matches!(value, Value::Set(_));
    let datum = answer(value)?;
    match datum {
        Datum::List(items) if is_set => Ok(sorted(&items)),
        other => Ok(other),
    }
}
