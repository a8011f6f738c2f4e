//! From a typed line to a command on its way: quotes, names, arity, the guard of live data.

use bytes::Bytes;

use crate::engine;
use crate::lesson::Input;
use crate::prompt;
use crate::resp::{Protocol, printable, split_line};
use crate::target::{Guard, Kind, Ledger, LinkError, Verdict};

use super::core::{Call, Core};
use super::event::{Event, Sender};
use super::request::Request;
use super::undo::Moment;

/// How many lines may be typed ahead: more than anybody types, fewer than a slip of the clipboard.
const MOST_AHEAD: usize = 1000;

impl<Own: Send + 'static> Core<Own> {
    /// Keeps a line whose client still waits for a reply, as a server would; gives back what can be done now. Behind a
    /// lost link nothing waits: whoever typed it should know before it runs.
    pub fn put_off(&mut self, request: Request) -> Option<Request> {
        let Request::Run { client, .. } = request else { return Some(request) };
        let lost = self.lost.contains(&client);
        let waits = self.clients.get(client).is_some_and(|client| client.connection.is_none())
            || self.ahead.iter().any(|(other, _)| *other == client);
        if lost || !waits || self.ahead.len() >= MOST_AHEAD {
            return Some(request);
        }
        if let Request::Run { client, line } = request {
            self.ahead.push_back((client, line));
            self.teller.tell(Event::Queued(self.ahead.len()));
        }
        None
    }

    /// The next line that was typed ahead and whose turn has come.
    pub fn due(&mut self) -> Option<Request> {
        if self.ahead.is_empty() || self.asked.is_some() {
            return None;
        }
        let free = |client: usize| self.clients.get(client).is_none_or(|client| client.connection.is_some());
        let at = self.ahead.iter().position(|(client, _)| free(*client) || self.lost.contains(client))?;
        let (client, line) = self.ahead.remove(at)?;
        self.teller.tell(Event::Queued(self.ahead.len()));
        Some(Request::Run { client, line })
    }

    /// Takes a typed line: sends it, asks about it, or says what is wrong with it. Whether it is on its way.
    pub async fn typed(&mut self, client: usize, line: String) -> bool {
        let argv = match self.words(&line) {
            Ok(argv) if argv.is_empty() => return false,
            Ok(argv) => argv,
            Err(refused) => {
                self.teller.tell(*refused);
                return false;
            }
        };
        let call = Call { client, line, argv, sender: Sender::Typed };
        match self.judge(&call).await {
            Ok(Verdict::Allow) => self.send_typed(call),
            Err(error) => {
                let reason = format!("not sent: {error}. It is tried again; type the line again then");
                self.teller.tell(Event::Refused { line: call.line, reason, at: None });
                false
            }
            Ok(Verdict::Ask { reason, .. }) => {
                self.teller.tell(Event::Asked { line: call.line.clone(), reason });
                self.asked = Some(call);
                false
            }
        }
    }

    /// The user's word on the command that was asked about. Whether it is on its way.
    pub async fn confirmed(&mut self, yes: bool) -> bool {
        let Some(call) = self.asked.take() else { return false };
        if !yes {
            self.teller.tell(Event::Refused { line: call.line, reason: "not sent, as you said".into(), at: None });
            return false;
        }
        self.send_typed(call)
    }

    fn send_typed(&mut self, call: Call) -> bool {
        // While another client is blocked, going back would have to unblock it: that moment is not kept.
        if let Some(moment) = self.moment().filter(|_| !self.is_waiting()) {
            self.undo.note(moment);
        }
        self.follow(&call.argv);
        let free = self.clients.get(call.client).is_some_and(|client| client.connection.is_some());
        self.start(call);
        free
    }

    /// Splits and checks a line. A live server may know commands that the engine does not: those pass.
    fn words(&self, line: &str) -> Result<Vec<Bytes>, Box<Event>> {
        let refused = |reason: String, at: usize| Box::new(Event::Refused { line: line.into(), reason, at: Some(at) });
        let argv = split_line(line).map_err(|error| refused(error.to_string(), error.at()))?;
        let known = argv.first().is_none_or(|name| engine::lookup(name).is_some());
        let ours = self.target.identity().kind == Kind::Bundled;
        match prompt::validate(line) {
            Err(complaint) if known || ours => Err(refused(complaint.message, complaint.at)),
            _ => Ok(argv),
        }
    }

    /// What the guard says. It has to ask the server: a lost connection is made again for that, once.
    async fn judge(&mut self, call: &Call) -> Result<Verdict, LinkError> {
        let Some(guard) = &mut self.guard else { return Ok(Verdict::Allow) };
        if let Ok(verdict) = guard.judge(&call.argv, &mut self.observer).await {
            return Ok(verdict);
        }
        self.observer = self.target.connect("redlab-observer", Protocol::Resp3).await?;
        guard.judge(&call.argv, &mut self.observer).await
    }

    /// Notes what commands of the lesson are about to create on a live server.
    pub fn note_created(&self, inputs: &[Input]) {
        let Some(ledger) = self.ledger() else { return };
        for input in inputs {
            if let Input::Command { argv, .. } = input {
                ledger.note(argv);
            }
        }
    }

    /// Where keys are noted that are created on a live server.
    pub fn ledger(&self) -> Option<Ledger> {
        self.guard.as_ref().map(Guard::ledger)
    }

    /// Lets the key pane follow the keys of a command.
    pub fn follow(&mut self, argv: &[Bytes]) {
        if let Some(row) = engine::resolve(argv) {
            for key in row.keys_of(argv) {
                self.inspector.follow(key.clone());
            }
        }
    }

    /// The state of the bundled server and the database now; `None` on other targets.
    pub fn moment(&self) -> Option<Moment> {
        let server = self.target.bundled()?.snapshot();
        let database = self.database.as_ref().and_then(|shared| shared.lock().ok()?.snapshot().ok());
        Some(Moment { server, database })
    }

    /// Goes back to a moment.
    pub async fn restore(&mut self, moment: &Moment) {
        if let Some(bundled) = self.target.bundled() {
            bundled.restore(&moment.server);
        }
        if let (Some(shared), Some(image)) = (&self.database, &moment.database)
            && let Ok(mut database) = shared.lock()
            && let Err(error) = database.restore(image)
        {
            self.teller.failed(format!("the database could not be put back: {error}"));
        }
        self.look().await;
    }

    /// Takes the last typed command back.
    pub async fn take_back(&mut self) {
        if self.target.bundled().is_none() {
            self.teller.failed("undo works on the bundled engine only: a live server keeps what was done");
            return;
        }
        if self.is_waiting() {
            self.teller.failed("a client still waits for its reply: esc cancels that, then undo");
            return;
        }
        let Some(moment) = self.undo.back() else {
            self.teller.failed("there is nothing to undo in this step");
            return;
        };
        self.restore(&moment).await;
        self.teller.tell(Event::Undone { left: self.undo.left() });
    }

    /// Lets the bundled clock jump.
    pub async fn jump(&mut self, ms: u64) {
        match self.target.bundled() {
            Some(bundled) => {
                bundled.jump(std::time::Duration::from_millis(ms));
                self.look().await;
            }
            None => self.teller.failed("a live server's clock cannot be moved: wait, or use the bundled engine"),
        }
    }

    /// What the caller of a lost connection is told about the command that was on its way.
    pub fn tell_lost(&self, call: &Call) {
        let line = printable(call.line.as_bytes(), 80);
        self.teller.failed(format!("no reply to {line}: the connection was lost, and it may or may not have run"));
    }
}
