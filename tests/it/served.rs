//! The engine behind a port, in this process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread::JoinHandle;

use redlab::engine::Settings;
use redlab::serve::{Places, Server};
use tokio::sync::oneshot;

use crate::oracle::Wire;

/// A server on a thread of its own, stopped when it goes.
pub struct Served {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub fn start() -> Served {
        Served::open(Settings::default(), None)
    }

    /// A server with these settings, and with what was in a file.
    pub fn open(settings: Settings, load: Option<PathBuf>) -> Served {
        Served::open_with(settings, load, |_| ()).0
    }

    /// A server that `prepare` has looked at before it serves; what came of that is beside it.
    pub fn open_with<T: Send + 'static>(
        settings: Settings,
        load: Option<PathBuf>,
        prepare: impl FnOnce(&Server) -> T + Send + 'static,
    ) -> (Served, T) {
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let places = Places { host: "127.0.0.1".into(), ..Places::default() };
                let mut server = Server::open(&places, settings).await.expect("a free port");
                load.iter().for_each(|path| server.load(path).expect("a sound file"));
                tell.send((server.local_addr(), prepare(&server))).expect("the test waits");
                server.run(async { drop(stopped.await) }).await;
            });
        });
        let (address, made) = told.recv().expect("an address");
        (Served { address, stop: Some(stop), thread: Some(thread) }, made)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn connect(&self) -> Wire {
        Wire::open(self.address)
    }

    /// A connection, with the server that it keeps alive.
    pub fn connect_and_keep(self) -> (Served, Wire) {
        let wire = self.connect();
        (self, wire)
    }

    pub fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server stops without a panic");
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop();
    }
}
