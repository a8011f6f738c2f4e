//! The engine as its callers see it: connect, call, let time pass, fetch what others are sent.

use std::sync::Arc;

use bytes::Bytes;

use crate::resp::{Protocol, Value, encode_bulk, encode_integer, encode_value};

use super::acl::{Denied, Scene};
use super::aside::{Aside, Missed};
use super::busy::{Caller, Pump};
use super::called::Called;
use super::client::{Client, ClientId, Delivery};
use super::context::Mode;
use super::dispatch::{self, Admitted, Usual, Verdict};
use super::exchange::{self, Opened};
use super::feed;
use super::fingerprint;
use super::footprint;
use super::invalidate;
use super::keyspace::weight;
use super::monitor::{self, Sender};
use super::outcome::{Answer, Block, LibraryCall, Outcome, ScriptCall};
use super::script::Machine;
use super::settings::Settings;
use super::sheet::is_kept;
use super::state::State;
use super::stats::Stats;
use super::time::Time;

/// How many keys expire at most while no command waits: about a millisecond's work.
const AT_A_TICK: usize = 2000;

/// The bundled Redis. It does no I/O, has no threads and looks at no clock: the same calls give the same bytes.
/// A clone is a second server in the same state.
#[derive(Clone, Debug)]
pub struct Engine {
    state: State,
    machine: Machine,
    /// The command that ran last, if one did.
    ran: Option<Admitted>,
}

impl Engine {
    /// An empty server that starts at `now`.
    pub fn new(settings: Settings, now: Time) -> Engine {
        Engine { state: State::new(settings, now), machine: Machine::default(), ran: None }
    }

    /// The whole state, to look at.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The whole state, to change what no command can (such as settings).
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Forgets what was counted and measured of commands: INFO's `commandstats`, `errorstats` and `latencystats`. For
    /// whoever keeps many copies and looks at none of that.
    pub fn forget_counts(&mut self) {
        self.state.stats = Stats::default();
        self.state.measures.histograms = Vec::new();
    }

    /// About how much memory it takes, in bytes: what it is itself, connections, and keys with their values.
    pub fn bytes(&self) -> usize {
        let State { keyspace, clients, .. } = &self.state;
        let databases = keyspace.databases();
        let keys = (0..databases)
            .flat_map(|db| keyspace.iter(db))
            .map(|(key, entry)| weight::usage(key, entry, weight::SAMPLES));
        let connections = clients.len() * (size_of::<Client>() + 64);
        size_of::<Engine>() + databases * 160 + connections + keys.sum::<usize>()
    }

    /// Takes the keys away that have no TTL and that `is_kept` does not name, and notes from here on if a command asks
    /// for them: what it answers then is not true. For whoever copies this engine again and again.
    pub fn set_aside(&mut self, is_kept: &dyn Fn(&[u8]) -> bool) {
        let keyspace = &mut self.state.keyspace;
        let mut names = Vec::new();
        for db in 0..keyspace.databases() {
            let plain = keyspace.iter(db).filter(|(key, entry)| !entry.is_volatile() && !is_kept(key));
            let taken: Vec<Bytes> = plain.map(|(key, _)| key.to_bytes()).collect();
            for key in taken {
                keyspace.take(db, &key);
                names.push(key);
            }
        }
        self.state.aside = Some(Arc::new(Aside::new(names)));
    }

    /// What was asked for although it was set aside, of this engine and of all copies.
    pub fn missed(&self) -> Option<Missed> {
        self.state.aside.as_ref()?.missed()
    }

    /// A digest of everything that can change what the server answers from here on: databases, keys, values, expiry,
    /// clients (database, transaction, WATCHes, subscriptions, what they are blocked on), scripts, settings, the
    /// random generator and what is still to be delivered. Counters, the clock and the layout in memory do not count.
    pub fn fingerprint(&self) -> [u8; 20] {
        fingerprint::fingerprint(&self.state)
    }

    /// The same for one connection, whatever its id: two connections with the same digest can change places. `None` if
    /// it is closed.
    pub fn fingerprint_client(&self, id: ClientId) -> Option<[u8; 20]> {
        fingerprint::fingerprint_client(&self.state, id)
    }

