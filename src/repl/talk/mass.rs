//! Mass insertion (`--pipe`): RESP from standard input to the server as it is, replies counted.

use std::io::Read;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};

use crate::resp::{Part, Parts, printable};
use crate::target::{Socket, SocketError};

use super::connection::{Ending, Talk};

/// How much is read from standard input at once.
const CHUNK: usize = 64 * 1024;
/// So much is written before replies are looked for again.
const TURN: usize = 1024 * 1024;
/// How long a poll waits, so that silence is noticed.
const TICK: rustix::event::Timespec = rustix::event::Timespec { tv_sec: 1, tv_nsec: 0 };

/// What has happened so far.
#[derive(Debug)]
struct Count {
    errors: u64,
    replies: u64,
    /// The mark that comes back when all the rest has.
    mark: [u8; 20],
    marked: bool,
    last_read: Instant,
}

/// Sends all of `input` and counts the replies; the exit status. `patience` without any reply after the end of the
/// input is given up, unless it is zero.
///
/// # Errors
/// The conversation ends.
pub fn mass<E, W: FnMut(&[u8]) -> Result<(), E>>(
    talk: &mut Talk<W>,
    mut input: impl Read,
    patience: Duration,
) -> Result<u8, Ending<E>> {
    let mut count = Count { errors: 0, replies: 0, mark: mark(), marked: false, last_read: Instant::now() };
    let (mut buffer, mut from) = (Vec::new(), 0);
    if let Some(wire) = talk.socket() {
        let ready = wire.stop_waiting();
        or_end(talk, ready, "Server I/O Error")?;
    }
    loop {
        let Some(wire) = talk.socket() else {
            talk.complain("--pipe needs a server: say which with -h, -p or --url")?;
            return Ok(1);
        };
        let (readable, writable) = look(wire, !count.marked || from < buffer.len());
        if readable && take_replies(talk, &mut count)? {
            break;
        }
        let mut written = 0;
        while writable && written < TURN {
            if from == buffer.len() {
                if count.marked {
                    break;
                }
                from = 0;
                refill(talk, &mut input, &mut buffer, &mut count)?;
            }
            let Some(wire) = talk.socket() else { break };
            let sent = wire.try_write(&buffer[from..]);
            let sent = or_end(talk, sent, "Error writing to the server")?;
            if sent == 0 {
                break;
            }
            (from, written) = (from + sent, written + sent);
        }
        if count.marked && !patience.is_zero() && count.last_read.elapsed() > patience {
            talk.complain(&format!("No replies for {} seconds: exiting.", patience.as_secs()))?;
            count.errors += 1;
            break;
        }
    }
    talk.say(format!("errors: {}, replies: {}\n", count.errors, count.replies).as_bytes());
    talk.flush()?;
    Ok(u8::from(count.errors > 0))
}

fn or_end<E, W: FnMut(&[u8]) -> Result<(), E>, T>(
    talk: &mut Talk<W>,
    result: Result<T, SocketError>,
    what: &str,
) -> Result<T, Ending<E>> {
    match result {
        Ok(value) => Ok(value),
        Err(error) => {
            talk.complain(&format!("{what}: {error}"))?;
            Err(Ending::Exit(1))
        }
    }
}

/// Twenty bytes that no reply will hold by chance.
fn mark() -> [u8; 20] {
    std::array::from_fn(|_| fastrand::u8(..))
}

/// Waits until something can be read or written.
fn look(socket: &Socket, writes: bool) -> (bool, bool) {
    let wanted = if writes { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
    let borrowed = socket.as_fd();
    let mut fds = [PollFd::from_borrowed_fd(borrowed, wanted)];
    // An interrupted poll saw nothing; the next one will.
    let _ = poll(&mut fds, Some(&TICK));
    let seen = fds[0].revents();
    (seen.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR), seen.contains(PollFlags::OUT))
}

/// The next piece of the input; at its end, the command whose reply is the last one.
fn refill<E, W: FnMut(&[u8]) -> Result<(), E>>(
    talk: &mut Talk<W>,
    input: &mut impl Read,
    buffer: &mut Vec<u8>,
    count: &mut Count,
) -> Result<(), Ending<E>> {
    buffer.resize(CHUNK, 0);
    match input.read(buffer) {
        Ok(0) => {
            // The line end before it closes whatever garbage stands before, and is nothing to Redis otherwise.
            *buffer = [b"\r\n*2\r\n$4\r\nECHO\r\n$20\r\n", &count.mark[..], b"\r\n"].concat();
            (count.marked, count.last_read) = (true, Instant::now());
            talk.say(b"All data transferred. Waiting for the last reply...\n");
            talk.flush()
        }
        Ok(read) => {
            buffer.truncate(read);
            Ok(())
        }
        Err(error) => {
            talk.complain(&format!("Error reading from stdin: {error}"))?;
            Err(Ending::Exit(1))
        }
    }
}

/// Counts what has come; whether the last reply was among it.
fn take_replies<E, W: FnMut(&[u8]) -> Result<(), E>>(talk: &mut Talk<W>, count: &mut Count) -> Result<bool, Ending<E>> {
    let Some(wire) = talk.socket() else { return Ok(true) };
    let read = wire.try_read();
    loop {
        let Some(wire) = talk.socket() else { return Ok(true) };
        let arrived = wire.arrived();
        let Some(reply) = or_end(talk, arrived, "Error reading replies from server")? else { break };
        count.last_read = Instant::now();
        match Parts::new(&reply).take() {
            Some(Part::Error(text)) => {
                count.errors += 1;
                count.replies += 1;
                talk.complain(&printable(text, usize::MAX))?;
            }
            Some(Part::Text(text)) if count.marked && text == count.mark => {
                talk.say(b"Last reply received from server.\n");
                return Ok(true);
            }
            _ => count.replies += 1,
        }
    }
    // What came before the end was counted first: it may tell why.
    or_end(talk, read, "Error reading replies from server")?;
    Ok(false)
}
