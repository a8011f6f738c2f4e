//! The listening socket, and the clock that wakes the engine.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::task::{JoinSet, LocalSet};

use crate::engine::Settings;

use super::connection::Connection;
use super::hub::Hub;

/// How long a failing `accept` (no descriptors left) is given before the next try.
const BREATH: Duration = Duration::from_millis(50);

/// How long connections are given to write their last bytes when the server stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// The bundled engine behind a TCP port.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    hub: Rc<Hub>,
}

impl Server {
    /// Listens at `addr` (port 0: any free one), with an empty engine of the usual configuration.
    ///
    /// # Errors
    /// The socket's: the port is taken, or may not be used.
    pub async fn bind(addr: impl ToSocketAddrs) -> io::Result<Server> {
        Server::bind_with(addr, Settings::default()).await
    }

    /// The same with this configuration; the port in it is set to the one that is listened at.
    ///
    /// # Errors
    /// The socket's.
    pub async fn bind_with(addr: impl ToSocketAddrs, settings: Settings) -> io::Result<Server> {
        let listener = TcpListener::bind(addr).await?;
        let address = listener.local_addr()?;
        let hub = Rc::new(Hub::new(Settings { port: address.port(), ..settings }));
        Ok(Server { listener, address, hub })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves clients until `shutdown` is there; then every connection is closed after what it is writing. All of it
    /// happens on the calling thread.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        LocalSet::new().run_until(self.run_here(shutdown)).await;
    }

    async fn run_here(self, shutdown: impl Future<Output = ()>) {
        let mut connections = JoinSet::new();
        let clock = keep_time(&self.hub);
        tokio::pin!(shutdown, clock);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                () = &mut clock => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn_local(serve_one(self.hub.clone(), stream));
                    }
                    Err(_) => tokio::time::sleep(BREATH).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
        drop(self.listener);
        self.hub.close_all();
        let finish = async { while connections.join_next().await.is_some() {} };
        // Whoever does not read what it asked for is cut off.
        if tokio::time::timeout(FAREWELL, finish).await.is_err() {
            connections.shutdown().await;
        }
    }
}

/// A connection that breaks is over, and nobody else's business.
async fn serve_one(hub: Rc<Hub>, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let Ok(peer) = stream.peer_addr() else { return };
    let _ = Connection::serve(hub, stream, &peer.to_string()).await;
}

/// Wakes the engine whenever something is due, for ever.
async fn keep_time(hub: &Hub) {
    loop {
        let Some(due) = hub.tick() else {
            hub.rescheduled.notified().await;
            continue;
        };
        let wait = u64::try_from(due.us().saturating_sub(hub.now().us())).unwrap_or(0);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_micros(wait)) => {}
            () = hub.rescheduled.notified() => {}
        }
    }
}
