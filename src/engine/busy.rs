//! The server while a script or a function goes on for longer than `busy-reply-threshold`: other clients are answered,
//! most of them BUSY.
//!
//! The engine does no I/O and looks at no clock. Whoever has both hands a [`Pump`] in for the time of a call. Without
//! one, a script is ended after so many instructions, which is the same on every machine.

use bytes::Bytes;

use crate::resp::Value;

use super::called::Called;
use super::client::{ClientId, Delivery};
use super::context::Mode;
use super::dispatch::{self, Verdict};
use super::exchange::{self, Opened};
use super::outcome::{Block, Outcome};
use super::state::State;
use super::time::Time;

/// Whoever carries the bytes of a server, as a long script sees it.
pub trait Pump {
    /// The time now.
    fn now(&self) -> Time;

    /// Whether the server is to end: no script goes on then.
    fn is_ending(&self) -> bool;

    /// Answers whoever has sent something meanwhile, and comes back soon. This is called again and again for as long as
    /// a script keeps the server busy.
    fn turn(&self, server: &mut Busy<'_>);
}

/// Who runs something, when, and what goes on meanwhile.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// The client.
    pub id: ClientId,
    /// The moment at which it began.
    pub now: Time,
    /// Who answers others; `None`: nobody, and nothing runs for long.
    pub pump: Option<&'a dyn Pump>,
}

/// The server while a script keeps it busy.
pub struct Busy<'a> {
    state: &'a mut State,
    caller: ClientId,
    now: Time,
}

impl Busy<'_> {
    /// Lets a pump answer others than `caller`, whose script runs.
    pub(super) fn turn(state: &mut State, caller: ClientId, now: Time, pump: &dyn Pump) {
        // What the script's next command expects to find.
        let tracking = (state.tracking.caller, state.tracking.writer);
        let mut busy = Busy { state, caller, now };
        pump.turn(&mut busy);
        (state.tracking.caller, state.tracking.writer) = tracking;
        state.clients.select(caller);
        if state.stopped
            && let Some(running) = &mut state.running
        {
            running.is_killed = true;
        }
    }

    /// The whole state, to look at.
    pub fn state(&self) -> &State {
        self.state
    }

    /// The whole state, to change what no command can.
    pub fn state_mut(&mut self) -> &mut State {
        self.state
    }

    /// Runs one command of a client as far as it may run now. Whoever runs the script has to wait.
    pub fn call(&mut self, id: ClientId, argv: &[Bytes]) -> Called {
        let (state, now) = (&mut *self.state, self.now);
        let Opened { verdict, early } = match exchange::open(state, id, argv, now) {
            Ok(opened) => opened,
            Err(called) => return called,
        };
        let called = match verdict {
            Err(error) => Called::Reply(error.into()),
            Ok(Verdict::Queue) => Called::Reply(Value::simple("QUEUED")),
            Ok(Verdict::Hold) => {
                exchange::block(state, id, argv, Block::on(Vec::new(), None), true);
                Called::Blocked
            }
            Ok(Verdict::Run(found)) => match dispatch::run(state, id, argv, &found, now, Mode::Direct) {
                Ok(Outcome::Block(block)) => {
                    exchange::block(state, id, argv, *block, false);
                    Called::Blocked
                }
                Ok(Outcome::Close(value)) => Called::Closed(value),
                answer => one_or_more(dispatch::replies_of(answer)),
            },
        };
        exchange::close(state, id, argv, early, called)
    }

    /// What other clients are to be sent since the last call; what the one whose script runs is to be sent comes after
    /// the script's reply.
    pub fn take_deliveries(&mut self) -> Vec<Delivery> {
        let caller = self.caller;
        let all = self.state.outbox.drain(..);
        let (own, others): (Vec<_>, Vec<_>) = all.partition(|delivery| delivery.client == caller);
        self.state.outbox = own.into();
        others
    }
}

fn one_or_more(mut values: Vec<Value>) -> Called {
    match values.pop() {
        Some(value) if values.is_empty() => Called::Reply(value),
        last => Called::Replies(values.into_iter().chain(last).collect()),
    }
}
