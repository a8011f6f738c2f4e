//! A client at its place in its program: yields its next deed, takes the answer, goes on.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;

use super::code::{Op, Program};
use super::datum::Datum;
use super::deed::Deed;
use super::expr::{ExprError, Scope};
use super::step::{Act, Action};

/// How many steps that are no scheduling points may follow one another.
const MOST_QUIET: u32 = 200_000;

/// Why a client ended before its program did.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

impl From<ExprError> for Fault {
    fn from(error: ExprError) -> Fault {
        Fault(error.message)
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A scheduling point. Its answer is to be fed before the machine goes on.
    Deed(Deed),
    /// The program is over.
    Done,
}

/// A pipeline that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Batch {
    commands: Arc<Vec<Vec<Bytes>>>,
    replies: Vec<Datum>,
    fault: Option<Fault>,
}

/// Where a client is in its program, with its registers. Cheap to clone; two machines are equal when they will do the
/// same in the same world.
#[derive(Clone, Debug)]
pub struct Machine {
    program: Arc<Program>,
    client: Arc<str>,
    at: usize,
    /// Whether `at` is a scheduling point or the end: the steps before it that are none have run.
    settled: bool,
    rounds: Vec<u32>,
    registers: Vec<Option<Datum>>,
    batch: Option<Box<Batch>>,
}

impl Machine {
    /// A client of this name before the first step of its program.
    pub fn new(program: &Arc<Program>, client: &str) -> Machine {
        Machine {
            program: program.clone(),
            client: client.into(),
            at: 0,
            settled: false,
            rounds: Vec::new(),
            registers: vec![None; program.registers().len()],
            batch: None,
        }
    }

    /// Runs steps up to the next scheduling point, whose deed is rendered with the world as it is now. Asking twice
    /// gives the same deed; [`Machine::feed`] goes on.
    pub fn next(&mut self, world: &dyn Scope) -> Result<Next, Fault> {
        self.settle(world)?;
        let program = self.program.clone();
        let Op::Act(act, ..) = program.op(self.at) else { return Ok(Next::Done) };
        Ok(Next::Deed(self.deed(act, world)?))
    }

    /// Runs the steps that are no scheduling points, up to the next one. True if there is one.
    pub fn settle(&mut self, world: &dyn Scope) -> Result<bool, Fault> {
        let program = self.program.clone();
        let mut quiet = 0;
        while !self.settled {
            quiet += 1;
            if quiet > MOST_QUIET {
                return Err(Fault("a loop without a command in it takes too long".into()));
            }
            self.run(program.op(self.at), world)?;
        }
        Ok(matches!(program.op(self.at), Op::Act(..)))
    }

    fn run(&mut self, op: &Op, world: &dyn Scope) -> Result<(), Fault> {
        match op {
            Op::Act(..) | Op::Stop => self.settled = true,
            Op::Let(pairs) => {
                for (slot, expr) in pairs {
                    let value = expr.eval(&self.scope(world))?;
                    self.registers[*slot] = Some(value);
                }
                self.at += 1;
            }
            Op::Unless(test, target) => {
                self.at = if test.is_true(&self.scope(world))? { self.at + 1 } else { *target };
            }
            Op::Goto(target) => self.at = *target,
            Op::Enter => {
                self.rounds.push(0);
                self.at += 1;
            }
            Op::Round { times, exit } => match self.rounds.last_mut() {
                Some(round) if *round < *times => {
                    *round += 1;
                    self.at += 1;
                }
                _ => {
                    self.rounds.pop();
                    self.at = *exit;
                }
            },
            Op::Back { test, most, top } => {
                let done = test.is_true(&self.scope(world))?;
                match self.rounds.last_mut() {
                    Some(round) if !done && *round + 1 < *most => {
                        *round += 1;
                        self.at = *top;
                    }
                    _ => {
                        self.rounds.pop();
                        self.at += 1;
                    }
                }
            }
        }
        Ok(())
    }

