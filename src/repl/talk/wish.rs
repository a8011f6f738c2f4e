//! What a conversation is asked to be like.

use std::time::Duration;

use crate::report::Style;
use crate::target::{Endpoint, TargetSpec};

/// Where commands go.
#[derive(Clone, Debug)]
pub enum Open {
    /// To a server.
    Server(Endpoint),
    /// To the bundled engine.
    Bundled(TargetSpec),
}

/// Which protocol is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// What connections start with: RESP2.
    #[default]
    Resp2,
    /// RESP3, or no conversation.
    Resp3,
    /// RESP3 where the server knows it.
    Resp3IfKnown,
}

/// What a conversation is asked to be like.
#[derive(Clone, Debug)]
pub struct TalkWish {
    /// Where commands go.
    pub open: Open,
    /// The database to begin with.
    pub database: i64,
    /// Which protocol.
    pub dialect: Dialect,
    /// How replies are printed.
    pub style: Style,
    /// Whether pushes that nobody waits for are printed.
    pub pushes: bool,
    /// The pause after each run of a command.
    pub interval: Duration,
    /// Whether an error reply ends it, with the exit status that says so.
    pub fail_on_error: bool,
    /// Whether lines come one after the other: then a lost connection is made again, and slow commands are timed.
    pub lines: bool,
    /// What connections to the bundled engine are called.
    pub name: &'static str,
}
