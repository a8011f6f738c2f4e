//! Lua scripts: an interpreter that holds nothing between two scripts but its libraries, and what `redis.call` does.

mod header;
mod raise;

mod bits;
mod json;
mod msgpack;
mod random;
mod structs;

mod convert;

mod session;

mod redis;

mod sandbox;

mod machine;

pub use machine::Machine;
