//! Lesson and scenario files: where they come from, where everything stands in them, and what is wrong with them.
