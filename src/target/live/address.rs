//! Where a live server is, read from its URL. The password goes no further than to the server.

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

use super::super::error::TargetError;
use super::super::tls::TlsWish;

/// What a URL may look like.
const FORMS: &str = "Write redis://host:port/db, rediss://host:port/db (TLS) or unix:///path/to/socket, with \
                     user:password@ before the host if the server asks for one";

/// Where a live server is.
#[derive(Clone)]
pub struct Address {
    /// What the crate connects with; holds the password.
    pub info: ConnectionInfo,
    /// Where, to be shown: host and port or the socket's path, and the database unless it is 0.
    pub label: String,
    /// What is asked of TLS; `None`: the connection is not encrypted.
    pub tls: Option<TlsWish>,
}

// By hand, so that no log can show a password.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("label", &self.label).field("tls", &self.tls.is_some()).finish_non_exhaustive()
    }
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it; the message does not show it, because of its password.
    pub fn read(url: &str) -> Result<Address, TargetError> {
        let wrong = |why: &str| TargetError::Url { why: why.into(), remedy: FORMS };
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        let known = ["redis", "rediss", "unix", "valkey", "valkeys", "redis+unix", "valkey+unix"];
        if !scheme.is_some_and(|scheme| known.contains(&scheme.as_str())) {
            return Err(wrong("it does not start with redis://, rediss:// or unix://"));
        }
        let info = url.into_connection_info().map_err(|error| {
            let text = error.to_string();
            wrong(&text.split(" - ").next().unwrap_or_default().to_lowercase())
        })?;
        let tls = match info.addr() {
            ConnectionAddr::TcpTls { insecure, .. } => Some(TlsWish { insecure: *insecure, ..TlsWish::default() }),
            _ => None,
        };
        Ok(Address { label: label(&info), info, tls })
    }

    /// The same server for somebody else.
    pub fn logged_in(&self, user: Option<&str>, password: &str) -> Address {
        let settings = self.info.redis_settings().clone().set_password(password);
        // A server older than users knows no name for the one that it has.
        let user = user.or_else(|| settings.username().map(|_| "default")).map(str::to_string);
        let settings = match user {
            Some(user) => settings.set_username(user),
            None => settings,
        };
        Address { info: self.info.clone().set_redis_settings(settings), ..self.clone() }
    }

    /// The same user and database at another host.
    pub fn turned_to(&self, host: &str, port: u16) -> Address {
        let host = host.to_string();
        let addr = match self.info.addr() {
            ConnectionAddr::TcpTls { insecure, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: None }
            }
            _ => ConnectionAddr::Tcp(host, port),
        };
        let info = self.info.clone().set_addr(addr);
        Address { label: label(&info), info, tls: self.tls.clone() }
    }
}

fn label(info: &ConnectionInfo) -> String {
    let (place, db) = (place(info.addr()), info.redis_settings().db());
    if db == 0 { place } else { format!("{place}/{db}") }
}

fn place(addr: &ConnectionAddr) -> String {
    match addr {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } if host.contains(':') => {
            format!("[{host}]:{port}")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_show_where_and_hide_the_password() {
        let label = |url: &str| Address::read(url).expect("a URL").label;
        assert_eq!(label("redis://user:secret@localhost:7000/3"), "localhost:7000/3");
        assert_eq!(label("rediss://[::1]"), "[::1]:6379");
        assert_eq!(label("unix:///run/redis.sock?pass=secret"), "/run/redis.sock");
        let debug = format!("{:?}", Address::read("redis://:secret@localhost").expect("a URL"));
        assert!(!debug.contains("secret"), "{debug}");
    }

    #[test]
    fn a_bad_url_is_explained_and_not_shown() {
        for url in ["localhost:6379", "http://:secret@host", "redis://:secret@host:port", "redis://:secret@host/x", ""]
        {
            let message = Address::read(url).expect_err("no URL").to_string();
            assert!(!message.contains("secret"), "{message}");
            assert!(message.contains("redis://host:port/db"), "{message}");
        }
    }
}
