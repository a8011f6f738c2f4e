//! Strings.

mod until;

pub mod bytes;
pub mod count;
pub mod lcs;
pub mod set;
