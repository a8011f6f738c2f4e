//! The race lab's state.

use std::cell::Cell;

use crate::lab::{ContrastView, RaceView, VariantReport};
use crate::session::{RaceFault, RaceProgress};

use super::super::super::part::{Editor, Page};
use super::super::super::widget::{Hits, Scroll};

/// The letters of the clients. `e` explores, so it is nobody's.
pub const LETTERS: [char; 6] = ['a', 'b', 'c', 'd', 'f', 'g'];

/// Something that can be clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A client, in its lane or where its next step stands.
    Client(usize, usize),
    /// A fault.
    Fault(usize, usize),
    /// A row of a path: so many steps are taken there.
    Step(usize, usize),
    /// An outcome.
    Outcome(usize, usize),
    /// A listed schedule.
    Listed(usize, usize),
    /// A variant's tab.
    Tab(usize),
    /// The lanes of a variant: where the wheel scrolls the path.
    Lanes(usize),
    /// What exploring found: where the wheel scrolls that.
    Found,
    /// A line of the text that is edited, and how far it is scrolled to the side.
    Text(usize, usize),
}

/// A text of the scenario that is being edited.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// The text.
    pub page: Page,
    /// The scenario's id.
    pub id: String,
    /// What is wrong with it.
    pub faults: Vec<RaceFault>,
    /// Whether it was changed since it was accepted.
    pub changed: bool,
    /// Whether it was accepted and nothing was changed since.
    pub accepted: bool,
    /// The first line that is seen, and the first column.
    pub top: Cell<usize>,
    /// The first column that is seen.
    pub left: Cell<usize>,
}

/// A place to save at is asked for.
#[derive(Clone, Debug, Default)]
pub struct Save {
    /// The path.
    pub path: Editor,
    /// A file is there: whether it may be replaced is asked.
    pub exists: bool,
    /// Whether the text is saved that is being edited, accepted or not.
    pub draft: bool,
}

/// What was asked of the session and is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The text, to be edited here.
    Edit,
    /// The text, to be edited in another program.
    Outside,
    /// A place to save at.
    Save,
}

/// What the race lab knows.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The race as it stands, in the variant that is in the focus.
    pub view: Option<RaceView>,
    /// The other variants as they stand, by their place.
    pub beside: Vec<Option<RaceView>>,
    /// What exploring found, by variant.
    pub reports: Vec<Option<VariantReport>>,
    /// How far exploring has come, by variant.
    pub progress: Vec<Option<RaceProgress>>,
    /// Exploring goes on.
    pub exploring: bool,
    /// Which of the outcomes, then of the listed schedules, is selected.
    pub selected: usize,
    /// Whether the variants are stepped each by itself.
    pub apart: bool,
    /// Whether only one variant is shown, however much room there is.
    pub alone: bool,
    /// Whether the scenario's text is shown.
    pub reading: bool,
    /// Whether all keys are shown.
    pub keys: bool,
    /// A schedule that is being typed.
    pub replay: Option<Editor>,
    /// A failing schedule beside one that holds.
    pub contrast: Option<ContrastView>,
    /// The text that is or was edited.
    pub edit: Option<Edit>,
    /// Whether the editor is open.
    pub editing: bool,
    /// The file that is to be saved.
    pub save: Option<Save>,
    /// What is waited for.
    pub asked: Option<Asked>,
    /// How far the steps are scrolled back from where they stand.
    pub back: Scroll,
    /// How far the outcomes are scrolled.
    pub below: Scroll,
    /// How far what lies on top is scrolled.
    pub over: Scroll,
    /// Whether there is room for the editor beside the race.
    pub roomy: Cell<bool>,
    /// What lies where.
    pub hits: Hits<Hit>,
}

impl State {
    /// What exploring found about the variant that is in the focus.
    pub fn report(&self) -> Option<&VariantReport> {
        self.report_of(self.focus())
    }

    /// What exploring found about a variant.
    pub fn report_of(&self, variant: usize) -> Option<&VariantReport> {
        self.reports.get(variant)?.as_ref()
    }

    /// The variant in the focus.
    pub fn focus(&self) -> usize {
        self.view.as_ref().map_or(0, |view| view.variant)
    }

    /// How many variants there are.
    pub fn variants(&self) -> usize {
        self.view.as_ref().map_or(0, |view| view.variants.len())
    }

    /// A variant as it stands.
    pub fn view_of(&self, variant: usize) -> Option<&RaceView> {
        match &self.view {
            Some(view) if view.variant == variant => Some(view),
            _ => self.beside.get(variant)?.as_ref(),
        }
    }

    /// Whether letters are text and not keys of their own.
    pub fn is_typing(&self) -> bool {
        self.replay.is_some() || self.editing || self.save.is_some()
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

    /// The client that a letter stands for.
    pub fn client(&self, key: char) -> Option<usize> {
        let count = self.view.as_ref()?.clients.len();
        LETTERS.iter().position(|letter| *letter == key).filter(|at| *at < count)
    }

    /// How many outcomes and listed schedules can be selected.
    pub fn selectable(&self) -> (usize, usize) {
        self.report().map_or((0, 0), |report| (report.outcomes.len(), report.listed.len()))
    }
}
