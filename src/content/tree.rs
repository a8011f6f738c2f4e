//! Where everything stands: a file's structure with spans, from the parser's events. An alias is the same node as its
//! anchor, so it points to where the text stands.

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};
use serde_yaml::Value;

use super::diagnostic::Diagnostics;
use super::source::{Source, Span};

/// How deep lists and maps may be nested.
const MOST_DEEP: usize = 60;
/// How many nodes a file may have once its aliases are written out.
const MOST_NODES: u64 = 200_000;

/// A node's place in the tree.
pub type Id = usize;

/// What a node is.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A scalar; its value is attached from the model.
    Leaf(Value),
    /// A list.
    List(Vec<Id>),
    /// A map, in the order of the file.
    Map(Vec<(Id, Id)>),
}

/// A node and where it stands.
#[derive(Clone, Debug)]
pub struct Spot {
    /// Where: the whole scalar; the first line of a list or map.
    pub span: Span,
    /// What.
    pub shape: Shape,
    /// Whether the scalar is written without quotes.
    pub plain: bool,
    /// How many nodes it is with aliases written out.
    weight: u64,
}

/// A file's structure. The last node is the root.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The nodes; children stand before their parents.
    pub spots: Vec<Spot>,
}

/// A list or map that is not closed yet.
struct Open {
    anchor: usize,
    map: bool,
    start: usize,
    children: Vec<Id>,
}

struct Builder<'s> {
    source: &'s Source,
    offsets: Vec<usize>,
    tree: Tree,
    open: Vec<Open>,
    anchors: std::collections::HashMap<usize, Id>,
    root: Option<Id>,
}

/// Reads a file's structure; `None` where a fault makes it unreadable, which is noted.
pub fn read(source: &Source, diagnostics: &mut Diagnostics) -> Option<Tree> {
    if let Some((at, c)) =
        source.text().char_indices().find(|(_, c)| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        let shown = crate::resp::printable(c.to_string().as_bytes(), 1);
        diagnostics
            .error(
                Span::new(at, at + c.len_utf8()),
                format!("the control character {shown} cannot stand in a YAML file"),
            )
            .help("write it inside double quotes as an escape, such as \"\\x1b\"");
        return None;
    }
    let offsets = source.text().char_indices().map(|(at, _)| at).chain([source.text().len()]).collect();
    let mut builder = Builder {
        source,
        offsets,
        tree: Tree::default(),
        open: Vec::new(),
        anchors: std::collections::HashMap::new(),
        root: None,
    };
    let mut parser = Parser::new_from_str(source.text());
    loop {
        match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((event, span))) => {
                let span = Span::new(builder.byte(span.start.index()), builder.byte(span.end.index()));
                builder.event(event, span, diagnostics)?;
            }
            Some(Err(error)) => {
                let at = builder.byte(error.marker().index());
                syntax_error(source, at, &error, diagnostics);
                return None;
            }
        }
    }
    if builder.root.is_none() {
        diagnostics.file_error("the file is empty").help("a lesson starts with `title:`, a scenario too");
    }
    builder.root.map(|_| builder.tree)
}

