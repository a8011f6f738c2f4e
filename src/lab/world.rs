//! One variant at one position of a schedule: the server, the clients, what is outside of Redis, and the clock.
//!
//! Here stand the rules of what a schedule is. Everything that explores, replays or draws takes them from here.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hashbrown::HashSet;

use crate::engine::{Engine, Missed, Settings, Time};
use crate::program::{Action, Datum, Deed, Fault, Machine, Next, Template};

use super::part::{Choice, ClientState, START, Shared, Status, Taken};
use super::scenario::{MishapKind, Variant};
use super::server::{Answered, Move, Server, Servers};
use super::store::Databases;

/// The `proto-max-bulk-len` of the servers here: every state holds its values, so none may be as large as a real
/// server's.
const LONGEST_STRING: u64 = 16 << 20;

/// What all positions of a variant share: servers that were met, and its database.
#[derive(Debug)]
pub struct Stage {
    variant: Arc<Variant>,
    servers: Mutex<Servers>,
    databases: Arc<Mutex<Databases>>,
}

/// A variant at one position. Cheap to clone: what does not change is shared.
#[derive(Clone, Debug)]
pub struct World {
    stage: Arc<Stage>,
    shared: Shared,
    clients: Vec<ClientState>,
    trouble: Option<String>,
}

impl World {
    /// A variant before the first step. The error says which part of its set-up failed.
    pub fn start(variant: &Arc<Variant>) -> Result<World, String> {
        let mut engine = Engine::new(Settings { longest_string: LONGEST_STRING, ..Settings::default() }, START);
        set_up(&mut engine, variant)?;
        let (databases, held) = match &variant.database {
            Some(store) => Databases::open(store).map(|(databases, held)| (databases, Some(held)))?,
            None => (Databases::default(), None),
        };
        let clients = variant.clients.iter().enumerate().map(|(n, member)| ClientState {
            machine: Machine::new(&member.program, &member.name),
            id: engine.connect(&format!("127.0.0.1:{}", 50_000 + n), START),
            status: Status::Ready,
        });
        let clients = clients.collect();
        let mut servers = Servers::new(sees_layout(variant));
        let server = servers.intern(engine);
        let mut world = World {
            stage: Arc::new(Stage {
                variant: variant.clone(),
                servers: Mutex::new(servers),
                databases: Arc::new(Mutex::new(databases)),
            }),
            shared: Shared {
                server,
                variables: variant.world.iter().map(|(_, value)| value.clone()).collect(),
                held,
                now: START,
                faults_left: variant.faults.iter().map(|fault| fault.times).collect(),
                broken: false,
            },
            clients,
            trouble: None,
        };
        for client in 0..world.clients.len() {
            world.settle(client);
        }
        // `always` is about what follows a step.
        let (broken, trouble) = (world.shared.broken, world.trouble.clone());
        world.let_time_pass(&mut Vec::new());
        (world.shared.broken, world.trouble) = (broken, trouble);
        Ok(world)
    }

    /// This start without the keys that have no TTL and are none of `kept`: exploring copies the server again and again.
    /// If they are asked for all the same, [`World::missed`] says so.
    pub(super) fn set_aside(&self, kept: &HashSet<Bytes>) -> World {
        let mut engine = self.shared.server.engine.clone();
        engine.set_aside(&|key| kept.contains(key));
        let mut servers = Servers::new(sees_layout(self.variant()));
        let server = servers.intern(engine);
        let stage = Stage {
            variant: self.variant().clone(),
            servers: Mutex::new(servers),
            databases: self.stage.databases.clone(),
        };
        let shared = Shared { server, ..self.shared.clone() };
        World { stage: Arc::new(stage), shared, clients: self.clients.clone(), trouble: self.trouble.clone() }
    }

    /// What was asked for although it was set aside.
    pub(super) fn missed(&self) -> Option<Missed> {
        self.shared.server.engine.missed()
    }

    /// A world of the same variant, made of these parts.
    pub(super) fn with_parts(&self, shared: Shared, clients: Vec<ClientState>) -> World {
        World { stage: self.stage.clone(), shared, clients, trouble: None }
    }

    /// The parts of this world.
    pub(super) fn into_parts(self) -> (Shared, Vec<ClientState>) {
        (self.shared, self.clients)
    }

