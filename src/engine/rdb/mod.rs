//! Redis's format of dumps (RDB): values, payloads and whole files as bytes. Pure functions; nothing is opened here.
//!
//! What is written is what Redis 7.0 writes (version 10 of the format); only where fields of hashes expire, which 7.0
//! does not know, it is what Redis 7.4 writes (version 12). What is read is what any version up to 8.0 wrote.

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
