//! The connections of a session's clients. A lost one is told at once and made again with back-off.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::resp::{Protocol, Value};
use crate::target::{Connection, Target};

use super::event::Event;

/// The first wait before a lost connection is made again; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Where events go. Nobody listening is no error: the session ends by its requests.
#[derive(Clone, Debug)]
pub struct Teller(pub UnboundedSender<Event>);

impl Teller {
    /// Tells one event.
    pub fn tell(&self, event: Event) {
        let _ = self.0.send(event);
    }

    /// Tells that something could not be done.
    pub fn failed(&self, message: impl Into<String>) {
        self.tell(Event::Failed { message: message.into() });
    }
}

/// One client of a session.
#[derive(Debug)]
pub struct Client {
    /// Its name, as CLIENT SETNAME has it.
    pub name: String,
    /// Its connection; `None` while a command or a reconnection has it.
    pub connection: Option<Connection>,
}

/// Makes a connection again, however long it takes, and tells of each attempt that has to wait.
pub async fn reconnect(target: Target, name: String, reason: String, teller: Teller) -> Connection {
    let mut wait = FIRST_WAIT;
    let mut reason = reason;
    loop {
        let retry_in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        teller.tell(Event::LinkLost { reason, retry_in_ms });
        tokio::time::sleep(wait).await;
        match target.connect(&name, Protocol::Resp3).await {
            Ok(connection) => return connection,
            Err(error) => reason = error.to_string(),
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// The pushes that have arrived at an idle connection.
pub fn pushes(connection: &mut Connection) -> Vec<Value> {
    std::iter::from_fn(|| connection.try_push()).collect()
}
