//! The REPL on a terminal: one line after the other, until the end of input.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::resp::{Protocol, split_line};
use crate::target::{LinkError, Target};

use super::desk::{Desk, Write};
use super::extras::Switches;
use super::finder::{Finder, Standing};
use super::helper::{LineHelper, Told};
use super::label::label;
use super::listen::Behind;
use super::seat::Seat;
use super::secrets::may_remember;
use super::statement::{repeated, statements};
use super::track::{Track, listens};

/// How many lines are remembered.
const HISTORY: usize = 2000;
/// The colours of further clients' prompts.
const TINTS: [&str; 6] = ["33", "35", "32", "34", "36", "31"];

/// How the REPL begins.
#[derive(Clone, Debug, Default)]
pub struct Beginning {
    /// The file that remembers lines; `None`: nowhere.
    pub history: Option<PathBuf>,
    /// Whether to colour.
    pub color: bool,
    /// Whether all is shown that redis-cli does not tell.
    pub teach: bool,
    /// The protocol to begin with.
    pub protocol: Protocol,
}

type Line = Editor<LineHelper, FileHistory>;

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
    let told = Arc::new(Mutex::new(Told::default()));
    let helper = LineHelper::new(told.clone(), Finder::new(target.clone()), beginning.color);
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
    loop {
        let line = read(&mut desk, &mut editor, &told).await;
        let ended = match line {
            Ok(line) => {
                remember(&mut editor, beginning.history.as_ref(), &line);
                matches!(typed(&mut desk, &line).await?, Next::End)
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

fn editor(helper: LineHelper) -> rustyline::Result<Line> {
    let config = Config::builder().completion_type(CompletionType::List).bracketed_paste(true).build();
    let mut editor = Editor::with_config(config)?;
    editor.set_max_history_size(HISTORY)?;
    editor.set_helper(Some(helper));
    Ok(editor)
}

/// Reads a line; meanwhile messages are printed, and lost connections are made again.
async fn read<E>(desk: &mut Desk<'_, E>, editor: &mut Line, told: &Mutex<Told>) -> rustyline::Result<String> {
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
fn remember(editor: &mut Line, path: Option<&PathBuf>, line: &str) {
    if !may_remember(line) || !matches!(editor.add_history_entry(line), Ok(true)) {
        return;
    }
    let Some(path) = path else { return };
    if let Some(folder) = path.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    // Nobody else may read it, whoever made the file; without a file lines are remembered until the end.
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    if !path.exists() || std::fs::set_permissions(path, private).is_ok() {
        let _ = editor.append_history(path);
    }
}

/// Runs the commands of a typed or pasted text.
async fn typed<E>(desk: &mut Desk<'_, E>, text: &str) -> Result<Next, E> {
    for line in statements(text) {
        if let Next::End = one(desk, line).await? {
            return Ok(Next::End);
        }
    }
    Ok(Next::Read)
}

async fn one<E>(desk: &mut Desk<'_, E>, line: &str) -> Result<Next, E> {
    if line.trim_start().starts_with(':') {
        return desk.act(line).await.map(|()| Next::Read);
    }
    let Ok(argv) = split_line(line) else {
        return desk.print("Invalid argument(s)\n").map(|()| Next::Read);
    };
    let first = argv.first().map(|word| String::from_utf8_lossy(word).to_lowercase()).unwrap_or_default();
    match first.as_str() {
        "quit" | "exit" => return Ok(Next::End),
        "help" | "?" => desk.print(&crate::prompt::help(&argv[1..]))?,
        "clear" if desk.moves => desk.print("\x1b[H\x1b[2J")?,
        _ if argv.last().is_some_and(|word| word.as_ref() == b"?")
            && crate::prompt::card(&argv).is_some()
            && desk.moves =>
        {
            desk.print(&crate::prompt::help(&argv[..argv.len() - 1]))?;
        }
        _ => {
            let (count, line) = repeated(line);
            let argv = split_line(line).unwrap_or_default();
            for _ in 0..count {
                if listens(&argv) {
                    desk.listen(line, &argv).await?;
                } else {
                    desk.run(line, &argv).await?;
                }
            }
        }
    }
    Ok(Next::Read)
}
