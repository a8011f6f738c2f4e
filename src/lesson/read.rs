//! Reads a lesson from its file and notes all faults at once.

use std::time::Duration;

use crate::content::{Diagnostics, Document, Entry, Fields, Item, Node, Span};
use crate::program::{Datum, known_name, read_steps};
use crate::prompt::validate;

use super::input::{Input, statement};
use super::keys::Keys;
use super::model::{
    Action, Chart, Check, Choice, Compare, Database, Do, Goal, Lane, Lesson, Observed, Predict, Quiz, Race, Step,
};
use super::shape;
use super::shape::{ACTIONS, MOST_CLIENTS, MOST_MINUTES, MOST_REPEATS};
use super::trial::{Trial, statements_of};

/// Reads a lesson. There is none where a part of it cannot be understood; the diagnostics say why.
pub fn read(item: &Item) -> (Option<Lesson>, Diagnostics) {
    let (document, mut diagnostics) = Document::parse(&item.source);
    let lesson = document.and_then(|document| read_lesson(&document, item, &mut diagnostics));
    let usable = !diagnostics.has_errors();
    (lesson.filter(|_| usable), diagnostics)
}

/// What the parts of a lesson need to know of it.
struct Reader {
    clients: Vec<String>,
    database: bool,
    /// The lesson's database, on which its statements are tried.
    trial: Option<Trial>,
    keys: Keys,
}

fn read_lesson(document: &Document, item: &Item, diagnostics: &mut Diagnostics) -> Option<Lesson> {
    let mut fields = document.root().record(&shape::LESSON, diagnostics)?;
    let title = text(fields.required("title"), diagnostics);
    let summary = text(fields.required("summary"), diagnostics);
    let minutes = fields.optional("minutes").and_then(|node| node.int(1, MOST_MINUTES, diagnostics)).unwrap_or(10);
    let before = fields.optional("prerequisites");
    let prerequisites = before.map(|node| texts(&node, diagnostics)).unwrap_or_default();
    let source = text(fields.optional("source"), diagnostics);
    let rtt = fields.optional("network").and_then(|node| read_network(&node, diagnostics));
    let clients = fields.optional("clients").map_or_else(|| vec![String::new()], |node| names(&node, diagnostics));
    let named = fields.optional("database");
    let (database, trial) = named.and_then(|node| read_database(&node, diagnostics)).unzip();
    let mut reader = Reader { clients, database: named.is_some(), trial: trial.flatten(), keys: Keys::default() };
    let setup = fields.optional("setup").map(|node| reader.inputs(&node, diagnostics)).unwrap_or_default();
    let patterns = fields.optional("keys");
    let keys = patterns.map(|node| texts(&node, diagnostics)).unwrap_or_default();
    let alone = fields.optional("alone").and_then(|node| node.bool(diagnostics)).unwrap_or(false);
    let nodes = fields.required("steps").and_then(|node| node.filled_list(diagnostics)).unwrap_or_default();
    let steps = nodes.iter().filter_map(|node| reader.step(node, diagnostics)).collect();
    fields.finish(diagnostics);
    reader.keys.check_covered(&keys, diagnostics);
    Some(Lesson {
        id: item.id.clone(),
        track: item.track.clone(),
        title,
        summary,
        minutes: u32::try_from(minutes).unwrap_or(10),
        prerequisites,
        source,
        rtt,
        database,
        clients: reader.clients,
        setup,
        keys,
        alone,
        steps,
        used: reader.keys.patterns(),
    })
}

fn text(node: Option<Node<'_>>, diagnostics: &mut Diagnostics) -> String {
    node.and_then(|node| node.filled_str(diagnostics)).unwrap_or_default().trim_end().to_string()
}

