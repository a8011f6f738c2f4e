//! The radix tree in which Redis keeps ids: how many nodes it has (XINFO tells it), and what it takes.

use super::id::StreamId;

/// The length of a key of that tree, in bytes.
const KEY: usize = 16;

/// The nodes of a radix tree of these ids, lowest first: a leaf for each, one for each fork, and one for each run of
/// bytes between them that do not part (a fork itself takes one byte).
pub fn radix_nodes(mut ids: impl Iterator<Item = StreamId>) -> usize {
    let Some(first) = ids.next() else { return 1 };
    let mut before = first.to_bytes();
    let mut nodes = 1;
    // The depths of the forks on the way from the root to the id before.
    let mut forks: Vec<usize> = Vec::new();
    for id in ids {
        let bytes = id.to_bytes();
        let depth = before.iter().zip(&bytes).take_while(|(a, b)| a == b).count();
        before = bytes;
        let (runs, below) = leave(&mut forks, depth + 1);
        nodes += 1 + runs + usize::from(below > depth + 1);
        if forks.last() != Some(&depth) {
            forks.push(depth);
            nodes += 1;
        }
    }
    let (runs, top) = leave(&mut forks, 0);
    nodes + runs + usize::from(top > 0)
}

/// What Redis reckons such a tree takes, in bytes: each key, and each node with about 30 pointers.
pub fn tree_weight(keys: usize, nodes: usize) -> usize {
    keys * KEY + nodes * (4 + 30 * 8)
}

/// Leaves the forks from `depth` down: how many runs lay below them, and how deep the topmost of them was.
fn leave(forks: &mut Vec<usize>, depth: usize) -> (usize, usize) {
    let (mut runs, mut below) = (0, KEY);
    while let Some(fork) = forks.pop_if(|fork| *fork >= depth) {
        runs += usize::from(below > fork + 1);
        below = fork;
    }
    (runs, below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by cutting the keys up byte by byte.
    fn slowly(keys: &[[u8; KEY]], depth: usize, below_fork: bool) -> usize {
        let shared = (depth..KEY).take_while(|at| keys.iter().all(|key| key[*at] == keys[0][*at])).count();
        let run = usize::from(shared > 0 && (!below_fork || depth > 0));
        let fork = depth + shared;
        if fork == KEY {
            return run + 1;
        }
        let mut branches: Vec<u8> = keys.iter().map(|key| key[fork]).collect();
        branches.dedup();
        let parts = branches.iter().map(|byte| {
            let own: Vec<[u8; KEY]> = keys.iter().copied().filter(|key| key[fork] == *byte).collect();
            slowly(&own, fork + 1, true)
        });
        run + 1 + parts.sum::<usize>()
    }

    #[test]
    fn it_counts_leaves_forks_and_runs() {
        let mut rng = fastrand::Rng::with_seed(5);
        for _ in 0..500 {
            let mut ids: Vec<StreamId> = (0..rng.usize(1..20))
                .map(|_| StreamId::new(rng.u64(..4) << (8 * rng.u64(..8)), rng.u64(..3) << (8 * rng.u64(..8))))
                .collect();
            ids.sort_unstable();
            ids.dedup();
            let keys: Vec<[u8; KEY]> = ids.iter().map(|id| id.to_bytes()).collect();
            assert_eq!(radix_nodes(ids.into_iter()), slowly(&keys, 0, false), "{keys:?}");
        }
        assert_eq!(radix_nodes(std::iter::empty()), 1);
    }
}
