//! Notes what was refused for ACL LOG.

use bytes::Bytes;

use super::super::super::acl::{LogEntry, Reason, Scene};
use super::super::super::client::ClientId;
use super::super::super::state::State;
use super::super::super::time::Time;
use super::describe;

/// Notes that `object` (a command, a key, a channel) was refused to a client as `user`; `None`: as the user that it is.
pub fn note(
    state: &mut State,
    id: ClientId,
    now: Time,
    (reason, scene): (Reason, Scene),
    object: Bytes,
    user: Option<Bytes>,
) {
    let Some(client) = state.clients.get(&id) else { return };
    let user = user.unwrap_or_else(|| client.user.clone());
    let client = Bytes::from(describe::line(client, now, &[]));
    state.acl.log.add(LogEntry { count: 1, reason, scene, object, user, at: now, client }, state.settings.acl_log_len);
}