    fn deed(&mut self, act: &Act, world: &dyn Scope) -> Result<Deed, Fault> {
        let scope = self.scope(world);
        Ok(match &act.action {
            Action::Run(template) => Deed::Command(template.render(&scope)?),
            Action::Eval { script, keys, args } => {
                let count = Bytes::from(keys.len().to_string());
                let mut argv = vec![Bytes::from_static(b"EVAL"), script.clone(), count];
                for word in keys.iter().chain(args) {
                    argv.push(word.render(&scope)?);
                }
                Deed::Command(argv)
            }
            Action::Transaction(commands) => {
                let commands = commands.iter().map(|command| command.render(&scope));
                Deed::Transaction(commands.collect::<Result<_, ExprError>>()?)
            }
            Action::Pipeline(commands) => match &self.batch {
                Some(batch) => Deed::Pipeline { commands: batch.commands.clone(), at: batch.replies.len() },
                None => {
                    let commands = commands.iter().map(|command| command.render(&scope));
                    let commands = Arc::new(commands.collect::<Result<Vec<_>, ExprError>>()?);
                    Deed::Pipeline { commands, at: 0 }
                }
            },
            Action::Sql(statement) => Deed::Sql(sql_text(&statement.render_sql(&scope)?)?),
            Action::World(pairs) => {
                // Each may read what the ones before it have set.
                let mut values: Vec<(String, Datum)> = Vec::with_capacity(pairs.len());
                for (name, expr) in pairs {
                    let fresh =
                        |name: &str| values.iter().rev().find(|(other, _)| other == name).map(|(_, v)| v.clone());
                    let value = expr.eval(&|name: &str| fresh(name).or_else(|| scope.value(name)))?;
                    values.push((name.clone(), value));
                }
                Deed::World(values)
            }
            Action::Sleep(time) => Deed::Sleep(*time),
        })
    }

    /// Says that the next deed was begun: a pipeline's commands are written all at once, so what they say is settled
    /// then, though others may act before its later commands run.
    pub fn begin(&mut self, deed: &Deed) {
        if let (Deed::Pipeline { commands, .. }, None) = (deed, &self.batch) {
            self.batch = Some(Box::new(Batch { commands: commands.clone(), replies: Vec::new(), fault: None }));
        }
    }

    /// Takes the answer to the deed: a value, or the text of an error. An error ends the client unless its step says
    /// `on_error: continue`; of a pipeline, which was written as a whole, after its last command.
    ///
    /// Each command of a pipeline is answered by a call of its own.
    pub fn feed(&mut self, answer: Result<Datum, String>) -> Result<(), Fault> {
        let program = self.program.clone();
        let Op::Act(act, slot, _) = program.op(self.at) else { return Ok(()) };
        let (value, fault) = match answer {
            Ok(value) => (value, None),
            Err(line) if act.goes_on => (Datum::error(&line), None),
            Err(line) => (Datum::error(&line), Some(Fault(line))),
        };
        let Action::Pipeline(commands) = &act.action else {
            return match fault {
                Some(fault) => Err(fault),
                None => self.finish(*slot, value),
            };
        };
        let batch = self
            .batch
            .get_or_insert_with(|| Box::new(Batch { commands: Arc::default(), replies: Vec::new(), fault: None }));
        batch.replies.push(value);
        batch.fault = batch.fault.take().or(fault);
        if batch.replies.len() < commands.len() {
            return Ok(());
        }
        let Some(batch) = self.batch.take() else { return Ok(()) };
        if let Some(fault) = batch.fault {
            return Err(fault);
        }
        self.finish(*slot, Datum::list(batch.replies))
    }

    fn finish(&mut self, slot: Option<usize>, value: Datum) -> Result<(), Fault> {
        if let Some(register) = slot.and_then(|slot| self.registers.get_mut(slot)) {
            if !value.fits_a_register() {
                return Err(Fault("the reply is too large for a register: leave `as` out, or ask for less".into()));
            }
            *register = Some(value);
        }
        self.at += 1;
        self.settled = false;
        Ok(())
    }

    /// Ends the program here.
    pub fn stop(&mut self) {
        self.at = usize::MAX;
        self.settled = true;
        self.rounds.clear();
        self.batch = None;
    }

