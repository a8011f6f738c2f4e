//! One depth of an exploration: the positions that so many steps lead to, how many schedules lead to each, and the
//! simplest of them.

use super::count::Counts;
use super::number::Rows;
use super::symmetry::{OWN_PLACES, Places, follow, who};

/// All simplest paths, sharing their beginnings: each link names the one before it and a choice.
#[derive(Debug, Default)]
pub struct Paths {
    before: Vec<u32>,
    choices: Vec<u16>,
}

/// The start of every path.
const ROOT: u32 = u32::MAX;

impl Paths {
    /// The choices of a path, by their indices.
    pub fn choices(&self, path: &Simple) -> Vec<usize> {
        let mut choices = Vec::new();
        let mut at = path.link;
        while let Some(before) = self.before.get(at as usize) {
            choices.push(usize::from(self.choices[at as usize]));
            at = *before;
        }
        choices.reverse();
        choices
    }

    /// How many links are kept.
    pub fn len(&self) -> usize {
        self.before.len()
    }

    /// The memory that they take, bytes.
    pub fn bytes(&self) -> usize {
        self.before.capacity() * size_of::<u32>() + self.choices.capacity() * size_of::<u16>()
    }
}

/// The simplest path to a position.
#[derive(Clone, Copy, Debug)]
pub struct Simple {
    /// How often it switches from one client to another; all that do so more than 65,534 times count as alike.
    pub switches: u16,
    /// Its place among all paths of its layer, in client order.
    pub rank: u32,
    link: u32,
}

/// The simplest path to a position among those whose last step was a certain client's.
#[derive(Clone, Copy, Debug)]
struct Path {
    /// How often it switches from one client to another, as far as it matters; [`Path::NONE`] if there is no such path.
    switches: u16,
    /// Its place among all paths of its layer, in client order. While the layer grows: the place of the path before
    /// its last step.
    rank: u32,
    /// While the layer grows: its last choice, by its place in client order.
    order: u16,
    /// Who of those that can change places stands where: a [`Places`], in halves so that no byte is lost.
    places: [u32; 2],
}

impl Path {
    const NONE: Path = Path { switches: u16::MAX, rank: u32::MAX, order: u16::MAX, places: halves(OWN_PLACES) };

    fn is_some(&self) -> bool {
        self.switches != u16::MAX
    }

    fn key(&self) -> (u16, u32, u16) {
        (self.switches, self.rank, self.order)
    }

    fn places(&self) -> Places {
        Places::from(self.places[0]) | Places::from(self.places[1]) << 32
    }
}

const fn halves(places: Places) -> [u32; 2] {
    [(places & 0xffff_ffff) as u32, (places >> 32) as u32]
}

/// The choices of a variant in client order: a client's own step comes before the faults that hit it.
#[derive(Debug)]
pub struct Order {
    /// By choice.
    place_of: Vec<u16>,
    /// By place.
    choice_at: Vec<u16>,
    clients: usize,
}

impl Order {
    /// The order of choices of which `client_of` says whom each is about; the clients themselves come first.
    pub fn new(clients: usize, choices: usize, client_of: impl Fn(usize) -> usize) -> Order {
        let mut choice_at: Vec<u16> = (0..u16::try_from(choices).unwrap_or(u16::MAX)).collect();
        choice_at.sort_by_key(|choice| client_of(usize::from(*choice)));
        let mut place_of = vec![0; choices];
        for (place, choice) in (0u16..).zip(&choice_at) {
            place_of[usize::from(*choice)] = place;
        }
        Order { place_of, choice_at, clients }
    }

    /// The place of a choice, when these are the places of the clients.
    fn place(&self, choice: usize, places: Places) -> u16 {
        let choice = if choice < self.clients { who(places, choice) } else { choice };
        self.place_of[choice]
    }
}

/// A layer.
#[derive(Debug)]
pub struct Layer {
    /// Its positions; their numbers are their places.
    pub rows: Rows,
    /// How many schedules lead to each.
    pub counts: Counts,
    /// For each position and each client the simplest path whose last step was that client's.
    paths: Vec<Path>,
    clients: usize,
    /// How many paths there are, and the link of the first of them; the others follow.
    ranks: u32,
    first_link: u32,
    is_first: bool,
}

