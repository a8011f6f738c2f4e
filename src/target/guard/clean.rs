//! Removing what redlab created on a live server, and nothing else.

use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;

use crate::resp::{Protocol, Value};

use super::super::connection::Connection;
use super::super::error::LinkError;
use super::super::open::Target;
use super::keys::words;
use super::ledger::Ledger;

/// How many keys are removed in one round trip.
const AT_ONCE: usize = 500;
/// How long a dying process waits for its last clean-up.
const LAST_PATIENCE: Duration = Duration::from_secs(3);

/// Removes the ledger's keys; how many there were. Keys that the server would not remove stay in the ledger.
pub async fn clean_up(ledger: &Ledger, connection: &mut Connection) -> Result<usize, LinkError> {
    let mut removed = 0;
    for keys in ledger.with(|book| book.ours()).chunks(AT_ONCE) {
        // DEL and not UNLINK: servers before Redis 4 and users with few rights have it too.
        let commands: Vec<Vec<Bytes>> = keys.iter().map(|key| words(&[b"DEL", key])).collect();
        let replies = connection.observe(&commands).await?;
        ledger.with(|book| {
            for (key, reply) in keys.iter().zip(replies) {
                if let Value::Integer(count) = reply {
                    removed += usize::try_from(count).unwrap_or(0);
                    book.forget(key);
                }
            }
        });
    }
    Ok(removed)
}

/// The clean-up of a process that is about to die: after a panic, on a signal. It needs no runtime that still works.
#[derive(Clone, Debug)]
pub struct LastResort {
    target: Target,
    ledger: Ledger,
}

impl LastResort {
    /// For the keys of a ledger.
    pub fn new(target: Target, ledger: Ledger) -> LastResort {
        LastResort { target, ledger }
    }

    /// Removes what redlab created, on a connection, a runtime and a thread of its own; gives up after three seconds.
    /// How many keys were removed.
    pub fn run(&self) -> usize {
        if self.ledger.try_keys().is_empty() {
            return 0;
        }
        let (sender, receiver) = mpsc::channel();
        let (target, ledger) = (self.target.clone(), self.ledger.clone());
        let work = move || {
            let _ = sender.send(remove(&target, &ledger));
        };
        match std::thread::Builder::new().name("redlab-clean-up".into()).spawn(work) {
            Ok(_) => receiver.recv_timeout(LAST_PATIENCE).unwrap_or(0),
            Err(_) => 0,
        }
    }
}

fn remove(target: &Target, ledger: &Ledger) -> usize {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return 0 };
    runtime.block_on(async {
        let Ok(mut connection) = target.connect("redlab-clean-up", Protocol::Resp3).await else { return 0 };
        clean_up(ledger, &mut connection).await.unwrap_or(0)
    })
}
