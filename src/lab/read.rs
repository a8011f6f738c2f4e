//! A scenario from its file, with all faults at once.

use std::sync::Arc;

use bytes::Bytes;

use crate::content::{Diagnostics, Document, Entry, Fields, Node};
use crate::program::{
    Datum, Expr, Program, Step, Template, known_name, read_command, read_expr, read_literal, read_steps, registers_of,
};

use super::scenario::{Expect, Look, Member, Mishap, MishapKind, NUMBER_OF_CLIENTS, Scenario, Store, Variant};
use super::shape::{FAULT, MOST_TIMES, PAUSE, QUERY, SCENARIO, STORE, VARIANT};
use super::world::World;

/// The most clients of a variant.
const MOST_CLIENTS: usize = 64;

/// What a scenario says for all variants, and what a variant may say for itself.
#[derive(Clone, Default)]
struct Shared<'a> {
    setup: Option<Node<'a>>,
    observe: Option<Node<'a>>,
    invariant: Option<Node<'a>>,
    always: Option<Node<'a>>,
    world: Option<Node<'a>>,
    faults: Option<Node<'a>>,
    database: Option<Node<'a>>,
}

impl<'a> Shared<'a> {
    fn take(fields: &mut Fields<'a>) -> Shared<'a> {
        Shared {
            setup: fields.optional("setup"),
            observe: fields.optional("observe"),
            invariant: fields.optional("invariant"),
            always: fields.optional("always"),
            world: fields.optional("world"),
            faults: fields.optional("faults"),
            database: fields.optional("database"),
        }
    }

    fn or(self, other: &Shared<'a>) -> Shared<'a> {
        Shared {
            setup: self.setup.or(other.setup),
            observe: self.observe.or(other.observe),
            invariant: self.invariant.or(other.invariant),
            always: self.always.or(other.always),
            world: self.world.or(other.world),
            faults: self.faults.or(other.faults),
            database: self.database.or(other.database),
        }
    }
}

/// Reads a scenario. `None` where the diagnostics hold an error.
pub fn read(id: &str, document: &Document, diagnostics: &mut Diagnostics) -> Option<Scenario> {
    let root = document.root();
    let mut fields = root.record(&SCENARIO, diagnostics)?;
    let title = fields.required("title").and_then(|node| node.filled_str(diagnostics));
    let mut text = |key| fields.optional(key).and_then(|node| node.str(diagnostics)).unwrap_or_default().to_string();
    let (summary, body, source) = (text("summary"), text("text"), text("source"));
    let shared = Shared::take(&mut fields);
    let entries = fields.required("variants").map(|node| named(&node, "variant", diagnostics)).unwrap_or_default();
    if shared.invariant.is_none() {
        require_invariants(&root, &entries, diagnostics);
    }
    let variants: Vec<Option<Variant>> = entries.iter().map(|entry| variant(entry, &shared, diagnostics)).collect();
    fields.finish(diagnostics);
    let variants: Option<Vec<Arc<Variant>>> = variants.into_iter().map(|variant| variant.map(Arc::new)).collect();
    if diagnostics.has_errors() {
        return None;
    }
    let variants = variants?;
    for (variant, entry) in variants.iter().zip(&entries) {
        // A set-up that fails is a fault of the file, not of a schedule.
        if let Err(why) = World::start(variant) {
            diagnostics.error(entry.key.span(), format!("the variant `{}` cannot start: {why}", variant.name));
        }
    }
    if diagnostics.has_errors() || variants.is_empty() {
        return None;
    }
    Some(Scenario { id: id.into(), title: title?.into(), summary, text: body, source, variants })
}

/// The entries of a map whose keys are names; at least one.
fn named<'a>(node: &Node<'a>, what: &str, diagnostics: &mut Diagnostics) -> Vec<Entry<'a>> {
    let Some(mut fields) = node.map(diagnostics) else { return Vec::new() };
    let entries = fields.entries();
    if entries.is_empty() {
        diagnostics.error(node.span(), format!("there is no {what} here")).help(format!("name at least one {what}"));
    }
    for entry in &entries {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        if entry.name.is_empty() || entry.name.len() > 60 || !entry.name.chars().all(plain) {
            diagnostics
                .error(entry.key.span(), format!("this cannot be the name of a {what}"))
                .help("use letters, digits, _ and -");
        }
    }
    entries
}

