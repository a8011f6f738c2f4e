//! Steps as flat code, so that a client's place is a number and no depth of nesting costs anything.

use std::sync::Arc;

use super::expr::Expr;
use super::step::{Act, Step, StepKind, registers_of};

/// One instruction. Targets are places in the code.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A scheduling point; the register that keeps its reply, by its slot; and the names in the conditions that lead to
    /// it.
    Act(Arc<Act>, Option<usize>, Arc<[String]>),
    /// Sets registers by their slots.
    Let(Vec<(usize, Expr)>),
    /// Goes on here if the expression is true, else there.
    Unless(Expr, usize),
    /// Goes there.
    Goto(usize),
    /// A loop begins: its counter starts at 0.
    Enter,
    /// Another round, or out of the loop after so many.
    Round {
        /// How many rounds there are.
        times: u32,
        /// Where the loop ends.
        exit: usize,
    },
    /// Back to the start of the loop unless the expression is true or these were the last rounds.
    Back {
        /// Ends the loop.
        test: Expr,
        /// How many rounds there are at most.
        most: u32,
        /// Where a round starts.
        top: usize,
    },
    /// The end.
    Stop,
}

/// A client's program, compiled once and shared by all its machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    ops: Vec<Op>,
    registers: Vec<Arc<str>>,
    /// For each place the registers that may still be read from there on, a bit each.
    live: Vec<u64>,
    /// While compiling: the names in the conditions around a step.
    conditions: Vec<String>,
}

impl Program {
    /// Compiles steps.
    pub fn new(steps: &[Step]) -> Arc<Program> {
        let registers = registers_of(steps).into_iter().map(Into::into).collect();
        let mut program = Program { ops: Vec::new(), registers, live: Vec::new(), conditions: Vec::new() };
        program.steps(steps);
        program.ops.push(Op::Stop);
        program.live = liveness(&program);
        Arc::new(program)
    }

    /// Whether the register in a slot may still be read from a place on, or kept to the end. Where there are more than
    /// 64 registers, all may.
    pub fn is_live(&self, at: usize, slot: usize) -> bool {
        slot >= 64 || self.live.get(at).is_none_or(|live| live & (1 << slot) != 0)
    }

    /// Whether it has conditions: how many steps it takes depends on values.
    pub fn branches(&self) -> bool {
        self.ops.iter().any(|op| matches!(op, Op::Unless(..) | Op::Back { .. }))
    }

    /// Whether it reads a name anywhere.
    pub fn reads(&self, name: &str) -> bool {
        self.ops.iter().any(|op| names_in(op).contains(&name))
    }

    /// The names of its registers, sorted.
    pub fn registers(&self) -> &[Arc<str>] {
        &self.registers
    }

    /// The slot of a register.
    pub fn slot(&self, name: &str) -> Option<usize> {
        self.registers.binary_search_by(|register| (**register).cmp(name)).ok()
    }

    /// The instruction at a place; beyond the end, the end.
    pub fn op(&self, at: usize) -> &Op {
        self.ops.get(at).unwrap_or(&Op::Stop)
    }

    /// Every scheduling point, in the order of the code.
    pub fn acts(&self) -> impl Iterator<Item = &Act> {
        self.ops.iter().filter_map(|op| match op {
            Op::Act(act, ..) => Some(&**act),
            _ => None,
        })
    }

    /// The registers from which a name gets its value: itself, and what `let` steps compute it from.
    pub fn sources(&self, name: &str) -> Vec<String> {
        let mut found = vec![name.to_string()];
        let mut next = 0;
        while let Some(name) = found.get(next).cloned() {
            next += 1;
            let Some(slot) = self.slot(&name) else { continue };
            for op in &self.ops {
                let Op::Let(pairs) = op else { continue };
                for read in pairs.iter().filter(|(to, _)| *to == slot).flat_map(|(_, expr)| expr.names()) {
                    if !found.iter().any(|known| known == read) {
                        found.push(read.into());
                    }
                }
            }
        }
        found
    }

