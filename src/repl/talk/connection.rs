//! The conversation itself: connecting, sending, printing what comes.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::prompt::help_page;
use crate::report::{Form, print_push, print_reply, raw_by_default};
use crate::resp::{Part, Parts, printable};
use crate::target::{Endpoint, Place, Port, Socket, SocketError};

use super::wish::{Dialect, Open, TalkWish};

/// From this time on a command in a line is slow, and its time is told.
const SLOW: Duration = Duration::from_millis(500);

/// What is said of SYNC and PSYNC, after which a server speaks no RESP.
pub const NO_REPLICA: &str = "redlab does not follow a server as a replica does: SYNC and PSYNC are not sent";

/// How a conversation ends before its end.
#[derive(Debug)]
pub enum Ending<E> {
    /// With this exit status; everything has been said.
    Exit(u8),
    /// Because nothing more can be written.
    Output(E),
}

/// What a reply was, as far as the conversation goes on differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Error,
    Nil,
    Other,
}

/// A conversation. `W` writes to standard output, and answers why it cannot.
pub struct Talk<W> {
    wish: TalkWish,
    write: W,
    out: Vec<u8>,
    port: Option<Port>,
    /// The database that the connection is in, and the one that it ought to be in.
    database: i64,
    wanted_database: i64,
    /// The database before MULTI, within a transaction.
    before_multi: Option<i64>,
    /// RESET takes RESP3 back, for connections to come too.
    dialect: Dialect,
    shutting_down: bool,
    /// When the last reply was there.
    last_reply: Instant,
    /// Whether any reply was an error.
    saw_error: bool,
}

impl<E, W: FnMut(&[u8]) -> Result<(), E>> Talk<W> {
    /// A conversation that has not begun.
    pub fn new(wish: TalkWish, write: W) -> Talk<W> {
        Talk {
            dialect: wish.dialect,
            wanted_database: wish.database,
            wish,
            write,
            out: Vec::new(),
            port: None,
            database: 0,
            before_multi: None,
            shutting_down: false,
            last_reply: Instant::now(),
            saw_error: false,
        }
    }

    /// Whether any command was answered with an error.
    pub fn saw_error(&self) -> bool {
        self.saw_error
    }

    /// Whether there is a connection.
    pub fn is_connected(&self) -> bool {
        self.port.is_some()
    }

