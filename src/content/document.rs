//! A file as a model with places: values from serde_yaml, spans from the parser's events.

use std::collections::HashSet;
use std::sync::Arc;

use serde_yaml::Value;

use super::diagnostic::Diagnostics;
use super::source::{Source, Span};
use super::tree::{self, Id, Shape, Spot, Tree};

/// A parsed file.
#[derive(Clone, Debug)]
pub struct Document {
    source: Arc<Source>,
    tree: Tree,
}

impl Document {
    /// Parses a file. `None` where its YAML cannot be read; the diagnostics say why, and may warn in either case.
    pub fn parse(source: &Arc<Source>) -> (Option<Document>, Diagnostics) {
        let mut diagnostics = Diagnostics::new(source.clone());
        let Some(mut tree) = tree::read(source, &mut diagnostics) else { return (None, diagnostics) };
        find_braces_and_doubles(&tree, source, &mut diagnostics);
        if diagnostics.has_errors() {
            return (None, diagnostics);
        }
        let value = match serde_yaml::from_str::<Value>(source.text()) {
            Ok(value) => value,
            Err(error) => {
                refused(source, &error, &mut diagnostics);
                return (None, diagnostics);
            }
        };
        let root = tree.spots.len() - 1;
        let mut done = vec![false; tree.spots.len()];
        if !attach(&mut tree, root, &value, &mut done, &mut diagnostics) {
            return (None, diagnostics);
        }
        merge(&mut tree, &mut diagnostics);
        if diagnostics.has_errors() {
            return (None, diagnostics);
        }
        (Some(Document { source: source.clone(), tree }), diagnostics)
    }

    /// The file.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The node that is the whole of it.
    pub(super) fn root_id(&self) -> Id {
        self.tree.spots.len() - 1
    }

    pub(super) fn spot(&self, id: Id) -> &Spot {
        &self.tree.spots[id]
    }
}

/// What serde_yaml refuses although the parser of events did not.
fn refused(source: &Source, error: &serde_yaml::Error, diagnostics: &mut Diagnostics) {
    let message = crate::resp::printable(error.to_string().as_bytes(), 300);
    match error.location() {
        Some(location) => {
            let at = location.index().min(source.text().len());
            diagnostics.error(Span::new(at, at + 1), format!("this is not YAML: {message}"));
        }
        None => {
            diagnostics.file_error(format!("this is not YAML: {message}"));
        }
    }
}

/// `say: {{ n }}` without quotes is a map with a map as its key; and a key that stands twice hides one of the two.
fn find_braces_and_doubles(tree: &Tree, source: &Source, diagnostics: &mut Diagnostics) {
    for spot in &tree.spots {
        let Shape::Map(pairs) = &spot.shape else { continue };
        let mut seen = HashSet::new();
        for (key, _) in pairs {
            let key = &tree.spots[*key];
            match &key.shape {
                Shape::Leaf(Value::String(name)) => {
                    if !seen.insert(name.as_str()) {
                        let shown = crate::resp::printable(name.as_bytes(), 60);
                        diagnostics
                            .error(key.span, format!("the key `{shown}` stands here twice"))
                            .help("remove one of the two, or give it another name");
                    }
                }
                _ if source.slice(spot.span).starts_with("{{") => {
                    diagnostics
                        .error(spot.span, "{{ … }} without quotes is read as a map")
                        .help("put quotes around the value: '{{ name }}'");
                }
                _ => {
                    diagnostics
                        .error(key.span, "a list or a map cannot be a key")
                        .help("keys are words; put quotes around what is meant as text");
                }
            }
        }
    }
}

/// Gives the leaves the values that the model has for them. False (and noted) where the two readings differ.
fn attach(tree: &mut Tree, id: Id, value: &Value, done: &mut [bool], diagnostics: &mut Diagnostics) -> bool {
    if std::mem::replace(&mut done[id], true) {
        return true;
    }
    let span = tree.spots[id].span;
    let shape = tree.spots[id].shape.clone();
    let children: Vec<(Id, &Value)> = match (&shape, value) {
        (Shape::List(ids), Value::Sequence(values)) if ids.len() == values.len() => {
            ids.iter().copied().zip(values).collect()
        }
        (Shape::Map(pairs), Value::Mapping(map)) if pairs.len() == map.len() => {
            pairs.iter().zip(map).flat_map(|((k, v), (key, value))| [(*k, key), (*v, value)]).collect()
        }
        (Shape::Leaf(_), Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            tree.spots[id].shape = Shape::Leaf(value.clone());
            return true;
        }
        _ => {
            diagnostics
                .error(span, "this can be read in more than one way")
                .help("write it more plainly: quote texts, and keep one style of indentation");
            return false;
        }
    };
    children.into_iter().all(|(child, value)| attach(tree, child, value, done, diagnostics))
}

