//! What a call gives back, and what stands around a reply.

use crate::resp::Value;

use super::client::{ClientId, Delivery};
use super::state::State;

/// What a call gave back at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Called {
    /// The reply.
    Reply(Value),
    /// Several replies to one command (SUBSCRIBE with several channels), or none (CLIENT REPLY OFF).
    Replies(Vec<Value>),
    /// The client is blocked; its reply will come as a [`Delivery`].
    Blocked,
    /// The reply, after which the connection is to be closed.
    Closed(Value),
}

/// Messages for the caller that came about before its command ran, such as those of evicted keys.
pub fn take_early(state: &mut State, id: ClientId) -> Vec<Value> {
    if state.outbox.is_empty() {
        return Vec::new();
    }
    let (early, rest) =
        state.outbox.drain(..).partition::<Vec<_>, _>(|delivery| delivery.client == id && !delivery.is_reply);
    state.outbox = rest.into();
    early.into_iter().map(|delivery| delivery.value).collect()
}

/// Messages that stand before the reply.
pub fn prefixed(state: &mut State, client: ClientId, early: Vec<Value>, called: Called) -> Called {
    match called {
        Called::Reply(value) => Called::Replies(early.into_iter().chain([value]).collect()),
        Called::Replies(values) => Called::Replies(early.into_iter().chain(values).collect()),
        Called::Closed(_) => called,
        Called::Blocked => {
            let before = early.into_iter().map(|value| Delivery { client, value, is_reply: false });
            let after = std::mem::take(&mut state.outbox);
            state.outbox = before.chain(after).collect();
            called
        }
    }
}

/// CLIENT REPLY: takes the replies away where the client asked for none; messages still come.
pub fn without_replies(called: Called) -> Called {
    match called {
        Called::Reply(Value::Push(_)) => called,
        Called::Reply(_) => Called::Replies(Vec::new()),
        Called::Replies(mut values) => {
            values.retain(|value| matches!(value, Value::Push(_)));
            Called::Replies(values)
        }
        other => other,
    }
}