    /// Adds to what is printed.
    pub fn say(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Prints what there is to print.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn flush(&mut self) -> Result<(), Ending<E>> {
        if !self.out.is_empty() {
            (self.write)(&self.out).map_err(Ending::Output)?;
            self.out.clear();
        }
        Ok(())
    }

    /// Says something on standard error, after all that was printed before.
    ///
    /// # Errors
    /// What was printed before cannot be written.
    pub fn complain(&mut self, text: &str) -> Result<(), Ending<E>> {
        self.flush()?;
        // Nobody is left to be told that this failed.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{text}\n").as_bytes());
        Ok(())
    }

    /// Turns to another server; the old connection is given up.
    ///
    /// # Errors
    /// Something cannot be written.
    pub fn turn_to(&mut self, host: &[u8], port: &[u8]) -> Result<(), Ending<E>> {
        let host = String::from_utf8_lossy(host).into_owned();
        let port = std::str::from_utf8(port).ok().and_then(|port| port.parse().ok()).unwrap_or(0);
        let place = Place::Tcp(host, port);
        self.wish.open = match &self.wish.open {
            Open::Server(endpoint) => Open::Server(Endpoint { place, ..endpoint.clone() }),
            Open::Bundled(_) => Open::Server(Endpoint::new(place)),
        };
        self.connect().map(|_| ())
    }

    /// The connection to a server, for mass insertion.
    pub fn socket(&mut self) -> Option<&mut Socket> {
        self.port.as_mut()?.socket()
    }

    /// Connects, in place of any connection that there was; whether that worked. Like redis-cli it goes on where the
    /// password, the database or the protocol was refused, and leaves it to the commands to fail.
    ///
    /// # Errors
    /// Something cannot be written.
    pub fn connect(&mut self) -> Result<bool, Ending<E>> {
        self.port = None;
        self.database = 0;
        self.before_multi = None;
        let port = match &self.wish.open {
            Open::Bundled(spec) => Port::bundled(spec, self.wish.name).map_err(|error| error.to_string()),
            Open::Server(endpoint) => match Socket::connect(endpoint) {
                Ok(wire) => Ok(Port::direct(wire)),
                Err(SocketError::Tls(why)) => Err(format!("Could not negotiate a TLS connection: {why}")),
                Err(why) => Err(format!("Could not connect to Redis at {}: {why}", endpoint.place)),
            },
        };
        match port {
            Ok(port) => self.port = Some(port),
            Err(why) => {
                self.complain(&why)?;
                return Ok(false);
            }
        }
        Ok(self.authenticate()? && self.select()? && self.speak()?)
    }

    fn authenticate(&mut self) -> Result<bool, Ending<E>> {
        let Open::Server(Endpoint { user, password: Some(password), .. }) = &self.wish.open else { return Ok(true) };
        let mut argv = vec![Bytes::from_static(b"AUTH")];
        argv.extend(user.iter().map(|user| Bytes::from(user.clone())));
        argv.push(Bytes::from(password.clone()));
        self.greet(&argv, "AUTH failed")
    }

    fn select(&mut self) -> Result<bool, Ending<E>> {
        let wanted = self.wanted_database;
        if wanted == self.database {
            return Ok(true);
        }
        let argv = [Bytes::from_static(b"SELECT"), Bytes::from(wanted.to_string())];
        let selected = self.greet(&argv, &format!("SELECT {wanted} failed"))?;
        if selected {
            self.database = wanted;
        }
        Ok(selected)
    }

    fn speak(&mut self) -> Result<bool, Ending<E>> {
        if self.dialect == Dialect::Resp2 {
            return Ok(true);
        }
        let agreed = self.greet(&[Bytes::from_static(b"HELLO"), Bytes::from_static(b"3")], "HELLO 3 failed")?;
        Ok(agreed || self.dialect == Dialect::Resp3IfKnown)
    }

    /// Sends a command whose reply is not printed unless it is an error; whether it was none.
    fn greet(&mut self, argv: &[Bytes], failed: &str) -> Result<bool, Ending<E>> {
        let Some(port) = &mut self.port else { return Ok(false) };
        port.send(argv);
        let reply = port.flush().and_then(|()| {
            loop {
                match port.arrived() {
                    Ok(Some(reply)) if reply.first() == Some(&b'>') => {}
                    Ok(Some(reply)) => return Ok(reply),
                    Ok(None) => port.wait()?,
                    Err(error) => return Err(error),
                }
            }
        });
        match reply {
            Err(_) => self.complain("\nI/O error").map(|()| false),
            Ok(reply) => match Parts::new(&reply).take() {
                Some(Part::Error(text)) => {
                    let text = printable(text, usize::MAX);
                    self.complain(&format!("{failed}: {text}")).map(|()| false)
                }
                _ => Ok(true),
            },
        }
    }

    /// Runs a command so many times (without end if negative) and prints each reply. Whether it could be run.
    ///
    /// # Errors
    /// The conversation ends.
    pub fn run(&mut self, argv: &[Bytes], mut times: i64) -> Result<bool, Ending<E>> {
        if is(argv, 0, &["HELP", "?"]) {
            let page = help_page(&argv[1..], true).unwrap_or_else(|| "\r\n".into());
            self.say(page.as_bytes());
            return self.flush().map(|()| true);
        }
        if self.port.is_none() {
            self.connect()?;
            if self.port.is_none() {
                return Ok(false);
            }
        }
        if is(argv, 0, &["SYNC", "PSYNC"]) {
            self.complain(NO_REPLICA)?;
            return Ok(false);
        }
        self.shutting_down |= is(argv, 0, &["SHUTDOWN"]);
        while times != 0 {
            times -= i64::from(times > 0);
            let start = Instant::now();
            if !self.once(argv)? {
                return Ok(false);
            }
            self.tell_time(start);
            self.flush()?;
            if !self.wish.interval.is_zero() {
                std::thread::sleep(self.wish.interval);
            }
        }
        Ok(true)
    }

    /// Sends commands together and prints their replies in order. Only for commands after which the connection is what
    /// it was ([`can_be_joined`]).
    ///
    /// # Errors
    /// The conversation ends.
    pub fn run_all(&mut self, commands: &[Vec<Bytes>]) -> Result<(), Ending<E>> {
        if commands.len() < 2 || self.port.is_none() {
            for argv in commands {
                self.run(argv, 1)?;
            }
            return Ok(());
        }
        let start = Instant::now();
        let Some(port) = &mut self.port else { return Ok(()) };
        commands.iter().for_each(|argv| port.send(argv));
        let mut sent = port.flush();
        self.last_reply = start;
        for argv in commands {
            let before = self.last_reply;
            let answered = match sent.clone() {
                Ok(()) => self.answer(argv)?,
                Err(error) => Err(error),
            };
            match answered {
                Ok(kind) => {
                    self.note(argv, kind)?;
                    self.tell_time(before);
                }
                // The others may have run as well: none is sent a second time, and each is told of.
                Err(error) => {
                    self.lost(&error)?;
                    sent = Err(error);
                }
            }
        }
        Ok(())
    }

    /// Sends a command once and prints its reply, or all that comes after it. Whether the connection is still there.
    fn once(&mut self, argv: &[Bytes]) -> Result<bool, Ending<E>> {
        let Some(port) = &mut self.port else { return Ok(false) };
        port.send(argv);
        let sent = port.flush();
        let answered = match sent {
            Ok(()) if is(argv, 0, &["MONITOR"]) => self.listen(argv)?,
            Ok(()) if is(argv, 0, &["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"]) => {
                if self.wish.style.form != Form::Raw {
                    self.say(b"Reading messages... (press Ctrl-C to quit)\n");
                }
                self.listen(argv)?
            }
            Ok(()) => self.answer(argv)?,
            Err(error) => Err(error),
        };
        match answered {
            Ok(kind) => self.note(argv, kind).map(|()| true),
            // A server that was told to stop goes without a word.
            Err(error) => self.lost(&error).map(|()| self.shutting_down),
        }
    }

    /// Says that the connection is gone.
    fn lost(&mut self, error: &SocketError) -> Result<(), Ending<E>> {
        self.port = None;
        self.database = 0;
        self.before_multi = None;
        if self.shutting_down {
            return Ok(());
        }
        self.complain(&format!("Error: {error}"))?;
        if self.wish.lines && error.may_pass() { Ok(()) } else { Err(Ending::Exit(1)) }
    }

    /// Prints whatever comes, until an error comes.
    fn listen(&mut self, argv: &[Bytes]) -> Result<Result<Kind, SocketError>, Ending<E>> {
        loop {
            match self.next(argv, true)? {
                Ok(Kind::Error) => return Ok(Ok(Kind::Error)),
                Ok(_) => {}
                // There is nobody left to listen to.
                Err(error) => {
                    self.complain(&format!("Error: {error}"))?;
                    return Err(Ending::Exit(1));
                }
            }
        }
    }

    fn answer(&mut self, argv: &[Bytes]) -> Result<Result<Kind, SocketError>, Ending<E>> {
        // RESP3 answers these with pushes alone.
        self.next(argv, is(argv, 0, &["UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"]))
    }

    /// Waits for the next reply and prints it; pushes are replies too for those who listen.
    fn next(&mut self, argv: &[Bytes], listens: bool) -> Result<Result<Kind, SocketError>, Ending<E>> {
        loop {
            let Some(port) = &mut self.port else { return Ok(Err(SocketError::Closed)) };
            match port.arrived() {
                Ok(Some(push)) if !listens && push.first() == Some(&b'>') => {
                    if self.wish.pushes {
                        print_push(&push, &self.wish.style, &mut self.out);
                    }
                }
                Ok(Some(reply)) => return self.print(argv, &reply).map(Ok),
                Ok(None) => {
                    // Nobody waits for what could be printed while a reply is waited for.
                    self.flush()?;
                    let Some(port) = &mut self.port else { return Ok(Err(SocketError::Closed)) };
                    if let Err(error) = port.wait() {
                        return Ok(Err(error));
                    }
                }
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    fn print(&mut self, argv: &[Bytes], reply: &[u8]) -> Result<Kind, Ending<E>> {
        self.last_reply = Instant::now();
        let kind = match Parts::new(reply).take() {
            Some(Part::Error(text)) => {
                self.saw_error = true;
                if self.wish.fail_on_error && !self.wish.lines {
                    let text = if self.wish.style.guarded {
                        printable(text, usize::MAX)
                    } else {
                        String::from_utf8_lossy(text).into_owned()
                    };
                    self.complain(&text)?;
                    return Err(Ending::Exit(1));
                }
                Kind::Error
            }
            Some(Part::Nil) => Kind::Nil,
            _ => Kind::Other,
        };
        print_reply(reply, &self.wish.style, raw_by_default(argv), &mut self.out);
        Ok(kind)
    }

    /// Notes what a command has made of the connection.
    fn note(&mut self, argv: &[Bytes], kind: Kind) -> Result<(), Ending<E>> {
        let alone = argv.len() == 1;
        let fine = kind != Kind::Error;
        if fine && argv.len() == 2 && is(argv, 0, &["SELECT"]) {
            self.database = std::str::from_utf8(&argv[1]).ok().and_then(|n| n.trim().parse().ok()).unwrap_or(0);
            self.wanted_database = self.database;
        } else if matches!(argv.len(), 2 | 3) && is(argv, 0, &["AUTH"]) {
            self.select()?;
        } else if fine && alone && is(argv, 0, &["MULTI"]) {
            self.before_multi = Some(self.database);
        } else if alone && (is(argv, 0, &["EXEC"]) || fine && is(argv, 0, &["DISCARD"])) {
            let undone = kind != Kind::Other || is(argv, 0, &["DISCARD"]);
            if let (Some(before), true) = (self.before_multi.take(), undone) {
                (self.database, self.wanted_database) = (before, before);
            }
        } else if fine && alone && is(argv, 0, &["RESET"]) {
            self.before_multi = None;
            (self.database, self.wanted_database) = (0, 0);
            self.dialect = Dialect::Resp2;
        }
        Ok(())
    }

    /// Tells how long a slow command took, to people.
    fn tell_time(&mut self, start: Instant) {
        let elapsed = start.elapsed();
        if self.wish.lines && elapsed >= SLOW && self.wish.style.form == Form::Formatted {
            self.say(format!("({:.2}s)\n", elapsed.as_secs_f64()).as_bytes());
        }
    }
}

fn is(argv: &[Bytes], at: usize, words: &[&str]) -> bool {
    argv.get(at).is_some_and(|given| words.iter().any(|word| given.eq_ignore_ascii_case(word.as_bytes())))
}

/// Whether a command may be sent together with others: after it the connection is what it was, and its reply is one.
pub fn can_be_joined(argv: &[Bytes]) -> bool {
    const ALONE: &[&str] = &[
        "AUTH",
        "CLIENT",
        "DEBUG",
        "FAILOVER",
        "HELLO",
        "HELP",
        "?",
        "MONITOR",
        "PSUBSCRIBE",
        "PSYNC",
        "PUNSUBSCRIBE",
        "QUIT",
        "REPLICAOF",
        "RESET",
        "SHUTDOWN",
        "SLAVEOF",
        "SSUBSCRIBE",
        "SUBSCRIBE",
        "SUNSUBSCRIBE",
        "SYNC",
        "UNSUBSCRIBE",
    ];
    !is(argv, 0, ALONE)
}
