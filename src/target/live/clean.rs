//! A stream whose lines of text can be read by a library that wants UTF-8 there.
//!
//! Redis copies what it was sent into error lines as it is, and the redis crate gives a connection up over a line that
//! is no UTF-8. So the bytes of such lines that are not ASCII travel as characters of Unicode's private area, and
//! [`restored`] makes bytes of them again.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The byte `b` travels as the character `PRIVATE + b`.
const PRIVATE: u32 = 0xe000;
/// How much is read at once.
const CHUNK: usize = 16 * 1024;

/// The bytes that a line of text had on the wire.
pub fn restored(text: &str) -> Bytes {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c).checked_sub(PRIVATE).and_then(|byte| u8::try_from(byte).ok()).filter(|byte| *byte >= 0x80) {
            Some(byte) => out.push(byte),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Bytes::from(out)
}

/// Where in a reply the stream is.
#[derive(Clone, Copy, Debug)]
enum At {
    /// Before the byte that says what comes.
    Kind,
    /// In a line of text: a simple string or an error.
    Text,
    /// In a line that is ASCII anyhow.
    Line,
    /// In the length of a bulk string; `None` after a sign: there is none.
    Length(Option<usize>),
    /// In a bulk string, so many bytes before its end.
    Body(usize),
}

/// A stream from a server, its lines of text made UTF-8.
#[derive(Debug)]
pub struct Clean<S> {
    stream: S,
    at: At,
    raw: Box<[u8]>,
    ready: BytesMut,
}

impl<S> Clean<S> {
    /// Around a stream of which nothing was read yet.
    pub fn new(stream: S) -> Clean<S> {
        Clean { stream, at: At::Kind, raw: vec![0; CHUNK].into_boxed_slice(), ready: BytesMut::new() }
    }
}

impl At {
    /// Takes bytes as they came and appends them as they are to be read.
    fn pass(&mut self, mut bytes: &[u8], out: &mut BytesMut) {
        while let Some(&byte) = bytes.first() {
            if let At::Body(left) = self {
                let count = bytes.len().min(*left);
                out.extend_from_slice(&bytes[..count]);
                bytes = &bytes[count..];
                *self = if *left == count { At::Kind } else { At::Body(*left - count) };
                continue;
            }
            match self {
                At::Text if byte >= 0x80 => {
                    let c = char::from_u32(PRIVATE + u32::from(byte)).unwrap_or('?');
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => out.extend_from_slice(&[byte]),
            }
            *self = self.after(byte);
            bytes = &bytes[1..];
        }
    }

    fn after(self, byte: u8) -> At {
        match (self, byte) {
            (At::Kind, b'+' | b'-') => At::Text,
            (At::Kind, b'$' | b'=' | b'!') => At::Length(Some(0)),
            (At::Kind, _) => At::Line,
            // The line end after a bulk string counts as part of it.
            (At::Length(Some(length)), b'\n') => At::Body(length.saturating_add(2)),
            (_, b'\n') => At::Kind,
            (At::Length(Some(length)), b'0'..=b'9') => {
                At::Length(Some(length.saturating_mul(10).saturating_add(usize::from(byte - b'0'))))
            }
            (At::Length(_), b'-') => At::Length(None),
            (at, _) => at,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Clean<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        if this.ready.is_empty() {
            let mut raw = ReadBuf::new(&mut this.raw);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut raw))?;
            this.at.pass(raw.filled(), &mut this.ready);
        }
        let count = this.ready.len().min(buf.remaining());
        buf.put_slice(&this.ready[..count]);
        this.ready.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Clean<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_utf8_and_bytes_again_wherever_they_are_cut() {
        let wire: &[u8] = b"*4\r\n-ERR \xff \xc3\xa9\r\n$3\r\n+\xff\n\r\n$-1\r\n+\x80\r\n:1\r\n$0\r\n\r\n-\xfe\r\n";
        let mut whole = BytesMut::new();
        At::Kind.pass(wire, &mut whole);
        let lossy = String::from_utf8_lossy(&whole);
        assert_eq!(lossy.matches('\u{fffd}').count(), 1, "what is in a bulk string stays");
        for cut in 0..wire.len() {
            let (mut at, mut out) = (At::Kind, BytesMut::new());
            at.pass(&wire[..cut], &mut out);
            at.pass(&wire[cut..], &mut out);
            assert_eq!(out, whole);
        }
        assert_eq!(restored("ERR \u{e0ff} \u{e0c3}\u{e0a9} é"), &b"ERR \xff \xc3\xa9 \xc3\xa9"[..]);
    }
}
