//! Replies, keys, diffs, code and Markdown as neutral styled lines (no ratatui type).

mod line;

pub use line::{Line, Span, Tone};
