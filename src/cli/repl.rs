//! `redlab repl`: a prompt on a terminal; commands one by one from a pipe.

use crate::repl::{Beginning, Dialect, interactive};
use crate::resp::Protocol;
use crate::target::{Target, TargetSpec};

use super::args::Common;
use super::client::{self, talk_wish};
use super::client_args::ClientArgs;
use super::exec::converse;
use super::exit::{Ended, Exit, Failure};
use super::print;
use super::setup::block_on;

/// Runs the REPL.
pub fn repl(common: &Common, client: &ClientArgs, teach: bool) -> Ended {
    if client.version {
        return print::text(concat!("redlab ", env!("CARGO_PKG_VERSION"), "\n")).map(|()| Exit::Fine);
    }
    if client.host.as_deref() == Some("") {
        return Err(Failure::usage("-h is the host and wants a name; redlab repl --help shows all options"));
    }
    if client::from_pipe() {
        return converse(common, client, talk_wish(common, client, true)?);
    }
    block_on(on_terminal(common, client, teach))
}

async fn on_terminal(common: &Common, client: &ClientArgs, teach: bool) -> Ended {
    let wish = talk_wish(common, client, true)?;
    let spec = match client::endpoint(common, client)? {
        Some(endpoint) => TargetSpec::Live { url: endpoint.url(wish.database) },
        None => common.spec(),
    };
    let target = Target::open(&spec).await.map_err(|error| Failure::unopened(&error))?;
    let beginning = Beginning {
        history: crate::lesson::state_directory().map(|folder| folder.join("history")),
        color: print::color(common.color),
        teach,
        protocol: if wish.dialect == Dialect::Resp2 { Protocol::Resp2 } else { Protocol::Resp3 },
    };
    match interactive(target, beginning, Box::new(print::text)).await? {
        Ok(()) => Ok(Exit::Fine),
        Err(message) => Err(Failure::target(message)),
    }
}
