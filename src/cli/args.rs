//! The command line as it is typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::target::TargetSpec;

use super::client_args::ClientArgs;
use super::serve_args::ServeArgs;

/// Learn Redis in the terminal by running it, and watch races happen.
#[derive(Debug, Parser)]
#[command(name = "redlab", version, max_term_width = 100)]
pub struct Cli {
    /// What to do; without it, the catalogue of lessons opens.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options that every command takes.
    #[command(flatten)]
    pub common: Common,
}

/// Options that every command takes.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// A live server: redis://, rediss:// or unix:// (its keys are left alone)
    #[arg(long, global = true, env = "REDLAB_URL", hide_env_values = true, value_name = "URL")]
    pub url: Option<String>,
    /// Where commands go; `server` starts a throw-away redis-server
    #[arg(long, global = true, value_enum)]
    pub target: Option<TargetKind>,
    /// The simulated round trip of the bundled engine's link, such as 1ms or 500us
    #[arg(long, global = true, value_name = "TIME", value_parser = duration)]
    pub rtt: Option<Duration>,
    /// The seed of everything that the bundled engine draws at random
    #[arg(long, global = true, default_value_t = 0)]
    pub seed: u64,
    /// Load this dump (dump.rdb) into the bundled engine first; it is only read
    #[arg(long, global = true, value_name = "FILE")]
    pub load: Option<PathBuf>,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// A pack beside the built-in content: a folder with lessons/ and scenarios/, or a .zip of it
    #[arg(long, global = true, value_name = "DIR|ZIP")]
    pub content: Option<PathBuf>,
}

/// A target that needs no URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TargetKind {
    /// The engine in this process
    Bundled,
    /// A throw-away redis-server or valkey-server from PATH
    Server,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One stable document for programs
    Json,
    /// A sequence diagram (explore)
    Mermaid,
    /// A picture (explore)
    Svg,
}

