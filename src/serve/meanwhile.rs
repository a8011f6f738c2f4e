//! What a server does while a script keeps it busy: the event loop stands still, so everybody is looked after in turns
//! that the script makes room for.

use std::rc::Rc;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use crate::engine::{Busy, ClientId, Pump, Time};
use crate::resp::encode_value;

use super::hub::{Hub, Meanwhile, Next, answer, protocol};
use super::limits;

/// A turn of looking after everybody takes at most one part in so many of the time of a long script.
const SHARE: i64 = 4;
/// So often, in microseconds, everybody is looked after at most.
const TURN_US: i64 = 1000;

impl Pump for Hub {
    fn now(&self) -> Time {
        Hub::now(self)
    }

    fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    fn turn(&self, server: &mut Busy<'_>) {
        let start = self.now();
        if start < self.next_turn.get() {
            return;
        }
        self.post_meanwhile(server);
        let doors = self.doors.borrow().clone();
        doors.iter().for_each(|door| door.look_after(self, server));
        let lines: Vec<Rc<dyn Meanwhile>> = self.lines.borrow().values().cloned().collect();
        for line in lines {
            if server.state().stopped {
                return;
            }
            line.look_after(self, server);
        }
        let end = self.now();
        let pause_us = end.us().saturating_sub(start.us()).saturating_mul(SHARE).max(TURN_US);
        self.next_turn.set(end.plus_us(pause_us));
    }
}

// While a script keeps the server busy, the engine is in the hands of the script: all this does without it.
impl Hub {
    /// Runs one command of a client while a script keeps the server busy.
    pub fn call_meanwhile(&self, server: &mut Busy<'_>, id: ClientId, argv: &[Bytes], out: &mut Vec<u8>) -> Next {
        let called = server.call(id, argv);
        if let Some(watch) = &*self.watch.borrow() {
            watch.called(server.state_mut(), id, argv, &called, 0);
        }
        let next = answer(&called, protocol(server.state(), id), out);
        if limits::is_too_much(server.state(), id, out.len()) { Next::Cut } else { next }
    }

    /// Sends out what the script, and the commands that run beside it, have for others.
    fn post_meanwhile(&self, server: &mut Busy<'_>) {
        let (mailboxes, watch) = (self.mailboxes.borrow(), self.watch.borrow());
        for delivery in server.take_deliveries() {
            if let Some(watch) = &*watch {
                watch.delivered(&delivery);
            }
            let Some(mailbox) = mailboxes.get(&delivery.client) else { continue };
            let protocol = protocol(server.state(), delivery.client);
            mailbox.put(delivery.is_reply, |bytes| encode_value(&delivery.value, protocol, bytes));
            if limits::is_too_much(server.state(), delivery.client, mailbox.waiting()) {
                mailbox.cut();
            }
        }
    }
}
