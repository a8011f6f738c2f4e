//! A lesson's state.

use crate::lesson::Mastery;
use crate::session::{LessonCard, StepCard, Task, Unmet};

use super::super::super::part::Desk;
use super::super::super::widget::Scroll;
use super::super::{compare, race};

/// A hint that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Which, from 1.
    pub rung: usize,
    /// How many there are.
    pub of: usize,
    /// Its text.
    pub text: String,
}

/// An answer to a prediction or a quiz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was chosen.
    pub chosen: usize,
    /// What is right.
    pub right: usize,
    /// Why.
    pub because: String,
}

/// The panes that can be focused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// Text and task.
    #[default]
    Text,
    /// The commands; the lanes of a comparison; a race.
    Work,
    /// Keys and latency.
    Keys,
}

/// What a lesson knows.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Prompt, log, keys, times.
    pub desk: Desk,
    /// The table of contents.
    pub card: Option<LessonCard>,
    /// Which step is shown.
    pub index: usize,
    /// The step.
    pub step: Option<StepCard>,
    /// Which steps are known to be met.
    pub met: Vec<bool>,
    /// The hints that were shown in this step.
    pub hints: Vec<Hint>,
    /// Why the step is not met, after the last command.
    pub unmet: Option<Unmet>,
    /// The author's solution, once the step is met.
    pub solution: Vec<String>,
    /// The answer that was given.
    pub answer: Option<Answer>,
    /// Which choice is selected.
    pub choice: usize,
    /// The comparison of this step.
    pub compare: Option<compare::State>,
    /// The race of this step.
    pub race: Option<race::State>,
    /// Whether the race hears the keys.
    pub racing: bool,
    /// Whether the whole lesson is finished.
    pub completed: bool,
    /// What was typed beside what the author needs, once all is done.
    pub mastery: Option<Mastery>,
    /// Which client types.
    pub client: usize,
    /// Which pane scrolls.
    pub pane: Pane,
    /// Whether the focused pane is alone.
    pub alone: bool,
    /// How far the text is scrolled.
    pub text: Scroll,
}

impl State {
    /// Whether the step that is shown is met.
    pub fn is_met(&self) -> bool {
        self.met.get(self.index).copied().unwrap_or(false)
    }

    /// The names of the lesson's clients.
    pub fn clients(&self) -> &[String] {
        self.card.as_ref().map(|card| card.clients.as_slice()).unwrap_or_default()
    }

    /// How many steps there are.
    pub fn count(&self) -> usize {
        self.card.as_ref().map_or(0, |card| card.steps.len())
    }

    /// Whether this is the last step.
    pub fn is_last(&self) -> bool {
        self.index + 1 >= self.count()
    }

    /// The choices that wait for an answer.
    pub fn choices(&self) -> &[String] {
        match self.step.as_ref().map(|step| &step.task) {
            Some(Task::Predict { choices, .. } | Task::Quiz { choices, .. }) if self.answer.is_none() => choices,
            _ => &[],
        }
    }

    /// Whether the step is of a kind that is started: a comparison, a jump.
    pub fn can_start(&self) -> bool {
        let task = self.step.as_ref().map(|step| &step.task);
        matches!(task, Some(Task::Compare { .. } | Task::Advance { .. }))
    }
}
