//! The engine in the middle, and the way from it to every connection.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::Notify;

use crate::engine::{Busy, Called, Caller, ClientId, Engine, Journal, Loaded, Request, Settings, State, Time, Usual};
use crate::resp::{CommandLimits, Protocol, encode_value};

use super::disk::{self, Background};
use super::limits;
use super::mailbox::Mailbox;
use super::watch::Watch;

/// What one connection does next, after a command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Read on.
    Ready,
    /// Wait for a reply that comes by mail.
    Blocked,
    /// Write what there is, then close.
    Close,
    /// Close at once: more was to be written than may wait.
    Cut,
}

/// Whoever is looked after while a script keeps the server busy and the event loop stands still: a connection, or a
/// door.
pub trait Meanwhile {
    /// Reads what has come, answers it, and does not wait for anything.
    fn look_after(&self, hub: &Hub, server: &mut Busy<'_>);
}

/// The engine, shared by all connections of a server. All of them run on one thread, so nobody ever waits for it.
pub struct Hub {
    engine: RefCell<Engine>,
    pub(super) mailboxes: RefCell<HashMap<ClientId, Mailbox>>,
    /// The moment for which the clock task is set.
    planned: Cell<Option<Time>>,
    /// What is written in the background, and for whom.
    writing: RefCell<Option<(Request, Background)>>,
    /// Who looks on, if anybody does.
    pub(super) watch: RefCell<Option<Watch>>,
    /// Rung when the clock task has to be set anew.
    pub rescheduled: Notify,
    /// Rung by SHUTDOWN.
    pub stopped: Notify,
    /// Rung when a connection has ended.
    left: Notify,
    connections: Cell<usize>,
    /// All connections, and all doors.
    pub(super) lines: RefCell<BTreeMap<ClientId, Rc<dyn Meanwhile>>>,
    pub(super) doors: RefCell<Vec<Rc<dyn Meanwhile>>>,
    /// When everybody is looked after next while a script keeps the server busy.
    pub(super) next_turn: Cell<Time>,
    /// Whether the server is to end, told from another thread.
    pub(super) ending: Arc<AtomicBool>,
    /// The wall clock when the server started, less the clock that never runs backwards.
    ahead_us: i64,
}

impl Hub {
    /// An empty engine that starts now.
    pub fn new(settings: Settings) -> Hub {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let epoch_us = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Hub {
            engine: RefCell::new(Engine::new(settings, Time(epoch_us))),
            mailboxes: RefCell::default(),
            planned: Cell::new(None),
            writing: RefCell::new(None),
            watch: RefCell::new(None),
            rescheduled: Notify::new(),
            stopped: Notify::new(),
            left: Notify::new(),
            connections: Cell::new(0),
            lines: RefCell::default(),
            doors: RefCell::default(),
            next_turn: Cell::new(Time(0)),
            ending: Arc::default(),
            ahead_us: epoch_us.saturating_sub(monotonic_us()),
        }
    }

    /// The wall clock when the server started, plus what has passed since: it never runs backwards.
    pub fn now(&self) -> Time {
        Time(monotonic_us().wrapping_add(self.ahead_us))
    }

    /// Lets somebody look on from here.
    pub fn look_on(&self, watch: Watch) {
        self.engine.borrow_mut().state_mut().journal = Some(Journal::default());
        *self.watch.borrow_mut() = Some(watch);
    }

    /// Tells whoever looks on how everything stands; false if nobody looks on (any more).
    pub fn tell_round(&self) -> bool {
        self.watch.borrow().as_ref().is_some_and(|watch| watch.round(self.engine.borrow().state(), self.now()))
    }

    /// Nobody looks on any more.
    pub fn look_away(&self) {
        self.engine.borrow_mut().state_mut().journal = None;
        *self.watch.borrow_mut() = None;
    }

    /// Why nobody more, or not this one, is let in.
    pub fn refuse(&self, state: &mut State, from_here: bool) -> Option<&'static str> {
        let refusal = limits::refuse(state, self.connections.get(), from_here);
        state.stats.rejected += u64::from(refusal.is_some());
        refusal
    }

