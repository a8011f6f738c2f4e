//! `redlab repl`: a prompt on a terminal; commands one by one from a pipe.

use std::io::IsTerminal;

use crate::repl::{Beginning, PipedError, interactive, piped};
use crate::resp::Protocol;
use crate::target::Target;

use super::args::Common;
use super::exit::{Ended, Exit, Failure};
use super::print;

/// Runs the REPL.
pub async fn repl(common: &Common, teach: bool) -> Ended {
    if std::io::stdin().is_terminal() { on_terminal(common, teach).await } else { from_pipe(common).await }
}

async fn on_terminal(common: &Common, teach: bool) -> Ended {
    let target = Target::open(&common.spec()).await.map_err(|error| Failure::unopened(&error))?;
    let beginning = Beginning {
        history: crate::lesson::state_directory().map(|folder| folder.join("history")),
        color: print::color(common.color),
        teach,
        protocol: Protocol::Resp2,
    };
    match interactive(target, beginning, Box::new(print::text)).await? {
        Ok(()) => Ok(Exit::Fine),
        Err(message) => Err(Failure::target(message)),
    }
}

async fn from_pipe(common: &Common) -> Ended {
    let target = Target::open(&common.spec()).await.map_err(|error| Failure::unopened(&error))?;
    let connection = target.connect("redlab-repl", Protocol::Resp2).await.map_err(Failure::target)?;
    let input = std::io::BufReader::new(std::io::stdin());
    match piped(connection, input, print::bytes).await {
        Ok(()) => Ok(Exit::Fine),
        Err(PipedError::Link(error)) => Err(Failure::target(error)),
        Err(PipedError::Input(error)) => Err(Failure::usage(format!("cannot read standard input: {error}"))),
        Err(PipedError::Output(failure)) => Err(failure),
    }
}
