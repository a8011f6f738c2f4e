//! What a connection is in, learned from what was sent and answered: database, transaction, WATCH, login.

use bytes::Bytes;

use crate::resp::{Protocol, Value};

/// Whether a watched key was modified since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dirty {
    /// Nobody told.
    #[default]
    Unknown,
    /// None was.
    No,
    /// One was: EXEC will answer nil.
    Yes,
}

/// What a connection is in.
#[derive(Clone, Debug, Default)]
pub struct Track {
    /// The selected database.
    pub db: i64,
    /// The protocol.
    pub protocol: Protocol,
    /// Between MULTI and EXEC: the queued commands.
    pub queued: Option<Vec<Vec<Bytes>>>,
    /// The watched keys.
    pub watched: Vec<Bytes>,
    /// Whether one of them was modified.
    pub dirty: Dirty,
    /// The AUTH that let it in, kept in memory alone, to be sent again when the connection is made again.
    pub login: Option<Vec<Bytes>>,
    /// The name that it was given.
    pub name: Option<Bytes>,
}

impl Track {
    /// Learns from a command and its reply.
    pub fn note(&mut self, argv: &[Bytes], reply: &Value) {
        let Some(name) = argv.first() else { return };
        let name = String::from_utf8_lossy(name).to_uppercase();
        if let Some(queued) = &mut self.queued {
            match name.as_str() {
                _ if *reply == Value::Simple(Bytes::from_static(b"QUEUED")) => return queued.push(argv.to_vec()),
                "EXEC" => return self.executed(reply),
                "DISCARD" | "RESET" => {}
                _ => return,
            }
        }
        if !reply.is_error() {
            self.done(&name, argv);
        }
    }

    fn executed(&mut self, reply: &Value) {
        let queued = self.queued.take().unwrap_or_default();
        self.unwatch();
        let Some(replies) = reply.items() else { return };
        for (argv, reply) in queued.iter().zip(replies) {
            self.note(argv, reply);
        }
    }

    fn done(&mut self, name: &str, argv: &[Bytes]) {
        let word = |at: usize| argv.get(at).map(|arg| String::from_utf8_lossy(arg).to_uppercase()).unwrap_or_default();
        match name {
            "SELECT" => self.db = word(1).parse().unwrap_or(self.db),
            "MULTI" => self.queued = Some(Vec::new()),
            "DISCARD" => {
                self.queued = None;
                self.unwatch();
            }
            "WATCH" => self.watched.extend(argv[1..].iter().cloned()),
            "UNWATCH" => self.unwatch(),
            "AUTH" => self.login = Some(argv.to_vec()),
            "HELLO" => self.greeted(argv),
            "RESET" => *self = Track::default(),
            "CLIENT" if word(1) == "SETNAME" => self.name = argv.get(2).cloned(),
            _ => {}
        }
    }

    fn greeted(&mut self, argv: &[Bytes]) {
        match argv.get(1).map(AsRef::as_ref) {
            Some(b"2") => self.protocol = Protocol::Resp2,
            Some(b"3") => self.protocol = Protocol::Resp3,
            _ => {}
        }
        let after = |word: &str| argv.iter().position(|arg| arg.eq_ignore_ascii_case(word.as_bytes()));
        if let Some([user, password]) = after("AUTH").and_then(|at| argv.get(at + 1..at + 3)) {
            self.login = Some(vec![Bytes::from_static(b"AUTH"), user.clone(), password.clone()]);
        }
        if let Some(name) = after("SETNAME").and_then(|at| argv.get(at + 1)) {
            self.name = Some(name.clone());
        }
    }

    fn unwatch(&mut self) {
        self.watched.clear();
        self.dirty = Dirty::Unknown;
    }

    /// The database that the next command works in: a SELECT that is queued counts for what is queued behind it.
    pub fn working_db(&self) -> i64 {
        let queued = self.queued.iter().flatten().rev();
        let mut selected = queued.filter(|argv| is(argv, "SELECT")).filter_map(|argv| argv.get(1));
        let number = selected.next().and_then(|word| std::str::from_utf8(word).ok()?.parse().ok());
        number.unwrap_or(self.db)
    }

    /// What the connection was in that a new one cannot be put into again, in words; `None` if nothing.
    pub fn lost(&self) -> Option<String> {
        match (&self.queued, self.watched.len()) {
            (Some(queued), _) => Some(format!("its transaction of {} queued commands is gone", queued.len())),
            (None, 0) => None,
            (None, count) => Some(format!("it does not watch its {count} keys any more")),
        }
    }

    /// The commands that put a new connection where this one was; what cannot be brought back is forgotten.
    pub fn again(&mut self) -> Vec<Vec<Bytes>> {
        self.queued = None;
        self.unwatch();
        let mut commands: Vec<Vec<Bytes>> = self.login.iter().cloned().collect();
        let words = |words: &[&str]| words.iter().map(|word| Bytes::copy_from_slice(word.as_bytes())).collect();
        if self.protocol == Protocol::Resp3 {
            commands.push(words(&["HELLO", "3"]));
        }
        commands.push(words(&["SELECT", &self.db.to_string()]));
        if let Some(name) = &self.name {
            let mut command: Vec<Bytes> = words(&["CLIENT", "SETNAME"]);
            command.push(name.clone());
            commands.push(command);
        }
        commands
    }
}

/// Whether a command is this one.
pub fn is(argv: &[Bytes], name: &str) -> bool {
    argv.first().is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
}

/// Whether a command makes messages come until somebody leaves.
pub fn listens(argv: &[Bytes]) -> bool {
    let family: [&[u8]; 4] = [b"SUBSCRIBE", b"PSUBSCRIBE", b"SSUBSCRIBE", b"MONITOR"];
    argv.first().is_some_and(|name| family.iter().any(|one| name.eq_ignore_ascii_case(one)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::split_line;

    fn noted(lines: &[(&str, Value)]) -> Track {
        let mut track = Track::default();
        for (line, reply) in lines {
            track.note(&split_line(line).expect("a line"), reply);
        }
        track
    }

    #[test]
    fn a_transaction_counts_what_is_queued() {
        let queued = || Value::simple("QUEUED");
        let track =
            noted(&[("multi", Value::ok()), ("SET a 1", queued()), ("GTE", Value::error("ERR")), ("GET a", queued())]);
        assert_eq!(track.queued.as_ref().map(Vec::len), Some(2));
        let exec = Value::Array(vec![Value::ok()]);
        let track =
            noted(&[("WATCH a b", Value::ok()), ("MULTI", Value::ok()), ("SELECT 3", queued()), ("EXEC", exec)]);
        assert_eq!((track.db, track.queued.is_none(), track.watched.len()), (3, true, 0));
        let aborted = noted(&[("MULTI", Value::ok()), ("EXEC", Value::error("EXECABORT"))]);
        assert!(aborted.queued.is_none());
    }

    #[test]
    fn a_new_connection_is_put_where_the_old_one_was() {
        let greeted = ("HELLO 3 AUTH u p SETNAME me", Value::Map(vec![]));
        let mut track = noted(&[greeted, ("SELECT 2", Value::ok()), ("SELECT 99", Value::error("ERR"))]);
        let shown: Vec<String> =
            track.again().iter().map(|argv| String::from_utf8_lossy(&argv.join(&b' ')).into_owned()).collect();
        assert_eq!(shown, ["AUTH u p", "HELLO 3", "SELECT 2", "CLIENT SETNAME me"]);
    }
}