    /// The same for databases, keys, values and expiry alone.
    pub fn fingerprint_keys(&self) -> [u8; 20] {
        fingerprint::fingerprint_keys(&self.state.keyspace)
    }

    /// Loads libraries of functions.
    pub(super) fn load_libraries(&mut self, call: &LibraryCall) -> Value {
        self.machine.load(&mut self.state, call)
    }

    /// A new connection; `addr` is what CLIENT LIST shows.
    pub fn connect(&mut self, addr: &str, now: Time) -> ClientId {
        self.state.connect(addr, now)
    }

    /// Ends a connection with all that belonged to it: its transaction, WATCHes and subscriptions.
    pub fn disconnect(&mut self, id: ClientId) {
        self.state.disconnect(id);
    }

    /// Lets time pass: keys expire, blocked clients give up, and a pause ends.
    pub fn advance(&mut self, now: Time) {
        self.advance_by(now, AT_A_TICK, None);
    }

    /// The same, while a pump answers others where a script goes on for long.
    pub fn advance_with(&mut self, now: Time, pump: &dyn Pump) {
        self.advance_by(now, AT_A_TICK, Some(pump));
    }

    /// Lets time pass, but at most so many keys expire.
    fn advance_by(&mut self, now: Time, most: usize, pump: Option<&dyn Pump>) {
        (self.state.tracking.caller, self.state.tracking.writer) = (0, 0);
        self.state.keyspace.listen(true);
        if self.state.is_paused(now) {
            self.state.keyspace.hide_due(now, true);
        } else {
            if !self.state.lazy_expiry {
                self.state.keyspace.expire_some(now, most);
            }
            if self.state.keyspace.memory.is_evicting {
                footprint::make_room(&mut self.state);
            }
        }
        let mut ready = Vec::new();
        dispatch::settle(&mut self.state, &mut ready);
        self.feed_replicas(false, now);
        self.time_out(now);
        self.serve_blocked(ready, now);
        self.end_pause(now, pump);
        invalidate::finish(&mut self.state);
    }

    /// The earliest moment at which [`Engine::advance`] has something to do.
    pub fn next_due(&self) -> Option<Time> {
        let expiry = self.state.next_expiry().and_then(|_| self.state.keyspace.next_expiry_ms());
        let expiry = expiry.map(|ms| Time::from_ms(ms + 1));
        let pause = self.state.pause.map(|pause| pause.until);
        let eviction = self.state.is_evicting().then_some(Time(0));
        expiry.into_iter().chain(pause).chain(eviction).chain(self.next_timeout()).min()
    }

    /// The earliest moment at which [`Engine::advance`] may have something to do: never later than
    /// [`Engine::next_due`], and known at a glance.
    pub fn next_glance(&self) -> Option<Time> {
        if self.state.is_evicting() {
            return Some(Time(0));
        }
        let Some(expiry) = self.state.next_expiry() else { return self.next_wake() };
        Some(self.next_wake().map_or(expiry, |wake| wake.min(expiry)))
    }

    /// The earliest moment at which a blocked client or a pause is to be ended.
    fn next_wake(&self) -> Option<Time> {
        match (self.next_timeout(), &self.state.pause) {
            (timeout, None) => timeout,
            (timeout, Some(pause)) => Some(timeout.map_or(pause.until, |at| at.min(pause.until))),
        }
    }

    /// Whether [`Engine::take_deliveries`] or [`Engine::take_killed`] has something to give.
    pub fn has_post(&self) -> bool {
        !self.state.outbox.is_empty() || !self.state.killed.is_empty()
    }

    /// The earliest moment at which a blocked client gives up.
    pub fn next_timeout(&self) -> Option<Time> {
        self.state.deadlines.first().map(|(at, _, _)| *at)
    }

    /// Whether a client is blocked.
    pub fn is_blocked(&self, id: ClientId) -> bool {
        self.state.clients.get(&id).is_some_and(|client| client.blocked.is_some())
    }

    /// What other clients, and clients that were blocked, are to be sent since the last call.
    pub fn take_deliveries(&mut self) -> Vec<Delivery> {
        self.state.outbox.drain(..).collect()
    }

