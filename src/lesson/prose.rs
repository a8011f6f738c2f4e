//! The texts of a lesson, as nodes of its file.

use crate::content::{Diagnostics, Document, Item, Node, Shown, Vocabulary, check_prose, shown_replies};

/// Checks what a lesson's texts say about Redis.
pub fn check_texts(document: &Document, diagnostics: &mut Diagnostics) {
    let words = Vocabulary::default();
    // What is no map or no list has been told by the reader.
    let mut told = Diagnostics::new(document.source().clone());
    let mut root = document.root().map(&mut told);
    if let Some(summary) = root.as_mut().and_then(|root| root.optional("summary")) {
        check_prose(&summary, &words, diagnostics);
    }
    for step in steps(document, &mut told) {
        for text in texts(&step, &mut told) {
            check_prose(&text, &words, diagnostics);
        }
    }
}

/// What each step of a lesson shows with its reply.
pub fn shown_of(item: &Item) -> Vec<Vec<Shown>> {
    let (document, mut told) = Document::parse(&item.source);
    let Some(document) = document else { return Vec::new() };
    let steps = steps(&document, &mut told);
    let text = |step: &Node<'_>| Some(shown_replies(&step.map(&mut told)?.optional("text")?));
    steps.iter().map(text).map(Option::unwrap_or_default).collect()
}

fn steps<'a>(document: &'a Document, told: &mut Diagnostics) -> Vec<Node<'a>> {
    let node = document.root().map(told).and_then(|mut root| root.optional("steps"));
    node.and_then(|node| node.list(told)).unwrap_or_default()
}

/// The texts of a step that people read.
fn texts<'a>(step: &Node<'a>, told: &mut Diagnostics) -> Vec<Node<'a>> {
    let mut found = Vec::new();
    let Some(mut fields) = step.map(told) else { return found };
    found.extend(fields.optional("text"));
    for action in ["do", "predict", "quiz"] {
        let Some(mut inner) = fields.optional(action).and_then(|node| node.map(told)) else { continue };
        found.extend(["otherwise", "question", "because"].into_iter().filter_map(|key| inner.optional(key)));
        found.extend(inner.optional("hints").and_then(|node| node.list(told)).unwrap_or_default());
    }
    found
}