/// Resolves merge keys: `<<: *base` brings the entries of the base that the map has not itself. Children stand before
/// their parents, so one pass is enough.
fn merge(tree: &mut Tree, diagnostics: &mut Diagnostics) {
    for id in 0..tree.spots.len() {
        let Shape::Map(pairs) = &tree.spots[id].shape else { continue };
        let is_merge = |key: Id| {
            matches!(&tree.spots[key].shape, Shape::Leaf(Value::String(name)) if name == "<<") && tree.spots[key].plain
        };
        if !pairs.iter().any(|(key, _)| is_merge(*key)) {
            continue;
        }
        let mut merged: Vec<(Id, Id)> = pairs.iter().copied().filter(|(key, _)| !is_merge(*key)).collect();
        let bases =
            pairs.iter().filter(|(key, _)| is_merge(*key)).flat_map(|(_, base)| match &tree.spots[*base].shape {
                Shape::List(bases) => bases.clone(),
                _ => vec![*base],
            });
        let mut names: HashSet<Option<&Value>> = merged.iter().map(|(key, _)| name(tree, *key)).collect();
        for base in bases {
            let Shape::Map(more) = &tree.spots[base].shape else {
                diagnostics
                    .error(tree.spots[base].span, "`<<` merges a map, and this is none")
                    .help("write `<<: *name` with the anchor of a map, or a list of them");
                continue;
            };
            merged.extend(more.iter().filter(|(key, _)| names.insert(name(tree, *key))));
        }
        tree.spots[id].shape = Shape::Map(merged);
    }
}

