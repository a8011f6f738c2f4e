//! All data for those that become replicas, and what is done now and then for who listens.

use bytes::Bytes;

use crate::resp::Value;

use super::client::{ClientId, Delivery};
use super::feed;
use super::invalidate;
use super::persist;
use super::replicas::Replica;
use super::server::Engine;
use super::time::Time;

/// All data for a connection, to be written as it is.
#[derive(Debug)]
pub struct Copy {
    /// The connection.
    pub client: ClientId,
    /// Its answer: the length of a file, and the file.
    pub bytes: Vec<u8>,
}

impl Engine {
    /// Whether a connection waits for all data: a glance that comes after each command.
    pub fn wants_copies(&self) -> bool {
        !self.state().replicas.joining.is_empty()
    }

    /// All data for each connection that waits for it. From here on it is sent what changes.
    pub fn take_copies(&mut self, now: Time) -> Vec<Copy> {
        let joining = std::mem::take(&mut self.state_mut().replicas.joining);
        let mut copies = Vec::with_capacity(joining.len());
        for (client, by_psync) in joining {
            let file = persist::save(self.state(), now);
            let state = self.state_mut();
            let mut bytes = Vec::new();
            if by_psync {
                let line = format!("+FULLRESYNC {} {}\r\n", state.run_id(), state.replicas.offset);
                bytes.extend_from_slice(line.as_bytes());
            }
            bytes.extend_from_slice(format!("${}\r\n", file.len()).as_bytes());
            bytes.extend_from_slice(&file);
            state.unblock(client);
            // The stream selects its database anew for whoever has just come.
            state.replicas.db = None;
            state.replicas.sent = Some(now);
            let port = state.replicas.ports.iter().find(|(id, _)| *id == client).map_or(0, |(_, port)| *port);
            let acked = state.replicas.offset;
            state.replicas.online.push(Replica { id: client, port, acked, seen: now });
            copies.push(Copy { client, bytes });
        }
        copies
    }

    /// Tells connections that wait for all data that they do not get it.
    pub fn refuse_copies(&mut self) {
        for (client, _) in std::mem::take(&mut self.state_mut().replicas.joining) {
            let state = self.state_mut();
            state.unblock(client);
            let value = Value::error("ERR only redlab serve has replicas: they come through its port");
            state.outbox.push_back(Delivery { client, value, is_reply: true });
        }
    }

    /// What is to be done now and then: replicas get a sign of life, and what was read by clients that track keys is
    /// forgotten where it is too much.
    pub fn tend(&mut self, now: Time) {
        self.ping_replicas(now);
        let state = self.state_mut();
        if state.tracking.clients > 0 {
            invalidate::limit(state);
            invalidate::finish(state);
        }
    }

    /// Sends replicas a sign of life where nothing else was sent for a while.
    fn ping_replicas(&mut self, now: Time) {
        let state = self.state_mut();
        let period_us = state.settings.replica_ping_s().saturating_mul(1_000_000);
        let since_us = now.us().saturating_sub(state.replicas.sent.map_or(0, |sent| sent.us()));
        if state.replicas.is_on() && since_us >= period_us {
            feed::send(state, &[Bytes::from_static(b"PING")], now);
        }
    }
}
