//! The bytes of one connection: commands that have come, replies that are to go.

use std::cell::RefCell;
use std::io;

use bytes::{Bytes, BytesMut};

use crate::engine::{Busy, ClientId, name_in_capitals};
use crate::resp::{CommandDecoder, CommandLimits};

use super::hub::{Hub, Meanwhile, Next};
use super::limits;
use super::mailbox::Mailbox;
use super::wire::Wire;

/// Once so much is to be written, it is written before further commands run.
pub const ENOUGH: usize = 1024 * 1024;
/// How much is read at once while a script keeps the server busy, and how often in one turn.
const PIECE: usize = 16 * 1024;
const PIECES: usize = 16;

/// What a connection and, while a script keeps the server busy, whoever answers in its place share.
pub struct Line<S> {
    /// The connection's socket.
    pub stream: S,
    id: ClientId,
    mail: Mailbox,
    /// What has come and has not run.
    pub input: BytesMut,
    decoder: CommandDecoder,
    /// The arguments of the command that runs; kept from command to command for its memory.
    argv: Vec<Bytes>,
    /// What is to be written.
    pub output: Vec<u8>,
    /// What the connection does next.
    pub next: Next,
    /// Whether the connection is in the middle of writing `output`.
    pub writing: bool,
    /// Whether something was written past the connection, which may have to be flushed.
    pub unflushed: bool,
}

impl<S> Line<S> {
    /// The line of a new connection.
    pub fn new(stream: S, id: ClientId, mail: Mailbox) -> Line<S> {
        Line {
            stream,
            id,
            mail,
            input: BytesMut::new(),
            decoder: CommandDecoder::with_names(name_in_capitals),
            argv: Vec::new(),
            output: Vec::new(),
            next: Next::Ready,
            writing: false,
            unflushed: false,
        }
    }

    /// Runs every whole command that has arrived, unless the client is blocked meanwhile; false if some are left
    /// because there is much to write first.
    pub fn run_commands(&mut self, hub: &Hub) -> bool {
        let mut batch = hub.batch(self.id);
        let mut limits = batch.limits();
        while self.next == Next::Ready {
            if self.output.len() > ENOUGH {
                return false;
            }
            if limits.stranger {
                limits = batch.limits();
            }
            match self.take_command(limits) {
                None => break,
                Some(false) => {}
                Some(true) => {
                    if self.mail.has_news() {
                        self.collect_mail();
                    }
                    if self.next == Next::Ready {
                        self.next = batch.call(&self.argv, &mut self.output);
                    }
                }
            }
        }
        // What the last command was given shares memory with the buffer, which can be used again once that is let go.
        self.decoder.let_go(&mut self.argv);
        true
    }

    /// Takes the next command; `None` if it is not whole yet, false if there is nothing to run.
    fn take_command(&mut self, limits: CommandLimits) -> Option<bool> {
        match self.decoder.decode(&mut self.input, limits, &mut self.argv) {
            Ok(false) => None,
            Ok(true) => Some(!self.argv.is_empty()),
            Err(error) => {
                self.output.extend_from_slice(format!("-ERR {error}\r\n").as_bytes());
                self.next = Next::Close;
                Some(false)
            }
        }
    }

    /// Takes the mail that has arrived, so that it stands before replies to later commands.
    pub fn collect_mail(&mut self) {
        if self.mail.take(&mut self.output) && self.next == Next::Blocked {
            self.next = Next::Ready;
        }
        if self.mail.is_closed() {
            self.next = Next::Close;
        }
    }
}

impl<S: Wire> Meanwhile for RefCell<Line<S>> {
    fn look_after(&self, hub: &Hub, server: &mut Busy<'_>) {
        // The connection whose script runs holds its line; it is not read before the script has ended.
        if let Ok(mut line) = self.try_borrow_mut() {
            line.look_after(hub, server);
        }
    }
}

impl<S: Wire> Line<S> {
    fn look_after(&mut self, hub: &Hub, server: &mut Busy<'_>) {
        if self.next != Next::Ready && self.next != Next::Blocked {
            return;
        }
        self.collect_mail();
        let came = self.read_meanwhile(hub, server);
        let went = !self.writing && !self.output.is_empty();
        if went && self.write_now().is_err() {
            self.next = Next::Cut;
        }
        if self.next == Next::Cut || (self.next == Next::Close && self.output.is_empty()) {
            self.stream.shut_now();
        }
        if came || went {
            // The connection finds all this changed, and does what is left to do.
            self.mail.nudge();
        }
    }

    /// Reads what has come, and runs the commands in it; whether anything has happened.
    fn read_meanwhile(&mut self, hub: &Hub, server: &mut Busy<'_>) -> bool {
        let mut bytes = [0; PIECE];
        for round in 0..PIECES {
            self.run_meanwhile(hub, server);
            let may_read = self.next == Next::Ready
                && self.output.len() <= ENOUGH
                && self.input.len() <= limits::query_bytes(server.state())
                && !server.state().stopped;
            if !may_read {
                return true;
            }
            match self.stream.read_now(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return round > 0,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(count) if count > 0 => {
                    self.mail.rest(false);
                    self.input.extend_from_slice(&bytes[..count]);
                }
                Ok(_) | Err(_) => {
                    server.state_mut().disconnect(self.id);
                    self.next = Next::Close;
                    return true;
                }
            }
        }
        true
    }

    fn run_meanwhile(&mut self, hub: &Hub, server: &mut Busy<'_>) {
        while self.next == Next::Ready && self.output.len() <= ENOUGH && !server.state().stopped {
            match self.take_command(limits::of_commands(server.state(), self.id)) {
                None => break,
                Some(false) => {}
                Some(true) => self.next = hub.call_meanwhile(server, self.id, &self.argv, &mut self.output),
            }
        }
        self.decoder.let_go(&mut self.argv);
    }

    /// Writes what fits; the rest is left to the connection.
    fn write_now(&mut self) -> io::Result<()> {
        let mut at = 0;
        while at < self.output.len() {
            match self.stream.write_now(&self.output[at..]) {
                Ok(count) => at += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.output.drain(..at);
        self.unflushed = true;
        Ok(())
    }
}
