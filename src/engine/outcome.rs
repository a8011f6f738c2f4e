//! What a handler answers: a reply, or work for the floor above.

use std::sync::Arc;

use bytes::Bytes;

use crate::resp::Value;

use super::error::Error;
use super::libraries::Library;
use super::time::Time;
use super::types::Blob;

/// What a handler gives back. An [`Error`] is a reply like any other.
pub type Answer = Result<Outcome, Error>;

/// A reply, or what the floor above has to do: a handler cannot call dispatch.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The reply.
    Reply(Value),
    /// The reply, a short bulk string, which has no memory of its own.
    Text(Blob),
    /// The reply in bytes, which only a caller gets who asks for them: see [`super::sheet::Sheet`].
    Written(Vec<u8>),
    /// Several replies to one command: what SUBSCRIBE sends, one for each channel.
    Replies(Vec<Value>),
    /// Nothing can be answered yet: wait for one of the keys.
    Block(Box<Block>),
    /// EXEC: run what was queued.
    Exec(Vec<Vec<Bytes>>),
    /// EVAL and its kin: run a script.
    Script(Box<ScriptCall>),
    /// FUNCTION LOAD and FUNCTION RESTORE: load libraries.
    Libraries(LibraryCall),
    /// FCALL and FCALL_RO: call a function.
    Function(FunctionCall),
    /// QUIT: reply, then close the connection.
    Close(Value),
}

/// What a blocking command waits for.
#[derive(Clone, Debug)]
pub struct Block {
    /// The keys, in the order of the command.
    pub keys: Vec<Bytes>,
    /// When it gives up; `None`: never.
    pub deadline: Option<Time>,
    /// What it is answered then.
    pub on_timeout: Value,
    /// The command that runs when a key is ready, where it is not the one that was sent: `$` of XREAD is the last id
    /// of the moment in which the waiting began.
    pub argv: Option<Vec<Bytes>>,
}

impl Block {
    /// Waiting for one of `keys`; in vain it is answered with the null array.
    pub fn on(keys: Vec<Bytes>, deadline: Option<Time>) -> Block {
        Block { keys, deadline, on_timeout: Value::NullArray, argv: None }
    }
}

/// A script to run.
#[derive(Clone, Debug)]
pub struct ScriptCall {
    /// Its SHA-1.
    pub sha: String,
    /// Its source.
    pub source: Bytes,
    /// `KEYS`
    pub keys: Vec<Bytes>,
    /// `ARGV`
    pub args: Vec<Bytes>,
    /// Whether writing is refused (EVAL_RO).
    pub read_only: bool,
    /// SCRIPT LOAD: it is only compiled and remembered.
    pub only_load: bool,
}

/// What becomes of libraries that are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// FUNCTION LOAD: a library of the same name is replaced, or is an error.
    Load {
        /// Whether it is replaced.
        replace: bool,
    },
    /// FUNCTION RESTORE APPEND: a library of the same name is an error.
    Append,
    /// FUNCTION RESTORE REPLACE: one of the same name is replaced.
    Replace,
    /// FUNCTION RESTORE FLUSH: all are removed.
    Flush,
}

/// Libraries to load.
#[derive(Clone, Debug)]
pub struct LibraryCall {
    /// Their sources.
    pub sources: Vec<Bytes>,
    /// What becomes of others.
    pub policy: Policy,
}

/// A function to call.
#[derive(Clone, Debug)]
pub struct FunctionCall {
    /// Its library.
    pub library: Arc<Library>,
    /// Its place there.
    pub place: usize,
    /// The command that calls it.
    pub command: Vec<Bytes>,
    /// Its keys.
    pub keys: Vec<Bytes>,
    /// Its other arguments.
    pub args: Vec<Bytes>,
    /// Whether writing is refused (FCALL_RO).
    pub read_only: bool,
}

impl From<Value> for Outcome {
    fn from(value: Value) -> Outcome {
        Outcome::Reply(value)
    }
}

/// Short ways to answer, so that a handler's last line reads as its reply.
pub mod reply {
    use super::{Answer, Blob, Bytes, Outcome, Value};

    /// Any value.
    pub fn value(value: Value) -> Answer {
        Ok(Outcome::Reply(value))
    }
    /// `+OK`
    pub fn ok() -> Answer {
        value(Value::ok())
    }
    /// An integer.
    pub fn integer(n: i64) -> Answer {
        value(Value::Integer(n))
    }
    /// A count.
    pub fn count(n: usize) -> Answer {
        value(Value::Integer(i64::try_from(n).unwrap_or(i64::MAX)))
    }
    /// 1 or 0.
    pub fn flag(yes: bool) -> Answer {
        value(Value::Integer(i64::from(yes)))
    }
    /// A bulk string.
    pub fn bulk(bytes: impl Into<Bytes>) -> Answer {
        value(Value::Bulk(bytes.into()))
    }
    /// A bulk string, or null.
    pub fn maybe(bytes: Option<impl Into<Bytes>>) -> Answer {
        value(bytes.map_or(Value::Null, Value::bulk))
    }
    /// A bulk string that is copied from where it lies.
    pub fn text(bytes: &[u8]) -> Answer {
        if bytes.len() <= Blob::INLINE {
            Ok(Outcome::Text(Blob::new(bytes)))
        } else {
            bulk(Bytes::copy_from_slice(bytes))
        }
    }
    /// The null of a single value.
    pub fn null() -> Answer {
        value(Value::Null)
    }
    /// The null of an array.
    pub fn null_array() -> Answer {
        value(Value::NullArray)
    }
    /// An array.
    pub fn array(items: Vec<Value>) -> Answer {
        value(Value::Array(items))
    }
    /// A simple string.
    pub fn simple(text: &'static str) -> Answer {
        value(Value::simple(text))
    }
}
