//! Course, lesson, step, check, hint, progress.

mod progress;

mod store;

pub use progress::{LessonProgress, Progress, Unreadable};
pub use store::Store;
