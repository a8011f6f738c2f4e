//! Elements one after the other in a single block of memory: what small collections, and the parts of large lists, are
//! made of. The layout is after Salvatore Sanfilippo's listpack: each element says how long it is at its front, and
//! once more at its end, so that a pack can be read either way; and whatever spells an integer is kept as one.

use super::element::{self, Coded, Element};

/// Where elements begin and end, and how many there are: 4 bytes each, in front of the elements.
const HEADER: usize = 12;

/// A block of elements. Without elements it takes no memory but its own two words.
///
/// What says where an element lies is an offset, which holds until the pack is changed in front of it.
#[derive(Clone, Debug, Default)]
pub struct Pack(Box<[u8]>);

/// What the allocator hands out where so many bytes are asked for: what is more would be lost.
fn block(bytes: usize) -> usize {
    (bytes + 8).next_multiple_of(16).max(32) - 8
}

/// The room that a pack is given which needs so much.
fn room(needed: usize) -> usize {
    block(if needed > 256 { needed + needed / 8 } else { needed })
}

impl Pack {
    fn word(&self, at: usize) -> usize {
        let bytes = self.0.get(at * 4..at * 4 + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, |bytes| u32::from_le_bytes(bytes) as usize)
    }

    fn set_word(&mut self, at: usize, value: usize) {
        if let Some(bytes) = self.0.get_mut(at * 4..at * 4 + 4) {
            bytes.copy_from_slice(&(value as u32).to_le_bytes());
        }
    }

    /// Where the first element lies.
    pub fn start(&self) -> usize {
        self.word(0)
    }

    /// Where the last element ends.
    pub fn end(&self) -> usize {
        self.word(1)
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.word(2)
    }

    /// How many bytes the elements take.
    pub fn size(&self) -> usize {
        self.end() - self.start()
    }

    /// The element at an offset, and the offset behind it; `None` at the end.
    #[inline]
    pub fn read(&self, at: usize) -> Option<(Element<'_>, usize)> {
        let (element, len) = element::read(self.0.get(at..self.end())?)?;
        Some((element, at + len))
    }

    /// The offset of the element in front of the one at an offset; `None` at the start.
    pub fn before(&self, at: usize) -> Option<usize> {
        at.checked_sub(element::len_before(self.0.get(self.start()..at)?)?)
    }

    /// The offset of an element by its place, counted from the nearer end; the end for a place behind the last.
    pub fn offset(&self, place: usize) -> usize {
        let len = self.len();
        let mut at = if place <= len / 2 { self.start() } else { self.end() };
        if place <= len / 2 {
            for _ in 0..place {
                at = self.read(at).map_or(at, |(_, next)| next);
            }
        } else {
            for _ in place..len {
                at = self.before(at).unwrap_or(at);
            }
        }
        at
    }

