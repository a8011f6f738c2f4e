//! One connection: bytes out, whole replies in.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use bytes::{Bytes, BytesMut};

use crate::resp::{Limits, Scanner, encode_command, printable};

use super::super::tls;
use super::endpoint::{Endpoint, Place};
use super::stream::{Stream, connect_tcp};

/// How much is read at once.
const CHUNK: usize = 64 * 1024;
/// What a server may send. It is asked for all of it, so there is hardly a limit but that of nesting, which keeps
/// whoever walks through a reply from falling.
const LIMITS: Limits =
    Limits { bulk_bytes: i64::MAX as usize / 4, elements: u32::MAX as usize, depth: 1024, line_bytes: 1 << 30 };

/// Why a connection cannot be made, or is gone. The words are the operating system's, as redis-cli shows them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SocketError {
    /// Nobody answers there.
    #[error("{0}")]
    Refused(String),
    /// TLS could not be agreed on.
    #[error("{0}")]
    Tls(String),
    /// The server has closed the connection.
    #[error("Server closed the connection")]
    Closed,
    /// It broke; another one may do.
    #[error("{0}")]
    Broken(String),
    /// What answers there speaks no RESP.
    #[error("{0}")]
    Garbled(String),
}

impl SocketError {
    fn broken(error: &io::Error) -> SocketError {
        SocketError::Broken(plain(error))
    }

    /// Whether a new connection may help.
    pub fn may_pass(&self) -> bool {
        !matches!(self, SocketError::Garbled(_))
    }
}

/// The operating system's words alone.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    printable(text.strip_prefix("failed to lookup address information: ").unwrap_or(text).as_bytes(), 200)
}

/// A connection to a server, without greeting: whoever wants AUTH or HELLO sends it.
pub struct Socket {
    stream: Stream,
    inbox: BytesMut,
    scanner: Scanner,
    outbox: Vec<u8>,
    chunk: Box<[u8]>,
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket").field("waiting", &self.inbox.len()).finish_non_exhaustive()
    }
}

impl Socket {
    /// Connects, and waits as long as the operating system does.
    ///
    /// # Errors
    /// Why not.
    pub fn connect(endpoint: &Endpoint) -> Result<Socket, SocketError> {
        let refused = |error: io::Error| SocketError::Refused(plain(&error));
        let stream = match (&endpoint.place, &endpoint.tls) {
            (Place::Unix(path), _) => Stream::Unix(UnixStream::connect(path).map_err(refused)?),
            (Place::Tcp(host, port), None) => Stream::Tcp(connect_tcp(host, *port).map_err(refused)?),
            (Place::Tcp(host, port), Some(wish)) => {
                let stream = connect_tcp(host, *port).map_err(refused)?;
                Stream::Tls(tls::secured(stream, host, wish).map_err(SocketError::Tls)?)
            }
        };
        Ok(Socket {
            stream,
            inbox: BytesMut::new(),
            scanner: Scanner::default(),
            outbox: Vec::new(),
            chunk: vec![0; CHUNK].into_boxed_slice(),
        })
    }

    /// Adds a command to what goes out with the next [`Socket::flush`].
    pub fn send(&mut self, argv: &[Bytes]) {
        encode_command(argv, &mut self.outbox);
    }

    /// Sends what is to go out.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn flush(&mut self) -> Result<(), SocketError> {
        let sent = self.stream.write_all(&self.outbox).and_then(|()| self.stream.flush());
        self.outbox.clear();
        // What goes out in one piece is mostly short; memory for a long one is not kept.
        self.outbox.shrink_to(CHUNK);
        sent.map_err(|error| SocketError::broken(&error))
    }

    /// The next whole reply or push, if it has arrived.
    ///
    /// # Errors
    /// Bytes that are no reply.
    pub fn arrived(&mut self) -> Result<Option<Bytes>, SocketError> {
        match self.scanner.scan(&self.inbox, LIMITS) {
            Ok(None) => Ok(None),
            Ok(Some(length)) => Ok(Some(self.inbox.split_to(length).freeze())),
            Err(error) => Err(SocketError::Garbled(error.to_string())),
        }
    }

    /// Waits for more bytes.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn wait(&mut self) -> Result<(), SocketError> {
        loop {
            match self.stream.read(&mut self.chunk) {
                Ok(0) => return Err(SocketError::Closed),
                Ok(count) => {
                    self.inbox.extend_from_slice(&self.chunk[..count]);
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(SocketError::broken(&error)),
            }
        }
    }

    /// From here on nothing waits: for [`Socket::try_write`] and [`Socket::try_read`].
    ///
    /// # Errors
    /// The operating system's.
    pub fn stop_waiting(&mut self) -> Result<(), SocketError> {
        self.stream.set_nonblocking(true).map_err(|error| SocketError::broken(&error))
    }

    /// Writes as many of these bytes as go; how many went.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn try_write(&mut self, bytes: &[u8]) -> Result<usize, SocketError> {
        match self.stream.write(bytes) {
            Ok(count) => Ok(count),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(0),
            Err(error) => Err(SocketError::broken(&error)),
        }
    }

    /// Takes what has come; whether anything has.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn try_read(&mut self) -> Result<bool, SocketError> {
        match self.stream.read(&mut self.chunk) {
            Ok(0) => Err(SocketError::Closed),
            Ok(count) => {
                self.inbox.extend_from_slice(&self.chunk[..count]);
                Ok(true)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(false),
            Err(error) => Err(SocketError::broken(&error)),
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
