//! The binary as a person at a shell meets it: output, messages, exit statuses.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use redlab::target::LocalServer;

fn redlab(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("redlab").expect("the binary");
    command.args(arguments).env_remove("REDLAB_URL").env("NO_COLOR", "1");
    command
}

/// Exit status, standard output, standard error.
fn ended(arguments: &[&str]) -> (i32, String, String) {
    let output = redlab(arguments).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, text).expect("a file");
    path.to_string_lossy().into_owned()
}

/// A port on which nobody listens.
fn dead_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

#[test]
fn one_command_is_run_and_its_reply_printed() {
    assert_eq!(ended(&["exec", "PING"]), (0, "PONG\n".into(), String::new()));
    assert_eq!(ended(&["exec", "LRANGE", "nothing", "0", "-1"]).0, 0);
    let (status, out, _) = ended(&["exec", "NOSUCH", "a"]);
    assert_eq!(status, 1);
    assert!(out.starts_with("ERR unknown command 'NOSUCH'"), "{out}");
    // On a live server as redis-cli: an error is a reply, unless -e says that it is none.
    let server = LocalServer::start(&[]).expect("redis-server");
    let (status, live, _) = ended(&["--url", &server.url(), "exec", "NOSUCH", "a"]);
    assert_eq!((status, live), (0, out));
    assert_eq!(ended(&["--url", &server.url(), "exec", "-e", "NOSUCH", "a"]).0, 1);
    let (status, out, err) = ended(&["exec", "-e", "NOSUCH", "a"]);
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(err.starts_with("ERR unknown command 'NOSUCH'"), "{err}");
    let (status, out, _) = ended(&["exec", "--format", "json", "PING"]);
    // Whatever follows the command's name is the command's.
    assert_eq!((status, out.as_str()), (0, "{\n  \"target\": \"bundled\",\n  \"reply\": \"PONG\"\n}\n"));
}

#[test]
fn commands_from_a_pipe_run_one_by_one() {
    let lines = "SET k \"a\\x00b\"\nSTRLEN k\n\nGET 'k\nKEYS *\nINCR k\n";
    let output = redlab(&["repl"]).write_stdin(lines).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let expected = "OK\n3\nInvalid argument(s)\nk\nERR value is not an integer or out of range\n\n";
    assert_eq!(text, expected);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn lessons_and_scenarios_are_listed() {
    let (status, out, _) = ended(&["list"]);
    assert_eq!(status, 0);
    for id in ["cache-aside", "lost-update", "read-modify-write", "round-trips"] {
        assert!(out.contains(id), "{id} in {out}");
    }
    let (_, out, _) = ended(&["list", "scenarios", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert!(document["lessons"].is_null() && document["scenarios"].is_array(), "{out}");
}

#[test]
fn exploring_gives_the_contracts_document() {
    let (status, out, _) = ended(&["explore", "lost-update", "--variant", "read-modify-write", "--format", "json"]);
    assert_eq!(status, 0);
    let document: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let variant = &document["variants"][0];
    assert_eq!(document["scenario"], "lost-update");
    assert_eq!(document["target"], "bundled");
    assert_eq!((&variant["schedules"], &variant["violating"]), (&"6".into(), &"4".into()));
    assert_eq!(variant["exhaustive"], true);
    assert_eq!(variant["counterexample"]["switches"], 2);
    assert_eq!(variant["counterexample"]["steps"][0]["reply"], "0");
}

#[test]
fn a_limit_has_its_own_status() {
    let (status, out, _) = ended(&["explore", "lost-update", "--max-states", "3", "--format", "json"]);
    assert_eq!(status, 4);
    let document: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(document["variants"][0]["exhaustive"], false);
    assert!(document["variants"][0]["schedules"].is_null());
}

#[test]
fn a_schedule_is_replayed() {
    let replay = ["explore", "lost-update", "--variant", "read-modify-write", "--replay"];
    let (status, out, _) = ended(&[&replay[..], &["alice bob bob alice"]].concat());
    assert_eq!(status, 0);
    assert!(out.contains("✗"), "{out}");
    let (status, _, err) = ended(&[&replay[..], &["alice carol"]].concat());
    assert_eq!(status, 2);
    assert!(err.contains("carol"), "{err}");
}

#[test]
fn bad_usage_and_bad_files_have_status_two() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = write(folder.path(), "lessons/01-broken.yaml", "title: [\n");
    let wrong = write(folder.path(), "lessons/02-wrong.yaml", "titel: x\nsteps: []\n");
    let missing = folder.path().join("missing.yaml").to_string_lossy().into_owned();
    for arguments in [
        vec!["check", &broken],
        vec!["check", &wrong],
        vec!["check", &missing],
        vec!["run", &missing],
        vec!["--content", &missing, "list"],
        vec!["explore", "no-such-scenario"],
        vec!["explore", "lost-update", "--variant", "nope"],
        vec!["frobnicate"],
        vec!["--rtt", "5", "list"],
    ] {
        let (status, out, err) = ended(&arguments);
        assert_eq!(status, 2, "{arguments:?}: {out} {err}");
        assert!(!err.trim().is_empty(), "{arguments:?} says why");
        assert!(!err.contains("panicked"), "{err}");
    }
    let (_, _, err) = ended(&["check", &wrong]);
    assert!(err.contains("02-wrong.yaml:1:1") && err.contains("did you mean `title`"), "{err}");
}

#[test]
fn a_server_that_is_not_there_has_status_three() {
    let url = format!("redis://127.0.0.1:{}", dead_port());
    for command in [vec!["exec", "PING"], vec!["run", "cache-aside"], vec!["run", "--all"]] {
        let (status, _, err) = ended(&[&["--url", &url][..], &command].concat());
        assert_eq!(status, 3, "{command:?}: {err}");
        assert!(err.contains("127.0.0.1"), "it says where: {err}");
    }
    assert_eq!(ended(&["--url", "http://x", "exec", "PING"]).0, 3);
}

#[test]
fn a_wrong_password_is_said_and_never_shown() {
    let server = LocalServer::start(&["--requirepass", "right"]).expect("redis-server is installed");
    let right = format!("redis://:right@{}", server.address());
    assert_eq!(ended(&["--url", &right, "exec", "PING"]).1, "PONG\n");
    let wrong = format!("redis://:swordfish@{}", server.address());
    let (status, out, err) = ended(&["--url", &wrong, "exec", "PING"]);
    assert_eq!(status, 3);
    assert!(err.contains("password"), "{err}");
    assert!(!err.contains("swordfish") && !out.contains("swordfish"), "{err}");
}

#[test]
fn a_live_server_is_left_as_it_was() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let url = server.url();
    assert_eq!(ended(&["--url", &url, "exec", "SET", "mine", "precious"]).0, 0);
    let (status, out, err) = ended(&["--url", &url, "run", "lost-update", "round-trips"]);
    assert_eq!(status, 0, "{out} {err}");
    assert_eq!(ended(&["--url", &url, "exec", "DBSIZE"]).1, "1\n");
    // A key of the lesson exists: it does not start, and the key stays.
    ended(&["--url", &url, "exec", "SET", "lost:followers", "7"]);
    let (status, out, err) = ended(&["--url", &url, "run", "lost-update"]);
    assert_ne!(status, 0, "{out} {err}");
    assert!(format!("{out}{err}").contains("lost:followers"), "{out} {err}");
    assert_eq!(ended(&["--url", &url, "exec", "GET", "lost:followers"]).1, "7\n");
    assert_eq!(ended(&["--url", &url, "exec", "GET", "mine"]).1, "precious\n");
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let binary = env!("CARGO_BIN_EXE_redlab");
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("{binary} explore --all | head -1; exit 0")])
        .output()
        .expect("a shell");
    assert!(String::from_utf8_lossy(&output.stderr).is_empty(), "{:?}", output);
}

