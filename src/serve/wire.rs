//! What carries the bytes of a connection: the ways of the event loop, and ways past it for the time in which a script
//! keeps the server busy and the event loop stands still.

use std::io::{self, Read, Write};

use socket2::{SockRef, Socket};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

/// A stream that also reads and writes without the event loop, as far as that goes without waiting.
pub trait Wire: AsyncRead + AsyncWrite + Unpin {
    /// Reads what is there; 0: the peer has ended it.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there; the socket's.
    fn read_now(&mut self, bytes: &mut [u8]) -> io::Result<usize>;

    /// Writes what fits.
    ///
    /// # Errors
    /// `WouldBlock` if nothing fits; the socket's.
    fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Ends it.
    fn shut_now(&mut self);
}

/// The socket itself, which never waits.
struct Bare<'a>(SockRef<'a>);

impl Read for Bare<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut socket: &Socket = &self.0;
        socket.read(bytes)
    }
}

impl Write for Bare<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut socket: &Socket = &self.0;
        socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Bare<'_> {
    fn shut(&self) {
        // Whoever is gone already cannot be told.
        let _ = self.0.shutdown(std::net::Shutdown::Both);
    }
}

impl Wire for TcpStream {
    fn read_now(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        Bare(SockRef::from(&*self)).read(bytes)
    }

    fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Bare(SockRef::from(&*self)).write(bytes)
    }

    fn shut_now(&mut self) {
        Bare(SockRef::from(&*self)).shut();
    }
}

impl Wire for UnixStream {
    fn read_now(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        Bare(SockRef::from(&*self)).read(bytes)
    }

    fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Bare(SockRef::from(&*self)).write(bytes)
    }

    fn shut_now(&mut self) {
        Bare(SockRef::from(&*self)).shut();
    }
}

impl Wire for TlsStream<TcpStream> {
    fn read_now(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let (stream, session) = self.get_mut();
        let mut bare = Bare(SockRef::from(&*stream));
        loop {
            match session.reader().read(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            if session.read_tls(&mut bare)? == 0 {
                return Ok(0);
            }
            session.process_new_packets().map_err(io::Error::other)?;
        }
    }

    fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (stream, session) = self.get_mut();
        let mut bare = Bare(SockRef::from(&*stream));
        let taken = session.writer().write(bytes)?;
        while session.wants_write() {
            match session.write_tls(&mut bare) {
                Ok(_) => {}
                // What was taken goes with what is written next.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && taken > 0 => break,
                Err(error) => return Err(error),
            }
        }
        if taken == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(taken) }
    }

    fn shut_now(&mut self) {
        let (stream, session) = self.get_mut();
        let mut bare = Bare(SockRef::from(&*stream));
        session.send_close_notify();
        let _ = session.write_tls(&mut bare);
        bare.shut();
    }
}