    /// Forgets the registers that nobody reads any more: two machines that differ only in those do the same from here
    /// on.
    pub fn forget_dead(&mut self) {
        for (slot, register) in self.registers.iter_mut().enumerate() {
            if register.is_some() && !self.program.is_live(self.at, slot) {
                *register = None;
            }
        }
    }

    /// Forgets all registers: nobody looks at them once the program is over.
    pub fn forget_all(&mut self) {
        self.registers.fill(None);
    }

    /// The same machine under another client's name.
    pub fn renamed(mut self, client: &Arc<str>) -> Machine {
        self.client = client.clone();
        self
    }

    /// The client's name.
    pub fn client(&self) -> &str {
        &self.client
    }

    /// Its program.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The scheduling point at which it stands, where it has come to one.
    pub fn act(&self) -> Option<&Act> {
        match self.program.op(self.at) {
            Op::Act(act, ..) if self.settled => Some(act),
            _ => None,
        }
    }

    /// The names in the conditions that led to that scheduling point.
    pub fn conditions(&self) -> &[String] {
        match self.program.op(self.at) {
            Op::Act(_, _, names) if self.settled => names,
            _ => &[],
        }
    }

    /// A register's value; `None` if it was never set.
    pub fn register(&self, name: &str) -> Option<&Datum> {
        self.registers.get(self.program.slot(name)?)?.as_ref()
    }

    /// The registers that were set, by name.
    pub fn registers(&self) -> impl Iterator<Item = (&str, &Datum)> {
        let names = self.program.registers().iter();
        names.zip(&self.registers).filter_map(|(name, value)| Some((&**name, value.as_ref()?)))
    }

    /// All registers as a map, those that were not set yet as none: what `alice.n` reads in an invariant.
    pub fn registers_datum(&self) -> Datum {
        let names = self.program.registers().iter().cloned();
        Datum::map(names.zip(self.registers.iter().map(|value| value.clone().unwrap_or(Datum::None))))
    }

    /// The names that an expression of this client can read: its registers, `client`, the world.
    pub fn scope<'a>(&'a self, world: &'a dyn Scope) -> impl Fn(&str) -> Option<Datum> + 'a {
        move |name| match name {
            "client" => Some(Datum::text(&*self.client)),
            name => match self.program.slot(name) {
                Some(slot) => self.registers.get(slot).cloned().flatten(),
                None => world.value(name),
            },
        }
    }

    fn parts(&self) -> (usize, bool, &[u32], &[Option<Datum>], Option<&Batch>) {
        (self.at, self.settled, &self.rounds, &self.registers, self.batch.as_deref())
    }
}

impl PartialEq for Machine {
    fn eq(&self, other: &Machine) -> bool {
        Arc::ptr_eq(&self.program, &other.program) && self.client == other.client && self.parts() == other.parts()
    }
}

impl Eq for Machine {}

impl Hash for Machine {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

/// A statement is text; in it, bytes that are none are refused.
fn sql_text(bytes: &[u8]) -> Result<String, Fault> {
    let text = std::str::from_utf8(bytes);
    text.map(str::to_string).map_err(|_| Fault("a statement cannot hold bytes that are no text".into()))
}

#[cfg(test)]
mod tests {
    use super::super::read::read_steps;
    use super::*;
    use crate::content::{Document, Source};

    fn program(yaml: &str) -> Arc<Program> {
        let source = Arc::new(Source::new("t.yaml", yaml.as_bytes().to_vec()).expect("a source"));
        let (document, mut diagnostics) = Document::parse(&source);
        let document = document.expect("YAML");
        let steps = read_steps(&document.root(), &["sent".into()], &mut diagnostics);
        assert!(diagnostics.is_empty(), "{:?}", diagnostics.sorted());
        Program::new(&steps)
    }

    fn world(name: &str) -> Option<Datum> {
        (name == "sent").then_some(Datum::Int(5))
    }

