//! Commands from a pipe: one by one, without decoration.

use std::io::BufRead;

use crate::report::raw;
use crate::resp::{Value, split_bytes};
use crate::target::{Connection, LinkError};

/// Why a piped run ended before its input did.
#[derive(Debug)]
pub enum PipedError<E> {
    /// The target is gone.
    Link(LinkError),
    /// Standard input cannot be read.
    Input(std::io::Error),
    /// What `write` answered.
    Output(E),
}

/// Runs each line of `input` and writes its reply as redis-cli does into a pipe.
///
/// A line that cannot be split is answered as redis-cli answers it, and the next one runs.
pub async fn piped<E>(
    mut connection: Connection,
    input: impl BufRead,
    mut write: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), PipedError<E>> {
    for line in input.split(b'\n') {
        let line = line.map_err(PipedError::Input)?;
        let Ok(argv) = split_bytes(&line) else {
            write(b"Invalid argument(s)\n").map_err(PipedError::Output)?;
            continue;
        };
        let argv: Vec<_> = argv.into_iter().map(|word| word.bytes).collect();
        if argv.is_empty() {
            continue;
        }
        let exchange = connection.call(&argv).await.map_err(PipedError::Link)?;
        write(&ended(&exchange.reply)).map_err(PipedError::Output)?;
    }
    Ok(())
}

fn ended(reply: &Value) -> Vec<u8> {
    let mut bytes = raw(reply);
    bytes.push(b'\n');
    bytes
}
