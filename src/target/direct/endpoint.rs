//! Where a server is, and who we are to it.

use std::path::PathBuf;

use redis::ConnectionAddr;

use super::super::error::TargetError;
use super::super::live::Address;
use super::super::tls::TlsWish;

/// A socket's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A host and its port.
    Tcp(String, u16),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = match self {
            Place::Tcp(host, port) => format!("{host}:{port}"),
            Place::Unix(path) => path.to_string_lossy().into_owned(),
        };
        f.write_str(&crate::resp::printable(shown.as_bytes(), 200))
    }
}

/// Where a server is, and who we are to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its address.
    pub place: Place,
    /// TLS, unless it is spoken to in the clear.
    pub tls: Option<TlsWish>,
    /// The user; none is the default user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The database to begin with.
    pub database: i64,
}

// By hand, so that no log can show a password.
impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("place", &self.place).field("tls", &self.tls).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// A server in the clear, nobody in particular, database 0.
    pub fn new(place: Place) -> Endpoint {
        Endpoint { place, tls: None, user: None, password: None, database: 0 }
    }

    /// What a URL says.
    ///
    /// # Errors
    /// What is wrong with it; the message does not show it, because of its password.
    pub fn read(url: &str) -> Result<Endpoint, TargetError> {
        let address = Address::read(url)?;
        let settings = address.info.redis_settings();
        let (place, tls) = match address.info.addr() {
            ConnectionAddr::Tcp(host, port) => (Place::Tcp(host.clone(), *port), None),
            ConnectionAddr::TcpTls { host, port, insecure, .. } => {
                (Place::Tcp(host.clone(), *port), Some(TlsWish { insecure: *insecure, ..TlsWish::default() }))
            }
            ConnectionAddr::Unix(path) => (Place::Unix(path.clone()), None),
            _ => {
                return Err(TargetError::Url {
                    why: "it names no place that can be connected to".into(),
                    remedy: "Write redis://host:port, rediss://host:port or unix:///path",
                });
            }
        };
        Ok(Endpoint {
            place,
            tls,
            user: settings.username().map(str::to_string),
            password: settings.password().map(str::to_string),
            database: settings.db(),
        })
    }
}

impl Endpoint {
    /// The URL of this place with another database. It may hold a password: it is never shown.
    pub fn url(&self, database: i64) -> String {
        let escaped = |text: &str| {
            let escape = |byte: u8| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            };
            text.bytes().map(escape).collect::<String>()
        };
        let user = self.user.as_deref().map(escaped).unwrap_or_default();
        let password = self.password.as_deref().map(escaped);
        match &self.place {
            Place::Unix(path) => {
                let who = password.map(|password| format!("&user={user}&pass={password}")).unwrap_or_default();
                format!("unix://{}?db={database}{who}", path.display()).replace("&user=&", "&")
            }
            Place::Tcp(host, port) => {
                let scheme = if self.tls.is_some() { "rediss" } else { "redis" };
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                let who = password.map(|password| format!("{user}:{password}@")).unwrap_or_default();
                let end = if self.tls.as_ref().is_some_and(|tls| tls.insecure) { "#insecure" } else { "" };
                format!("{scheme}://{who}{host}:{port}/{database}{end}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_say_where_and_who() {
        let endpoint = Endpoint::read("rediss://ann:s%40cret@[::1]:7000/3").expect("a URL");
        assert_eq!(endpoint.place, Place::Tcp("::1".into(), 7000));
        assert_eq!((endpoint.user.as_deref(), endpoint.password.as_deref()), (Some("ann"), Some("s@cret")));
        assert!(endpoint.tls.is_some() && endpoint.database == 3);
        assert!(!format!("{endpoint:?}").contains("cret"));
        let again = Endpoint::read(&endpoint.url(4)).expect("a URL");
        assert_eq!(again, Endpoint { database: 4, ..endpoint });
        assert_eq!(Endpoint::read("unix:///run/r.sock").expect("a URL").place, Place::Unix("/run/r.sock".into()));
    }
}
