//! One depth of an exploration: the distinct states that so many steps lead to, how many schedules lead to each, and
//! the simplest of them.

use hashbrown::HashMap;
use num_bigint::BigUint;

use super::server::digest;
use super::world::{Choice, Taken, World};

/// Where a path came from: links lead back to the start.
#[derive(Clone, Copy, Debug)]
struct Link {
    before: u32,
    choice: Choice,
}

/// All simplest paths, sharing their beginnings.
#[derive(Debug, Default)]
pub struct Paths(Vec<Link>);

/// The start of every path.
const ROOT: u32 = u32::MAX;

impl Paths {
    /// The choices of a path.
    pub fn choices(&self, best: &Best) -> Vec<Choice> {
        let mut choices = Vec::new();
        let mut at = best.link;
        while let Some(link) = self.0.get(at as usize) {
            choices.push(link.choice);
            at = link.before;
        }
        choices.reverse();
        choices
    }

    /// How many links are kept.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// The simplest path to a state among those whose last step was the same client's.
#[derive(Clone, Copy, Debug)]
pub struct Best {
    /// Whose step was the last; `None` at the start.
    pub last: Option<usize>,
    /// How often it switches from one client to another.
    pub switches: u32,
    /// Its place among all paths of its layer, in client order.
    pub rank: u32,
    link: u32,
}

/// A state on its way to being expanded.
#[derive(Debug)]
pub struct Node {
    /// The state.
    pub world: World,
    /// How many schedules lead here in so many steps.
    pub paths: BigUint,
    /// The simplest of them for each last client.
    pub bests: Vec<Best>,
}

impl Node {
    /// The simplest path to this state.
    pub fn simplest(&self) -> Option<&Best> {
        self.bests.iter().min_by_key(|best| (best.switches, best.rank))
    }
}

/// A path that may become the simplest.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    last: usize,
    switches: u32,
    /// The rank of the path before its last step, then the last step: together its place in client order.
    before_rank: u32,
    order: (usize, usize),
    before: u32,
    choice: Choice,
}

impl Candidate {
    fn key(&self) -> (u32, u32, (usize, usize)) {
        (self.switches, self.before_rank, self.order)
    }
}

struct Growing {
    world: World,
    paths: BigUint,
    candidates: Vec<Candidate>,
}

/// The next layer, while the one before is being expanded.
#[derive(Default)]
pub struct NextLayer {
    places: HashMap<u128, usize>,
    nodes: Vec<Growing>,
}

/// The layer of the start.
pub fn first_layer(start: World) -> Vec<Node> {
    let best = Best { last: None, switches: 0, rank: 0, link: ROOT };
    vec![Node { world: start, paths: BigUint::from(1u32), bests: vec![best] }]
}

impl NextLayer {
    /// Adds what a choice led to from a node; the state's digest.
    pub fn add(&mut self, from: &Node, world: World, taken: &Taken) -> u128 {
        let key = digest(&world);
        let place = *self.places.entry(key).or_insert_with(|| {
            self.nodes.push(Growing { world, paths: BigUint::default(), candidates: Vec::new() });
            self.nodes.len() - 1
        });
        let node = &mut self.nodes[place];
        node.paths += &from.paths;
        // In client order a client's own step comes before a fault that hits it.
        let order = match taken.choice {
            Choice::Client(client) => (client, 0),
            Choice::Fault(fault) => (taken.client, fault + 1),
        };
        for best in &from.bests {
            let switched = best.last.is_some_and(|last| last != taken.client);
            let fresh = Candidate {
                last: taken.client,
                switches: best.switches + u32::from(switched),
                before_rank: best.rank,
                order,
                before: best.link,
                choice: taken.choice,
            };
            match node.candidates.iter_mut().find(|other| other.last == fresh.last) {
                Some(other) if other.key() <= fresh.key() => {}
                Some(other) => *other = fresh,
                None => node.candidates.push(fresh),
            }
        }
        key
    }

    /// Ends the layer: its paths get their places in client order.
    pub fn finish(self, paths: &mut Paths) -> Vec<Node> {
        let mut order: Vec<(u32, (usize, usize), usize, usize)> = Vec::new();
        for (n, node) in self.nodes.iter().enumerate() {
            order.extend(node.candidates.iter().enumerate().map(|(c, path)| (path.before_rank, path.order, n, c)));
        }
        order.sort_unstable();
        let mut nodes: Vec<Node> = Vec::with_capacity(self.nodes.len());
        let mut candidates = Vec::with_capacity(self.nodes.len());
        for node in self.nodes {
            nodes.push(Node { world: node.world, paths: node.paths, bests: Vec::with_capacity(node.candidates.len()) });
            candidates.push(node.candidates);
        }
        // Two states never share a path, so every path has a place of its own.
        for (rank, (_, _, n, c)) in order.into_iter().enumerate() {
            let rank = u32::try_from(rank).unwrap_or(u32::MAX);
            let Candidate { last, switches, before, choice, .. } = candidates[n][c];
            let link = u32::try_from(paths.0.len()).unwrap_or(ROOT);
            paths.0.push(Link { before, choice });
            nodes[n].bests.push(Best { last: Some(last), switches, rank, link });
        }
        nodes
    }
}
