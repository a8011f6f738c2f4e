//! The wire: values of RESP2 and RESP3, how they are written and read, and how a typed line becomes arguments.
//!
//! This room knows no command: to it `GET` is three bytes.

mod value;

mod escape;
mod split;

mod decode;
mod encode;
mod part;

mod command;

mod brief;

pub use brief::brief;
pub use command::{CommandDecoder, CommandLimits};
pub use decode::{DecodeError, Decoded, Limits, Scanner, decode_value};
pub use encode::{encode_bulk, encode_command, encode_head, encode_integer, encode_value, format_double, format_g17};
pub use escape::{printable, push_quoted, quoted};
pub use part::{Part, Parts};
pub use split::{SplitError, Word, split_bytes, split_line, split_words};
pub use value::{Protocol, Value};
