//! Redis's format of dumps (RDB): values, payloads and whole files as bytes. Pure functions; nothing is opened here.
//!
//! What is written is what Redis 7.0 writes (version 10). What is read is what any version up to 7.2 wrote.

mod crc64;
mod kind;
mod lzf;
mod packed;

mod reader;
mod writer;

mod save;

mod stream;

mod load;

mod dump;
mod file;

pub use dump::{dump, dump_functions, restore, restore_functions, verify};
pub use file::{Content, FileReader, Part, write_file};
