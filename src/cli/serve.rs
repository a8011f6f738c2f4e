//! `redlab serve`: the engine on a port.

use crate::serve::Server;

use super::args::Common;
use super::exit::{Ended, Exit, Failure};
use super::print;
use super::setup::interrupted;

/// Serves until it is interrupted.
pub async fn serve(_: &Common, host: &str, port: u16) -> Ended {
    let server = Server::bind(&format!("{host}:{port}"))
        .await
        .map_err(|error| Failure::target(format!("cannot listen on {host}:{port}: {error}")))?;
    let address = server.local_addr();
    print::text(&format!("redlab engine on {address}: redis-cli -p {} talks to it, ctrl-c ends it\n", address.port()))?;
    server.run(interrupted()).await;
    Ok(Exit::Fine)
}
