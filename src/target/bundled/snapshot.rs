//! The bundled server at one moment, to go back to.

use crate::engine::{Client, ClientId, Engine, Time};
use crate::resp::Value;

use super::hub::{Bundled, Hub};

/// What a call is answered whose command is undone while it waits.
const UNDONE: &str = "UNBLOCKED the server was put back to a moment before this command";

/// The bundled server at one moment: data, clients, clock.
#[derive(Clone, Debug)]
pub struct Snapshot {
    engine: Engine,
    now: Time,
}

impl Bundled {
    /// The server as it is now.
    pub fn snapshot(&self) -> Snapshot {
        self.with_hub(|hub| Snapshot { engine: hub.engine.clone(), now: hub.clock.now() })
    }

    /// Puts the server back to a moment, its clock too: what has expired since is there again, with its TTL.
    ///
    /// Connections stay as they are now: those that were made since are kept, those that were closed since stay closed.
    /// A call that waits on a command of a later moment is answered with an error.
    pub fn restore(&self, snapshot: &Snapshot) {
        self.with_hub(|hub| {
            let later = std::mem::replace(&mut hub.engine, snapshot.engine.clone());
            hub.clock.set(snapshot.now);
            hub.keep_connections(&later);
        });
    }
}

impl Hub {
    fn keep_connections(&mut self, later: &Engine) {
        let gone: Vec<ClientId> =
            self.engine.state().clients.keys().filter(|id| !self.mailboxes.contains_key(id)).copied().collect();
        for id in gone {
            self.engine.disconnect(id);
        }
        let ids: Vec<ClientId> = self.mailboxes.keys().copied().collect();
        for id in ids {
            self.keep_connection(id, later);
        }
        let state = self.engine.state_mut();
        state.next_client = state.next_client.max(later.state().next_client);
        state.next_ticket = state.next_ticket.max(later.state().next_ticket);
    }

    fn keep_connection(&mut self, id: ClientId, later: &Engine) {
        let Some(now) = later.state().clients.get(&id) else { return };
        if !self.engine.state().clients.contains_key(&id) {
            self.engine.state_mut().clients.insert(id, newcomer(now));
        }
        let ticket = |engine: &Engine| Some(engine.state().clients.get(&id)?.blocked.as_ref()?.ticket);
        let (before, after) = (ticket(&self.engine), ticket(later));
        if before == after {
            return;
        }
        if before.is_some() {
            self.engine.state_mut().unblock(id);
        }
        if let Some(waiting) = self.mailboxes.get_mut(&id).and_then(|mailbox| mailbox.waiting.take()) {
            let _ = waiting.send(Value::error(UNDONE));
        }
    }
}

/// A connection that was made since: what it had done to data is undone, so it starts anew.
fn newcomer(client: &Client) -> Client {
    let mut fresh = Client::new(client.id, client.addr.clone(), client.since);
    fresh.name = client.name.clone();
    fresh.laddr = client.laddr.clone();
    fresh.db = client.db;
    fresh.protocol = client.protocol;
    fresh.user = client.user.clone();
    fresh.authenticated = client.authenticated;
    fresh
}
