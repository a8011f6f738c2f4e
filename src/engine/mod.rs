//! The bundled Redis: types, keyspace, commands, dispatch.
//!
//! It does no I/O, has no threads, looks at no clock and draws nothing from an unseeded source: time, randomness and
//! order come in as arguments. It can be cloned and compared, so the lab can branch, rewind and memoise.

pub mod types;

mod time;

mod error;

pub mod keyspace;

mod glob;

mod acl;
mod libraries;

mod header;

mod client;
mod clients;
mod register;
mod tracking;
mod measures;
mod doors;

mod settings;

mod disk;
mod aside;
mod replicas;

mod stats;

mod running;

mod state;

mod footprint;

mod fingerprint;

mod called;
mod feed;
mod invalidate;
mod notify;
mod outcome;

mod strtod;

mod rdb;

mod digest;

mod persist;

mod sheet;

mod args;
mod context;

mod row;

mod monitor;

mod commands;

mod dispatch;

mod exchange;

mod busy;

mod script;

mod server;

mod saving;

mod copying;

pub use aside::Missed;
pub use busy::{Busy, Caller, Pump};
pub use called::Called;
pub use client::{Buffers, Client, ClientId, Delivery, REPLY_BUFFER};
pub use commands::{lookup, name_in_capitals, resolve, rows};
pub use copying::Copy;
pub use disk::Request;
pub use dispatch::Usual;
pub use doors::{Doors, OutputLimit, OutputLimits};
pub use error::Error;
pub use glob::matches as glob_matches;
pub use monitor::redacted;
pub use persist::{Loaded, OWN_BYTES, is_own};
pub use row::{Begin, Find, Flags, Group, KeySpec, Row, positions};
pub use saving::Saving;
pub use server::Engine;
pub use settings::Settings;
pub use state::{Journal, State};
pub use stats::{Calls, Stats};
pub use time::Time;
