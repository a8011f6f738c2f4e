//! What waits to be written to one connection, and the way to wake the task that writes it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Most bytes that may wait for one slow reader: Redis's hard limit for subscribers (`client-output-buffer-limit`).
const BACKLOG: usize = 32 * 1024 * 1024;

/// Something for a connection that does not answer what it has just sent: messages, and the reply that a blocked
/// client waits for. Whoever puts it there and the task of the connection share it.
#[derive(Clone, Default)]
pub struct Mailbox(Rc<Inner>);

#[derive(Default)]
struct Inner {
    bytes: RefCell<Vec<u8>>,
    has_reply: Cell<bool>,
    closed: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

impl Mailbox {
    /// Appends what `write` writes. Who reads too slowly is cut off.
    pub fn put(&self, is_reply: bool, write: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.0.bytes.borrow_mut();
        write(&mut bytes);
        if is_reply {
            self.0.has_reply.set(true);
        }
        if bytes.len() > BACKLOG {
            *bytes = Vec::new();
            self.0.closed.set(true);
        }
        self.wake();
    }

    /// Asks the connection to end, after what it has been sent.
    pub fn close(&self) {
        self.0.closed.set(true);
        self.wake();
    }

    /// Whether the connection is to end.
    pub fn is_closed(&self) -> bool {
        self.0.closed.get()
    }

    /// Moves what has come to the end of `out`; whether the reply was in it that ends the waiting of a blocked client.
    pub fn take(&self, out: &mut Vec<u8>) -> bool {
        let mut bytes = self.0.bytes.borrow_mut();
        if !bytes.is_empty() {
            out.append(&mut bytes);
        }
        self.0.has_reply.take()
    }

    /// Ready once there is something; until then the task is woken when something comes.
    pub fn poll(&self, task: &mut Context<'_>) -> Poll<()> {
        if self.is_closed() || self.0.has_reply.get() || !self.0.bytes.borrow().is_empty() {
            return Poll::Ready(());
        }
        let waker = self.0.waker.take().filter(|waker| waker.will_wake(task.waker()));
        self.0.waker.set(Some(waker.unwrap_or_else(|| task.waker().clone())));
        Poll::Pending
    }

    fn wake(&self) {
        if let Some(waker) = self.0.waker.take() {
            waker.wake();
        }
    }
}
