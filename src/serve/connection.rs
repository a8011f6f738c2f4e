//! One connection: bytes in, commands to the engine, replies out in one write for each read.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::engine::{ClientId, name_in_capitals};
use crate::resp::CommandDecoder;

use super::hub::{Hub, Next};
use super::mailbox::Mailbox;

/// How much is read at once.
const CHUNK: usize = 16 * 1024;
/// How much is read at once of a client that has been silent for a while.
const NAP: usize = 64;
/// More than this is long: its memory is not kept.
const LONG: usize = 32 * 1024;
/// Most bytes that a blocked client may send ahead; beyond, it is read on once it is served.
const AHEAD: usize = 1024 * 1024;
/// Once so much is to be written, it is written before further commands run.
const ENOUGH: usize = 1024 * 1024;

/// A connection while it lasts.
pub struct Connection<S> {
    hub: Rc<Hub>,
    stream: S,
    id: ClientId,
    mail: Mailbox,
    input: BytesMut,
    decoder: CommandDecoder,
    /// The arguments of the command that runs; kept from command to command for its memory.
    argv: Vec<Bytes>,
    output: Vec<u8>,
    next: Next,
    /// Whether what has come last was long.
    long: bool,
    /// Whether the memory for what comes is that of something long.
    grown: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Serves a client until either side ends the connection; `peer`, `local` and the descriptor are what CLIENT LIST
    /// shows of its ends.
    ///
    /// # Errors
    /// The socket's.
    pub async fn serve(hub: Rc<Hub>, stream: S, peer: &str, local: &str, descriptor: Option<i32>) -> io::Result<()> {
        let (id, mail) = hub.connect(peer, local, descriptor);
        let mut connection = Connection {
            hub,
            stream,
            id,
            mail,
            input: BytesMut::new(),
            decoder: CommandDecoder::with_names(name_in_capitals),
            argv: Vec::new(),
            output: Vec::new(),
            next: Next::Ready,
            long: false,
            grown: false,
        };
        let ended = connection.run().await;
        connection.hub.disconnect(id);
        ended
    }

    async fn run(&mut self) -> io::Result<()> {
        loop {
            self.collect_mail();
            let all = self.run_commands();
            if self.next == Next::Cut {
                return Ok(());
            }
            if !self.output.is_empty() {
                self.write().await?;
            }
            if self.next == Next::Close {
                return self.stream.shutdown().await;
            }
            if all && !self.wait().await? {
                return Ok(());
            }
        }
    }

    /// Waits for mail or for bytes, whichever comes first; false once the connection is over: the client has ended it,
    /// or has sent more than may wait.
    async fn wait(&mut self) -> io::Result<bool> {
        let resting = self.mail.is_resting();
        if self.input.is_empty() && (resting || self.grown && !self.long) {
            // The memory for long commands goes when short ones come, and who is silent for a while has none at all.
            self.input = BytesMut::new();
            self.grown = false;
        }
        self.grown |= std::mem::take(&mut self.long);
        let length = self.input.len();
        let may_read = self.next == Next::Ready || length < AHEAD;
        let goes_on = if resting { self.nap(may_read).await? } else { self.read(may_read).await? };
        if self.input.len() > length {
            self.mail.rest(false);
        }
        self.long = self.input.len() > LONG;
        Ok(goes_on && self.input.len() <= self.hub.query_bytes())
    }

    async fn read(&mut self, may_read: bool) -> io::Result<bool> {
        self.input.reserve(CHUNK);
        self.mail.set_query_free(self.input.capacity() - self.input.len());
        let mut read = pin!(self.stream.read_buf(&mut self.input));
        poll_fn(|task| {
            if self.mail.poll(task).is_ready() {
                return Poll::Ready(Ok(true));
            }
            if !may_read {
                return Poll::Pending;
            }
            let count = ready!(read.as_mut().poll(task))?;
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
            ready!(Pin::new(&mut self.stream).poll_read(task, &mut bytes))?;
            self.input.extend_from_slice(bytes.filled());
            Poll::Ready(Ok(!bytes.filled().is_empty()))
        })
        .await
    }

    /// Writes all there is, unless the connection is given up meanwhile.
    async fn write(&mut self) -> io::Result<()> {
        let mut at = 0;
        while at < self.output.len() {
            self.mail.set_unsent(self.output.len() - at);
            at += poll_fn(|task| {
                let written = Pin::new(&mut self.stream).poll_write(task, &self.output[at..]);
                if written.is_pending() && self.mail.poll_closed(task).is_ready() {
                    return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
                }
                written
            })
            .await?;
        }
        self.mail.set_unsent(0);
        self.output.clear();
        // A long reply's memory is not kept for the short ones that follow.
        self.output.shrink_to(ENOUGH);
        poll_fn(|task| Pin::new(&mut self.stream).poll_flush(task)).await
    }

    /// Runs every whole command that has arrived, unless the client is blocked meanwhile; false if some are left
    /// because there is much to write first.
    fn run_commands(&mut self) -> bool {
        let hub = Rc::clone(&self.hub);
        let mut batch = hub.batch(self.id);
        let mut limits = batch.limits();
        while self.next == Next::Ready {
            if self.output.len() > ENOUGH {
                return false;
            }
            if limits.stranger {
                limits = batch.limits();
            }
            match self.decoder.decode(&mut self.input, limits, &mut self.argv) {
                Ok(false) => break,
                Ok(true) if self.argv.is_empty() => {}
                Ok(true) => {
                    if self.mail.has_news() {
                        self.collect_mail();
                    }
                    if self.next == Next::Ready {
                        self.next = batch.call(&self.argv, &mut self.output);
                    }
                }
                Err(error) => {
                    self.output.extend_from_slice(format!("-ERR {error}\r\n").as_bytes());
                    self.next = Next::Close;
                }
            }
        }
        // What the last command was given shares memory with the buffer, which can be used again once that is let go.
        self.decoder.let_go(&mut self.argv);
        true
    }

    /// Takes the mail that has arrived, so that it stands before replies to later commands.
    fn collect_mail(&mut self) {
        if self.mail.take(&mut self.output) && self.next == Next::Blocked {
            self.next = Next::Ready;
        }
        if self.mail.is_closed() {
            self.next = Next::Close;
        }
    }
}