/// Notes the variants that have no invariant, where the file has none for all.
fn require_invariants(root: &Node<'_>, entries: &[Entry<'_>], diagnostics: &mut Diagnostics) {
    if !entries.iter().any(|entry| entry.value.has("invariant")) {
        diagnostics
            .error(root.span(), "the key `invariant` is missing")
            .help("add `invariant:`, an expression that must be true at the end of every schedule");
        return;
    }
    for entry in entries.iter().filter(|entry| !entry.value.has("invariant")) {
        diagnostics
            .error(entry.key.span(), format!("the variant `{}` has no `invariant`", entry.name))
            .help("add it here, or beside `variants` for all of them");
    }
}

fn variant(entry: &Entry<'_>, shared: &Shared<'_>, diagnostics: &mut Diagnostics) -> Option<Variant> {
    let mut fields = entry.value.record(&VARIANT, diagnostics)?;
    let title = fields.optional("title").and_then(|node| node.str(diagnostics)).unwrap_or(entry.name).to_string();
    let expect = fields.optional("expect").and_then(|node| expectation(&node, diagnostics));
    let parts = Shared::take(&mut fields).or(shared);
    let clients = fields.required("clients");
    fields.finish(diagnostics);

    let world = parts.world.map(|node| world(&node, diagnostics)).unwrap_or_default();
    let world_names: Vec<String> = world.iter().map(|(name, _)| name.clone()).collect();
    let clients = clients.map(|node| members(&node, &world_names, diagnostics)).unwrap_or_default();
    let setup = parts.setup.map(|node| setup(&node, diagnostics)).unwrap_or_default();
    let observe = parts.observe.map(|node| looks(&node, parts.database.is_some(), diagnostics)).unwrap_or_default();
    let database = parts.database.and_then(|node| store(&node, diagnostics));
    let faults = parts.faults.map(|node| mishaps(&node, &clients, diagnostics)).unwrap_or_default();
    let names = Names { world: &world_names, clients: &clients, observe: &observe };
    names.clashes(entry, &parts, diagnostics);
    let always = parts.always.map(|node| names.expr(&node, false, diagnostics));
    let invariant = parts.invariant.and_then(|node| names.expr(&node, true, diagnostics));
    Some(Variant {
        name: entry.name.into(),
        title,
        expect,
        clients: clients.into_iter().map(|(member, _)| member).collect(),
        setup,
        observe,
        invariant: invariant?,
        always: match always {
            Some(always) => Some(always?),
            None => None,
        },
        world,
        faults,
        database,
    })
}