    /// Does something with the state while no command runs.
    pub fn with_state<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(self.engine.borrow_mut().state_mut())
    }

    /// Looks after a connection, too, while a script keeps the server busy.
    pub fn look_after(&self, id: ClientId, line: Rc<dyn Meanwhile>) {
        self.lines.borrow_mut().insert(id, line);
    }

    /// Looks after these doors, too.
    pub fn look_after_doors(&self, doors: Vec<Rc<dyn Meanwhile>>) {
        *self.doors.borrow_mut() = doors;
    }

    /// What tells from another thread that the server is to end, which a long script would not let through.
    pub fn ending(&self) -> Arc<AtomicBool> {
        self.ending.clone()
    }

    /// A new connection from `peer` to the server's address `local` through a socket of this descriptor, and where its
    /// mail arrives.
    pub fn connect(&self, state: &mut State, peer: &str, local: &str, descriptor: Option<i32>) -> (ClientId, Mailbox) {
        let id = state.connect(peer, self.now());
        if let Some(client) = state.clients.get_mut(&id) {
            client.laddr = local.into();
        }
        if let Some(watch) = &*self.watch.borrow() {
            watch.joined(state, id, self.now());
        }
        let mailbox = Mailbox::new(descriptor);
        self.mailboxes.borrow_mut().insert(id, mailbox.clone());
        self.connections.set(self.connections.get() + 1);
        (id, mailbox)
    }

    /// Ends a connection.
    pub fn disconnect(&self, id: ClientId) {
        self.engine.borrow_mut().disconnect(id);
        self.mailboxes.borrow_mut().remove(&id);
        self.lines.borrow_mut().remove(&id);
        if let Some(watch) = &*self.watch.borrow() {
            watch.left(id);
        }
        self.connections.set(self.connections.get().saturating_sub(1));
        self.left.notify_one();
    }

    /// Until nobody is connected any more.
    pub async fn emptied(&self) {
        while self.connections.get() > 0 {
            self.left.notified().await;
        }
    }

    /// Loads the bytes of a file in place of all keys.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn load(&self, bytes: &[u8]) -> Result<Loaded, String> {
        self.engine.borrow_mut().load(bytes, self.now())
    }

    /// Writes what SAVE, BGSAVE or SHUTDOWN wants to be written; only BGSAVE does not wait for it. Why it was not, if it
    /// was not.
    fn save(&self, engine: &mut Engine) -> Option<String> {
        // What is being written in the background is older: it must not come last.
        self.end_writing(engine, true);
        let saving = engine.take_saving(self.now())?;
        if saving.request == Request::Background {
            *self.writing.borrow_mut() = Some(disk::write_aside(saving));
            return None;
        }
        let written = disk::write(&saving);
        let failure = written.clone().err();
        engine.finish_saving(saving.request, written, self.now());
        failure
    }

    /// Sends all data to whoever has become a replica.
    fn copy(&self, engine: &mut Engine) {
        let mailboxes = self.mailboxes.borrow();
        for copy in engine.take_copies(self.now()) {
            if let Some(mailbox) = mailboxes.get(&copy.client) {
                mailbox.put(true, |bytes| bytes.extend_from_slice(&copy.bytes));
            }
        }
    }

    /// Takes note of a writing in the background that has ended, or waits for its end.
    fn end_writing(&self, engine: &mut Engine, wait: bool) {
        let is_done = |writing: &mut (Request, Background)| wait || writing.1.is_finished();
        let Some((request, writing)) = self.writing.borrow_mut().take_if(is_done) else { return };
        let result = writing.join().unwrap_or_else(|_| Err("writing in the background failed".into()));
        engine.finish_saving(request, result, self.now());
    }

    /// Looks after what is written in the background, and begins to write where a save point is reached.
    pub fn look_after_disk(&self) {
        let mut engine = self.engine.borrow_mut();
        self.end_writing(&mut engine, false);
        engine.look_at_save_points(self.now());
        if engine.wants_saving() {
            self.save(&mut engine);
        }
    }

    /// Before the server ends: waits for what is written in the background, and writes everything once more where there
    /// are save points, unless SHUTDOWN has decided about that. Why it could not, if it could not.
    pub fn save_at_the_end(&self) -> Option<String> {
        let mut engine = self.engine.borrow_mut();
        self.end_writing(&mut engine, true);
        engine.save_at_the_end();
        self.save(&mut engine)
    }

    /// Cuts off who is silent for too long, and who leaves too much unread for too long.
    pub fn sweep(&self) {
        let now = self.now();
        self.engine.borrow_mut().tend(now);
        self.post(&mut self.engine.borrow_mut(), None);
        let engine = self.engine.borrow();
        for (id, mailbox) in self.mailboxes.borrow().iter() {
            let Some(client) = engine.state().clients.get(id) else { continue };
            let doors = &engine.state().settings.doors;
            mailbox.resize(now, engine.state().reply_peak_us);
            let copies = engine.state().replicas.online.iter().any(|replica| replica.id == *id);
            if (!copies && limits::is_idle(client, doors, now)) || limits::is_over(client, doors, mailbox, now) {
                mailbox.cut();
            } else if limits::is_resting(client, now) {
                mailbox.rest(true);
            }
        }
    }

    /// Closes every connection that still is there.
    pub fn close_all(&self) {
        self.mailboxes.borrow().values().for_each(Mailbox::close);
    }

    /// How many bytes of commands may have arrived that have not run.
    pub fn query_bytes(&self) -> usize {
        limits::query_bytes(self.engine.borrow().state())
    }

    /// Commands of one connection that run with nothing in between: one ends when the next begins, so that the clock is
    /// looked at once for each.
    pub fn batch(&self, id: ClientId) -> Batch<'_> {
        Batch { hub: self, engine: self.engine.borrow_mut(), id, usual: None, now: self.now() }
    }

    /// Lets the engine do what is due: expire keys, give up waiting. The moment at which it is to be done again.
    pub fn tick(&self) -> Option<Time> {
        let mut engine = self.engine.borrow_mut();
        let start = self.now();
        engine.advance_with(start, self);
        let end = self.now();
        engine.report_expiry(u64::try_from(end.us().saturating_sub(start.us())).unwrap_or(0), end);
        self.post(&mut engine, None);
        self.planned.set(engine.next_due());
        self.planned.get()
    }

    /// Brings up to date what the engine shows of the memory of connections.
    fn report_buffers(&self, engine: &mut Engine) {
        for (id, mailbox) in self.mailboxes.borrow().iter() {
            if let Some(client) = engine.state_mut().clients.get_mut(id) {
                client.buffers = mailbox.buffers();
            }
        }
    }

    /// Sends out what the engine has for others; what it has for the caller itself goes straight into its buffer.
    fn post(&self, engine: &mut Engine, mut caller: Option<(ClientId, &mut Vec<u8>, &mut Next)>) {
        let mut mailboxes = self.mailboxes.borrow_mut();
        let watch = self.watch.borrow();
        if let Some(watch) = &*watch {
            watch.changed(engine.state_mut());
        }
        for delivery in engine.take_deliveries() {
            if let Some(watch) = &*watch {
                watch.delivered(&delivery);
            }
            let protocol = protocol(engine.state(), delivery.client);
            if let Some((id, out, next)) = &mut caller
                && *id == delivery.client
            {
                encode_value(&delivery.value, protocol, out);
                if delivery.is_reply && **next == Next::Blocked {
                    **next = Next::Ready;
                }
                continue;
            }
            let Some(mailbox) = mailboxes.get(&delivery.client) else { continue };
            mailbox.put(delivery.is_reply, |bytes| encode_value(&delivery.value, protocol, bytes));
            if limits::is_too_much(engine.state(), delivery.client, mailbox.waiting()) {
                mailbox.cut();
            }
        }
        if engine.state().stopped {
            // The doors close first: whoever sees its connection end finds nobody there.
            self.stopped.notify_one();
            return;
        }
        for id in engine.take_killed() {
            if let Some(mailbox) = mailboxes.remove(&id) {
                mailbox.close();
            }
        }
    }
}

