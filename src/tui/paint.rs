//! Highlighted code, painted on a thread of its own: the first lines of a language take a while, and no frame waits.

use std::collections::HashMap;
use std::sync::mpsc;
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::render::{Highlighter, Line, markdown};

/// A piece of code: its language and its text.
pub type Piece = (String, String);

/// What was painted so far.
#[derive(Debug, Default)]
pub struct Painted {
    done: HashMap<Piece, Vec<Line>>,
}

impl Painted {
    /// The lines of a piece, if it is painted.
    pub fn lines(&self, language: &str, code: &str) -> Option<Vec<Line>> {
        self.done.get(&(language.to_string(), code.to_string())).cloned()
    }

    /// Takes in a piece that was painted.
    pub fn add(&mut self, piece: Piece, lines: Vec<Line>) {
        // A course has a few hundred pieces; a folder of strange content shall not fill the memory.
        if self.done.len() > 2_000 {
            self.done.clear();
        }
        self.done.insert(piece, lines);
    }

    /// The pieces of a Markdown text that are not painted yet.
    pub fn missing(&self, text: &str) -> Vec<Piece> {
        let mut found = Vec::new();
        markdown(text, 80, &mut |language, code| {
            let piece = (language.to_string(), code.to_string());
            if !language.is_empty() && !self.done.contains_key(&piece) {
                found.push(piece);
            }
            None
        });
        found
    }
}

/// The thread that paints.
pub struct Painter {
    orders: mpsc::Sender<Piece>,
    /// Pieces with their lines, as they get done.
    pub finished: UnboundedReceiver<(Piece, Vec<Line>)>,
}

impl Painter {
    /// Starts the thread; it loads nothing before the first order, and ends when the painter is dropped.
    pub fn start() -> Painter {
        let (orders, todo) = mpsc::channel();
        let (done, finished) = unbounded_channel();
        // Without a thread, code stays plain: nothing else depends on it.
        let _ = thread::Builder::new().name("painter".into()).spawn(move || paint(&todo, &done));
        Painter { orders, finished }
    }

    /// Orders a piece.
    pub fn order(&self, piece: Piece) {
        let _ = self.orders.send(piece);
    }
}

fn paint(todo: &mpsc::Receiver<Piece>, done: &UnboundedSender<(Piece, Vec<Line>)>) {
    let Ok(mut piece) = todo.recv() else { return };
    let highlighter = Highlighter::load();
    loop {
        let lines = highlighter.lines(&piece.0, &piece.1);
        if done.send((piece, lines)).is_err() {
            return;
        }
        match todo.recv() {
            Ok(next) => piece = next,
            Err(_) => return,
        }
    }
}
