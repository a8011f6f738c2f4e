//! The race lab's state.

use crate::lab::{RaceView, VariantReport};

use super::super::super::part::{Busy, Editor};
use super::super::super::widget::Scroll;

/// The letters of the clients. `e` explores, so it is nobody's.
pub const LETTERS: [char; 6] = ['a', 'b', 'c', 'd', 'f', 'g'];

/// What the race lab knows.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The race as it stands.
    pub view: Option<RaceView>,
    /// What exploring found, by variant.
    pub reports: Vec<Option<VariantReport>>,
    /// Which of the listed schedules is selected.
    pub listed: usize,
    /// Whether the scenario's text is shown.
    pub reading: bool,
    /// A schedule that is being typed.
    pub replay: Option<Editor>,
    /// Exploring goes on.
    pub busy: Option<Busy>,
    /// How far the steps are scrolled back from their end.
    pub back: Scroll,
    /// How far the outcomes are scrolled.
    pub below: Scroll,
}

impl State {
    /// What exploring found about the variant that is shown.
    pub fn report(&self) -> Option<&VariantReport> {
        self.reports.get(self.view.as_ref()?.variant)?.as_ref()
    }

    /// The letter of a client.
    pub fn letter(at: usize) -> char {
        LETTERS.get(at).copied().unwrap_or('·')
    }

    /// The fault that a capital letter stands for.
    pub fn fault(&self, key: char) -> Option<usize> {
        let count = self.view.as_ref()?.faults.len();
        ('A'..='U').position(|letter| letter == key).filter(|at| *at < count)
    }

    /// The client that a key stands for: its letter or its number.
    pub fn client(&self, key: char) -> Option<usize> {
        let count = self.view.as_ref()?.clients.len();
        let by_letter = LETTERS.iter().position(|letter| *letter == key);
        let by_number = key.to_digit(10).and_then(|digit| usize::try_from(digit).ok()?.checked_sub(1));
        by_letter.or(by_number).filter(|at| *at < count)
    }
}
