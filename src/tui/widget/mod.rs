//! Small things that are drawn in more than one place.

mod bar;

mod pane;

mod strip;

mod overlay;

mod scroll;

mod hits;

mod small;

pub use bar::{meter, shares, spark};
pub use hits::Hits;
pub use overlay::overlay;
pub use pane::{Desktop, divider, pane};
pub use scroll::Scroll;
pub use small::too_small;
pub use strip::{key_strip, notice_strip, title_strip};
