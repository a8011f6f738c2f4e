//! Replies, keys, diffs, code and Markdown as neutral styled lines (no ratatui type).

mod line;
mod measure;

pub use line::{Line, Span, Tone};
pub use measure::{duration_text, elapsed_text};
