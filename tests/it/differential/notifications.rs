//! Keyspace notifications: what a subscriber of everything is told after each command.

use bytes::Bytes;
use proptest::prelude::*;
use redlab::engine::{Engine, Settings};
use redlab::resp::Value;
use redlab::target::LocalServer;

use super::{FRESH, Line, key_command, now, programs, words};
use crate::oracle::Wire;

/// Classes `A`, on both kinds of channels.
const ALL: &str = "KEA";

/// The channel whose message says that no other is on its way.
const END: &[u8] = b"end";

/// Channel and payload of a message, if it is one.
fn message(value: &Value) -> Option<(Bytes, Bytes)> {
    match value.items()? {
        [_, _, Value::Bulk(channel), Value::Bulk(payload)] => Some((channel.clone(), payload.clone())),
        _ => None,
    }
}

/// What the real server's subscriber is told because of `line`.
fn told(caller: &mut Wire, subscriber: &mut Wire, line: &Line) -> (Value, Vec<(Bytes, Bytes)>) {
    let reply = caller.call(line);
    caller.call(&words("PUBLISH end x"));
    let messages = std::iter::from_fn(|| message(&subscriber.receive()).filter(|(channel, _)| channel.as_ref() != END));
    (reply, messages.collect())
}

fn differs(server: &LocalServer, program: &[(usize, Line)]) -> Result<(), String> {
    let mut engine = Engine::new(Settings { notify_keyspace_events: ALL.into(), ..Settings::default() }, now());
    let (caller, subscriber) = (engine.connect("127.0.0.1:1", now()), engine.connect("127.0.0.1:2", now()));
    engine.call(subscriber, &words("PSUBSCRIBE *"), now());
    let (mut caller_wire, mut subscriber_wire) = (Wire::connect(server), Wire::connect(server));
    for line in FRESH {
        caller_wire.call(&words(line));
    }
    caller_wire.call(&words(&format!("CONFIG SET notify-keyspace-events {ALL}")));
    subscriber_wire.call(&words("PSUBSCRIBE *"));
    for (_, line) in program {
        let ours = engine.call(caller, line, now());
        let deliveries = engine.take_deliveries();
        let bundled: Vec<_> = deliveries.iter().filter_map(|delivery| message(&delivery.value)).collect();
        let (reply, real) = told(&mut caller_wire, &mut subscriber_wire, line);
        if bundled != real {
            return Err(format!("{line:?}\n bundled: {bundled:?}\n    real: {real:?}\nafter {ours:?} and {reply:?}"));
        }
    }
    Ok(())
}

/// Whether it sets a time that is past. Both servers then have no such key, but Redis tells so when it next comes
/// across it, this one at once.
pub fn is_past(line: &Line) -> bool {
    let moment = |word: &Bytes| word.eq_ignore_ascii_case(b"EXAT") || word.eq_ignore_ascii_case(b"PXAT");
    line.windows(2).any(|pair| moment(&pair[0]) && pair[1].len() < 9)
}

#[test]
fn subscribers_of_keys_are_told_what_redis_tells() {
    let server = LocalServer::start(&["--notify-keyspace-events", ALL]).expect("redis-server is installed");
    let command = key_command().prop_filter("it expires at once", |line| !is_past(line));
    programs(command, 1, |program| differs(&server, program));
}
