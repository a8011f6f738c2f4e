//! The end of a schedule: what is observed, and whether it is right.

use crate::program::{Datum, Scope};
use crate::resp::Value;

use super::part::Status;
use super::scenario::{Look, Variant};
use super::server::reply;
use super::world::World;

/// What is observed, by name, in the scenario's order.
pub type Observed = Vec<(String, Datum)>;

/// How a schedule ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ending {
    /// Whether it violates the invariant, at its end or on the way.
    pub holds: bool,
    /// The observed values, then the world variables.
    pub values: Vec<Datum>,
    /// The clients that are still blocked, in order.
    pub stuck: Vec<usize>,
}

/// Reads what the scenario observes. Nothing of the world changes.
pub fn observe(world: &World) -> Observed {
    let mut engine = None;
    let looks = &world.variant().observe;
    let observed = looks.iter().map(|(name, look)| {
        let seen = match look {
            Look::Sql(statement) => world.look(statement),
            Look::Command(argv) => {
                let (engine, id) = engine.get_or_insert_with(|| {
                    let mut engine = world.server().engine.clone();
                    let id = engine.connect("127.0.0.1:49998", world.now());
                    (engine, id)
                });
                match engine.call(*id, argv, world.now()) {
                    crate::engine::Called::Reply(value) => reply(value),
                    _ => reply(Value::Null),
                }
            }
        };
        (name.clone(), seen.unwrap_or_else(|line| Datum::error(&line)))
    });
    observed.collect()
}

/// Judges a schedule that has ended. The error says why the invariant has no answer.
pub fn judge(world: &World) -> Result<Ending, String> {
    if let Some(trouble) = world.trouble() {
        return Err(trouble.into());
    }
    let variables = world.variables().map(|(_, value)| value.clone()).collect();
    conclude(
        world.variant(),
        observe(world),
        variables,
        &|name: &str| world.named(name),
        world.broken(),
        world.blocked(),
    )
}

/// Judges an end by its values, wherever they come from: the lab's world, or a real server. `variables` are the world's
/// in their order, `named` is what a name means that nothing observed has.
///
/// # Errors
/// Why the invariant has no answer.
pub fn conclude(
    variant: &Variant,
    observed: Observed,
    variables: Vec<Datum>,
    named: &dyn Scope,
    broken: bool,
    stuck: Vec<usize>,
) -> Result<Ending, String> {
    let any = |name: &str| {
        let seen = observed.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        seen.or_else(|| named.value(name))
    };
    let holds = variant.invariant.is_true(&any);
    let holds = holds.map_err(|error| format!("the invariant cannot be computed: {error}"))?;
    let mut values: Vec<Datum> = observed.into_iter().map(|(_, value)| value).collect();
    values.extend(variables);
    Ok(Ending { holds: holds && !broken, values, stuck })
}

/// Clients that ended before their programs did: `bob: ERR …`.
pub fn faults(world: &World) -> Vec<String> {
    let ended = world.clients().iter().filter_map(|client| match &client.status {
        Status::Failed(fault) => Some(format!("{}: {fault}", client.machine.client())),
        _ => None,
    });
    ended.collect()
}
