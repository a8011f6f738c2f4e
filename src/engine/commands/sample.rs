//! Drawing elements at random.

use crate::engine::error::{Error, NOT_INTEGER};
use crate::engine::types::parse_integer;

/// Most draws that one command answers. Redis has no such limit, and runs out of memory instead.
const MOST_DRAWS: u64 = 1 << 24;

/// The count of HRANDFIELD and its kin: negative ones draw with repetition.
pub fn parse_count(text: &[u8]) -> Result<i64, Error> {
    let count = parse_integer(text).ok_or(NOT_INTEGER)?;
    if count == i64::MIN {
        let most = i64::MAX;
        return Err(Error::new(format!("ERR value is out of range, value must between -{most} and {most}")));
    }
    Ok(count)
}

/// An error if there would be too many draws, or (Redis's own limit) if `pairs` of them cannot be counted.
pub fn check_count(count: i64, pairs: bool) -> Result<(), Error> {
    let size = count.unsigned_abs();
    if (pairs && size > i64::MAX as u64 / 2) || (count < 0 && size > MOST_DRAWS) {
        return Err(Error::fixed("ERR value is out of range"));
    }
    Ok(())
}

/// `count` different indexes below `len`, or -`count` independent ones.
pub fn draw(rng: &mut fastrand::Rng, len: usize, count: i64) -> Vec<usize> {
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if len == 0 {
        return Vec::new();
    }
    if count < 0 {
        return (0..wanted).map(|_| rng.usize(..len)).collect();
    }
    if wanted >= len {
        return (0..len).collect();
    }
    // Floyd's sample: as many draws as answers, whatever the size of the set.
    let mut chosen = std::collections::HashSet::with_capacity(wanted);
    let mut drawn = Vec::with_capacity(wanted);
    for top in len - wanted..len {
        let index = rng.usize(..=top);
        let index = if chosen.insert(index) { index } else { top };
        chosen.insert(index);
        drawn.push(index);
    }
    rng.shuffle(&mut drawn);
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_in_range_and_differ_if_they_must() {
        let mut rng = fastrand::Rng::with_seed(1);
        for len in 1..40 {
            for count in -60..60 {
                let drawn = draw(&mut rng, len, count);
                assert!(drawn.iter().all(|index| *index < len));
                let mut unique = drawn.clone();
                unique.sort_unstable();
                unique.dedup();
                match usize::try_from(count) {
                    Ok(count) => assert_eq!((drawn.len(), unique.len()), (count.min(len), count.min(len))),
                    Err(_) => assert_eq!(drawn.len(), count.unsigned_abs() as usize),
                }
            }
        }
    }
}
