//! Opening a target.

use std::sync::Arc;

use bytes::Bytes;

use crate::resp::Protocol;

use super::bundled::{Bundled, BundledLink};
use super::connection::Connection;
use super::direct::Endpoint;
use super::error::{LinkError, TargetError};
use super::identity::{Identity, Kind};
use super::live::{self, Address, Dialer, LiveLink, PlainLink};
use super::local::LocalServer;
use super::spec::TargetSpec;
use super::wire::Wire;

/// Where commands go. Clones are the same target.
#[derive(Clone, Debug)]
pub struct Target {
    identity: Identity,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Bundled(Bundled),
    Live(Dialer),
    /// A server of our own: it stops with the last clone of its target.
    Server(Dialer, Arc<LocalServer>),
}

impl Target {
    /// Opens a target. Needs a tokio runtime.
    ///
    /// # Errors
    /// A URL that makes no sense, a server that is not there or does not let us in, no server to start.
    pub async fn open(spec: &TargetSpec) -> Result<Target, TargetError> {
        match spec {
            TargetSpec::Bundled { rtt, seed, load } => {
                let identity = Identity {
                    kind: Kind::Bundled,
                    label: "bundled".into(),
                    version: "redlab engine (Redis 7.0.15)".into(),
                    protocol: Protocol::Resp3,
                    simulated_rtt_us: Some(u64::try_from(rtt.as_micros()).unwrap_or(u64::MAX)),
                };
                let bundled = Bundled::new(*rtt, *seed);
                if let Some(path) = load {
                    bundled.load(path).map_err(TargetError::Load)?;
                }
                Ok(Target { identity, place: Place::Bundled(bundled) })
            }
            TargetSpec::Live { url } => {
                let dialer = Dialer::new(Address::read(url)?);
                Ok(Target { identity: identify(&dialer, Kind::Live).await?, place: Place::Live(dialer) })
            }
            TargetSpec::Server => {
                let started = tokio::task::spawn_blocking(|| LocalServer::start(&[])).await;
                let server = started.map_err(|gone| super::local::StartError::Io(std::io::Error::other(gone)))??;
                let dialer = Dialer::new(Address::read(&server.url())?);
                let identity = identify(&dialer, Kind::Server).await?;
                Ok(Target { identity, place: Place::Server(dialer, Arc::new(server)) })
            }
        }
    }

    /// A server, and which certificates are to be trusted, without a look whether it is there: the first connection
    /// tells. Its version is not known.
    ///
    /// # Errors
    /// What is wrong with the endpoint.
    pub fn at(endpoint: &Endpoint) -> Result<Target, TargetError> {
        let mut address = Address::read(&endpoint.url(endpoint.database))?;
        address.tls.clone_from(&endpoint.tls);
        Ok(Target::unseen(address))
    }

    /// A server at another host, as the same user and with the same database; from the bundled engine, as nobody in
    /// particular. The first connection tells whether it is there.
    ///
    /// # Errors
    /// What is wrong with the host.
    pub fn turned_to(&self, host: &str, port: u16) -> Result<Target, TargetError> {
        let address = match &self.place {
            Place::Live(dialer) => dialer.address.turned_to(host, port),
            Place::Bundled(_) | Place::Server(..) => Address::read("redis://localhost")?.turned_to(host, port),
        };
        Ok(Target::unseen(address))
    }

    /// The same target for further connections of whoever logged in with this AUTH.
    pub fn logged_in(&self, auth: &[Bytes]) -> Target {
        let text = |word: &Bytes| String::from_utf8_lossy(word).into_owned();
        let (user, password) = match auth {
            [_, password] => (None, text(password)),
            [_, user, password] => (Some(text(user)), text(password)),
            _ => return self.clone(),
        };
        let dialer = |dialer: &Dialer| Dialer::new(dialer.address.logged_in(user.as_deref(), &password));
        let place = match &self.place {
            Place::Bundled(bundled) => Place::Bundled(bundled.clone()),
            Place::Live(known) => Place::Live(dialer(known)),
            Place::Server(known, server) => Place::Server(dialer(known), server.clone()),
        };
        Target { identity: self.identity.clone(), place }
    }

    fn unseen(address: Address) -> Target {
        let identity = Identity {
            kind: Kind::Live,
            label: address.label.clone(),
            version: String::new(),
            protocol: Protocol::Resp2,
            simulated_rtt_us: None,
        };
        Target { identity, place: Place::Live(Dialer::new(address)) }
    }

    /// What the target is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// A new connection, named as CLIENT SETNAME would.
    ///
    /// # Errors
    /// The server is not there, or does not let us in.
    pub async fn connect(&self, name: &str, protocol: Protocol) -> Result<Connection, LinkError> {
        match &self.place {
            Place::Bundled(bundled) => Ok(Connection::bundled(BundledLink::new(bundled, name, protocol))),
            Place::Live(dialer) | Place::Server(dialer, _) => {
                Ok(Connection::live(LiveLink::new(dialer, name, protocol).await?))
            }
        }
    }

    /// A new connection for whoever shows everything that comes over it. It has no name.
    ///
    /// # Errors
    /// The server is not there, or does not let us in.
    pub async fn wire(&self, protocol: Protocol) -> Result<Wire, LinkError> {
        match &self.place {
            Place::Bundled(bundled) => Ok(Wire::bundled(BundledLink::new(bundled, "", protocol))),
            Place::Live(dialer) | Place::Server(dialer, _) => Ok(Wire::plain(PlainLink::new(dialer, protocol).await?)),
        }
    }

    /// The database that connections start in: the URL's.
    pub fn database(&self) -> i64 {
        match &self.place {
            Place::Bundled(_) => 0,
            Place::Live(dialer) | Place::Server(dialer, _) => dialer.address.info.redis_settings().db(),
        }
    }

    /// The bundled engine's clock, link and undo; `None` where a real server is the target.
    pub fn bundled(&self) -> Option<&Bundled> {
        match &self.place {
            Place::Bundled(bundled) => Some(bundled),
            Place::Live(_) | Place::Server(..) => None,
        }
    }

    /// The throw-away server, where that is the target.
    pub fn server(&self) -> Option<&LocalServer> {
        match &self.place {
            Place::Server(_, server) => Some(server),
            Place::Bundled(_) | Place::Live(_) => None,
        }
    }
}

/// Connects once, to know whether the server lets us in and what it is.
async fn identify(dialer: &Dialer, kind: Kind) -> Result<Identity, LinkError> {
    let mut link = LiveLink::new(dialer, "redlab", Protocol::Resp3).await?;
    let info = ["INFO", "server"].map(|word| Bytes::from_static(word.as_bytes()));
    let replies = link.observe(&[info.to_vec()]).await?;
    let version = replies.first().map(live::version).unwrap_or_default();
    let label = dialer.address.label.clone();
    Ok(Identity { kind, label, version, protocol: link.protocol(), simulated_rtt_us: None })
}
