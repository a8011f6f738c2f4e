//! `redlab serve`: the engine on a port.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use tokio::sync::oneshot;

use crate::engine::Settings;
use crate::resp::printable;
use crate::serve::{Places, Server, TlsFiles};
use crate::tui::{self, Colours};

use super::args::Common;
use super::exit::{Ended, Exit, Failure};
use super::print;
use super::serve_args::ServeArgs;
use super::setup::{block_on, block_on_here, colours, interrupted};

/// So many events may wait for the screen; what comes beyond is counted and left out.
const WAITING: usize = 4096;

/// Serves until it is interrupted, or told to stop by SHUTDOWN.
pub fn serve(wish: &ServeArgs, common: &Common) -> Ended {
    let settings = settings(wish)?;
    let file = file(common.load.as_ref(), &settings);
    if wish.watch {
        return watched(wish, file, settings, colours(common.color));
    }
    block_on_here(async {
        let server = open(wish, file.as_deref(), settings).await?;
        end_scripts_when_interrupted(server.ending());
        print::text(&greeting(&server, wish))?;
        match server.run(interrupted()).await {
            Some(lost) => Err(Failure::usage(lost)),
            None => Ok(Exit::Fine),
        }
    })
}

/// While a script runs, the server's own thread hears of no signal: another one does.
fn end_scripts_when_interrupted(ending: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        block_on_here(async {
            interrupted().await;
            ending.store(true, Ordering::Relaxed);
            Ok(())
        })
    });
}

/// A server with its doors open, and with what was in a file.
async fn open(wish: &ServeArgs, file: Option<&Path>, settings: Settings) -> Result<Server, Failure> {
    let mut server = Server::open(&places(wish), settings).await.map_err(Failure::target)?;
    if let Some(file) = file {
        server.load(file).map_err(Failure::usage)?;
    }
    Ok(server)
}

/// The same with a screen. The server has a thread of its own, which the screen does not slow down.
fn watched(wish: &ServeArgs, file: Option<PathBuf>, settings: Settings, colours: Colours) -> Ended {
    let (stop, stopped) = oneshot::channel::<()>();
    let (tell, told) = mpsc::channel();
    let aside = wish.clone();
    let thread = std::thread::spawn(move || {
        block_on_here(async {
            match open(&aside, file.as_deref(), settings).await {
                Err(error) => drop(tell.send(Err(error))),
                Ok(server) => {
                    let shown = (server.watch(WAITING), place(&server, &aside), server.ending());
                    drop(tell.send(Ok(shown)));
                    return Ok(server.run(async { drop(stopped.await) }).await);
                }
            }
            Ok(None)
        })
    });
    let opened = told.recv().unwrap_or_else(|_| Err(Failure::target("the server did not start")));
    let (events, address, ending) = opened?;
    let ended = block_on(async { Ok(tui::watch(events, address, colours).await) });
    ending.store(true, Ordering::Relaxed);
    drop(stop);
    let lost = thread.join().ok().and_then(Result::ok).flatten();
    match ended? {
        Ok(()) => lost.map_or(Ok(Exit::Fine), |lost| Err(Failure::usage(lost))),
        Err(tui::Error::Signal { number, .. }) => Ok(Exit::Signal(number)),
        Err(error) => Err(Failure::usage(error.to_string())),
    }
}

fn places(wish: &ServeArgs) -> Places {
    let files = wish.tls_cert.as_ref().zip(wish.tls_key.as_ref());
    let files = files.map(|(cert, key)| TlsFiles { cert: cert.clone(), key: key.clone(), ca: wish.tls_ca.clone() });
    Places {
        host: wish.host.clone(),
        port: wish.port,
        tls: files.map(|files| (files, wish.tls_port)),
        unix: wish.unixsocket.clone().map(|path| (path, wish.unixsocketperm)),
    }
}

fn settings(wish: &ServeArgs) -> Result<Settings, Failure> {
    let mut settings = Settings { password: password(wish)?, ..Settings::default() };
    settings.doors.maxclients = usize::try_from(wish.maxclients).unwrap_or(usize::MAX);
    settings.doors.idle_s = u64::from(wish.timeout);
    settings.dir = wish.dir.as_deref().map(folder).transpose()?;
    settings.file_name.clone_from(&wish.dbfilename);
    Ok(settings)
}

/// The folder as it is named wherever one stands.
fn folder(path: &Path) -> Result<String, Failure> {
    let shown = printable(path.to_string_lossy().as_bytes(), 200);
    let whole =
        path.canonicalize().map_err(|error| Failure::usage(format!("cannot use the folder {shown}: {error}")))?;
    if !whole.is_dir() {
        return Err(Failure::usage(format!("{shown} is no folder")));
    }
    Ok(whole.to_string_lossy().into_owned())
}

/// The file that is loaded: the one that is named, or the one that an earlier run has left in the folder.
fn file(named: Option<&PathBuf>, settings: &Settings) -> Option<PathBuf> {
    let own = settings.dir.as_ref().map(|dir| Path::new(dir).join(&settings.file_name));
    named.cloned().or_else(|| own.filter(|path| path.exists()))
}

fn password(wish: &ServeArgs) -> Result<String, Failure> {
    match &wish.requirepass_file {
        None => Ok(wish.requirepass.clone().unwrap_or_default()),
        Some(path) => first_line(path),
    }
}

fn first_line(path: &Path) -> Result<String, Failure> {
    let shown = printable(path.to_string_lossy().as_bytes(), 200);
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| Failure::usage(format!("cannot read the password from {shown}: {error}")))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.into()),
        _ => Err(Failure::usage(format!("the first line of {shown} is empty: write the password there"))),
    }
}

/// Where it listens, and how to talk to it.
fn greeting(server: &Server, wish: &ServeArgs) -> String {
    let address = server.local_addr();
    let tls = if server.tls_addr() == Some(address) { " --tls" } else { "" };
    let place = place(server, wish);
    let loaded = server.loaded().map(|told| format!("{told}\n")).unwrap_or_default();
    format!("{loaded}redlab engine on {place}: redis-cli -p {}{tls} talks to it, ctrl-c ends it\n", address.port())
}

fn place(server: &Server, wish: &ServeArgs) -> String {
    let address = server.local_addr();
    let mut told = address.to_string();
    match server.tls_addr() {
        Some(tls) if tls == address => told += " (TLS)",
        Some(tls) => told += &format!(", with TLS on {tls}"),
        None => {}
    }
    if let Some(path) = &wish.unixsocket {
        told += &format!(", at {}", printable(path.to_string_lossy().as_bytes(), 200));
    }
    told
}
