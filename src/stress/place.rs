//! Where rounds run: a server that somebody uses, or servers of our own.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::engine::Settings;
use crate::serve::Server;
use crate::target::{Claims, Kind, Target, TargetError, TargetSpec};

/// So many servers of the bundled engine, and so many of redis-server, run side by side at most.
const MOST_BUNDLED: usize = 32;
const MOST_STARTED: usize = 16;

/// One server.
#[derive(Debug)]
pub struct Place {
    /// How it is reached.
    pub target: Target,
    /// The keys of programs, where the server is somebody's; where it is `None` all of it belongs to this process.
    pub claims: Option<Arc<Claims>>,
    /// Declared last: connections go before the server that they lead to.
    _host: Option<Host>,
}

/// The servers of a run; further ones are started when they are needed.
#[derive(Debug)]
pub struct Places {
    spec: TargetSpec,
    seed: u64,
    open: Vec<Arc<Place>>,
}

impl Places {
    /// Opens the first.
    ///
    /// # Errors
    /// It cannot be reached or started.
    pub async fn open(spec: &TargetSpec, seed: u64) -> Result<Places, TargetError> {
        let mut places = Places { spec: spec.clone(), seed, open: Vec::new() };
        places.take(1).await?;
        Ok(places)
    }

    /// So many of them.
    ///
    /// # Errors
    /// One cannot be started.
    pub async fn take(&mut self, count: usize) -> Result<Vec<Arc<Place>>, TargetError> {
        while self.open.len() < count.min(self.most()) {
            let place = Place::open(&self.spec, self.seed).await?;
            self.open.push(Arc::new(place));
        }
        Ok(self.open.iter().take(count).cloned().collect())
    }

    /// So many can run side by side: of somebody's server there is one.
    pub fn most(&self) -> usize {
        match self.kind() {
            Kind::Bundled => MOST_BUNDLED,
            Kind::Server => MOST_STARTED,
            Kind::Live => 1,
        }
    }

    /// Their kind.
    pub fn kind(&self) -> Kind {
        self.spec.kind()
    }

    /// What they are: `redlab engine (Redis 7.0.15)`, `Redis 7.0.15 at 127.0.0.1:6379`.
    pub fn describe(&self) -> String {
        let Some(place) = self.open.first() else { return String::new() };
        let identity = place.target.identity();
        match self.kind() {
            Kind::Bundled => format!("redlab engine ({})", identity.version),
            Kind::Server => identity.version.clone(),
            Kind::Live => format!("{} at {}", identity.version, identity.label),
        }
    }
}

impl Place {
    async fn open(spec: &TargetSpec, seed: u64) -> Result<Place, TargetError> {
        match spec {
            TargetSpec::Bundled { .. } => {
                let host = Host::start(seed).await.map_err(crate::target::StartError::Io)?;
                let url = format!("redis://{}", host.address);
                let target = Target::open(&TargetSpec::Live { url }).await?;
                Ok(Place { target, claims: None, _host: Some(host) })
            }
            TargetSpec::Server => Ok(Place { target: Target::open(spec).await?, claims: None, _host: None }),
            TargetSpec::Live { .. } => {
                let target = Target::open(spec).await?;
                let claims = Claims::new(&target).await?;
                Ok(Place { target, claims: Some(Arc::new(claims)), _host: None })
            }
        }
    }
}

/// The bundled engine on a port of its own, on a thread of its own. Dropping it stops it.
#[derive(Debug)]
struct Host {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    async fn start(seed: u64) -> io::Result<Host> {
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = oneshot::channel();
        let settings = Settings { seed, ..Settings::default() };
        let work = move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(tell.send(Err(error))),
            };
            runtime.block_on(async {
                match Server::bind_with("127.0.0.1:0", settings).await {
                    Err(error) => drop(tell.send(Err(error))),
                    Ok(server) => {
                        drop(tell.send(Ok(server.local_addr())));
                        server.run(async { drop(stopped.await) }).await;
                    }
                }
            });
        };
        let thread = std::thread::Builder::new().name("redlab-serve".into()).spawn(work)?;
        let address = told.await.unwrap_or_else(|_| Err(io::Error::other("the bundled server did not start")))?;
        Ok(Host { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
