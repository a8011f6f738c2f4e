//! Every lesson proves itself, on the engine and on a real server: unsolved its steps are unmet, its own solutions meet
//! them, predictions have an answer, and comparisons show what they promise (with the link's times added up).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use redlab::content::Library;
use redlab::database::Database;
use redlab::lesson::{self, Action, Compare, Do, Input, Judgement, Lane, Lesson, Measured, Observed};
use redlab::program::{Datum, Deed, Machine, Next, Program, of_rows};
use redlab::resp::{Protocol, Value, encode_command, encode_value, split_line};
use redlab::target::{Connection, LocalServer, StartError, Target, TargetSpec};
use tokio::runtime::{Builder, Runtime};

use crate::oracle::Wire;

/// Where the commands go: a connection for each client of the lesson.
struct Side {
    runtime: Runtime,
    target: Target,
    connections: Vec<Connection>,
}

impl Side {
    fn open(spec: &TargetSpec, clients: usize) -> Side {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let target = runtime.block_on(Target::open(spec)).expect("a target");
        let mut side = Side { runtime, target, connections: Vec::new() };
        side.connections = (0..clients.max(1)).map(|_| side.connect()).collect();
        side
    }

    fn connect(&self) -> Connection {
        self.runtime.block_on(self.target.connect("solvable", Protocol::Resp3)).expect("a connection")
    }

    fn call(&mut self, client: usize, argv: &[Bytes]) -> Value {
        let call = self.connections[client].call(argv);
        self.runtime.block_on(call).expect("an answer").reply
    }

    fn wait(&mut self, time: Duration) {
        match self.target.bundled() {
            Some(bundled) => bundled.jump(time),
            None => std::thread::sleep(time),
        }
    }

    fn name(&self) -> &'static str {
        if self.target.bundled().is_some() { "bundled" } else { "server" }
    }
}

/// A lesson that is being run.
struct Run {
    side: Side,
    /// The connection that looks at what the steps did.
    watcher: usize,
    database: Option<Database>,
}

impl Run {
    fn start(lesson: &Lesson, side: Side) -> Run {
        let database = lesson
            .database
            .as_ref()
            .map(|wanted| Database::open(&wanted.schema, &wanted.seed).expect("the lesson's database"));
        let watcher = side.connections.len() - 1;
        let mut run = Run { side, watcher, database };
        for input in &lesson.setup {
            let reply = run.ask(0, input);
            assert!(!matches!(reply, Datum::Map(_)), "{}: {reply:?}", input.line());
        }
        run
    }

    fn ask(&mut self, client: usize, input: &Input) -> Datum {
        match input {
            Input::Command { argv, .. } => lesson::reply_datum(self.side.call(client, argv)),
            Input::Sql(statement) => self.sql(statement),
        }
    }

    fn sql(&mut self, statement: &str) -> Datum {
        let found = self.database.as_mut().expect("a database").run(statement).expect(statement);
        of_rows(&found)
    }

    fn observe(&mut self, observed: &[Observed]) -> BTreeMap<String, Datum> {
        observed.iter().map(|one| (one.name.clone(), self.ask(self.watcher, &one.ask))).collect()
    }

    fn run_do(&mut self, step: &Do) {
        let mut unsolved = self.observe(&step.observe);
        unsolved.insert("keys".into(), Datum::list([]));
        assert!(matches!(step.judge(&unsolved), Judgement::Unmet { .. }), "unsolved it is met: {}", step.check.text);
        let mut judged = None;
        for input in &step.solution {
            let reply = self.ask(step.client, input);
            let mut registers = self.observe(&step.observe);
            registers.insert("reply".into(), reply);
            registers.insert("keys".into(), input.keys());
            judged = Some(step.judge(&registers));
        }
        assert_eq!(judged, Some(Judgement::Met));
    }

    fn run_compare(&mut self, lesson: &Lesson, compare: &Compare) {
        let measured: Vec<Measured> = compare.lanes.iter().map(|lane| self.run_lane(lesson, lane)).collect();
        if let Some(expect) = &compare.expect {
            assert_eq!(lesson::expectation_miss(expect, &measured, self.side.name()), None);
        }
    }

