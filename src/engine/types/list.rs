//! Lists: packs of elements, one after the other, as Redis's quicklist has them.

use std::ops::Range;

use bytes::Bytes;

use super::element::Element;
use super::item::Item;
use super::pack::{Elements, Pack};
use super::packs::{self, End, Packs, has_room};

/// A list. Redis 7.0 encodes every list as `quicklist`.
#[derive(Clone, Debug, Default)]
pub struct List(Form);

#[derive(Clone, Debug)]
enum Form {
    /// A short list is a single pack.
    Short(Pack),
    /// A longer one has several.
    Long(Box<Packs>),
}

impl Default for Form {
    fn default() -> Self {
        Form::Short(Pack::default())
    }
}

impl List {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Short(pack) => pack.len(),
            Form::Long(long) => long.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The list as several packs.
    fn make_long(&mut self) -> &mut Packs {
        if let Form::Short(pack) = &mut self.0 {
            self.0 = Form::Long(Box::new(Packs::new(std::mem::take(pack))));
        }
        match &mut self.0 {
            Form::Long(long) => long,
            Form::Short(_) => unreachable!("made long above"),
        }
    }

    /// Adds an element at an end.
    pub fn push(&mut self, end: End, element: &[u8]) {
        match &mut self.0 {
            Form::Short(pack) if has_room(pack, element) => packs::push(pack, end, element),
            _ => self.make_long().push(end, element),
        }
    }

    /// Takes the element at an end.
    pub fn pop(&mut self, end: End) -> Option<Bytes> {
        match &mut self.0 {
            Form::Short(pack) => packs::pop(pack, end),
            Form::Long(long) => long.pop(end),
        }
    }

    /// The element at a place.
    pub fn get(&self, place: usize) -> Option<Item<'_>> {
        if place < self.len() { self.range(place..place + 1).next() } else { None }
    }

    /// Replaces the element at a place; false if there is no such place.
    pub fn set(&mut self, place: usize, element: &[u8]) -> bool {
        if place >= self.len() {
            return false;
        }
        match &mut self.0 {
            Form::Short(pack) if pack.len() == 1 || has_room(pack, element) => {
                pack.replace(pack.offset(place), Element::of(element));
            }
            _ => self.make_long().set(place, element),
        }
        true
    }

    /// Adds an element before the one at a place, or at the end.
    pub fn insert(&mut self, place: usize, element: &[u8]) {
        match &mut self.0 {
            Form::Short(pack) if has_room(pack, element) => {
                pack.insert(pack.offset(place), Element::of(element));
            }
            _ => self.make_long().insert_or_push(place, element),
        }
    }

    /// Removes all elements but those at some places.
    pub fn keep(&mut self, places: Range<usize>) {
        match &mut self.0 {
            Form::Short(pack) => packs::keep(pack, places),
            Form::Long(long) => long.keep(places),
        }
    }

    /// The elements, first to last.
    pub fn iter(&self) -> Items<'_> {
        self.range(0..self.len())
    }

    /// The elements at some places.
    pub fn range(&self, places: Range<usize>) -> Items<'_> {
        let end = places.end.min(self.len());
        let start = places.start.min(end);
        let locate = |place: usize| match &self.0 {
            Form::Short(_) => (0, place),
            Form::Long(long) => long.locate(place),
        };
        let ((first, from), (last, to)) = (locate(start), locate(end));
        let elements = |at: usize| self.pack(at).map(Pack::iter);
        let front = self.pack(first).map(|pack| pack.between(pack.offset(from), pack.end()));
        let back = self.pack(last).map(|pack| pack.between(pack.start(), pack.offset(to)));
        let (front, back) = (front.or_else(|| elements(0)), back.or_else(|| elements(0)));
        Items { list: self, first, last, front, back, left: end - start }
    }

    fn pack(&self, at: usize) -> Option<&Pack> {
        match &self.0 {
            Form::Short(pack) => (at == 0).then_some(pack),
            Form::Long(long) => long.get(at),
        }
    }

    /// The place that an index means: negative ones count from the tail (-1 is the last). `None`: outside.
    pub fn place(&self, index: i64) -> Option<usize> {
        let place = if index < 0 { usize::try_from(index.unsigned_abs()).ok() } else { usize::try_from(index).ok() }?;
        let place = if index < 0 { self.len().checked_sub(place)? } else { place };
        (place < self.len()).then_some(place)
    }

    /// The places from `start` to `stop`, both included and negative ones counted from the tail; empty if there are
    /// none.
    pub fn places(&self, start: i64, stop: i64) -> Range<usize> {
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
        match &mut self.0 {
            Form::Short(pack) => packs::remove(pack, element, from, most),
            Form::Long(long) => long.remove(element, from, most),
        }
    }

    /// The places of elements that equal `element`, searched from an end.
    pub fn find<'a>(&'a self, element: &'a [u8], from: End) -> Box<dyn Iterator<Item = usize> + 'a> {
        let places = self.iter().enumerate();
        match from {
            End::Left => Box::new(places.filter(move |(_, found)| **found == *element).map(|(place, _)| place)),
            End::Right => Box::new(places.rev().filter(move |(_, found)| **found == *element).map(|(place, _)| place)),
        }
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding(&self) -> &'static str {
        "quicklist"
    }
}

