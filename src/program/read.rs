//! Steps from a file, with all their faults at once.

use std::sync::Arc;

use bytes::Bytes;

use crate::content::{Diagnostics, Entry, Fields, Node, Span, Yaml, nearest};

use super::check::complaint;
use super::datum::Datum;
use super::expr::Expr;
use super::shape::{KINDS, MOST_ROUNDS, SCRIPT};
use super::step::{Act, Action, Step, StepKind};
use super::template::{Template, TemplateError, Word};
use super::tokens::tokens;

/// The rounds of `until` where `max` is left out.
const DEFAULT_MAX: u32 = 10;

/// Reads a list of steps. Beside the registers that the steps set, and `client`, expressions may read the `world`
/// names; other names are faults.
pub fn read_steps(node: &Node<'_>, world: &[String], diagnostics: &mut Diagnostics) -> Vec<Step> {
    let mut reader = Reader { world, uses: Vec::new(), sets: Vec::new() };
    let steps = reader.steps(node, diagnostics);
    let mut known = reader.sets;
    known.extend(world.iter().cloned());
    known.push("client".into());
    for (name, span) in reader.uses {
        known_name(&name, span, &known, "register", diagnostics);
    }
    steps
}

/// Notes that a name has no value anywhere.
pub fn known_name(name: &str, span: Span, known: &[String], what: &str, diagnostics: &mut Diagnostics) {
    if known.iter().any(|other| other == name) {
        return;
    }
    let shown = crate::resp::printable(name.as_bytes(), 60);
    let help = match nearest(name, known.iter().map(String::as_str)).first() {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if what == "register" => {
            format!(
                "keep a reply in it with `as: {shown}`, or set it with `let`; text needs quotes of its own: \"'{shown}'\""
            )
        }
        None if known.is_empty() => format!("there is none: add `world: {{{shown}: 0}}` beside `variants`"),
        None => format!("the names here are {}", known.join(", ")),
    };
    let message = match what {
        "register" => format!("nothing sets the register `{shown}`"),
        "name" => format!("nothing here is called `{shown}`"),
        _ => format!("there is no {what} `{shown}`"),
    };
    diagnostics.error(span, message).help(help);
}

