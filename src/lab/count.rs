//! Counts of schedules: exact, however large.

use num_bigint::BigUint;

/// Many counts of the same width. It grows for all of them when one outgrows it.
#[derive(Debug)]
pub struct Counts {
    width: usize,
    /// Little-endian, `width` words for each count.
    words: Vec<u64>,
}

impl Counts {
    /// None yet, of so many 64-bit words each (at least one).
    pub fn new(width: usize) -> Counts {
        Counts { width: width.max(1), words: Vec::new() }
    }

    /// How many words a count takes now.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Adds a count of 0.
    pub fn push(&mut self) {
        self.words.resize(self.words.len() + self.width, 0);
    }

    /// A count's words.
    pub fn words(&self, at: usize) -> &[u64] {
        &self.words[at * self.width..(at + 1) * self.width]
    }

    /// A count as a number.
    pub fn get(&self, at: usize) -> BigUint {
        let halves = self.words(at).iter().flat_map(|word| {
            let [a, b, c, d, e, f, g, h] = word.to_le_bytes();
            [u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])]
        });
        BigUint::new(halves.collect())
    }

    /// Adds words, of any number up to its own width, to a count.
    pub fn add(&mut self, at: usize, words: &[u64]) {
        let count = &mut self.words[at * self.width..(at + 1) * self.width];
        let mut carry = false;
        for (n, word) in count.iter_mut().enumerate() {
            let (sum, over) = word.overflowing_add(words.get(n).copied().unwrap_or(0));
            let (sum, over_too) = sum.overflowing_add(u64::from(carry));
            (*word, carry) = (sum, over || over_too);
            if !carry && n + 1 >= words.len() {
                return;
            }
        }
        if carry {
            self.widen();
            self.words[(at + 1) * self.width - 1] = 1;
        }
    }

    fn widen(&mut self) {
        let wide = self.words.chunks(self.width).flat_map(|count| count.iter().copied().chain([0]));
        self.words = wide.collect();
        self.width += 1;
    }

    /// The memory that they take, bytes.
    pub fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_grow_without_loss() {
        let mut counts = Counts::new(1);
        (0..3).for_each(|_| counts.push());
        counts.add(0, &[7]);
        counts.add(1, &[u64::MAX]);
        for _ in 0..130 {
            let words = counts.words(1).to_vec();
            counts.add(1, &words);
        }
        assert_eq!(counts.get(1), BigUint::from(u64::MAX) << 130);
        assert_eq!((counts.get(0), counts.get(2)), (7u32.into(), 0u32.into()));
        counts.add(0, &[1]);
        assert_eq!((counts.get(0), counts.width()), (8u32.into(), 4));
    }
}
