//! One key as a person sees it; snapshots of a keyspace; typed diffs.

mod view;

pub use view::{Change, Content, KeyChange, KeyView};
