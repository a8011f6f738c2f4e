//! Lesson and scenario files: sources (built in, or a folder), positions, diagnostics with caret and remedy.

mod source;

mod diagnostic;

mod tree;

mod document;

mod duration;

mod locate;

mod node;

mod shape;

mod schema;

mod fields;

mod prose;

mod pack;

mod archive;

mod paint;

mod library;

pub use crate::prompt::nearest;
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use document::Document;
pub use duration::parse_duration;
pub use fields::{Entry, Fields};
pub use library::{Item, Kind, Library, LibraryError};
pub use node::Node;
pub use pack::{PACK, PACK_FILE, Pack};
pub use prose::{Shown, Vocabulary, check_prose, shown_replies};
pub use schema::json_schema;
pub use serde_yaml::Value as Yaml;
pub use shape::{Choice, Form, Key, Record, Rule};
pub use source::{MOST_BYTES, Place, Source, SourceError, Span};
