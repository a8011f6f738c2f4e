//! Lines that start with a colon: what the prompt itself can do. One row per command.

use std::time::Duration;

use crate::prompt::nearest;

/// A switch of `:set`: its name and what it shows.
pub const SWITCHES: [(&str, &str); 9] = [
    ("times", "how long each command took: client, link, server where it is known"),
    ("changes", "what each command changed: the keys it touched, before and after"),
    ("expired", "keys that expire or are evicted while you look, as they go"),
    ("why", "why EXEC answered nil"),
    ("about", "a line below the one you type: what the command does"),
    ("hints", "the arguments still to come"),
    ("check", "a line is checked before it is sent"),
    ("cut", "replies of more than 1 MB are cut; :all and :page show the rest"),
    ("guard", "on a live server, you are asked before keys are changed that redlab did not create"),
];

struct Row {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    /// Whether a command of Redis stands behind it.
    runs: bool,
}

const fn row(name: &'static str, arguments: &'static str, summary: &'static str, runs: bool) -> Row {
    Row { name, arguments, summary, runs }
}

const ROWS: [Row; 13] = [
    row(":help", "", "this list", false),
    row(":set", "[switch on|off]", "switch something on or off; without arguments, show the switches", false),
    row(":raw", "", "the bytes of the last exchange, as they go over the wire", false),
    row(":all", "", "the last reply, whole", false),
    row(":page", "", "the last reply, whole, in $PAGER", false),
    row(":both", "command", "run a command on the bundled engine and on a real server, side by side", true),
    row(":bench", "[N] command", "run a command N times (1000) and show how long it took", true),
    row(":client", "[name]", "type as another client, on a connection of its own; without a name, list them", false),
    row(":undo", "", "take the last command back (bundled engine)", false),
    row(":fork", "[name]", "keep this moment under a name, to come back to it (bundled engine)", false),
    row(":goto", "name", "go to a moment that :fork kept (bundled engine)", false),
    row(":clock", "+60s", "let the clock jump: 500ms, 60s, 10m, 2h, 1d (bundled engine)", false),
    row(":save", "file", "save the session as a lesson to be filled in (with several clients, as a scenario)", false),
];

/// What a colon line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Colon {
    /// `:help`
    Help,
    /// `:set`
    Switches,
    /// `:set times on`
    Set(&'static str, bool),
    /// `:raw`
    Raw,
    /// `:all`
    All,
    /// `:page`
    Page,
    /// `:both GET a`
    Both(String),
    /// `:bench 100 GET a`
    Bench(u64, String),
    /// `:client`
    Clients,
    /// `:client bob`
    Client(String),
    /// `:undo`
    Undo,
    /// `:fork name`
    Fork(Option<String>),
    /// `:goto name`
    GoTo(String),
    /// `:clock +60s`
    Clock(Duration),
    /// `:save file`
    Save(String),
}

/// Reads a colon line.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn read(line: &str) -> Result<Colon, String> {
    let line = line.trim();
    let (name, rest) = line.split_once(char::is_whitespace).map_or((line, ""), |(name, rest)| (name, rest.trim()));
    let row = ROWS.iter().find(|row| row.name.eq_ignore_ascii_case(name)).ok_or_else(|| unknown(name))?;
    let missing = || format!("something is missing: {} {}", row.name, row.arguments);
    let one = || if rest.is_empty() { Err(missing()) } else { Ok(rest.to_string()) };
    let maybe = || (!rest.is_empty()).then(|| rest.to_string());
    match row.name {
        ":help" => Ok(Colon::Help),
        ":set" => set(rest),
        ":raw" => Ok(Colon::Raw),
        ":all" => Ok(Colon::All),
        ":page" => Ok(Colon::Page),
        ":both" => Ok(Colon::Both(one()?)),
        ":bench" => bench(rest).ok_or_else(missing),
        ":client" => Ok(maybe().map_or(Colon::Clients, Colon::Client)),
        ":undo" => Ok(Colon::Undo),
        ":fork" => Ok(Colon::Fork(maybe())),
        ":goto" => Ok(Colon::GoTo(one()?)),
        ":clock" => Ok(Colon::Clock(span(rest)?)),
        _ => Ok(Colon::Save(one()?)),
    }
}

fn unknown(name: &str) -> String {
    let near = nearest(name, ROWS.iter().map(|row| row.name));
    let near = if near.is_empty() { "see :help".into() } else { format!("did you mean {}?", near.join(" or ")) };
    format!("there is no {}: {near}", crate::resp::printable(name.as_bytes(), 40))
}

fn set(rest: &str) -> Result<Colon, String> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let (name, value) = match words.as_slice() {
        [] => return Ok(Colon::Switches),
        // redis-cli's own way to say it.
        ["nohints"] => ("hints", "off"),
        [name] => (*name, "on"),
        [name, value] => (*name, *value),
        _ => return Err("too much: :set switch on|off".into()),
    };
    let all = || SWITCHES.iter().map(|(name, _)| *name);
    let known = all().find(|known| known.eq_ignore_ascii_case(name));
    let known = known.ok_or_else(|| {
        format!(
            "there is no switch {}: {}",
            crate::resp::printable(name.as_bytes(), 40),
            all().collect::<Vec<_>>().join(", ")
        )
    })?;
    match value.to_lowercase().as_str() {
        "on" | "yes" | "1" => Ok(Colon::Set(known, true)),
        "off" | "no" | "0" => Ok(Colon::Set(known, false)),
        _ => Err(format!("{known} is on or off")),
    }
}