    // Files nest at most sixty deep, so recursion is safe here.
    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            let outer = self.conditions.len();
            self.conditions.extend(step.when.iter().flat_map(Expr::names).map(str::to_string));
            let skip = step.when.as_ref().map(|when| self.push(Op::Unless(when.clone(), 0)));
            self.step(&step.kind);
            self.conditions.truncate(outer);
            if let Some(at) = skip {
                self.aim(at);
            }
        }
    }

    fn step(&mut self, kind: &StepKind) {
        match kind {
            StepKind::Act(act) => {
                let slot = act.keep.as_ref().and_then(|name| self.slot(name));
                self.push(Op::Act(act.clone(), slot, self.conditions.clone().into()));
            }
            StepKind::Let(pairs) => {
                let pairs = pairs.iter().filter_map(|(name, expr)| Some((self.slot(name)?, expr.clone()))).collect();
                self.push(Op::Let(pairs));
            }
            StepKind::If { test, then, otherwise } => {
                self.conditions.extend(test.names().map(str::to_string));
                let branch = self.push(Op::Unless(test.clone(), 0));
                self.steps(then);
                let end = self.push(Op::Goto(0));
                self.aim(branch);
                self.steps(otherwise);
                self.aim(end);
            }
            StepKind::Repeat { times, steps } => {
                self.push(Op::Enter);
                let top = self.push(Op::Round { times: *times, exit: 0 });
                self.steps(steps);
                self.push(Op::Goto(top));
                self.aim(top);
            }
            StepKind::Until { test, most, steps } => {
                self.push(Op::Enter);
                let top = self.ops.len();
                self.steps(steps);
                self.push(Op::Back { test: test.clone(), most: *most, top });
            }
            StepKind::Stop => {
                self.push(Op::Stop);
            }
        }
    }

    fn push(&mut self, op: Op) -> usize {
        self.ops.push(op);
        self.ops.len() - 1
    }

    /// Lets the jump at a place lead to the end of the code so far.
    fn aim(&mut self, at: usize) {
        let end = self.ops.len();
        match &mut self.ops[at] {
            Op::Unless(_, target) | Op::Goto(target) | Op::Round { exit: target, .. } => *target = end,
            _ => {}
        }
    }
}

/// The names that an instruction reads.
fn names_in(op: &Op) -> Vec<&str> {
    match op {
        Op::Act(act, ..) => act.names(),
        Op::Let(pairs) => pairs.iter().flat_map(|(_, expr)| expr.names()).collect(),
        Op::Unless(test, _) | Op::Back { test, .. } => test.names().collect(),
        Op::Goto(_) | Op::Enter | Op::Round { .. } | Op::Stop => Vec::new(),
    }
}

/// For each place the registers that are read from there on before they are set anew. At the end all count: they are
/// part of how a schedule ended.
fn liveness(program: &Program) -> Vec<u64> {
    let mut live = vec![0u64; program.ops.len()];
    let bits = |names: &[&str]| {
        let slots = names.iter().filter_map(|name| program.slot(name)).filter(|slot| *slot < 64);
        slots.fold(0u64, |bits, slot| bits | 1 << slot)
    };
    // Backwards until nothing changes: loops lead back.
    let mut changed = true;
    while changed {
        changed = false;
        for at in (0..program.ops.len()).rev() {
            let from = |place: usize| live.get(place).copied().unwrap_or(u64::MAX);
            let before = match &program.ops[at] {
                op @ Op::Act(_, slot, _) => {
                    let kept = slot.filter(|slot| *slot < 64).map_or(0, |slot| 1 << slot);
                    from(at + 1) & !kept | bits(&names_in(op))
                }
                Op::Let(pairs) => pairs.iter().rev().fold(from(at + 1), |after, (slot, expr)| {
                    let set = if *slot < 64 { 1 << slot } else { 0 };
                    after & !set | bits(&expr.names().collect::<Vec<_>>())
                }),
                op @ Op::Unless(_, target) => from(at + 1) | from(*target) | bits(&names_in(op)),
                Op::Goto(target) => from(*target),
                Op::Round { exit, .. } => from(at + 1) | from(*exit),
                op @ Op::Back { top, .. } => from(at + 1) | from(*top) | bits(&names_in(op)),
                Op::Enter => from(at + 1),
                Op::Stop => u64::MAX,
            };
            changed |= before != live[at];
            live[at] = before;
        }
    }
    live
}
