//! What the commands of the program start with: a runtime, the content, a session's options.

use std::sync::Arc;

use crate::session::{Library, SessionOptions};
use crate::tui::Colours;

use super::args::{ColorChoice, Common};
use super::exit::Failure;

/// Runs something asynchronous to its end.
pub fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    run_on(tokio::runtime::Builder::new_multi_thread().worker_threads(2), work)
}

/// The same with one thread beside this one, which may then wait: for a prompt, which is to be there at once.
pub fn block_on_two<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    run_on(tokio::runtime::Builder::new_multi_thread().worker_threads(1), work)
}

/// The same on this thread alone: for a server, whose one engine belongs to one thread.
pub fn block_on_here<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    run_on(&mut tokio::runtime::Builder::new_current_thread(), work)
}

fn run_on<T>(
    builder: &mut tokio::runtime::Builder,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let runtime = builder.enable_all().build();
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

/// How much colour the screens are given.
pub fn colours(choice: ColorChoice) -> Colours {
    match choice {
        ColorChoice::Auto => Colours::from_environment(),
        ColorChoice::Always => Colours::Sixteen,
        ColorChoice::Never => Colours::None,
    }
}

/// Until the process is asked to end, by Ctrl-C or by SIGTERM.
pub async fn interrupted() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
