//! `redlab run`: lessons headless. Each step must fail unsolved and pass with its solution.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use futures_util::FutureExt;

use crate::report::{LessonRun, Paper, Verdict, paper_html, paper_markdown, paper_svg, run_document, run_text};
use crate::resp::printable;
use crate::session::{self, Event, Handle, Request, SessionOptions, Task, What};

use super::args::{Common, Format};
use super::exit::{Ended, Exit, Failure};
use super::print;
use super::setup::interrupted;

/// A lesson that tells nothing for so long has hung: the run says so instead of waiting for ever.
const PATIENCE: Duration = Duration::from_secs(300);

/// Why a run ended that was interrupted: no further lesson is begun then.
const INTERRUPTED: &str = "it was interrupted";

/// Writes a document in one form.
type Form = fn(&Paper) -> String;

/// The forms of a report, by the ending of its file.
const FORMS: [(&str, Form); 4] =
    [("md", paper_markdown), ("html", paper_html), ("htm", paper_html), ("svg", paper_svg)];

/// A file that is to hold what a run showed.
pub struct Report {
    path: PathBuf,
    form: Form,
}

impl Report {
    /// A report at a path, whose ending says its form. What cannot be written is told before anything runs.
    pub fn at(path: &Path) -> Result<Report, Failure> {
        let shown = printable(path.as_os_str().as_encoded_bytes(), 4096);
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let Some((_, form)) = FORMS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)) else {
            return Err(Failure::usage(format!("{shown}: a report's name ends in .md, .html or .svg")));
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if path.is_dir() || folder.is_some_and(|folder| !folder.is_dir()) {
            return Err(Failure::usage(format!("cannot write the report {shown}: there is no such folder")));
        }
        Ok(Report { path: path.into(), form: *form })
    }

    fn write(&self, runs: &[LessonRun]) -> Result<(), Failure> {
        let shown = printable(self.path.as_os_str().as_encoded_bytes(), 4096);
        std::fs::write(&self.path, (self.form)(&Paper::of(runs)))
            .map_err(|error| Failure::usage(format!("cannot write the report {shown}: {error}")))
    }
}

/// Runs lessons and prints what they showed.
pub async fn run(common: &Common, options: &SessionOptions, ids: Vec<String>, report: Option<Report>) -> Ended {
    for id in &ids {
        options.library.lesson(id).map_err(Failure::usage)?;
    }
    let mut runs = Vec::new();
    let mut stop = std::pin::pin!(interrupted().fuse());
    for id in ids {
        let run = walk(options, id, stop.as_mut()).await;
        if common.format == Format::Text {
            print::text(&run_text(&run))?;
        }
        let stopped = run.error.as_deref() == Some(INTERRUPTED);
        runs.push(run);
        if stopped {
            break;
        }
    }
    if let Some(report) = report {
        report.write(&runs)?;
    }
    if common.format == Format::Json {
        let target = runs.first().map_or("", |run| run.target.as_str()).to_string();
        print::json(&run_document(&target, &runs))?;
    }
    if runs.iter().all(LessonRun::passed) {
        return Ok(Exit::Fine);
    }
    // A lesson that never opened failed for its target, not for its content.
    match runs.iter().find(|run| run.target.is_empty()) {
        Some(run) => Err(Failure::target(run.error.clone().unwrap_or_default())),
        None => Ok(Exit::Unmet),
    }
}

/// Walks through one lesson.
async fn walk(options: &SessionOptions, id: String, stop: Pin<&mut impl Future<Output = ()>>) -> LessonRun {
    let handle = session::open(What::Lesson(id.clone()), options.clone());
    Runner::new(id, handle).walk(stop).await
}

/// Walks through lessons without printing.
pub async fn walk_all(options: &SessionOptions, ids: &[String]) -> Vec<LessonRun> {
    let mut runs = Vec::new();
    let mut stop = std::pin::pin!(interrupted().fuse());
    for id in ids {
        let run = walk(options, id.clone(), stop.as_mut()).await;
        let stopped = run.error.as_deref() == Some(INTERRUPTED);
        runs.push(run);
        if stopped {
            break;
        }
    }
    runs
}