    /// What may happen next: each client that can run, in order, then the faults that can happen.
    pub fn choices(&self) -> Vec<Choice> {
        let ready = |client: usize| self.clients.get(client).is_some_and(|client| client.status == Status::Ready);
        let clients = (0..self.clients.len()).filter(|client| ready(*client)).map(Choice::Client);
        let faults = self.stage.variant.faults.iter().zip(self.shared.faults_left.iter()).enumerate();
        let faults = faults.filter(|(_, (fault, left))| **left > 0 && ready(fault.client));
        clients.chain(faults.map(|(n, _)| Choice::Fault(n))).collect()
    }

    /// Takes a choice, with all that follows from it: clients that it unblocks, steps that are no scheduling points,
    /// and time if nobody else can run. `None` if it is no choice here.
    pub fn step(&mut self, choice: Choice) -> Option<Taken> {
        let mut taken = self.advance(choice)?;
        self.check_always();
        self.let_time_pass(&mut taken.served);
        Some(taken)
    }

    /// The first part of [`World::step`]: without a look at `always`, and without time.
    pub(super) fn advance(&mut self, choice: Choice) -> Option<Taken> {
        if !self.choices().contains(&choice) {
            return None;
        }
        Some(match choice {
            Choice::Client(client) => self.step_client(client),
            Choice::Fault(fault) => self.strike(fault),
        })
    }

    fn step_client(&mut self, client: usize) -> Taken {
        let mut taken =
            Taken { choice: Choice::Client(client), client, deed: None, answer: None, served: Vec::new(), alone: true };
        let deed = match self.upcoming(client) {
            Some(Ok(deed)) => deed,
            Some(Err(fault)) => {
                taken.answer = Some(Err(fault.0.clone()));
                self.fail(client, fault);
                return taken;
            }
            None => return taken,
        };
        self.clients[client].machine.begin(&deed);
        taken.answer = match &deed {
            Deed::Sql(statement) => Some(self.query(statement)),
            Deed::World(values) => {
                self.assign(values);
                None
            }
            Deed::Sleep(time) => {
                self.clients[client].status = Status::Sleeping(later(self.shared.now, *time));
                taken.deed = Some(deed);
                return taken;
            }
            _ => {
                let made = lock(&self.stage.servers).carry_out(
                    &self.shared.server,
                    self.shared.now,
                    self.clients[client].id,
                    &deed,
                );
                return self.answered(client, deed, made, taken);
            }
        };
        taken.deed = Some(deed);
        let answer = taken.answer.clone().unwrap_or(Ok(Datum::None));
        self.feed(client, answer);
        taken
    }

    fn answered(&mut self, client: usize, deed: Deed, made: Move, mut taken: Taken) -> Taken {
        taken.deed = Some(deed);
        match &made.answer {
            Answered::Blocked => self.clients[client].status = Status::Blocked,
            Answered::Reply(answer) => {
                taken.answer = Some(answer.clone());
                self.feed(client, answer.clone());
            }
            Answered::Closed(answer) => {
                taken.answer = Some(answer.clone());
                self.feed(client, answer.clone());
                if !matches!(self.clients[client].status, Status::Failed(_)) {
                    self.clients[client].machine.stop();
                    self.clients[client].status = Status::Done;
                }
            }
        }
        taken.alone = self.follow(made, &mut taken.served);
        taken
    }

    /// Takes over what became of the server, and feeds the clients that were served. True if there were none, and none
    /// was ended.
    fn follow(&mut self, made: Move, served: &mut Vec<(usize, Result<Datum, String>)>) -> bool {
        let alone = made.served.is_empty() && made.killed.is_empty();
        self.shared.server = made.server;
        for (id, answer) in made.served {
            let place = self.clients.iter().position(|client| client.id == id && client.status == Status::Blocked);
            let Some(client) = place else { continue };
            served.push((client, answer.clone()));
            self.feed(client, answer);
        }
        for id in made.killed {
            let place = self.clients.iter().position(|client| client.id == id);
            if let Some(client) = place.filter(|client| self.clients[*client].status != Status::Done) {
                self.fail(client, Fault("ERR the connection was closed by another client".into()));
            }
        }
        alone
    }

    fn strike(&mut self, fault: usize) -> Taken {
        let (client, kind) = (self.stage.variant.faults[fault].client, self.stage.variant.faults[fault].kind);
        Arc::make_mut(&mut self.shared.faults_left)[fault] -= 1;
        let mut taken =
            Taken { choice: Choice::Fault(fault), client, deed: None, answer: None, served: Vec::new(), alone: true };
        match kind {
            MishapKind::Pause(time) => self.clients[client].status = Status::Paused(later(self.shared.now, time)),
            MishapKind::Crash => {
                self.clients[client].machine.stop();
                self.clients[client].status = Status::Crashed;
                let made =
                    lock(&self.stage.servers).disconnect(&self.shared.server, self.shared.now, self.clients[client].id);
                taken.alone = self.follow(made, &mut taken.served);
            }
        }
        taken
    }

