//! A second implementation of the scheduling rules, as plain as can be: every schedule is replayed from the start on a
//! fresh engine, nothing is shared, nothing is remembered. It is slow and easy to check against the format page.

use std::collections::BTreeMap;
use std::sync::Arc;

use redlab::database::{Cell, Database};
use redlab::engine::{Called, ClientId, Engine, Settings, Time};
use redlab::lab::{Look, MishapKind, START, Variant};
use redlab::program::{Datum, Deed, Machine, Next, answer};
use redlab::resp::{Value, split_line};

/// An outcome as the report shows it: values, whether it holds, who is stuck.
pub type Key = (Vec<(String, serde_json::Value)>, bool, Vec<String>);

/// What enumerating found.
#[derive(Default)]
pub struct Found {
    pub schedules: u64,
    pub outcomes: Vec<(Key, u64)>,
    /// Switches, steps, and the schedule as (client, which of its choices), with its replay.
    pub simplest: Option<Simplest>,
}

pub type Simplest = (usize, usize, Vec<(usize, usize)>, String);

#[derive(Clone, PartialEq, Debug)]
enum Now {
    CanRun,
    Over,
    Until(Time, bool),
    Waits,
}

struct Naive<'v> {
    variant: &'v Variant,
    engine: Engine,
    machines: Vec<Machine>,
    ids: Vec<ClientId>,
    state: Vec<Now>,
    world: BTreeMap<String, Datum>,
    database: Option<Database>,
    clock: Time,
    left: Vec<u32>,
    violated: bool,
}

/// Every schedule of a variant; `None` if there are more than `most`.
pub fn enumerate(variant: &Arc<Variant>, most: u64) -> Option<Found> {
    let mut found = Found::default();
    let mut open: Vec<Vec<usize>> = vec![Vec::new()];
    while let Some(prefix) = open.pop() {
        let mut run = Naive::start(variant);
        let mut path = Vec::new();
        for &choice in &prefix {
            path.push(run.take(choice));
        }
        let choices = run.choices();
        if choices.is_empty() {
            found.schedules += 1;
            if found.schedules > most {
                return None;
            }
            let key = run.outcome();
            if !key.1 {
                let switches = path.windows(2).filter(|pair| pair[0].0 != pair[1].0).count();
                let replay: Vec<String> = path.iter().map(|step| run.name(*step)).collect();
                let this = (switches, path.len(), path, replay.join(" "));
                if found.simplest.as_ref().is_none_or(|best| this < *best) {
                    found.simplest = Some(this);
                }
            }
            match found.outcomes.iter_mut().find(|(other, _)| *other == key) {
                Some((_, count)) => *count += 1,
                None => found.outcomes.push((key, 1)),
            }
        }
        for choice in 0..choices.len() {
            open.push(prefix.iter().copied().chain([choice]).collect());
        }
    }
    Some(found)
}

