//! The same variant with another number of clients.

use std::sync::Arc;

use crate::lab::{Choice, Ending, Member, Variant, World, judge};

/// So many steps are made to see whether clients that run one after another keep the invariant.
const MOST_STEPS: usize = 100_000;

/// The variant with so many clients of the program that several of them run (or that its only client runs). The others
/// stay as they are.
///
/// # Errors
/// Why there is no such variant: a sentence for whoever asked.
pub fn cast(variant: &Arc<Variant>, count: usize) -> Result<Arc<Variant>, String> {
    let class = class(variant)?;
    if class.len() == count {
        return Ok(variant.clone());
    }
    let cast = Arc::new(enlarged(variant, &class, count)?);
    let (before, after) = (in_turn(variant), in_turn(&cast));
    let (Ok(before), Ok(after)) = (before, after) else { return Ok(cast) };
    if before.holds && !after.holds {
        let source = variant.invariant.source();
        return Err(format!(
            "`{source}` is written for {} clients: of {} it is false even if they run one after another. In an \
             invariant `clients` is the number of clients: with it, it can be written for any number",
            variant.clients.len(),
            cast.clients.len()
        ));
    }
    Ok(cast)
}

/// The clients that run the same program, by their places.
fn class(variant: &Variant) -> Result<Vec<usize>, String> {
    let mut classes: Vec<Vec<usize>> = Vec::new();
    for (at, member) in variant.clients.iter().enumerate() {
        match classes.iter_mut().find(|class| variant.clients[class[0]].program == member.program) {
            Some(class) => class.push(at),
            None => classes.push(vec![at]),
        }
    }
    if classes.len() > 1 {
        classes.retain(|class| class.len() > 1);
    }
    let names = || variant.clients.iter().map(|member| &*member.name).collect::<Vec<_>>().join(", ");
    match classes.as_slice() {
        [class] => Ok(class.clone()),
        [] => Err(format!("{} run different programs: none of them is there several times", names())),
        _ => Err(format!("of {} several programs are run by several clients: which was meant?", names())),
    }
}

fn enlarged(variant: &Variant, class: &[usize], count: usize) -> Result<Variant, String> {
    let gone: Vec<usize> = class.iter().skip(count).copied().collect();
    for at in &gone {
        needed(variant, *at)?;
    }
    let last = class.last().copied().unwrap_or_default();
    let (mut clients, mut places) = (Vec::new(), Vec::new());
    for (at, member) in variant.clients.iter().enumerate() {
        places.push(clients.len());
        if !gone.contains(&at) {
            clients.push(member.clone());
        }
        if at == last {
            (class.len()..count).for_each(|n| clients.push(Member { name: name(variant, n), ..member.clone() }));
        }
    }
    let mut faults = variant.faults.clone();
    faults.iter_mut().for_each(|fault| fault.client = places[fault.client]);
    Ok(Variant { clients, faults, ..variant.clone() })
}

/// An error if something speaks of this very client.
fn needed(variant: &Variant, at: usize) -> Result<(), String> {
    let name = &*variant.clients[at].name;
    if variant.faults.iter().any(|fault| fault.client == at) {
        return Err(format!("a fault is meant for {name}, who would not be there"));
    }
    let exprs = [Some(&variant.invariant), variant.always.as_ref()];
    if exprs.into_iter().flatten().any(|expr| expr.names().any(|read| read == name)) {
        return Err(format!("the invariant speaks of {name}, who would not be there"));
    }
    Ok(())
}

/// A name that nobody has: `client3` for the third.
fn name(variant: &Variant, n: usize) -> Arc<str> {
    let mut name = format!("client{}", n + 1);
    while variant.clients.iter().any(|member| *member.name == *name)
        || variant.world.iter().any(|(other, _)| *other == name)
        || variant.observe.iter().any(|(other, _)| *other == name)
    {
        name.push('_');
    }
    name.into()
}

/// How it ends when one client after another runs, in order, and nothing goes wrong.
fn in_turn(variant: &Arc<Variant>) -> Result<Ending, String> {
    let mut world = World::start(variant)?;
    for _ in 0..MOST_STEPS {
        let next = world.choices().into_iter().find(|choice| matches!(choice, Choice::Client(_)));
        let Some(next) = next else { return judge(&world) };
        world.step(next);
    }
    Err("it takes too many steps".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Diagnostics, Document, Source};

    fn variant(yaml: &str) -> Arc<Variant> {
        let source = Arc::new(Source::new("t.yaml", yaml.as_bytes().to_vec()).expect("a source"));
        let (document, mut diagnostics): (_, Diagnostics) = Document::parse(&source);
        let scenario = crate::lab::read("t", &document.expect("YAML"), &mut diagnostics);
        scenario.unwrap_or_else(|| panic!("{:?}", diagnostics.sorted())).variants[0].clone()
    }

    fn counters(invariant: &str) -> Arc<Variant> {
        variant(&format!(
            "title: t\nobserve: {{n: GET n}}\ninvariant: {invariant}\nfaults: [{{crash: reader}}]\nvariants:\n  v:\n    clients:\n      \
             alice: &up [INCR n]\n      bob: *up\n      reader: [GET n]\n"
        ))
    }

    #[test]
    fn the_class_of_equals_grows_and_shrinks() {
        let names = |variant: &Variant| variant.clients.iter().map(|m| m.name.to_string()).collect::<Vec<_>>();
        let written = counters("n|int == clients - 1");
        let grown = cast(&written, 4).expect("four of them");
        assert_eq!(names(&grown), ["alice", "bob", "client3", "client4", "reader"]);
        assert_eq!(grown.faults[0].client, 4);
        let shrunk = cast(&written, 1).expect("one of them");
        assert_eq!(names(&shrunk), ["alice", "reader"]);
        assert_eq!(shrunk.faults[0].client, 1);
    }

    #[test]
    fn what_cannot_be_is_explained() {
        let error = |yaml: &Arc<Variant>, count| cast(yaml, count).expect_err("no such variant");
        assert!(
            error(&counters("n|int == 2"), 3).contains("written for 3 clients"),
            "{}",
            error(&counters("n|int == 2"), 3)
        );
        let two = variant("title: t\ninvariant: 'true'\nvariants: {v: {clients: {a: [GET x], b: [GET y]}}}\n");
        assert!(error(&two, 3).contains("different programs"));
        let spoken = variant(
            "title: t\ninvariant: b.n is none\nvariants: {v: {clients: {a: &x [{run: GET x, as: n}], b: *x}}}\n",
        );
        assert!(error(&spoken, 1).contains("speaks of b"));
    }
}