impl Builder<'_> {
    fn byte(&self, character: usize) -> usize {
        self.offsets.get(character).copied().unwrap_or(self.source.text().len())
    }

    /// Takes one event; `None` ends the reading.
    fn event(&mut self, event: Event<'_>, span: Span, diagnostics: &mut Diagnostics) -> Option<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span, diagnostics);
                let span = self.trimmed(span, style);
                let plain = style == ScalarStyle::Plain;
                let leaf = Shape::Leaf(Value::String(text.into_owned()));
                self.push(Spot { span, shape: leaf, plain, weight: 1 }, anchor, diagnostics)
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span, diagnostics);
                self.enter(anchor, false, span, diagnostics)
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span, diagnostics);
                self.enter(anchor, true, span, diagnostics)
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(diagnostics),
            Event::Alias(anchor) => {
                let Some(&id) = self.anchors.get(&anchor) else {
                    diagnostics
                        .error(span, "this alias stands inside what it names")
                        .help("an anchor (&name) has to be complete before its alias (*name)");
                    return None;
                };
                self.attach(id, span, diagnostics)
            }
            Event::DocumentStart(_) if self.root.is_some() => {
                diagnostics.error(span, "a second document starts here").help("keep one document (---) in a file");
                None
            }
            _ => Some(()),
        }
    }

    fn refuse_tag(&self, tag: Option<&saphyr_parser::Tag>, span: Span, diagnostics: &mut Diagnostics) {
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
            let shown = crate::resp::printable(tag.to_string().as_bytes(), 40);
            diagnostics.error(span, format!("the tag {shown} means nothing here")).help("write the value without it");
        }
    }

    /// The parser's spans of plain and block scalars may include the white space that follows.
    fn trimmed(&self, span: Span, style: ScalarStyle) -> Span {
        let text = self.source.slice(span);
        match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => span,
            _ => Span::new(span.start, span.start + text.trim_end().len()),
        }
    }

    fn enter(&mut self, anchor: usize, map: bool, span: Span, diagnostics: &mut Diagnostics) -> Option<()> {
        if self.open.len() >= MOST_DEEP {
            diagnostics
                .error(span, format!("lists and maps are nested more than {MOST_DEEP} deep"))
                .help("no lesson or scenario needs that: look for brackets that are not closed");
            return None;
        }
        self.open.push(Open { anchor, map, start: span.start, children: Vec::new() });
        Some(())
    }

    fn leave(&mut self, diagnostics: &mut Diagnostics) -> Option<()> {
        let Open { anchor, map, start, children } = self.open.pop()?;
        let weight = children.iter().fold(1u64, |sum, id| sum.saturating_add(self.tree.spots[*id].weight));
        let span = self.source.rest_of_line(start);
        let shape = match map {
            true => Shape::Map(children.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()),
            false => Shape::List(children),
        };
        self.push(Spot { span, shape, plain: false, weight }, anchor, diagnostics)
    }

    fn push(&mut self, spot: Spot, anchor: usize, diagnostics: &mut Diagnostics) -> Option<()> {
        let span = spot.span;
        let id = self.tree.spots.len();
        self.tree.spots.push(spot);
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
        self.attach(id, span, diagnostics)
    }

    fn attach(&mut self, id: Id, span: Span, diagnostics: &mut Diagnostics) -> Option<()> {
        if self.tree.spots[id].weight > MOST_NODES {
            diagnostics
                .error(span, "with its aliases written out this file would be enormous")
                .help("aliases (*name) of aliases multiply: write the parts out, or use fewer");
            return None;
        }
        match self.open.last_mut() {
            Some(open) => open.children.push(id),
            None => self.root = Some(id),
        }
        Some(())
    }
}

/// What the parser says, and what it most often means.
fn syntax_error(source: &Source, at: usize, error: &ScanError, diagnostics: &mut Diagnostics) {
    let line = source.slice(source.line_of(at));
    // An error found at a line's start is the fault of the line before it, but the place is where reading stopped.
    let span = Span::new(at, at + source.text()[at..].chars().next().map_or(0, char::len_utf8));
    let info = crate::resp::printable(error.info().as_bytes(), 200);
    let before = &line[..at.saturating_sub(source.line_of(at).start).min(line.len())];
    let help = if has_bare_braces(line) {
        "put quotes around a value that starts with {{, as in '{{ name }}'".into()
    } else if line.trim_start_matches(' ').starts_with('\t') || before.contains('\t') {
        "indent with spaces: YAML allows no tabs there".into()
    } else if info.contains("unknown anchor") {
        "put quotes around text that starts with *; an alias (*name) needs its anchor (&name) above it".into()
    } else if info.contains("flow mapping") && line.contains("{{") {
        "inside of { } and [ ], text that holds {{ … }} needs quotes: 'SET k {{ n }}'".into()
    } else if info.contains("mapping values") || line.matches(": ").count() > 1 {
        "a colon and a space start a map: put quotes around text that holds them".into()
    } else {
        "check quotes, brackets and the indentation of this line and the one before it".to_string()
    };
    diagnostics.error(span, format!("this is not YAML: {info}")).help(help);
}

/// Whether a line has a value that starts with `{{` and no quotes before it.
pub fn has_bare_braces(line: &str) -> bool {
    line.find("{{").is_some_and(|at| {
        let before = line[..at].trim_end();
        before.is_empty() || before.ends_with([':', '-', '[', ','])
    })
}
