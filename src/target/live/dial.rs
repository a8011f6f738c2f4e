//! Making connections to a live server: TLS, protocol, name.

use std::time::Duration;

use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, ConnectionAddr, ConnectionInfo, ProtocolVersion, PushInfo, RedisError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_rustls::client::TlsStream;

use crate::resp::{Protocol, Value};

use super::super::error::LinkError;
use super::super::tls;
use super::address::Address;
use super::clean::Clean;
use super::{convert, reason};

/// How long connecting may take, with TLS and greeting.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes connections to one server.
#[derive(Clone, Debug)]
pub struct Dialer {
    /// Where it is.
    pub address: Address,
}

/// What was agreed on when a connection was made.
pub struct Greeting {
    /// Messages and other pushes. RESP2 connections get none.
    pub pushes: mpsc::UnboundedReceiver<PushInfo>,
    /// The protocol.
    pub protocol: Protocol,
}

/// A connection, and what drives it.
pub struct Wire {
    /// The connection.
    pub connection: MultiplexedConnection,
    driver: AbortHandle,
}

impl Wire {
    async fn over<S>(stream: S, info: &ConnectionInfo, config: AsyncConnectionConfig) -> Result<Wire, RedisError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let made = MultiplexedConnection::new_with_config(info.redis_settings(), stream, config).await?;
        let (connection, driver) = made;
        Ok(Wire { connection, driver: tokio::spawn(driver).abort_handle() })
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // Left alone it would wait for the replies that are still to come, and a blocked client would stay blocked.
        self.driver.abort();
    }
}

impl Dialer {
    /// For a server at this address.
    pub fn new(address: Address) -> Dialer {
        // Whoever came first has installed the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Dialer { address }
    }

    /// Makes a connection that speaks the wanted protocol, or RESP2 where the server knows no other.
    pub async fn dial(&self, name: &str, wanted: Protocol) -> Result<(Wire, Greeting), LinkError> {
        let attempt = async {
            match self.attempt(wanted).await {
                Err(error) if wanted == Protocol::Resp3 && is_too_old(&error) => self.attempt(Protocol::Resp2).await,
                other => other,
            }
        };
        let greeting = tokio::time::timeout(PATIENCE, attempt).await;
        let (mut wire, greeting) = match greeting {
            Err(_) => return Err(reason::silence(&self.address, PATIENCE.as_secs())),
            Ok(result) => result.map_err(|error| reason::refusal(&self.address, &error))?,
        };
        self.introduce(&mut wire.connection, name).await?;
        Ok((wire, greeting))
    }

    async fn attempt(&self, protocol: Protocol) -> Result<(Wire, Greeting), RedisError> {
        let version = match protocol {
            Protocol::Resp2 => ProtocolVersion::RESP2,
            Protocol::Resp3 => ProtocolVersion::RESP3,
        };
        let settings = self.address.info.redis_settings().clone();
        let settings = settings.set_protocol(version).set_lib_name("redlab", env!("CARGO_PKG_VERSION"));
        let tcp = self.address.info.tcp_settings().clone().set_nodelay(true);
        let info = self.address.info.clone().set_redis_settings(settings).set_tcp_settings(tcp);
        let (sender, pushes) = mpsc::unbounded_channel();
        // No limit for replies: a blocking command takes as long as it takes.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let config = if protocol == Protocol::Resp3 { config.set_push_sender(sender) } else { config };
        let wire = match info.addr().clone() {
            ConnectionAddr::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), port)).await?;
                stream.set_nodelay(true)?;
                Wire::over(Clean::new(stream), &info, config).await?
            }
            ConnectionAddr::Unix(path) => {
                Wire::over(Clean::new(UnixStream::connect(path).await?), &info, config).await?
            }
            ConnectionAddr::TcpTls { host, port, .. } => {
                let stream = self.secured(&host, port).await?;
                Wire::over(Clean::new(stream), &info, config).await?
            }
            _ => return Err(RedisError::from(std::io::Error::from(std::io::ErrorKind::Unsupported))),
        };
        Ok((wire, Greeting { pushes, protocol }))
    }

    /// A connection with TLS.
    ///
    /// # Errors
    /// The operating system's, or why TLS could not be agreed on.
    pub async fn secured(&self, host: &str, port: u16) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        tls::secured_async(stream, host, &self.address.tls.clone().unwrap_or_default()).await
    }

    /// Sets the connection's name. Without a password that is asked for, this is where RESP2 finds out.
    async fn introduce(&self, connection: &mut MultiplexedConnection, name: &str) -> Result<(), LinkError> {
        let name: String = name.chars().map(|c| if c.is_ascii_graphic() { c } else { '-' }).collect();
        let command = packed(&["CLIENT", "SETNAME", &name].map(|word| Bytes::copy_from_slice(word.as_bytes())));
        let sent = tokio::time::timeout(PATIENCE, connection.send_packed_command(&command)).await;
        match sent {
            Err(_) => Err(reason::silence(&self.address, PATIENCE.as_secs())),
            Ok(Err(error)) => Err(reason::refusal(&self.address, &error)),
            Ok(Ok(redis::Value::ServerError(error))) if convert::line(&error).starts_with("NOAUTH") => {
                Err(reason::refusal(&self.address, &RedisError::from(error)))
            }
            // A user without the right to CLIENT SETNAME goes without a name.
            Ok(Ok(_)) => Ok(()),
        }
    }
}

/// A server older than Redis 6 does not know HELLO; some others know it, but not RESP3.
fn is_too_old(error: &RedisError) -> bool {
    let text = error.to_string();
    error.kind() == redis::ErrorKind::RESP3NotSupported
        || text.contains("NOPROTO")
        || (text.contains("unknown command") && text.contains("HELLO"))
}

/// A command as the crate takes it.
pub fn packed(argv: &[Bytes]) -> Cmd {
    let mut command = Cmd::new();
    for argument in argv {
        command.arg(argument.as_ref());
    }
    command
}

/// What the server calls itself: `Redis 7.0.15`, `Valkey 8.1.0`. Read from INFO's server section.
pub fn version(info: &Value) -> String {
    let text = info.as_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    let field = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(|value| value.trim().to_string())
    };
    let shown = |version: String| crate::resp::printable(version.as_bytes(), 40);
    match (field("valkey_version"), field("redis_version")) {
        (Some(version), _) => format!("Valkey {}", shown(version)),
        (None, Some(version)) => format!("Redis {}", shown(version)),
        (None, None) => "a server that does not tell its version".into(),
    }
}
