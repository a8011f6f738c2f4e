//! Replies, keys, diffs, code and Markdown as neutral styled lines (no ratatui type).

mod line;

mod wrap;

mod measure;

mod units;

mod chart;

mod highlight;

mod command;
mod reply;

mod change;
mod key;

mod markdown;

pub use change::change;
pub use chart::{chart, number};
pub use command::{command, typed};
pub use highlight::Highlighter;
pub use key::{key, key_title};
pub use line::{Line, Span, Tone};
pub use markdown::{Code, markdown};
pub use measure::{duration_text, elapsed_text};
pub use reply::reply;
pub use units::{clock, elapsed_short, ratio, thousands, ttl};
pub use wrap::{cut, width, wrap, wrap_all};
