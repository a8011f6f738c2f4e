//! Highlighted code, painted on a thread of its own: the first lines of a language take a while, and no frame waits.

use std::collections::HashMap;
use std::sync::{Arc, mpsc};
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::render::{Highlighter, Line, markdown};

/// A piece of code: its language and its text.
pub type Piece = (String, String);

/// What was painted so far.
#[derive(Default)]
pub struct Painted {
    done: HashMap<Piece, Vec<Line>>,
    /// For lines that are being typed, once it is loaded and warm.
    pub highlighter: Option<Arc<Highlighter>>,
}

impl std::fmt::Debug for Painted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Painted").field("pieces", &self.done.len()).finish()
    }
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
    /// What gets done.
    pub finished: UnboundedReceiver<Work>,
}

/// What the painter has done.
pub enum Work {
    /// It is ready: lines that are being typed can be highlighted on the spot from now on.
    Ready(Arc<Highlighter>),
    /// A piece with its lines.
    Piece(Piece, Vec<Line>),
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

    /// Lets it load what it needs, so that typed lines are highlighted soon.
    pub fn warm(&self) {
        self.order(("redis".to_string(), "> SET key \"a\\n\" EX 60\n(integer) 1\n".to_string()));
    }

    /// Orders a piece.
    pub fn order(&self, piece: Piece) {
        let _ = self.orders.send(piece);
    }
}

fn paint(todo: &mpsc::Receiver<Piece>, done: &UnboundedSender<Work>) {
    let Ok(mut piece) = todo.recv() else { return };
    let highlighter = Arc::new(Highlighter::load());
    let mut told = false;
    loop {
        let lines = highlighter.lines(&piece.0, &piece.1);
        // Its first lines of Redis have warmed it: the thread that draws need not wait for that.
        let ready = !told && piece.0 == "redis";
        if done.send(Work::Piece(piece, lines)).is_err() {
            return;
        }
        if ready {
            told = done.send(Work::Ready(highlighter.clone())).is_ok();
        }
        match todo.recv() {
            Ok(next) => piece = next,
            Err(_) => return,
        }
    }
}
