//! `redlab run --report`: documents that hold all they need, and in which nothing means what it was not meant to.

use std::fs;
use std::path::Path;

use super::{redlab, write};

/// A lesson whose texts would be markup anywhere, and whose key holds more of it.
const HOSTILE: &str = r##"title: '</title><script>alert(1)</script> | `x` *y*'
summary: A test.
setup: ["SET hostile:a '<img src=x onerror=alert(1)> ]]> & ``` | \\x1b[2J'"]
steps:
  - title: '1. # <b>Bold</b> [link](http://example.com)'
    text: Read it.
  - title: Read it
    predict:
      run: GET hostile:a
      choices: [{text: '<i>this</i>', is: reply is not none}, no]
      because: '**Strong** <u>words</u> and `code`.'
  - title: Measure
    compare:
      lanes:
        - {name: '<a>', steps: [GET hostile:a], observe: {v: GET hostile:a}}
        - {name: 'b|c', repeat: 2, steps: [GET hostile:a], observe: {v: GET hostile:a}}
      expect: lanes[1].commands > lanes[0].commands
"##;

fn report(folder: &Path, name: &str) -> String {
    let ended = redlab(folder, &["run", "hostile.yaml", "--report", name]);
    assert_eq!(ended.status, 0, "{}{}", ended.out, ended.err);
    fs::read_to_string(folder.join(name)).expect("a report")
}

/// Digits made alike: measurements are what may differ.
fn without_numbers(text: &str) -> String {
    text.lines()
        .filter(|line| {
            !line.contains("µs")
                && !line.contains(" ms")
                && !line.contains('▰')
                && !line.contains("<rect")
                && !line.contains("<text")
        })
        .collect()
}

#[test]
fn reports_are_escaped_and_hold_all_that_they_need() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    write(at, "hostile.yaml", HOSTILE);
    let html = report(at, "out.html");
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    for tag in ["<script", "<img", "<b>", "<i>this", "<u>", "<a>", "http-equiv=\"refresh", "href=", "src="] {
        let inside = html.replace("&lt;img src=x", "");
        assert!(!inside.contains(tag), "{tag} in {html}");
    }
    assert!(html.contains("Strong words and code.") || html.contains("Strong &lt;u&gt;words"), "{html}");
    assert!(html.contains("<svg ") && html.contains("b|c"));
    let svg = report(at, "out.svg");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && !svg.contains("<script") && !svg.contains("<img"));
    assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    let markdown = report(at, "out.md");
    assert!(!markdown.contains('\u{1b}') && !markdown.contains("<script"), "{markdown}");
    assert!(
        markdown.starts_with("# &lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; \\| \\`x\\` \\*y\\*\n"),
        "{markdown}"
    );
    // The fence is longer than any that the reply holds.
    assert!(markdown.contains("\n````redis\n> GET hostile:a\n"), "{markdown}");
    assert!(markdown.contains("| b\\|c |"), "{markdown}");
    assert!(markdown.contains("Total time, ms"), "{markdown}");
    for name in ["out.html", "out.md", "out.svg"] {
        let first = fs::read_to_string(at.join(name)).expect("a report");
        assert_eq!(without_numbers(&first), without_numbers(&report(at, name)), "{name}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_anything_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, why) in [
        ("out.txt", "ends in .md, .html or .svg"),
        ("out", "ends in .md, .html or .svg"),
        ("no/such/out.md", "there is no such folder"),
    ] {
        let ended = redlab(folder.path(), &["run", "lost-update", "--report", name]);
        assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{name}");
        assert!(ended.err.contains(why), "{}", ended.err);
    }
}

#[test]
fn a_report_shows_the_chart_of_its_lesson() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = redlab(folder.path(), &["run", "eviction", "--report", "e.svg"]);
    assert_eq!(ended.status, 0, "{}", ended.err);
    let svg = fs::read_to_string(folder.path().join("e.svg")).expect("a report");
    assert!(svg.contains("allkeys-lru") && svg.matches("<rect").count() > 8, "{svg}");
}
