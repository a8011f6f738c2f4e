//! One key as a person sees it; snapshots of a keyspace; typed diffs.

mod view;

mod diff;

mod fetch;

mod inspector;

pub use diff::compare;
pub use inspector::Inspector;
pub use view::{Change, Content, KeyChange, KeyView};
