//! From arguments to what they ask for.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, Parser};

use crate::session::{Library, SessionOptions, What};

use super::args::{Cli, Command, Common};
use super::exit::{Ended, Exit, Failure};
use super::{check, exec, explore, list, print, repl, run, screens, serve};

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to standard output and complaints to standard error, with its own statuses.
            let fine = !error.use_stderr();
            let _ = error.print();
            return if fine { Exit::Fine } else { Exit::Usage }.into();
        }
    };
    match dispatch(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            if !failure.message.is_empty() {
                print::message(&format!("redlab: {}", failure.message));
            }
            failure.exit.into()
        }
    }
}

fn dispatch(cli: Cli) -> Ended {
    let common = cli.common;
    match cli.command {
        None => screens::open(&common, None, None),
        Some(Command::Learn { lesson }) => screens::open(&common, lesson.map(What::Lesson), None),
        Some(Command::Race { scenario, variant }) => screens::open(&common, scenario.map(What::Race), variant),
        Some(Command::Play) => screens::open(&common, Some(What::Play), None),
        Some(Command::Repl) => block_on(repl::repl(&common)),
        Some(Command::Exec { words }) => block_on(exec::exec(&common, words)),
        Some(Command::Run { lessons, all }) => {
            let options = options(&common)?;
            let ids = if all { options.library.lesson_ids() } else { lessons };
            block_on(run::run(&common, &options, ids))
        }
        Some(Command::Explore { scenarios, all, variant, replay, max_states, timeout }) => {
            let wish = explore::Wish { scenarios, all, variant, replay, max_states, timeout };
            explore::explore(&common, &*library(&common)?, wish)
        }
        Some(Command::Serve { host, port }) => block_on(serve::serve(&common, &host, port)),
        Some(Command::List { kind }) => list::list(&common, &*library(&common)?, kind),
        Some(Command::Check { paths }) => check::check(&common, &paths),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "redlab", &mut script);
            print::bytes(&script).map(|()| Exit::Fine)
        }
        Some(Command::Man) => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
            rendered.map_err(|error| Failure::usage(error.to_string()))?;
            print::bytes(&page).map(|()| Exit::Fine)
        }
    }
}

/// Runs something asynchronous to its end.
pub fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::usage(format!("cannot start the runtime: {error}")))?;
    let result = runtime.block_on(work);
    // A thread that reads the terminal may never come back: it is not waited for.
    runtime.shutdown_background();
    result
}

/// The built-in content and that of `--content`. Faulty files are told; the others can be used.
pub fn library(common: &Common) -> Result<Arc<Library>, Failure> {
    let (library, complaints) = Library::load(common.content.as_deref());
    if !complaints.is_empty() {
        return Err(Failure::usage(complaints.join("\n")));
    }
    Ok(Arc::new(library))
}

/// What sessions are opened with.
pub fn options(common: &Common) -> Result<SessionOptions, Failure> {
    Ok(SessionOptions { target: common.spec(), library: library(common)?, progress: None })
}