    /// Clients take turns, one deed each; times are added up from the link's and the database's.
    fn run_lane(&mut self, lesson: &Lesson, lane: &Lane) -> Measured {
        for input in &lane.before {
            self.ask(0, input);
        }
        let world: BTreeMap<String, Datum> = lane.given.iter().cloned().collect();
        let mut worlds = vec![world; lane.clients as usize];
        // Each client of a lane has a connection of its own.
        let first = self.side.connections.len();
        for _ in 0..lane.clients {
            let connection = self.side.connect();
            self.side.connections.push(connection);
        }
        let rtt = ms(lane.rtt.or(lesson.rtt).unwrap_or_default());
        let latency = ms(lesson.database.as_ref().map(|database| database.latency).unwrap_or_default());
        let program = Program::new(&lane.steps);
        let mut measured = Measured::default();
        let mut samples = Vec::new();
        for i in 0..lane.repeat {
            worlds.iter_mut().for_each(|world| drop(world.insert("i".into(), Datum::Int(i64::from(i)))));
            let machine = |client| (client, Machine::new(&program, &format!("client {client}")));
            let mut machines: Vec<(usize, Machine)> = (0..worlds.len()).map(machine).collect();
            let (mut spent, worked) = (0.0, measured.work_ms);
            if lane.reconnect {
                for at in first..first + worlds.len() {
                    self.side.connections[at] = self.side.connect();
                    measured.round_trips += 2;
                    spent += 2.0 * rtt;
                }
            }
            while !machines.is_empty() {
                machines.retain_mut(|(client, machine)| match machine.next(&worlds[*client]).expect("a deed") {
                    Next::Done => false,
                    Next::Deed(deed) => {
                        machine.begin(&deed);
                        let connection = first + *client;
                        let waits = i.is_multiple_of(lane.pipeline);
                        let answers = match deed {
                            Deed::Command(argv) => {
                                measured.round_trips += u64::from(waits);
                                spent += if waits { rtt } else { 0.0 };
                                vec![self.measure(connection, &argv, &mut measured)]
                            }
                            Deed::Pipeline { commands, .. } => {
                                measured.round_trips += 1;
                                spent += rtt;
                                commands.iter().map(|argv| self.measure(connection, argv, &mut measured)).collect()
                            }
                            Deed::Transaction(commands) => {
                                measured.round_trips += 1;
                                spent += rtt;
                                let words = |word| vec![Bytes::from_static(word)];
                                self.measure(connection, &words(b"MULTI"), &mut measured);
                                commands.iter().for_each(|argv| drop(self.measure(connection, argv, &mut measured)));
                                vec![self.measure(connection, &words(b"EXEC"), &mut measured)]
                            }
                            Deed::Sql(statement) => {
                                measured.queries += 1;
                                spent += latency;
                                let start = Instant::now();
                                let answer = self.sql(&statement);
                                measured.work_ms += ms(start.elapsed());
                                vec![answer]
                            }
                            Deed::World(pairs) => {
                                worlds[*client].extend(pairs);
                                vec![Datum::None]
                            }
                            Deed::Sleep(time) => {
                                self.side.wait(time);
                                vec![Datum::None]
                            }
                        };
                        for answer in answers {
                            machine.feed(Ok(answer)).expect("the machine goes on");
                        }
                        true
                    }
                });
            }
            // Clients that wait at the same time wait once.
            samples.push((spent + measured.work_ms - worked) / f64::from(lane.clients));
        }
        self.side.connections.truncate(first);
        measured.total_ms = samples.iter().sum();
        samples.sort_by(f64::total_cmp);
        measured.p50_ms = samples[samples.len() / 2];
        measured.p99_ms = samples[(samples.len() - 1) * 99 / 100];
        measured.observed = self.observe(&lane.observe).into_iter().collect();
        for input in &lane.after {
            self.ask(0, input);
        }
        measured
    }

    /// Sends a lane's command and counts it.
    fn measure(&mut self, connection: usize, argv: &[Bytes], measured: &mut Measured) -> Datum {
        measured.commands += 1;
        measured.sent += bytes(|wire| encode_command(argv, wire));
        let start = Instant::now();
        let reply = self.side.call(connection, argv);
        measured.work_ms += ms(start.elapsed());
        measured.received += bytes(|wire| encode_value(&reply, Protocol::Resp3, wire));
        lesson::reply_datum(reply)
    }
}

fn bytes(encode: impl FnOnce(&mut Vec<u8>)) -> u64 {
    let mut wire = Vec::new();
    encode(&mut wire);
    wire.len() as u64
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn prove(lesson: &Lesson, spec: &TargetSpec) {
    // One more connection looks at what the steps did.
    let side = Side::open(spec, lesson.clients.len() + 1);
    let mut run = Run::start(lesson, side);
    for (n, step) in lesson.steps.iter().enumerate() {
        // Shown by a failing test, so that the step is known.
        println!("{} on {}, step {}: {}", lesson.id, run.side.name(), n + 1, step.title);
        match &step.action {
            Action::Do(step) => run.run_do(step),
            Action::Predict(predict) => {
                let reply = run.ask(predict.client, &predict.run);
                assert!(predict.right(&reply).is_some(), "no choice fits {reply:?}");
            }
            Action::Compare(compare) => run.run_compare(lesson, compare),
            Action::Advance(time) => run.side.wait(*time),
            Action::Read | Action::Quiz(_) | Action::Race(_) => {}
        }
    }
}

fn lessons() -> Vec<Lesson> {
    let library = Library::built_in();
    let read = |item| {
        let (lesson, diagnostics) = lesson::lint(item, &library);
        lesson.unwrap_or_else(|| panic!("{}", diagnostics.render(false)))
    };
    library.lessons().map(read).collect()
}

#[test]
fn the_lessons_prove_themselves_on_the_engine() {
    for lesson in lessons() {
        // Pages that are only read come on top.
        let asks = lesson.steps.iter().filter(|step| !matches!(step.action, Action::Read)).count();
        assert!((4..=12).contains(&asks), "{} has {asks} steps that ask for something", lesson.id);
        prove(&lesson, &TargetSpec::default());
    }
}

#[test]
fn the_lessons_prove_themselves_on_a_real_server() {
    let server = match LocalServer::start(&[]) {
        Ok(server) => server,
        Err(StartError::NotInstalled) => {
            return eprintln!("not run: neither redis-server nor valkey-server is installed");
        }
        Err(error) => panic!("{error}"),
    };
    for lesson in lessons() {
        prove(&lesson, &TargetSpec::Live { url: server.url() });
        covers_its_keys(&lesson, &server);
    }
}

/// What a lesson leaves on a server is among the keys that its guard looks for.
fn covers_its_keys(lesson: &Lesson, server: &LocalServer) {
    let mut wire = Wire::connect(server);
    let Value::Array(keys) = wire.call(&split_line("KEYS *").expect("words")) else { panic!("a list of keys") };
    for key in keys {
        let Value::Bulk(key) = key else { panic!("a key") };
        let known = |pattern: &String| redlab::engine::glob_matches(pattern.as_bytes(), &key);
        assert!(lesson.keys_used().iter().any(known), "{key:?} is not in {:?}", lesson.keys_used());
    }
    wire.call(&split_line("FLUSHALL").expect("words"));
}
