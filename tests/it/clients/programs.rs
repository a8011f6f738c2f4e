//! The programs in `tests/clients`, with the libraries that `tests/run` installs under `target/clients`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::on_both;

/// Where the libraries are.
fn installed() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../clients")
}

fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Says that something is not tested; cargo does not hold this back as it does the output of tests that pass.
fn skip(name: &str, missing: &Path) {
    let told = format!("\nSKIPPED: {name} is not run, {} is not there (tests/run installs it)\n", missing.display());
    let _ = std::io::stderr().write_all(told.as_bytes());
}

/// Runs a program against both servers; it ends with a status other than 0 at the first difference.
fn run(name: &str, prepare: impl Fn() -> Command) {
    on_both(|port| {
        let output = prepare().arg(port.to_string()).stdin(Stdio::null()).output().expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{name} on port {port}:\n{}\n{}", text(&output.stdout), text(&output.stderr));
    });
}

fn python(name: &str) {
    let interpreter = installed().join("python/bin/python");
    if !interpreter.exists() {
        return skip(name, &interpreter);
    }
    run(name, || {
        let mut command = Command::new(&interpreter);
        // Compiled files would be written beside the programs.
        command.arg("-B").arg(programs().join("python").join(name));
        command
    });
}

fn node(name: &str) {
    let modules = installed().join("node/node_modules");
    if !modules.exists() {
        return skip(name, &modules);
    }
    run(name, || {
        let mut command = Command::new("node");
        command.env("NODE_PATH", &modules).env("NODE_NO_WARNINGS", "1").arg(programs().join("node").join(name));
        command
    });
}

#[test]
fn celery_works_through_tasks() {
    python("celery_tasks.py");
}

#[test]
fn redis_py_finds_what_it_expects() {
    python("redis_py.py");
}

#[test]
fn rq_works_through_jobs() {
    python("rq_jobs.py");
}

#[test]
fn ioredis_finds_what_it_expects() {
    node("ioredis.js");
}

#[test]
fn node_redis_finds_what_it_expects() {
    node("node_redis.js");
}

#[test]
fn bullmq_works_through_jobs() {
    node("bullmq.js");
}

#[test]
fn the_lock_of_the_libraries_names_no_host() {
    let lock = std::fs::read_to_string(programs().join("node/package-lock.json")).expect("the lock");
    assert!(!lock.contains("\"resolved\"") && !lock.contains("registry"));
}