/// Elements of a list, from either end.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    list: &'a List,
    first: usize,
    last: usize,
    front: Option<Elements<'a>>,
    back: Option<Elements<'a>>,
    left: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        self.left = self.left.checked_sub(1)?;
        loop {
            if let Some((_, element)) = self.front.as_mut()?.next() {
                return Some(element.item());
            }
            self.first += 1;
            self.front = self.list.pack(self.first).map(Pack::iter);
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl DoubleEndedIterator for Items<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        loop {
            if let Some((_, element)) = self.back.as_mut()?.next_back() {
                return Some(element.item());
            }
            self.last = self.last.checked_sub(1)?;
            self.back = self.list.pack(self.last).map(Pack::iter);
        }
    }
}

impl ExactSizeIterator for Items<'_> {}

impl PartialEq for List {
    fn eq(&self, other: &List) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
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
    use std::collections::VecDeque;

    #[test]
    fn it_is_a_sequence_whether_short_or_long() {
        for (seed, longest) in [(1, 20), (2, 300), (3, 3_000), (4, 20_000)] {
            let mut rng = fastrand::Rng::with_seed(seed);
            let (mut list, mut model) = (List::default(), VecDeque::<Vec<u8>>::new());
            for _ in 0..3_000 {
                let new = match rng.u8(..8) {
                    0 => vec![b'x'; rng.usize(..longest)],
                    1..4 => rng.u8(..4).to_string().into_bytes(),
                    _ => format!("element {}", rng.u16(..)).into_bytes(),
                };
                let place = rng.usize(..=model.len());
                match rng.u8(..16) {
                    0..4 => (list.push(End::Left, &new), model.push_front(new)).0,
                    4..8 => (list.push(End::Right, &new), model.push_back(new)).0,
                    8 => assert_eq!(list.pop(End::Left).map(Vec::from), model.pop_front()),
                    9 => assert_eq!(list.pop(End::Right).map(Vec::from), model.pop_back()),
                    10 | 11 => (list.insert(place, &new), model.insert(place, new)).0,
                    12 | 13 if place < model.len() => {
                        assert!(list.set(place, &new));
                        model[place] = new;
                    }
                    14 => {
                        let (from, most) = (if rng.bool() { End::Left } else { End::Right }, rng.usize(1..9));
                        let mut places: Vec<usize> = (0..model.len()).filter(|at| model[*at] == new).collect();
                        if from == End::Right {
                            places.reverse();
                        }
                        assert!(list.find(&new, from).eq(places.iter().copied()));
                        places.truncate(most);
                        assert_eq!(list.remove(&new, from, most), places.len());
                        places.sort_unstable();
                        places.iter().rev().for_each(|at| _ = model.remove(*at));
                    }
                    15 if rng.u8(..12) == 0 => {
                        let end = rng.usize(place..=model.len());
                        list.keep(place..end);
                        model = model.drain(place..end).collect();
                    }
                    _ => {
                        let end = rng.usize(place..=model.len().min(place + 50));
                        assert!(list.range(place..end).map(|item| item.to_vec()).eq(model.range(place..end).cloned()));
                        let back = list.range(place..end).rev().map(|item| item.to_vec());
                        assert!(back.eq(model.range(place..end).rev().cloned()));
                        assert_eq!(list.get(place).map(|item| item.to_vec()), model.get(place).cloned());
                    }
                }
                assert_eq!(list.len(), model.len());
            }
            assert!(list.iter().map(|item| item.to_vec()).eq(model));
        }
    }

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