fn expectation(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Expect> {
    match node.str(diagnostics)? {
        "holds" => Some(Expect::Holds),
        "violated" => Some(Expect::Violated),
        _ => {
            diagnostics.error(node.span(), "a variant is expected to be `holds` or `violated`");
            None
        }
    }
}

fn world(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Vec<(String, Datum)> {
    let Some(mut fields) = node.map(diagnostics) else { return Vec::new() };
    let entries = fields.entries();
    let pairs = entries.iter().filter_map(|entry| {
        if !is_name(entry.name) || entry.name == "client" {
            diagnostics
                .error(entry.key.span(), "this cannot be the name of a world variable")
                .help("use letters, digits and _, and no word of the expression language");
            return None;
        }
        Some((entry.name.to_string(), read_literal(&entry.value, diagnostics)?))
    });
    pairs.collect()
}

/// Whether expressions can read a name.
fn is_name(name: &str) -> bool {
    Expr::parse(name).is_ok_and(|expr| expr.names().eq([name]))
}

fn members(node: &Node<'_>, world: &[String], diagnostics: &mut Diagnostics) -> Vec<(Member, Vec<Step>)> {
    let entries = named(node, "client", diagnostics);
    if entries.len() > MOST_CLIENTS {
        diagnostics.error(node.span(), format!("there are more than {MOST_CLIENTS} clients"));
        return Vec::new();
    }
    let mut members: Vec<(Member, Vec<Step>)> = Vec::with_capacity(entries.len());
    for entry in &entries {
        let steps = read_steps(&entry.value, world, diagnostics);
        // Clients that do the same share one program: exploring looks for that.
        let same = members.iter().find(|(_, other)| *other == steps).map(|(member, _)| member.program.clone());
        let program = same.unwrap_or_else(|| Program::new(&steps));
        members.push((Member { name: entry.name.into(), program }, steps));
    }
    members
}

fn setup(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Vec<Vec<Bytes>> {
    let nodes = node.list(diagnostics).unwrap_or_default();
    nodes.iter().filter_map(|node| literal(node, diagnostics)).collect()
}

/// A command without values to be put in.
fn literal(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<Bytes>> {
    let template: Template = read_command(node, diagnostics)?;
    let words: Option<Vec<Bytes>> = template.words().iter().map(|word| word.literal()).collect();
    if words.is_none() {
        diagnostics.error(node.span(), "no `{{ … }}` can stand here").help("no client runs this: it has no registers");
    }
    words
}

fn looks(node: &Node<'_>, database: bool, diagnostics: &mut Diagnostics) -> Vec<(String, Look)> {
    let Some(mut fields) = node.map(diagnostics) else { return Vec::new() };
    let entries = fields.entries();
    let looks = entries.iter().filter_map(|entry| {
        if !is_name(entry.name) {
            diagnostics
                .error(entry.key.span(), "this cannot be the name of something observed")
                .help("use letters, digits and _, and no word of the expression language");
        }
        let look = if entry.value.is_map() {
            let mut fields = entry.value.record(&QUERY, diagnostics)?;
            let statement = fields.required("sql").and_then(|node| node.filled_str(diagnostics));
            fields.finish(diagnostics);
            if !database {
                no_database(&entry.value, diagnostics);
            }
            Look::Sql(statement?.into())
        } else {
            Look::Command(literal(&entry.value, diagnostics)?)
        };
        Some((entry.name.to_string(), look))
    });
    looks.collect()
}

fn no_database(node: &Node<'_>, diagnostics: &mut Diagnostics) {
    diagnostics
        .error(node.span(), "this scenario has no database")
        .help("add `database: {schema: CREATE TABLE …, seed: INSERT INTO …}`");
}

fn store(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Store> {
    let mut fields = node.record(&STORE, diagnostics)?;
    let schema = fields.required("schema").and_then(|node| node.filled_str(diagnostics));
    let seed = fields.optional("seed").and_then(|node| node.str(diagnostics)).unwrap_or_default();
    // Lessons say how slow their database is; in a schedule time is counted otherwise.
    if let Some(latency) = fields.optional("latency") {
        latency.duration(diagnostics);
    }
    fields.finish(diagnostics);
    Some(Store { schema: schema?.into(), seed: seed.into() })
}

fn mishaps(node: &Node<'_>, clients: &[(Member, Vec<Step>)], diagnostics: &mut Diagnostics) -> Vec<Mishap> {
    let nodes = node.list(diagnostics).unwrap_or_default();
    let mut mishaps: Vec<Mishap> = Vec::new();
    for node in nodes {
        let Some(mut mishap) = mishap(&node, clients, diagnostics) else { continue };
        let same = mishaps.iter().filter(|other| other.label.split('#').next() == Some(&*mishap.label)).count();
        if same > 0 {
            mishap.label = format!("{}#{}", mishap.label, same + 1);
        }
        mishaps.push(mishap);
    }
    mishaps
}

fn mishap(node: &Node<'_>, clients: &[(Member, Vec<Step>)], diagnostics: &mut Diagnostics) -> Option<Mishap> {
    let mut fields = node.record(&FAULT, diagnostics)?;
    let crash = fields.optional("crash").map(|name| (client_at(&name, clients, diagnostics), MishapKind::Crash));
    let pause = fields.optional("pause").map(|node| pause(&node, clients, diagnostics));
    let times = fields.optional("times").map_or(Some(1), |node| node.int(1, MOST_TIMES, diagnostics));
    let (client, kind) = match (crash, pause) {
        (Some((client, kind)), None) => (client, Some(kind)),
        (None, Some((client, kind))) => (client, kind),
        _ => {
            diagnostics
                .error(node.span(), "a fault is either a crash or a pause")
                .help("write `crash: NAME`, or `pause: {client: NAME, for: 30s}`");
            return None;
        }
    };
    fields.finish(diagnostics);
    let (client, kind) = (client?, kind?);
    let word = if kind == MishapKind::Crash { "crash" } else { "pause" };
    let label = format!("{word}:{}", clients.get(client)?.0.name);
    Some(Mishap { client, kind, times: u32::try_from(times?).ok()?, label })
}

fn pause(
    node: &Node<'_>,
    clients: &[(Member, Vec<Step>)],
    diagnostics: &mut Diagnostics,
) -> (Option<usize>, Option<MishapKind>) {
    let Some(mut fields) = node.record(&PAUSE, diagnostics) else { return (None, None) };
    let client = fields.required("client").and_then(|name| client_at(&name, clients, diagnostics));
    let time = fields.required("for").and_then(|node| node.duration(diagnostics));
    fields.finish(diagnostics);
    (client, time.map(MishapKind::Pause))
}

fn client_at(node: &Node<'_>, clients: &[(Member, Vec<Step>)], diagnostics: &mut Diagnostics) -> Option<usize> {
    let name = node.scalar_text(diagnostics)?;
    let found = clients.iter().position(|(member, _)| *member.name == *name);
    if found.is_none() {
        let known: Vec<String> = clients.iter().map(|(member, _)| member.name.to_string()).collect();
        known_name(&name, node.span(), &known, "client", diagnostics);
    }
    found
}

/// The names that `invariant` and `always` can read.
struct Names<'n> {
    world: &'n [String],
    clients: &'n [(Member, Vec<Step>)],
    observe: &'n [(String, Look)],
}

impl Names<'_> {
    fn expr(&self, node: &Node<'_>, at_end: bool, diagnostics: &mut Diagnostics) -> Option<Expr> {
        let expr = read_expr(node, diagnostics)?;
        let mut known: Vec<String> = self.world.to_vec();
        known.extend(self.clients.iter().map(|(member, _)| member.name.to_string()));
        known.push(NUMBER_OF_CLIENTS.into());
        if at_end {
            known.extend(self.observe.iter().map(|(name, _)| name.clone()));
        }
        for path in expr.paths() {
            let (name, register) = path.split_once('.').unwrap_or((&path, ""));
            let at = node.as_str().and_then(|text| text.find(&path));
            let span = at.map_or(node.span(), |at| node.within(at, at + path.len()));
            if !at_end && self.observe.iter().any(|(observed, _)| observed == name) {
                diagnostics
                    .error(span, format!("`{name}` is observed at the end, and `always` is looked at after every step"))
                    .help("`always` reads the world and the clients' registers: keep what it needs there");
                continue;
            }
            known_name(name, span, &known, "name", diagnostics);
            let is_value = self.world.iter().chain(self.observe.iter().map(|(name, _)| name)).any(|n| n == name);
            let client = self.clients.iter().find(|(member, _)| *member.name == *name && !is_value);
            if let Some((_, steps)) = client.filter(|_| !register.is_empty()) {
                let register = register.split('.').next().unwrap_or(register);
                known_name(register, span, &registers_of(steps), "register", diagnostics);
            }
        }
        Some(expr)
    }

    /// Notes names that mean two things.
    fn clashes(&self, entry: &Entry<'_>, parts: &Shared<'_>, diagnostics: &mut Diagnostics) {
        for (name, _) in self.observe {
            let twice = self.world.contains(name) || self.clients.iter().any(|(member, _)| *member.name == **name);
            if twice {
                let span = parts.observe.map_or(entry.key.span(), |node| node.span());
                diagnostics
                    .error(span, format!("`{name}` is observed, and is a client or world variable too"))
                    .help("give one of them another name");
            }
        }
        for (member, _) in self.clients.iter().filter(|(member, _)| self.world.iter().any(|w| **w == *member.name)) {
            let span = parts.world.map_or(entry.key.span(), |node| node.span());
            diagnostics
                .error(span, format!("`{}` is a client and a world variable", member.name))
                .help("give one of them another name");
        }
        let sql = self
            .clients
            .iter()
            .any(|(member, _)| member.program.acts().any(|act| matches!(act.action, crate::program::Action::Sql(_))));
        if sql && parts.database.is_none() {
            no_database(&entry.key, diagnostics);
        }
    }
}
