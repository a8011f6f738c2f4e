//! Files, as far as an engine has to do with them: it makes their bytes and reads them; others hold the pen.

use crate::resp::Value;

use super::client::Delivery;
use super::disk::Request;
use super::outcome::{LibraryCall, Policy};
use super::persist::{self, Loaded, Present};
use super::server::Engine;
use super::time::Time;

/// Something to be written.
#[derive(Debug)]
pub struct Saving {
    /// Who wants it. Give it back to [`Engine::finish_saving`].
    pub request: Request,
    /// What is to be written.
    pub bytes: Vec<u8>,
    /// The folder: `dir`.
    pub dir: String,
    /// The name of the file there: `dbfilename`.
    pub name: String,
}

impl Engine {
    /// Whether SAVE, BGSAVE or SHUTDOWN wants something to be written: a glance that comes after each command.
    pub fn wants_saving(&self) -> bool {
        self.state().disk.wanted.is_some()
    }

    /// Asks for a writing in the background if a save point of the configuration is reached.
    pub fn look_at_save_points(&mut self, now: Time) {
        if persist::is_due(self.state(), now) {
            self.state_mut().disk.wanted = Some(Request::Background);
        }
    }

    /// Asks for the last writing before a signal ends the server, as Redis does where there are save points.
    pub fn save_at_the_end(&mut self) {
        let state = self.state_mut();
        if state.settings.dir.is_some() && !state.stopped && !persist::save_points(state).is_empty() {
            state.disk.wanted = Some(Request::Shutdown { by: None, force: true });
        }
    }

    /// What is to be written, as all data is now. Tell how it went by [`Engine::finish_saving`].
    pub fn take_saving(&mut self, now: Time) -> Option<Saving> {
        let request = self.state_mut().disk.wanted.take()?;
        let bytes = persist::save(self.state(), now);
        let state = self.state_mut();
        state.disk.taken_dirty = state.keyspace.dirty;
        state.disk.saves += u64::from(!matches!(request, Request::Shutdown { .. }));
        if request == Request::Background {
            (state.disk.background, state.disk.tried) = (Some(now), now);
        }
        let dir = state.settings.dir.clone().unwrap_or_else(|| ".".into());
        Some(Saving { request, bytes, dir, name: state.settings.file_name.clone() })
    }

    /// Tells how a writing went: a client that waits for it is answered.
    pub fn finish_saving(&mut self, request: Request, result: Result<(), String>, now: Time) {
        let state = self.state_mut();
        if request == Request::Background {
            let since = state.disk.background.take().unwrap_or(now);
            state.disk.took_s = Some((now.us() - since.us()).div_euclid(1_000_000));
            state.disk.is_well = result.is_ok();
        }
        if result.is_ok() {
            state.disk.note_saved(now);
        }
        let value = match result {
            Ok(()) => Value::ok(),
            Err(why) => Value::error(format!("ERR {why}")),
        };
        let waiting = match request {
            Request::Background | Request::Shutdown { by: None, .. } => return,
            Request::Save(client) | Request::Shutdown { by: Some(client), .. } => client,
        };
        state.unblock(waiting);
        let force = matches!(request, Request::Shutdown { force: true, .. });
        if matches!(request, Request::Shutdown { .. }) && (force || value == Value::ok()) {
            state.shut_down(waiting);
        } else {
            state.outbox.push_back(Delivery { client: waiting, value, is_reply: true });
        }
    }

    /// Loads the bytes of a file in place of all keys, or nothing of it. What could not be kept is named.
    ///
    /// # Errors
    /// A sentence about what is wrong with the file, and where.
    pub fn load(&mut self, bytes: &[u8], now: Time) -> Result<Loaded, String> {
        self.state_mut().keyspace.listen(false);
        let mut loaded = persist::load(self.state_mut(), bytes, now, Present::Flush)?;
        let state = self.state_mut();
        state.keyspace.settle_account();
        state.disk.saved_dirty = state.keyspace.dirty;
        for source in std::mem::take(&mut loaded.functions) {
            let call = LibraryCall { sources: vec![source], policy: Policy::Replace };
            if let Value::Error(why) = self.load_libraries(&call) {
                loaded.left_out.push(format!("a library of functions: {}", String::from_utf8_lossy(&why)));
            }
        }
        Ok(loaded)
    }
}
