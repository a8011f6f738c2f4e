//! The race lab against its contract: counts against a naive enumeration, every shipped scenario's expectation proved,
//! and each rule of a schedule by a small scenario of its own.

mod faults;
mod generated;
mod hostile;
mod naive;
mod rules;
mod shipped;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use redlab::content::{Document, Source};
use redlab::lab::{self, Limits, Scenario, VariantReport};

/// Reads a scenario; its diagnostics where it has errors.
pub fn scenario(yaml: &str) -> Result<Scenario, Vec<String>> {
    let source = Arc::new(Source::new("test.yaml", yaml.as_bytes().to_vec()).map_err(|e| vec![e.to_string()])?);
    let (document, mut diagnostics) = Document::parse(&source);
    let read = document.and_then(|document| lab::read("test", &document, &mut diagnostics));
    let told = |d: &&redlab::content::Diagnostic| {
        let place = d.span.map(|span| source.place(span.start));
        format!("{}: {}; {}", place.map_or(String::new(), |p| format!("{}:{}", p.line, p.column)), d.message, d.help)
    };
    read.ok_or_else(|| diagnostics.sorted().iter().map(told).collect())
}

/// Explores every variant.
pub fn explored(scenario: &Scenario, limits: &Limits) -> Vec<VariantReport> {
    let cancel = AtomicBool::new(false);
    let variants = scenario.variants.iter().enumerate();
    variants.map(|(n, variant)| lab::explore(variant, n, limits, &mut |_| {}, &cancel)).collect()
}

/// Explores a scenario that must be readable.
pub fn explore(yaml: &str) -> Vec<VariantReport> {
    let scenario = scenario(yaml).unwrap_or_else(|faults| panic!("{faults:#?}\n{yaml}"));
    explored(&scenario, &Limits::default())
}
