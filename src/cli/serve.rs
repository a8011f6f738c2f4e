//! `redlab serve`: the engine on a port.

use std::path::Path;

use crate::engine::Settings;
use crate::resp::printable;
use crate::serve::{Places, Server, TlsFiles};

use super::exit::{Ended, Exit, Failure};
use super::print;
use super::serve_args::ServeArgs;
use super::setup::{block_on_here, interrupted};

/// Serves until it is interrupted, or told to stop by SHUTDOWN.
pub fn serve(wish: &ServeArgs) -> Ended {
    let settings = settings(wish)?;
    let places = places(wish);
    block_on_here(async {
        let server = Server::open(&places, settings).await.map_err(Failure::target)?;
        print::text(&greeting(&server, wish))?;
        server.run(interrupted()).await;
        Ok(Exit::Fine)
    })
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
    Ok(settings)
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
    let mut told = format!("redlab engine on {address}");
    match server.tls_addr() {
        Some(tls) if tls == address => told += " (TLS)",
        Some(tls) => told += &format!(", with TLS on {tls}"),
        None => {}
    }
    if let Some(path) = &wish.unixsocket {
        told += &format!(", at {}", printable(path.to_string_lossy().as_bytes(), 200));
    }
    let tls = if server.tls_addr() == Some(address) { " --tls" } else { "" };
    told + &format!(": redis-cli -p {}{tls} talks to it, ctrl-c ends it\n", address.port())
}
