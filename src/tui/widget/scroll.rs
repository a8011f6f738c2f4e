//! How far a pane is scrolled.

use std::cell::Cell;

/// A scroll position that is kept within what there is to see. The view tells how much that is while it draws.
#[derive(Clone, Debug, Default)]
pub struct Scroll {
    offset: Cell<usize>,
    most: Cell<usize>,
    page: Cell<usize>,
}

impl Scroll {
    /// The offset for `rows` rows in a pane of `height`; remembers both for the next key.
    pub fn fit(&self, rows: usize, height: usize) -> usize {
        self.most.set(rows.saturating_sub(height));
        self.page.set(height.saturating_sub(1).max(1));
        self.offset.set(self.offset.get().min(self.most.get()));
        self.offset.get()
    }

    /// Whether more is hidden behind the end.
    pub fn more(&self) -> bool {
        self.offset.get() < self.most.get()
    }

    /// Moves by pages, forward or back.
    pub fn pages(&self, by: isize) {
        let step = self.page.get().max(1);
        self.lines(by.saturating_mul(isize::try_from(step).unwrap_or(1)));
    }

    /// Moves by lines, forward or back.
    pub fn lines(&self, by: isize) {
        self.offset.set(self.offset.get().saturating_add_signed(by).min(self.most.get()));
    }

    /// Back to the start.
    pub fn reset(&self) {
        self.offset.set(0);
    }
}
