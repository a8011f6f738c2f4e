//! Replies as redis-cli prints them, byte for byte, in each of its forms.

mod style;

mod people;

mod csv;
mod json;
mod raw;

mod print;

pub use print::{formatted, print_push, print_reply, printed, pushed, raw_by_default};
pub use style::{Form, Style};
