//! Real Redis, asked over a plain socket: the oracle.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use redlab::resp::{Decoded, Limits, Value, decode_value, encode_command};
use redlab::target::LocalServer;

/// How long a value that ought to come is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// A connection that sends a command and reads values as they come.
pub struct Wire {
    stream: TcpStream,
    buffer: BytesMut,
}

impl Wire {
    pub fn connect(server: &LocalServer) -> Wire {
        Wire::open(server.address())
    }

    /// A connection to any server.
    pub fn open(address: SocketAddr) -> Wire {
        let stream = TcpStream::connect(address).expect("the server accepts connections");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        Wire { stream, buffer: BytesMut::new() }
    }

    pub fn send(&mut self, argv: &[Bytes]) {
        let mut out = Vec::new();
        encode_command(argv, &mut out);
        self.stream.write_all(&out).expect("the oracle reads");
    }

    /// Sends bytes as they are.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server reads");
    }

    /// The same to a server that may have gone; whether it was there.
    pub fn try_send_raw(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Whether the server has ended the connection, in whatever way.
    pub fn is_gone(&mut self) -> bool {
        self.stream.read(&mut [0u8; 1]).map_or(true, |count| count == 0)
    }

    pub fn receive(&mut self) -> Value {
        loop {
            if let Decoded::Whole(value) = decode_value(&mut self.buffer, Limits::default()).expect("RESP") {
                return value;
            }
            let mut chunk = [0u8; 16 * 1024];
            let count = self.stream.read(&mut chunk).expect("the oracle answers");
            assert!(count > 0, "the oracle closed the connection");
            self.buffer.extend_from_slice(&chunk[..count]);
        }
    }

    /// The next value, if it comes within `patience`.
    pub fn receive_within(&mut self, patience: Duration) -> Option<Value> {
        self.stream.set_read_timeout(Some(patience)).expect("a timeout");
        let found = loop {
            if let Decoded::Whole(value) = decode_value(&mut self.buffer, Limits::default()).expect("RESP") {
                break Some(value);
            }
            let mut chunk = [0u8; 16 * 1024];
            match self.stream.read(&mut chunk) {
                Ok(count) if count > 0 => self.buffer.extend_from_slice(&chunk[..count]),
                _ => break None,
            }
        };
        self.stream.set_read_timeout(None).expect("no timeout");
        found
    }

    /// Whether the server has closed the connection, once everything it sent has been read.
    pub fn is_closed(&mut self) -> bool {
        self.buffer.is_empty() && self.stream.read(&mut [0u8; 1]).is_ok_and(|count| count == 0)
    }

    /// The next `count` values; fewer if they do not come within a moment.
    pub fn receive_some(&mut self, count: usize) -> Vec<Value> {
        if count == 0 {
            return Vec::new();
        }
        self.stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let values = std::iter::from_fn(|| self.try_receive()).take(count).collect();
        self.stream.set_read_timeout(None).expect("no timeout");
        values
    }

    fn try_receive(&mut self) -> Option<Value> {
        loop {
            if let Decoded::Whole(value) = decode_value(&mut self.buffer, Limits::default()).expect("RESP") {
                return Some(value);
            }
            let mut chunk = [0u8; 16 * 1024];
            let count = self.stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
            self.buffer.extend_from_slice(&chunk[..count]);
        }
    }

    pub fn call(&mut self, argv: &[Bytes]) -> Value {
        self.send(argv);
        self.receive()
    }
}