    /// Connections that a command ended (CLIENT KILL) since the last call: they are gone, their sockets are to be closed.
    pub fn take_killed(&mut self) -> Vec<ClientId> {
        std::mem::take(&mut self.state.killed)
    }

    /// Runs one command of a client at `now`. A connection that is gone is told so.
    pub fn call(&mut self, id: ClientId, argv: &[Bytes], now: Time) -> Called {
        self.call_by(Caller { id, now, pump: None }, argv)
    }

    /// The same, while a pump answers others where a script goes on for long.
    pub fn call_by(&mut self, caller: Caller<'_>, argv: &[Bytes]) -> Called {
        let Caller { id, now, pump } = caller;
        if self.is_due(now) {
            self.advance_by(now, dispatch::AT_A_COMMAND, pump);
        }
        if let Some(mut usual) = dispatch::usual(&mut self.state, id)
            && let Some(answer) = dispatch::run_usual(&mut self.state, &mut usual, argv, now, false)
        {
            usual.close(&mut self.state, now);
            self.ran = usual.ran().map(|(row, number)| Admitted { container: row, row, words: 1, number });
            return match answer {
                Ok(Outcome::Reply(value)) => {
                    if let Value::Error(line) = &value {
                        self.state.stats.count_error(line);
                    }
                    Called::Reply(value)
                }
                other => self.conclude_usual(other),
            };
        }
        let called = self.call_now(caller, argv);
        if self.state.pause.is_some() {
            self.end_pause(now, pump);
        }
        if self.state.tracking.pending {
            invalidate::finish(&mut self.state);
        }
        called
    }

    /// What holds for the commands of a client until anything but [`Engine::call_usual`] happens here. `None`: its
    /// commands go the long way.
    pub fn usual(&mut self, id: ClientId) -> Option<Usual> {
        dispatch::usual(&mut self.state, id)
    }

    /// Runs a command as [`Engine::call`] does and appends its reply to `out`, if it is a usual one: several in a row
    /// cost less this way. False: nothing has happened, and it has to go the long way.
    #[inline]
    pub fn call_usual(&mut self, usual: &mut Usual, argv: &[Bytes], now: Time, out: &mut Vec<u8>) -> bool {
        let Some(answer) = dispatch::run_usual(&mut self.state, usual, argv, now, true) else { return false };
        // The shortest replies come first: they own nothing that would have to be let go.
        match answer {
            Ok(Outcome::Reply(Value::Integer(n))) => {
                std::mem::forget(answer);
                encode_integer(n, out);
            }
            Ok(Outcome::Reply(Value::Null)) => {
                std::mem::forget(answer);
                encode_value(&Value::Null, usual.protocol(), out);
            }
            other => self.answer_usual(other, usual.protocol(), out),
        }
        true
    }

    /// Appends the reply to a usual command, whatever it is.
    fn answer_usual(&mut self, answer: Answer, protocol: Protocol, out: &mut Vec<u8>) {
        match answer {
            Ok(Outcome::Reply(value)) => {
                if let Value::Error(line) = &value {
                    self.state.stats.count_error(line);
                }
                encode_value(&value, protocol, out);
            }
            Ok(Outcome::Text(text)) => encode_bulk(&text, out),
            Ok(Outcome::Written(bytes)) => {
                out.extend_from_slice(&bytes);
                if is_kept(&bytes) {
                    self.state.paper = bytes;
                }
            }
            other => match self.conclude_usual(other) {
                Called::Replies(values) => values.iter().for_each(|value| encode_value(value, protocol, out)),
                Called::Reply(value) | Called::Closed(value) => encode_value(&value, protocol, out),
                Called::Blocked => {}
            },
        }
    }

    /// Tells how long the last of usual commands took, as [`Engine::report_duration`] does.
    #[inline]
    pub fn report_usual(&mut self, usual: &mut Usual, argv: &[Bytes], us: u64, now: Time) {
        dispatch::measure_usual(&mut self.state, usual, argv, now, us);
    }

    /// Ends a row of usual commands, of which the last ran at `now`.
    pub fn close_usual(&mut self, usual: &mut Usual, now: Time) {
        usual.close(&mut self.state, now);
    }

