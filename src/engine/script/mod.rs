//! Lua scripts.

use super::client::ClientId;
use super::outcome::ScriptCall;
use super::state::State;
use super::time::Time;
use crate::resp::Value;

/// Runs a script to its end.
pub fn run(_state: &mut State, _id: ClientId, _call: &ScriptCall, _now: Time) -> Value {
    Value::error("ERR not yet")
}
