//! Positions as short rows of numbers: the first says what the clients share, each of the others what one client is at.
//! What a step does is remembered for what the clients share and the one that takes it, so that it is carried out once
//! and not once for each position.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::engine::{self, Group, Missed};
use crate::program::{Act, Action, Datum, Program, Template};

use super::number::Numbered;
use super::part::{Choice, ClientState, Shared, Status};
use super::scenario::Variant;
use super::world::World;

/// What a step does.
#[derive(Clone, Copy, Debug)]
enum Effect {
    /// It changes what is shared, and its own client.
    Alone {
        /// What is shared afterwards.
        shared: u32,
        /// What its client is at afterwards.
        own: u32,
    },
    /// It answers or ends other clients.
    Wide,
}

/// What `always` looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watch {
    Nothing,
    /// World variables.
    Shared,
    /// Registers of clients too.
    Clients,
}

/// What must be known of a client's state all the time.
#[derive(Clone, Copy, Debug)]
struct Glance {
    /// It can run.
    ready: bool,
    /// It will be able to run, or may be.
    waits: bool,
    /// Its program was ended by an error.
    failed: bool,
}

/// All parts of positions that were met, and what steps do to them.
#[derive(Debug)]
pub struct Atlas {
    /// Any position: the way to others.
    start: World,
    watch: Watch,
    /// For each client the class of those with which it can change places, and for each class its first client.
    class_of: Vec<usize>,
    first_of: Vec<usize>,
    /// Whether a client's registers may be looked at once its program is over.
    is_named: Vec<bool>,
    shared: Numbered<Shared>,
    /// What is shared, once `always` was false.
    broken: HashMap<u32, u32>,
    /// By class.
    clients: Vec<Numbered<ClientState>>,
    glances: Vec<Vec<Glance>>,
    /// By choice, then by what is shared and what its client is at.
    effects: Vec<HashMap<u64, Effect>>,
    /// The connection of a client that can change places.
    fresh: Option<[u8; 20]>,
    keeps_ends: bool,
    is_level: bool,
    carried_out: u64,
    /// Whether a client's connection was seen that cannot change places with others.
    is_uneven: bool,
}

impl Atlas {
    /// The atlas of a variant, and the row of its start. Clients of a class can change places. `keeps_ends`: whether
    /// registers that nobody looks at tell ended clients apart.
    pub fn new(start: World, classes: &[Vec<usize>], keeps_ends: bool) -> (Atlas, Vec<u32>) {
        let variant = start.variant().clone();
        let count = variant.clients.len();
        let mut class_of = vec![usize::MAX; count];
        let mut first_of = Vec::new();
        for class in classes {
            class.iter().for_each(|client| class_of[*client] = first_of.len());
            first_of.push(class[0]);
        }
        for (client, class) in class_of.iter_mut().enumerate().filter(|(_, class)| **class == usize::MAX) {
            *class = first_of.len();
            first_of.push(client);
        }
        let client_names = || variant.clients.iter().map(|member| &*member.name);
        let names = |name: &str, expr: Option<&crate::program::Expr>| {
            expr.is_some_and(|expr| expr.names().any(|other| other == name))
        };
        let watch = match &variant.always {
            None => Watch::Nothing,
            Some(always) if client_names().any(|name| names(name, Some(always))) => Watch::Clients,
            Some(_) => Watch::Shared,
        };
        let named = |name| names(name, Some(&variant.invariant)) || names(name, variant.always.as_ref());
        let fresh =
            classes.first().and_then(|class| start.server().engine.fingerprint_client(start.clients()[class[0]].id));
        let mut atlas = Atlas {
            watch,
            is_named: client_names().map(named).collect(),
            shared: Numbered::default(),
            broken: HashMap::new(),
            clients: (0..first_of.len()).map(|_| Numbered::default()).collect(),
            glances: vec![Vec::new(); first_of.len()],
            effects: vec![HashMap::new(); count + variant.faults.len()],
            class_of,
            first_of,
            fresh,
            keeps_ends,
            is_level: is_straight(&variant),
            carried_out: 0,
            is_uneven: false,
            start: start.clone(),
        };
        let mut row = vec![0; count + 1];
        atlas.note(start, &mut row);
        (atlas, row)
    }

    /// The variant.
    pub fn variant(&self) -> &Arc<Variant> {
        self.start.variant()
    }

    fn clients_len(&self) -> usize {
        self.class_of.len()
    }

    /// How many cells a row has.
    pub fn width(&self) -> usize {
        1 + self.clients_len()
    }

    /// How many choices there are in all: the clients, then the faults.
    pub fn choices_len(&self) -> usize {
        self.effects.len()
    }