/// Walks through one lesson by its events.
struct Runner {
    handle: Handle,
    run: LessonRun,
    /// How many steps the lesson has.
    steps: usize,
    /// The step that is being run.
    at: usize,
    /// Whether its check was seen to fail before anything was done.
    failed_unsolved: bool,
}

impl Runner {
    fn new(id: String, handle: Handle) -> Runner {
        let run = LessonRun { id, ..LessonRun::default() };
        Runner { handle, run, steps: 0, at: 0, failed_unsolved: false }
    }

    /// `stop` is one future for all of it: a signal that came while nobody listened would be lost.
    async fn walk(mut self, mut stop: Pin<&mut impl Future<Output = ()>>) -> LessonRun {
        loop {
            // Whoever interrupts a run on a live server still wants its keys to go.
            let told = tokio::select! {
                told = tokio::time::timeout(PATIENCE, self.handle.events.recv()) => told,
                () = &mut stop => {
                    self.ask(Request::Cancel);
                    self.end(INTERRUPTED.into());
                    continue;
                }
            };
            let event = match told {
                Ok(Some(event)) => event,
                Ok(None) => break,
                Err(_) => {
                    self.end(format!("nothing was told for {} s", PATIENCE.as_secs()));
                    continue;
                }
            };
            self.run.take(&event);
            if !self.react(event) {
                break;
            }
        }
        self.run
    }

    fn ask(&self, request: Request) {
        let _ = self.handle.requests.send(request);
    }

    fn end(&mut self, error: String) {
        self.run.error.get_or_insert(error);
        self.ask(Request::Close);
    }

    /// Answers an event with the next wish; false when the session is over.
    fn react(&mut self, event: Event) -> bool {
        match event {
            Event::Opened { lesson, .. } => self.steps = lesson.map_or(0, |card| card.steps.len()),
            Event::StepEntered { index, step, .. } => {
                self.at = index;
                self.failed_unsolved = false;
                self.begin(&step.task);
            }
            Event::Unmet { unmet, .. } if self.failed_unsolved => {
                self.next(Verdict::Failed(format!("expected {}; {}", unmet.expected, unmet.nearest_miss)));
            }
            Event::Unmet { .. } => {
                self.failed_unsolved = true;
                self.ask(Request::Solve);
            }
            Event::Met { .. } if self.failed_unsolved => self.next(Verdict::Passed),
            Event::Met { .. } => self.next(Verdict::Failed("the check is met before anything was done".into())),
            Event::Answered { .. } | Event::Advanced { .. } | Event::RaceWon { .. } => self.next(Verdict::Passed),
            Event::Compared { holds, expect, .. } => self.next(match holds {
                Some(false) => Verdict::Failed(format!("it was expected that {expect}")),
                _ => Verdict::Passed,
            }),
            Event::Failed { message } => self.end(message),
            Event::Asked { line, reason } => self.end(format!("{line}: {reason}")),
            Event::Closed { left, .. } => {
                if !left.is_empty() {
                    self.run.error.get_or_insert(format!("not cleaned up: {}", left.join(", ")));
                }
                return false;
            }
            _ => {}
        }
        true
    }

    fn begin(&mut self, task: &Task) {
        match task {
            Task::Read => self.next(Verdict::Passed),
            Task::Do { .. } => self.ask(Request::Check),
            Task::Predict { .. } | Task::Quiz { .. } => self.ask(Request::Choose(0)),
            Task::Compare { .. } | Task::Advance { .. } => self.ask(Request::Start),
            Task::Race { .. } => self.ask(Request::Solve),
        }
    }

    fn next(&mut self, verdict: Verdict) {
        self.run.end_step(verdict);
        if self.at + 1 < self.steps {
            self.ask(Request::GoTo(self.at + 1));
        } else {
            self.ask(Request::Close);
        }
    }
}
