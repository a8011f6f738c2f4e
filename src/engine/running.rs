//! The script or the function that is running.

use bytes::Bytes;

use super::error::Error;
use super::time::Time;

/// What is known of it while it runs. Source: Redis's `scriptRunCtx`.
#[derive(Clone, Debug)]
pub struct Running {
    /// The function; `None`: a script runs.
    pub function: Option<RunningFunction>,
    /// When it began.
    pub since: Time,
    /// Whether it has called a command that writes.
    pub has_written: bool,
    /// Whether it has gone on for longer than `busy-reply-threshold`: others are told BUSY.
    pub is_busy: bool,
    /// Whether it is to end.
    pub is_killed: bool,
}

/// A function that runs.
#[derive(Clone, Debug)]
pub struct RunningFunction {
    /// Its name.
    pub name: Bytes,
    /// The command that called it.
    pub command: Vec<Bytes>,
}

const SCRIPT_BUSY: Error =
    Error::fixed("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.");
const FUNCTION_BUSY: Error =
    Error::fixed("BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.");
const NOT_BUSY: Error = Error::fixed("NOTBUSY No scripts in execution right now.");
const UNKILLABLE: Error = Error::fixed(
    "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script \
     termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.",
);

impl Running {
    /// A run that begins.
    pub fn new(function: Option<RunningFunction>, since: Time) -> Running {
        Running { function, since, has_written: false, is_busy: false, is_killed: false }
    }

    /// For how long it has gone on, in milliseconds.
    pub fn passed_ms(&self, now: Time) -> u64 {
        now.us().saturating_sub(self.since.us()).max(0).unsigned_abs() / 1000
    }

    /// What others are told meanwhile.
    pub fn busy_error(&self) -> Error {
        if self.function.is_some() { FUNCTION_BUSY } else { SCRIPT_BUSY }
    }

    /// SCRIPT KILL, or FUNCTION KILL where `function` is set.
    ///
    /// # Errors
    /// If nothing runs, if it has written, or if it is of the other kind.
    pub fn kill(running: &mut Option<Running>, function: bool) -> Result<(), Error> {
        let running = running.as_mut().ok_or(NOT_BUSY)?;
        if running.has_written {
            return Err(UNKILLABLE);
        }
        if running.function.is_some() != function {
            return Err(running.busy_error());
        }
        running.is_killed = true;
        Ok(())
    }
}
