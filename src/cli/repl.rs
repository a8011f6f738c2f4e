//! `redlab repl`: a prompt on a terminal; commands one by one from a pipe.

use crate::repl::{Beginning, Dialect, Open, interactive};
use crate::resp::Protocol;
use crate::target::{Endpoint, Target};

use super::args::Common;
use super::client::{self, talk_wish};
use super::client_args::ClientArgs;
use super::exec::converse;
use super::exit::{Ended, Exit, Failure};
use super::print;
use super::setup::block_on_two;

/// What the prompt does beyond redis-cli's, and may leave.
#[derive(Clone, Copy, Debug)]
pub struct Extras {
    /// All is shown that redis-cli does not tell.
    pub teach: bool,
    /// Nobody is asked before keys of a live server are changed.
    pub no_guard: bool,
}

/// Runs the REPL.
pub fn repl(common: &Common, client: &ClientArgs, extras: Extras) -> Ended {
    if client.version {
        return print::text(concat!("redlab ", env!("CARGO_PKG_VERSION"), "\n")).map(|()| Exit::Fine);
    }
    if client.host.as_deref() == Some("") {
        return Err(Failure::usage("-h is the host and wants a name; redlab repl --help shows all options"));
    }
    if client::from_pipe() {
        return converse(common, client, talk_wish(common, client, true)?);
    }
    block_on_two(on_terminal(common, client, extras))
}

async fn on_terminal(common: &Common, client: &ClientArgs, extras: Extras) -> Ended {
    let wish = talk_wish(common, client, true)?;
    let target = match wish.open {
        // The database is gone to afterwards: one that is not there is no reason to end.
        Open::Server(endpoint) => Target::at(&Endpoint { database: 0, ..endpoint }),
        Open::Bundled(spec) => Target::open(&spec).await,
    };
    let beginning = Beginning {
        history: crate::lesson::state_directory().map(|folder| folder.join("history")),
        color: print::color(common.color),
        teach: extras.teach,
        guard: !extras.no_guard,
        protocol: if wish.dialect == Dialect::Resp2 { Protocol::Resp2 } else { Protocol::Resp3 },
        database: wish.database,
        style: wish.style,
        interval: wish.interval,
        pushes: wish.pushes,
    };
    let target = target.map_err(|error| Failure::unopened(&error))?;
    match interactive(target, beginning, Box::new(print::bytes)).await? {
        Ok(()) => Ok(Exit::Fine),
        Err(message) => Err(Failure::target(message)),
    }
}
