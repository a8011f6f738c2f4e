//! What somebody is told who looks on while the engine serves.

use bytes::Bytes;
use redlab::engine::Settings;
use redlab::resp::{Value, split_line};
use redlab::serve::{Change, Event};
use tokio::sync::mpsc::Receiver;

use crate::served::Served;

fn watched(most: usize) -> (Served, Receiver<Event>) {
    Served::open_with(Settings::default(), None, move |server| server.watch(most))
}

/// Takes events until `seen` says that it was the last.
fn take_until(events: &mut Receiver<Event>, mut seen: impl FnMut(&Event) -> bool) {
    while !seen(&events.blocking_recv().expect("the server tells more")) {}
}

#[test]
fn a_command_its_reply_and_its_keys_are_told() {
    let (served, mut events) = watched(100);
    let mut wire = served.connect();
    for line in ["SET greeting hello", "INCR greeting", "AUTH secret", "DEL greeting"] {
        wire.call(&split_line(line).expect("a line"));
    }
    let mut told = Vec::new();
    take_until(&mut events, |event| {
        match event {
            Event::Joined(_) => told.push("came".to_string()),
            Event::Called { command, reply, failed, .. } => {
                told.push(format!("{command} {}{reply}", if *failed { "failed: " } else { "" }));
            }
            Event::Changed { key, change, holds, .. } => told.push(format!("{key} {change:?} {holds}")),
            _ => {}
        }
        matches!(event, Event::Changed { change: Change::Deleted, .. })
    });
    assert!(told[4].starts_with("AUTH (redacted) failed: ERR AUTH"), "{told:?}");
    told.remove(4);
    let wanted = [
        "came",
        "SET greeting hello OK",
        "greeting New string \"hello\"",
        "INCR greeting failed: ERR value is not an integer or out of range",
        "DEL greeting 1",
        "greeting Deleted ",
    ];
    assert_eq!(told, wanted);
}

#[test]
fn a_command_may_touch_very_many_keys() {
    const KEYS: usize = 20_000;
    let (served, mut events) = watched(3 * KEYS);
    let mut wire = served.connect();
    let mut command = vec![Bytes::from("MSET")];
    command.extend((0..KEYS).flat_map(|n| [Bytes::from(format!("key:{n}")), Bytes::from("v")]));
    assert_eq!(wire.call(&command), Value::ok());
    let mut new = 0;
    take_until(&mut events, |event| {
        new += usize::from(matches!(event, Event::Changed { change: Change::New, .. }));
        new == KEYS
    });
}

#[test]
fn nobody_waits_for_whoever_looks_on_and_what_is_left_out_is_counted() {
    let (served, mut events) = watched(50);
    let mut wire = served.connect();
    // Nothing is taken meanwhile.
    for n in 0..1_000 {
        assert_eq!(wire.call(&split_line(&format!("SET key:{n} v")).expect("a line")), Value::ok());
    }
    let mut told = 0;
    take_until(&mut events, |event| {
        told += u64::from(!matches!(event, Event::Round { .. }));
        // Who came, and a command and a key a thousand times.
        matches!(event, Event::Round { totals, .. } if totals.commands == 1_000 && told + totals.left_out == 2_001)
    });
    assert!(told <= 50, "{told}");
}
