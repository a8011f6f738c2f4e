//! The server: its doors, the clock that wakes the engine, and its end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::mpsc;
use tokio::task::LocalSet;

use crate::engine::{Doors, Settings};

use super::disk;
use super::door::{Door, Porch, UnixDoor};
use super::event::Event;
use super::hub::Hub;
use super::tls::{self, TlsFiles};
use super::watch::Watch;

/// How long connections are given to write their last bytes when the server stops.
const FAREWELL: Duration = Duration::from_secs(1);
/// How often silent clients and slow readers are looked for.
const ROUND: Duration = Duration::from_millis(100);

/// How often somebody who looks on is told how everything stands.
const TELLING: Duration = Duration::from_millis(250);

/// Where a server listens.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The address of its ports.
    pub host: String,
    /// Its port; 0: any free one.
    pub port: u16,
    /// What it speaks TLS with, and on which port: without one, on `port`, and nothing is served in the clear there.
    pub tls: Option<(TlsFiles, Option<u16>)>,
    /// Its Unix socket and that file's mode.
    pub unix: Option<(PathBuf, u32)>,
}

/// The bundled engine behind a TCP port, and whatever other doors it has.
pub struct Server {
    doors: Vec<Rc<Door>>,
    address: SocketAddr,
    tls_address: Option<SocketAddr>,
    loaded: Option<String>,
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
        Ok(Server::new(vec![Door::Tcp(listener)], address, None, settings))
    }

    /// Opens all these doors. Without a password, those that lead to other machines stay closed.
    ///
    /// # Errors
    /// A sentence that says which door cannot be opened, why, and what to do.
    pub async fn open(places: &Places, mut settings: Settings) -> Result<Server, String> {
        let listener = listen(&places.host, places.port, &settings).await?;
        let here = |listener: &TcpListener| listener.local_addr().map_err(|error| error.to_string());
        let (address, mut doors, mut tls_address) = (here(&listener)?, Vec::new(), None);
        match &places.tls {
            None => doors.push(Door::Tcp(listener)),
            Some((files, None)) => {
                tls_address = Some(address);
                doors.push(Door::Tls(listener, tls::acceptor(files)?));
            }
            Some((files, Some(port))) => {
                let second = listen(&places.host, *port, &settings).await?;
                tls_address = Some(here(&second)?);
                doors.push(Door::Tls(second, tls::acceptor(files)?));
                doors.push(Door::Tcp(listener));
            }
        }
        if let Some((path, mode)) = &places.unix {
            let door = UnixDoor::open(path, *mode);
            let shown = crate::resp::printable(path.to_string_lossy().as_bytes(), 200);
            doors.push(Door::Unix(door.map_err(|error| format!("cannot listen at the socket {shown}: {error}"))?));
            (settings.doors.unix_socket, settings.doors.unix_mode) = (path.display().to_string(), *mode);
        }
        settings.doors.bind = address.ip().to_string();
        Ok(Server::new(doors, address, tls_address, settings))
    }

    /// Loads a file, before anybody is let in.
    ///
    /// # Errors
    /// A sentence that names the file and says what is wrong with it, and where.
    pub fn load(&mut self, path: &Path) -> Result<(), String> {
        let bytes = disk::read(path)?;
        let shown = crate::resp::printable(path.to_string_lossy().as_bytes(), 200);
        let loaded = self.hub.load(&bytes).map_err(|why| format!("cannot load {shown}: {why}"))?;
        self.loaded = Some(disk::report(path, &loaded));
        Ok(())
    }

    fn new(doors: Vec<Door>, address: SocketAddr, tls_address: Option<SocketAddr>, settings: Settings) -> Server {
        let tls_port = tls_address.map_or(0, |address| address.port());
        let settings = Settings { port: address.port(), doors: Doors { tls_port, ..settings.doors }, ..settings };
        let doors = doors.into_iter().map(Rc::new).collect();
        Server { doors, address, tls_address, loaded: None, hub: Rc::new(Hub::new(settings)) }
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What to tell of the file that was loaded, if one was.
    pub fn loaded(&self) -> Option<&str> {
        self.loaded.as_deref()
    }

    /// What tells from another thread that the server is to end, where a script may go on for ever: it is ended then,
    /// and what it wrote stays. Whoever sets this also has to end [`Server::run`].
    pub fn ending(&self) -> Arc<AtomicBool> {
        self.hub.ending()
    }

    /// Where it speaks TLS, if anywhere.
    pub fn tls_addr(&self) -> Option<SocketAddr> {
        self.tls_address
    }

    /// Everything that happens from here on, for somebody who looks on. Where `most` events wait to be taken, further
    /// ones are left out and counted.
    pub fn watch(&self, most: usize) -> mpsc::Receiver<Event> {
        let (sender, receiver) = mpsc::channel(most);
        self.hub.look_on(Watch::new(sender));
        receiver
    }

    /// Serves clients until `shutdown` is there, or SHUTDOWN; then every connection is closed after what it is writing.
    /// All of it happens on the calling thread. Where there are save points, everything is written before the end; the
    /// answer is why it could not be, if it could not.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Option<String> {
        LocalSet::new().run_until(self.run_here(shutdown)).await
    }

    async fn run_here(self, shutdown: impl Future<Output = ()>) -> Option<String> {
        self.hub.look_after_doors(self.doors.iter().map(|door| Porch::before(door, &self.hub)).collect());
        let doors = futures_util::future::join_all(self.doors.iter().map(|door| door.keep(&self.hub)));
        tokio::select! {
            () = shutdown => {}
            () = self.hub.stopped.notified() => {}
            _ = doors => {}
            () = keep_time(&self.hub) => {}
            () = keep_order(&self.hub) => {}
            () = keep_telling(&self.hub) => {}
        }
        self.hub.look_after_doors(Vec::new());
        drop(self.doors);
        self.hub.close_all();
        // Whoever does not read what it asked for is cut off, when its task goes with the others.
        let _ = tokio::time::timeout(FAREWELL, self.hub.emptied()).await;
        self.hub.save_at_the_end()
    }
}

/// A port that only this machine reaches, or one with a password.
async fn listen(host: &str, port: u16, settings: &Settings) -> Result<TcpListener, String> {
    let place = crate::resp::printable(format!("{host}:{port}").as_bytes(), 200);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let found: Vec<SocketAddr> = match tokio::net::lookup_host((host, port)).await {
        Ok(found) => found.collect(),
        Err(error) => return Err(format!("cannot listen on {place}: {error}")),
    };
    if settings.password.is_empty() && !found.iter().all(|address| address.ip().is_loopback()) {
        return Err(format!(
            "{place} can be reached from other machines: set a password (--requirepass-file, or REDLAB_REQUIREPASS), \
             or listen on 127.0.0.1"
        ));
    }
    TcpListener::bind(&found[..]).await.map_err(|error| format!("cannot listen on {place}: {error}"))
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

/// Looks after silent clients and slow readers, for ever.
async fn keep_order(hub: &Hub) {
    loop {
        tokio::time::sleep(ROUND).await;
        hub.sweep();
        hub.look_after_disk();
    }
}

/// Tells whoever looks on how everything stands, for ever.
async fn keep_telling(hub: &Hub) {
    while hub.tell_round() {
        tokio::time::sleep(TELLING).await;
    }
    hub.look_away();
    std::future::pending().await
}
