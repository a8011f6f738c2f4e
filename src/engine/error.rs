//! A Redis error is a reply, so it is a value here and never an operating error.

use bytes::Bytes;

use crate::resp::Value;

/// An error reply: its whole line, code first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(pub Bytes);

impl Error {
    /// An error whose line is part of the program.
    pub const fn fixed(line: &'static str) -> Error {
        Error(Bytes::from_static(line.as_bytes()))
    }

    /// An error whose line was put together.
    pub fn new(line: impl Into<String>) -> Error {
        Error(Bytes::from(line.into()))
    }

    /// The text of the line, for messages.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

impl From<Error> for Value {
    fn from(error: Error) -> Value {
        if error.0.iter().any(|byte| is_line_end(*byte)) {
            Value::Error(one_line(&error.0))
        } else {
            Value::Error(error.0)
        }
    }
}

/// Memory is out, and nothing may be evicted.
pub const OUT_OF_MEMORY: Error = Error::fixed("OOM command not allowed when used memory > 'maxmemory'.");

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// An error that shows an argument with line ends: those at its end are dropped, others become spaces.
fn one_line(line: &[u8]) -> Bytes {
    let end = line.iter().rposition(|byte| !is_line_end(*byte)).map_or(0, |at| at + 1);
    line[..end].iter().map(|byte| if is_line_end(*byte) { b' ' } else { *byte }).collect()
}

/// The same where a script or a function is not said to do without.
pub const SCRIPT_OUT_OF_MEMORY: Error =
    Error::fixed("OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'");

/// This server should have another's data, and takes no changes of its own.
pub const READ_ONLY: Error = Error::fixed("READONLY You can't write against a read only replica.");
/// `min-replicas-to-write`
pub const NO_REPLICAS: Error = Error::fixed("NOREPLICAS Not enough good replicas to write.");
/// This server should have another's data, has not, and shows nothing older.
pub const MASTER_DOWN: Error =
    Error::fixed("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.");

/// The last writing in the background has failed, and writes are to stop then.
pub const UNSAVED: Error = Error::fixed(UNSAVED_LINE);
/// The line of [`UNSAVED`].
pub const UNSAVED_LINE: &str = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may \
     modify the data set are disabled, because this instance is configured to report errors during writes if RDB \
     snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.";
/// The same where a script or a function is not said to write nothing.
pub const SCRIPT_UNSAVED: Error = Error::fixed(
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Writable scripts \
     are blocked. Use 'no-writes' flag for read only scripts.",
);

/// A key holds another type than the command works on.
pub const WRONG_TYPE: Error = Error::fixed("WRONGTYPE Operation against a key holding the wrong kind of value");
/// An argument is no option of the command, or one is missing.
pub const SYNTAX: Error = Error::fixed("ERR syntax error");
/// An argument is no 64-bit integer.
pub const NOT_INTEGER: Error = Error::fixed("ERR value is not an integer or out of range");
/// An argument is no double.
pub const NOT_FLOAT: Error = Error::fixed("ERR value is not a valid float");
/// An argument that must not be negative is.
pub const NOT_POSITIVE: Error = Error::fixed("ERR value is out of range, must be positive");
/// The key does not exist, for commands that insist.
pub const NO_SUCH_KEY: Error = Error::fixed("ERR no such key");
/// An index is outside of the collection, for commands that insist.
pub const OUT_OF_RANGE: Error = Error::fixed("ERR index out of range");
