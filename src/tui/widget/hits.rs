//! What lies where on the screen, for the mouse. The view notes it while it draws.

use std::cell::RefCell;

use ratatui::layout::{Position, Rect};

/// Places that can be clicked; what was noted last lies on top.
#[derive(Clone, Debug)]
pub struct Hits<T> {
    spots: RefCell<Vec<(Rect, T)>>,
}

impl<T> Default for Hits<T> {
    fn default() -> Hits<T> {
        Hits { spots: RefCell::default() }
    }
}

impl<T: Copy> Hits<T> {
    /// Forgets all places: a new frame is drawn.
    pub fn clear(&self) {
        self.spots.borrow_mut().clear();
    }

    /// Notes a place.
    pub fn add(&self, area: Rect, what: T) {
        self.spots.borrow_mut().push((area, what));
    }

    /// What lies on top at a place, of those that are wanted, and where it begins.
    pub fn find(&self, x: u16, y: u16, wanted: impl Fn(&T) -> bool) -> Option<(Rect, T)> {
        let spots = self.spots.borrow();
        let hit = |(area, what): &&(Rect, T)| area.contains(Position { x, y }) && wanted(what);
        spots.iter().rev().find(hit).copied()
    }
}
