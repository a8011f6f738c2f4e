//! What waits to be written to one connection, and the way to wake the task that writes it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::engine::{Buffers, REPLY_BUFFER, Time};

/// Something for a connection that does not answer what it has just sent: messages, and the reply that a blocked
/// client waits for. Whoever puts it there and the task of the connection share it.
#[derive(Clone, Default)]
pub struct Mailbox(Rc<Inner>);

#[derive(Default)]
struct Inner {
    bytes: RefCell<Vec<u8>>,
    has_reply: Cell<bool>,
    /// Whether anything has come since [`Mailbox::take`].
    has_news: Cell<bool>,
    closed: Cell<bool>,
    /// Bytes that the connection has taken and has not written yet.
    unsent: Cell<usize>,
    /// The size of the buffer for replies as Redis would choose it, the most that was in it lately, and since when.
    reply_buffer: Cell<usize>,
    reply_peak: Cell<usize>,
    peak_since: Cell<Option<Time>>,
    /// The descriptor of the socket, if it has one.
    descriptor: Cell<Option<i32>>,
    /// Room that the connection has for bytes that come.
    query_free: Cell<usize>,
    /// Whether the client has been silent for a while.
    resting: Cell<bool>,
    /// Whether the connection has to hear of that.
    nudged: Cell<bool>,
    /// Since when more waits than may wait for long.
    over_since: Cell<Option<Time>>,
    waker: Cell<Option<Waker>>,
}

/// The smallest buffer for replies.
const LEAST_REPLY_BUFFER: usize = 1024;

impl Mailbox {
    /// The mail of a connection whose socket has this descriptor.
    pub fn new(descriptor: Option<i32>) -> Mailbox {
        let mailbox = Mailbox::default();
        mailbox.0.descriptor.set(descriptor);
        mailbox.0.reply_buffer.set(REPLY_BUFFER);
        mailbox.0.reply_peak.set(REPLY_BUFFER);
        mailbox
    }

    /// Chooses the size of the buffer for replies anew, as Redis does now and then: what was in it lately decides. The
    /// most that was in it is remembered for so many microseconds; `None`: for ever.
    pub fn resize(&self, now: Time, peak_us: Option<i64>) {
        let (size, peak) = (self.0.reply_buffer.get(), self.0.reply_peak.get());
        if peak >= size {
            self.0.reply_buffer.set((size * 2).min(REPLY_BUFFER));
        } else if peak < size / 2 {
            self.0.reply_buffer.set((peak + 1).max(LEAST_REPLY_BUFFER));
        }
        let since = self.0.peak_since.get();
        let is_over = |since: Time| peak_us.is_some_and(|most| now.us().saturating_sub(since.us()) > most);
        if since.is_none_or(is_over) {
            self.0.reply_peak.set(self.waiting().min(REPLY_BUFFER));
            self.0.peak_since.set(Some(now));
        }
    }

    /// Appends what `write` writes. To a connection that is to end, nothing is sent any more.
    pub fn put(&self, is_reply: bool, write: impl FnOnce(&mut Vec<u8>)) {
        if self.is_closed() {
            return;
        }
        write(&mut self.0.bytes.borrow_mut());
        self.0.has_news.set(true);
        if is_reply {
            self.0.has_reply.set(true);
        }
        self.wake();
    }

    /// How many bytes wait to be written.
    pub fn waiting(&self) -> usize {
        self.0.bytes.borrow().len() + self.0.unsent.get()
    }

    /// Tells how many bytes the connection has taken and has not written yet.
    pub fn set_unsent(&self, bytes: usize) {
        self.0.unsent.set(bytes);
        self.0.reply_peak.set(self.0.reply_peak.get().max(bytes.min(self.0.reply_buffer.get())));
    }

    /// Tells how much room the connection has for bytes that come.
    pub fn set_query_free(&self, bytes: usize) {
        self.0.query_free.set(bytes);
    }

    /// Tells the connection that its client has been silent for a while, or that this is over.
    pub fn rest(&self, resting: bool) {
        if self.0.resting.replace(resting) != resting && resting {
            self.nudge();
        }
    }

    /// Wakes the connection, whose line has changed.
    pub fn nudge(&self) {
        self.0.nudged.set(true);
        self.wake();
    }

    /// Whether the client has been silent for a while.
    pub fn is_resting(&self) -> bool {
        self.0.nudged.set(false);
        self.0.resting.get()
    }

    /// The memory of it all.
    pub fn buffers(&self) -> Buffers {
        Buffers {
            descriptor: self.0.descriptor.get(),
            query_free: self.0.query_free.get(),
            output: self.waiting(),
            reply_buffer: self.0.reply_buffer.get(),
            reply_peak: self.0.reply_peak.get(),
        }
    }

    /// Notes whether more waits than may wait for long; since when that is so.
    pub fn note_over(&self, over: bool, now: Time) -> Option<Time> {
        let since = over.then(|| self.0.over_since.get().unwrap_or(now));
        self.0.over_since.set(since);
        since
    }

    /// Ends the connection, and drops what it has not been sent.
    pub fn cut(&self) {
        *self.0.bytes.borrow_mut() = Vec::new();
        self.close();
    }

    /// Asks the connection to end, after what it has been sent.
    pub fn close(&self) {
        self.0.closed.set(true);
        self.0.has_news.set(true);
        self.wake();
    }

    /// Whether the connection is to end.
    pub fn is_closed(&self) -> bool {
        self.0.closed.get()
    }

    /// Whether there is something to take, or the connection is to end.
    pub fn has_news(&self) -> bool {
        self.0.has_news.get()
    }

    /// Moves what has come to the end of `out`; whether the reply was in it that ends the waiting of a blocked client.
    pub fn take(&self, out: &mut Vec<u8>) -> bool {
        self.0.has_news.set(false);
        out.append(&mut self.0.bytes.borrow_mut());
        self.0.has_reply.take()
    }

    /// Ready once there is something; until then the task is woken when something comes.
    pub fn poll(&self, task: &mut Context<'_>) -> Poll<()> {
        if self.has_news() || self.is_closed() || self.0.nudged.get() {
            return Poll::Ready(());
        }
        self.remember(task);
        Poll::Pending
    }

    /// Ready once the connection is to end; until then the task is woken whatever comes.
    pub fn poll_closed(&self, task: &mut Context<'_>) -> Poll<()> {
        if self.is_closed() {
            return Poll::Ready(());
        }
        self.remember(task);
        Poll::Pending
    }

    fn remember(&self, task: &Context<'_>) {
        let waker = self.0.waker.take().filter(|waker| waker.will_wake(task.waker()));
        self.0.waker.set(Some(waker.unwrap_or_else(|| task.waker().clone())));
    }

    fn wake(&self) {
        if let Some(waker) = self.0.waker.take() {
            waker.wake();
        }
    }
}
