//! Lines from a pipe, one after the other. What has arrived together is sent together; the order stays.

use std::io::{ErrorKind, Read};

use bytes::Bytes;

use super::connection::{Ending, Talk, can_be_joined};
use super::line::{BAD_REPEAT, Line, RESTART, UNBALANCED, read};

/// How much is read at once: what a pipe holds.
const CHUNK: usize = 64 * 1024;
/// So many commands are sent together at most.
const TOGETHER: usize = 1000;

/// Runs each line of `input`, then says goodbye. Lines that are not there yet are never waited for before those that
/// are have been answered.
///
/// # Errors
/// The conversation ends, or (inside) the input cannot be read.
pub fn lines<E, W: FnMut(&[u8]) -> Result<(), E>>(
    talk: &mut Talk<W>,
    mut input: impl Read,
) -> Result<std::io::Result<()>, Ending<E>> {
    let (mut chunk, mut rest) = (vec![0; CHUNK], Vec::new());
    let mut batch = Vec::new();
    loop {
        let count = match input.read(&mut chunk) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Ok(Err(error)),
        };
        let mut new = &chunk[..count];
        while let Some(end) = new.iter().position(|byte| *byte == b'\n') {
            rest.extend_from_slice(&new[..end]);
            new = &new[end + 1..];
            if !take(talk, &rest, &mut batch)? {
                return Ok(Ok(()));
            }
            rest.clear();
        }
        rest.extend_from_slice(new);
        if count == 0 {
            take(talk, &rest, &mut batch)?;
        }
        send(talk, &mut batch)?;
        if count == 0 {
            return Ok(Ok(()));
        }
    }
}

/// Does what a line asks for, or puts it to the others that are sent together. Whether there is more to do.
fn take<E, W: FnMut(&[u8]) -> Result<(), E>>(
    talk: &mut Talk<W>,
    line: &[u8],
    batch: &mut Vec<Vec<Bytes>>,
) -> Result<bool, Ending<E>> {
    let line = match read(line) {
        Line::Command(argv, 1) if can_be_joined(&argv) => {
            batch.push(argv);
            if batch.len() >= TOGETHER {
                send(talk, batch)?;
            }
            return Ok(true);
        }
        Line::Nothing => return Ok(true),
        line => line,
    };
    send(talk, batch)?;
    match line {
        Line::Quit => return Ok(false),
        Line::Unbalanced => talk.say(UNBALANCED.as_bytes()),
        Line::BadRepeat => talk.say(BAD_REPEAT.as_bytes()),
        Line::Restart => talk.say(RESTART.as_bytes()),
        Line::Setting(words) => talk.say(&setting(&words)),
        Line::Clear => talk.say(b"\x1b[H\x1b[2J"),
        Line::Connect(host, port) => talk.turn_to(&host, &port)?,
        Line::Command(argv, times) => {
            talk.run(&argv, times)?;
        }
        Line::Nothing => {}
    }
    talk.flush()?;
    Ok(true)
}

/// Settings are for prompts; a pipe has none, but the names are checked as redis-cli checks them.
fn setting(words: &[Bytes]) -> Vec<u8> {
    match words {
        [set, name, ..] if set.eq_ignore_ascii_case(b":set") => match name {
            name if name.eq_ignore_ascii_case(b"hints") || name.eq_ignore_ascii_case(b"nohints") => Vec::new(),
            name => [b"unknown redis-cli preference '", &name[..], b"'\n"].concat(),
        },
        words => [b"unknown redis-cli internal command '", &words.concat()[..words[0].len()], b"'\n"].concat(),
    }
}

fn send<E, W: FnMut(&[u8]) -> Result<(), E>>(talk: &mut Talk<W>, batch: &mut Vec<Vec<Bytes>>) -> Result<(), Ending<E>> {
    talk.run_all(batch)?;
    batch.clear();
    talk.flush()
}
