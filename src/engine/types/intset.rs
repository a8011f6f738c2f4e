//! Sorted integers, all in as many bytes as the widest of them needs. Source: Redis's `intset.c`.

/// A set of integers. The first byte says how many bytes each of them takes: 2, 4 or 8.
#[derive(Clone, Debug, Default)]
pub struct Intset(Box<[u8]>);

fn width_of(number: i64) -> usize {
    match number {
        -0x8000..=0x7fff => 2,
        -0x8000_0000..=0x7fff_ffff => 4,
        _ => 8,
    }
}

impl Intset {
    /// How many bytes each member takes.
    pub fn width(&self) -> usize {
        self.0.first().map_or(2, |width| usize::from(*width))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.len().saturating_sub(1) / self.width()
    }

    /// The member of a place, lowest first.
    pub fn get(&self, place: usize) -> Option<i64> {
        let width = self.width();
        let bytes = self.0.get(1 + place * width..)?;
        Some(match width {
            2 => i16::from_le_bytes(*bytes.first_chunk()?).into(),
            4 => i32::from_le_bytes(*bytes.first_chunk()?).into(),
            _ => i64::from_le_bytes(*bytes.first_chunk()?),
        })
    }

    /// Members in order.
    pub fn iter(&self) -> impl Iterator<Item = i64> {
        (0..self.len()).filter_map(|place| self.get(place))
    }

    /// The place of a member, or the place where it would have to be put.
    pub fn search(&self, number: i64) -> Result<usize, usize> {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from + (to - from) / 2;
            match self.get(middle) {
                Some(found) if found == number => return Ok(middle),
                Some(found) if found < number => from = middle + 1,
                _ => to = middle,
            }
        }
        Err(from)
    }

    /// Adds a member; true if it is new.
    pub fn add(&mut self, number: i64) -> bool {
        let Err(place) = self.search(number) else { return false };
        let (width, needed) = (self.width(), width_of(number));
        if self.0.is_empty() || needed > width {
            self.widen(needed.max(width));
        }
        let width = self.width();
        let mut bytes = std::mem::take(&mut self.0).into_vec();
        let (at, end) = (1 + place * width, bytes.len());
        bytes.reserve_exact(width);
        bytes.resize(end + width, 0);
        bytes.copy_within(at..end, at + width);
        bytes[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
        self.0 = bytes.into_boxed_slice();
        true
    }

    fn widen(&mut self, width: usize) {
        let mut bytes = Vec::with_capacity(1 + self.len() * width);
        bytes.push(width as u8);
        for number in self.iter() {
            bytes.extend_from_slice(&number.to_le_bytes()[..width]);
        }
        self.0 = bytes.into_boxed_slice();
    }

    /// Removes a member; true if it was there.
    pub fn remove(&mut self, number: i64) -> bool {
        let Ok(place) = self.search(number) else { return false };
        let width = self.width();
        let mut bytes = std::mem::take(&mut self.0).into_vec();
        bytes.drain(1 + place * width..1 + (place + 1) * width);
        self.0 = bytes.into_boxed_slice();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_a_sorted_set_that_widens() {
        let mut rng = fastrand::Rng::with_seed(5);
        for bits in [8, 16, 17, 32, 33, 64] {
            let (mut set, mut model) = (Intset::default(), BTreeSet::new());
            for _ in 0..500 {
                let number = rng.i64(..) >> (64 - bits);
                match rng.u8(..4) {
                    0 => assert_eq!(set.remove(number), model.remove(&number)),
                    _ => assert_eq!(set.add(number), model.insert(number)),
                }
                assert_eq!(set.len(), model.len());
                assert!(set.iter().eq(model.iter().copied()));
                assert_eq!(set.search(number).is_ok(), model.contains(&number));
            }
            assert_eq!(
                set.width(),
                [2, 2, 4, 4, 8, 8][[8, 16, 17, 32, 33, 64].iter().position(|b| *b == bits).unwrap_or(0)]
            );
        }
    }
}
