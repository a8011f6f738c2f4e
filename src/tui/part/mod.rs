//! The pieces that lessons and the playground share: clock, log, keys, latency, prompt; and the desk that holds them.

mod clock;

mod log;

mod log_view;

mod keys;

mod keys_view;

mod latency;

mod editor;

mod page;

mod prompt;

mod prompt_view;

mod desk;

mod desk_view;

mod side_view;

pub use desk::Desk;
pub use desk_view::{ask, banner, keys_strip, over, progress_line, target_line};
pub use editor::Editor;
pub use log_view::draw_log;
pub use page::{Page, Pressed};
pub use prompt::Typed;
pub use prompt_view::draw_prompt;
pub use side_view::draw_side;