/// Reads an expression; a number, true and false are expressions too.
pub fn read_expr(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Expr> {
    let text = node.scalar_text(diagnostics)?;
    Expr::parse(&text)
        .map_err(|error| {
            let span = error.range.map_or(node.span(), |(start, end)| node.within(start, end));
            let help = if assigns(&text) { "two equal signs compare: `a == b`" } else { "" };
            diagnostics.error(span, format!("this expression cannot be read: {}", error.message)).help(help);
        })
        .ok()
}

/// Whether an expression has a single equal sign where none belongs: outside of all brackets.
fn assigns(text: &str) -> bool {
    let mut depth = 0i32;
    tokens(text).iter().any(|token| {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        depth == 0 && token.is("=")
    })
}

/// Reads a command: a line, or a list of words. Its name and the number of its arguments are checked.
pub fn read_command(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Template> {
    command(node, false, diagnostics)
}

/// The same; of a step that goes on after errors, a command that can only answer one may be meant, and is a warning.
fn command(node: &Node<'_>, goes_on: bool, diagnostics: &mut Diagnostics) -> Option<Template> {
    let (template, places) = if node.is_list() {
        let nodes = node.filled_list(diagnostics)?;
        let words: Option<Vec<Word>> = nodes.iter().map(|word| read_word(word, diagnostics)).collect();
        (Template::of(words?), nodes.iter().map(Node::span).collect::<Vec<_>>())
    } else {
        let line = node.filled_str(diagnostics)?;
        let template = Template::parse(line).map_err(|error| misread(node, &error, diagnostics)).ok()?;
        let places = template.words().iter().map(|word| node.within(word.place().0, word.place().1)).collect();
        (template, places)
    };
    if let Some(found) = complaint(&template) {
        let span = places.get(found.at).copied().unwrap_or(node.span());
        match goes_on {
            true => diagnostics.warning(span, found.message),
            false => diagnostics.error(span, found.message),
        };
    }
    Some(template)
}

/// Reads a plain value: what a world variable starts with.
pub fn read_literal(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Datum> {
    let datum = literal(&node.value());
    if datum.is_none() {
        node.unexpected("text, a whole number, true, false, null, or a list of them", diagnostics);
    }
    datum
}

fn literal(value: &Yaml) -> Option<Datum> {
    match value {
        Yaml::Null => Some(Datum::None),
        Yaml::Bool(yes) => Some(Datum::Bool(*yes)),
        Yaml::Number(n) => n.as_i64().map(Datum::Int).or_else(|| n.as_f64().map(Datum::Float)),
        Yaml::String(text) => Some(Datum::text(text.clone())),
        Yaml::Sequence(items) => items.iter().map(literal).collect::<Option<Vec<_>>>().map(Datum::list),
        Yaml::Mapping(_) | Yaml::Tagged(_) => None,
    }
}

fn read_word(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Word> {
    let text = node.scalar_text(diagnostics)?;
    Word::parse(&text).map_err(|error| misread(node, &error, diagnostics)).ok()
}

fn misread(node: &Node<'_>, error: &TemplateError, diagnostics: &mut Diagnostics) {
    let message = format!("this command cannot be read: {}", error.message);
    diagnostics.error(node.within(error.start, error.end), message);
}

/// The keys that say what a step is.
fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(kind, _)| *kind)
}

struct Reader<'w> {
    world: &'w [String],
    /// The names that expressions read, and where.
    uses: Vec<(String, Span)>,
    /// The registers that steps set, also those of steps that cannot be read: one fault is told once.
    sets: Vec<String>,
}

impl Reader<'_> {
    fn steps(&mut self, node: &Node<'_>, diagnostics: &mut Diagnostics) -> Vec<Step> {
        let Some(nodes) = node.list(diagnostics) else { return Vec::new() };
        nodes.iter().filter_map(|node| self.step(node, diagnostics)).collect()
    }

    fn step(&mut self, node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Step> {
        if !node.is_map() {
            if !node.is_list() && !node.is_str() {
                node.unexpected("a step: a command, or a map such as {run: GET key, as: name}", diagnostics);
                return None;
            }
            let template = self.command(node, false, diagnostics)?;
            return Some(act(Action::Run(template), None, false));
        }
        let mut fields = node.map(diagnostics)?;
        let kinds: Vec<&'static str> = kinds().filter(|kind| fields.has(kind)).collect();
        if let Some((_, record)) = KINDS.iter().find(|(kind, _)| kinds == [*kind]) {
            fields.is(record);
        }
        let when = fields.optional("when").map(|node| self.expr(&node, diagnostics));
        let kind = match kinds.as_slice() {
            [kind] => self.kind(kind, &mut fields, diagnostics),
            [] => {
                self.no_kind(fields, diagnostics);
                return None;
            }
            [first, second, ..] => {
                if let Some(entry) = fields.entry(second) {
                    diagnostics
                        .error(entry.key.span(), format!("a step is one thing, and this one is `{first}` already"))
                        .help("make it a step of its own");
                }
                self.look_inside(fields, diagnostics);
                return None;
            }
        };
        fields.finish(diagnostics);
        let when = match when {
            Some(expr) => Some(expr?),
            None => None,
        };
        Some(Step { when, kind: kind? })
    }

    /// Reads what can be read of a step that is none.
    fn look_inside(&mut self, mut fields: Fields<'_>, diagnostics: &mut Diagnostics) {
        for entry in fields.entries() {
            match entry.name {
                "as" => self.sets.extend(entry.value.as_str().map(str::to_string)),
                "then" | "else" | "steps" => drop(self.steps(&entry.value, diagnostics)),
                _ => {}
            }
        }
    }

    fn no_kind(&mut self, mut fields: Fields<'_>, diagnostics: &mut Diagnostics) {
        let span = fields.span();
        let entries: Vec<Entry<'_>> = fields.entries();
        let extra = ["as", "when", "on_error", "then", "else", "steps", "max"];
        let slip = entries.iter().find(|entry| !extra.contains(&entry.name));
        match slip {
            Some(entry) => {
                let shown = crate::resp::printable(entry.name.as_bytes(), 60);
                let help = match nearest(entry.name, kinds()).first() {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("a step is one of {}", kinds().collect::<Vec<_>>().join(", ")),
                };
                diagnostics.error(entry.key.span(), format!("unknown step `{shown}`")).help(help);
            }
            None => {
                diagnostics
                    .error(span, "this step does not say what to do")
                    .help(format!("give it one of {}", kinds().collect::<Vec<_>>().join(", ")));
            }
        }
        self.look_inside(fields, diagnostics);
    }

    fn kind(&mut self, kind: &'static str, fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> Option<StepKind> {
        let node = fields.optional(kind)?;
        match kind {
            "let" => Some(StepKind::Let(self.assignments(&node, diagnostics)?)),
            "if" => self.branch(&node, fields, diagnostics),
            "repeat" => {
                let times = node.int(0, MOST_ROUNDS, diagnostics);
                let steps = fields.required("steps").map(|steps| self.steps(&steps, diagnostics));
                Some(StepKind::Repeat { times: u32::try_from(times?).ok()?, steps: steps? })
            }
            "until" => {
                let test = self.expr(&node, diagnostics);
                let most = match fields.optional("max") {
                    Some(most) => most.int(1, MOST_ROUNDS, diagnostics).and_then(|n| u32::try_from(n).ok()),
                    None => Some(DEFAULT_MAX),
                };
                let steps = fields.required("steps").map(|steps| self.steps(&steps, diagnostics));
                Some(StepKind::Until { test: test?, most: most?, steps: steps? })
            }
            "stop" => {
                if !node.bool(diagnostics)? {
                    diagnostics.error(node.span(), "`stop` can only be true").help("leave the step out");
                }
                Some(StepKind::Stop)
            }
            _ => self.action(kind, &node, fields, diagnostics),
        }
    }

    fn branch(&mut self, test: &Node<'_>, fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> Option<StepKind> {
        let test = self.expr(test, diagnostics);
        let then = fields.optional("then").map(|steps| self.steps(&steps, diagnostics));
        let otherwise = fields.optional("else").map(|steps| self.steps(&steps, diagnostics));
        if then.is_none() && otherwise.is_none() {
            diagnostics.error(fields.span(), "an `if` needs `then` or `else`").help("add `then: [steps]`");
        }
        Some(StepKind::If { test: test?, then: then.unwrap_or_default(), otherwise: otherwise.unwrap_or_default() })
    }

    fn action(
        &mut self,
        kind: &str,
        node: &Node<'_>,
        fields: &mut Fields<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<StepKind> {
        if kind == "world" {
            return self.world(node, diagnostics);
        }
        if kind == "sleep" {
            return node.duration(diagnostics).map(|time| StepKind::Act(quiet(Action::Sleep(time))));
        }
        let keep = fields.optional("as").map(|name| self.register(&name, diagnostics));
        let goes_on = fields.optional("on_error").map(|node| (node.as_str() == Some("continue"), node));
        if let Some((false, node)) = &goes_on {
            diagnostics
                .error(node.span(), "`on_error` can only be `continue`")
                .help("leave it out: errors end a client");
        }
        let goes_on = goes_on.is_some();
        let action = match kind {
            "run" => self.command(node, goes_on, diagnostics).map(Action::Run),
            "eval" => self.eval(node, diagnostics),
            "transaction" => self.commands(node, goes_on, diagnostics).map(Action::Transaction),
            "pipeline" => self.commands(node, goes_on, diagnostics).map(Action::Pipeline),
            _ => self.statement(node, diagnostics).map(Action::Sql),
        };
        let keep = match keep {
            Some(name) => Some(name?),
            None => None,
        };
        Some(StepKind::Act(Arc::new(Act { action: action?, keep, goes_on })))
    }

    fn world(&mut self, node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<StepKind> {
        for entry in node.map(diagnostics)?.entries() {
            if !self.world.iter().any(|name| name == entry.name) {
                known_name(entry.name, entry.key.span(), self.world, "world variable", diagnostics);
            }
        }
        let pairs = node.map(diagnostics)?.entries();
        let pairs: Option<Vec<_>> =
            pairs.iter().map(|entry| Some((entry.name.to_string(), self.expr(&entry.value, diagnostics)?))).collect();
        Some(StepKind::Act(quiet(Action::World(pairs?))))
    }

    fn assignments(&mut self, node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<(String, Expr)>> {
        let entries = node.map(diagnostics)?.entries();
        let mut pairs = Vec::new();
        for entry in entries {
            let name = self.register(&entry.key, diagnostics);
            let expr = self.expr(&entry.value, diagnostics);
            pairs.push(name.zip(expr));
        }
        pairs.into_iter().collect()
    }

    fn eval(&mut self, node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Action> {
        let mut fields = node.record(&SCRIPT, diagnostics)?;
        let script = fields.required("script").and_then(|node| node.filled_str(diagnostics));
        let mut words = |key| match fields.optional(key) {
            Some(node) => self.words(&node, diagnostics),
            None => Some(Vec::new()),
        };
        let (keys, args) = (words("keys"), words("args"));
        fields.finish(diagnostics);
        Some(Action::Eval { script: Bytes::copy_from_slice(script?.as_bytes()), keys: keys?, args: args? })
    }

    fn words(&mut self, node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<Word>> {
        let nodes = node.list(diagnostics)?;
        let words: Vec<Option<Word>> = nodes
            .iter()
            .map(|node| {
                let word = read_word(node, diagnostics)?;
                self.note(word.exprs(), node);
                Some(word)
            })
            .collect();
        words.into_iter().collect()
    }

    fn statement(&mut self, node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Word> {
        let text = node.filled_str(diagnostics)?;
        let word = Word::parse(text).map_err(|error| misread(node, &error, diagnostics)).ok()?;
        self.note(word.exprs(), node);
        Some(word)
    }

    fn command(&mut self, node: &Node<'_>, goes_on: bool, diagnostics: &mut Diagnostics) -> Option<Template> {
        let template = command(node, goes_on, diagnostics)?;
        let words = if node.is_list() { node.list(diagnostics).unwrap_or_default() } else { Vec::new() };
        for (n, word) in template.words().iter().enumerate() {
            self.note(word.exprs(), words.get(n).unwrap_or(node));
        }
        Some(template)
    }

    fn commands(&mut self, node: &Node<'_>, goes_on: bool, diagnostics: &mut Diagnostics) -> Option<Vec<Template>> {
        let nodes = node.filled_list(diagnostics)?;
        let commands: Vec<Option<Template>> =
            nodes.iter().map(|node| self.command(node, goes_on, diagnostics)).collect();
        commands.into_iter().collect()
    }

    fn expr(&mut self, node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Expr> {
        let expr = read_expr(node, diagnostics)?;
        self.note([&expr].into_iter(), node);
        Some(expr)
    }

    fn register(&mut self, node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
        let name = register(node, self.world, diagnostics)?;
        self.sets.push(name.clone());
        Some(name)
    }

    /// Remembers which names are read, and where.
    fn note<'e>(&mut self, exprs: impl Iterator<Item = &'e Expr>, node: &Node<'_>) {
        let text = node.as_str().unwrap_or_default();
        for expr in exprs {
            let from = text.find(expr.source()).unwrap_or(0);
            for name in expr.names() {
                let span = match word_at(&text[from..], name) {
                    Some(at) => node.within(from + at, from + at + name.len()),
                    None => node.span(),
                };
                self.uses.push((name.into(), span));
            }
        }
    }
}

/// Where a name stands in a text as a word of its own.
fn word_at(text: &str, name: &str) -> Option<usize> {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        !text[..*at].ends_with(part) && !text[at + name.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
    })
}

fn act(action: Action, keep: Option<String>, goes_on: bool) -> Step {
    Step { when: None, kind: StepKind::Act(Arc::new(Act { action, keep, goes_on })) }
}

fn quiet(action: Action) -> Arc<Act> {
    Arc::new(Act { action, keep: None, goes_on: false })
}

/// A register's name: one that expressions can read.
fn register(node: &Node<'_>, world: &[String], diagnostics: &mut Diagnostics) -> Option<String> {
    let name = node.str(diagnostics)?;
    let lone = Expr::parse(name).is_ok_and(|expr| expr.names().eq([name]));
    if !lone {
        diagnostics
            .error(node.span(), "this cannot be a register's name")
            .help("use letters, digits and _, and no word of the expression language");
        return None;
    }
    if name == "client" || world.iter().any(|other| other == name) {
        let whose = if name == "client" { "the client's own name" } else { "a world variable" };
        diagnostics.error(node.span(), format!("`{name}` is {whose} already")).help("take another name");
        return None;
    }
    Some(name.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Document, Source};

    fn faults(yaml: &str) -> Vec<String> {
        let source = Arc::new(Source::new("t.yaml", yaml.as_bytes().to_vec()).expect("a source"));
        let (document, mut diagnostics) = Document::parse(&source);
        if let Some(document) = document {
            read_steps(&document.root(), &["sent".into()], &mut diagnostics);
        }
        let told = |d: &&crate::content::Diagnostic| {
            let place = source.place(d.span.unwrap_or_default().start);
            format!("{}:{}: {}; {}", place.line, place.column, d.message, d.help)
        };
        diagnostics.sorted().iter().map(told).collect()
    }

    #[test]
    fn faults_are_told_all_at_once() {
        let yaml = "- {rum: GET a}\n- GTE a\n- run: GET\n- run: SET a {{ m }}\n- {run: GET a, as: n, wen: true}\n- 5\n\
                    - {run: GET a, sleep: 1s}\n- {sleep: 1}\n- {until: n + , steps: []}\n- {world: {snt: 1}}\n- {as: n}\n\
                    - {repeat: 2}\n- {run: GET a, on_error: stop}\n- {run: GET a, as: 1x}\n- [GET, '{{ nn }}']\n- {if: true}";
        let found = faults(yaml);
        let has = |text: &str| assert!(found.iter().any(|f| f.contains(text)), "{text} in {found:#?}");
        has("1:4: unknown step `rum`; did you mean `run`?");
        has("2:3: there is no command GTE: did you mean GET");
        has("3:8: an argument is missing: GET key");
        has("4:17: nothing sets the register `m`; keep a reply in it");
        has("5:23: unknown key `wen`; did you mean `when`?");
        has("6:3: expected a step");
        has("7:16: a step is one thing");
        has("8:11: a duration needs a unit");
        has("9:");
        has("10:12: there is no world variable `snt`; did you mean `sent`?");
        has("11:3: this step does not say what to do");
        has("12:3: the key `steps` is missing");
        has("13:26: `on_error` can only be `continue`");
        has("14:20: this cannot be a register's name");
        has("15:13: nothing sets the register `nn`");
        has("16:3: an `if` needs `then` or `else`");
    }

    #[test]
    fn words_with_values_count_as_one() {
        assert_eq!(faults("- {run: GET a, as: n}\n- SET a {{ n|int + 1 }}\n- '{{ n }} a b c'"), Vec::<String>::new());
        assert_eq!(faults("- {run: GET a, as: n}\n- GET {{ n }} {{ n }}").len(), 1);
    }
}