fn texts(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Vec<String> {
    let nodes = node.list(diagnostics).unwrap_or_default();
    nodes.iter().filter_map(|node| node.filled_str(diagnostics)).map(str::to_string).collect()
}

/// Texts of which each is different.
fn names(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for node in node.filled_list(diagnostics).unwrap_or_default() {
        let Some(name) = node.filled_str(diagnostics) else { continue };
        if found.iter().any(|known| known == name) {
            diagnostics.error(node.span(), "this name stands here twice").help("give each its own name");
        }
        found.push(name.to_string());
    }
    if found.is_empty() { vec![String::new()] } else { found }
}

fn read_network(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Duration> {
    let mut fields = node.record(&shape::NETWORK, diagnostics)?;
    let rtt = fields.required("rtt").and_then(|node| node.duration(diagnostics));
    fields.finish(diagnostics);
    rtt
}

fn read_database(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<(Database, Option<Trial>)> {
    let mut fields = node.record(&shape::DATABASE, diagnostics)?;
    let (schema_node, seed_node) = (fields.required("schema"), fields.optional("seed"));
    let (schema, seed) = (text(schema_node, diagnostics), text(seed_node, diagnostics));
    let latency = fields.optional("latency").and_then(|node| node.duration(diagnostics)).unwrap_or_default();
    fields.finish(diagnostics);
    let trial = Trial::open(&schema, &seed)
        .map_err(|fault| {
            let span = if fault.in_seed { seed_node } else { schema_node }.map_or(node.span(), |node| node.span());
            diagnostics.error(span, fault.message);
        })
        .ok();
    Some((Database { schema, seed, latency }, trial))
}

impl Reader {
    fn step(&mut self, node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Step> {
        let mut fields = node.record(&shape::STEP, diagnostics)?;
        let title = text(fields.required("title"), diagnostics);
        let body = text(fields.optional("text"), diagnostics);
        let mut found: Vec<Entry<'_>> = ACTIONS.iter().filter_map(|key| fields.entry(key)).collect();
        found.sort_by_key(|entry| entry.key.span().start);
        for extra in found.iter().skip(1) {
            let first = found[0].name;
            diagnostics
                .error(extra.key.span(), format!("this step asks for `{first}` already"))
                .help("make it a step of its own");
        }
        if found.is_empty() && body.is_empty() && !fields.has_unknown() {
            diagnostics
                .error(fields.span(), "this step has nothing to read and nothing to do")
                .help(format!("give it `text`, or one of {}", ACTIONS.join(", ")));
        }
        let span = fields.span();
        fields.finish(diagnostics);
        // All of them are read, so that all faults are told; the first one counts.
        let mut actions = found.iter().map(|entry| self.action(entry, diagnostics)).collect::<Vec<_>>().into_iter();
        let action = actions.next().unwrap_or(Some(Action::Read));
        Some(Step { title, text: body, action: action?, span })
    }

    fn action(&mut self, entry: &Entry<'_>, diagnostics: &mut Diagnostics) -> Option<Action> {
        let node = entry.value;
        if entry.name == "advance" {
            return node.duration(diagnostics).map(Action::Advance);
        }
        let record = match entry.name {
            "do" => &shape::DO,
            "predict" => &shape::PREDICT,
            "quiz" => &shape::QUIZ,
            "compare" => &shape::COMPARE,
            _ => &shape::RACE,
        };
        let mut fields = node.record(record, diagnostics)?;
        let action = match entry.name {
            "do" => self.read_do(&mut fields, diagnostics).map(Action::Do),
            "predict" => self.read_predict(&mut fields, diagnostics).map(Action::Predict),
            "quiz" => read_quiz(&mut fields, diagnostics).map(Action::Quiz),
            "compare" => self.read_compare(&mut fields, diagnostics).map(Action::Compare),
            _ => read_race(&mut fields, diagnostics).map(Action::Race),
        };
        fields.finish(diagnostics);
        action
    }

    fn read_do(&mut self, fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Do> {
        let client = self.client(fields, diagnostics);
        let solution = fields.required("solution").map(|node| {
            node.filled_list(diagnostics);
            self.inputs(&node, diagnostics)
        });
        let observe = self.observe(fields, diagnostics);
        let mut known: Vec<String> = observe.iter().map(|observed| observed.name.clone()).collect();
        known.extend(["reply".into(), "keys".into()]);
        let check = fields.required("check").and_then(|node| Check::read(&node, &known, diagnostics));
        let otherwise = text(fields.optional("otherwise"), diagnostics);
        if otherwise.is_empty() && !fields.has_unknown() {
            diagnostics
                .warning(fields.span(), "this step does not say what was expected when its check is not met")
                .help("add `otherwise: a sentence about what should be there`");
        }
        let hints = fields.optional("hints").map(|node| texts(&node, diagnostics)).unwrap_or_default();
        if hints.is_empty() && !fields.has_unknown() {
            diagnostics
                .warning(fields.span(), "this step has no hints")
                .help("add `hints: [a question that helps, the syntax]`; the solution follows them by itself");
        }
        Some(Do { client, solution: solution?, observe, check: check?, otherwise, hints })
    }

    fn read_predict(&mut self, fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Predict> {
        let client = self.client(fields, diagnostics);
        let run = fields.required("run").and_then(|node| self.input(&node, diagnostics));
        let choices = fields.required("choices").and_then(|node| read_choices(&node, diagnostics));
        let because = text(fields.required("because"), diagnostics);
        Some(Predict { client, run: run?, choices: choices?, because })
    }

    fn read_compare(&mut self, fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Compare> {
        let nodes = fields.required("lanes").and_then(|node| node.filled_list(diagnostics)).unwrap_or_default();
        let lanes: Vec<Option<Lane>> = nodes.iter().map(|node| self.lane(node, diagnostics)).collect();
        let known = ["lanes", "target"].map(String::from);
        let expect = fields.optional("expect").map(|node| {
            let check = Check::read(&node, &known, diagnostics);
            if let (Some(check), Some(lanes)) = (&check, lanes.iter().cloned().collect::<Option<Vec<Lane>>>()) {
                super::expect::check_lanes(&node, check, &lanes, diagnostics);
            }
            check
        });
        let expect = match expect {
            Some(check) => Some(check?),
            None => None,
        };
        let lanes: Option<Vec<Lane>> = lanes.into_iter().collect();
        let chart = match fields.optional("chart") {
            Some(node) => Some(Chart::read(&node, lanes.as_deref().unwrap_or_default(), diagnostics)?),
            None => None,
        };
        Some(Compare { lanes: lanes?, expect, chart })
    }

    fn lane(&mut self, node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Lane> {
        let mut fields = node.record(&shape::LANE, diagnostics)?;
        let name = text(fields.required("name"), diagnostics);
        let mut count = |key, most| match fields.optional(key) {
            Some(node) => node.int(1, most, diagnostics).and_then(|n| u32::try_from(n).ok()),
            None => Some(1),
        };
        let (repeat, clients) = (count("repeat", MOST_REPEATS), count("clients", MOST_CLIENTS));
        let pipeline = count("pipeline", MOST_REPEATS);
        let reconnect = fields.optional("reconnect").and_then(|node| node.bool(diagnostics)).unwrap_or(false);
        let rtt = fields.optional("rtt").and_then(|node| node.duration(diagnostics));
        let given = fields.optional("given").map(|node| read_given(&node, diagnostics)).unwrap_or_default();
        let mut lines = |key| fields.optional(key).map(|node| self.inputs(&node, diagnostics)).unwrap_or_default();
        let (before, after) = (lines("before"), lines("after"));
        let nodes = fields.required("steps");
        let known: Vec<String> = given.iter().map(|(name, _)| name.clone()).chain(["i".into()]).collect();
        let steps = nodes.map(|node| read_steps(&node, &known, diagnostics)).unwrap_or_default();
        if let Some(node) = nodes {
            self.keys.of_steps(&steps, node.span());
            for statement in statements_of(&steps) {
                self.statement(&statement, node.span(), node.span(), diagnostics);
            }
            if pipeline.is_some_and(|many| many > 1) && !super::expect::only_commands(&steps) {
                diagnostics
                    .error(node.span(), "a lane with `pipeline` can only send commands, without replies in registers")
                    .help("write its steps as plain `run`s, or leave `pipeline` out");
            }
        }
        let observe = self.observe(&mut fields, diagnostics);
        fields.finish(diagnostics);
        let (repeat, clients, pipeline) = (repeat?, clients?, pipeline?);
        Some(Lane { name, repeat, clients, pipeline, reconnect, rtt, given, before, steps, observe, after })
    }

    fn client(&self, fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> usize {
        let Some(node) = fields.optional("client") else { return 0 };
        let Some(name) = node.str(diagnostics) else { return 0 };
        if let Some(at) = self.clients.iter().position(|client| client == name) {
            return at;
        }
        if self.clients.iter().all(String::is_empty) {
            diagnostics.error(node.span(), "this lesson names no clients").help(format!(
                "add `clients: [{}]` at the top of the lesson",
                crate::resp::printable(name.as_bytes(), 40)
            ));
        } else {
            known_name(name, node.span(), &self.clients, "client", diagnostics);
        }
        0
    }

    fn observe(&mut self, fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> Vec<Observed> {
        let Some(mut map) = fields.optional("observe").and_then(|node| node.map(diagnostics)) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for entry in map.entries() {
            if entry.name == "reply" || entry.name == "keys" {
                let what = if entry.name == "reply" { "the reply to" } else { "the keys of" };
                diagnostics
                    .error(entry.key.span(), format!("`{}` is {what} the last command already", entry.name))
                    .help("take another name");
            }
            if let Some(ask) = self.input(&entry.value, diagnostics) {
                found.push(Observed { name: entry.name.to_string(), ask });
            }
        }
        found
    }

    fn inputs(&mut self, node: &Node<'_>, diagnostics: &mut Diagnostics) -> Vec<Input> {
        let nodes = node.list(diagnostics).unwrap_or_default();
        nodes.iter().filter_map(|node| self.input(node, diagnostics)).collect()
    }

    /// A command line, `sql STATEMENT`, or `{sql: STATEMENT}`.
    fn input(&mut self, node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Input> {
        if node.is_map() {
            let mut fields = node.record(&shape::QUERY, diagnostics)?;
            let entry = fields.entry("sql");
            let found = entry.and_then(|entry| entry.value.filled_str(diagnostics));
            if entry.is_none() && !fields.has_unknown() {
                diagnostics.error(node.span(), "expected a command, or {sql: STATEMENT}");
            }
            fields.finish(diagnostics);
            let found = found?;
            let entry = entry?;
            self.statement(found, entry.key.span(), entry.value.span(), diagnostics);
            return Some(Input::Sql(found.trim().to_string()));
        }
        let line = node.filled_str(diagnostics)?;
        if let Some(statement) = statement(line.trim()) {
            self.statement(statement, node.within(0, 3), node.span(), diagnostics);
        } else if let Err(complaint) = validate(line) {
            diagnostics.error(word_at(node, line, complaint.at), complaint.message);
        }
        let input = Input::typed(line, true).ok()?;
        self.keys.of_input(&input, node.span());
        Some(input)
    }

    /// Notes what is wrong with a statement: `key` is where the file says that it is one.
    fn statement(&mut self, statement: &str, key: Span, span: Span, diagnostics: &mut Diagnostics) {
        if !self.database {
            diagnostics
                .error(key, "this lesson has no database")
                .help("add `database: {schema: CREATE TABLE …}` at its top");
        }
        if let Some(message) = self.trial.as_mut().and_then(|trial| trial.fault(statement)) {
            diagnostics.error(span, message);
        }
    }
}

/// The place of the word that starts at a byte of a line.
fn word_at(node: &Node<'_>, line: &str, at: usize) -> Span {
    let rest = line.get(at..).unwrap_or_default();
    let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
    node.within(at, at + length)
}

/// Registers that a lane starts with: whole numbers, or texts.
fn read_given(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Vec<(String, Datum)> {
    let Some(mut map) = node.map(diagnostics) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in map.entries() {
        if entry.name == "i" {
            diagnostics.error(entry.key.span(), "`i` counts the repetitions already").help("take another name");
        }
        if let Some(text) = entry.value.scalar_text(diagnostics) {
            let datum = text.parse().map_or_else(|_| Datum::text(text), Datum::Int);
            found.push((entry.name.to_string(), datum));
        }
    }
    found
}

fn read_choices(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<Choice>> {
    let nodes = at_least_two(node, diagnostics)?;
    let choices: Vec<Option<Choice>> = nodes.iter().map(|node| read_choice(node, diagnostics)).collect();
    choices.into_iter().collect()
}

fn at_least_two<'a>(node: &Node<'a>, diagnostics: &mut Diagnostics) -> Option<Vec<Node<'a>>> {
    let nodes = node.filled_list(diagnostics)?;
    if nodes.len() < 2 {
        diagnostics.error(node.span(), "one choice is none").help("offer at least two");
    }
    Some(nodes)
}

fn read_choice(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Choice> {
    if !node.is_map() {
        return node.scalar_text(diagnostics).map(|text| Choice { text, is: None });
    }
    let mut fields = node.record(&shape::CHOICE, diagnostics)?;
    let words = fields.required("text").and_then(|node| node.scalar_text(diagnostics));
    let is = fields.required("is").and_then(|node| Check::read(&node, &["reply".to_string()], diagnostics));
    fields.finish(diagnostics);
    Some(Choice { text: words?, is: Some(is?) })
}

fn read_quiz(fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Quiz> {
    let question = text(fields.required("question"), diagnostics);
    let nodes = fields.required("choices").and_then(|node| at_least_two(&node, diagnostics)).unwrap_or_default();
    let choices: Vec<String> = nodes.iter().filter_map(|node| node.scalar_text(diagnostics)).collect();
    let because = text(fields.required("because"), diagnostics);
    let answer = fields.required("answer").and_then(|node| {
        let last = i64::try_from(choices.len()).unwrap_or(i64::MAX) - 1;
        let found = node.int(i64::MIN, i64::MAX, diagnostics)?;
        if !choices.is_empty() && !(0..=last).contains(&found) {
            diagnostics
                .error(node.span(), format!("there is no choice {found}"))
                .help(format!("choices count from 0, so the last one here is {last}"));
        }
        usize::try_from(found).ok()
    });
    Some(Quiz { question, choices, answer: answer?, because })
}

fn read_race(fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Race> {
    let named = fields.required("scenario");
    let span = named.map_or(fields.span(), |node| node.span());
    let scenario = text(named, diagnostics);
    let variant = fields.optional("variant").and_then(|node| node.filled_str(diagnostics)).map(str::to_string);
    let goal = match fields.optional("goal") {
        None => Goal::Play,
        Some(node) => {
            let goals =
                [("play", Goal::Play), ("violate", Goal::Violate), ("hold", Goal::Hold), ("explore", Goal::Explore)];
            let word = node.str(diagnostics)?;
            match goals.iter().find(|(name, _)| *name == word) {
                Some((_, goal)) => *goal,
                None => {
                    let known: Vec<String> = goals.iter().map(|(name, _)| (*name).to_string()).collect();
                    diagnostics
                        .error(node.span(), format!("unknown goal `{}`", crate::resp::printable(word.as_bytes(), 40)))
                        .help(format!("a goal is one of {}", known.join(", ")));
                    return None;
                }
            }
        }
    };
    Some(Race { scenario, variant, goal, span })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Library, Source};

    fn lines(text: &str) -> (Option<Lesson>, Vec<String>) {
        let mut item = Library::built_in().lessons().next().unwrap().clone();
        item.source = Source::new("a.yaml", text.into()).unwrap().into();
        let (lesson, diagnostics) = read(&item);
        (lesson, diagnostics.lines())
    }

    #[test]
    fn a_lesson_says_which_keys_it_uses() {
        let text = "title: a\nsummary: b\nsetup: [MSET k:1 x 'k:*' y]\nsteps:\n  - title: c\n    compare:\n      lanes:\n        - name: d\n          before: [DEL other]\n          steps:\n            - SET k:{{ i }}:z v\n            - eval: {script: return 1, keys: ['e:{{ client }}'], args: [x]}\n            - if: i == 1\n              then: [{transaction: [INCR t, INCR 'u v']}]\n";
        let (lesson, told) = lines(text);
        let lesson = lesson.unwrap_or_else(|| panic!("{told:?}"));
        assert_eq!(lesson.keys_used(), ["e:*", "k:*:z", "k:1", "k:\\*", "other", "t", "u v"]);
        let (_, told) = lines(&text.replace("setup", "keys: ['k:*', '[et]*']\nsetup"));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("the key `other`") && told[1].contains("the key `u v`"), "{told:?}");
    }

    #[test]
    fn the_last_hint_is_the_solution() {
        let text = "title: a\nsummary: b\nsteps:\n  - title: c\n    do: {solution: [GET a, SET a 1], check: reply == 'OK', otherwise: d, hints: [e, f]}\n";
        let (lesson, told) = lines(text);
        assert!(told.is_empty(), "{told:?}");
        let Some(Action::Do(step)) = lesson.map(|mut lesson| lesson.steps.remove(0).action) else { panic!() };
        assert_eq!(step.rungs(), 3);
        assert_eq!(step.hint(0), None);
        assert_eq!(step.hint(2), Some(("f".into(), None)));
        assert_eq!(step.hint(3), Some(("GET a\nSET a 1".into(), Some("GET a".into()))));
        assert_eq!(step.hint(4), None);
    }

    #[test]
    fn what_is_missing_or_out_of_place_is_told() {
        let text = "title: a\nsummary: b\nsteps:\n\
            \x20 - title: c\n\
            \x20 - title: d\n    do: {client: bob, solution: [sql SELECT 1], observe: {reply: GET a}, check: reply}\n\
            \x20 - title: e\n    predict: {run: GET a, choices: [x], because: f, is: 3}\n\
            \x20 - title: g\n    compare:\n      lanes:\n        - {name: h, pipeline: 10, steps: [{run: GET a, as: n}], observe: {m: GET a}}\n      expect: lanes[1].p50 < lanes[0].p05 and lanes[0].observed.n\n\
            \x20 - title: i\n    compare:\n      lanes: [{name: h, steps: [GET a]}]\n      expect: >-\n        lanes[0].total < 3\n        and lanes[0].quries == 1\n\
            \x20 - title: j\n    race: {scenario: lost-update, goal: explod}\n\
            \x20 - not a step\n";
        let (lesson, told) = lines(text);
        assert!(lesson.is_none());
        insta::assert_snapshot!(told.join("\n"), @r"
        a.yaml:4:5: error: this step has nothing to read and nothing to do (give it `text`, or one of do, predict, quiz, compare, advance, race)
        a.yaml:6:9: warning: this step does not say what was expected when its check is not met (add `otherwise: a sentence about what should be there`)
        a.yaml:6:9: warning: this step has no hints (add `hints: [a question that helps, the syntax]`; the solution follows them by itself)
        a.yaml:6:18: error: this lesson names no clients (add `clients: [bob]` at the top of the lesson)
        a.yaml:6:34: error: this lesson has no database (add `database: {schema: CREATE TABLE …}` at its top)
        a.yaml:6:59: error: `reply` is the reply to the last command already (take another name)
        a.yaml:8:36: error: one choice is none (offer at least two)
        a.yaml:8:53: error: unknown key `is` (the keys here are `client`, `run`, `choices`, `because`)
        a.yaml:12:42: error: a lane with `pipeline` can only send commands, without replies in registers (write its steps as plain `run`s, or leave `pipeline` out)
        a.yaml:13:21: error: there is no lane 1 (lanes count from 0, so the last one here is 0)
        a.yaml:13:39: error: there is no measure `p05` (did you mean `p50`?)
        a.yaml:13:65: error: there is no observed name `n` (the names here are m)
        a.yaml:19:22: error: there is no measure `quries` (did you mean `queries`?)
        a.yaml:21:41: error: unknown goal `explod` (a goal is one of play, violate, hold, explore)
        a.yaml:22:5: error: expected a map, found text
        ");
    }
}
