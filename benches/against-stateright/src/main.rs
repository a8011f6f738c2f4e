//! Exploring lost update with redlab and with stateright, side by side in one run, each on one thread.
//!
//! The model for stateright is what redlab's scenario says, written by hand: a counter, and for each client its place
//! and the number that it has read. redlab runs the real commands on its engine, counts every schedule, and knows the
//! simplest that fails; stateright visits each state once. Both forget a number once it is written.
//!
//! `cargo run --release --manifest-path benches/against-stateright/Cargo.toml [CLIENTS ROUNDS]`

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use redlab::content::{Document, Source};
use redlab::lab::{Limits, Progress, Scenario, explore, read};
use stateright::{Checker, Model, Property};

#[derive(Clone)]
struct LostUpdate {
    clients: usize,
    rounds: u8,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct State {
    counter: u8,
    /// For each client how many commands it has sent, and what it has read.
    clients: Vec<(u8, u8)>,
}

impl Model for LostUpdate {
    type State = State;
    type Action = usize;

    fn init_states(&self) -> Vec<State> {
        vec![State { counter: 0, clients: vec![(0, 0); self.clients] }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<usize>) {
        actions.extend((0..self.clients).filter(|client| state.clients[*client].0 < 2 * self.rounds));
    }

    fn next_state(&self, state: &State, client: usize) -> Option<State> {
        let mut next = state.clone();
        let (sent, read) = &mut next.clients[client];
        match *sent % 2 {
            0 => *read = state.counter,
            _ => (next.counter, *read) = (*read + 1, 0),
        }
        *sent += 1;
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        // One that always holds, so that it visits every state.
        vec![Property::always("the counter is a counter", |model: &LostUpdate, state: &State| {
            usize::from(state.counter) <= model.clients * usize::from(model.rounds)
        })]
    }
}

fn scenario(clients: usize, rounds: u8) -> Scenario {
    let same: String = (1..clients).map(|n| format!("      c{n}: *rmw\n")).collect();
    let text = format!(
        "title: t\nsummary: t\nsetup: [SET n 0]\nobserve: {{n: GET n}}\ninvariant: n|int == {}\nvariants:\n  v:\n    \
         clients:\n      c0: &rmw\n        - repeat: {rounds}\n          steps:\n            - {{run: GET n, as: n}}\n            \
         - run: 'SET n {{{{ n|int + 1 }}}}'\n{same}",
        clients * usize::from(rounds)
    );
    let source = Arc::new(Source::new("t.yaml", text.into_bytes()).expect("a text"));
    let (document, mut diagnostics) = Document::parse(&source);
    let scenario = document.and_then(|document| read("t", &document, &mut diagnostics));
    scenario.unwrap_or_else(|| panic!("{}", diagnostics.render(false)))
}

fn with_redlab(scenario: &Scenario, symmetry: bool) -> (u64, Duration, String) {
    let limits = Limits { symmetry, ..Limits::default() };
    let mut last = Progress::default();
    let since = Instant::now();
    let report = explore(&scenario.variants[0], 0, &limits, &mut |at| last = at.clone(), &AtomicBool::new(false));
    (report.states, since.elapsed(), report.schedules)
}

fn main() {
    let numbers: Vec<u8> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let (clients, rounds) = (numbers.first().map_or(3, |n| usize::from(*n)), numbers.get(1).copied().unwrap_or(6));
    let told = |name: &str, states: u64, took: Duration| {
        let rate = states as f64 / took.as_secs_f64() / 1e6;
        println!("{name:<28} {states:>12} states  {:>8.3} s  {rate:>8.2} M states/s", took.as_secs_f64());
        rate
    };
    println!("lost update, {clients} clients x {rounds} rounds, one thread each");
    let scenario = scenario(clients, rounds);
    for turn in 0..3 {
        let since = Instant::now();
        let checker = LostUpdate { clients, rounds }.checker().threads(1).spawn_bfs().join();
        let theirs = told("stateright", checker.unique_state_count() as u64, since.elapsed());
        let (states, took, schedules) = with_redlab(&scenario, false);
        let apart = told("redlab, all told apart", states, took);
        let (states, took, _) = with_redlab(&scenario, true);
        let ours = told("redlab", states, took);
        println!(
            "turn {}: redlab is {:.1} times as fast, {:.1} times with all told apart; {schedules} schedules\n",
            turn + 1,
            ours / theirs,
            apart / theirs
        );
    }
}
