//! A race on a real server: each step that is taken in the lab is sent there too, and the replies are compared.
//!
//! Going back takes away what the race created and plays the path again, since a server cannot go back by itself.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::engine;
use crate::lab::{Choice, MishapKind, Taken, Timeline};
use crate::program::{Datum, Deed, answer, command_line};
use crate::resp::{Protocol, Value, brief};
use crate::target::{Connection, Verdict};

use super::core::Core;
use super::event::Event;

/// What of the path the server has seen.
#[derive(Default)]
pub struct Mirror {
    connections: Vec<Option<Connection>>,
    applied: Vec<Choice>,
    variant: usize,
    /// Whether the variant's setup has run.
    ready: bool,
    /// Keys that the race wrote: they are its own, and go when it starts anew.
    keys: BTreeSet<Bytes>,
    /// Set when the server is not asked any more; it has been said why.
    off: bool,
}

impl Mirror {
    /// Lets a real server take the steps that the lab has taken. Says what it answered; on the bundled engine there is
    /// nothing to do.
    pub async fn follow<W: Send + 'static>(&mut self, core: &mut Core<W>, timeline: &Timeline) {
        if self.off || core.target.bundled().is_some() {
            return;
        }
        let path = &timeline.taken()[..timeline.position()];
        match self.play(core, timeline, path).await {
            Ok(None) => {}
            Ok(Some(said)) => core.teller.tell(Event::RaceMirrored { same: true, said }),
            Err(why) => {
                self.off = true;
                core.teller.tell(Event::RaceMirrored { same: false, said: why });
            }
        }
    }

    async fn play<W: Send + 'static>(
        &mut self,
        core: &mut Core<W>,
        timeline: &Timeline,
        path: &[Taken],
    ) -> Result<Option<String>, String> {
        if path.is_empty() && self.applied.is_empty() {
            return Ok(None);
        }
        let kept = path.iter().map(|taken| taken.choice).zip(&self.applied).take_while(|(a, b)| a == *b).count();
        if !self.ready || self.variant != timeline.variant() || kept < self.applied.len() {
            self.restart(core, timeline).await?;
        }
        let mut said = None;
        for taken in &path[self.applied.len()..] {
            said = self.step(core, timeline, taken).await?.or(said);
            self.applied.push(taken.choice);
        }
        Ok(said)
    }

    /// Takes away what the race created, connects its clients anew, and runs the setup.
    async fn restart<W: Send + 'static>(&mut self, core: &mut Core<W>, timeline: &Timeline) -> Result<(), String> {
        (self.ready, self.variant) = (false, timeline.variant());
        self.applied.clear();
        self.connections.clear();
        self.clear(core).await;
        let variant = timeline.world().variant().clone();
        for client in &variant.clients {
            let made = core.target.connect(&client.name, Protocol::Resp3).await;
            self.connections.push(Some(made.map_err(|error| error.to_string())?));
        }
        for argv in &variant.setup {
            self.allowed(core, argv).await?;
            core.observer.observe(std::slice::from_ref(argv)).await.map_err(|error| error.to_string())?;
        }
        self.ready = true;
        Ok(())
    }

    /// Takes away what the race created.
    pub async fn clear<W: Send + 'static>(&mut self, core: &mut Core<W>) {
        for key in std::mem::take(&mut self.keys) {
            let command = vec![Bytes::from_static(b"DEL"), key];
            // A server that is gone is told elsewhere; what it keeps is on the guard's ledger until the end.
            let _ = core.observer.observe(&[command]).await;
        }
    }

    /// Whether the guard lets a command through without asking: a race never asks, it stays on the bundled engine.
    async fn allowed<W: Send + 'static>(&mut self, core: &mut Core<W>, argv: &[Bytes]) -> Result<(), String> {
        if let Some(guard) = &mut core.guard {
            let verdict = guard.judge(argv, &mut core.observer).await.map_err(|error| error.to_string())?;
            if let Verdict::Ask { reason, .. } = verdict {
                return Err(format!("{}: {reason}. The race goes on on the bundled engine alone", command_line(argv)));
            }
        }
        let row = engine::resolve(argv);
        if let Some(row) = row.filter(|row| row.writes() || row.flags.has(engine::Flags::MOVABLEKEYS)) {
            self.keys.extend(row.keys_of(argv).into_iter().cloned());
        }
        Ok(())
    }

    async fn step<W: Send + 'static>(
        &mut self,
        core: &mut Core<W>,
        timeline: &Timeline,
        taken: &Taken,
    ) -> Result<Option<String>, String> {
        if let Choice::Fault(fault) = taken.choice {
            let kind = timeline.world().variant().faults.get(fault).map(|fault| fault.kind);
            if kind == Some(MishapKind::Crash) {
                self.connections[taken.client] = None;
                return Ok(None);
            }
            return Err(waits());
        }
        let (commands, shown) = match &taken.deed {
            Some(Deed::Sleep(_)) => return Err(waits()),
            Some(Deed::Command(argv)) => (vec![argv.clone()], command_line(argv)),
            Some(Deed::Pipeline { commands, at }) => {
                let Some(argv) = commands.get(*at) else { return Ok(None) };
                (vec![argv.clone()], command_line(argv))
            }
            Some(deed @ Deed::Transaction(inner)) => {
                let mut all = vec![vec![Bytes::from_static(b"MULTI")]];
                all.extend(inner.iter().cloned());
                all.push(vec![Bytes::from_static(b"EXEC")]);
                (all, deed.line())
            }
            // What happens outside of Redis happens in the lab alone.
            _ => return Ok(None),
        };
        let Some(expected) = &taken.answer else { return Err(waits()) };
        for argv in &commands {
            self.allowed(core, argv).await?;
        }
        let Some(Some(connection)) = self.connections.get_mut(taken.client) else { return Ok(None) };
        let (replies, _) = connection.pipeline(&commands).await.map_err(|error| error.to_string())?;
        let reply = replies.into_iter().next_back().unwrap_or(Value::Null);
        compare(core.target.identity().label.as_str(), &shown, reply, expected).map(Some)
    }
}

fn waits() -> String {
    "this schedule waits, and a server's clock cannot be moved: it goes on on the bundled engine alone".into()
}

fn compare(label: &str, shown: &str, reply: Value, expected: &Result<Datum, String>) -> Result<String, String> {
    let text = brief(&reply, 60);
    let seen = answer(reply);
    let same = match (&seen, expected) {
        // Sets and other unordered replies may come in any order.
        (Ok(Datum::List(a)), Ok(Datum::List(b))) => {
            let sorted = |items: &[Datum]| {
                let mut items = items.to_vec();
                items.sort();
                items
            };
            sorted(a) == sorted(b)
        }
        (seen, expected) => seen == expected,
    };
    if same {
        return Ok(format!("{label} answers the same: {shown} → {text}"));
    }
    let engine = match expected {
        Ok(datum) => datum.brief(60),
        Err(line) => line.clone(),
    };
    Err(format!("{label} answers {text} to {shown}, the bundled engine {engine}"))
}
