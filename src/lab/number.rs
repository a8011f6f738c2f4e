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
    cells: Vec<u32>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Rows {
    /// No row yet.
    pub fn new(width: usize) -> Rows {
        Rows { width, cells: Vec::new(), index: HashTable::new(), hasher: DefaultHashBuilder::default() }
    }

    /// The number of a row, and whether it is new.
    pub fn number(&mut self, row: &[u32]) -> (u32, bool) {
        let hash = self.hasher.hash_one(row);
        let (cells, width) = (&self.cells, self.width);
        if let Some(number) = self.index.find(hash, |number| cell_row(cells, width, *number) == row) {
            return (*number, false);
        }
        let number = u32::try_from(self.len()).unwrap_or(u32::MAX);
        self.cells.extend_from_slice(row);
        let (cells, hasher) = (&self.cells, &self.hasher);
        self.index.insert_unique(hash, number, |number| hasher.hash_one(cell_row(cells, width, *number)));
        (number, true)
    }

    /// The row of a number.
    pub fn get(&self, number: u32) -> &[u32] {
        cell_row(&self.cells, self.width, number)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.cells.len() / self.width
    }

    /// The memory that they take, bytes.
    pub fn bytes(&self) -> usize {
        (self.cells.capacity() + self.index.capacity()) * size_of::<u32>() + self.index.capacity()
    }
}

fn cell_row(cells: &[u32], width: usize, number: u32) -> &[u32] {
    let from = number as usize * width;
    &cells[from..from + width]
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
