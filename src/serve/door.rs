//! Where clients come in: TCP, TLS, a Unix socket.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_rustls::TlsAcceptor;

use super::connection::Connection;
use super::hub::Hub;

/// How long a failing `accept` (no descriptors left) is given before the next try.
const BREATH: Duration = Duration::from_millis(50);
/// How long a client may take to agree on a cipher.
const GREETING: Duration = Duration::from_secs(10);

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
                    tokio::task::spawn_local(serve_unix(hub.clone(), stream, door.path.clone()));
                }),
            };
            if accepted.is_err() {
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

// A connection that breaks is over, and nobody else's business: its error is dropped.

async fn serve_tcp(hub: Rc<Hub>, stream: TcpStream, peer: SocketAddr) {
    let Ok(local) = prepare(&hub, &stream) else { return };
    if let Some(refusal) = hub.refuse(peer.ip().to_canonical().is_loopback()) {
        // It fits into the socket's buffer; who does not read it is gone already.
        let _ = stream.try_write(refusal.as_bytes());
        return;
    }
    let descriptor = Some(stream.as_raw_fd());
    let _ = Connection::serve(hub, stream, &peer.to_string(), &local.to_string(), descriptor).await;
}

async fn serve_tls(hub: Rc<Hub>, stream: TcpStream, peer: SocketAddr, acceptor: TlsAcceptor) {
    let Ok(local) = prepare(&hub, &stream) else { return };
    if hub.refuse(peer.ip().to_canonical().is_loopback()).is_some() {
        return;
    }
    let descriptor = Some(stream.as_raw_fd());
    let Ok(Ok(stream)) = tokio::time::timeout(GREETING, acceptor.accept(stream)).await else { return };
    let _ = Connection::serve(hub, stream, &peer.to_string(), &local.to_string(), descriptor).await;
}

async fn serve_unix(hub: Rc<Hub>, stream: UnixStream, path: PathBuf) {
    if let Some(refusal) = hub.refuse(true) {
        let _ = stream.try_write(refusal.as_bytes());
        return;
    }
    let name = format!("{}:0", path.display());
    let descriptor = Some(stream.as_raw_fd());
    let _ = Connection::serve(hub, stream, &name, &name, descriptor).await;
}

/// Small writes go out at once, and a peer that is gone is noticed.
fn prepare(hub: &Hub, stream: &TcpStream) -> io::Result<SocketAddr> {
    stream.set_nodelay(true)?;
    let seconds = hub.keepalive_s();
    if seconds > 0 {
        let every = Duration::from_secs(u64::from(seconds));
        let probes =
            socket2::TcpKeepalive::new().with_time(every).with_interval((every / 3).max(Duration::from_secs(1)));
        socket2::SockRef::from(stream).set_tcp_keepalive(&probes)?;
    }
    stream.local_addr()
}
