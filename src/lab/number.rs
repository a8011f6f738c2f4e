//! Things under numbers: whatever is met twice gets the number it has.

use std::hash::{BuildHasher, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};

/// Values that were met, each once, numbered in the order in which they were met.
#[derive(Debug)]
pub struct Numbered<T> {
    items: Vec<T>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl<T> Default for Numbered<T> {
    fn default() -> Numbered<T> {
        Numbered { items: Vec::new(), index: HashTable::new(), hasher: DefaultHashBuilder::default() }
    }
}

impl<T: Hash + Eq> Numbered<T> {
    /// The number of a value, and whether it is new.
    pub fn number(&mut self, item: T) -> (u32, bool) {
        let hash = self.hasher.hash_one(&item);
        let items = &self.items;
        if let Some(number) = self.index.find(hash, |number| items[*number as usize] == item) {
            return (*number, false);
        }
        let number = u32::try_from(items.len()).unwrap_or(u32::MAX);
        self.items.push(item);
        let (items, hasher) = (&self.items, &self.hasher);
        self.index.insert_unique(hash, number, |number| hasher.hash_one(&items[*number as usize]));
        (number, true)
    }

    /// The value of a number that [`Numbered::number`] gave.
    pub fn get(&self, number: u32) -> &T {
        &self.items[number as usize]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }
}

/// Rows of numbers, all of the same width, each once.
#[derive(Debug)]
pub struct Rows {
    width: usize,
    /// Blocks of `BLOCK` rows: one long list would be copied, and need twice the room, each time it grows.
    blocks: Vec<Vec<u32>>,
    len: usize,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

/// How many rows a block holds, as a power of two.
const BLOCK_BITS: u32 = 12;
const BLOCK: usize = 1 << BLOCK_BITS;

impl Rows {
    /// No row yet.
    pub fn new(width: usize) -> Rows {
        let hasher = DefaultHashBuilder::default();
        Rows { width, blocks: Vec::new(), len: 0, index: HashTable::new(), hasher }
    }

    /// No row yet, of the same width.
    pub fn another(&self) -> Rows {
        Rows::new(self.width)
    }

    /// The number of a row, and whether it is new.
    #[inline]
    pub fn number(&mut self, row: &[u32]) -> (u32, bool) {
        let hash = self.hasher.hash_one(row);
        let (blocks, width) = (&self.blocks, self.width);
        if let Some(number) = self.index.find(hash, |number| alike(row_of(blocks, width, *number), row)) {
            return (*number, false);
        }
        (self.add(hash, row), true)
    }

    fn add(&mut self, hash: u64, row: &[u32]) -> u32 {
        let number = u32::try_from(self.len).unwrap_or(u32::MAX);
        if self.len.is_multiple_of(BLOCK) {
            let room = if self.blocks.is_empty() { 16 } else { BLOCK };
            self.blocks.push(Vec::with_capacity(room * self.width));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.extend_from_slice(row);
        }
        self.len += 1;
        let (blocks, width, hasher) = (&self.blocks, self.width, &self.hasher);
        self.index.insert_unique(hash, number, |number| hasher.hash_one(row_of(blocks, width, *number)));
        number
    }

    /// The row of a number.
    pub fn get(&self, number: u32) -> &[u32] {
        row_of(&self.blocks, self.width, number)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The memory that they take, bytes.
    pub fn bytes(&self) -> usize {
        let cells: usize = self.blocks.iter().map(Vec::capacity).sum();
        (cells + self.index.capacity()) * size_of::<u32>() + self.index.capacity()
    }
}

fn row_of(blocks: &[Vec<u32>], width: usize, number: u32) -> &[u32] {
    let from = (number as usize & (BLOCK - 1)) * width;
    &blocks[(number >> BLOCK_BITS) as usize][from..from + width]
}

/// Whether two rows are equal: they are short, so one by one is quickest.
fn alike(a: &[u32], b: &[u32]) -> bool {
    a.iter().zip(b).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_met_twice_keeps_its_number() {
        let mut words = Numbered::default();
        assert_eq!([words.number("a"), words.number("b"), words.number("a")], [(0, true), (1, true), (0, false)]);
        assert_eq!((*words.get(1), words.len()), ("b", 2));
        let mut rows = Rows::new(2);
        assert_eq!(rows.number(&[1, 2]), (0, true));
        assert_eq!(rows.number(&[2, 1]), (1, true));
        assert_eq!(rows.number(&[1, 2]), (0, false));
        assert_eq!((rows.get(1), rows.len()), (&[2, 1][..], 2));
    }
}
