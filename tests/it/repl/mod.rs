//! What `exec` and lines from a pipe print, beside what redis-cli prints: the same bytes.

mod forms;
mod guard;
mod keys;
mod mass;
mod options;
mod side;
