//! How long commands took, as whoever calls the engine reports it: the engine itself looks at no clock.

mod histogram;
mod latency;
mod slowlog;

mod record;

pub use histogram::Histogram;
pub use latency::Series;
pub use record::{Measures, Rules, Sample};
pub use slowlog::SlowCommand;
