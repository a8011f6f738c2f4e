//! Where clients come in: TCP, TLS, a Unix socket.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};
use std::time::Duration;

use socket2::{SockAddr, SockRef, Socket};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_rustls::TlsAcceptor;

use crate::engine::{Busy, State};

use super::connection::{Connection, Ends};
use super::hub::{Hub, Meanwhile};

/// How long a failing `accept` (no descriptors left) is given before the next try.
const BREATH: Duration = Duration::from_millis(50);
/// How long a client may take to agree on a cipher.
const GREETING: Duration = Duration::from_secs(10);

/// So many clients are let in at once while a script keeps the server busy.
const MOST_AT_ONCE: usize = 1000;

/// One place where clients come in.
pub enum Door {
    /// In the clear.
    Tcp(TcpListener),
    /// Encrypted.
    Tls(TcpListener, TlsAcceptor),
    /// On this machine alone.
    Unix(UnixDoor),
}

/// A Unix socket; its file goes when this goes.
pub struct UnixDoor {
    listener: UnixListener,
    path: PathBuf,
}

impl UnixDoor {
    /// Listens at `path`, where only those may connect whom `mode` allows. A socket there that nobody listens at any
    /// more is replaced.
    ///
    /// # Errors
    /// The file system's; and where something else stands at `path`, or another server listens there.
    pub fn open(path: &Path, mode: u32) -> io::Result<UnixDoor> {
        if let Ok(found) = std::fs::symlink_metadata(path) {
            if !found.file_type().is_socket() {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, "something that is no socket stands there"));
            }
            if std::os::unix::net::UnixStream::connect(path).is_ok() {
                return Err(io::Error::new(io::ErrorKind::AddrInUse, "another server listens there"));
            }
        }
        // Made where nobody else looks, so that the file has its mode before anyone can connect to it.
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let aside = tempfile::Builder::new().prefix(".redlab").tempdir_in(parent)?;
        let hidden = aside.path().join("s");
        let listener = UnixListener::bind(&hidden)?;
        std::fs::set_permissions(&hidden, std::fs::Permissions::from_mode(mode))?;
        std::fs::rename(&hidden, path)?;
        Ok(UnixDoor { listener, path: path.to_owned() })
    }

    fn ends(&self, stream: &UnixStream) -> Ends {
        let name = format!("{}:0", self.path.display());
        Ends { peer: name.clone(), local: name, descriptor: Some(stream.as_raw_fd()) }
    }
}