impl Layer {
    /// The layer of the start.
    pub fn first(start: &[u32], clients: usize) -> Layer {
        let mut rows = Rows::new(start.len());
        rows.number(start);
        let mut counts = Counts::new(1);
        counts.push();
        counts.add(0, &[1]);
        let mut paths = vec![Path::NONE; clients];
        paths[0] = Path { switches: 0, rank: 0, order: 0, ..Path::NONE };
        Layer { rows, counts, paths, clients, ranks: 1, first_link: ROOT, is_first: true }
    }

    /// An empty layer after this one.
    pub fn next(&self) -> Layer {
        Layer {
            rows: self.rows.another(),
            counts: Counts::new(self.counts.width()),
            paths: Vec::new(),
            clients: self.clients,
            ranks: 0,
            first_link: 0,
            is_first: false,
        }
    }

    /// The place of a position in a growing layer, and whether it is new.
    pub fn meet(&mut self, row: &[u32]) -> (usize, bool) {
        let (place, is_new) = self.rows.number(row);
        if is_new {
            self.counts.push();
            self.paths.resize(self.paths.len() + self.clients, Path::NONE);
        }
        (place as usize, is_new)
    }

    fn paths(&self, at: usize) -> &[Path] {
        &self.paths[at * self.clients..(at + 1) * self.clients]
    }

    /// The simplest path to a position: the fewest switches, then the first in client order.
    pub fn simplest(&self, at: usize) -> Simple {
        let path = self.paths(at).iter().min_by_key(|path| path.key()).unwrap_or(&Path::NONE);
        Simple { switches: path.switches, rank: path.rank, link: self.link(path.rank) }
    }

    fn link(&self, rank: u32) -> u32 {
        if self.is_first { ROOT } else { self.first_link.saturating_add(rank) }
    }

    /// Notes in this growing layer that a choice about `client` leads from a position of the layer before to the one at
    /// `to`, where each client stands at its new place in `moved`.
    pub fn lead(&mut self, to: usize, before: &Layer, from: usize, step: Step<'_>) {
        self.counts.add(to, before.counts.words(from));
        let mut best = Path::NONE;
        for (last, path) in before.paths(from).iter().enumerate() {
            let switched = path.is_some() && !before.is_first && last != step.client;
            let switches = path.switches.saturating_add(u16::from(switched)).min(if path.is_some() {
                u16::MAX - 1
            } else {
                u16::MAX
            });
            if (switches, path.rank) < (best.switches, best.rank) {
                best = Path { switches, ..*path };
            }
        }
        best.order = step.order.place(step.choice, best.places());
        let mut last = step.client;
        if let Some(moved) = step.moved {
            best.places = halves(follow(best.places(), moved));
            last = usize::from(moved[step.client]);
        }
        let known = &mut self.paths[to * self.clients + last];
        if best.key() < known.key() {
            *known = best;
        }
    }

    /// Ends a layer that grew out of `before`: its paths get their ranks and become links.
    pub fn finish(&mut self, before: &Layer, order: &Order, links: &mut Paths) {
        const NOBODY: u32 = u32::MAX;
        // No two paths share their beginning and their last choice: each has a slot of its own in client order.
        let width = order.choice_at.len();
        let mut slots = vec![NOBODY; before.ranks as usize * width];
        for (n, path) in self.paths.iter().enumerate().filter(|(_, path)| path.is_some()) {
            slots[path.rank as usize * width + usize::from(path.order)] = u32::try_from(n).unwrap_or(NOBODY);
        }
        self.first_link = u32::try_from(links.len()).unwrap_or(ROOT);
        let mut rank = 0;
        for n in slots.into_iter().filter(|n| *n != NOBODY) {
            let path = &mut self.paths[n as usize];
            let choice = order.choice_at[usize::from(path.order)];
            links.before.push(before.link(path.rank));
            links.choices.push(choice);
            *path = Path { rank, order: 0, ..*path };
            rank += 1;
        }
        self.ranks = rank;
    }

    /// The memory that it takes, bytes.
    pub fn bytes(&self) -> usize {
        self.rows.bytes() + self.paths.capacity() * size_of::<Path>() + self.counts.bytes()
    }
}

/// A step from one layer to the next.
#[derive(Clone, Copy, Debug)]
pub struct Step<'s> {
    /// The choice, by its index.
    pub choice: usize,
    /// The client that it is about, by its place before the step.
    pub client: usize,
    /// Where each client stands afterwards; `None`: where it stood.
    pub moved: Option<&'s [u8]>,
    /// The order of choices.
    pub order: &'s Order,
}
