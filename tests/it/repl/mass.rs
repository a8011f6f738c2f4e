//! Mass insertion: `--pipe`.

use bytes::Bytes;
use redlab::resp::encode_command;

use super::side::Side;

fn wire(commands: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for n in 0..commands {
        let argv = ["SET".to_string(), format!("key:{n}"), "x".repeat(n % 50)].map(Bytes::from);
        encode_command(&argv, &mut out);
    }
    out
}

#[test]
fn many_commands_are_inserted_and_counted() {
    let side = Side::new(&[]);
    let said = side.same("exec", &["--pipe"], &wire(20_000));
    assert!(said.out.ends_with(b"errors: 0, replies: 20000\n"), "{}", said.out.escape_ascii());
    assert_eq!(side.run(true, "exec", &["DBSIZE"], b"").out, b"20000\n");
}

#[test]
fn errors_are_told_and_counted() {
    let side = Side::new(&[]);
    let mut bytes = wire(10);
    bytes.extend_from_slice(b"NOSUCH a\r\nINCR key:1\r\nPING\r\n");
    let said = side.same("exec", &["--pipe"], &bytes);
    assert_eq!(said.status, 1);
    side.same("exec", &["--pipe"], b"");
    // The mark behind half a command is taken for its rest: no answer ever comes.
    let impatient = ["--pipe", "--pipe-timeout", "1"];
    let [theirs, ours] = [false, true].map(|ours| side.run(ours, "exec", &impatient, b"*1\r\n$4000\r\nPI"));
    assert_eq!((theirs.out, theirs.status), (ours.out, ours.status));
}
