//! Who runs next: each way to choose is a short file.

mod pick;

mod hand;
mod random;
mod replay;
mod round_robin;

pub use hand::Hand;
pub use pick::{Strategy, walk};
pub use random::Random;
pub use replay::Replay;
pub use round_robin::RoundRobin;
