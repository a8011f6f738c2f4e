//! What redis-cli does not tell, as lines below a reply.

use bytes::Bytes;

use crate::engine::{self, Flags, Row};
use crate::inspect::{Change, KeyChange, KeyView};
use crate::render::{change, duration_text, key, thousands};
use crate::resp::{Value, printable};
use crate::target::Elapsed;

/// What is switched on.
#[derive(Clone, Copy, Debug)]
pub struct Switches {
    /// The time of each command.
    pub times: bool,
    /// What it changed.
    pub changes: bool,
    /// Keys that go by themselves.
    pub expired: bool,
    /// Why EXEC answered nil.
    pub why: bool,
    /// What the command does that is being typed.
    pub about: bool,
    /// The arguments still to come.
    pub hints: bool,
    /// Checks before sending.
    pub check: bool,
    /// Long replies are cut.
    pub cut: bool,
    /// A live server's data is guarded.
    pub guard: bool,
}

impl Switches {
    /// As redis-cli shows it, or with all that it does not tell.
    pub fn new(teach: bool) -> Switches {
        let (times, changes, expired, why, about) = (teach, teach, teach, teach, teach);
        Switches { times, changes, expired, why, about, hints: true, check: true, cut: true, guard: true }
    }

    /// Sets one by its name.
    pub fn set(&mut self, name: &str, on: bool) {
        if let Some(switch) = self.all().into_iter().find(|(known, _)| *known == name).map(|(_, switch)| switch) {
            *switch = on;
        }
    }

    /// All, by their names.
    pub fn all(&mut self) -> [(&'static str, &mut bool); 9] {
        [
            ("times", &mut self.times),
            ("changes", &mut self.changes),
            ("expired", &mut self.expired),
            ("why", &mut self.why),
            ("about", &mut self.about),
            ("hints", &mut self.hints),
            ("check", &mut self.check),
            ("cut", &mut self.cut),
            ("guard", &mut self.guard),
        ]
    }

    /// Whether keys are looked at.
    pub fn look_at_keys(&self) -> bool {
        self.changes || self.expired
    }
}

/// How long a command took; `server_us` is the time in the server alone, where it is known.
pub fn times(elapsed: Elapsed, server_us: Option<u64>) -> String {
    let mut parts = vec![format!("took {}", duration_text(elapsed.total_us()))];
    if elapsed.is_simulated() {
        parts.push(format!("link {} (simulated)", duration_text(elapsed.simulated_us)));
        parts.push(format!("here {}", duration_text(elapsed.measured_us)));
    }
    if let Some(server_us) = server_us {
        parts.push(format!("server {}", duration_text(server_us)));
        parts.push(format!("link and client {}", duration_text(elapsed.measured_us.saturating_sub(server_us))));
    }
    parts.join(" · ")
}

/// How changes are to be told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// All of it; otherwise only what went by itself.
    pub own: bool,
    /// Whether keys were evicted since the last look.
    pub evicted: bool,
    /// The keys that the command names.
    pub touched: &'a [Bytes],
    /// The target's clock.
    pub now_ms: i64,
    /// The keys as they are now.
    pub views: &'a [KeyView],
}

/// What became of the keys, a line each.
pub fn changes(changes: &[KeyChange], told: &Told<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for one in changes {
        let evicted = told.evicted && one.change == Change::Deleted && !told.touched.contains(&one.key);
        let key = printable(&one.key, 40);
        if evicted {
            lines.push(format!("{key}  − evicted"));
        } else if told.own || one.change == Change::Expired {
            let created = told.views.iter().find(|view| view.key == one.key && one.change == Change::Created);
            let held = created.map(held).unwrap_or_default();
            lines.extend(change(one, told.now_ms).iter().map(|line| format!("{key}  {}{held}", line.text())));
        }
    }
    lines
}

/// What a new key is and holds, in a few words.
fn held(view: &KeyView) -> String {
    let lines: Vec<String> = key(view).iter().take(4).map(|line| line.text().trim().to_string()).collect();
    let more = if view.total > 4 && lines.len() == 4 { ", …" } else { "" };
    let text: String = lines.join(", ").chars().take(60).collect();
    format!(": {} {text}{more}", view.type_name)
}

/// The calls of a command that a server has counted, and the time in them, microseconds: from INFO commandstats.
pub fn counted(info: &Value, row: &Row, argv: &[Bytes]) -> Option<(u64, u64)> {
    let text = String::from_utf8_lossy(info.as_bytes()?).into_owned();
    let container = engine::lookup(argv.first()?)?.name.to_lowercase();
    let name = match row.name.to_lowercase() {
        name if name == container => name,
        sub => format!("{container}|{sub}"),
    };
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:")))?.to_string();
    let field = |name: &str| line.split(',').find_map(|part| part.strip_prefix(name)?.trim().parse::<u64>().ok());
    Some((field("calls=")?, field("usec=")?))
}

/// The time in the server, where exactly one call lies between two counts: then it was ours.
pub fn service_us(before: (u64, u64), after: Option<(u64, u64)>) -> Option<u64> {
    let after = after?;
    (after.0 == before.0 + 1).then(|| after.1.saturating_sub(before.1))
}

/// How many keys were evicted so far: from INFO stats.
pub fn evicted(info: &Value) -> Option<u64> {
    let text = String::from_utf8_lossy(info.as_bytes()?).into_owned();
    text.lines().find_map(|line| line.strip_prefix("evicted_keys:")?.trim().parse().ok())
}

/// Whether a command may keep its client waiting.
pub fn may_block(argv: &[Bytes]) -> bool {
    engine::resolve(argv).is_some_and(|row| row.flags.has(Flags::BLOCKING))
}

/// The bytes of an exchange, a line for each of the wire; what is long is cut.
pub fn wire(sent: &[u8], received: &[u8], real: bool) -> String {
    /// Most lines of one direction that are shown.
    const MOST: usize = 200;
    let mut out = String::new();
    for (mark, bytes) in [("→", sent), ("←", received)] {
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        for line in lines.iter().take(MOST) {
            let quoted = crate::resp::quoted(&line[..line.len().min(400)]);
            let cut = if line.len() > 400 { " …" } else { "" };
            out.push_str(&format!("{mark} {}{cut}\n", quoted.trim_matches('"')));
        }
        if lines.len() > MOST {
            out.push_str(&format!("{mark} … {} lines more\n", thousands((lines.len() - MOST) as u64)));
        }
    }
    if !real {
        out.push_str("(the bundled engine has no wire: this is what would go over one)\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::split_line;

    #[test]
    fn the_time_in_the_server_is_told_only_where_it_is_known() {
        let info =
            Value::bulk("# Commandstats\r\ncmdstat_get:calls=3,usec=30,x=1\r\ncmdstat_config|get:calls=1,usec=9\r\n");
        let asked = |line: &str| {
            let argv = split_line(line).expect("a line");
            counted(&info, engine::resolve(&argv).expect("a command"), &argv)
        };
        assert_eq!((asked("GET a"), asked("config get x"), asked("SET a 1")), (Some((3, 30)), Some((1, 9)), None));
        assert_eq!(service_us((2, 20), Some((3, 30))), Some(10));
        assert_eq!(service_us((1, 10), Some((3, 30))), None);
        assert_eq!(service_us((0, 0), Some((1, 9))), Some(9));
    }

    #[test]
    fn the_wire_is_shown_line_by_line() {
        assert_eq!(
            wire(b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n", true),
            "→ *1\\r\\n\n→ $4\\r\\n\n→ PING\\r\\n\n← +PONG\\r\\n\n"
        );
    }
}
