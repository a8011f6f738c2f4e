//! The loop: keys, the session's events, signals and the clock come in; frames go out, one for each change.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{Event as Input, KeyCode, KeyEvent};
use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tokio::time::{sleep_until, timeout};

use crate::lesson::{LessonProgress, Mastery};
use crate::session::{Catalogue, Event, Handle, Request, What};

use super::action::Action;
use super::app::App;
use super::input::Inputs;
use super::outside;
use super::paint::{Painter, Work};
use super::signals::{Signals, Told, stop};
use super::terminal::{NotTaken, Taken};
use super::theme::{Colours, Theme};

/// How long the end of a session is waited for: it may have keys to remove from a live server.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long the first frame waits for the catalogue, so that it need not be drawn twice.
const FIRST: Duration = Duration::from_millis(30);
/// The tick while a TTL runs, and otherwise.
const LIVELY: Duration = Duration::from_millis(100);
const CALM: Duration = Duration::from_secs(1);
/// The tick while a file is watched.
const WATCHING: Duration = Duration::from_millis(250);
/// So many events are taken in before a frame is drawn, when they come in a flood.
const FLOOD: usize = 512;

/// What the catalogue shows: what there is, what is finished, and what has to be told.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    /// Lessons and scenarios.
    pub catalogue: Catalogue,
    /// Progress by lesson.
    pub progress: BTreeMap<String, LessonProgress>,
    /// What was needed for lessons, beside what their authors need.
    pub mastery: BTreeMap<String, Mastery>,
    /// Messages: a broken progress file, faults in a content folder.
    pub notices: Vec<String>,
}

/// What became of a file that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reread {
    /// It can be used: this is to be opened, where it was left.
    Good(What),
    /// What is wrong with it; what is open stays open.
    Faulty(String),
}

/// Looks after a file: what became of it since it was asked last.
pub type Watch = Box<dyn FnMut() -> Option<Reread> + Send>;

/// What the screens need from outside.
pub struct Setup {
    /// Opens a session. It is called on the runtime, and answers at once: connecting is told by events.
    pub open: Box<dyn FnMut(What) -> Handle + Send>,
    /// Reads the shelf: on a thread of its own, at the start and whenever the catalogue is shown again.
    pub shelf: Arc<dyn Fn() -> Shelf + Send + Sync>,
    /// What is opened at the start; `None`: the catalogue.
    pub start: Option<What>,
    /// A file that is watched while its author edits it. It is asked often, and has to answer at once.
    pub watch: Option<Watch>,
    /// How much colour is used.
    pub colours: Colours,
}

