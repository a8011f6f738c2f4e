//! A server that keeps its data in a folder.

use std::path::Path;
use std::time::{Duration, Instant};

use redlab::engine::Settings;
use redlab::resp::{Value, split_line};

use crate::oracle::Wire;
use crate::served::Served;

/// How long a writing in the background may take.
const PATIENCE: Duration = Duration::from_secs(20);

fn serve(folder: &Path, load: bool) -> Served {
    let settings = Settings { dir: Some(folder.display().to_string()), ..Settings::default() };
    let load = load.then(|| folder.join("dump.rdb"));
    Served::open(settings, load)
}

fn call(wire: &mut Wire, line: &str) -> Value {
    wire.call(&split_line(line).expect("a line"))
}

fn persistence(wire: &mut Wire, field: &str) -> String {
    let info = call(wire, "INFO persistence");
    let text = String::from_utf8_lossy(info.as_bytes().expect("a text")).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("{field} in {text}")).to_string()
}

#[test]
fn what_is_saved_is_there_when_the_server_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = serve(folder.path(), false);
    let mut wire = served.connect();
    for line in ["SET a 1", "RPUSH l x y", "SELECT 3", "HSET h f v"] {
        assert!(!matches!(call(&mut wire, line), Value::Error(_)), "{line}");
    }
    assert_eq!(persistence(&mut wire, "rdb_changes_since_last_save"), "3");
    assert_eq!(call(&mut wire, "SAVE"), Value::ok());
    assert_eq!(persistence(&mut wire, "rdb_changes_since_last_save"), "0");
    assert_eq!(call(&mut wire, "SET b 2"), Value::ok());
    assert_eq!(call(&mut wire, "BGSAVE"), Value::simple("Background saving started"));
    let start = Instant::now();
    while persistence(&mut wire, "rdb_bgsave_in_progress") == "1" {
        assert!(start.elapsed() < PATIENCE, "it still saves");
        std::thread::yield_now();
    }
    assert_eq!(persistence(&mut wire, "rdb_saves"), "2");
    call(&mut wire, "SET c 3");
    wire.send(&split_line("SHUTDOWN SAVE").expect("a line"));
    assert!(wire.is_closed());
    drop(served);

    let mut wire = serve(folder.path(), true).connect_and_keep();
    for (line, reply) in [("GET a", Some("1")), ("LINDEX l 1", Some("y")), ("GET c", None)] {
        assert_eq!(call(&mut wire.1, line), reply.map_or(Value::Null, Value::bulk), "{line}");
    }
    call(&mut wire.1, "SELECT 3");
    for (line, reply) in [("HGET h f", "v"), ("GET b", "2"), ("GET c", "3")] {
        assert_eq!(call(&mut wire.1, line), Value::bulk(reply), "{line}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn the_end_of_a_server_writes_what_is_newest() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut served, mut wire) = serve(folder.path(), false).connect_and_keep();
    for n in 0..2000 {
        call(&mut wire, &format!("SET key{n} {n}"));
    }
    call(&mut wire, "BGSAVE");
    call(&mut wire, "SET a 1");
    // It waits for what is written in the background, which is older.
    wire.send(&split_line("SHUTDOWN SAVE").expect("a line"));
    assert!(wire.is_closed());
    served.stop();

    let (mut served, mut wire) = serve(folder.path(), true).connect_and_keep();
    assert_eq!(call(&mut wire, "GET a"), Value::bulk("1"));
    call(&mut wire, "SET a 2");
    // Without save points, the end of the program writes nothing.
    served.stop();
    let (mut served, mut wire) = serve(folder.path(), true).connect_and_keep();
    assert_eq!(call(&mut wire, "GET a"), Value::bulk("1"));
    call(&mut wire, "CONFIG SET save '3600 1'");
    call(&mut wire, "SET a 3");
    served.stop();
    let (mut served, mut wire) = serve(folder.path(), true).connect_and_keep();
    assert_eq!(call(&mut wire, "GET a"), Value::bulk("3"));
    // With them, it writes, and SHUTDOWN too; unless it is told not to.
    call(&mut wire, "CONFIG SET save '3600 1'");
    call(&mut wire, "SET a 4");
    wire.send(&split_line("SHUTDOWN NOSAVE").expect("a line"));
    assert!(wire.is_closed());
    served.stop();
    let (_served, mut wire) = serve(folder.path(), true).connect_and_keep();
    assert_eq!(call(&mut wire, "GET a"), Value::bulk("3"));
}

#[test]
fn after_a_failure_writes_are_refused_where_there_are_save_points() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_served, mut wire) = serve(folder.path(), false).connect_and_keep();
    drop(folder);
    call(&mut wire, "SET a 1");
    assert_eq!(call(&mut wire, "BGSAVE"), Value::simple("Background saving started"));
    let start = Instant::now();
    while persistence(&mut wire, "rdb_bgsave_in_progress") == "1" {
        assert!(start.elapsed() < PATIENCE, "it still saves");
        std::thread::yield_now();
    }
    assert_eq!(persistence(&mut wire, "rdb_last_bgsave_status"), "err");
    let refused = |wire: &mut Wire, line: &str| {
        let reply = call(wire, line);
        matches!(&reply, Value::Error(why) if why.starts_with(b"MISCONF "))
    };
    assert!(!refused(&mut wire, "SET a 1"));
    call(&mut wire, "CONFIG SET save '3600 1'");
    let script = "EVAL 'return redis.call(\"SET\", \"a\", 1)' 0";
    for line in ["SET a 2", "PING", script, "EVAL '#!lua\nreturn 1' 0"] {
        assert!(refused(&mut wire, line), "{line}");
    }
    for line in ["GET a", "EVAL 'return redis.call(\"GET\", \"a\")' 0", "MULTI", "GET a", "EXEC"] {
        assert!(!refused(&mut wire, line), "{line}");
    }
    call(&mut wire, "CONFIG SET stop-writes-on-bgsave-error no");
    assert!(!refused(&mut wire, "SET a 2"));
    // What cannot be written is no reason to stay, if SHUTDOWN says so.
    assert!(matches!(call(&mut wire, "SHUTDOWN"), Value::Error(_)));
    wire.send(&split_line("SHUTDOWN FORCE").expect("a line"));
    assert!(wire.is_closed());
}

