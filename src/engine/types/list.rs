//! Lists.

use std::collections::VecDeque;

use bytes::Bytes;

use super::blob::Blob;
use super::item::Item;

/// One of the two ends of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The head.
    Left,
    /// The tail.
    Right,
}

/// A list. Redis 7.0 encodes every list as `quicklist`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List(VecDeque<Blob>);

impl List {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an element at an end.
    pub fn push(&mut self, end: End, element: &[u8]) {
        match end {
            End::Left => self.0.push_front(Blob::new(element)),
            End::Right => self.0.push_back(Blob::new(element)),
        }
    }

    /// Takes the element at an end.
    pub fn pop(&mut self, end: End) -> Option<Bytes> {
        let element = match end {
            End::Left => self.0.pop_front(),
            End::Right => self.0.pop_back(),
        };
        element.map(|element| element.to_bytes())
    }

    /// The element at a place.
    pub fn get(&self, place: usize) -> Option<Item<'_>> {
        self.0.get(place).map(|element| Item::Text(element))
    }

    /// Replaces the element at a place; false if there is no such place.
    pub fn set(&mut self, place: usize, element: &[u8]) -> bool {
        let found = self.0.get_mut(place);
        found.map(|place| *place = Blob::new(element)).is_some()
    }

    /// Adds an element before the one at a place, or at the end.
    pub fn insert(&mut self, place: usize, element: &[u8]) {
        self.0.insert(place.min(self.len()), Blob::new(element));
    }

    /// Removes all elements but those at some places.
    pub fn keep(&mut self, places: std::ops::Range<usize>) {
        self.0.truncate(places.end);
        self.0.drain(..places.start.min(self.len()));
    }

    /// The elements, first to last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Item<'_>> + ExactSizeIterator {
        self.range(0..self.len())
    }

    /// The elements at some places, which must be there.
    pub fn range(
        &self,
        places: std::ops::Range<usize>,
    ) -> impl DoubleEndedIterator<Item = Item<'_>> + ExactSizeIterator {
        self.0.range(places).map(|element| Item::Text(element))
    }

    /// The place that an index means: negative ones count from the tail (-1 is the last). `None`: outside.
    pub fn place(&self, index: i64) -> Option<usize> {
        let place = if index < 0 { usize::try_from(index.unsigned_abs()).ok() } else { usize::try_from(index).ok() }?;
        let place = if index < 0 { self.len().checked_sub(place)? } else { place };
        (place < self.len()).then_some(place)
    }

    /// The places from `start` to `stop`, both included and negative ones counted from the tail; empty if there are
    /// none.
    pub fn places(&self, start: i64, stop: i64) -> std::ops::Range<usize> {
        let len = i64::try_from(self.len()).unwrap_or(i64::MAX);
        let from_tail = |index: i64| if index < 0 { index.saturating_add(len) } else { index };
        let (start, stop) = (from_tail(start).max(0), from_tail(stop).min(len - 1));
        if start > stop {
            return 0..0;
        }
        let place = |index: i64| usize::try_from(index).unwrap_or(0);
        place(start)..place(stop) + 1
    }

    /// Removes up to `most` elements that equal `element`, searched from an end; how many there were.
    pub fn remove(&mut self, element: &[u8], from: End, most: usize) -> usize {
        let mut places: Vec<usize> = self.find(element, from).take(most).collect();
        if from == End::Right {
            places.reverse();
        }
        let (mut place, mut removed) = (0, 0);
        if !places.is_empty() {
            self.0.retain(|_| {
                let goes = places.get(removed) == Some(&place);
                place += 1;
                removed += usize::from(goes);
                !goes
            });
        }
        removed
    }

    /// The places of elements that equal `element`, searched from an end.
    pub fn find<'a>(&'a self, element: &'a [u8], from: End) -> Box<dyn Iterator<Item = usize> + 'a> {
        let places = self.0.iter().enumerate();
        match from {
            End::Left => Box::new(places.filter(move |(_, found)| ***found == *element).map(|(place, _)| place)),
            End::Right => Box::new(places.rev().filter(move |(_, found)| ***found == *element).map(|(place, _)| place)),
        }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        "quicklist"
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for List {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> List {
        let mut list = List::default();
        elements.into_iter().for_each(|element| list.push(End::Right, element.as_ref()));
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> List {
        text.split(' ').map(str::as_bytes).collect()
    }

    #[test]
    fn places_count_from_both_ends() {
        let list = list("a b c d");
        assert_eq!(
            [0, 3, 4, -1, -4, -5, i64::MIN, i64::MAX].map(|index| list.place(index)),
            [Some(0), Some(3), None, Some(3), Some(0), None, None, None]
        );
        for ((start, stop), places) in [
            ((0, -1), 0..4),
            ((1, 2), 1..3),
            ((-2, -1), 2..4),
            ((2, 1), 0..0),
            ((-100, 100), 0..4),
            ((4, 9), 0..0),
            ((0, -5), 0..0),
            ((i64::MIN, i64::MAX), 0..4),
            ((i64::MAX, i64::MIN), 0..0),
        ] {
            assert_eq!(list.places(start, stop), places, "{start} {stop}");
        }
        assert_eq!(List::default().places(0, -1), 0..0);
    }

    #[test]
    fn elements_are_removed_from_the_end_that_is_asked_for() {
        let mut from_left = list("x a x b x");
        assert_eq!(from_left.remove(b"x", End::Left, 2), 2);
        assert_eq!(from_left, list("a b x"));
        let mut from_right = list("x a x b x");
        assert_eq!(from_right.remove(b"x", End::Right, 2), 2);
        assert_eq!(from_right, list("x a b"));
        assert_eq!(from_right.remove(b"y", End::Left, usize::MAX), 0);
    }
}