#[test]
fn an_interrupted_run_takes_its_keys_away() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut other = crate::oracle::Wire::connect(&server);
    let mut size = || other.call(&[bytes::Bytes::from_static(b"DBSIZE")]);
    let zero = redlab::resp::Value::Integer(0);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_redlab"))
        // This lesson waits three seconds for a live server's clock: time enough to be interrupted.
        .args(["--url", &server.url(), "run", "cache-aside"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("it runs");
    while size() == zero {
        assert!(child.try_wait().expect("a child").is_none(), "it ended before it created a key");
        std::thread::yield_now();
    }
    let pid = child.id().to_string();
    std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill");
    assert_ne!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(size(), zero);
}

#[test]
fn a_dump_is_loaded_or_refused_as_a_bad_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let dump = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        path.to_string_lossy().into_owned()
    };
    let whole = b"REDIS0009\xfe\x00\x00\x01k\x05hello\xff\0\0\0\0\0\0\0\0";
    let good = dump("good.rdb", whole);
    assert_eq!(ended(&["exec", "--load", &good, "GET", "k"]), (0, "hello\n".into(), String::new()));
    for (path, why) in [
        (dump("cut.rdb", &whole[..16]), "cut.rdb: it ends in the middle (before byte 15)\n"),
        (dump("sum.rdb", &[&whole[..21], &[1; 8]].concat()), "sum.rdb: its checksum is wrong"),
        (dump("text.rdb", b"hello"), "text.rdb: this is no dump of Redis"),
        (
            dump("late.rdb", b"REDIS0099\xfa\x09redis-ver\x069.9.\x1b9\xff"),
            "late.rdb: it has the format REDIS0099, which Redis 9.9.\\x1b9 has written; REDIS0001 to REDIS0012",
        ),
        (dump("valkey.rdb", b"VALKEY080\xfa\x0avalkey-ver\x059.0.0\xff"), "the format VALKEY080, which Valkey 9.0.0"),
        (folder.path().join("none").to_string_lossy().into_owned(), "none: No such file"),
    ] {
        for command in [&["exec", "--load", &path, "PING"][..], &["serve", "--port", "0", "--load", &path]] {
            let (status, out, said) = ended(command);
            assert_eq!((status, out.as_str()), (2, ""), "{said}");
            assert!(said.contains(why), "{said}");
        }
    }
    // Nothing is loaded into a server.
    let url = format!("redis://127.0.0.1:{}", dead_port());
    let (status, _, said) = ended(&["exec", "--load", &good, "--url", &url, "PING"]);
    assert!(status == 2 && said.contains("--load fills the bundled engine"), "{said}");
}