    /// Feeds an answer to a client and lets it come to its next scheduling point.
    fn feed(&mut self, client: usize, answer: Result<Datum, String>) {
        match self.clients[client].machine.feed(answer) {
            Ok(()) => self.settle(client),
            Err(fault) => self.fail(client, fault),
        }
    }

    fn settle(&mut self, client: usize) {
        let names = &self.stage.variant.world;
        let variables = &self.shared.variables;
        let settled = self.clients[client].machine.settle(&|name: &str| variable(names, variables, name));
        match settled {
            Ok(true) => self.clients[client].status = Status::Ready,
            Ok(false) => {
                self.clients[client].machine.stop();
                self.clients[client].status = Status::Done;
            }
            Err(fault) => self.fail(client, fault),
        }
    }

    fn fail(&mut self, client: usize, fault: Fault) {
        self.clients[client].machine.stop();
        self.clients[client].status = Status::Failed(fault);
    }

    fn assign(&mut self, values: &[(String, Datum)]) {
        for (name, value) in values {
            let slot = self.stage.variant.world.iter().position(|(other, _)| other == name);
            if let Some(variable) = slot.and_then(|slot| Arc::make_mut(&mut self.shared.variables).get_mut(slot)) {
                *variable = value.clone();
            }
        }
    }

    fn query(&mut self, statement: &str) -> Result<Datum, String> {
        let Some(held) = &self.shared.held else {
            return Err("this scenario has no database: give it one with `database:`".into());
        };
        let (answer, held) = lock(&self.stage.databases).run(held, statement);
        self.shared.held = Some(held);
        answer
    }

    /// The last part of [`World::step`]: while nobody can run, lets the clock jump to the next moment at which somebody
    /// can, and looks at `always` once more if it did.
    pub(super) fn let_time_pass(&mut self, served: &mut Vec<(usize, Result<Datum, String>)>) {
        let mut jumped = false;
        while !self.clients.iter().any(|client| client.status == Status::Ready) {
            let Some(next) = self.next_moment() else { break };
            jumped = true;
            self.shared.now = next.max(self.shared.now);
            let made = lock(&self.stage.servers).jump(&self.shared.server, self.shared.now);
            self.follow(made, served);
            for client in 0..self.clients.len() {
                match self.clients[client].status {
                    Status::Sleeping(until) if until <= self.shared.now => self.feed(client, Ok(Datum::None)),
                    Status::Paused(until) if until <= self.shared.now => self.clients[client].status = Status::Ready,
                    _ => {}
                }
            }
        }
        if jumped {
            self.check_always();
        }
    }

    /// The earliest end of a sleep, a pause or a blocking command's patience.
    fn next_moment(&self) -> Option<Time> {
        let asleep = self.clients.iter().filter_map(|client| match client.status {
            Status::Sleeping(until) | Status::Paused(until) => Some(until),
            _ => None,
        });
        let waits = self.clients.iter().any(|client| client.status == Status::Blocked);
        let engine = &self.shared.server.engine;
        let given_up = engine.next_timeout().into_iter().chain(engine.state().pause.as_ref().map(|pause| pause.until));
        asleep.chain(given_up.filter(|at| waits && *at > self.shared.now)).min()
    }

    /// The middle part of [`World::step`]: whether `always` holds.
    pub(super) fn check_always(&mut self) {
        if self.shared.broken || self.trouble.is_some() {
            return;
        }
        let Some(always) = &self.stage.variant.always else { return };
        match always.is_true(&|name: &str| self.named(name)) {
            Ok(held) => self.shared.broken = !held,
            Err(error) => self.trouble = Some(format!("`always` cannot be computed: {error}")),
        }
    }

    /// What a client will do when it is chosen, with the values as they are now; `None` if it cannot run.
    pub fn upcoming(&self, client: usize) -> Option<Result<Deed, Fault>> {
        let state = self.clients.get(client).filter(|client| client.status == Status::Ready)?;
        // A copy, because asking must change nothing.
        match state.machine.clone().next(&|name: &str| self.variable(name)) {
            Ok(Next::Deed(deed)) => Some(Ok(deed)),
            Ok(Next::Done) => None,
            Err(fault) => Some(Err(fault)),
        }
    }

