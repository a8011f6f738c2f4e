//! The lab's programs for real: each client a task on a connection of its own, round after round.
//!
//! What is counted, and how many rounds there are, is plain; async is the edge on which the rounds run.

mod statistics;

mod cast;

mod pace;

mod tally;

mod scene;

mod waiting;

mod place;

mod board;
mod seat;

mod player;

mod round;

mod run;

pub use cast::cast;
pub use pace::{MOST_ROUNDS, Pace, Plan};
pub use place::{Place, Places};
pub use player::MOST_JITTER_US as JITTER_US;
pub use run::{Stage, StressError, Watched, Wish, stress};
pub use statistics::{Latency, Share};
pub use tally::{Beside, Ended, Outcome, StressReport, Verdict};
