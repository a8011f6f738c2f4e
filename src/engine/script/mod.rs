//! Lua scripts: an interpreter that holds nothing between two scripts but its libraries, and what `redis.call` does.

mod raise;

mod bits;
mod json;
mod msgpack;
mod random;
mod structs;

mod convert;

mod library;

mod budget;

mod session;

mod redis;

mod sandbox;

mod machine;

mod functions;

pub use machine::Machine;