    /// The seldom ends of a usual command: an error, or several replies.
    #[cold]
    fn conclude_usual(&mut self, answer: Answer) -> Called {
        let mut values = dispatch::replies_of(answer);
        match values.pop() {
            Some(value) if values.is_empty() => {
                let called = Called::Reply(value);
                exchange::count_errors(&mut self.state, &called);
                called
            }
            last => Called::Replies(values.into_iter().chain(last).collect()),
        }
    }

    /// Tells how long the call before this one took, in microseconds: SLOWLOG, LATENCY and INFO show it. The engine
    /// looks at no clock, so whoever calls it measures, or knows.
    pub fn report_duration(&mut self, id: ClientId, argv: &[Bytes], us: u64, now: Time) {
        if let Some(found) = self.ran.take()
            && !self.state.keyspace.looking
        {
            dispatch::measure(&mut self.state, id, argv, (found.row, found.number), now, us);
        }
    }

    /// Tells how long [`Engine::advance`] took, in microseconds: LATENCY shows it where many keys expired at once.
    pub fn report_expiry(&mut self, us: u64, now: Time) {
        let (ms, least) = (us / 1000, self.state.settings.measures.latency_ms);
        if least > 0 && ms >= least {
            self.state.measures.latency.add("expire-cycle", now.us().div_euclid(1_000_000), ms);
        }
    }

    /// How long DEBUG SLEEP let the server stand still since the last call of this, in microseconds: whoever has a
    /// clock lets that time pass.
    pub fn take_sleep_us(&mut self) -> u64 {
        std::mem::take(&mut self.state.measures.slept_us)
    }

    /// Whether [`Engine::advance`] may have something to do: a glance that comes before each command.
    fn is_due(&self, now: Time) -> bool {
        (!self.state.lazy_expiry && self.state.keyspace.is_due(now))
            || self.state.keyspace.memory.is_evicting
            || self.state.deadlines.first().is_some_and(|(at, _, _)| *at <= now)
            || self.state.pause.is_some()
    }

    fn call_now(&mut self, caller: Caller<'_>, argv: &[Bytes]) -> Called {
        let Caller { id, now, .. } = caller;
        self.ran = None;
        let Opened { verdict, early } = match exchange::open(&mut self.state, id, argv, now) {
            Ok(opened) => opened,
            Err(called) => return called,
        };
        let called = match verdict {
            Err(error) => Called::Reply(error.into()),
            Ok(Verdict::Queue) => Called::Reply(Value::simple("QUEUED")),
            Ok(Verdict::Hold) => {
                exchange::block(&mut self.state, id, argv, Block::on(Vec::new(), None), true);
                Called::Blocked
            }
            Ok(Verdict::Run(found)) => {
                self.ran = Some(found);
                self.run(caller, argv, &found)
            }
        };
        exchange::close(&mut self.state, id, argv, early, called)
    }

    /// A script that answers an error counts as a call that failed.
    fn count_failure(&mut self, runs_script: bool, found: &Admitted, values: &[Value]) {
        if runs_script && matches!(values, [Value::Error(_)]) {
            self.state.stats.of(found.number).failed += 1;
        }
    }

    /// Sends replicas what has changed.
    fn feed_replicas(&mut self, together: bool, now: Time) {
        if !self.state.replicas.pending.is_empty() {
            feed::flush(&mut self.state, together, now);
        }
    }

