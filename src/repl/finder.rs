//! Finds keys, fields and members for completion, on a connection of its own, within bounds of steps and of time.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::prompt::Wanted;
use crate::resp::{Protocol, Value};
use crate::target::{Connection, LinkError, Target};

/// How long the prompt waits for names. What comes later is there for the next TAB.
const PATIENCE: Duration = Duration::from_millis(150);
/// How long a search may go on behind the prompt.
const LONGEST: Duration = Duration::from_millis(500);
/// Most names that are offered.
const MOST: usize = 100;
/// The COUNT of each step of SCAN.
const STEP: &[u8] = b"500";

/// Where the connection that names are found for stands.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Its database.
    pub db: i64,
    /// The AUTH that let it in.
    pub login: Option<Vec<Bytes>>,
}

struct Search {
    wanted: Wanted,
    standing: Standing,
    found: mpsc::Sender<Vec<Bytes>>,
}

/// Asks a task that searches.
#[derive(Clone, Debug)]
pub struct Finder {
    searches: UnboundedSender<Search>,
}

impl Finder {
    /// Starts the task. It connects when the first name is asked for. Needs a tokio runtime.
    pub fn new(target: Target) -> Finder {
        let (searches, asked) = unbounded_channel();
        tokio::spawn(work(target, asked));
        Finder { searches }
    }

    /// Names that were found in time; never blocks for long.
    pub fn find(&self, wanted: Wanted, standing: Standing) -> Vec<Bytes> {
        if wanted == Wanted::Nothing {
            return Vec::new();
        }
        let (found, names) = mpsc::channel();
        let _ = self.searches.send(Search { wanted, standing, found });
        names.recv_timeout(PATIENCE).unwrap_or_default()
    }
}

async fn work(target: Target, mut asked: UnboundedReceiver<Search>) {
    let mut connection = None;
    while let Some(mut search) = asked.recv().await {
        // Whoever asked before has stopped waiting when somebody asks again.
        while let Ok(later) = asked.try_recv() {
            search = later;
        }
        let searched = tokio::time::timeout(LONGEST, found(&target, &mut connection, &search)).await;
        match searched {
            Ok(Ok(names)) => drop(search.found.send(names)),
            // A connection that does not answer in time, or is gone, is not used again.
            Ok(Err(_)) | Err(_) => connection = None,
        }
    }
}

async fn found(target: &Target, connection: &mut Option<Connection>, search: &Search) -> Result<Vec<Bytes>, LinkError> {
    if connection.is_none() {
        let target = target.logged_in(search.standing.login.as_deref().unwrap_or_default());
        *connection = Some(target.connect("redlab-completion", Protocol::Resp2).await?);
    }
    let Some(link) = connection else { return Ok(Vec::new()) };
    let mut before: Vec<Vec<Bytes>> = search.standing.login.iter().cloned().collect();
    before.push(vec![Bytes::from_static(b"SELECT"), Bytes::from(search.standing.db.to_string())]);
    link.observe(&before).await?;
    match &search.wanted {
        Wanted::Nothing => Ok(Vec::new()),
        Wanted::Key(prefix) => scan(link, &[Bytes::from_static(b"SCAN")], prefix, 1).await,
        Wanted::Element { key, prefix } => {
            let asked = link.observe(&[vec![Bytes::from_static(b"TYPE"), key.clone()]]).await?;
            let (command, step) = match asked.first().and_then(Value::as_bytes).map(AsRef::as_ref) {
                Some(b"hash") => ("HSCAN", 2),
                Some(b"set") => ("SSCAN", 1),
                Some(b"zset") => ("ZSCAN", 2),
                _ => return Ok(Vec::new()),
            };
            scan(link, &[Bytes::from_static(command.as_bytes()), key.clone()], prefix, step).await
        }
    }
}

/// Steps of a SCAN until there are enough names or time is up; every `step`th item is a name.
async fn scan(link: &mut Connection, command: &[Bytes], prefix: &Bytes, step: usize) -> Result<Vec<Bytes>, LinkError> {
    let (start, pattern) = (Instant::now(), pattern(prefix));
    let (mut names, mut cursor) = (Vec::new(), Bytes::from_static(b"0"));
    loop {
        let mut argv = command.to_vec();
        let options: [&[u8]; 4] = [b"MATCH", &pattern, b"COUNT", STEP];
        argv.push(cursor);
        argv.extend(options.iter().map(|word| Bytes::copy_from_slice(word)));
        let replies = link.observe(&[argv]).await?;
        let Some([next, found]) = replies.first().and_then(Value::items) else { break };
        let items = found.items().unwrap_or_default();
        names.extend(items.iter().step_by(step).filter_map(|name| name.as_bytes().cloned()));
        cursor = next.as_bytes().cloned().unwrap_or_default();
        if cursor.as_ref() == b"0" || cursor.is_empty() || names.len() >= MOST || start.elapsed() > PATIENCE / 2 {
            break;
        }
    }
    names.sort_unstable();
    names.dedup();
    names.truncate(MOST);
    Ok(names)
}

/// The pattern of what begins so, whatever stands in it.
fn pattern(prefix: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(prefix.len() + 1);
    for byte in prefix {
        if b"*?[]\\^".contains(byte) {
            pattern.push(b'\\');
        }
        pattern.push(*byte);
    }
    pattern.push(b'*');
    pattern
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_pattern_means_what_was_typed() {
        assert_eq!(super::pattern(b"a*[1]"), b"a\\*\\[1\\]*");
    }
}