fn name(tree: &Tree, id: Id) -> Option<&Value> {
    match &tree.spots[id].shape {
        Shape::Leaf(value) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::node::Node;
    use super::*;

    fn parse(text: &str) -> (Option<Document>, Vec<String>) {
        let source = Arc::new(Source::new("a.yaml", text.into()).unwrap());
        let (document, diagnostics) = Document::parse(&source);
        (document, diagnostics.lines())
    }

    #[test]
    fn values_know_where_they_stand_also_behind_aliases_and_merges() {
        let text = "base: &b\n  a: 1\n  b: x\nuse: *b\nmore:\n  <<: *b\n  b: 'yes'\n";
        let (document, faults) = parse(text);
        let document = document.unwrap();
        assert_eq!(faults, Vec::<String>::new());
        let mut diagnostics = Diagnostics::new(document.source().clone());
        let mut root = document.root().map(&mut diagnostics).unwrap();
        let at = |node: Node<'_>| {
            let place = document.source().place(node.span().start);
            (place.line, place.column)
        };
        let mut used = root.required("use").unwrap().map(&mut diagnostics).unwrap();
        assert_eq!(at(used.required("b").unwrap()), (3, 6));
        let mut more = root.required("more").unwrap().map(&mut diagnostics).unwrap();
        assert_eq!(more.required("a").unwrap().int(0, 9, &mut diagnostics), Some(1));
        let own = more.required("b").unwrap();
        assert_eq!((own.as_str(), at(own)), (Some("yes"), (7, 6)));
        assert_eq!(document.source().slice(own.within(1, 3)), "es");
    }

    #[test]
    fn a_reader_notes_all_faults() {
        let (document, _) = parse("ttile: a\nsteps: text\nn: 1.5\nwait: 10\nextra: 1\n");
        let document = document.unwrap();
        let mut diagnostics = Diagnostics::new(document.source().clone());
        let mut root = document.root().map(&mut diagnostics).unwrap();
        root.required("title");
        root.required("id");
        root.required("steps").unwrap().list(&mut diagnostics);
        root.optional("n").unwrap().int(0, 9, &mut diagnostics);
        root.optional("wait").unwrap().duration(&mut diagnostics);
        root.finish(&mut diagnostics);
        insta::assert_snapshot!(diagnostics.lines().join("\n"), @r"
        a.yaml:1:1: error: unknown key `ttile` (did you mean `title`?)
        a.yaml:1:1: error: the key `id` is missing (add `id:` here)
        a.yaml:2:8: error: expected a list, found text
        a.yaml:3:4: error: expected a whole number, found the number 1.5
        a.yaml:4:7: error: a duration needs a unit: 10ms or 10s
        a.yaml:5:1: error: unknown key `extra` (the keys here are `title`, `id`, `steps`, `n`, `wait`)
        ");
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..30 {
            bomb += &format!("a{n}: &a{n} [*a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}]\n", p = n - 1);
        }
        let deep = "[".repeat(10_000);
        let deep_block: String = (0..200).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        let cases = [
            "a: [1, 2\nb: 3\n",
            "say: {{ n }}\n",
            "say: {{ n }} more\n",
            "a: 1\na: 2\n",
            "a: b: c\n",
            "a:\n\tb: 1\n",
            "a: 1\n---\nb: 2\n",
            "a: !thing x\n",
            "a: !thing {b: 1}\n",
            "a: &a [*a]\n",
            "a: *nobody\n",
            "? [1, 2]\n: x\n",
            "",
            "# nothing\n",
            "a: \u{1}\n",
            "a: 'never closed\n",
            "a: \u{0}b",
            "%YAML 9.9\n---\na: 1\n",
            &bomb,
            &deep,
            &deep_block,
        ];
        let told: Vec<String> = cases
            .iter()
            .map(|text| {
                let (document, faults) = parse(text);
                format!("{} {}", if document.is_some() { "read" } else { "----" }, faults.join(" / "))
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        ---- a.yaml:2:2: error: this is not YAML: illegal placement of ':' indicator (check quotes, brackets and the indentation of this line and the one before it)
        ---- a.yaml:1:6: error: {{ … }} without quotes is read as a map (put quotes around the value: '{{ name }}')
        ---- a.yaml:1:14: error: this is not YAML: while parsing a block mapping, did not find expected key (put quotes around a value that starts with {{, as in '{{ name }}')
        ---- a.yaml:2:1: error: the key `a` stands here twice (remove one of the two, or give it another name)
        ---- a.yaml:1:5: error: this is not YAML: mapping values are not allowed in this context (a colon and a space start a map: put quotes around text that holds them)
        ---- a.yaml:2:2: error: this is not YAML: tabs disallowed within this context (block indentation) (indent with spaces: YAML allows no tabs there)
        ---- a.yaml:2:1: error: a second document starts here (keep one document (---) in a file)
        ---- a.yaml:1:4: error: the tag !thing means nothing here (write the value without it)
        ---- a.yaml:1:4: error: the tag !thing means nothing here (write the value without it)
        ---- a.yaml:1:8: error: this alias stands inside what it names (an anchor (&name) has to be complete before its alias (*name))
        ---- a.yaml:1:4: error: this is not YAML: while parsing node, found unknown anchor (put quotes around text that starts with *; an alias (*name) needs its anchor (&name) above it)
        ---- a.yaml:1:3: error: a list or a map cannot be a key (keys are words; put quotes around what is meant as text)
        ---- a.yaml: error: the file is empty (a lesson starts with `title:`, a scenario too)
        ---- a.yaml: error: the file is empty (a lesson starts with `title:`, a scenario too)
        ---- a.yaml:1:4: error: the control character \x01 cannot stand in a YAML file (write it inside double quotes as an escape, such as "\x1b")
        ---- a.yaml:1:4: error: this is not YAML: while scanning a quoted scalar, found unexpected end of stream (check quotes, brackets and the indentation of this line and the one before it)
        ---- a.yaml:1:4: error: the control character \x00 cannot stand in a YAML file (write it inside double quotes as an escape, such as "\x1b")
        ---- a.yaml:1:1: error: this is not YAML: found incompatible YAML document
        ---- a.yaml:7:5: error: with its aliases written out this file would be enormous (aliases (*name) of aliases multiply: write the parts out, or use fewer)
        ---- a.yaml:1:256: error: this is not YAML: recursion limit exceeded (check quotes, brackets and the indentation of this line and the one before it)
        ---- a.yaml:61:61: error: lists and maps are nested more than 60 deep (no lesson or scenario needs that: look for brackets that are not closed)
        "#);
    }

    #[test]
    fn large_files_take_no_more_than_their_share() {
        let most = crate::content::MOST_BYTES / 8;
        let cases = [
            "a: 1\n".repeat(most / 5),
            "[a, ".repeat(50) + &"x, ".repeat(most / 4),
            format!("[{}]", "x,".repeat(most / 2 - 2)),
            format!("[{}]", "{a: 1},".repeat(most / 8)),
            "- x\n".repeat(most / 4),
            (0..10_000).map(|n| format!("k{n}: 1\n")).collect(),
            "&a ".repeat(most / 3),
            "a: '".to_string() + &"x ".repeat(most / 2 - 4),
            "!".repeat(most),
            "- {{ x }}\n".repeat(most / 10),
            "x".repeat(most),
        ];
        for text in cases {
            let start = std::time::Instant::now();
            let (document, _) = parse(&text);
            if let Some(document) = document {
                let mut diagnostics = Diagnostics::new(document.source().clone());
                if let Some(fields) = document.root().map(&mut diagnostics) {
                    fields.finish(&mut diagnostics);
                }
            }
            let first: String = text.chars().take(20).collect();
            // Work that grows with the square of a file's length would take minutes.
            assert!(start.elapsed().as_secs() < 10, "{first:?} takes {:?}", start.elapsed());
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic() {
        let pieces = [
            "a", ":", " ", "\n", "- ", "[", "]", "{", "}", "&x ", "*x ", "'", "\"", "|", ">", "\t", "é", "#", "!",
            "<<: ",
        ];
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..6_000 {
            let text: String = (0..random.usize(1..24)).map(|_| *random.choice(pieces.iter()).unwrap()).collect();
            let source = Arc::new(Source::new("a.yaml", text.clone().into()).unwrap());
            let (document, diagnostics) = Document::parse(&source);
            assert!(document.is_some() || diagnostics.has_errors(), "{text:?}");
            diagnostics.render(false);
            if let Some(document) = document {
                document.root().value();
            }
        }
    }
}
