//! One connection: bytes in, commands to the engine, replies out in one write for each read.

use std::io;
use std::sync::Arc;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::engine::ClientId;
use crate::resp::{Decoded, Limits, decode_command};

use super::hub::{Hub, Mail, Next};

/// How much is read at once.
const CHUNK: usize = 16 * 1024;
/// Most bytes that a blocked client may send ahead; beyond, it is read on once it is served.
const AHEAD: usize = 1024 * 1024;

/// A connection while it lasts.
pub struct Connection {
    hub: Arc<Hub>,
    stream: TcpStream,
    id: ClientId,
    mail: mpsc::UnboundedReceiver<Mail>,
    input: BytesMut,
    output: Vec<u8>,
    next: Next,
}

impl Connection {
    /// Serves a client until either side ends the connection.
    ///
    /// # Errors
    /// The socket's.
    pub async fn serve(hub: Arc<Hub>, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let peer = stream.peer_addr()?.to_string();
        let (id, mail) = hub.connect(&peer);
        let (input, output) = (BytesMut::with_capacity(CHUNK), Vec::new());
        let mut connection = Connection { hub, stream, id, mail, input, output, next: Next::Ready };
        let ended = connection.run().await;
        connection.hub.disconnect(id);
        ended
    }

    async fn run(&mut self) -> io::Result<()> {
        loop {
            self.collect_mail();
            self.run_commands();
            if !self.output.is_empty() {
                self.stream.write_all(&self.output).await?;
                self.output.clear();
            }
            if self.next == Next::Close {
                return self.stream.shutdown().await;
            }
            let may_read = self.next == Next::Ready || self.input.len() < AHEAD;
            tokio::select! {
                mail = self.mail.recv() => self.take(mail.unwrap_or(Mail::Close)),
                count = self.stream.read_buf(&mut self.input), if may_read => {
                    if count? == 0 {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Runs every whole command that has arrived, unless the client is blocked meanwhile.
    fn run_commands(&mut self) {
        while self.next == Next::Ready {
            match decode_command(&mut self.input, Limits::default()) {
                Ok(Decoded::Incomplete) => return,
                Ok(Decoded::Whole(argv)) if argv.is_empty() => {}
                Ok(Decoded::Whole(argv)) => {
                    self.collect_mail();
                    if self.next == Next::Ready {
                        self.next = self.hub.call(self.id, &argv, &mut self.output);
                    }
                }
                Err(error) => {
                    self.output.extend_from_slice(format!("-ERR {error}\r\n").as_bytes());
                    self.next = Next::Close;
                }
            }
        }
    }

    /// Takes the mail that has arrived, so that it stands before replies to later commands.
    fn collect_mail(&mut self) {
        while let Ok(mail) = self.mail.try_recv() {
            self.take(mail);
        }
    }

    fn take(&mut self, mail: Mail) {
        match mail {
            Mail::Bytes { bytes, is_reply } => {
                self.output.extend_from_slice(&bytes);
                self.hub.collected(self.id, bytes.len());
                if is_reply && self.next == Next::Blocked {
                    self.next = Next::Ready;
                }
            }
            Mail::Close => self.next = Next::Close,
        }
    }
}
