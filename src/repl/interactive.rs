//! The REPL on a terminal. rustyline blocks, so it has a thread of its own; a session runs what was typed.

use std::path::PathBuf;

use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};
use tokio::sync::{mpsc, oneshot};

use crate::report::formatted;
use crate::resp::printable;
use crate::session::{Event, Handle, Request};

use super::helper::{KnownKeys, LineHelper};

/// What the reading thread sends: a line, or the end of input.
enum Typed {
    Line(String, oneshot::Sender<Next>),
    Confirmed(bool, oneshot::Sender<Next>),
    Interrupted(oneshot::Sender<Next>),
    End,
}

/// What the reading thread does next.
enum Next {
    /// Read a line with this prompt.
    Read(String),
    /// Ask this question and read yes or no.
    Ask(String),
}

/// Runs the REPL until the end of input. `write` prints text to standard output. The answer is why it could not begin,
/// if it could not.
///
/// # Errors
/// What `write` answers, such as that standard output is closed.
pub async fn interactive<E>(
    mut handle: Handle,
    history: Option<PathBuf>,
    color: bool,
    mut write: impl FnMut(&str) -> Result<(), E>,
) -> Result<Result<(), String>, E> {
    let keys = KnownKeys::default();
    let prompt = match opened(&mut handle).await {
        Ok(prompt) => prompt,
        Err(message) => return Ok(Err(message)),
    };
    let (sender, mut typed) = mpsc::unbounded_channel();
    let (known, first) = (keys.clone(), prompt.clone());
    let reader = std::thread::spawn(move || read_lines(&sender, known, history, color, first));
    while let Some(typed) = typed.recv().await {
        let (request, reply) = match typed {
            Typed::Line(line, reply) => (Request::Run { client: 0, line }, reply),
            Typed::Confirmed(yes, reply) => (Request::Confirm(yes), reply),
            Typed::Interrupted(reply) => (Request::Cancel, reply),
            Typed::End => break,
        };
        let waits = match &request {
            Request::Run { line, .. } => !line.trim().is_empty(),
            request => matches!(request, Request::Confirm(_)),
        };
        let _ = handle.requests.send(request);
        let next =
            if waits { answer(&mut handle, &keys, &prompt, &mut write).await? } else { Next::Read(prompt.clone()) };
        let _ = reply.send(next);
    }
    let _ = handle.requests.send(Request::Close);
    while let Some(event) = handle.events.recv().await {
        if matches!(event, Event::Closed { .. }) {
            break;
        }
    }
    let _ = reader.join();
    Ok(Ok(()))
}

/// Waits until the session stands; its prompt.
async fn opened(handle: &mut Handle) -> Result<String, String> {
    while let Some(event) = handle.events.recv().await {
        match event {
            Event::Opened { identity, .. } => return Ok(format!("{}> ", printable(identity.label.as_bytes(), 60))),
            Event::Failed { message } => return Err(message),
            Event::Closed { .. } => break,
            _ => {}
        }
    }
    Err("the session ended before it began".into())
}

/// Prints what a line leads to, until the next one may be read. Ctrl-C cancels a command that blocks.
async fn answer<E>(
    handle: &mut Handle,
    keys: &KnownKeys,
    prompt: &str,
    write: &mut impl FnMut(&str) -> Result<(), E>,
) -> Result<Next, E> {
    let mut done = false;
    loop {
        let event = tokio::select! {
            event = handle.events.recv() => event,
            _ = tokio::signal::ctrl_c(), if !done => {
                let _ = handle.requests.send(Request::Cancel);
                // The terminal has echoed the ^C itself.
                write("\n")?;
                continue;
            }
        };
        match event {
            None | Some(Event::Closed { .. }) => return Ok(Next::Read(prompt.into())),
            Some(Event::Replied { reply, .. }) => {
                write(&formatted(&reply))?;
                done = true;
            }
            Some(Event::Pushed { value, .. }) => write(&formatted(&value))?,
            Some(Event::Refused { line, reason, at }) => {
                write(&refusal(&line, &reason, at))?;
                return Ok(Next::Read(prompt.into()));
            }
            Some(Event::Asked { line, reason }) => {
                let line = printable(line.as_bytes(), 200);
                return Ok(Next::Ask(format!("{line}: {reason}. Send it? (y/N) ")));
            }
            Some(Event::Failed { message }) => {
                write(&format!("{message}\n"))?;
                return Ok(Next::Read(prompt.into()));
            }
            Some(Event::LinkLost { reason, retry_in_ms }) => {
                write(&format!("{} (trying again in {retry_in_ms} ms)\n", printable(reason.as_bytes(), 200)))?;
            }
            Some(Event::LinkRestored) => write("connected again\n")?,
            Some(Event::KeysChanged { keys: seen, .. }) => {
                if let Ok(mut known) = keys.lock() {
                    *known = seen.into_iter().map(|view| view.key).collect();
                }
                if done {
                    return Ok(Next::Read(prompt.into()));
                }
            }
            Some(Event::Cancelled) => return Ok(Next::Read(prompt.into())),
            Some(_) => {}
        }
    }
}

