//! Which keys of a scenario's set-up its clients may ask for. The others are set aside while it is explored, so that a
//! step costs the same however many there are.

use bytes::Bytes;
use hashbrown::HashSet;

use crate::program::{Action, Template};

use super::scenario::{Look, Variant};
use super::world::World;

/// With fewer keys than this nothing is gained.
const FEW: usize = 32;

/// Whether setting keys aside is worth it, and known to change nothing.
pub fn is_worth_it(start: &World) -> bool {
    let state = start.server().engine.state();
    let keys: usize = (0..state.keyspace.databases()).map(|db| state.keyspace.len(db)).sum();
    keys > FEW && state.settings.memory.maxmemory == 0
}

/// Every word that a variant's commands hold as it stands: keys are among them, unless they are computed.
pub fn words(variant: &Variant) -> HashSet<Bytes> {
    let mut words = HashSet::new();
    let mut add = |template: &Template| words.extend(template.words().iter().filter_map(|word| word.literal()));
    let mut scripts: Vec<&Bytes> = Vec::new();
    let mut given = Vec::new();
    for act in variant.clients.iter().flat_map(|member| member.program.acts()) {
        match &act.action {
            Action::Run(command) => add(command),
            Action::Transaction(commands) | Action::Pipeline(commands) => commands.iter().for_each(&mut add),
            Action::Eval { script, keys, args } => {
                scripts.push(script);
                given.extend(keys.iter().chain(args).filter_map(|word| word.literal()));
            }
            Action::Sql(_) | Action::World(_) | Action::Sleep(_) => {}
        }
    }
    words.extend(given);
    for (_, look) in &variant.observe {
        if let Look::Command(argv) = look {
            words.extend(argv.iter().cloned());
        }
    }
    for script in scripts {
        words.extend(script.split(|byte| matches!(byte, b'\'' | b'"')).map(Bytes::copy_from_slice));
    }
    words
}