fn bench(rest: &str) -> Option<Colon> {
    let (count, command) = super::statement::repeated(rest);
    let counted = command.len() != rest.len();
    let count = if counted { count } else { 1000 };
    (!command.is_empty()).then(|| Colon::Bench(count, command.into()))
}

/// A span of time such as `+60s`.
fn span(text: &str) -> Result<Duration, String> {
    let wrong =
        || "how far? :clock +60s, +500ms, +10m, +2h, +1d (a clock never runs backwards: :undo does)".to_string();
    let text = text.trim_start_matches('+').trim();
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale = match unit.trim() {
        "ms" => 1e-3,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    // A hundred years are enough for any TTL.
    let seconds = (number * scale).min(3.2e9);
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// The command of Redis in a colon line that runs one; `None` where the line is none.
pub fn command_in(line: &str) -> Option<&str> {
    let (name, rest) = line.trim_start().split_once(char::is_whitespace)?;
    ROWS.iter().any(|row| row.runs && row.name == name).then(|| rest.trim_start())
}

/// Completes a colon line: where the word starts, and what it may be. `None` where it is none, or runs a command.
pub fn complete(line: &str, at: usize) -> Option<(usize, Vec<String>)> {
    let before = line.get(..at)?;
    if !before.starts_with(':') || command_in(before).is_some() {
        return None;
    }
    let start = before.rfind(' ').map_or(0, |space| space + 1);
    let words: Vec<&str> = before[..start].split_whitespace().collect();
    let all: Vec<&str> = match words.as_slice() {
        [] => ROWS.iter().map(|row| row.name).collect(),
        [":set"] => SWITCHES.iter().map(|(name, _)| *name).collect(),
        [":set", _] => vec!["on", "off"],
        _ => Vec::new(),
    };
    let fits = all.into_iter().filter(|word| word.starts_with(&before[start..]));
    Some((start, fits.map(|word| format!("{word} ")).collect()))
}

/// The arguments of a colon line that are still to come. `None` where it is none, or runs a command that helps itself.
pub fn hint(line: &str) -> Option<String> {
    if !line.starts_with(':') || command_in(line).is_some_and(|rest| !rest.is_empty()) {
        return None;
    }
    let row = ROWS.iter().find(|row| row.name == line.trim_end());
    let gap = if line.ends_with(' ') { "" } else { " " };
    Some(row.filter(|row| !row.arguments.is_empty()).map_or(String::new(), |row| format!("{gap}{}", row.arguments)))
}

/// `:help`.
pub fn help() -> String {
    let mut out = String::new();
    for row in &ROWS {
        let name = format!("{} {}", row.name, row.arguments);
        out.push_str(&format!("{name:<21} {}\n", row.summary));
    }
    out.push_str("\nswitches for :set\n");
    for (name, summary) in SWITCHES {
        out.push_str(&format!("  {name:<9} {summary}\n"));
    }
    out.push_str(
        "\nTAB completes, → takes a suggestion, Ctrl-R searches the history, Ctrl-C leaves or cancels, Ctrl-D ends.\n\
         A command with a ? behind it says what it does. An open quote goes on in the next line.\n",
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colon_lines_are_read() {
        assert_eq!(read(":set times on"), Ok(Colon::Set("times", true)));
        assert_eq!(read(":set nohints"), Ok(Colon::Set("hints", false)));
        assert_eq!(read(":set"), Ok(Colon::Switches));
        assert_eq!(read(":bench GET a"), Ok(Colon::Bench(1000, "GET a".into())));
        assert_eq!(read(":bench 50 GET a"), Ok(Colon::Bench(50, "GET a".into())));
        assert_eq!(read(":clock +1.5m"), Ok(Colon::Clock(Duration::from_secs(90))));
        assert_eq!(read(":client bob"), Ok(Colon::Client("bob".into())));
        for (line, said) in [
            (":cleint bob", ":client"),
            (":clock -5s", "never runs backwards"),
            (":clock 99999999999999999999999999h", ""),
            (":set speed on", "times"),
            (":save", "file"),
            (":bench", "command"),
        ] {
            let answer = read(line);
            assert!(answer.as_ref().map_or_else(|why| why.contains(said), |_| said.is_empty()), "{line}: {answer:?}");
        }
    }

    #[test]
    fn colon_lines_are_helped() {
        assert_eq!(command_in(":both GET a"), Some("GET a"));
        assert_eq!(command_in(":set times"), None);
        assert_eq!(complete(":cl", 3), Some((0, vec![":client ".into(), ":clock ".into()])));
        assert_eq!(complete(":set t", 6), Some((5, vec!["times ".into()])));
        assert_eq!(complete(":both GE", 8), None);
        assert_eq!(hint(":clock").as_deref(), Some(" +60s"));
        assert_eq!(hint(":both GET"), None);
    }
}
