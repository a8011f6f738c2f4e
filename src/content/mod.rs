//! Lesson and scenario files: sources (built in, or a folder), positions, diagnostics with caret and remedy.

mod source;

mod diagnostic;

mod tree;

mod document;

mod duration;

mod locate;

mod node;

mod fields;

mod paint;

mod library;

pub use crate::prompt::nearest;
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use document::Document;
pub use duration::parse_duration;
pub use fields::{Entry, Fields};
pub use library::{Item, Kind, Library, LibraryError};
pub use node::Node;
pub use serde_yaml::Value as Yaml;
pub use source::{MOST_BYTES, Place, Source, SourceError, Span};
