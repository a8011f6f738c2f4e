//! A connection to a live server whose bytes are nobody else's: what arrives is kept as it came, messages arrive as
//! they come in either protocol, and MONITOR can be read. For whoever shows replies exactly as redis-cli does.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use redis::ConnectionAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use crate::resp::{Decoded, Limits, Protocol, Value, decode_value, encode_command};

use super::super::error::LinkError;
use super::super::identity::{Elapsed, Exchange};
use super::dial::Dialer;

/// How long connecting may take, with its greeting.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most bytes of an exchange that are kept to be shown.
const KEPT: usize = 64 * 1024;
/// How much is read at once.
const CHUNK: usize = 64 * 1024;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// One connection to a live server, without the redis crate between.
pub struct PlainLink {
    label: String,
    stream: Box<dyn Stream>,
    buffer: BytesMut,
    /// How long the buffer was when it last held no whole message: a long one is not measured anew for each piece.
    measured: usize,
    pushes: VecDeque<Value>,
    protocol: Protocol,
    /// The number that the server gave the connection, if it told.
    id: Option<i64>,
    sent: Vec<u8>,
    received: Vec<u8>,
    lost: Option<LinkError>,
}

impl std::fmt::Debug for PlainLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlainLink").field("to", &self.label).finish_non_exhaustive()
    }
}

impl PlainLink {
    /// Connects: user, protocol and database as the URL says.
    ///
    /// # Errors
    /// The server is not there, or does not let us in.
    pub async fn new(dialer: &Dialer, wanted: Protocol) -> Result<PlainLink, LinkError> {
        let label = dialer.address.label.clone();
        match tokio::time::timeout(PATIENCE, open(dialer)).await {
            Err(_) => Err(super::reason::silence(&dialer.address, PATIENCE.as_secs())),
            Ok(Err(error)) => Err(super::reason::refusal(&dialer.address, &redis::RedisError::from(error))),
            Ok(Ok(stream)) => {
                let mut link = PlainLink {
                    label,
                    stream,
                    buffer: BytesMut::new(),
                    measured: 0,
                    pushes: VecDeque::new(),
                    protocol: Protocol::Resp2,
                    id: None,
                    sent: Vec::new(),
                    received: Vec::new(),
                    lost: None,
                };
                let greeted = tokio::time::timeout(PATIENCE, link.greet(dialer, wanted)).await;
                greeted.unwrap_or_else(|_| Err(super::reason::silence(&dialer.address, PATIENCE.as_secs())))?;
                Ok(link)
            }
        }
    }