impl Drop for UnixDoor {
    fn drop(&mut self) {
        // Nobody is left to be told if it cannot be removed.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Door {
    /// Lets clients in, for ever. Each is served by a task of its own.
    pub async fn keep(&self, hub: &Rc<Hub>) {
        loop {
            let accepted = match self {
                Door::Tcp(listener) => listener.accept().await.map(|(stream, peer)| {
                    tokio::task::spawn_local(serve_tcp(hub.clone(), stream, peer));
                }),
                Door::Tls(listener, acceptor) => listener.accept().await.map(|(stream, peer)| {
                    tokio::task::spawn_local(serve_tls(hub.clone(), stream, peer, acceptor.clone()));
                }),
                Door::Unix(door) => door.listener.accept().await.map(|(stream, _)| {
                    let ends = door.ends(&stream);
                    tokio::task::spawn_local(serve_unix(hub.clone(), stream, ends));
                }),
            };
            if accepted.is_err() {
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// A door while a script keeps the server busy.
pub struct Porch {
    door: Rc<Door>,
    hub: Weak<Hub>,
}

impl Porch {
    /// What is before this door.
    pub fn before(door: &Rc<Door>, hub: &Rc<Hub>) -> Rc<dyn Meanwhile> {
        Rc::new(Porch { door: door.clone(), hub: Rc::downgrade(hub) })
    }

    /// Lets one client in who waits there.
    fn let_in(&self, hub: &Rc<Hub>, state: &mut State) -> io::Result<()> {
        match &*self.door {
            Door::Tcp(listener) => {
                let (socket, address) = accept(SockRef::from(listener))?;
                let stream = TcpStream::from_std(socket.into())?;
                let Some(peer) = address.as_socket() else { return Ok(()) };
                let Ok(local) = prepare(state.settings.doors.keepalive_s, &stream) else { return Ok(()) };
                match hub.refuse(state, is_here(peer)) {
                    Some(refusal) => drop(stream.try_write(refusal.as_bytes())),
                    None => {
                        let ends = ends(&stream, peer, local);
                        tokio::task::spawn_local(Connection::open(hub, state, stream, &ends).keep());
                    }
                }
                Ok(())
            }
            Door::Unix(door) => {
                let stream = UnixStream::from_std(accept(SockRef::from(&door.listener))?.0.into())?;
                match hub.refuse(state, true) {
                    Some(refusal) => drop(stream.try_write(refusal.as_bytes())),
                    None => {
                        let ends = door.ends(&stream);
                        tokio::task::spawn_local(Connection::open(hub, state, stream, &ends).keep());
                    }
                }
                Ok(())
            }
            // Agreeing on a cipher needs the event loop: whoever comes has to wait.
            Door::Tls(..) => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Meanwhile for Porch {
    fn look_after(&self, _: &Hub, server: &mut Busy<'_>) {
        let Some(hub) = self.hub.upgrade() else { return };
        // Whoever cannot be let in now (no descriptors left) may be later.
        for _ in 0..MOST_AT_ONCE {
            if self.let_in(&hub, server.state_mut()).is_err() {
                return;
            }
        }
    }
}

fn accept(listener: SockRef<'_>) -> io::Result<(Socket, SockAddr)> {
    let (socket, address) = listener.accept()?;
    socket.set_nonblocking(true)?;
    Ok((socket, address))
}

/// Whether a client comes from this machine.
fn is_here(peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback()
}

fn ends(stream: &TcpStream, peer: SocketAddr, local: SocketAddr) -> Ends {
    Ends { peer: peer.to_string(), local: local.to_string(), descriptor: Some(stream.as_raw_fd()) }
}

// A connection that breaks is over, and nobody else's business: its error is dropped.

async fn serve_tcp(hub: Rc<Hub>, stream: TcpStream, peer: SocketAddr) {
    let Ok(local) = hub.with_state(|state| prepare(state.settings.doors.keepalive_s, &stream)) else { return };
    if let Some(refusal) = hub.with_state(|state| hub.refuse(state, is_here(peer))) {
        // It fits into the socket's buffer; who does not read it is gone already.
        let _ = stream.try_write(refusal.as_bytes());
        return;
    }
    let ends = ends(&stream, peer, local);
    let _ = Connection::serve(hub, stream, &ends).await;
}

async fn serve_tls(hub: Rc<Hub>, stream: TcpStream, peer: SocketAddr, acceptor: TlsAcceptor) {
    let Ok(local) = hub.with_state(|state| prepare(state.settings.doors.keepalive_s, &stream)) else { return };
    if hub.with_state(|state| hub.refuse(state, is_here(peer))).is_some() {
        return;
    }
    let ends = ends(&stream, peer, local);
    let Ok(Ok(stream)) = tokio::time::timeout(GREETING, acceptor.accept(stream)).await else { return };
    let _ = Connection::serve(hub, stream, &ends).await;
}

async fn serve_unix(hub: Rc<Hub>, stream: UnixStream, ends: Ends) {
    if let Some(refusal) = hub.with_state(|state| hub.refuse(state, true)) {
        let _ = stream.try_write(refusal.as_bytes());
        return;
    }
    let _ = Connection::serve(hub, stream, &ends).await;
}

/// Small writes go out at once, and a peer that is gone is noticed; after how many seconds `tcp-keepalive` says, 0 being
/// never. The server's end.
fn prepare(keepalive_s: u32, stream: &TcpStream) -> io::Result<SocketAddr> {
    stream.set_nodelay(true)?;
    if keepalive_s > 0 {
        let every = Duration::from_secs(u64::from(keepalive_s));
        let probes =
            socket2::TcpKeepalive::new().with_time(every).with_interval((every / 3).max(Duration::from_secs(1)));
        SockRef::from(stream).set_tcp_keepalive(&probes)?;
    }
    stream.local_addr()
}
