//! A cursor over a document, for readers that note all faults and go on.

use std::time::Duration;

use serde_yaml::Value;

use super::diagnostic::Diagnostics;
use super::document::Document;
use super::duration::parse_duration;
use super::locate::locate;
use super::source::{Source, Span};
use super::tree::{Id, Shape};

/// One node of a document. The readers below note a wrong type and answer `None`.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    document: &'a Document,
    id: Id,
}

impl Document {
    /// The whole of it.
    pub fn root(&self) -> Node<'_> {
        Node::new(self, self.root_id())
    }
}

impl<'a> Node<'a> {
    pub(super) fn new(document: &'a Document, id: Id) -> Node<'a> {
        Node { document, id }
    }

    /// Where it stands: a whole scalar, the first line of a list or map.
    pub fn span(&self) -> Span {
        self.document.spot(self.id).span
    }

    /// The file that it stands in.
    pub fn source(&self) -> &'a Source {
        self.document.source()
    }

    fn shape(&self) -> &'a Shape {
        &self.document.spot(self.id).shape
    }

    /// Whether it is a scalar that is not none.
    pub fn is_scalar(&self) -> bool {
        matches!(self.shape(), Shape::Leaf(value) if *value != Value::Null)
    }

    /// Whether it is text.
    pub fn is_str(&self) -> bool {
        self.as_str().is_some()
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.shape(), Shape::List(_))
    }

    /// Whether it is a map.
    pub fn is_map(&self) -> bool {
        matches!(self.shape(), Shape::Map(_))
    }

    /// Whether it is a map with this key.
    pub fn has(&self, key: &str) -> bool {
        let Shape::Map(pairs) = self.shape() else { return false };
        pairs.iter().any(|(name, _)| Node::new(self.document, *name).as_str() == Some(key))
    }

    /// Its text, where it is text.
    pub fn as_str(&self) -> Option<&'a str> {
        match self.shape() {
            Shape::Leaf(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match self.shape() {
            Shape::Leaf(Value::Null) => "nothing",
            Shape::Leaf(Value::Bool(_)) => "true or false",
            Shape::Leaf(Value::Number(_)) => "a number",
            Shape::Leaf(_) => "text",
            Shape::List(_) => "a list",
            Shape::Map(_) => "a map",
        }
    }

    /// Notes that something else was expected here.
    pub fn unexpected(&self, expected: &str, diagnostics: &mut Diagnostics) {
        let found = match self.shape() {
            Shape::Leaf(Value::Number(number)) => format!("the number {number}"),
            _ => self.kind().to_string(),
        };
        diagnostics.error(self.span(), format!("expected {expected}, found {found}"));
    }

    /// Text. A number or true and false are none: quotes make them text.
    pub fn str(&self, diagnostics: &mut Diagnostics) -> Option<&'a str> {
        let found = self.as_str();
        if found.is_none() {
            diagnostics.error(self.span(), format!("expected text, found {}", self.kind())).help(if self.is_scalar() {
                "put quotes around it to make it text"
            } else {
                ""
            });
        }
        found
    }

    /// Text that is not empty.
    pub fn filled_str(&self, diagnostics: &mut Diagnostics) -> Option<&'a str> {
        let text = self.str(diagnostics)?;
        if text.trim().is_empty() {
            diagnostics.error(self.span(), "this text is empty");
            return None;
        }
        Some(text)
    }

    /// Any scalar as the text that stands in the file: `5` is `"5"`, `true` is `"true"`.
    pub fn scalar_text(&self, diagnostics: &mut Diagnostics) -> Option<String> {
        match self.shape() {
            Shape::Leaf(Value::String(text)) => Some(text.clone()),
            Shape::Leaf(Value::Bool(_) | Value::Number(_)) => Some(self.source().slice(self.span()).to_string()),
            _ => {
                self.unexpected("text", diagnostics);
                None
            }
        }
    }

    /// A whole number within bounds.
    pub fn int(&self, least: i64, most: i64, diagnostics: &mut Diagnostics) -> Option<i64> {
        let Shape::Leaf(Value::Number(number)) = self.shape() else {
            self.unexpected("a whole number", diagnostics);
            return None;
        };
        match number.as_i64() {
            Some(number) if (least..=most).contains(&number) => Some(number),
            Some(_) => {
                diagnostics.error(self.span(), format!("this number has to be from {least} to {most}"));
                None
            }
            None => {
                self.unexpected("a whole number", diagnostics);
                None
            }
        }
    }

    /// True or false.
    pub fn bool(&self, diagnostics: &mut Diagnostics) -> Option<bool> {
        match self.shape() {
            Shape::Leaf(Value::Bool(value)) => Some(*value),
            _ => {
                self.unexpected("true or false", diagnostics);
                None
            }
        }
    }

    /// A duration such as `40ms`, `10s`, `1m`.
    pub fn duration(&self, diagnostics: &mut Diagnostics) -> Option<Duration> {
        let text = self.scalar_text(diagnostics)?;
        match parse_duration(&text) {
            Ok(duration) => Some(duration),
            Err(why) => {
                diagnostics.error(self.span(), why);
                None
            }
        }
    }

    /// A list.
    pub fn list(&self, diagnostics: &mut Diagnostics) -> Option<Vec<Node<'a>>> {
        match self.shape() {
            Shape::List(ids) => Some(ids.iter().map(|id| Node::new(self.document, *id)).collect()),
            _ => {
                self.unexpected("a list", diagnostics);
                None
            }
        }
    }

    /// A list with something in it.
    pub fn filled_list(&self, diagnostics: &mut Diagnostics) -> Option<Vec<Node<'a>>> {
        let list = self.list(diagnostics)?;
        if list.is_empty() {
            diagnostics.error(self.span(), "this list is empty");
            return None;
        }
        Some(list)
    }

    /// The keys and values of a map, as they stand in the file.
    pub(super) fn pairs(&self, diagnostics: &mut Diagnostics) -> Option<Vec<(Node<'a>, Node<'a>)>> {
        let Shape::Map(pairs) = self.shape() else {
            self.unexpected("a map", diagnostics);
            return None;
        };
        let node = |id: &Id| Node::new(self.document, *id);
        Some(pairs.iter().map(|(key, value)| (node(key), node(value))).collect())
    }

    /// Any plain value, as YAML knows it: for literals whose type is the author's choice.
    pub fn value(&self) -> Value {
        match self.shape() {
            Shape::Leaf(value) => value.clone(),
            Shape::List(ids) => ids.iter().map(|id| Node::new(self.document, *id).value()).collect::<Vec<_>>().into(),
            Shape::Map(pairs) => Value::Mapping(
                pairs
                    .iter()
                    .map(|(key, value)| {
                        (Node::new(self.document, *key).value(), Node::new(self.document, *value).value())
                    })
                    .collect(),
            ),
        }
    }

    /// The place of a part of this text (byte offsets in it), where it can be found in the file; else the place of the
    /// whole.
    pub fn within(&self, start: usize, end: usize) -> Span {
        let span = self.span();
        let found = self.as_str().and_then(|text| locate(self.source().slice(span), text, start, end));
        found.map_or(span, |(from, to)| Span::new(span.start + from, span.start + to))
    }
}
