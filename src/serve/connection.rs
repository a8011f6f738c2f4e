//! One connection: bytes in, commands to the engine, replies out in one write for each read.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, ReadBuf};

use crate::engine::{ClientId, State};

use super::hub::{Hub, Next};
use super::line::{ENOUGH, Line};
use super::mailbox::Mailbox;
use super::wire::Wire;

/// How much is read at once.
const CHUNK: usize = 16 * 1024;
/// How much is read at once of a client that has been silent for a while.
const NAP: usize = 64;
/// More than this is long: its memory is not kept.
const LONG: usize = 32 * 1024;
/// Most bytes that a blocked client may send ahead; beyond, it is read on once it is served.
const AHEAD: usize = 1024 * 1024;

/// The ends of a connection, as CLIENT LIST shows them.
pub struct Ends {
    /// The client's address.
    pub peer: String,
    /// The server's.
    pub local: String,
    /// The descriptor of the socket, if it has one.
    pub descriptor: Option<i32>,
}

/// A connection while it lasts.
pub struct Connection<S> {
    hub: Rc<Hub>,
    id: ClientId,
    mail: Mailbox,
    /// Never held while the connection waits.
    line: Rc<RefCell<Line<S>>>,
    /// Whether what has come last was long.
    long: bool,
    /// Whether the memory for what comes is that of something long.
    grown: bool,
}

impl<S: Wire + 'static> Connection<S> {
    /// Serves a client until either side ends the connection.
    ///
    /// # Errors
    /// The socket's.
    pub async fn serve(hub: Rc<Hub>, stream: S, ends: &Ends) -> io::Result<()> {
        let connection = hub.with_state(|state| Connection::open(&hub, state, stream, ends));
        connection.keep().await
    }

    /// A new connection to a server in this state.
    pub fn open(hub: &Rc<Hub>, state: &mut State, stream: S, ends: &Ends) -> Connection<S> {
        let (id, mail) = hub.connect(state, &ends.peer, &ends.local, ends.descriptor);
        let line = Rc::new(RefCell::new(Line::new(stream, id, mail.clone())));
        hub.look_after(id, line.clone());
        Connection { hub: hub.clone(), id, mail, line, long: false, grown: false }
    }

    /// Serves its client until either side ends it.
    ///
    /// # Errors
    /// The socket's.
    pub async fn keep(mut self) -> io::Result<()> {
        let ended = self.run().await;
        self.hub.disconnect(self.id);
        ended
    }

    async fn run(&mut self) -> io::Result<()> {
        loop {
            let all = {
                let mut line = self.line.borrow_mut();
                line.collect_mail();
                line.run_commands(&self.hub)
            };
            if self.next() == Next::Cut {
                return Ok(());
            }
            if self.has_to_write() {
                self.write().await?;
            }
            if self.next() == Next::Close {
                return poll_fn(|task| Pin::new(&mut self.line.borrow_mut().stream).poll_shutdown(task)).await;
            }
            if all && !self.wait().await? {
                return Ok(());
            }
        }
    }

    fn next(&self) -> Next {
        self.line.borrow().next
    }

    fn has_to_write(&self) -> bool {
        let line = self.line.borrow();
        !line.output.is_empty() || line.unflushed
    }

    /// Waits for mail or for bytes, whichever comes first; false once the connection is over: the client has ended it,
    /// or has sent more than may wait.
    async fn wait(&mut self) -> io::Result<bool> {
        let resting = self.mail.is_resting();
        let (length, may_read) = {
            let line = &mut *self.line.borrow_mut();
            if line.input.is_empty() && (resting || self.grown && !self.long) {
                // The memory for long commands goes when short ones come, and who is silent for a while has none.
                line.input = BytesMut::new();
                self.grown = false;
            }
            (line.input.len(), line.next == Next::Ready || line.input.len() < AHEAD)
        };
        self.grown |= std::mem::take(&mut self.long);
        let goes_on = if resting { self.nap(may_read).await? } else { self.read(may_read).await? };
        let now = self.line.borrow().input.len();
        if now > length {
            self.mail.rest(false);
        }
        self.long = now > LONG;
        Ok(goes_on && now <= self.hub.query_bytes())
    }

    async fn read(&mut self, may_read: bool) -> io::Result<bool> {
        {
            let input = &mut self.line.borrow_mut().input;
            input.reserve(CHUNK);
            self.mail.set_query_free(input.capacity() - input.len());
        }
        poll_fn(|task| {
            if self.mail.poll(task).is_ready() {
                return Poll::Ready(Ok(true));
            }
            if !may_read {
                return Poll::Pending;
            }
            let Line { stream, input, .. } = &mut *self.line.borrow_mut();
            let count = ready!(pin!(stream.read_buf(input)).poll(task))?;
            Poll::Ready(Ok(count > 0))
        })
        .await
    }

    /// The same without memory of its own for what comes.
    async fn nap(&mut self, may_read: bool) -> io::Result<bool> {
        self.mail.set_query_free(0);
        let mut bytes = [0; NAP];
        poll_fn(|task| {
            if self.mail.poll(task).is_ready() {
                return Poll::Ready(Ok(true));
            }
            if !may_read {
                return Poll::Pending;
            }
            let mut bytes = ReadBuf::new(&mut bytes);
            let Line { stream, input, .. } = &mut *self.line.borrow_mut();
            ready!(Pin::new(stream).poll_read(task, &mut bytes))?;
            input.extend_from_slice(bytes.filled());
            Poll::Ready(Ok(!bytes.filled().is_empty()))
        })
        .await
    }

    /// Writes all there is, unless the connection is given up meanwhile.
    async fn write(&mut self) -> io::Result<()> {
        self.line.borrow_mut().writing = true;
        let mut at = 0;
        poll_fn(|task| self.poll_write(task, &mut at)).await?;
        self.mail.set_unsent(0);
        {
            let line = &mut *self.line.borrow_mut();
            line.output.clear();
            // A long reply's memory is not kept for the short ones that follow.
            line.output.shrink_to(ENOUGH);
            (line.writing, line.unflushed) = (false, false);
        }
        poll_fn(|task| Pin::new(&mut self.line.borrow_mut().stream).poll_flush(task)).await
    }

    /// Writes what is to be written from `at` on.
    fn poll_write(&self, task: &mut Context<'_>, at: &mut usize) -> Poll<io::Result<()>> {
        let Line { stream, output, .. } = &mut *self.line.borrow_mut();
        while *at < output.len() {
            self.mail.set_unsent(output.len() - *at);
            let written = Pin::new(&mut *stream).poll_write(task, &output[*at..]);
            if written.is_pending() && self.mail.poll_closed(task).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
            }
            *at += ready!(written)?;
        }
        Poll::Ready(Ok(()))
    }
}