    fn run(&mut self, caller: Caller<'_>, argv: &[Bytes], found: &Admitted) -> Called {
        let Caller { id, now, .. } = caller;
        let mut ready = Vec::new();
        let answer = dispatch::run(&mut self.state, id, argv, found, now, Mode::Direct);
        let executes = matches!(answer, Ok(Outcome::Exec(_)));
        let called = match answer {
            Ok(Outcome::Block(block)) => {
                exchange::block(&mut self.state, id, argv, *block, false);
                Called::Blocked
            }
            Ok(Outcome::Reply(value)) => Called::Reply(value),
            Ok(Outcome::Close(value)) => Called::Closed(value),
            Err(error) => Called::Reply(error.into()),
            other => {
                let runs_script = matches!(other, Ok(Outcome::Script(_) | Outcome::Function(_)));
                let mut values = self.carry_out(caller, other, &mut ready);
                self.count_failure(runs_script, found, &values);
                match values.pop() {
                    Some(value) if values.is_empty() => Called::Reply(value),
                    last => Called::Replies(values.into_iter().chain(last).collect()),
                }
            }
        };
        if executes {
            monitor::feed(&mut self.state, Sender::Client(id), argv, now);
        }
        let settled = self.state.keyspace.has_news() || !ready.is_empty();
        if settled {
            dispatch::settle(&mut self.state, &mut ready);
        }
        self.feed_replicas(feed::is_together(found.container.name), now);
        if settled {
            // DEBUG SLEEP has let time pass since.
            let slept_us = i64::try_from(self.state.measures.slept_us).unwrap_or(i64::MAX);
            let now = Time(now.us().saturating_add(slept_us));
            if slept_us > 0 && !ready.is_empty() {
                self.state.keyspace.expire_some(now, 0);
            }
            self.serve_blocked(ready, now);
        }
        called
    }

    /// Does what a handler left to this floor, and gives the replies: one, but for SUBSCRIBE and its kin.
    fn carry_out(&mut self, caller: Caller<'_>, answer: Answer, ready: &mut Vec<(usize, Bytes)>) -> Vec<Value> {
        match answer {
            Ok(Outcome::Exec(queued)) => {
                let mut replies = Vec::with_capacity(queued.len());
                for argv in &queued {
                    replies.extend(self.exec_one(caller, argv, ready));
                }
                // A SUBSCRIBE with several channels sends more than the array announces; so does Redis.
                let surplus = replies.split_off(queued.len().min(replies.len()));
                std::iter::once(Value::Array(replies)).chain(surplus).collect()
            }
            Ok(Outcome::Libraries(call)) => vec![self.machine.load(&mut self.state, &call)],
            Ok(Outcome::Function(call)) => vec![self.machine.call(&mut self.state, caller, &call, ready)],
            Ok(Outcome::Script(call)) => vec![self.run_script(caller, &call, ready)],
            other => dispatch::replies_of(other),
        }
    }

    /// Runs a script; what it reads counts as read by its caller.
    fn run_script(&mut self, caller: Caller<'_>, call: &ScriptCall, ready: &mut Vec<(usize, Bytes)>) -> Value {
        if !self.state.tracking.is_on() {
            return self.machine.run(&mut self.state, caller, call, ready);
        }
        let id = caller.id;
        let protocol = self.state.clients.get(&id).map(|client| client.protocol);
        self.state.tracking.declared.clone_from(&call.keys);
        self.state.tracking.scripted = protocol.map(|protocol| (id, protocol));
        let reply = self.machine.run(&mut self.state, caller, call, ready);
        self.state.tracking.scripted = None;
        reply
    }

    /// One command of a transaction.
    fn exec_one(&mut self, caller: Caller<'_>, argv: &[Bytes], ready: &mut Vec<(usize, Bytes)>) -> Vec<Value> {
        let Caller { id, now, .. } = caller;
        let replies = match dispatch::find(argv) {
            Err(error) => vec![error.into()],
            Ok(found) => {
                if let Err(refusal) = dispatch::permit(&mut self.state, id, argv, &found, Scene::Multi, now) {
                    return self.refused_in_exec(refusal);
                }
                let answer = dispatch::run(&mut self.state, id, argv, &found, now, Mode::Transaction);
                let runs_script = matches!(answer, Ok(Outcome::Script(_) | Outcome::Function(_)));
                let values = self.carry_out(caller, answer, ready);
                self.count_failure(runs_script, &found, &values);
                values
            }
        };
        dispatch::settle(&mut self.state, ready);
        if let [Value::Error(line)] = replies.as_slice() {
            self.state.stats.count_error(line);
        }
        replies
    }

    /// What EXEC answers for a command that was allowed when it was queued, and is not any more.
    fn refused_in_exec(&mut self, refusal: Denied) -> Vec<Value> {
        let reason = match refusal {
            Denied::Command => "no permission to execute the command or subcommand",
            Denied::Key(_) => "no permission to touch the specified keys",
            Denied::Channel(_) => "no permission to access one of the channels used as arguments",
        };
        let line = format!(
            "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This \
             command is no longer allowed for the following reason: {reason}"
        );
        self.state.stats.count_error(line.as_bytes());
        vec![Value::Error(line.into())]
    }

