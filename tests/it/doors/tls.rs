//! TLS, with certificates made on the spot.

use std::path::Path;
use std::process::Command;

use redlab::resp::Value;

use super::running::{Running, refused};
use super::{call, cli};

fn openssl(folder: &Path, arguments: &[&str]) -> bool {
    let made = Command::new("openssl").args(arguments).current_dir(folder).output();
    made.is_ok_and(|output| output.status.success())
}

/// An authority, and certificates for a server and a client that it has signed; `None` where there is no openssl.
pub fn certificates() -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().expect("a folder");
    let new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
    let ca = [&new[..], &["-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"]].concat();
    let mut made = openssl(folder.path(), &ca);
    for name in ["server", "client"] {
        let (subject, key, cert) = (format!("/CN={name}"), format!("{name}.key"), format!("{name}.pem"));
        let leaf = ["-CA", "ca.pem", "-CAkey", "ca.key", "-subj", &subject, "-keyout", &key, "-out", &cert];
        let kind = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=DNS:localhost"];
        made &= openssl(folder.path(), &[&new[..], &leaf, &kind].concat());
    }
    if !made {
        eprintln!("no openssl here: TLS is not tested");
    }
    made.then_some(folder)
}

#[test]
fn the_only_port_or_one_of_its_own_speaks_tls() {
    let Some(folder) = certificates() else { return };
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (ca, cert, key) = (file("ca.pem"), file("server.pem"), file("server.key"));

    let only = Running::start(&["--tls-cert", &cert, "--tls-key", &key]);
    let port = only.address().port().to_string();
    assert!(only.greeting.contains("(TLS)"), "{}", only.greeting);
    let secret = ["--tls", "--cacert", &ca, "-p", &port];
    assert_eq!(cli(&[&secret[..], &["SET", "a", "1"]].concat()), "OK\n");
    let large = "x".repeat(100_000);
    assert_eq!(cli(&[&secret[..], &["SET", "large", &large]].concat()), "OK\n");
    assert_eq!(cli(&[&secret[..], &["GET", "large"]].concat()), large + "\n");
    assert_eq!(cli(&[&secret[..], &["CONFIG", "GET", "tls-port"]].concat()), format!("tls-port\n{port}\n"));
    assert!(!cli(&["-p", &port, "PING"]).contains("PONG"));

    let both = Running::start(&["--tls-cert", &cert, "--tls-key", &key, "--tls-port", "0"]);
    let second = both.greeting.split("TLS on 127.0.0.1:").nth(1).expect("a second port");
    let second = second.split(':').next().expect("a port");
    assert_eq!(call(&mut both.connect(), "SET a 2"), Value::ok());
    assert_eq!(cli(&["--tls", "--cacert", &ca, "-p", second, "GET", "a"]), "2\n");
}

#[test]
fn clients_can_be_asked_for_certificates() {
    let Some(folder) = certificates() else { return };
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (ca, cert, key) = (file("ca.pem"), file("server.pem"), file("server.key"));
    let running = Running::start(&["--tls-cert", &cert, "--tls-key", &key, "--tls-ca", &ca]);
    let port = running.address().port().to_string();
    let known = ["--tls", "--cacert", &ca, "--cert", &file("client.pem"), "--key", &file("client.key"), "-p", &port];
    assert_eq!(cli(&[&known[..], &["PING"]].concat()), "PONG\n");
    assert!(!cli(&["--tls", "--cacert", &ca, "-p", &port, "PING"]).contains("PONG"));
}

#[test]
fn files_that_are_of_no_use_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty.pem").to_string_lossy().into_owned();
    std::fs::write(&empty, "nothing").expect("a file");
    let (status, told) = refused(&["--tls-cert", &empty, "--tls-key", "/no/such/key.pem"]);
    assert!(status == 3 && told.contains("/no/such/key.pem"), "{status} {told}");
    let (status, told) = refused(&["--tls-cert", &empty, "--tls-key", &empty]);
    assert!(status == 3 && told.contains("empty.pem"), "{status} {told}");
    assert_eq!(refused(&["--tls-cert", &empty]).0, 2);
}
