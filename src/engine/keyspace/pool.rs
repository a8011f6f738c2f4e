//! Candidates for eviction.

use bytes::Bytes;

/// How many candidates are remembered from one eviction to the next. Source: `EVPOOL_SIZE`.
const CANDIDATES: usize = 16;

/// What eviction remembers: the best candidates that it has met, least deserving first, so that a few samples at a time
/// come close to what a look at all keys would find.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    candidates: Vec<(u64, usize, Bytes)>,
    /// The database that a random policy evicted from last: it takes them in turn.
    pub last_db: usize,
}

impl Pool {
    /// Notes a candidate and how much it deserves to go; one that deserves it less than all of a full pool is dropped.
    pub fn note(&mut self, idleness: u64, db: usize, key: &Bytes) {
        let place = self.candidates.partition_point(|(other, _, _)| *other < idleness);
        if self.candidates.len() < CANDIDATES {
            self.candidates.insert(place, (idleness, db, key.clone()));
        } else if place > 0 {
            self.candidates.remove(0);
            self.candidates.insert(place - 1, (idleness, db, key.clone()));
        }
    }

    /// Takes the candidate that deserves most to go; it may be gone already.
    pub fn take_best(&mut self) -> Option<(usize, Bytes)> {
        self.candidates.pop().map(|(_, db, key)| (db, key))
    }

    /// The candidates with how much they deserve to go.
    pub fn candidates(&self) -> impl Iterator<Item = &(u64, usize, Bytes)> {
        self.candidates.iter()
    }

    /// Forgets all candidates.
    pub fn forget(&mut self) {
        self.candidates.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_keeps_the_most_deserving() {
        let mut pool = Pool::default();
        let mut rng = fastrand::Rng::with_seed(3);
        let mut all: Vec<u64> = (0..200).collect();
        rng.shuffle(&mut all);
        all.iter().for_each(|n| pool.note(*n, 0, &Bytes::from(n.to_string())));
        let best: Vec<Bytes> = std::iter::from_fn(|| pool.take_best()).map(|(_, key)| key).collect();
        assert_eq!(best, (184..200).rev().map(|n| Bytes::from(n.to_string())).collect::<Vec<_>>());
    }
}
