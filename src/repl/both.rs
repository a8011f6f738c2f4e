//! `:both`: the same command on the bundled engine and on a real server, side by side.

use bytes::Bytes;

use crate::render::{duration_text, width};
use crate::report::formatted;
use crate::resp::{Protocol, Value, split_line};
use crate::target::{Identity, Kind, Target, TargetSpec};

use super::desk::{Desk, Sent};
use super::extras;
use super::track::listens;

impl<E> Desk<'_, E> {
    /// Runs a command here and on the other kind of target, and shows both.
    ///
    /// # Errors
    /// Standard output is gone.
    pub async fn both(&mut self, command: &str) -> Result<(), E> {
        let Some(argv) = self.words(command)? else { return Ok(()) };
        if listens(&argv) || extras::may_block(&argv) {
            return self.say("a command that waits cannot be run on both");
        }
        if let Err(why) = self.open_other().await {
            return self.say(&why);
        }
        self.carry_over(&argv).await;
        let here = match self.send(self.at, &argv).await {
            Sent::Answered(exchange) => exchange,
            Sent::Cancelled => return self.say("(cancelled)"),
            Sent::Lost(error) => {
                self.seat().wire = None;
                return self.say(&error.to_string());
            }
        };
        self.seat().track.note(&argv, &here.reply);
        let Some((target, wire)) = self.other.as_mut() else { return Ok(()) };
        let title = |target: &Target, us: u64| {
            let Identity { label, version, .. } = target.identity();
            format!("{} · {}", if version.is_empty() { label } else { version }, duration_text(us))
        };
        let there = match wire.call(&argv).await {
            Ok(exchange) => exchange,
            Err(error) => {
                self.other = None;
                return self.say(&error.to_string());
            }
        };
        let titles = [title(&self.target, here.elapsed.total_us()), title(target, there.elapsed.total_us())];
        let text = side_by_side(&titles, [&formatted(&here.reply), &formatted(&there.reply)], self.columns);
        self.print(&text)
    }

    /// Opens the target that this one is compared with: the bundled engine, or a throw-away server.
    async fn open_other(&mut self) -> Result<(), String> {
        if self.other.is_none() {
            let spec = match self.target.identity().kind {
                Kind::Bundled => TargetSpec::Server,
                Kind::Live | Kind::Server => TargetSpec::default(),
            };
            let target = Target::open(&spec).await.map_err(|error| error.to_string())?;
            let wire = target.wire(Protocol::Resp2).await.map_err(|error| error.to_string())?;
            self.other = Some((target, wire));
        }
        let (db, protocol) = (self.seat().track.db, self.seat().track.protocol);
        let Some((_, wire)) = self.other.as_mut() else { return Ok(()) };
        let same = [format!("HELLO {}", protocol.version()), format!("SELECT {db}")];
        for line in same {
            let argv = split_line(&line).unwrap_or_default();
            wire.call(&argv).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Copies the keys of a command to the other target, so that both begin with the same.
    async fn carry_over(&mut self, argv: &[Bytes]) {
        let Some(row) = crate::engine::resolve(argv) else { return };
        for key in row.keys_of(argv) {
            let word = |text: &'static str| Bytes::from_static(text.as_bytes());
            let looks = [vec![word("DUMP"), key.clone()], vec![word("PTTL"), key.clone()]];
            let Some(connection) = self.look().await else { return };
            let Ok(replies) = connection.observe(&looks).await else { return };
            let Some((_, wire)) = self.other.as_mut() else { return };
            let _ = wire.call(&[word("DEL"), key.clone()]).await;
            if let [Value::Bulk(payload), Value::Integer(ttl)] = replies.as_slice() {
                let ttl = Bytes::from((*ttl).max(0).to_string());
                let _ = wire.call(&[word("RESTORE"), key.clone(), ttl, payload.clone()]).await;
            }
        }
    }
}

/// Two replies beside each other where there is room, below each other where there is not; lines that differ are marked.
fn side_by_side(titles: &[String; 2], replies: [&str; 2], columns: usize) -> String {
    let lines = replies.map(|reply| reply.lines().take(200).collect::<Vec<_>>());
    let same = replies[0] == replies[1];
    let verdict = if same { "same reply\n" } else { "≠ the replies differ\n" };
    let wide = lines[0].iter().map(|line| width(line)).chain([width(&titles[0])]).max().unwrap_or(0);
    let right = lines[1].iter().map(|line| width(line)).chain([width(&titles[1])]).max().unwrap_or(0);
    if wide + right + 5 > columns {
        return format!("{}\n{}{}\n{}{verdict}", titles[0], replies[0], titles[1], replies[1]);
    }
    let row = |left: &str, mark: &str, right: &str| {
        let gap = " ".repeat(wide.saturating_sub(width(left)));
        format!("{left}{gap} {mark} {right}\n")
    };
    let mut out = row(&titles[0], "│", &titles[1]);
    for at in 0..lines[0].len().max(lines[1].len()) {
        let [left, right] = [0, 1].map(|side| lines[side].get(at).copied().unwrap_or_default());
        out.push_str(&row(left, if left == right { "│" } else { "≠" }, right));
    }
    out.push_str(verdict);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_replies_stand_side_by_side_and_differences_are_marked() {
        let titles = ["a · 1 µs".to_string(), "b · 2 µs".to_string()];
        let text = side_by_side(&titles, ["1) \"x\"\n2) \"y\"\n", "1) \"x\"\n2) \"z\"\n"], 80);
        assert_eq!(text, "a · 1 µs │ b · 2 µs\n1) \"x\"   │ 1) \"x\"\n2) \"y\"   ≠ 2) \"z\"\n≠ the replies differ\n");
        assert!(side_by_side(&titles, ["x\n", "x\n"], 10).ends_with("same reply\n"));
    }
}