    /// The elements with their offsets.
    pub fn iter(&self) -> Elements<'_> {
        self.between(self.start(), self.end())
    }

    /// The elements from one offset to another.
    pub fn between(&self, from: usize, to: usize) -> Elements<'_> {
        Elements { pack: self, from, to }
    }

    /// The offset of an element that equals `text` among every `step`-th one from the first on.
    pub fn find(&self, text: &[u8], step: usize) -> Option<usize> {
        let wanted = Element::of(text);
        let mut at = self.start();
        loop {
            let (element, mut next) = self.read(at)?;
            if element.is(wanted) {
                return Some(at);
            }
            for _ in 1..step {
                next = self.read(next)?.1;
            }
            at = next;
        }
    }

    /// Adds an element at an offset, in front of the one that lies there; the offset behind it.
    pub fn insert(&mut self, at: usize, element: Element<'_>) -> usize {
        let coded = Coded::new(element);
        let at = self.open(at, coded.len());
        if let Some(place) = self.0.get_mut(at..at + coded.len()) {
            coded.write(place);
        }
        self.set_word(2, self.len() + 1);
        at + coded.len()
    }

    /// Adds an element behind the last.
    pub fn push(&mut self, element: Element<'_>) {
        self.insert(self.end(), element);
    }

    /// Replaces the element at an offset.
    pub fn replace(&mut self, at: usize, element: Element<'_>) {
        let Some((_, next)) = self.read(at) else { return };
        let coded = Coded::new(element);
        if coded.len() == next - at
            && let Some(place) = self.0.get_mut(at..next)
        {
            coded.write(place);
            return;
        }
        let count = self.len();
        self.close(at, next);
        self.set_word(2, count - 1);
        // Without its first element, a pack starts later.
        self.insert(at.max(self.start()), element);
    }

    /// Removes what lies from one offset to another, which is `count` elements.
    pub fn remove(&mut self, from: usize, to: usize, count: usize) {
        let left = self.len().saturating_sub(count);
        if left == 0 {
            self.0 = Box::default();
            return;
        }
        self.set_word(2, left);
        self.close(from, to);
        self.shrink();
    }

    /// Cuts the pack in two at an offset; what lies behind comes back. `count` elements lie before it.
    pub fn split_off(&mut self, at: usize, count: usize) -> Pack {
        let (end, behind) = (self.end(), self.len() - count);
        let mut other = Pack::default();
        let from = other.open(0, end - at);
        if let (Some(to), Some(bytes)) = (other.0.get_mut(from..from + end - at), self.0.get(at..end)) {
            to.copy_from_slice(bytes);
        }
        other.set_word(2, behind);
        self.remove(at, end, behind);
        other
    }

    /// Opens a gap at an offset; where it lies, since what is in front of it may have moved.
    fn open(&mut self, at: usize, gap: usize) -> usize {
        if self.0.is_empty() {
            self.0 = vec![0; room(HEADER + gap)].into_boxed_slice();
            self.set_word(0, HEADER);
            self.set_word(1, HEADER + gap);
            return HEADER;
        }
        let (start, end) = (self.start(), self.end());
        if at == start && start - HEADER >= gap {
            self.set_word(0, start - gap);
            return start - gap;
        }
        if self.0.len() - end >= gap {
            self.0.copy_within(at..end, at + gap);
            self.set_word(1, end + gap);
            return at;
        }
        self.grow(at, gap)
    }

    /// As [`Pack::open`], with new room, which is left where the next element is likely to come: at the same end.
    fn grow(&mut self, at: usize, gap: usize) -> usize {
        let (start, end) = (self.start(), self.end());
        let (size, first) = (end - start, at == start && at != end);
        let room = room(HEADER + size + gap);
        let mut bytes = std::mem::take(&mut self.0).into_vec();
        bytes.reserve_exact(room.saturating_sub(bytes.len()));
        bytes.resize(room.max(bytes.len()), 0);
        self.0 = bytes.into_boxed_slice();
        let new_start = if first { self.0.len() - size - gap } else { HEADER };
        let at = at - start + new_start;
        // The part that moves further moves first.
        if new_start + gap > start {
            self.0.copy_within(at - new_start + start..end, at + gap);
            self.0.copy_within(start..at - new_start + start, new_start);
        } else {
            self.0.copy_within(start..at - new_start + start, new_start);
            self.0.copy_within(at - new_start + start..end, at + gap);
        }
        self.set_word(0, new_start);
        self.set_word(1, new_start + size + gap);
        at
    }

    /// Closes a gap; the smaller side moves only where it is the front, so that offsets before it hold otherwise.
    fn close(&mut self, from: usize, to: usize) {
        let (start, end) = (self.start(), self.end());
        if from == start {
            self.set_word(0, to);
        } else {
            self.0.copy_within(to..end, from);
            self.set_word(1, end - (to - from));
        }
    }

    /// Gives memory back that is no longer needed.
    fn shrink(&mut self) {
        let (start, size) = (self.start(), self.size());
        if room(HEADER + size) * 2 >= self.0.len() {
            return;
        }
        self.fit_from(start, size);
    }

    /// Gives back all memory that is not needed: the pack will not change soon.
    pub fn fit(&mut self) {
        let (start, size) = (self.start(), self.size());
        if block(HEADER + size) < self.0.len() {
            self.fit_from(start, size);
        }
    }

    fn fit_from(&mut self, start: usize, size: usize) {
        self.0.copy_within(start..start + size, HEADER);
        let mut bytes = std::mem::take(&mut self.0).into_vec();
        bytes.truncate(block(HEADER + size));
        self.0 = bytes.into_boxed_slice();
        self.set_word(0, HEADER);
        self.set_word(1, HEADER + size);
    }
}

/// The elements of a pack with their offsets, from either end.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    pack: &'a Pack,
    from: usize,
    to: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = (usize, Element<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.from >= self.to {
            return None;
        }
        let at = self.from;
        let (element, next) = self.pack.read(at)?;
        self.from = next;
        Some((at, element))
    }
}

