//! What can go wrong with a server that is elsewhere.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use redlab::resp::{Protocol, Value};
use redlab::target::{LinkError, Target, TargetSpec};

use super::{call, connect, live, server, words};

async fn refused(url: &str) -> String {
    let spec = TargetSpec::Live { url: url.into() };
    let error = Target::open(&spec).await.expect_err("it cannot be opened");
    let (shown, debug) = (error.to_string(), format!("{error:?} {spec:?}"));
    assert!(!shown.contains("s3cret") && !debug.contains("s3cret"), "{shown} {debug}");
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_say_where_why_and_what_to_do() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let message = refused(&format!("redis://:s3cret@127.0.0.1:{port}")).await;
    assert!(message.contains(&format!("127.0.0.1:{port}")) && message.contains("refused"), "{message}");
    let message = refused("redis://:s3cret@no-such-host.invalid").await;
    assert!(message.contains("no-such-host.invalid") && message.contains("resolved"), "{message}");
    let message = refused("unix:///no/such/socket?pass=s3cret").await;
    assert!(message.contains("/no/such/socket") && message.contains("no such socket"), "{message}");
    let message = refused("http://:s3cret@host").await;
    assert!(message.contains("redis://"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_asked_for_and_never_shown() {
    let server = server(&["--requirepass", "right"]);
    let at = server.address();
    assert!(refused(&server.url()).await.contains("asks for a password"));
    assert!(refused(&format!("redis://:s3cret@{at}")).await.contains("wrong user or password"));
    let target = live(&format!("redis://:right@{at}/2")).await;
    assert_eq!(target.identity().label, format!("{at}/2"));
    let mut connection = connect(&target, "let in").await;
    assert_eq!(call(&mut connection, "CLIENT GETNAME").await, Value::bulk("let-in"));
    call(&mut connection, "SET k v").await;
    let mut other = connect(&live(&format!("redis://default:right@{at}")).await, "other").await;
    assert_eq!(call(&mut other, "GET k").await, Value::Null, "another database");
    assert!(refused(&format!("redis://:right@{at}/99")).await.contains("no database of that number"));
    let mut old = target.connect("old", Protocol::Resp2).await.expect("a connection");
    assert_eq!(call(&mut old, "GET k").await, Value::bulk("v"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_told_at_once_and_can_be_made_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("redis.sock");
    let at_socket = path.to_string_lossy().into_owned();
    let at_socket = ["--unixsocket", &at_socket];
    let first = server(&at_socket);
    let target = live(&format!("unix://{}", path.display())).await;
    let mut connection = connect(&target, "steady").await;
    let mut waiting = connect(&target, "waiting").await;
    let waits = tokio::spawn(async move { waiting.call(&words("BLPOP l 0")).await });
    call(&mut connection, "SET k v").await;
    drop(first);
    let told = connection.next_push().await.expect_err("the connection is gone");
    assert!(matches!(told, LinkError::Lost { .. }), "{told}");
    assert_eq!(connection.lost(), Some(told.clone()));
    assert_eq!(connection.call(&words("PING")).await.expect_err("gone"), told);
    assert!(matches!(waits.await.expect("no panic"), Err(LinkError::Lost { .. })));
    let again = target.connect("steady", Protocol::Resp3).await.expect_err("nobody there");
    assert!(again.may_pass() && again.to_string().contains("cannot connect"), "{again}");
    let _second = server(&at_socket);
    let mut connection = connect(&target, "steady").await;
    assert_eq!(call(&mut connection, "PING").await, Value::simple("PONG"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("an address");
    let opened = tokio::time::timeout(Duration::from_secs(8), refused(&format!("redis://{at}"))).await;
    assert!(opened.expect("it gives up").contains("no answer within 5 s"));
}

#[tokio::test(flavor = "multi_thread")]
async fn unix_sockets_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("redis.sock");
    let _server = server(&["--unixsocket", &path.to_string_lossy()]);
    let target = live(&format!("unix://{}", path.display())).await;
    assert_eq!(target.identity().label, path.to_string_lossy());
    assert_eq!(call(&mut connect(&target, "unix").await, "PING").await, Value::simple("PONG"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_checks_certificates_unless_told_not_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-keyout", &file("key.pem"), "-out", &file("cert.pem")])
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        eprintln!("no openssl here: TLS is not tested");
        return;
    }
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let (port_text, cert, key) = (port.to_string(), file("cert.pem"), file("key.pem"));
    let extra = [
        ["--tls-port", &port_text],
        ["--tls-cert-file", &cert],
        ["--tls-key-file", &key],
        ["--tls-ca-cert-file", &cert],
        ["--tls-auth-clients", "no"],
    ];
    let extra = extra.concat();
    let Ok(server) = redlab::target::LocalServer::start(&extra) else {
        eprintln!("this server knows no TLS: it is not tested");
        return;
    };
    let message = refused(&format!("rediss://:s3cret@127.0.0.1:{port}")).await;
    assert!(message.contains("TLS failed") && message.contains("#insecure"), "{message}");
    let target = live(&format!("rediss://127.0.0.1:{port}/#insecure")).await;
    assert_eq!(call(&mut connect(&target, "tls").await, "PING").await, Value::simple("PONG"));
    let message = refused(&format!("rediss://{}", server.address())).await;
    assert!(message.contains("speaks TLS"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_break_the_link_is_not_sent() {
    let server = server(&[]);
    let mut connection = connect(&live(&server.url()).await, "careful").await;
    for line in ["MONITOR", "CLIENT REPLY OFF", "PSYNC ? -1"] {
        assert!(call(&mut connection, line).await.is_error(), "{line}");
    }
    assert_eq!(call(&mut connection, "PING").await, Value::simple("PONG"));
}