/// Commands of one connection that run with nothing in between.
pub struct Batch<'a> {
    hub: &'a Hub,
    engine: RefMut<'a, Engine>,
    id: ClientId,
    /// What holds for the commands to come, if the last one was a usual one.
    usual: Option<Usual>,
    /// When the last command ended, or the batch began.
    now: Time,
}

impl Batch<'_> {
    /// What the connection may send.
    pub fn limits(&self) -> CommandLimits {
        limits::of_commands(self.engine.state(), self.id)
    }

    /// Runs one command; what is to be written at once is appended to `out`.
    pub fn call(&mut self, argv: &[Bytes], out: &mut Vec<u8>) -> Next {
        if self.usual.is_none() && self.hub.watch.borrow().is_none() {
            self.usual = self.engine.usual(self.id);
        }
        let Some(usual) = &mut self.usual else { return self.call_any(argv, out) };
        if !self.engine.call_usual(usual, argv, self.now, out) {
            return self.call_any(argv, out);
        }
        let end = self.hub.now();
        // The clock never runs backwards.
        let took_us = end.us().wrapping_sub(self.now.us()) as u64;
        self.engine.report_usual(usual, argv, took_us, end);
        self.now = end;
        if limits::is_too_much(self.engine.state(), self.id, out.len()) { Next::Cut } else { Next::Ready }
    }

    /// Ends a row of usual commands: what comes may change what holds.
    fn close_usual(&mut self) {
        let Some(mut usual) = self.usual.take() else { return };
        self.engine.close_usual(&mut usual, self.now);
        self.look_ahead();
    }

    /// Sets the clock task anew where something is due sooner. It may wake too early, never too late.
    fn look_ahead(&self) {
        if self.engine.next_glance().is_some_and(|due| self.hub.planned.get().is_none_or(|planned| due < planned)) {
            self.hub.rescheduled.notify_one();
        }
    }

    /// Runs a command that may be any.
    fn call_any(&mut self, argv: &[Bytes], out: &mut Vec<u8>) -> Next {
        self.close_usual();
        let (hub, id, engine) = (self.hub, self.id, &mut *self.engine);
        if limits::tells_of_buffers(argv) {
            hub.report_buffers(engine);
        }
        let called = engine.call_by(Caller { id, now: self.now, pump: Some(hub) }, argv);
        let slept_us = engine.take_sleep_us();
        if slept_us > 0 {
            // DEBUG SLEEP is there to let everybody wait.
            std::thread::sleep(Duration::from_micros(slept_us));
        }
        let end = hub.now();
        let took_us = end.us().saturating_sub(self.now.us()).unsigned_abs();
        engine.report_duration(id, argv, took_us, end);
        self.now = end;
        if let Some(watch) = &*hub.watch.borrow() {
            watch.called(engine.state_mut(), id, argv, &called, took_us);
        }
        let mut next = match engine.state().stopped {
            // Nobody is answered any more: the server ends.
            true => Next::Blocked,
            false => answer(&called, protocol(engine.state(), id), out),
        };
        if engine.wants_saving() {
            hub.save(engine);
        }
        if engine.wants_copies() {
            hub.copy(engine);
        }
        if engine.has_post() {
            hub.post(engine, Some((id, out, &mut next)));
        }
        if limits::is_too_much(engine.state(), id, out.len()) {
            return Next::Cut;
        }
        self.look_ahead();
        next
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.close_usual();
    }
}

/// Appends the reply to `out`; what the connection does next.
pub(super) fn answer(called: &Called, protocol: Protocol, out: &mut Vec<u8>) -> Next {
    match called {
        Called::Reply(value) => encode_value(value, protocol, out),
        Called::Replies(values) => values.iter().for_each(|value| encode_value(value, protocol, out)),
        Called::Closed(value) => {
            encode_value(value, protocol, out);
            return Next::Close;
        }
        Called::Blocked => return Next::Blocked,
    }
    Next::Ready
}

/// The clock that never runs backwards, in microseconds. It is asked without what the standard library does around it,
/// since each command is measured; no clock is anywhere near what does not fit.
#[inline]
fn monotonic_us() -> i64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.wrapping_mul(1_000_000).wrapping_add((now.tv_nsec as u32 / 1000).into())
}

/// What a client speaks.
pub(super) fn protocol(state: &State, id: ClientId) -> Protocol {
    state.clients.get(&id).map_or(Protocol::Resp2, |client| client.protocol)
}