    /// The choice of an index below [`Atlas::choices_len`].
    pub fn choice(&self, index: usize) -> Choice {
        match index.checked_sub(self.clients_len()) {
            None => Choice::Client(index),
            Some(fault) => Choice::Fault(fault),
        }
    }

    /// The client that a choice is about.
    pub fn client_of(&self, index: usize) -> usize {
        match self.choice(index) {
            Choice::Client(client) => client,
            Choice::Fault(fault) => self.variant().faults[fault].client,
        }
    }

    fn glance(&self, row: &[u32], client: usize) -> Glance {
        self.glances[self.class_of[client]][row[1 + client] as usize]
    }

    /// Whether a choice can be taken in a position.
    pub fn is_open(&self, row: &[u32], index: usize) -> bool {
        if !self.glance(row, self.client_of(index)).ready {
            return false;
        }
        match self.choice(index) {
            Choice::Client(_) => true,
            Choice::Fault(fault) => self.shared.get(row[0]).faults_left[fault] > 0,
        }
    }

    /// Takes a choice: the row of the position that it leads to. The error says why `always` has no answer.
    pub fn step(&mut self, row: &[u32], index: usize, after: &mut [u32]) -> Result<(), String> {
        let client = self.client_of(index);
        let key = u64::from(row[0]) << 32 | u64::from(row[1 + client]);
        after.copy_from_slice(row);
        match self.effects[index].get(&key) {
            Some(Effect::Alone { shared, own }) => (after[0], after[1 + client]) = (*shared, *own),
            _ => self.carry_out(row, index, key, after)?,
        }
        if self.watch == Watch::Clients {
            self.look_at_clients(after)?;
        }
        if !(0..self.clients_len()).any(|client| self.glance(after, client).ready)
            && (0..self.clients_len()).any(|client| self.glance(after, client).waits)
        {
            self.carried_out += 1;
            let mut world = self.world(after);
            world.let_time_pass(&mut Vec::new());
            self.note_sound(world, after)?;
        }
        Ok(())
    }

    fn carry_out(&mut self, row: &[u32], index: usize, key: u64, after: &mut [u32]) -> Result<(), String> {
        self.carried_out += 1;
        let client = self.client_of(index);
        let mut world = self.world(row);
        let Some(taken) = world.advance(self.choice(index)) else { return Ok(()) };
        if self.watch == Watch::Shared {
            world.check_always();
        }
        self.note_sound(world, after)?;
        let effect = match taken.alone {
            true => Effect::Alone { shared: after[0], own: after[1 + client] },
            false => Effect::Wide,
        };
        self.effects[index].insert(key, effect);
        Ok(())
    }

    /// Looks at `always` where it reads registers.
    fn look_at_clients(&mut self, row: &mut [u32]) -> Result<(), String> {
        if self.shared.get(row[0]).broken {
            return Ok(());
        }
        let Some(always) = self.variant().always.clone() else { return Ok(()) };
        let held = always.is_true(&|name: &str| self.named(row, name));
        if !held.map_err(|error| format!("`always` cannot be computed: {error}"))? {
            row[0] = match self.broken.get(&row[0]) {
                Some(broken) => *broken,
                None => {
                    let broken = Shared { broken: true, ..self.shared.get(row[0]).clone() };
                    let (number, _) = self.shared.number(broken);
                    self.broken.insert(row[0], number);
                    number
                }
            };
        }
        Ok(())
    }

    /// What a name means in `always`, and in an invariant where it is nothing observed.
    pub fn named(&self, row: &[u32], name: &str) -> Option<Datum> {
        let variables = self.variant().world.iter().zip(self.shared(row).variables.iter());
        let variable = variables.into_iter().find(|((other, _), _)| other == name).map(|(_, value)| value.clone());
        let registers = || {
            let client = self.variant().clients.iter().position(|member| *member.name == *name)?;
            Some(self.client(row, client).machine.registers_datum())
        };
        variable.or_else(registers).or_else(|| self.variant().count(name))
    }

    /// What the clients of a position share.
    pub fn shared(&self, row: &[u32]) -> &Shared {
        self.shared.get(row[0])
    }

    /// A client's state, perhaps under the name of another one of its class.
    fn client(&self, row: &[u32], client: usize) -> &ClientState {
        self.clients[self.class_of[client]].get(row[1 + client])
    }

    /// Whether any client was ended by an error.
    pub fn has_failed(&self, row: &[u32]) -> bool {
        (0..self.clients_len()).any(|client| self.glance(row, client).failed)
    }

    /// The clients that are blocked.
    pub fn stuck(&self, row: &[u32]) -> Vec<usize> {
        (0..self.clients_len()).filter(|client| self.client(row, *client).status == Status::Blocked).collect()
    }

