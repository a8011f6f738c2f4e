//! A client's connection, kept from round to round.

use bytes::Bytes;

use crate::engine::{self, Group};
use crate::program::{Datum, answer};
use crate::resp::{Protocol, Value};
use crate::target::{Connection, LinkError, Target};

/// What a client's connection has been used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Nothing that lasts.
    Plain,
    /// It watches keys.
    Watches,
    /// Something else that lasts: it cannot be used for another round.
    Spent,
}

/// A client's place at the server, kept from round to round.
#[derive(Debug)]
pub struct Seat {
    /// Its connection.
    pub connection: Connection,
    /// Its number, as CLIENT ID tells it.
    pub id: Option<i64>,
    /// What it was used for.
    pub used: Use,
}

impl Seat {
    /// Connects.
    ///
    /// # Errors
    /// The server is not there.
    pub async fn take(target: &Target, name: &str) -> Result<Seat, LinkError> {
        // RESP2: its shapes are those of the step language.
        let mut connection = target.connect(name, Protocol::Resp2).await?;
        let ask = [Bytes::from_static(b"CLIENT"), Bytes::from_static(b"ID")];
        let id = match connection.observe(&[ask.to_vec()]).await?.first() {
            Some(Value::Integer(id)) => Some(*id),
            _ => None,
        };
        Ok(Seat { connection, id, used: Use::Plain })
    }
}

/// Whether a command has this name.
pub fn is(argv: &[Bytes], name: &[u8]) -> bool {
    argv.first().is_some_and(|word| word.eq_ignore_ascii_case(name))
}

/// A reply as the lab has it: what comes in no order that means anything comes sorted.
pub fn told(argv: &[Bytes], reply: Value) -> Result<Datum, String> {
    const UNORDERED: &[&[u8]] = &[b"KEYS", b"SMEMBERS", b"SINTER", b"SUNION", b"SDIFF", b"SPOP"];
    match answer(reply)? {
        Datum::List(items) if UNORDERED.iter().any(|name| is(argv, name)) => {
            let mut items = items.to_vec();
            items.sort();
            Ok(Datum::list(items))
        }
        other => Ok(other),
    }
}

/// What a command does to its connection.
pub fn used_by(argv: &[Bytes]) -> Use {
    let Some(row) = engine::resolve(argv) else { return Use::Plain };
    match (row.group, row.name) {
        (_, "PING" | "ECHO" | "EXEC" | "DISCARD" | "UNWATCH" | "PUBLISH" | "SPUBLISH") => Use::Plain,
        (_, "WATCH") => Use::Watches,
        (Group::Connection | Group::PubSub | Group::Transactions, _) => Use::Spent,
        _ => Use::Plain,
    }
}
