//! What `exec` and lines from a pipe print, beside what redis-cli prints: the same bytes.

mod forms;
mod mass;
mod options;
mod side;
