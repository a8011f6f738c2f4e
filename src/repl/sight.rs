//! What is seen beside replies, on a connection that only looks: whose keys a command would change, what it changed, what
//! went by itself.

use bytes::Bytes;

use crate::engine;
use crate::resp::{Protocol, Value, printable};
use crate::target::{Connection, Kind, LinkError, Wire};

use super::desk::Desk;
use super::doubt::{Question, is_free};
use super::extras;
use super::track::{Dirty, is};

impl<E> Desk<'_, E> {
    /// What has to be asked before a command is sent to a live server; `None`: nothing.
    ///
    /// # Errors
    /// The server cannot be asked about its keys: the command is not to be sent.
    pub async fn doubt(&mut self, argv: &[Bytes]) -> Result<Option<Question>, LinkError> {
        if !self.is_guarded() || argv.is_empty() || is_free(argv) {
            return Ok(None);
        }
        let db = self.seat().track.working_db();
        // A connection that was lost meanwhile is made again, once.
        for _ in 0..2 {
            self.look_in(db).await;
            let Some((connection, _)) = self.observer.as_mut() else { continue };
            match self.watch.doubt(argv, db, connection).await {
                Ok(question) => return Ok(question),
                Err(_) => self.observer = None,
            }
        }
        Err(LinkError::Lost { place: self.place(), why: "it cannot be asked about its keys".into() })
    }

    /// Whether there is data that is somebody's, and a guard over it.
    fn is_guarded(&self) -> bool {
        self.switches.guard && self.target.identity().kind == Kind::Live
    }

    /// Looks what has become of the keys of a command that may have changed them.
    pub async fn review(&mut self, argv: &[Bytes], keys: &[Bytes]) {
        if !self.is_guarded() || keys.is_empty() || (is_free(argv) && !is(argv, "EXEC")) {
            return;
        }
        let db = self.seat().track.db;
        self.look_in(db).await;
        let Some((connection, _)) = self.observer.as_mut() else { return };
        // What cannot be seen now is seen before the next command.
        let _ = self.watch.review(db, keys, connection).await;
    }

    /// The connection that only looks, in the database of who types.
    pub async fn look(&mut self) -> Option<&mut Connection> {
        let db = self.seat().track.db;
        self.look_in(db).await
    }

    /// The connection that only looks, in this database.
    async fn look_in(&mut self, db: i64) -> Option<&mut Connection> {
        let login = self.seat().track.login.clone();
        if self.observer.is_none() {
            let target = self.target.logged_in(login.as_deref().unwrap_or_default());
            let connection = target.connect("redlab-observer", Protocol::Resp3).await.ok()?;
            self.observer = Some((connection, -1));
        }
        let (connection, at) = self.observer.as_mut()?;
        if *at != db {
            let mut commands: Vec<Vec<Bytes>> = login.into_iter().collect();
            commands.push(vec![Bytes::from_static(b"SELECT"), Bytes::from(db.to_string())]);
            if connection.observe(&commands).await.is_err() {
                self.observer = None;
                return None;
            }
            *at = db;
            self.inspector.clear();
            if self.target.bundled().is_some() {
                self.inspector.follow_pattern("*");
            }
        }
        self.observer.as_mut().map(|(connection, _)| connection)
    }

    /// Asks a live server whether watched keys were modified: it flags such a client in CLIENT LIST.
    pub async fn look_at_watched(&mut self) {
        let at = self.at;
        let seat = &self.seats[at];
        let id = seat.wire.as_ref().filter(|wire| wire.known().is_none()).and_then(Wire::id);
        let Some(id) = id.filter(|_| !seat.track.watched.is_empty()) else { return };
        let list = self.asked(&["CLIENT", "LIST", "ID", &id.to_string()]).await;
        let list = list.filter(|reply| !reply.is_error());
        let text = list.as_ref().and_then(Value::as_bytes).map(|text| String::from_utf8_lossy(text).into_owned());
        let flags =
            text.and_then(|text| Some(text.split_whitespace().find_map(|it| it.strip_prefix("flags="))?.to_string()));
        self.seats[at].track.dirty = match flags {
            Some(flags) if flags.contains('d') => Dirty::Yes,
            Some(_) => Dirty::No,
            None => Dirty::Unknown,
        };
    }

    /// Looks at the keys; with `tell`, what changed is told.
    ///
    /// # Errors
    /// Standard output is gone.
    pub async fn glance(&mut self, tell: bool) -> Result<(), E> {
        if self.look().await.is_none() {
            return Ok(());
        }
        self.told_changes(tell, &[]).await
    }

    async fn asked(&mut self, words: &[&str]) -> Option<Value> {
        let argv = words.iter().map(|word| Bytes::copy_from_slice(word.as_bytes())).collect();
        let replies = self.look().await?.observe(&[argv]).await.ok()?;
        replies.into_iter().next()
    }

    /// What the server has counted of a command so far, where times are wanted; zero before its first call.
    pub async fn counted(&mut self, argv: &[Bytes]) -> Option<(u64, u64)> {
        if !self.switches.times || self.target.bundled().is_some() {
            return None;
        }
        let row = engine::resolve(argv)?;
        let info = self.asked(&["INFO", "commandstats"]).await?;
        Some(extras::counted(&info, row, argv).unwrap_or_default())
    }

    /// Looks at the keys before a command, where what it changes is wanted.
    ///
    /// # Errors
    /// Standard output is gone.
    pub async fn look_before(&mut self, keys: &[Bytes]) -> Result<(), E> {
        if !self.switches.look_at_keys() {
            return Ok(());
        }
        if self.look().await.is_none() {
            return Ok(());
        }
        keys.iter().for_each(|key| self.inspector.follow(key.clone()));
        self.told_changes(false, &[]).await
    }

    /// Tells after a command what it changed, and why EXEC did nothing, where that is wanted.
    ///
    /// # Errors
    /// Standard output is gone.
    pub async fn look_after(
        &mut self,
        keys: &[Bytes],
        watched: &[Bytes],
        nil: bool,
        cause: Option<String>,
    ) -> Result<(), E> {
        if self.switches.look_at_keys() {
            self.told_changes(self.switches.changes, keys).await?;
        }
        if nil && self.switches.why {
            let bundled = self.target.bundled().is_some();
            let why = match cause {
                Some(cause) => cause,
                None if watched.is_empty() => return Ok(()),
                None if bundled => "a watched key expired in the meantime".into(),
                None => format!(
                    "one of {} was touched by another connection, or expired; a server does not tell which and by whom",
                    watched.iter().map(|key| printable(key, 40)).collect::<Vec<_>>().join(", ")
                ),
            };
            self.say(&format!("EXEC did nothing: {why}"))?;
        }
        Ok(())
    }

    /// Looks at the followed keys and tells what became of them: all of it, or only what went by itself.
    async fn told_changes(&mut self, own: bool, touched: &[Bytes]) -> Result<(), E> {
        let expired = self.switches.expired;
        if expired {
            let stats = self.asked(&["INFO", "stats"]).await;
            let evicted = stats.as_ref().and_then(extras::evicted);
            let before = std::mem::replace(&mut self.evicted, evicted);
            let rose = before.is_some_and(|before| evicted > Some(before));
            return self.told(own, rose, touched).await;
        }
        self.told(own, false, touched).await
    }

    async fn told(&mut self, own: bool, evicted: bool, touched: &[Bytes]) -> Result<(), E> {
        let now_ms = self.target.bundled().map_or_else(wall_clock, |bundled| bundled.now().ms());
        let Some((connection, _)) = self.observer.as_mut() else { return Ok(()) };
        let Ok((views, changes)) = self.inspector.refresh(connection).await else {
            self.observer = None;
            return Ok(());
        };
        let told = extras::Told { own, evicted, touched, now_ms, views: &views };
        for line in extras::changes(&changes, &told) {
            self.say(&line)?;
        }
        Ok(())
    }
}

fn wall_clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
