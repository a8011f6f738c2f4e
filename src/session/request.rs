//! What may be asked of a session. Imperatives.

/// One wish of whoever sits before a session: a person at a screen, a headless runner, a test.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Send a typed line on the connection of a client (0 is the first; the playground may have more).
    Run {
        /// Which client.
        client: usize,
        /// The line as typed.
        line: String,
    },
    /// End what takes long: a comparison, an exploration, a wait, a blocked command.
    Cancel,
    /// Go to a step of the lesson; nothing ever advances by itself.
    GoTo(usize),
    /// Show the next hint of the step.
    Hint,
    /// Run the step's own solution (headless runs; and for whoever gives up).
    Solve,
    /// Evaluate the step's check now, without sending anything.
    Check,
    /// Answer a prediction or a quiz, by the index of the choice.
    Choose(usize),
    /// Start what the step offers: its comparison, its jump of the clock, its race.
    Start,
    /// Do not wait any longer for a live server's clock.
    Skip,
    /// Take the last typed command back (bundled target only).
    Undo,
    /// Put the step back to how it was entered (bundled target only).
    Reset,
    /// Let the bundled clock jump forward by milliseconds.
    Jump(u64),
    /// Answer to [`super::Event::Asked`].
    Confirm(bool),
    /// Something in the race lab.
    Race(RaceRequest),
    /// End the session: clean up, then [`super::Event::Closed`].
    Close,
}

/// What may be asked of a race.
#[derive(Clone, Debug, PartialEq)]
pub enum RaceRequest {
    /// Let a client (by its place in the scenario) take its next step.
    Step(usize),
    /// Let a fault (by its place in the scenario) happen.
    Fault(usize),
    /// One step back.
    Back,
    /// One step forward again, on the path that was left by [`RaceRequest::Back`].
    Forward,
    /// To the first position.
    ToStart,
    /// To the end of the path that was walked.
    ToEnd,
    /// To a position on the path that was walked.
    Jump(usize),
    /// Step the variants together, or each by itself.
    Together(bool),
    /// Show another variant, where it stands.
    Variant(usize),
    /// Explore all schedules of all variants.
    Explore,
    /// Play the simplest failing schedule of the current variant.
    Simplest,
    /// Play the n-th schedule that exploring listed (only small scenarios list them).
    Play(usize),
    /// Play the simplest schedule of an outcome of the current variant, by its place.
    Outcome(usize),
    /// Show the simplest failing schedule beside the nearest one that holds.
    Contrast,
    /// Tell the scenario's text.
    Source,
    /// Read a text of the scenario and say what is wrong with it; nothing else happens.
    Check(String),
    /// Take a text as the scenario, unless it holds errors, and explore it.
    Edit(String),
    /// Save the scenario as a file.
    Save {
        /// Where.
        path: String,
        /// What: a text, or the scenario as it stands.
        text: Option<String>,
        /// Whether a file that is there may be replaced.
        over: bool,
    },
    /// Play a schedule by its choices: `alice bob bob alice`.
    Replay(String),
}