impl DoubleEndedIterator for Elements<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.from >= self.to {
            return None;
        }
        let at = self.pack.before(self.to)?;
        let (element, _) = self.pack.read(at)?;
        self.to = at;
        Some((at, element))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    fn text(rng: &mut fastrand::Rng) -> Vec<u8> {
        match rng.u8(..10) {
            0..4 => rng.i64(-200..200).to_string().into_bytes(),
            4 => (rng.i64(..) >> rng.u8(..64)).to_string().into_bytes(),
            5 => vec![rng.u8(..); rng.usize(..70)],
            6 if rng.u8(..20) == 0 => vec![b'x'; [63, 64, 252, 253, 254, 4095, 4096, 65_530, 70_000][rng.usize(..9)]],
            _ => format!("m{}", rng.u8(..)).into_bytes(),
        }
    }

    fn check(pack: &Pack, model: &VecDeque<Vec<u8>>) {
        assert_eq!(pack.len(), model.len());
        let forward: Vec<Vec<u8>> = pack.iter().map(|(_, element)| element.item().to_vec()).collect();
        assert!(forward.iter().eq(model));
        let backward: Vec<Vec<u8>> = pack.iter().rev().map(|(_, element)| element.item().to_vec()).collect();
        assert!(backward.iter().eq(model.iter().rev()));
    }

    #[test]
    fn it_is_a_sequence() {
        for seed in 0..30 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let (mut pack, mut model) = (Pack::default(), VecDeque::new());
            for _ in 0..400 {
                let place = rng.usize(..=model.len());
                let (at, new) = (pack.offset(place), text(&mut rng));
                match rng.u8(..12) {
                    0..3 => {
                        let behind = pack.insert(at, Element::of(&new));
                        assert!(pack.before(behind).is_some_and(|at| pack.read(at).is_some_and(|(_, n)| n == behind)));
                        model.insert(place, new);
                    }
                    3..5 => {
                        pack.push(Element::of(&new));
                        model.push_back(new);
                    }
                    5..7 => {
                        pack.insert(pack.start(), Element::of(&new));
                        model.push_front(new);
                    }
                    7 if place < model.len() => {
                        pack.replace(at, Element::of(&new));
                        model[place] = new;
                    }
                    8 => {
                        let to = rng.usize(place..=model.len().min(place + 3));
                        pack.remove(at, pack.offset(to), to - place);
                        model.drain(place..to);
                    }
                    9 if !model.is_empty() => {
                        pack.remove(pack.start(), pack.offset(1), 1);
                        model.pop_front();
                    }
                    10 if !model.is_empty() => {
                        pack.remove(pack.offset(model.len() - 1), pack.end(), 1);
                        model.pop_back();
                    }
                    11 if rng.u8(..10) == 0 => {
                        check(&pack.split_off(at, place), &model.split_off(place));
                        pack.fit();
                    }
                    _ => {
                        let found = pack.find(&new, 1).map(|at| pack.between(pack.start(), at).count());
                        assert_eq!(found, model.iter().position(|other| *other == new));
                    }
                }
                check(&pack, &model);
            }
        }
    }

    #[test]
    fn integers_and_scores_are_kept_exactly() {
        let mut pack = Pack::default();
        let edges = (0..63).flat_map(|bit| [(1i64 << bit) - 1, 1 << bit, -(1 << bit), -(1 << bit) - 1]);
        let integers: Vec<i64> = edges.chain([0, i64::MAX, i64::MIN]).collect();
        integers.iter().for_each(|n| pack.push(Element::of(n.to_string().as_bytes())));
        for ((_, element), n) in pack.iter().zip(&integers) {
            assert!(matches!(element, Element::Int(found) if found == *n), "{element:?} {n}");
        }
        for score in [0.0, 1.5, -3.0, 1e300, f64::INFINITY, f64::NEG_INFINITY, 9007199254740993.0, 0.1] {
            let mut pack = Pack::default();
            pack.push(Element::of_score(score));
            assert_eq!(pack.read(pack.start()).map(|(element, _)| element.score()), Some(score));
        }
    }

    #[test]
    fn a_small_integer_takes_two_bytes() {
        let mut pack = Pack::default();
        for n in 0..100 {
            pack.push(Element::Int(n));
        }
        assert_eq!(pack.size(), 200);
    }
}