/// The line with a caret under what is wrong, and why.
fn refusal(line: &str, reason: &str, at: Option<usize>) -> String {
    let shown = printable(line.as_bytes(), 200);
    match at.and_then(|at| line.get(..at)) {
        Some(before) => {
            format!("{shown}\n{}^ {reason}\n", " ".repeat(printable(before.as_bytes(), 200).chars().count()))
        }
        None => format!("{reason}\n"),
    }
}

/// The reading thread: one line after the other, each when the last one has been answered.
fn read_lines(
    sender: &mpsc::UnboundedSender<Typed>,
    keys: KnownKeys,
    history: Option<PathBuf>,
    color: bool,
    prompt: String,
) {
    let Ok(mut editor) = editor(keys, color) else {
        let _ = sender.send(Typed::End);
        return;
    };
    if let Some(path) = &history {
        // A first run has no history yet; that is no fault.
        let _ = editor.load_history(path);
    }
    let mut next = Next::Read(prompt);
    loop {
        let (text, asking) = match &next {
            Next::Read(prompt) => (prompt.clone(), false),
            Next::Ask(question) => (question.clone(), true),
        };
        let (reply, answered) = oneshot::channel();
        let typed = match editor.readline(&text) {
            Ok(line) if asking => Typed::Confirmed(line.trim().eq_ignore_ascii_case("y"), reply),
            Err(ReadlineError::Interrupted) if asking => Typed::Confirmed(false, reply),
            Ok(line) if matches!(line.trim(), "quit" | "exit") => Typed::End,
            Ok(line) => {
                let _ = remember(&line).then(|| editor.add_history_entry(line.as_str()));
                Typed::Line(line, reply)
            }
            Err(ReadlineError::Interrupted) => Typed::Interrupted(reply),
            Err(_) => Typed::End,
        };
        let end = matches!(typed, Typed::End);
        if sender.send(typed).is_err() || end {
            break;
        }
        let Ok(answer) = answered.blocking_recv() else { break };
        next = answer;
    }
    if let Some(path) = &history {
        let _ = editor.save_history(path);
    }
}

fn editor(keys: KnownKeys, color: bool) -> rustyline::Result<Editor<LineHelper, FileHistory>> {
    let config = Config::builder().completion_type(CompletionType::List).build();
    let mut editor = Editor::with_config(config)?;
    editor.set_max_history_size(2000)?;
    editor.set_helper(Some(LineHelper { keys, color }));
    Ok(editor)
}

/// Whether a line may go into the history file: never one that may hold a password.
fn remember(line: &str) -> bool {
    let upper = line.to_uppercase();
    let words: Vec<&str> = upper.split_whitespace().collect();
    match words.as_slice() {
        [] | ["AUTH", ..] => false,
        ["HELLO" | "MIGRATE", rest @ ..] => !rest.iter().any(|word| word.starts_with("AUTH")),
        ["ACL", "SETUSER", ..] => false,
        ["CONFIG", "SET", rest @ ..] => !rest.iter().any(|word| word.contains("PASS") || word.contains("AUTH")),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_remembered() {
        for line in ["AUTH secret", "auth u p", "HELLO 3 AUTH u p", "ACL SETUSER a >p", "CONFIG SET requirepass x", " "]
        {
            assert!(!remember(line), "{line}");
        }
        assert!(remember("SET author x") && remember("HELLO 3"));
    }

    #[test]
    fn a_refusal_points() {
        assert_eq!(refusal("GTE a", "there is no GTE", Some(0)), "GTE a\n^ there is no GTE\n");
        assert_eq!(refusal("GET a b", "too many", Some(6)), "GET a b\n      ^ too many\n");
    }
}
