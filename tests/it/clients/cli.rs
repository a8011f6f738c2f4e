//! redis-cli, in the ways in which people use it.

use std::io::Write;
use std::process::{Command, Stdio};

use super::on_both;

/// Runs redis-cli with this on its standard input; what it printed, errors included.
fn cli(port: u16, arguments: &[&str], input: &str) -> String {
    let mut command = Command::new("redis-cli");
    command.args(["-p", &port.to_string()]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("redis-cli is installed");
    // A program that reads no input has gone by now, perhaps.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("redis-cli ends");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn commands_come_as_arguments_and_from_a_pipe() {
    on_both(|port| {
        assert_eq!(cli(port, &["SET", "greeting", "hello"], ""), "OK\n");
        assert_eq!(cli(port, &["-3", "GET", "greeting"], ""), "hello\n");
        assert_eq!(cli(port, &["-x", "SET", "body"], "two\nlines"), "OK\n");
        assert_eq!(cli(port, &["--no-raw", "GET", "body"], ""), "\"two\\nlines\"\n");
        let lines = "RPUSH l a b c\nLRANGE l 0 -1\nMULTI\nINCR n\nINCR n\nEXEC\nGET\nSELECT 2\nDBSIZE\n";
        let wanted = "3\na\nb\nc\nOK\nQUEUED\nQUEUED\n1\n2\nERR wrong number of arguments for 'get' command\n\nOK\n0\n";
        assert_eq!(cli(port, &[], lines), wanted);
        assert_eq!(
            cli(port, &["-n", "3", "--json", "-2", "CONFIG", "GET", "databases"], "").trim(),
            "[\"databases\",\"16\"]"
        );
        assert_eq!(cli(port, &["-3", "--json", "CONFIG", "GET", "databases"], "").trim(), "{\"databases\":\"16\"}");
    });
}

#[test]
fn a_script_from_a_file_is_run() {
    on_both(|port| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sum.lua");
        std::fs::write(&path, "return redis.call('INCRBY', KEYS[1], ARGV[1])").expect("a file");
        let path = path.to_string_lossy().into_owned();
        assert_eq!(cli(port, &["--eval", &path, "counter", ",", "41"], ""), "41\n");
    });
}

#[test]
fn a_mass_insertion_comes_through_a_pipe() {
    on_both(|port| {
        let mut wire = String::new();
        for n in 0..20_000 {
            let (key, value) = (format!("mass:{n}"), n.to_string());
            wire += &format!("*3\r\n$3\r\nSET\r\n${}\r\n{key}\r\n${}\r\n{value}\r\n", key.len(), value.len());
        }
        let told = cli(port, &["--pipe"], &wire);
        assert!(told.contains("errors: 0, replies: 20000"), "{told}");
        assert_eq!(cli(port, &["DBSIZE"], ""), "20000\n");
        let found = cli(port, &["--scan", "--pattern", "mass:*"], "");
        assert_eq!(found.lines().collect::<std::collections::BTreeSet<_>>().len(), 20_000);
    });
}

#[test]
fn it_surveys_keys() {
    on_both(|port| {
        cli(port, &["MSET", "a", "1", "longest", "0123456789"], "");
        cli(port, &["RPUSH", "list", "1", "2", "3"], "");
        cli(port, &["ZADD", "scores", "1", "one"], "");
        let told = cli(port, &["--bigkeys"], "");
        assert!(told.contains("Biggest string found '\"longest\"' has 10 bytes"), "{told}");
        assert!(told.contains("Biggest   list found '\"list\"' has 3 items"), "{told}");
        assert!(told.contains("Biggest   zset found '\"scores\"' has 1 members"), "{told}");
    });
}

#[test]
fn it_measures_latency_and_statistics() {
    on_both(|port| {
        let told = cli(port, &["--raw", "--latency"], "");
        // Without a terminal it measures for a second and prints minimum, maximum, average and count.
        let numbers: Vec<f64> = told.split_whitespace().take(4).filter_map(|word| word.parse().ok()).collect();
        assert_eq!(numbers.len(), 4, "{told}");
        let told = cli(port, &["-r", "3", "-i", "0", "INCR", "beat"], "");
        assert_eq!(told, "1\n2\n3\n");
    });
}

#[test]
fn the_password_is_asked_for() {
    on_both(|port| {
        cli(port, &["CONFIG", "SET", "requirepass", "secret"], "");
        assert!(cli(port, &["GET", "a"], "").contains("NOAUTH"));
        assert_eq!(cli(port, &["--no-auth-warning", "-a", "secret", "SET", "a", "1"], ""), "OK\n");
        assert!(cli(port, &["-a", "wrong", "PING"], "").contains("WRONGPASS"));
        assert_eq!(
            cli(port, &["--no-auth-warning", "-a", "secret", "-3", "CONFIG", "SET", "requirepass", ""], ""),
            "OK\n"
        );
    });
}
