//! What `redlab check` finds in texts: names that are none, and replies that are not what Redis says.

use super::{redlab, write};

const LESSON: &str = r#"title: Texts
summary: Use `SET` and `GET`.
steps:
  - title: Read
    text: |
      A key that is not there:

      ```redis
      > GET texts:a
      (nil)
      ```
    do:
      solution: [RPUSH texts:a x y]
      observe: {n: LLEN texts:a}
      check: n == 2
      otherwise: The list should have two elements.
      hints: [Which command appends?]
  - title: Afterwards
    text: |
      ```redis
      > LRANGE texts:a 0 -1
      1) "x"
      2) "y"
      > XADD texts:s * f v
      "…-0"
      > GET texts:a
      (error) WRONGTYPE …
      > CLIENT LIST
      id=…
      > SET texts:b 1
      ```
"#;

#[test]
fn replies_in_texts_are_tried_on_both_targets() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    write(at, "right.yaml", LESSON);
    write(at, "wrong.yaml", &LESSON.replace("2) \"y\"", "2) \"z\"").replace("(nil)", "nil"));
    for target in ["bundled", "server"] {
        let ended = redlab(at, &["check", "right.yaml", "--target", target]);
        if ended.status == 3 {
            assert!(target == "server" && ended.err.contains("install"), "{}", ended.err);
            continue;
        }
        assert_eq!((ended.status, ended.err.as_str()), (0, ""));
        let ended = redlab(at, &["check", "wrong.yaml", "--target", target]);
        assert_eq!(ended.status, 1, "{}{}", ended.out, ended.err);
        assert!(
            ended.err.contains("wrong.yaml:9:9") && ended.err.contains("the text shows nil, and the target says (nil)"),
            "{}",
            ended.err
        );
        assert!(ended.err.contains("wrong.yaml:21:9"), "{}", ended.err);
        assert!(ended.err.contains("1) \"x\" ⏎ 2) \"z\", and the target says 1) \"x\" ⏎ 2) \"y\""), "{}", ended.err);
    }
}

#[test]
fn a_command_that_is_none_is_a_fault_wherever_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let slips = LESSON
        .replace("Use `SET`", "Use `SETT`")
        .replace("that is not there:", "that is `NOOT EXISTS`:")
        .replace("should have two", "should `LLLEN` two")
        .replace("Which command appends", "Is it `RPUHS` or what");
    write(at, "slips.yaml", &slips);
    let ended = redlab(at, &["check", "slips.yaml"]);
    assert_eq!(ended.status, 2, "{}", ended.err);
    for slip in ["SETT", "LLLEN", "RPUHS"] {
        assert!(ended.err.contains(&format!("{slip} is no command or option of Redis")), "{}", ended.err);
    }
    assert!(ended.err.contains("did you mean RPUSH"), "{}", ended.err);
    let scenario = "title: a\nsummary: The `GTT` is none.\ninvariant: true\nvariants: {a: {clients: {b: [PING]}}}\n";
    write(at, "scenarios/slip.yaml", scenario);
    let ended = redlab(at, &["check", "scenarios/slip.yaml"]);
    assert_eq!(ended.status, 2, "{}", ended.err);
    assert!(ended.err.contains("GTT is no command"), "{}", ended.err);
}
