//! Packs in a row: what a long list is made of.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;

use super::element::Element;
use super::pack::Pack;

/// Most bytes that the elements of a pack take, unless one alone takes more.
const PACK: usize = 8192;

/// One of the two ends of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The head.
    Left,
    /// The tail.
    Right,
}

/// Whether there is room in a pack for one more element.
pub fn has_room(pack: &Pack, element: &[u8]) -> bool {
    pack.len() == 0 || pack.size() + element.len() + 8 <= PACK
}

/// Adds an element at an end of a pack.
pub fn push(pack: &mut Pack, end: End, element: &[u8]) {
    let at = if end == End::Left { pack.start() } else { pack.end() };
    pack.insert(at, Element::of(element));
}

/// Takes the element at an end of a pack.
pub fn pop(pack: &mut Pack, end: End) -> Option<Bytes> {
    let at = if end == End::Left { Some(pack.start()) } else { pack.before(pack.end()) }?;
    let (element, next) = pack.read(at)?;
    let element = element.item().to_bytes();
    pack.remove(at, next, 1);
    Some(element)
}

/// Keeps the elements of a pack at some places.
pub fn keep(pack: &mut Pack, places: Range<usize>) {
    let (len, end) = (pack.len(), pack.offset(places.end));
    if places.end < len {
        pack.remove(end, pack.end(), len - places.end);
    }
    if places.start > 0 {
        pack.remove(pack.start(), pack.offset(places.start), places.start.min(pack.len()));
    }
}

/// Removes the elements of a pack that equal `element`, up to `most` of them from an end; how many there were.
pub fn remove(pack: &mut Pack, element: &[u8], from: End, most: usize) -> usize {
    let equal = pack.iter().filter(|(_, found)| *found.item() == *element).count();
    let gone = equal.min(most);
    if gone == 0 {
        return 0;
    }
    // Of those that are equal, the first ones stay, or the last ones.
    let (mut met, mut kept) = (0, Pack::default());
    for (_, found) in pack.iter() {
        if *found.item() == *element {
            met += 1;
            let goes = if from == End::Left { met <= gone } else { met > equal - gone };
            if goes {
                continue;
            }
        }
        kept.push(found);
    }
    *pack = kept;
    gone
}

/// Packs of elements, none of which is empty.
#[derive(Clone, Debug)]
pub struct Packs {
    packs: VecDeque<Pack>,
    len: usize,
}

impl Packs {
    /// A row of one pack.
    pub fn new(mut pack: Pack) -> Packs {
        let len = pack.len();
        pack.fit();
        Packs { packs: VecDeque::from([pack]), len }
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// A pack.
    pub fn get(&self, at: usize) -> Option<&Pack> {
        self.packs.get(at)
    }

    /// The pack in which a place lies, and the place within it; the end of the list is that of the last pack.
    pub fn locate(&self, place: usize) -> (usize, usize) {
        if place < self.len / 2 {
            let mut before = 0;
            for (at, pack) in self.packs.iter().enumerate() {
                if place < before + pack.len() {
                    return (at, place - before);
                }
                before += pack.len();
            }
        }
        let mut behind = self.len;
        for (at, pack) in self.packs.iter().enumerate().rev() {
            behind -= pack.len();
            if place >= behind {
                return (at, place - behind);
            }
        }
        (0, 0)
    }

    fn outermost(&mut self, end: End) -> Option<&mut Pack> {
        if end == End::Left { self.packs.front_mut() } else { self.packs.back_mut() }
    }

    /// Adds an element at an end.
    pub fn push(&mut self, end: End, element: &[u8]) {
        self.len += 1;
        match self.outermost(end) {
            Some(pack) if has_room(pack, element) => push(pack, end, element),
            full => {
                // What is full is likely to stay as it is for long.
                full.into_iter().for_each(Pack::fit);
                let mut pack = Pack::default();
                push(&mut pack, end, element);
                if end == End::Left { self.packs.push_front(pack) } else { self.packs.push_back(pack) }
            }
        }
    }

    /// Takes the element at an end.
    pub fn pop(&mut self, end: End) -> Option<Bytes> {
        let pack = self.outermost(end)?;
        let element = pop(pack, end)?;
        if pack.len() == 0 {
            if end == End::Left {
                self.packs.pop_front()
            } else {
                self.packs.pop_back()
            };
        }
        self.len -= 1;
        Some(element)
    }

    fn insert(&mut self, place: usize, element: &[u8]) {
        let (at, within) = self.locate(place);
        let Some(pack) = self.packs.get_mut(at) else { return };
        self.len += 1;
        if has_room(pack, element) {
            pack.insert(pack.offset(within), Element::of(element));
            return;
        }
        // The pack is cut in two; the element goes to the half that has room, or between them.
        let behind = pack.split_off(pack.offset(within), within);
        let mut parts = vec![std::mem::take(pack), Pack::default(), behind];
        let to = [0, 2].into_iter().find(|n| parts[*n].len() > 0 && has_room(&parts[*n], element)).unwrap_or(1);
        push(&mut parts[to], if to == 0 { End::Right } else { End::Left }, element);
        self.packs.remove(at);
        for part in parts.into_iter().rev().filter(|part| part.len() > 0) {
            self.packs.insert(at, part);
        }
    }

    /// Replaces the element at a place.
    pub fn set(&mut self, place: usize, element: &[u8]) {
        let (at, within) = self.locate(place);
        let Some(pack) = self.packs.get_mut(at) else { return };
        let offset = pack.offset(within);
        if pack.len() == 1 || has_room(pack, element) {
            return pack.replace(offset, Element::of(element));
        }
        if let Some((_, next)) = pack.read(offset) {
            pack.remove(offset, next, 1);
            self.len -= 1;
            self.insert_or_push(place, element);
        }
    }

    /// Adds an element before the one at a place, or at the end.
    pub fn insert_or_push(&mut self, place: usize, element: &[u8]) {
        if place < self.len { self.insert(place, element) } else { self.push(End::Right, element) }
    }

    /// Removes all elements but those at some places.
    pub fn keep(&mut self, places: Range<usize>) {
        while let Some(pack) = self.packs.back_mut()
            && self.len > places.end
        {
            let gone = pack.len().min(self.len - places.end);
            keep(pack, 0..pack.len() - gone);
            self.len -= gone;
            self.packs.pop_back_if(|pack| pack.len() == 0);
        }
        let mut left = places.start.min(self.len);
        while let Some(pack) = self.packs.front_mut()
            && left > 0
        {
            let gone = pack.len().min(left);
            keep(pack, gone..pack.len());
            left -= gone;
            self.len -= gone;
            self.packs.pop_front_if(|pack| pack.len() == 0);
        }
    }

    /// Removes up to `most` elements that equal `element`, searched from an end; how many there were.
    pub fn remove(&mut self, element: &[u8], from: End, most: usize) -> usize {
        let mut removed = 0;
        let count = self.packs.len();
        for n in 0..count {
            let at = if from == End::Left { n } else { count - 1 - n };
            removed += remove(&mut self.packs[at], element, from, most - removed);
            if removed == most {
                break;
            }
        }
        self.packs.retain(|pack| pack.len() > 0);
        self.len -= removed;
        removed
    }
}
