//! What the clients of a round share outside of Redis: the world's variables, and the eye that watches `always`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::lab::{Ending, Observed, Variant, conclude};
use crate::program::{Datum, Deed, Fault, Machine, Next};

/// The world of one round.
///
/// Steps that only touch the world, and the evaluation of `always`, are one critical section each: as in the lab, no
/// other client's world step comes in between. What Redis is asked in between is another matter; that is what is tried.
#[derive(Debug)]
pub struct Scene {
    variant: Arc<Variant>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    variables: Vec<Datum>,
    /// What `alice.n` reads, as of each client's last step.
    registers: Vec<Datum>,
    broken: bool,
    trouble: Option<String>,
}

/// What a client does next.
#[derive(Debug)]
pub enum Turn {
    /// Something that is carried out elsewhere; its answer is to be handed in.
    Do(Deed),
    /// It has set world variables; nothing more is to be done.
    Set,
    /// Its program is over.
    Over,
}

impl Scene {
    /// Before the first step.
    pub fn new(variant: &Arc<Variant>, machines: &[Machine]) -> Scene {
        let state = State {
            variables: variant.world.iter().map(|(_, value)| value.clone()).collect(),
            registers: machines.iter().map(Machine::registers_datum).collect(),
            broken: false,
            trouble: None,
        };
        Scene { variant: variant.clone(), state: Mutex::new(state) }
    }

    /// Brings a client to its first scheduling point.
    ///
    /// # Errors
    /// A value cannot be computed: that ends the client.
    pub fn begin(&self, client: usize, machine: &mut Machine) -> Result<(), Fault> {
        let mut state = self.lock();
        let settled = machine.settle(&|name: &str| self.variable(&state, name));
        if let Some(registers) = state.registers.get_mut(client) {
            *registers = machine.registers_datum();
        }
        settled.map(|_| ())
    }

    /// The next step of a client. The steps that are no scheduling points run with the one before them.
    ///
    /// # Errors
    /// A value cannot be computed: that ends the client.
    pub fn turn(&self, client: usize, machine: &mut Machine) -> Result<Turn, Fault> {
        let mut state = self.lock();
        let next = machine.next(&|name: &str| self.variable(&state, name))?;
        let deed = match next {
            Next::Done => return Ok(Turn::Over),
            Next::Deed(deed) => deed,
        };
        machine.begin(&deed);
        let Deed::World(values) = &deed else { return Ok(Turn::Do(deed)) };
        for (name, value) in values {
            let slot = self.variant.world.iter().position(|(other, _)| other == name);
            if let Some(variable) = slot.and_then(|slot| state.variables.get_mut(slot)) {
                *variable = value.clone();
            }
        }
        self.go_on(state, client, machine, Ok(Datum::None))?;
        Ok(Turn::Set)
    }

    /// Hands a client the answer to what it did.
    ///
    /// # Errors
    /// The answer is an error, or a value cannot be computed: that ends the client.
    pub fn answered(&self, client: usize, machine: &mut Machine, answer: Result<Datum, String>) -> Result<(), Fault> {
        self.go_on(self.lock(), client, machine, answer)
    }

    fn go_on(
        &self,
        mut state: MutexGuard<'_, State>,
        client: usize,
        machine: &mut Machine,
        answer: Result<Datum, String>,
    ) -> Result<(), Fault> {
        let fed = machine.feed(answer);
        let settled = fed.and_then(|()| machine.settle(&|name: &str| self.variable(&state, name)).map(|_| ()));
        if let Some(registers) = state.registers.get_mut(client) {
            *registers = machine.registers_datum();
        }
        self.check_always(&mut state);
        settled
    }

    fn check_always(&self, state: &mut State) {
        let Some(always) = self.variant.always.as_ref().filter(|_| !state.broken && state.trouble.is_none()) else {
            return;
        };
        match always.is_true(&|name: &str| self.named(state, name)) {
            Ok(held) => state.broken = !held,
            Err(error) => state.trouble = Some(format!("`always` cannot be computed: {error}")),
        }
    }

    /// Judges the round at its end.
    ///
    /// # Errors
    /// Why the invariant, or `always`, has no answer.
    pub fn judge(&self, observed: Observed, stuck: Vec<usize>) -> Result<Ending, String> {
        let state = self.lock();
        if let Some(trouble) = &state.trouble {
            return Err(trouble.clone());
        }
        let named = |name: &str| self.named(&state, name);
        conclude(&self.variant, observed, state.variables.clone(), &named, state.broken, stuck)
    }

    fn variable(&self, state: &State, name: &str) -> Option<Datum> {
        state.variables.get(self.variant.world.iter().position(|(other, _)| other == name)?).cloned()
    }

    fn named(&self, state: &State, name: &str) -> Option<Datum> {
        let registers = || {
            let at = self.variant.clients.iter().position(|member| *member.name == *name)?;
            state.registers.get(at).cloned()
        };
        self.variable(state, name).or_else(registers).or_else(|| self.variant.count(name))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is locked, and if it did, the values would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Document, Source};

    #[test]
    fn world_steps_are_judged_as_in_the_lab() {
        let yaml = "title: t\nworld: {inside: 0}\ninvariant: inside == 0 and alice.n == 7 and clients == 1\nalways: inside < 2\n\
                    variants:\n  v:\n    clients:\n      alice:\n        - {run: GET k, as: n}\n        - world: {inside: inside + n}\n        \
                    - world: {inside: 0}\n";
        let source = Arc::new(Source::new("t.yaml", yaml.as_bytes().to_vec()).expect("a source"));
        let (document, mut diagnostics) = Document::parse(&source);
        let scenario = crate::lab::read("t", &document.expect("YAML"), &mut diagnostics).expect("a scenario");
        let variant = &scenario.variants[0];
        let ending = |reply: i64| {
            let mut machine = Machine::new(&variant.clients[0].program, "alice");
            let scene = Scene::new(variant, std::slice::from_ref(&machine));
            scene.begin(0, &mut machine).expect("no fault");
            assert!(matches!(scene.turn(0, &mut machine), Ok(Turn::Do(_))));
            scene.answered(0, &mut machine, Ok(Datum::Int(reply))).expect("no fault");
            assert!(matches!(scene.turn(0, &mut machine), Ok(Turn::Set)));
            assert!(matches!(scene.turn(0, &mut machine), Ok(Turn::Set)));
            assert!(matches!(scene.turn(0, &mut machine), Ok(Turn::Over)));
            scene.judge(Vec::new(), Vec::new()).expect("a judgement")
        };
        // At the end all is well again, but `always` was false on the way.
        assert!(!ending(7).holds);
        // `always` held, and the invariant does not.
        assert!(!ending(1).holds);
        assert_eq!(ending(1).values, [Datum::Int(0)]);
    }
}