    /// A world variable's value.
    pub fn variable(&self, name: &str) -> Option<Datum> {
        variable(&self.stage.variant.world, &self.shared.variables, name)
    }

    /// What a name means in `always`: a world variable, a client's registers, or the number of clients.
    pub fn named(&self, name: &str) -> Option<Datum> {
        let registers = || {
            let client = self.clients.iter().find(|client| client.machine.client() == name)?;
            Some(client.machine.registers_datum())
        };
        self.variable(name).or_else(registers).or_else(|| self.stage.variant.count(name))
    }

    /// The variant.
    pub fn variant(&self) -> &Arc<Variant> {
        &self.stage.variant
    }

    /// The clients, in order.
    pub fn clients(&self) -> &[ClientState] {
        &self.clients
    }

    /// The world variables, by name.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Datum)> {
        self.stage.variant.world.iter().map(|(name, _)| name.as_str()).zip(self.shared.variables.iter())
    }

    /// The server.
    pub fn server(&self) -> &Server {
        &self.shared.server
    }

    /// How many distinct states of the server were met so far.
    pub fn servers_met(&self) -> usize {
        lock(&self.stage.servers).len()
    }

    /// About how much memory they take, bytes.
    pub(super) fn servers_bytes(&self) -> usize {
        lock(&self.stage.servers).bytes()
    }

    /// The clock.
    pub fn now(&self) -> Time {
        self.shared.now
    }

    /// Whether `always` was false after a step.
    pub fn broken(&self) -> bool {
        self.shared.broken
    }

    /// Why `always` could not be computed.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// The clients that are still blocked, in order.
    pub fn blocked(&self) -> Vec<usize> {
        (0..self.clients.len()).filter(|client| self.clients[*client].status == Status::Blocked).collect()
    }

    /// The result of a statement on the database as it is now; the database is left as it is.
    pub fn look(&self, statement: &str) -> Result<Datum, String> {
        match &self.shared.held {
            Some(held) => lock(&self.stage.databases).run(held, statement).0,
            None => Err("this scenario has no database: give it one with `database:`".into()),
        }
    }
}

/// Two worlds are equal if everything that can happen from here on is the same.
impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.shared.hash(state);
        self.clients.hash(state);
        self.trouble.is_some().hash(state);
    }
}

/// Whether a variant has a command that can see in which order sets and keyspaces lie in memory.
fn sees_layout(variant: &Variant) -> bool {
    const SEE: &[&[u8]] = &[
        b"EVAL",
        b"EVALSHA",
        b"FCALL",
        b"HRANDFIELD",
        b"RANDOMKEY",
        b"SCAN",
        b"SORT",
        b"SPOP",
        b"SRANDMEMBER",
        b"SSCAN",
        b"ZRANDMEMBER",
        b"SDIFFSTORE",
        b"SINTERSTORE",
        b"SUNIONSTORE",
    ];
    let seen = |word: Option<Bytes>| {
        // A name that is put in later may be any.
        word.is_none_or(|name| SEE.contains(&name.to_ascii_uppercase().as_slice()))
    };
    let template = |template: &Template| template.words().first().is_some_and(|word| seen(word.literal()));
    let mut acts = variant.clients.iter().flat_map(|member| member.program.acts());
    acts.any(|act| match &act.action {
        Action::Run(command) => template(command),
        Action::Transaction(commands) | Action::Pipeline(commands) => commands.iter().any(template),
        Action::Eval { .. } => true,
        Action::Sql(_) | Action::World(_) | Action::Sleep(_) => false,
    })
}

fn set_up(engine: &mut Engine, variant: &Variant) -> Result<(), String> {
    let id = engine.connect("127.0.0.1:49999", START);
    for argv in &variant.setup {
        if let crate::engine::Called::Reply(crate::resp::Value::Error(line)) = engine.call(id, argv, START) {
            let shown = Deed::Command(argv.clone()).line();
            return Err(format!("the setup's {shown} answers {}", crate::resp::printable(&line, 300)));
        }
    }
    engine.disconnect(id);
    engine.take_deliveries();
    Ok(())
}

fn variable(names: &[(String, Datum)], values: &[Datum], name: &str) -> Option<Datum> {
    values.get(names.iter().position(|(other, _)| other == name)?).cloned()
}

fn later(now: Time, time: Duration) -> Time {
    now.plus_us(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}

/// Nothing panics while it holds a lock, and if it did, the data would still be whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worlds_can_move_to_another_thread() {
        fn movable<T: Send + Sync + Clone>() {}
        movable::<World>();
        movable::<Variant>();
    }
}
