//! Real Redis, asked over a plain socket: the oracle.

use std::io::{Read, Write};
use std::net::TcpStream;

use bytes::{Bytes, BytesMut};
use redlab::resp::{Decoded, Limits, Value, decode_value, encode_command};
use redlab::target::LocalServer;

/// A connection that sends a command and reads values as they come.
pub struct Wire {
    stream: TcpStream,
    buffer: BytesMut,
}

impl Wire {
    pub fn connect(server: &LocalServer) -> Wire {
        let stream = TcpStream::connect(server.address()).expect("the oracle accepts connections");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        Wire { stream, buffer: BytesMut::new() }
    }

    pub fn send(&mut self, argv: &[Bytes]) {
        let mut out = Vec::new();
        encode_command(argv, &mut out);
        self.stream.write_all(&out).expect("the oracle reads");
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

    pub fn call(&mut self, argv: &[Bytes]) -> Value {
        self.send(argv);
        self.receive()
    }
}
