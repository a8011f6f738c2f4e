//! The corpus of command lines in every form.

use std::fs;

use redlab::resp::split_line;

use super::side::{Side, assert_same_bytes, corpus};

#[test]
fn a_pipe_says_what_redis_cli_says_in_every_form() {
    let side = Side::new(&[]);
    let lines = fs::read(corpus()).expect("the corpus");
    assert!(lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() > 600);
    let forms: [&[&str]; 13] = [
        &[],
        &["-3"],
        &["--no-raw"],
        &["-3", "--no-raw"],
        &["--json"],
        &["-2", "--json"],
        &["--quoted-json"],
        &["--csv"],
        &["-3", "--csv"],
        &["-3", "-d", ",", "-D", ";\n"],
        &["-3", "--no-raw", "--show-pushes", "yes"],
        &["-n", "5", "--raw"],
        &["-u", &format!("redis://127.0.0.1:{}/7", side.port())],
    ];
    for form in forms {
        let said = side.same("repl", form, &lines);
        assert!(said.out.ends_with(b"last\n") || said.out.ends_with(b"last\"\n") || form.contains(&"-D"), "{form:?}");
    }
}

#[test]
fn a_terminal_shows_what_redis_cli_shows() {
    let side = Side::new(&[]);
    for form in [&[][..], &["-3"], &["--json"], &["--csv"], &["--raw"], &["-3", "--raw"]] {
        side.reset();
        let theirs = side.on_terminal(false, "repl", form, &corpus());
        side.reset();
        let ours = side.on_terminal(true, "repl", form, &corpus());
        assert!(theirs.len() > 10_000, "{form:?}");
        assert_same_bytes(&theirs, &ours, &format!("a terminal, {form:?}"));
    }
}

#[test]
fn exec_says_what_redis_cli_says() {
    let side = Side::new(&[]);
    let text = fs::read_to_string(corpus()).expect("the corpus");
    let nothing = tempfile::NamedTempFile::new().expect("a file");
    let lines = text.lines().filter_map(|line| split_line(line).ok());
    let argvs = lines.filter(|argv| !argv.is_empty() && !argv.iter().any(|word| word.contains(&0)));
    for (at, argv) in argvs.enumerate().filter(|(at, _)| at % 8 == 0) {
        let Ok(words) = argv.iter().map(|word| std::str::from_utf8(word)).collect::<Result<Vec<_>, _>>() else {
            continue;
        };
        // In a fresh state, what waits without end does.
        let waits = matches!(words[0].get(..2), Some("BL" | "BR" | "BZ")) && words.contains(&"0");
        if words[0].starts_with('-') || words[0].is_empty() || waits {
            continue;
        }
        let form: &[&str] = [&[][..], &["-3"], &["--no-raw"], &["-e"], &["--json"]][at / 8 % 5];
        side.same("exec", &[form, &words].concat(), b"");
        if at % 40 == 0 {
            side.reset();
            let theirs = side.on_terminal(false, "exec", &words, nothing.path());
            side.reset();
            let ours = side.on_terminal(true, "exec", &words, nothing.path());
            assert_same_bytes(&theirs, &ours, &format!("exec on a terminal: {words:?}"));
        }
    }
}

#[test]
fn text_from_a_server_cannot_move_a_terminal() {
    // The one difference from redis-cli, and only on a terminal: in a pipe the bytes are the same.
    let side = Side::new(&[]);
    let line = b"EVAL \"return redis.error_reply('ERR \\x1b[2J')\" 0\n";
    side.same("repl", &["--no-raw"], line);
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), line).expect("a file");
    assert_eq!(side.on_terminal(true, "repl", &[], file.path()), b"(error) ERR \\x1b[2J\r\n");
}