    /// Answers every deed by its number, counted from 0, and gives the lines.
    fn play(yaml: &str) -> Vec<String> {
        let mut machine = Machine::new(&program(yaml), "alice");
        let mut lines = Vec::new();
        loop {
            match machine.next(&world) {
                Ok(Next::Done) => return lines,
                Ok(Next::Deed(deed)) => {
                    let answer = lines.len() as i64;
                    lines.push(deed.line());
                    machine.begin(&deed);
                    machine.feed(Ok(Datum::Int(answer))).expect("no fault");
                }
                Err(fault) => {
                    lines.push(format!("! {fault}"));
                    return lines;
                }
            }
        }
    }

    #[test]
    fn steps_run_in_order_with_their_registers() {
        let yaml =
            "- {run: GET a, as: n}\n- run: SET a {{ n|int + 1 }}\n- {let: {m: n + 10}}\n- [SET, 'b c', '{{ m }} x', 1]";
        assert_eq!(play(&yaml.replace(", 1]", "]")), ["GET a", "SET a 1", "SET \"b c\" \"10 x\""]);
    }

    #[test]
    fn branches_and_loops() {
        assert_eq!(
            play("- {repeat: 2, steps: [GET a, {repeat: 2, steps: [{run: GET b, when: sent == 5}]}]}"),
            ["GET a", "GET b", "GET b", "GET a", "GET b", "GET b"]
        );
        assert_eq!(play("- {until: n == 2, steps: [{run: GET a, as: n}]}"), ["GET a"; 3]);
        assert_eq!(play("- {until: n == 99, steps: [{run: GET a, as: n}]}").len(), 10);
        assert_eq!(play("- {until: n == 99, max: 3, steps: [{run: GET a, as: n}]}").len(), 3);
        assert_eq!(
            play("- {run: GET a, as: n}\n- {if: n > 0, then: [GET b], else: [GET c, {stop: true}]}\n- GET d"),
            ["GET a", "GET c"]
        );
        assert_eq!(
            play("- {run: GET a, when: false}\n- {repeat: 0, steps: [GET b]}\n- GET {{ client }}"),
            ["GET alice"]
        );
    }

    #[test]
    fn every_kind_of_deed() {
        assert_eq!(
            play(
                "- eval: {script: return 1, keys: [a], args: ['{{ sent }}']}\n- {transaction: [GET a, GET b], as: t}\n\
                  - {pipeline: [GET a, 'GET {{ t }}'], as: p}\n- sql: SELECT {{ p[1] }}\n- world: {sent: sent + 1}\n- sleep: 10s"
            ),
            [
                "EVAL \"return 1\" 1 a 5",
                "MULTI; GET a; GET b; EXEC",
                "GET a",
                "GET 1",
                "sql SELECT 3",
                "world sent = 6",
                "sleep 10s"
            ]
        );
    }

    #[test]
    fn errors_end_a_client_or_are_kept() {
        let fed = |yaml: &str, answers: &[Result<Datum, String>]| {
            let mut machine = Machine::new(&program(yaml), "alice");
            for answer in answers {
                let Next::Deed(deed) = machine.next(&world).expect("a deed") else { panic!("done") };
                machine.begin(&deed);
                machine.feed(answer.clone())?;
            }
            Ok::<_, Fault>(machine.register("n").cloned())
        };
        let error = || Err("ERR no".to_string());
        assert_eq!(fed("- {run: GET a, as: n}", &[error()]), Err(Fault("ERR no".into())));
        assert_eq!(fed("- {run: GET a, as: n, on_error: continue}", &[error()]), Ok(Some(Datum::error("ERR no"))));
        assert_eq!(fed("- {pipeline: [GET a, GET b], as: n}", &[error()]), Ok(None));
        assert_eq!(
            fed("- {pipeline: [GET a, GET b], as: n}", &[error(), Ok(Datum::None)]),
            Err(Fault("ERR no".into()))
        );
        assert_eq!(play("- run: SET a {{ 1 // (sent - 5) }}"), ["! `1 // (sent - 5)`: division by zero"]);
    }

    #[test]
    fn a_loop_that_does_nothing_ends() {
        let yaml = "- {repeat: 1000000, steps: [{repeat: 1000000, steps: []}]}\n- GET a";
        assert_eq!(play(yaml), ["! a loop without a command in it takes too long"]);
    }
}
