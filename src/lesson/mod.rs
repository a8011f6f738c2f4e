//! Course, lesson, step, check, hint, progress.

mod words;

mod condition;

mod input;

mod model;

mod shape;

mod miss;

mod check;

mod expect;

mod chart;

mod keys;

mod trial;

mod read;

mod prose;

mod lint;

mod mastery;

mod progress;

mod store;

pub use chart::Charted;
pub use check::{Judgement, reply_datum};
pub use expect::{Measured, expectation_miss};
pub use input::{Input, keys_of};
pub use lint::{lint, lint_library};
pub use mastery::{Mastery, Used};
pub use model::{
    Action, Chart, Check, Choice, Compare, Database, Do, Goal, Lane, Lesson, Observed, Predict, Quiz, Race, Step,
};
pub use progress::{LessonProgress, Progress, Unreadable};
pub use prose::shown_of;
pub use read::read;
pub use shape::LESSON;
pub use store::{Store, state_directory};
