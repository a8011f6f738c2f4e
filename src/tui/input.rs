//! Keys, the mouse and pastes: read from the terminal on a thread of its own, which can be halted while the terminal
//! is lent.

use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event, EventStream};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// So many inputs wait to be taken in; what comes then waits in the terminal.
const ROOM: usize = 1024;
/// So often the thread looks whether there is a terminal still: one that is gone can be read for ever, and says nothing.
const LOOK: Duration = Duration::from_secs(1);

/// What is typed, clicked and pasted.
///
/// Crossterm's own stream is not read. Polled without patience, as a stream is, its source on Unix reads nothing when
/// it waits by level, and when it waits by edge it leaves what does not fit into one read (a kilobyte) until the next
/// key. Also, who drops it cannot know when it has stopped reading.
pub struct Inputs {
    /// Read before the last halt, and not taken in yet.
    ahead: VecDeque<io::Result<Event>>,
    reader: Option<Reader>,
}

/// The thread that reads, seen from outside. The channel closes when it has ended.
struct Reader {
    inputs: Receiver<io::Result<Event>>,
    bell: Bell,
}

/// Dropped, it ends the thread.
struct Bell {
    halt: Arc<AtomicBool>,
    /// Never read: to drop it is the one way to interrupt crossterm while it waits for a key.
    _waker: EventStream,
}

impl Inputs {
    /// Begins to read. The terminal has been taken before.
    ///
    /// # Errors
    /// There is no other thread to be had.
    pub fn listen() -> io::Result<Inputs> {
        Ok(Inputs { ahead: VecDeque::new(), reader: Some(Reader::start()?) })
    }

    /// The next one; `None`: the terminal is gone. Nothing is lost when this is dropped before it is ready.
    pub async fn next(&mut self) -> Option<io::Result<Event>> {
        match (self.ahead.pop_front(), &mut self.reader) {
            (Some(input), _) => Some(input),
            (None, Some(reader)) => reader.inputs.recv().await,
            // Nobody reads: nothing comes before somebody does.
            (None, None) => std::future::pending().await,
        }
    }

    /// One that has arrived already; `Some(None)`: the terminal is gone.
    pub fn ready(&mut self) -> Option<Option<io::Result<Event>>> {
        if let Some(input) = self.ahead.pop_front() {
            return Some(Some(input));
        }
        match self.reader.as_mut()?.inputs.try_recv() {
            Ok(input) => Some(Some(input)),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(None),
        }
    }

    /// Stops reading, and returns when nothing is read any more: from then on all that is typed is another program's.
    pub async fn halt(&mut self) {
        let Some(Reader { mut inputs, bell }) = self.reader.take() else { return };
        drop(bell);
        while let Some(input) = inputs.recv().await {
            self.ahead.push_back(input);
        }
    }

    /// Reads again after a halt.
    ///
    /// # Errors
    /// There is no other thread to be had.
    pub fn go_on(&mut self) -> io::Result<()> {
        if self.reader.is_none() {
            self.reader = Some(Reader::start()?);
        }
        Ok(())
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        // The fields are dropped after this: when the thread wakes up, it sees why.
        self.halt.store(true, Ordering::SeqCst);
    }
}

impl Reader {
    fn start() -> io::Result<Reader> {
        let (sender, inputs) = channel(ROOM);
        let halt = Arc::new(AtomicBool::new(false));
        let halted = Arc::clone(&halt);
        // It asks for crossterm's lock, which the thread holds as soon as it waits: so it comes first.
        let bell = Bell { halt, _waker: EventStream::new() };
        thread::Builder::new().name("keys".into()).spawn(move || read(&sender, &halted))?;
        Ok(Reader { inputs, bell })
    }
}

/// Reads until it is halted, nobody listens, or the terminal is gone.
fn read(sender: &Sender<io::Result<Event>>, halted: &AtomicBool) {
    while !halted.load(Ordering::SeqCst) {
        let input = match event::poll(LOOK) {
            Ok(true) => event::read(),
            Ok(false) if io::stdin().is_terminal() => continue,
            Ok(false) => return,
            Err(error) => Err(error),
        };
        let failed = input.is_err();
        if sender.blocking_send(input).is_err() || failed {
            return;
        }
    }
}