/// Why the screens ended other than by being quit.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no terminal.
    #[error(
        "standard {0} is no terminal, so there are no screens; `redlab repl`, `redlab run` and `redlab exec` work without"
    )]
    NoTerminal(&'static str),
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Terminal(#[from] io::Error),
    /// A signal ended it; everything was put back in order.
    #[error("ended by {name}")]
    Signal {
        /// Its name.
        name: &'static str,
        /// Its number; a shell adds 128.
        number: i32,
    },
}

impl From<NotTaken> for Error {
    fn from(error: NotTaken) -> Error {
        match error {
            NotTaken::NoTerminal(which) => Error::NoTerminal(which),
            NotTaken::Io(error) => Error::Terminal(error),
        }
    }
}

/// Shows the screens until they are quit. Run it on the runtime's main thread: that thread's panics give the terminal
/// back at once. However it ends, also by a panic, the session is closed first, and the terminal is as it was.
///
/// In debug builds F12 panics while `REDLAB_PANIC` is set; that is how the way back from a panic is tested.
pub async fn run(setup: Setup) -> Result<(), Error> {
    let mut taken = Taken::take()?;
    let mut shell = Shell::new(setup);
    let ended = AssertUnwindSafe(shell.drive(&mut taken)).catch_unwind().await;
    shell.close(None).await;
    drop(taken);
    for line in &shell.left {
        // Standard error may be gone with the terminal.
        let _ = writeln!(io::stderr(), "{line}");
    }
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

struct Shell {
    app: App,
    setup: Setup,
    session: Option<Handle>,
    painter: Painter,
    shelf: Option<JoinHandle<Shelf>>,
    /// What could not be cleaned up: said once the terminal is given back.
    left: Vec<String>,
    panics: usize,
    quit: bool,
    /// A text that is to be edited in another program, with its scenario's id.
    outside: Option<(String, String)>,
    /// The program is to be stopped until somebody lets it go on.
    stop: bool,
}

/// What woke the loop.
enum Woken {
    Input(Option<io::Result<Input>>),
    Session(Option<Event>),
    Painted(Work),
    Shelf(Shelf),
    Signal(Told),
    Tick,
}

impl Shell {
    fn new(setup: Setup) -> Shell {
        let app = App::new(Theme::new(setup.colours));
        let painter = Painter::start();
        Shell {
            app,
            setup,
            session: None,
            painter,
            shelf: None,
            left: Vec::new(),
            panics: 0,
            quit: false,
            outside: None,
            stop: false,
        }
    }

    async fn drive(&mut self, taken: &mut Taken) -> Result<(), Error> {
        let mut signals = Signals::listen()?;
        let mut inputs = Inputs::listen()?;
        self.read_shelf();
        match self.setup.start.take() {
            Some(what) => {
                self.app.open(&what);
                self.draw(taken)?;
                self.open(what);
            }
            None => {
                if let Some(Ok(Ok(shelf))) = self.first_shelf().await {
                    self.show_shelf(shelf);
                }
                self.draw(taken)?;
            }
        }
        let mut tick = Instant::now();
        while !self.quit {
            let period = match () {
                () if self.app.is_lively() => LIVELY,
                () if self.setup.watch.is_some() => WATCHING,
                () => CALM,
            };
            tick = tick.min(Instant::now() + period);
            let changed = match self.wake(&mut inputs, &mut signals, tick).await {
                Woken::Tick => {
                    tick = Instant::now() + period;
                    let reread = self.reread(taken).await;
                    self.app.tick(Instant::now()) || reread
                }
                Woken::Input(input) => self.inputs(input, &mut inputs, taken).await?,
                Woken::Session(event) => self.events(event, taken),
                Woken::Painted(work) => {
                    match work {
                        Work::Piece(piece, lines) => self.app.painted.add(piece, lines),
                        Work::Ready(highlighter) => self.app.painted.highlighter = Some(highlighter),
                    }
                    true
                }
                Woken::Shelf(shelf) => {
                    self.show_shelf(shelf);
                    true
                }
                Woken::Signal(Told::End(name, number)) => return Err(Error::Signal { name, number }),
                Woken::Signal(Told::GoOn) => {
                    taken.retake()?;
                    true
                }
                Woken::Signal(Told::Stop) => {
                    self.stop = true;
                    false
                }
            };
            if std::mem::take(&mut self.stop) {
                inputs.halt().await;
                taken.lend();
                stop();
                taken.retake()?;
                inputs.go_on()?;
                self.draw(taken)?;
            }
            if let Some((id, text)) = self.outside.take() {
                // Nobody else may read keys while the other program does.
                inputs.halt().await;
                self.edit_outside(&id, text, taken).await?;
                // What was signalled meanwhile was meant for that program.
                signals = Signals::listen()?;
                inputs.go_on()?;
                self.draw(taken)?;
            }
            taken.hear_mouse(self.app.wants_mouse())?;
            if changed && !self.quit {
                self.draw(taken)?;
            }
        }
        self.close(Some(taken)).await;
        Ok(())
    }

    /// Looks whether the file that is watched has changed; whether there is something to be drawn.
    async fn reread(&mut self, taken: &mut Taken) -> bool {
        let Some(reread) = self.setup.watch.as_mut().and_then(|watch| watch()) else { return false };
        match reread {
            Reread::Faulty(faults) => self.app.faults = Some(faults),
            Reread::Good(what) => {
                self.app.faults = None;
                self.close(Some(taken)).await;
                self.app.open(&what);
                self.open(what);
            }
        }
        true
    }

    async fn wake(&mut self, inputs: &mut Inputs, signals: &mut Signals, tick: Instant) -> Woken {
        let (session, shelf) = (&mut self.session, &mut self.shelf);
        let event = async {
            match session {
                Some(handle) => handle.events.recv().await,
                None => std::future::pending().await,
            }
        };
        let read = async {
            match shelf {
                Some(reading) => reading.await.unwrap_or_default(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            told = signals.next() => Woken::Signal(told),
            input = inputs.next() => Woken::Input(input),
            event = event => Woken::Session(event),
            shelf = read => Woken::Shelf(shelf),
            Some(painted) = self.painter.finished.recv() => Woken::Painted(painted),
            () = sleep_until(tick.into()) => Woken::Tick,
        }
    }

    fn draw(&mut self, taken: &mut Taken) -> io::Result<()> {
        let app = &self.app;
        taken.terminal.draw(|frame| app.draw(frame)).map(|_| ())
    }

    fn read_shelf(&mut self) {
        let shelf = Arc::clone(&self.setup.shelf);
        self.shelf = Some(tokio::task::spawn_blocking(move || shelf()));
    }

    async fn first_shelf(
        &mut self,
    ) -> Option<Result<Result<Shelf, tokio::task::JoinError>, tokio::time::error::Elapsed>> {
        let reading = self.shelf.as_mut()?;
        Some(timeout(FIRST, reading).await)
    }

    fn show_shelf(&mut self, shelf: Shelf) {
        self.shelf = None;
        self.app.catalogue.catalogue = Some(shelf.catalogue);
        self.app.catalogue.progress = shelf.progress;
        self.app.catalogue.mastery = shelf.mastery;
        for notice in shelf.notices {
            self.app.catalogue.notice(notice);
        }
    }

    /// Takes in an input and all that are already there: a paste without brackets is a flood of keys.
    async fn inputs(
        &mut self,
        first: Option<io::Result<Input>>,
        inputs: &mut Inputs,
        taken: &mut Taken,
    ) -> Result<bool, Error> {
        let mut next = Some(first);
        let mut taken_in = 0;
        while let Some(input) = next {
            let Some(input) = input.transpose()? else {
                // The terminal is gone; nobody is there to be asked.
                self.quit = true;
                return Ok(false);
            };
            self.input(input, taken).await;
            taken_in += 1;
            if self.quit || taken_in == FLOOD {
                break;
            }
            next = inputs.ready();
        }
        Ok(true)
    }

    async fn input(&mut self, input: Input, taken: &mut Taken) {
        let mut actions = Vec::new();
        match input {
            Input::Key(key) => {
                panic_if_asked(key);
                self.app.key(key, &mut actions);
            }
            Input::Paste(text) => self.app.paste(&text, &mut actions),
            Input::Mouse(event) => self.app.mouse(event, &mut actions),
            _ => {}
        }
        for action in actions {
            self.act(action, taken).await;
        }
    }

    /// Takes in an event and those that came with it.
    fn events(&mut self, first: Option<Event>, taken: &Taken) -> bool {
        let mut next = first;
        let mut orders = Vec::new();
        let at = Instant::now();
        for _ in 0..FLOOD {
            match next {
                Some(event) => {
                    self.keep_what_is_left(&event);
                    self.app.event(&event, at, &mut orders);
                }
                None => {
                    let panics = taken.panics_elsewhere();
                    let why = if panics.len() > self.panics { "it panicked" } else { "it is over" };
                    self.panics = panics.len();
                    self.app.broken(why);
                    self.session = None;
                }
            }
            next = match self.session.as_mut().map(|handle| handle.events.try_recv()) {
                Some(Ok(event)) => Some(event),
                _ => break,
            };
        }
        for order in orders {
            match order {
                Action::Paint(piece) => self.painter.order(piece),
                Action::Send(request) => self.send(request),
                Action::EditOutside { id, text } => self.outside = Some((id, text)),
                // No event opens, leaves or ends anything.
                Action::Open(_) | Action::Leave | Action::Quit | Action::Suspend => {}
            }
        }
        true
    }

    async fn act(&mut self, action: Action, taken: &mut Taken) {
        match action {
            Action::Send(request) => self.send(request),
            Action::Paint(piece) => self.painter.order(piece),
            Action::Quit => self.quit = true,
            Action::Suspend => self.stop = true,
            Action::EditOutside { id, text } => self.outside = Some((id, text)),
            Action::Open(what) => {
                self.close(Some(taken)).await;
                self.app.open(&what);
                self.open(what);
            }
            Action::Leave => {
                self.close(Some(taken)).await;
                self.app.leave();
                self.read_shelf();
            }
        }
    }

    fn open(&mut self, what: What) {
        self.painter.warm();
        self.session = Some((self.setup.open)(what));
    }

    fn send(&mut self, request: Request) {
        let sent = self.session.as_ref().is_some_and(|handle| handle.requests.send(request).is_ok());
        if !sent {
            self.app.broken("it is over");
        }
    }

    /// Lends the terminal to the user's editor.
    async fn edit_outside(&mut self, id: &str, text: String, taken: &mut Taken) -> Result<(), Error> {
        taken.lend();
        let name = id.to_string();
        let edited = tokio::task::spawn_blocking(move || outside::edit(&name, &text)).await;
        taken.retake()?;
        let mut actions = Vec::new();
        let edited = edited.unwrap_or_else(|_| Err("the editor could not be waited for".into()));
        self.app.edited_outside(id, edited, &mut actions);
        for action in actions {
            self.act(action, taken).await;
        }
        Ok(())
    }

    fn keep_what_is_left(&mut self, event: &Event) {
        let Event::Closed { removed, left } = event else { return };
        if *removed > 0 {
            self.app.catalogue.notice(format!("{removed} keys of the session were removed from the server"));
        }
        for what in left {
            let text = format!("not cleaned up: {}", crate::resp::printable(what.as_bytes(), 1_000));
            self.app.catalogue.notice(text.clone());
            self.left.push(text);
        }
    }

    /// Closes the session and waits for its clean-up, not for ever. Says so where that takes long enough to be seen.
    async fn close(&mut self, mut taken: Option<&mut Taken>) {
        let Some(mut handle) = self.session.take() else { return };
        let _ = handle.requests.send(Request::Close);
        let end = Instant::now() + PATIENCE;
        let mut wait = Duration::from_millis(120);
        loop {
            match timeout(wait, handle.events.recv()).await {
                Ok(Some(event)) => {
                    self.keep_what_is_left(&event);
                    if matches!(event, Event::Closed { .. }) {
                        break;
                    }
                }
                Ok(None) => break,
                Err(_) if Instant::now() >= end => {
                    self.left.push("the session did not end in time; what it left behind is not known".into());
                    break;
                }
                Err(_) => {
                    self.app.ending = Some("cleaning up…".into());
                    if let Some(taken) = taken.as_mut() {
                        let _ = self.draw(taken);
                    }
                    wait = end.saturating_duration_since(Instant::now());
                }
            }
        }
        self.app.ending = None;
    }
}

fn panic_if_asked(key: KeyEvent) {
    let asked = cfg!(debug_assertions) && key.code == KeyCode::F(12);
    assert!(!(asked && std::env::var_os("REDLAB_PANIC").is_some()), "REDLAB_PANIC is set, and F12 was pressed");
}
