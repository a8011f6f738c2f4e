//! Places on the earth, kept in sorted sets.

mod number;

pub mod places;

mod request;
pub mod search;