    async fn greet(&mut self, dialer: &Dialer, wanted: Protocol) -> Result<(), LinkError> {
        let settings = dialer.address.info.redis_settings();
        let refused = |why: &Value, remedy: &'static str| {
            let why = why.as_bytes().map(|text| crate::resp::printable(text, 200)).unwrap_or_default();
            let why = why.trim_end_matches('.').to_string();
            LinkError::Rejected { place: dialer.address.label.clone(), why, remedy }
        };
        if let Some(password) = settings.password() {
            let mut auth = vec![Bytes::from_static(b"AUTH")];
            auth.extend(settings.username().map(|user| Bytes::copy_from_slice(user.as_bytes())));
            auth.push(Bytes::copy_from_slice(password.as_bytes()));
            let reply = self.exchange(&auth).await?;
            if reply.is_error() {
                return Err(refused(&reply, "Check user and password in the URL"));
            }
        }
        if wanted == Protocol::Resp3 {
            let hello = ["HELLO", "3"].map(|word| Bytes::from_static(word.as_bytes()));
            let reply = self.exchange(&hello).await?;
            self.note_protocol(&hello, &reply);
        }
        if settings.db() != 0 {
            let reply = self.exchange(&[Bytes::from_static(b"SELECT"), Bytes::from(settings.db().to_string())]).await?;
            // Without a password that is asked for, whoever types gives it later.
            if reply.is_error() && !said(&reply).starts_with("NOAUTH") {
                return Err(refused(&reply, "Check the number at the end of the URL"));
            }
        }
        let id = self.exchange(&["CLIENT", "ID"].map(|word| Bytes::from_static(word.as_bytes()))).await?;
        if let Value::Integer(id) = id {
            self.id = Some(id);
        }
        Ok(())
    }

    /// Sends a command and waits for its reply; messages that come before it are kept for [`PlainLink::next_push`].
    ///
    /// A future that is dropped leaves the reply to come: [`PlainLink::reply`] waits for it.
    ///
    /// # Errors
    /// The connection is gone, and whether the command ran is not known.
    pub async fn call(&mut self, argv: &[Bytes]) -> Result<Exchange, LinkError> {
        let start = Instant::now();
        let reply = self.exchange(argv).await?;
        let measured_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.note_protocol(argv, &reply);
        Ok(Exchange { reply, elapsed: Elapsed { measured_us, simulated_us: 0 } })
    }

    async fn exchange(&mut self, argv: &[Bytes]) -> Result<Value, LinkError> {
        if let Some(lost) = &self.lost {
            return Err(lost.clone());
        }
        self.sent.clear();
        self.received.clear();
        encode_command(argv, &mut self.sent);
        let written = self.stream.write_all(&self.sent).await;
        if let Err(error) = written {
            return Err(self.gone(&error.to_string()));
        }
        self.sent.truncate(KEPT);
        let subscribes = argv.first().is_some_and(|name| {
            let name = name.to_ascii_uppercase();
            name.ends_with(b"SUBSCRIBE")
        });
        self.reply(subscribes).await
    }

    /// The reply to what was sent last. With `push`, a push counts as one: to SUBSCRIBE it is.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn reply(&mut self, push: bool) -> Result<Value, LinkError> {
        loop {
            match self.value().await? {
                value @ Value::Push(_) if !push => self.pushes.push_back(value),
                // An attribute may be left out: what stands behind it is the reply.
                Value::Attribute(_) => {}
                value => return Ok(value),
            }
        }
    }

    /// The next message, push or line of MONITOR; waits for it. Can be dropped at any time.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn next_push(&mut self) -> Result<Value, LinkError> {
        match self.pushes.pop_front() {
            Some(value) => Ok(value),
            None => self.value().await,
        }
    }

    async fn value(&mut self) -> Result<Value, LinkError> {
        let limits = Limits { elements: usize::MAX >> 1, line_bytes: 1 << 20, ..Limits::default() };
        loop {
            // What is long is looked at again when it has grown by a quarter, or when nothing more came at once.
            if self.buffer.len() >= self.measured + self.measured / 4 {
                match decode_value(&mut self.buffer, limits) {
                    Err(error) => return Err(self.gone(&error.to_string())),
                    Ok(Decoded::Whole(value)) => {
                        self.measured = 0;
                        return Ok(value);
                    }
                    Ok(Decoded::Incomplete) => self.measured = self.buffer.len(),
                }
            }
            self.buffer.reserve(CHUNK);
            let before = self.buffer.len();
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) => return Err(self.gone("the server closed it")),
                Err(error) => return Err(self.gone(&error.to_string())),
                Ok(count) => {
                    if count < CHUNK {
                        self.measured = 0;
                    }
                    let room = KEPT.saturating_sub(self.received.len()).min(count);
                    self.received.extend_from_slice(&self.buffer[before..before + room]);
                }
            }
        }
    }

    fn note_protocol(&mut self, argv: &[Bytes], reply: &Value) {
        let is = |at: usize, word: &str| argv.get(at).is_some_and(|arg| arg.eq_ignore_ascii_case(word.as_bytes()));
        if reply.is_error() {
            return;
        }
        if is(0, "RESET") || (is(0, "HELLO") && is(1, "2")) {
            self.protocol = Protocol::Resp2;
        } else if is(0, "HELLO") && is(1, "3") {
            self.protocol = Protocol::Resp3;
        }
    }

    fn gone(&mut self, why: &str) -> LinkError {
        let lost = LinkError::Lost { place: self.label.clone(), why: crate::resp::printable(why.as_bytes(), 200) };
        self.lost.get_or_insert(lost).clone()
    }

    /// The protocol that the connection speaks.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The number that the server gave the connection, if it told.
    pub fn id(&self) -> Option<i64> {
        self.id
    }

    /// The bytes of the last exchange, as they went over the wire: the beginning of them.
    pub fn bytes(&self) -> (&[u8], &[u8]) {
        (&self.sent, &self.received)
    }
}

async fn open(dialer: &Dialer) -> std::io::Result<Box<dyn Stream>> {
    match dialer.address.info.addr() {
        ConnectionAddr::Tcp(host, port) => {
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream))
        }
        ConnectionAddr::TcpTls { host, port, .. } => Ok(Box::new(dialer.secured(host, *port).await?)),
        ConnectionAddr::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
        _ => Err(std::io::Error::from(std::io::ErrorKind::Unsupported)),
    }
}

fn said(reply: &Value) -> String {
    reply.as_bytes().map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default()
}
