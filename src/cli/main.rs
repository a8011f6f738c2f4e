//! From arguments to what they ask for.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::session::What;
use crate::target::Kind;

use super::args::{Cli, Command, Format};
use super::exit::{Ended, Exit, Failure};
use super::setup::{block_on, library, options};
use super::{check, exec, explore, list, new, print, progress, repl, run, schema, screens, serve, stress};

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
    // `serve` is the bundled engine whatever else is said.
    if common.load.is_some() && common.spec().kind() != Kind::Bundled && !matches!(cli.command, Some(Command::Serve(_)))
    {
        return Err(Failure::usage(
            "--load fills the bundled engine; nothing is ever loaded into a server. Leave --load out, or say --target bundled",
        ));
    }
    if matches!(common.format, Format::Mermaid | Format::Svg) && !matches!(cli.command, Some(Command::Explore { .. })) {
        return Err(Failure::usage("--format mermaid and svg draw what `explore` finds. Say text or json here"));
    }
    match cli.command {
        None => screens::open(&common, None, None),
        Some(Command::Learn { watch: Some(file), .. }) => screens::watch(&common, &file),
        Some(Command::Learn { lesson, .. }) => screens::open(&common, lesson.map(What::Lesson), None),
        Some(Command::Race { scenario, variant }) => screens::open(&common, scenario.map(What::Race), variant),
        Some(Command::Play) => screens::open(&common, Some(What::Play), None),
        Some(Command::Repl { client, teach, no_guard }) => {
            repl::repl(&common, &client, repl::Extras { teach, no_guard })
        }
        Some(Command::Exec { client, words }) => exec::exec(&common, &client, words),
        Some(Command::Run { lessons, all, report }) => {
            let report = report.map(|path| run::Report::at(&path)).transpose()?;
            let options = options(&common)?;
            let ids = if all { options.library.lesson_ids() } else { lessons };
            block_on(run::run(&common, &options, ids, report))
        }
        Some(Command::Explore {
            scenarios,
            all,
            variant,
            replay,
            strategy,
            runs,
            max_switches,
            no_symmetry,
            max_states,
            timeout,
        }) => {
            let symmetry = !no_symmetry;
            let how = explore::How { strategy, runs, max_switches, symmetry, max_states, timeout };
            let wish = explore::Wish { scenarios, all, variant, replay, how };
            explore::explore(&common, &*library(&common)?, wish)
        }
        Some(Command::Stress { scenario, variant, clients, rounds, timeout }) => {
            let wish = stress::Wish { scenario, variant, clients, rounds, timeout };
            let library = library(&common)?;
            block_on(stress::stress(&common, &library, wish))
        }
        Some(Command::Serve(wish)) => serve::serve(&wish, &common),
        Some(Command::List { kind }) => list::list(&common, &*library(&common)?, kind),
        Some(Command::Check { paths }) => check::check(&common, &paths),
        Some(Command::New { kind, id }) => new::new(&common, kind, &id),
        Some(Command::Schema { kind }) => schema::schema(kind),
        Some(Command::Progress { what }) => progress::progress(&common, what),
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