/// Which schedules are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Strategy {
    /// All of them, counted exactly
    Exhaustive,
    /// Some, drawn at random
    Random,
    /// The one in which each client takes a step in turn
    RoundRobin,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the catalogue, or a lesson
    Learn {
        /// The lesson's id
        lesson: Option<String>,
        /// A lesson's file that is read again whenever it is saved: the step stays, faults are shown
        #[arg(long, value_name = "FILE", conflicts_with = "lesson")]
        watch: Option<PathBuf>,
    },
    /// Open the race lab
    Race {
        /// The scenario's id
        scenario: Option<String>,
        /// The variant to begin with
        #[arg(long)]
        variant: Option<String>,
    },
    /// Open the playground: a prompt with log, keys and latency
    Play,
    /// A prompt, line by line; commands from a pipe run one by one
    #[command(disable_help_flag = true, args_override_self = true)]
    Repl {
        /// redis-cli's options.
        #[command(flatten)]
        client: Box<ClientArgs>,
        /// Show what redis-cli does not tell: times, changes, expired keys, why EXEC did nothing
        #[arg(long)]
        teach: bool,
        /// Do not ask before keys of a live server are changed or removed that redlab did not create
        #[arg(long)]
        no_guard: bool,
    },
    /// Run one command, print its reply; takes redis-cli's options and prints what redis-cli prints
    #[command(disable_help_flag = true, args_override_self = true)]
    Exec {
        /// redis-cli's options.
        #[command(flatten)]
        client: Box<ClientArgs>,
        /// The command and its arguments; without one, commands are read from standard input
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "CMD")]
        words: Vec<std::ffi::OsString>,
    },
    /// Run lessons headless: each step's solution is run and its check evaluated
    Run {
        /// Ids or paths of lessons
        #[arg(required_unless_present = "all", value_name = "LESSON")]
        lessons: Vec<String>,
        /// All lessons
        #[arg(long)]
        all: bool,
        /// Write what was typed, replied and measured into this file as well: .md, .html or .svg
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// Explore all schedules of scenarios: exact counts, outcomes, the simplest counterexample
    Explore {
        /// Ids or paths of scenarios
        #[arg(required_unless_present = "all", value_name = "SCENARIO")]
        scenarios: Vec<String>,
        /// All scenarios
        #[arg(long)]
        all: bool,
        /// Only this variant
        #[arg(long)]
        variant: Option<String>,
        /// Run one schedule by its choices, such as "alice bob bob alice"
        #[arg(long)]
        replay: Option<String>,
        /// Which schedules are looked at
        #[arg(long, value_enum, default_value_t = Strategy::Exhaustive, conflicts_with = "replay")]
        strategy: Strategy,
        /// How many schedules are drawn at random
        #[arg(long, value_name = "N", default_value_t = 1000)]
        runs: u64,
        /// Only schedules that switch so often from one client to another: not exhaustive, but soon done
        #[arg(long, value_name = "N")]
        max_switches: Option<u32>,
        /// Tell clients apart that do the same: slower, to compare
        #[arg(long)]
        no_symmetry: bool,
        /// End after so many distinct states
        #[arg(long, value_name = "N")]
        max_states: Option<u64>,
        /// End after this time, such as 10s
        #[arg(long, value_name = "TIME", value_parser = duration)]
        timeout: Option<Duration>,
    },
    /// Run a scenario's programs for real: each client a connection of its own, round after round
    Stress {
        /// The id or path of a scenario
        scenario: String,
        /// Only this variant
        #[arg(long)]
        variant: Option<String>,
        /// So many clients of the program that several clients run
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=64))]
        clients: Option<u64>,
        /// So many rounds; without it 1000, or fewer where clients sleep
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
        rounds: Option<u64>,
        /// End each variant after this time, such as 10s; without it and --rounds, after 5m
        #[arg(long, value_name = "TIME", value_parser = duration)]
        timeout: Option<Duration>,
    },
    /// The engine on a port, for any Redis client
    Serve(ServeArgs),
    /// List what there is
    List {
        /// Only lessons, or only scenarios
        #[arg(value_enum)]
        kind: Option<Listed>,
    },
    /// Check lesson and scenario files
    Check {
        /// Files and folders; without any, all content that is built in (and --content's)
        paths: Vec<PathBuf>,
    },
    /// Begin a lesson, a scenario or a pack: a file that explains itself and passes `redlab check`
    New {
        /// What is begun
        #[arg(value_enum)]
        kind: Begun,
        /// Its id: small letters, digits and hyphens
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Print the JSON Schema of lesson and scenario files, for editors
    Schema {
        /// Of which files; all, if left out
        #[arg(value_enum)]
        kind: Option<Begun>,
    },
    /// Take your progress along: into a file, and from one
    Progress {
        /// What to do; without it, progress is shown
        #[command(subcommand)]
        what: Option<ProgressWish>,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// What `new` begins and `schema` describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Begun {
    /// A lesson
    Lesson,
    /// A scenario
    Scenario,
    /// A folder of lessons and scenarios with its pack.yaml
    Pack,
}

/// What is done with progress.
#[derive(Clone, Debug, Subcommand)]
pub enum ProgressWish {
    /// Write it into a file; one that holds progress already keeps all of it
    Export {
        /// The file; - is standard output
        file: PathBuf,
    },
    /// Take in what a file knows; nothing that is known here is lost
    Import {
        /// The file; - is standard input
        file: PathBuf,
    },
}

/// What `list` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Listed {
    /// Lessons
    Lessons,
    /// Scenarios
    Scenarios,
}

impl Common {
    /// The target that these options ask for.
    pub fn spec(&self) -> TargetSpec {
        let bundled =
            TargetSpec::Bundled { rtt: self.rtt.unwrap_or_default(), seed: self.seed, load: self.load.clone() };
        match (&self.url, self.target) {
            (_, Some(TargetKind::Server)) => TargetSpec::Server,
            (_, Some(TargetKind::Bundled)) | (None, None) => bundled,
            (Some(url), None) => TargetSpec::Live { url: url.clone() },
        }
    }
}

/// A time such as `40ms`, `10s`, `500us`, `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale = match unit.trim() {
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err("a number with its unit: 500us, 40ms, 10s, 2m".into()),
    };
    let number: f64 = number.parse().map_err(|_| format!("'{number}' is no number"))?;
    Duration::try_from_secs_f64(number * scale).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("40ms"), Ok(Duration::from_millis(40)));
        assert_eq!(duration("0.05ms"), Ok(Duration::from_micros(50)));
        assert!(duration("40").is_err());
        assert!(duration("-1s").is_err());
    }
}
