//! How clients get in, and how they are put out: the binary from outside.

mod limits;
pub mod running;
pub mod tls;

use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use redlab::resp::{Value, split_line};

use crate::oracle::Wire;
use running::{Running, command, refused};

fn call(wire: &mut Wire, line: &str) -> Value {
    wire.call(&split_line(line).expect("a line"))
}

fn send(wire: &mut Wire, line: &str) {
    wire.send(&split_line(line).expect("a line"));
}

/// What redis-cli prints.
fn cli(arguments: &[&str]) -> String {
    let output = Command::new("redis-cli").args(arguments).output().expect("redis-cli is installed");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn socket_in(folder: &Path) -> String {
    folder.join("s.sock").to_string_lossy().into_owned()
}

#[test]
fn a_unix_socket_is_for_its_owner_and_goes_with_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = socket_in(folder.path());
    for signal in ["-TERM", "-INT"] {
        let mut running = Running::start(&["--unixsocket", &path]);
        assert!(running.greeting.contains(&path), "{}", running.greeting);
        let mode = std::fs::metadata(&path).expect("a socket").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(cli(&["-s", &path, "SET", "door", "unix"]), "OK\n");
        assert_eq!(call(&mut running.connect(), "GET door"), Value::bulk("unix"));
        assert!(cli(&["-s", &path, "CLIENT", "LIST"]).contains(&format!("addr={path}:0")));
        assert_eq!(
            cli(&["-s", &path, "CONFIG", "GET", "unixsocket*"]),
            format!("unixsocket\n{path}\nunixsocketperm\n600\n")
        );
        running.terminate(signal);
        assert!(running.ended().success());
        assert!(!Path::new(&path).exists());
        // Nothing else is left lying about.
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}

#[test]
fn a_socket_that_is_left_over_is_replaced_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = socket_in(folder.path());
    drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
    let running = Running::start(&["--unixsocket", &path, "--unixsocketperm", "770"]);
    assert_eq!(std::fs::metadata(&path).expect("a socket").permissions().mode() & 0o777, 0o770);
    let (status, told) = refused(&["--unixsocket", &path]);
    assert!(status == 3 && told.contains("another server listens there"), "{status} {told}");
    drop(running);
    let file = folder.path().join("notes.txt").to_string_lossy().into_owned();
    std::fs::write(&file, "mine").expect("a file");
    let (status, told) = refused(&["--unixsocket", &file]);
    assert!(status == 3 && told.contains("no socket"), "{status} {told}");
    assert_eq!(std::fs::read(&file).expect("a file"), b"mine");
    assert!(!std::fs::metadata(&file).expect("a file").file_type().is_socket());
    assert_eq!(refused(&["--unixsocket", &path, "--unixsocketperm", "999"]).0, 2);
}

#[test]
fn a_password_comes_from_a_file_or_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("password").to_string_lossy().into_owned();
    std::fs::write(&path, "s3cret\n").expect("a file");
    let mut from_environment = command(&[]);
    from_environment.env("REDLAB_REQUIREPASS", "s3cret");
    for running in [Running::start(&["--requirepass-file", &path]), Running::spawn(from_environment)] {
        assert!(!running.greeting.contains("s3cret"));
        let mut wire = running.connect();
        assert_eq!(call(&mut wire, "GET a"), Value::error("NOAUTH Authentication required."));
        assert!(call(&mut wire, "AUTH wrong").is_error());
        assert_eq!(call(&mut wire, "AUTH s3cret"), Value::ok());
        assert_eq!(call(&mut wire, "GET a"), Value::Null);
    }
    std::fs::write(&path, "\n").expect("a file");
    assert_eq!(refused(&["--requirepass-file", &path]).0, 2);
    assert_eq!(refused(&["--requirepass-file", "/no/such/file"]).0, 2);
}

#[test]
fn other_machines_need_a_password() {
    for host in ["0.0.0.0", "::"] {
        let (status, told) = refused(&["--host", host]);
        assert!(status == 3 && told.contains("set a password"), "{host}: {status} {told}");
    }
    let running = Running::start(&["--host", "0.0.0.0", "--requirepass", "s3cret"]);
    assert!(running.greeting.contains("0.0.0.0:") && !running.greeting.contains("s3cret"));
    assert!(refused(&["--host", "no such host"]).1.contains("cannot listen"));
}

#[test]
fn shutdown_ends_the_server() {
    let mut running = Running::start(&[]);
    let (mut one, mut other) = (running.connect(), running.connect());
    assert_eq!(call(&mut one, "SHUTDOWN ABORT"), Value::error("ERR No shutdown in progress."));
    assert_eq!(call(&mut one, "SHUTDOWN SAVE NOSAVE"), Value::error("ERR syntax error"));
    send(&mut other, "BLPOP nothing 0");
    send(&mut one, "SHUTDOWN NOSAVE");
    assert!(one.is_closed() && other.is_closed());
    assert!(running.ended().success());
}

#[test]
fn a_taken_port_is_told() {
    let running = Running::start(&[]);
    let port = running.address().port().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_redlab")).args(["serve", "--port", &port]).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(3) && told.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{told}");
}