impl<'v> Naive<'v> {
    fn start(variant: &'v Variant) -> Naive<'v> {
        let mut engine = Engine::new(Settings::default(), START);
        let setup = engine.connect("setup", START);
        for argv in &variant.setup {
            engine.call(setup, argv, START);
        }
        engine.disconnect(setup);
        let mut run = Naive {
            variant,
            machines: variant.clients.iter().map(|member| Machine::new(&member.program, &member.name)).collect(),
            ids: variant.clients.iter().map(|member| engine.connect(&member.name, START)).collect(),
            engine,
            state: vec![Now::CanRun; variant.clients.len()],
            world: variant.world.iter().cloned().collect(),
            database: variant.database.as_ref().map(|s| Database::open(&s.schema, &s.seed).expect("a database")),
            clock: START,
            left: variant.faults.iter().map(|fault| fault.times).collect(),
            violated: false,
        };
        for client in 0..run.machines.len() {
            run.go_on(client);
        }
        run.pass_time();
        run
    }

    /// (client, 0) for a step, (client, n + 1) for the fault n.
    fn choices(&self) -> Vec<(usize, usize)> {
        let mut choices: Vec<(usize, usize)> =
            (0..self.state.len()).filter(|c| self.state[*c] == Now::CanRun).map(|c| (c, 0)).collect();
        for (n, fault) in self.variant.faults.iter().enumerate() {
            if self.left[n] > 0 && self.state[fault.client] == Now::CanRun {
                choices.push((fault.client, n + 1));
            }
        }
        choices
    }

    fn name(&self, step: (usize, usize)) -> String {
        match step {
            (client, 0) => self.variant.clients[client].name.to_string(),
            (_, fault) => self.variant.faults[fault - 1].label.clone(),
        }
    }

    fn take(&mut self, choice: usize) -> (usize, usize) {
        let step = self.choices()[choice];
        match step {
            (client, 0) => self.run(client),
            (client, fault) => {
                self.left[fault - 1] -= 1;
                match self.variant.faults[fault - 1].kind {
                    MishapKind::Crash => {
                        self.state[client] = Now::Over;
                        self.engine.disconnect(self.ids[client]);
                    }
                    MishapKind::Pause(time) => {
                        self.state[client] = Now::Until(self.clock.plus_us(time.as_micros() as i64), false);
                    }
                }
            }
        }
        self.check();
        if self.pass_time() {
            self.check();
        }
        step
    }

    fn run(&mut self, client: usize) {
        let world = self.world.clone();
        let deed = match self.machines[client].next(&world) {
            Ok(Next::Deed(deed)) => deed,
            _ => {
                self.state[client] = Now::Over;
                return;
            }
        };
        self.machines[client].begin(&deed);
        let id = self.ids[client];
        match deed {
            Deed::World(values) => {
                self.world.extend(values);
                self.feed(client, Ok(Datum::None));
            }
            Deed::Sleep(time) => self.state[client] = Now::Until(self.clock.plus_us(time.as_micros() as i64), true),
            Deed::Sql(statement) => {
                let answer = sql(self.database.as_mut().expect("a database"), &statement);
                self.feed(client, answer);
            }
            Deed::Command(argv) => {
                let called = self.engine.call(id, &argv, self.clock);
                self.called(client, called);
            }
            Deed::Pipeline { commands, at } => {
                let called = self.engine.call(id, &commands[at], self.clock);
                self.called(client, called);
            }
            Deed::Transaction(commands) => {
                let word = |text: &str| split_line(text).expect("a word");
                self.engine.call(id, &word("MULTI"), self.clock);
                for argv in &commands {
                    self.engine.call(id, argv, self.clock);
                }
                let called = self.engine.call(id, &word("EXEC"), self.clock);
                self.called(client, called);
            }
        }
        self.deliver();
    }

    fn called(&mut self, client: usize, called: Called) {
        match called {
            Called::Reply(value) => self.feed(client, sorted(value)),
            Called::Blocked => self.state[client] = Now::Waits,
            other => panic!("no test sends what answers {other:?}"),
        }
    }

    fn deliver(&mut self) {
        for delivery in self.engine.take_deliveries() {
            if let Some(client) = self.ids.iter().position(|id| *id == delivery.client && delivery.is_reply) {
                self.feed(client, sorted(delivery.value));
            }
        }
    }

    fn feed(&mut self, client: usize, answer: Result<Datum, String>) {
        match self.machines[client].feed(answer) {
            Ok(()) => self.go_on(client),
            Err(_) => self.state[client] = Now::Over,
        }
    }

    fn go_on(&mut self, client: usize) {
        let world = self.world.clone();
        self.state[client] = match self.machines[client].settle(&world) {
            Ok(true) => Now::CanRun,
            _ => Now::Over,
        };
    }

    fn pass_time(&mut self) -> bool {
        let mut passed = false;
        while !self.state.contains(&Now::CanRun) {
            let sleeps = self.state.iter().filter_map(|now| match now {
                Now::Until(time, _) => Some(*time),
                _ => None,
            });
            let Some(next) = sleeps.chain(self.engine.next_timeout()).min() else { break };
            passed = true;
            self.clock = next;
            self.engine.advance(next);
            // The end of a sleep lies just behind what expires at the same moment.
            self.engine.state_mut().keyspace.listen(true);
            self.engine.state_mut().keyspace.expire_due(Time(next.us() + 1000));
            self.engine.advance(next);
            self.deliver();
            for client in 0..self.state.len() {
                match self.state[client] {
                    Now::Until(time, true) if time <= next => self.feed(client, Ok(Datum::None)),
                    Now::Until(time, false) if time <= next => self.state[client] = Now::CanRun,
                    _ => {}
                }
            }
        }
        passed
    }

    /// A client's registers, or how many clients there are.
    fn registers(&self, name: &str) -> Option<Datum> {
        let found = self.machines.iter().find(|machine| machine.client() == name).map(Machine::registers_datum);
        found.or_else(|| (name == "clients").then(|| Datum::Int(self.machines.len() as i64)))
    }

    fn check(&mut self) {
        let Some(always) = &self.variant.always else { return };
        let names = |name: &str| self.world.get(name).cloned().or_else(|| self.registers(name));
        self.violated |= !always.is_true(&names).expect("a value");
    }

    fn outcome(&mut self) -> Key {
        let reader = self.engine.connect("reader", self.clock);
        let mut values: Vec<(String, Datum)> = Vec::new();
        for (name, look) in &self.variant.observe {
            let seen = match look {
                Look::Command(argv) => match self.engine.call(reader, argv, self.clock) {
                    Called::Reply(value) => sorted(value),
                    other => panic!("no test observes what answers {other:?}"),
                },
                Look::Sql(statement) => sql(self.database.as_mut().expect("a database"), statement),
            };
            values.push((name.clone(), seen.unwrap_or_else(|line| Datum::error(&line))));
        }
        for (name, _) in &self.variant.world {
            values.push((name.clone(), self.world[name].clone()));
        }
        let all: BTreeMap<String, Datum> = values.iter().cloned().collect();
        let names = |name: &str| all.get(name).cloned().or_else(|| self.registers(name));
        let holds = self.variant.invariant.is_true(&names).expect("a value") && !self.violated;
        let stuck = (0..self.state.len()).filter(|c| self.state[*c] == Now::Waits);
        let stuck = stuck.map(|c| self.variant.clients[c].name.to_string()).collect();
        (values.into_iter().map(|(name, value)| (name, value.to_json())).collect(), holds, stuck)
    }
}

fn sorted(value: Value) -> Result<Datum, String> {
    match value {
        Value::Set(mut items) => {
            items.sort_by_key(|item| item.as_bytes().cloned());
            answer(Value::Array(items))
        }
        other => answer(other),
    }
}

fn sql(database: &mut Database, statement: &str) -> Result<Datum, String> {
    let cell = |cell: &Cell| match cell {
        Cell::Null => Datum::None,
        Cell::Integer(n) => Datum::Int(*n),
        Cell::Real(n) => Datum::Float(*n),
        Cell::Text(text) => Datum::text(text.clone()),
        Cell::Blob(bytes) => Datum::Str(bytes.clone().into()),
    };
    let rows = database.run(statement).map_err(|error| error.to_string())?.rows;
    Ok(if rows.is_empty() {
        Datum::None
    } else if rows.len() == 1 && rows[0].len() == 1 {
        cell(&rows[0][0])
    } else {
        Datum::list(rows.iter().map(|row| Datum::list(row.iter().map(cell))))
    })
}
