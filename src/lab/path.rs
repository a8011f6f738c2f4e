//! Schedules as text, and as steps that were taken.

use crate::content::nearest;
use crate::program::Datum;

use super::judge::observe;
use super::part::{Choice, Status, Taken};
use super::scenario::{MishapKind, Variant};
use super::view::StepTaken;
use super::world::World;

/// Longest reply that is shown in full.
const SHOWN: usize = 120;

/// A choice as a replay names it: a client's name, or `crash:alice`.
pub fn label(variant: &Variant, choice: Choice) -> &str {
    match choice {
        Choice::Client(client) => variant.clients.get(client).map_or("", |member| &member.name),
        Choice::Fault(fault) => variant.faults.get(fault).map_or("", |fault| &fault.label),
    }
}

/// How often a schedule switches from one client to another; a fault counts as a step of the client that it hits.
pub fn switches(variant: &Variant, choices: &[Choice]) -> usize {
    let client = |choice: Choice| match choice {
        Choice::Client(client) => client,
        Choice::Fault(fault) => variant.faults.get(fault).map_or(0, |fault| fault.client),
    };
    choices.windows(2).filter(|pair| client(pair[0]) != client(pair[1])).count()
}

/// A schedule as `--replay` takes it.
pub fn replay_text(variant: &Variant, choices: &[Choice]) -> String {
    choices.iter().map(|choice| label(variant, *choice)).collect::<Vec<_>>().join(" ")
}

/// Reads a schedule: `alice bob bob alice`. The error says which word is no choice of this variant.
pub fn parse_replay(variant: &Variant, text: &str) -> Result<Vec<Choice>, String> {
    let clients = (0..variant.clients.len()).map(Choice::Client);
    let all: Vec<Choice> = clients.chain((0..variant.faults.len()).map(Choice::Fault)).collect();
    let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    let choices = words.map(|word| {
        let found = all.iter().find(|choice| label(variant, **choice) == word);
        found.copied().ok_or_else(|| {
            let shown = crate::resp::printable(word.as_bytes(), 60);
            let names: Vec<&str> = all.iter().map(|choice| label(variant, *choice)).collect();
            match nearest(word, names.iter().copied()).first() {
                Some(meant) => format!("nobody is called `{shown}`: did you mean `{meant}`?"),
                None => format!("nobody is called `{shown}`: the choices are {}", names.join(", ")),
            }
        })
    });
    choices.collect()
}

/// Why a choice cannot be taken, in words.
pub fn refusal(world: &World, choice: Choice) -> String {
    let variant = world.variant();
    let name = label(variant, choice);
    let why = match choice {
        Choice::Fault(_) => "cannot happen now".into(),
        Choice::Client(client) => match world.clients().get(client).map(|client| &client.status) {
            Some(Status::Done) => "is done".into(),
            Some(Status::Blocked) => "is blocked".into(),
            Some(Status::Crashed) => "has crashed".into(),
            Some(Status::Failed(fault)) => format!("has ended: {fault}"),
            Some(Status::Sleeping(_)) => "is asleep".into(),
            Some(Status::Paused(_)) => "is paused".into(),
            Some(Status::Ready) | None => "cannot run now".into(),
        },
    };
    format!("{name} {why}")
}

/// A step for screens and reports; `world` is the world after it.
pub fn step_taken(world: &World, taken: &Taken) -> StepTaken {
    let variant = world.variant();
    let step = match (&taken.deed, taken.choice) {
        (Some(deed), _) => deed.line(),
        (None, Choice::Fault(fault)) => match variant.faults.get(fault).map(|fault| fault.kind) {
            Some(MishapKind::Pause(time)) => format!("paused for {time:?}"),
            _ => "crashed".into(),
        },
        (None, Choice::Client(_)) => "a value that cannot be computed".into(),
    };
    let mut reply = match &taken.answer {
        Some(answer) => answer_text(answer),
        None if world.clients().get(taken.client).is_some_and(|client| client.status == Status::Blocked) => {
            "blocked".into()
        }
        None => String::new(),
    };
    for (client, answer) in &taken.served {
        let name = variant.clients.get(*client).map_or("", |member| &member.name);
        let told = format!("{name} gets {}", answer_text(answer));
        reply = if reply.is_empty() { told } else { format!("{reply}; {told}") };
    }
    StepTaken {
        client: taken.client,
        name: variant.clients.get(taken.client).map_or(String::new(), |member| member.name.to_string()),
        step,
        reply,
        observed: shown(observe(world).iter().map(|(name, value)| (name.as_str(), value))),
    }
}

/// An answer in one line.
pub fn answer_text(answer: &Result<Datum, String>) -> String {
    match answer {
        Ok(Datum::None) => "(nil)".into(),
        Ok(value) => value.brief(SHOWN),
        Err(line) => line.clone(),
    }
}

/// Values by name, each in one line.
pub fn shown<'a>(values: impl Iterator<Item = (&'a str, &'a Datum)>) -> Vec<(String, String)> {
    values.map(|(name, value)| (name.to_string(), value.brief(SHOWN))).collect()
}

/// Plays a schedule from the start: the steps, and the world at its end. The error says which choice could not be
/// taken, and why.
pub fn play(start: &World, choices: &[Choice]) -> Result<(Vec<StepTaken>, World), String> {
    let mut world = start.clone();
    let mut steps = Vec::with_capacity(choices.len());
    for (n, choice) in choices.iter().enumerate() {
        let Some(taken) = world.step(*choice) else {
            return Err(format!("step {}: {}", n + 1, refusal(&world, *choice)));
        };
        steps.push(step_taken(&world, &taken));
    }
    Ok((steps, world))
}