    /// Serves clients that wait for keys which have just changed: key by key in the order of the changes, client by
    /// client in the order in which they blocked. Serving one may make another key ready.
    fn serve_blocked(&mut self, mut ready: Vec<(usize, Bytes)>, now: Time) {
        let mut next = 0;
        while next < ready.len() {
            let (db, key) = ready[next].clone();
            next += 1;
            let mut place = 0;
            if !self.state.waiters.of(db, &key).is_empty() && self.state.keyspace.expire_if_due(db, &key) {
                dispatch::settle(&mut self.state, &mut ready);
                self.feed_replicas(false, now);
            }
            while let Some(id) = self.state.waiters.of(db, &key).get(place).copied() {
                // Whoever waits for another type keeps its place in the queue; so does, once the key is gone, everybody
                // but who reads for a group, which is gone with it.
                let holds = self.state.keyspace.entry(db, &key).map(|entry| &entry.data);
                let argv = self.state.clients.get(&id).and_then(|client| Some(client.blocked.as_ref()?.argv.clone()));
                let served = argv.and_then(|argv| Some((dispatch::find(&argv).ok()?, argv)));
                match served.filter(|(found, _)| dispatch::serves(holds, found)) {
                    Some((found, argv)) if self.resume(id, &argv, &found, &key, now, &mut ready) => {}
                    _ => place += 1,
                }
            }
        }
    }

    /// Runs a blocked client's command again, for one of its keys; false if it has to go on waiting.
    fn resume(
        &mut self,
        id: ClientId,
        argv: &[Bytes],
        found: &Admitted,
        key: &Bytes,
        now: Time,
        ready: &mut Vec<(usize, Bytes)>,
    ) -> bool {
        let answer = dispatch::resume(&mut self.state, id, argv, found, now, key);
        if let Ok(Outcome::Block(_)) = answer {
            return false;
        }
        self.state.unblock(id);
        let values = self.carry_out(Caller { id, now, pump: None }, answer, ready);
        self.deliver(id, values);
        dispatch::settle(&mut self.state, ready);
        self.feed_replicas(true, now);
        true
    }

    /// Sends the late reply to a client that was blocked; the last value is the one that ends its waiting.
    fn deliver(&mut self, client: ClientId, values: Vec<Value>) {
        let last = values.len().saturating_sub(1);
        for (n, value) in values.into_iter().enumerate() {
            if let Value::Error(line) = &value {
                self.state.stats.count_error(line);
            }
            self.state.outbox.push_back(Delivery { client, value, is_reply: n == last });
        }
    }

    fn time_out(&mut self, now: Time) {
        while let Some((_, _, id)) = self.state.deadlines.first().copied().filter(|(at, _, _)| *at <= now) {
            let Some(blocked) = self.state.unblock(id) else { break };
            self.deliver(id, vec![blocked.on_timeout]);
        }
    }

    /// Once CLIENT PAUSE is over, the commands that it held back run in the order in which they came.
    fn end_pause(&mut self, now: Time, pump: Option<&dyn Pump>) {
        if self.state.pause.take_if(|pause| pause.until <= now).is_none() {
            return;
        }
        let held = |client: &Client| client.blocked.as_ref().filter(|b| b.paused).map(|b| (b.ticket, client.id));
        let mut waiting: Vec<(u64, ClientId)> = self.state.clients.values().filter_map(held).collect();
        waiting.sort_unstable();
        for (_, id) in waiting {
            let Some(blocked) = self.state.unblock(id) else { continue };
            match self.call_now(Caller { id, now, pump }, &blocked.argv) {
                Called::Reply(value) => self.deliver(id, vec![value]),
                Called::Replies(values) => self.deliver(id, values),
                Called::Blocked => {}
                Called::Closed(value) => {
                    self.deliver(id, vec![value]);
                    self.state.killed.push(id);
                }
            }
        }
    }
}
