//! The REPL on a terminal: one line after the other, until the end of input.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::prompt::{card, help_page, no_help};
use crate::report::Style;
use crate::resp::{Protocol, printable, split_line};
use crate::target::{LinkError, Target};

use super::colon::command_in;
use super::desk::{Desk, Sent, Write};
use super::doubt::Answer;
use super::extras::Switches;
use super::finder::{Finder, Standing};
use super::helper::{LineHelper, Told};
use super::label::label;
use super::listen::Behind;
use super::seat::Seat;
use super::secrets::may_remember;
use super::statement::{repeated, statements};
use super::talk::{BAD_REPEAT, Line, NO_REPLICA, RESTART, UNBALANCED, read as read_line};
use super::track::{Track, is, listens};

/// How many lines are remembered.
const HISTORY: usize = 2000;
/// The colours of further clients' prompts.
const TINTS: [&str; 6] = ["33", "35", "32", "34", "36", "31"];

/// How the REPL begins.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// The file that remembers lines; `None`: nowhere.
    pub history: Option<PathBuf>,
    /// Whether to colour.
    pub color: bool,
    /// Whether all is shown that redis-cli does not tell.
    pub teach: bool,
    /// Whether it is asked before somebody's keys are changed on a live server.
    pub guard: bool,
    /// The protocol to begin with.
    pub protocol: Protocol,
    /// The database to begin with.
    pub database: i64,
    /// How replies are printed.
    pub style: Style,
    /// The pause after each command.
    pub interval: Duration,
    /// Whether messages that nobody waits for are printed.
    pub pushes: bool,
}

type Keys = Editor<LineHelper, FileHistory>;

/// Where lines are typed.
struct Keyboard {
    editor: Keys,
    told: Arc<Mutex<Told>>,
    history: Option<PathBuf>,
}

/// What a typed line leads to.
enum Next {
    Read,
    End,
}

