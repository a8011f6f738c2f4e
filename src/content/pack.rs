//! A pack: lessons and scenarios with a `pack.yaml` that says what they are.

use std::sync::Arc;

use super::diagnostic::Diagnostics;
use super::document::Document;
use super::node::Node;
use super::shape::{Form, Key, Record};
use super::source::Source;

/// The name of the file that makes a folder a pack.
pub const PACK_FILE: &str = "pack.yaml";

/// The only form of packs that this program reads.
const FORMAT: i64 = 1;

/// The file `pack.yaml`.
pub static PACK: Record = Record {
    name: "pack",
    about: "A pack of lessons and scenarios.",
    keys: &[
        Key::must("format", Form::Int(FORMAT, FORMAT), "The form of the pack: 1."),
        Key::must("name", Form::Filled, "Its name: small letters, digits and hyphens."),
        Key::must("title", Form::Filled, "What people see."),
        Key::may("summary", Form::Filled, "What it is about, in a sentence."),
        Key::may("authors", Form::List(0, &Form::Filled), "Who wrote it."),
        Key::may("license", Form::Filled, "Under which license it may be used."),
        Key::may("source", Form::Filled, "Where it comes from."),
    ],
    rules: &[],
};

/// What `pack.yaml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pack {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is about; empty where it says nothing.
    pub summary: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Its license; empty where it says nothing.
    pub license: String,
}

impl Pack {
    /// Reads the file. There is no pack where the diagnostics hold an error.
    pub fn read(source: &Arc<Source>) -> (Option<Pack>, Diagnostics) {
        let (document, mut diagnostics) = Document::parse(source);
        let pack = document.and_then(|document| read(&document, &mut diagnostics));
        let usable = !diagnostics.has_errors();
        (pack.filter(|_| usable), diagnostics)
    }
}

fn read(document: &Document, diagnostics: &mut Diagnostics) -> Option<Pack> {
    let mut fields = document.root().record(&PACK, diagnostics)?;
    if let Some(node) = fields.required("format") {
        check_format(&node, diagnostics);
    }
    let name = fields.required("name");
    if let Some(node) = &name {
        check_name(node, diagnostics);
    }
    let text = |node: Option<Node<'_>>, diagnostics: &mut Diagnostics| {
        node.and_then(|node| node.filled_str(diagnostics)).unwrap_or_default().trim().to_string()
    };
    let title = text(fields.required("title"), diagnostics);
    let summary = text(fields.optional("summary"), diagnostics);
    let nodes = fields.optional("authors").and_then(|node| node.list(diagnostics)).unwrap_or_default();
    let authors = nodes.into_iter().map(|node| text(Some(node), diagnostics)).collect();
    let license = text(fields.optional("license"), diagnostics);
    text(fields.optional("source"), diagnostics);
    fields.finish(diagnostics);
    let name = name.and_then(|node| node.as_str()).unwrap_or_default().to_string();
    Some(Pack { name, title, summary, authors, license })
}

fn check_format(node: &Node<'_>, diagnostics: &mut Diagnostics) {
    let Some(found) = node.int(i64::MIN, i64::MAX, diagnostics) else { return };
    if found > FORMAT {
        diagnostics
            .error(node.span(), format!("this pack has the format {found}, and this redlab reads format {FORMAT}"))
            .help("get a newer redlab, or a pack of format 1");
    } else if found != FORMAT {
        diagnostics.error(node.span(), format!("there is no pack format {found}")).help("write `format: 1`");
    }
}

fn check_name(node: &Node<'_>, diagnostics: &mut Diagnostics) {
    let Some(name) = node.filled_str(diagnostics) else { return };
    let part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.len() > 60 || !name.chars().all(part) {
        diagnostics.error(node.span(), "this cannot be a pack's name").help("take small letters, digits and hyphens");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let source = Arc::new(Source::new(PACK_FILE, text.into()).unwrap());
        let (pack, diagnostics) = Pack::read(&source);
        assert_eq!(pack.is_none(), diagnostics.has_errors());
        diagnostics.lines().join("\n")
    }

    #[test]
    fn a_pack_says_what_it_is_and_in_which_form() {
        assert_eq!(told("format: 1\nname: own\ntitle: Own\nauthors: [a, b]\nlicense: MIT\nsource: x\n"), "");
        insta::assert_snapshot!(told("format: 2\nname: Own Pack\ntitel: Own\n"), @r"
        pack.yaml:1:9: error: this pack has the format 2, and this redlab reads format 1 (get a newer redlab, or a pack of format 1)
        pack.yaml:2:7: error: this cannot be a pack's name (take small letters, digits and hyphens)
        pack.yaml:3:1: error: unknown key `titel` (did you mean `title`?)
        ");
        assert!(told("format: '1'\nname: a\ntitle: b\n").contains("expected a whole number, found text"));
        assert!(told("format: 0\nname: a\ntitle: b\n").contains("there is no pack format 0"));
        assert!(told("name: a\ntitle: b\n").contains("the key `format` is missing"));
    }
}
