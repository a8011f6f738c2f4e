//! All keys, on top of whatever is shown.

mod view;

pub use view::{Place, draw};