/// Runs the REPL until the end of input. `write` prints text to standard output. Needs a multi-threaded runtime: the
/// thread that calls it waits for keys.
///
/// # Errors
/// What `write` answers, such as that standard output is closed.
pub async fn interactive<E>(
    target: Target,
    beginning: Beginning,
    write: Write<'_, E>,
) -> Result<Result<(), String>, E> {
    let track = Track { protocol: beginning.protocol, ..Track::default() };
    let seat = match first(&target, track).await {
        Ok(seat) => seat,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let interrupts = match signal(SignalKind::interrupt()) {
        Ok(interrupts) => interrupts,
        Err(error) => return Ok(Err(format!("cannot listen for Ctrl-C: {error}"))),
    };
    let mut desk = Desk::new(target.clone(), seat, beginning.teach, interrupts, write);
    (desk.style, desk.pushes, desk.switches.guard) = (beginning.style, beginning.pushes, beginning.guard);
    desk.interval = beginning.interval;
    let told = Arc::new(Mutex::new(Told::default()));
    let helper = LineHelper::new(told.clone(), Finder::new(target), beginning.color);
    let mut editor = match editor(helper) {
        Ok(editor) => editor,
        Err(error) => return Ok(Err(format!("cannot edit lines here: {error}"))),
    };
    let simple = is_simple();
    desk.color = beginning.color && !simple;
    desk.moves = !simple;
    if simple {
        desk.switches = Switches { check: false, hints: false, about: false, ..desk.switches };
    }
    if let Some(path) = &beginning.history {
        // A first run has no history yet; that is no fault.
        let _ = editor.load_history(path);
    }
    let mut keyboard = Keyboard { editor, told, history: beginning.history };
    begin_in(&mut desk, beginning.database).await?;
    loop {
        let ended = match read(&mut desk, &mut keyboard).await {
            Ok(line) => {
                remember(&mut keyboard, &line);
                matches!(typed(&mut desk, &mut keyboard, &line).await?, Next::End)
            }
            // Ctrl-C empties the line, as in a shell.
            Err(ReadlineError::Interrupted) => false,
            Err(_) => true,
        };
        if ended {
            return Ok(Ok(()));
        }
    }
}

/// Goes to the database that was asked for.
async fn begin_in<E>(desk: &mut Desk<'_, E>, database: i64) -> Result<(), E> {
    if database == desk.seat().track.db {
        return Ok(());
    }
    let argv = split_line(&format!("SELECT {database}")).unwrap_or_default();
    let Sent::Answered(exchange) = desk.send(desk.at, &argv).await else { return Ok(()) };
    desk.seat().track.note(&argv, &exchange.reply);
    match exchange.reply.as_bytes() {
        Some(why) if exchange.reply.is_error() => {
            desk.say(&format!("SELECT {database} failed: {}", printable(why, 200)))
        }
        _ => Ok(()),
    }
}

async fn first(target: &Target, track: Track) -> Result<Seat, LinkError> {
    let wire = target.wire(track.protocol).await?;
    let db = target.database();
    Ok(Seat {
        name: String::new(),
        track: Track { db, protocol: wire.protocol(), ..track },
        wire: Some(wire),
        cause: None,
    })
}

/// Whether the terminal knows no escape sequences: lines are read as they come there.
fn is_simple() -> bool {
    let term = std::env::var("TERM").unwrap_or_default().to_lowercase();
    ["", "dumb", "cons25", "emacs"].contains(&term.as_str())
}

fn editor(helper: LineHelper) -> rustyline::Result<Keys> {
    let config = Config::builder().completion_type(CompletionType::List).bracketed_paste(true).build();
    let mut editor = Editor::with_config(config)?;
    editor.set_max_history_size(HISTORY)?;
    editor.set_helper(Some(helper));
    Ok(editor)
}

/// Reads a line; meanwhile messages are printed, and lost connections are made again.
async fn read<E>(desk: &mut Desk<'_, E>, keyboard: &mut Keyboard) -> rustyline::Result<String> {
    let Keyboard { editor, told, .. } = keyboard;
    desk.columns = editor.dimensions().map_or(80, |(columns, _)| usize::from(columns));
    desk.seats.iter_mut().for_each(Seat::look);
    desk.look_at_watched().await;
    if let Ok(mut told) = told.lock() {
        *told = telling(desk);
    }
    let prompt = shown(desk);
    let printer = editor.create_external_printer().ok();
    let (stop, stopped) = oneshot::channel();
    if desk.switches.expired {
        desk.look().await;
    }
    let behind = Behind {
        seats: std::mem::take(&mut desk.seats),
        target: desk.target.clone(),
        keys: desk.observer.take(),
        inspector: std::mem::take(&mut desk.inspector),
        expired: desk.switches.expired,
        color: desk.color,
        style: desk.pushes.then(|| desk.style.clone()),
    };
    let behind = tokio::spawn(behind.watch(printer, stopped));
    let line = tokio::task::block_in_place(|| editor.readline(prompt.as_str()));
    let _ = stop.send(());
    if let Ok(behind) = behind.await {
        (desk.seats, desk.observer, desk.inspector) = (behind.seats, behind.keys, behind.inspector);
    }
    line
}

fn telling<E>(desk: &mut Desk<'_, E>) -> Told {
    let (switches, columns, at) = (desk.switches, desk.columns, desk.at);
    let (foreign, meant) = (desk.target.bundled().is_none(), desk.meant.take());
    let track = &desk.seat().track;
    Told {
        standing: Standing { db: track.db, login: track.login.clone() },
        check: switches.check,
        hints: switches.hints,
        about: switches.about,
        foreign,
        meant,
        asks: false,
        tint: (at > 0).then(|| TINTS[(at - 1) % TINTS.len()]),
        columns,
    }
}

fn shown<E>(desk: &Desk<'_, E>) -> String {
    let Some(seat) = desk.seats.get(desk.at) else { return "> ".into() };
    let name = (!seat.name.is_empty()).then_some(seat.name.as_str());
    label(&desk.place(), name, &seat.track, seat.wire.is_some(), desk.columns)
}

/// Remembers a line, unless it may hold a password, and writes the file at once: it survives whatever comes.
fn remember(keyboard: &mut Keyboard, line: &str) {
    let Keyboard { editor, history, .. } = keyboard;
    if !may_remember(line) || !matches!(editor.add_history_entry(line), Ok(true)) {
        return;
    }
    let Some(path) = history else { return };
    if let Some(folder) = path.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    // Nobody else may read it, whoever made the file; without a file lines are remembered until the end.
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    if !path.exists() || std::fs::set_permissions(&path, private).is_ok() {
        let _ = editor.append_history(&path);
    }
}

/// Runs the commands of a typed or pasted text.
async fn typed<E>(desk: &mut Desk<'_, E>, keyboard: &mut Keyboard, text: &str) -> Result<Next, E> {
    for line in statements(text) {
        if let Next::End = one(desk, keyboard, line).await? {
            return Ok(Next::End);
        }
    }
    Ok(Next::Read)
}

async fn one<E>(desk: &mut Desk<'_, E>, keyboard: &mut Keyboard, line: &str) -> Result<Next, E> {
    // A Ctrl-C that came before this line was there means nothing to it.
    while desk.drained() {}
    if line.trim_start().starts_with(':') {
        let command = command_in(line).map(|command| split_line(repeated(command).1).unwrap_or_default());
        if allowed(desk, keyboard, &command.unwrap_or_default()).await? {
            desk.act(line).await?;
        }
        return Ok(Next::Read);
    }
    match read_line(line.as_bytes()) {
        Line::Nothing | Line::Setting(_) => {}
        Line::Quit => return Ok(Next::End),
        Line::Unbalanced => desk.print(UNBALANCED)?,
        Line::BadRepeat => desk.print(BAD_REPEAT)?,
        Line::Restart => desk.print(RESTART)?,
        Line::Clear if desk.moves => desk.print("\x1b[H\x1b[2J")?,
        Line::Clear => {}
        Line::Connect(host, port) => {
            if desk.turn_to(&host, &port).await?
                && let Some(helper) = keyboard.editor.helper_mut()
            {
                helper.finder = Finder::new(desk.target.clone());
            }
        }
        Line::Command(argv, times) => match argv.as_slice() {
            [first, words @ ..] if is(&argv, "HELP") || first.as_ref() == b"?" => help(desk, words)?,
            [words @ .., last] if last.as_ref() == b"?" && desk.moves && card(words).is_some() => help(desk, words)?,
            _ if is(&argv, "SYNC") || is(&argv, "PSYNC") => desk.say(NO_REPLICA)?,
            _ if allowed(desk, keyboard, &argv).await? => run(desk, repeated(line).1, &argv, times).await?,
            _ => {}
        },
    }
    Ok(Next::Read)
}

async fn run<E>(desk: &mut Desk<'_, E>, line: &str, argv: &[Bytes], times: i64) -> Result<(), E> {
    for at in 0..times {
        // Ctrl-C ends what is repeated, also between two commands.
        if at > 0 && desk.drained() {
            return desk.print("\n");
        }
        if listens(argv) {
            return desk.listen(line, argv).await;
        }
        if !desk.run(line, argv).await? {
            break;
        }
        if !desk.interval.is_zero() {
            tokio::time::sleep(desk.interval).await;
        }
    }
    Ok(())
}

fn help<E>(desk: &mut Desk<'_, E>, words: &[Bytes]) -> Result<(), E> {
    let page = help_page(words, desk.color).unwrap_or_else(|| no_help(words));
    desk.print(&page)?;
    if words.is_empty() { desk.print("      \":help\" lists what this prompt can do besides\n") } else { Ok(()) }
}

/// Whether a command may be sent: where it could change what is somebody's, the user is asked. Ctrl-C is a no.
async fn allowed<E>(desk: &mut Desk<'_, E>, keyboard: &mut Keyboard, argv: &[Bytes]) -> Result<bool, E> {
    let question = tokio::select! {
        question = desk.doubt(argv) => Some(question),
        () = interrupted() => None,
    };
    let question = match question {
        Some(Ok(None)) => return Ok(true),
        Some(Ok(Some(question))) => question,
        Some(Err(error)) => {
            return desk.say(&format!("not sent: {error}; type it again, or :set guard off")).map(|()| false);
        }
        None => {
            // The terminal has echoed the ^C itself.
            desk.observer = None;
            desk.print("\n")?;
            return desk.say("not sent: the server does not say whose keys these are").map(|()| false);
        }
    };
    desk.print(&format!("{}\n", question.text))?;
    if let Ok(mut told) = keyboard.told.lock() {
        *told = Told { asks: true, columns: desk.columns, ..Told::default() };
    }
    let line = tokio::task::block_in_place(|| keyboard.editor.readline(question.prompt()));
    match question.read(&line.unwrap_or_default()) {
        Answer::Yes => Ok(true),
        Answer::Always => {
            desk.watch.agree(&question);
            Ok(true)
        }
        Answer::No => desk.say("not sent").map(|()| false),
    }
}

/// Ctrl-C while no line is edited.
async fn interrupted() {
    match signal(SignalKind::interrupt()) {
        Ok(mut interrupts) => drop(interrupts.recv().await),
        Err(_) => std::future::pending().await,
    }
}
