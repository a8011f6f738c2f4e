//! The library `cjson`: JSON, as lua-cjson 2.1 writes and reads it.

mod settings;

mod decode;
mod encode;

mod library;

pub use library::table;
pub use settings::Shared;
