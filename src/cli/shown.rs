//! Whether the replies that lessons show in their texts are what the target says.

use crate::content::{Diagnostics, Item, Shown};
use crate::database::Database;
use crate::lesson::{Action, Input, Lesson, shown_of};
use crate::report::{Style, printed, raw_by_default};
use crate::resp::{Protocol, printable, split_line};
use crate::target::{Connection, Target, TargetSpec};

/// Tries what a lesson shows, each step as a learner finds it: after the setup and the solutions of the steps before it.
/// On a live server nothing is tried, since its keys are not ours; the bundled engine answers then.
pub async fn check_shown(spec: &TargetSpec, item: &Item, lesson: &Lesson) -> Result<Diagnostics, String> {
    let mut diagnostics = Diagnostics::new(item.source.clone());
    let spec = match spec {
        TargetSpec::Live { .. } => TargetSpec::default(),
        other => other.clone(),
    };
    for (at, shown) in shown_of(item).iter().enumerate() {
        if shown.iter().all(|one| one.reply.is_empty()) {
            continue;
        }
        let mut stage = Stage::before(&spec, lesson, at).await?;
        for one in shown {
            let said = stage.type_in(&one.line).await?;
            if !one.reply.is_empty() && !fits(&one.reply, &said) {
                differs(one, &said, &mut diagnostics);
            }
        }
    }
    Ok(diagnostics)
}

fn differs(shown: &Shown, said: &str, diagnostics: &mut Diagnostics) {
    let text = |reply: &str| printable(reply.trim_end().replace('\n', " ⏎ ").as_bytes(), 400);
    diagnostics
        .error(shown.span, format!("the text shows {}, and the target says {}", text(&shown.reply), text(said)))
        .help("write what it says; … stands for what may differ");
}

/// Whether a reply is what a text shows. `…` stands for anything in a line, and alone for any lines that follow.
fn fits(shown: &str, said: &str) -> bool {
    let lines = |text: &str| text.trim_end().lines().map(|line| line.trim_end().to_string()).collect::<Vec<_>>();
    let (shown, said) = (lines(shown), lines(said));
    for (at, line) in shown.iter().enumerate() {
        if line.trim() == "…" && at + 1 == shown.len() {
            return true;
        }
        if !said.get(at).is_some_and(|said| line_fits(line, said)) {
            return false;
        }
    }
    shown.len() == said.len()
}

fn line_fits(shown: &str, said: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|first| said.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    for (at, part) in parts.iter().enumerate() {
        if at + 1 == parts.len() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(found) => rest = &rest[found + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

/// A target as a step finds it.
struct Stage {
    target: Target,
    connections: Vec<Connection>,
    database: Option<Database>,
}

impl Stage {
    async fn before(spec: &TargetSpec, lesson: &Lesson, at: usize) -> Result<Stage, String> {
        let target = Target::open(spec).await.map_err(|error| error.to_string())?;
        let mut connections = Vec::new();
        for name in &lesson.clients {
            // The form in which redis-cli prints is that of the older protocol.
            let opened = target.connect(name, Protocol::Resp2).await;
            connections.push(opened.map_err(|error| error.to_string())?);
        }
        let database = lesson.database.as_ref().map(|model| Database::open(&model.schema, &model.seed));
        let database = database.transpose().map_err(|error| error.to_string())?;
        let mut stage = Stage { target, connections, database };
        stage.run(0, &lesson.setup).await?;
        for step in lesson.steps.iter().take(at) {
            match &step.action {
                Action::Do(wanted) => stage.run(wanted.client, &wanted.solution).await?,
                Action::Predict(wanted) => stage.run(wanted.client, std::slice::from_ref(&wanted.run)).await?,
                Action::Advance(time) => match stage.target.bundled() {
                    Some(bundled) => bundled.jump(*time),
                    None => tokio::time::sleep(*time).await,
                },
                Action::Read | Action::Quiz(_) | Action::Compare(_) | Action::Race(_) => {}
            }
        }
        Ok(stage)
    }

    async fn run(&mut self, client: usize, inputs: &[Input]) -> Result<(), String> {
        for input in inputs {
            match (input, &mut self.database) {
                (Input::Command { argv, .. }, _) => {
                    let Some(connection) = self.connections.get_mut(client) else { continue };
                    connection.call(argv).await.map_err(|error| error.to_string())?;
                }
                // A statement that is refused is the learner's to see.
                (Input::Sql(statement), Some(database)) => drop(database.run(statement)),
                (Input::Sql(_), None) => {}
            }
        }
        Ok(())
    }

    /// A line's reply as redis-cli prints it.
    async fn type_in(&mut self, line: &str) -> Result<String, String> {
        let argv = match split_line(line) {
            Ok(argv) if !argv.is_empty() => argv,
            Ok(_) => return Ok(String::new()),
            Err(_) => return Ok("Invalid argument(s)\n".into()),
        };
        let Some(connection) = self.connections.first_mut() else { return Ok(String::new()) };
        let waits = std::time::Duration::from_secs(5);
        let Ok(called) = tokio::time::timeout(waits, connection.call(&argv)).await else {
            return Ok("nothing: it still waits".into());
        };
        let reply = called.map_err(|error| error.to_string())?.reply;
        let text = printed(&reply, &Style::usual(true), raw_by_default(&argv));
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_differ_is_left_open() {
        assert!(fits("1) \"a\"\n2) (nil)\n", "1) \"a\"\n2) (nil)\n"));
        assert!(!fits("1) \"a\"\n", "1) \"a\"\n2) (nil)\n"));
        assert!(!fits("1) \"a\"\n2) \"b\"\n", "1) \"a\"\n"));
        assert!(fits("\"…-0\"", "\"1700000000000-0\"\n"));
        assert!(fits("a…b…c", "axbyc") && !fits("a…b…c", "axcyb") && !fits("a…a", "a"));
        assert!(fits("1) \"a\"\n…", "1) \"a\"\n2) \"b\"\n3) \"c\"\n"));
    }
}