#[test]
fn without_a_folder_nothing_is_written() {
    let served = Served::start();
    let mut wire = served.connect();
    let Value::Error(why) = call(&mut wire, "SHUTDOWN SAVE") else { panic!("SHUTDOWN SAVE did not fail") };
    assert!(why.starts_with(b"ERR there is no folder to save in: "), "{why:?}");
    // What is saved stays in memory, and can be loaded from there.
    for (line, reply) in [
        ("SET a 1", Value::ok()),
        ("SAVE", Value::ok()),
        ("SET a 2", Value::ok()),
        ("SET b 3", Value::ok()),
        ("DEBUG RELOAD NOSAVE NOFLUSH MERGE", Value::ok()),
        ("GET a", Value::bulk("1")),
        ("GET b", Value::bulk("3")),
        ("BGSAVE", Value::simple("Background saving started")),
        ("DEBUG RELOAD NOSAVE", Value::ok()),
        ("GET b", Value::bulk("3")),
    ] {
        assert_eq!(call(&mut wire, line), reply, "{line}");
    }
    for line in ["DEBUG RELOAD NOFLUSH", "DEBUG RELOAD NOSAVE NOFLUSH"] {
        let Value::Error(why) = call(&mut wire, line) else { panic!("{line} did not fail") };
        assert!(why.ends_with(b" is there already"), "{line}: {why:?}");
    }
    assert_eq!(call(&mut wire, "PING"), Value::simple("PONG"));
}

#[test]
fn a_folder_that_is_gone_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = serve(folder.path(), false);
    drop(folder);
    let mut wire = served.connect();
    for line in ["SAVE", "SHUTDOWN SAVE"] {
        let Value::Error(why) = call(&mut wire, line) else { panic!("{line} did not fail") };
        assert!(why.starts_with(b"ERR cannot write "), "{line}: {why:?}");
    }
    assert_eq!(call(&mut wire, "PING"), Value::simple("PONG"));
}
