//! Course, lesson, step, check, hint, progress.
