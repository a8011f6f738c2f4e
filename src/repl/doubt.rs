//! What is asked before a command that could change or remove what is somebody's on a live server.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::prompt::card;
use crate::resp::printable;
use crate::target::{Connection, Guard, LinkError, Verdict, only_looks};

use super::stake::{at_stake, deed, described};
use super::track::is;

/// A guard for each database that somebody typed in, and the keys that are not asked about again.
#[derive(Debug, Default)]
pub struct Watch {
    guards: BTreeMap<i64, Guard>,
    agreed: BTreeSet<(i64, Bytes)>,
}

/// What is asked before a command is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What the command would do, to which keys, and what would be lost.
    pub text: String,
    /// The database.
    pub db: i64,
    /// The keys that it names and that are somebody's.
    pub keys: Vec<Bytes>,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Send it.
    Yes,
    /// Send it, and do not ask about these keys again.
    Always,
    /// Do not.
    No,
}

impl Question {
    /// The line that the answer is typed behind.
    pub fn prompt(&self) -> &'static str {
        if self.keys.is_empty() { "Send it? [y/N] " } else { "Send it? [y/N, a: yes, and always for this] " }
    }

    /// Reads an answer: only a clear yes is one.
    pub fn read(&self, answer: &str) -> Answer {
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Answer::Yes,
            "a" | "always" if !self.keys.is_empty() => Answer::Always,
            _ => Answer::No,
        }
    }
}

/// Whether a command can go without a look at the server: it only looks itself, or concerns the connection alone. MONITOR
/// costs others time, but nothing else.
pub fn is_free(argv: &[Bytes]) -> bool {
    let counted = ["MULTI", "EXEC", "DISCARD"].iter().any(|name| is(argv, name));
    let own = ["SELECT", "RESET", "MONITOR"].iter().any(|name| is(argv, name));
    own || (only_looks(argv) && !counted)
}

impl Watch {
    /// What is to be asked before a command is sent to this database; `None`: nothing. Keys that it is about to create are
    /// noted as redlab's own.
    ///
    /// # Errors
    /// The server cannot be asked about its keys.
    pub async fn doubt(
        &mut self,
        argv: &[Bytes],
        db: i64,
        connection: &mut Connection,
    ) -> Result<Option<Question>, LinkError> {
        let verdict = self.guards.entry(db).or_default().judge(argv, connection).await?;
        let Verdict::Ask { reason, keys } = verdict else { return Ok(None) };
        let agreed = |key: &Bytes| self.agreed.contains(&(db, key.clone()));
        if !keys.is_empty() && (only_creates(argv) || keys.iter().all(agreed)) {
            return Ok(None);
        }
        let typed = || argv.first().map(|name| printable(name, 40).to_uppercase()).unwrap_or_default();
        let name = card(argv).map_or_else(typed, |card| card.name);
        let text = if keys.is_empty() {
            let lost = at_stake(argv, connection).await?.map(|lost| format!(" ({lost})")).unwrap_or_default();
            format!("{name}: {reason}{lost}.")
        } else {
            let described = described(&keys, connection).await?;
            format!("{name} {} {described}, which redlab did not create.", deed(argv))
        };
        Ok(Some(Question { text, db, keys }))
    }

    /// The user's word on a question: these keys are not asked about again.
    pub fn agree(&mut self, question: &Question) {
        self.agreed.extend(question.keys.iter().map(|key| (question.db, key.clone())));
    }

    /// Looks what has become of the keys of a command that was answered.
    ///
    /// # Errors
    /// The server cannot be asked about its keys.
    pub async fn review(&mut self, db: i64, keys: &[Bytes], connection: &mut Connection) -> Result<(), LinkError> {
        match self.guards.get(&db) {
            Some(guard) => guard.review(keys, connection).await,
            None => Ok(()),
        }
    }

    /// A transaction in this database is gone with its connection.
    pub fn transaction_lost(&mut self, db: i64) {
        if let Some(guard) = self.guards.get(&db) {
            guard.transaction_lost();
        }
    }
}

/// Whether a command leaves keys alone that exist.
fn only_creates(argv: &[Bytes]) -> bool {
    let has = |word: &str| argv.iter().skip(3).any(|argument| argument.eq_ignore_ascii_case(word.as_bytes()));
    is(argv, "SETNX") || is(argv, "MSETNX") || (is(argv, "SET") && has("NX") && !has("XX"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::split_line;

    fn words(line: &str) -> Vec<Bytes> {
        split_line(line).expect("a line")
    }

    #[test]
    fn what_only_looks_or_only_creates_is_free() {
        for line in ["GET a", "SELECT 3", "MONITOR", "INFO", "reset"] {
            assert!(is_free(&words(line)), "{line}");
        }
        for line in ["SET a 1", "MULTI", "KEYS *", "EVALSHA abc 0", "FLUSHALL", "NOSUCH a"] {
            assert!(!is_free(&words(line)), "{line}");
        }
        assert!(only_creates(&words("SET a 1 EX 5 nx")) && only_creates(&words("setnx a 1")));
        assert!(!only_creates(&words("SET a NX")) && !only_creates(&words("SET a 1")));
    }

    #[test]
    fn only_a_clear_yes_is_one() {
        let question = |keys: &[&'static str]| Question {
            text: String::new(),
            db: 0,
            keys: keys.iter().map(|key| Bytes::from_static(key.as_bytes())).collect(),
        };
        let (keyed, bare) = (question(&["a"]), question(&[]));
        assert_eq!((keyed.read(" Yes "), keyed.read("a"), keyed.read("")), (Answer::Yes, Answer::Always, Answer::No));
        assert_eq!((bare.read("y"), bare.read("a"), bare.read("PING")), (Answer::Yes, Answer::No, Answer::No));
    }
}