    /// The position of a row.
    pub fn world(&self, row: &[u32]) -> World {
        let clients = (0..self.clients_len()).map(|client| {
            let ClientState { machine, status, .. } = self.client(row, client).clone();
            let id = self.start.clients()[client].id;
            ClientState { machine: machine.renamed(&self.variant().clients[client].name), id, status }
        });
        self.start.with_parts(self.shared.get(row[0]).clone(), clients.collect())
    }

    fn note_sound(&mut self, world: World, row: &mut [u32]) -> Result<(), String> {
        match world.trouble() {
            Some(trouble) => Err(trouble.into()),
            None => {
                self.note(world, row);
                Ok(())
            }
        }
    }

    /// The row of a position.
    fn note(&mut self, world: World, row: &mut [u32]) {
        let (shared, clients) = world.into_parts();
        let server = shared.server.clone();
        let (number, is_new) = self.shared.number(shared);
        row[0] = number;
        if is_new && let Some(fresh) = self.fresh {
            let changed = |id| server.engine.fingerprint_client(id) != Some(fresh);
            let mut shared_class = (0..clients.len()).filter(|client| self.has_twin(*client));
            self.is_uneven |= shared_class.any(|client| changed(clients[client].id));
        }
        for (client, state) in clients.into_iter().enumerate() {
            row[1 + client] = self.note_client(client, state);
        }
    }

    fn has_twin(&self, client: usize) -> bool {
        self.class_of.iter().filter(|class| **class == self.class_of[client]).count() > 1
    }

    fn note_client(&mut self, client: usize, mut state: ClientState) -> u32 {
        let class = self.class_of[client];
        if !self.is_named[client] {
            match state.status {
                Status::Done | Status::Crashed | Status::Failed(_) if !self.keeps_ends => state.machine.forget_all(),
                _ => state.machine.forget_dead(),
            }
        }
        let first = self.first_of[class];
        if first != client {
            state.machine = state.machine.renamed(&self.start.variant().clients[first].name);
            state.id = self.start.clients()[first].id;
        }
        let glance = Glance {
            ready: state.status == Status::Ready,
            waits: matches!(state.status, Status::Sleeping(_) | Status::Paused(_) | Status::Blocked),
            failed: matches!(state.status, Status::Failed(_)),
        };
        self.is_level &= !glance.failed;
        let (number, is_new) = self.clients[class].number(state);
        if is_new {
            self.glances[class].push(glance);
        }
        number
    }

    /// Whether clients met whose connections told them apart although they should have been able to change places.
    pub fn is_uneven(&self) -> bool {
        self.is_uneven
    }

    /// Whether as many steps lead to a position on every way: programs without branches, faults and errors.
    pub fn is_level(&self) -> bool {
        self.is_level
    }

    /// Whether registers that nobody looks at tell ended clients apart.
    pub fn keeps_ends(&self) -> bool {
        self.keeps_ends
    }

    /// How many steps were carried out instead of remembered.
    pub fn carried_out(&self) -> u64 {
        self.carried_out
    }

    /// What was asked for although it was set aside.
    pub fn missed(&self) -> Option<Missed> {
        self.start.missed()
    }

    /// How many different servers with their surroundings were met.
    pub fn shared_len(&self) -> usize {
        self.shared.len()
    }

    /// About how much memory the servers take, bytes.
    pub fn servers_bytes(&self) -> usize {
        self.start.servers_bytes()
    }

    /// About how much memory all that takes, bytes; without the servers.
    pub fn bytes(&self) -> usize {
        let effects: usize = self.effects.iter().map(|known| known.capacity() * (size_of::<(u64, Effect)>() + 1)).sum();
        let clients: usize = self.clients.iter().map(Numbered::len).sum();
        effects + clients * (size_of::<ClientState>() + 100) + self.shared.len() * (size_of::<Shared>() + 64)
    }
}

/// Whether a variant has no faults, its programs no branches, and no command that could end a client early. An error
/// ends one early all the same.
fn is_straight(variant: &Variant) -> bool {
    let data = |template: &Template| {
        let name = template.words().first().and_then(|word| word.literal());
        name.and_then(|name| engine::lookup(&name))
            .is_some_and(|row| !matches!(row.group, Group::Connection | Group::Server | Group::Cluster))
    };
    let keeps_on = |act: &Act| match &act.action {
        Action::Run(command) => data(command),
        Action::Transaction(commands) | Action::Pipeline(commands) => commands.iter().all(data),
        Action::Eval { .. } | Action::Sql(_) | Action::World(_) | Action::Sleep(_) => true,
    };
    let straight = |program: &Program| !program.branches() && program.acts().all(keeps_on);
    variant.faults.is_empty() && variant.clients.iter().all(|member| straight(&member.program))
}
