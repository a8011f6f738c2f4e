//! Scenarios on real connections: what breaks there, what holds, and what is left alone.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use assert_cmd::Command;
use redlab::target::LocalServer;
use serde_json::Value;

/// Exit status, standard output, standard error.
fn stress(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("redlab").expect("the binary");
    command.arg("stress").args(arguments).env_remove("REDLAB_URL");
    let output = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn document(arguments: &[&str]) -> (i32, Value) {
    let (status, out, err) = stress(&[arguments, &["--format", "json"]].concat());
    let document = serde_json::from_str(&out);
    (status, document.unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

/// A scenario of the test's own, in a file.
fn scenario(folder: &Path, variants: &str) -> String {
    let path = folder.join("own.yaml");
    fs::write(&path, format!("title: t\nobserve: {{left: LLEN q}}\ninvariant: left == 0\nvariants:\n{variants}"))
        .expect("a file");
    path.to_string_lossy().into_owned()
}

async fn ask(address: SocketAddr, line: &str) -> redlab::resp::Value {
    let spec = redlab::target::TargetSpec::Live { url: format!("redis://{address}") };
    let target = redlab::target::Target::open(&spec).await.expect("the server");
    let mut connection = target.connect("test", redlab::resp::Protocol::Resp2).await.expect("a connection");
    connection.call(&redlab::resp::split_line(line).expect("a command")).await.expect("a reply").reply
}

#[test]
fn updates_are_lost_on_a_real_server_and_not_where_the_program_is_mended() {
    // One round in two or so loses one; that ten thousand of them lose none is as good as impossible.
    let (status, document) = document(&[
        "lost-update",
        "--variant",
        "read-modify-write",
        "--rounds",
        "10000",
        "--timeout",
        "5s",
        "--target",
        "server",
    ]);
    assert!(status == 0 || status == 4, "{status}: {document}");
    assert_eq!(document["target"], "server");
    let variant = &document["variants"][0];
    assert!(variant["violated"]["rounds"].as_u64().expect("a count") > 0, "{variant}");
    assert_eq!(variant["as_expected"], true);
    assert_eq!((&variant["explorer"]["schedules"], &variant["explorer"]["violating"]), (&"6".into(), &"4".into()));
    for target in ["server", "bundled"] {
        for (id, variant) in [("lost-update", "incr"), ("watch-retry", "watch"), ("sliding-window", "script")] {
            let wish = [id, "--variant", variant, "--rounds", "100", "--target", target];
            let (status, document) = self::document(&wish);
            assert_eq!((status, &document["variants"][0]["violated"]["rounds"]), (0, &0.into()), "{id}: {document}");
            assert_eq!(document["variants"][0]["rounds"], 100);
        }
    }
}

#[test]
fn the_document_says_what_was_measured() {
    let (status, document) = document(&["lost-update", "--rounds", "20", "--clients", "4", "--seed", "7"]);
    assert_eq!(status, 0, "{document}");
    assert_eq!((&document["scenario"], &document["target"]), (&"lost-update".into(), &"bundled".into()));
    assert_eq!((&document["seed"], &document["confidence"]), (&7.into(), &0.95.into()));
    let variants = document["variants"].as_array().expect("variants");
    let names: Vec<_> = variants.iter().map(|variant| variant["variant"].as_str().unwrap_or_default()).collect();
    assert_eq!(names, ["read-modify-write", "incr", "three-clients", "script", "watch"]);
    for variant in variants {
        assert_eq!((&variant["rounds"], &variant["clients"]), (&20.into(), &4.into()));
        assert_eq!((&variant["ended"], &variant["stuck"]), (&"complete".into(), &0.into()));
        let number = |path: &str| variant.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path}"));
        assert!(
            number("/violated/low") <= number("/violated/share")
                && number("/violated/share") <= number("/violated/high")
        );
        assert!(number("/round_trip_us/p50") > 0.0);
        assert!(number("/round_trip_us/p50") <= number("/round_trip_us/p90"));
        assert!(number("/round_trip_us/p99") <= number("/round_trip_us/max"));
        assert!(number("/rounds_per_s") > 0.0 && number("/commands_per_s") > number("/rounds_per_s"));
        let rounds: u64 =
            variant["outcomes"].as_array().expect("outcomes").iter().filter_map(|o| o["rounds"].as_u64()).sum();
        assert_eq!(rounds, 20);
    }
    assert_eq!(variants[1]["outcomes"][0]["values"]["followers"], "4");
    assert_eq!(variants[1]["commands"], 80);
}

#[test]
fn whoever_waits_for_ever_is_stuck_and_whoever_crashes_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let clients = "    clients:\n      a: &w [BRPOP q 0]\n      b: *w\n";
    let path = scenario(folder.path(), &format!("  v:\n    setup: [LPUSH q x]\n{clients}"));
    let server = LocalServer::start(&[]).expect("redis-server");
    for target in [["--target", "bundled"], ["--target", "server"], ["--url", &server.url()]] {
        let (status, document) = document(&[&[path.as_str(), "--rounds", "20"], &target[..]].concat());
        assert_eq!((status, &document["variants"][0]["stuck"]), (0, &20.into()), "{target:?}: {document}");
    }
    let path =
        scenario(folder.path(), "  v:\n    faults: [{crash: a}]\n    clients: {a: [LPUSH q x, LPOP q], b: [PING]}\n");
    let (status, document) = document(&[&path, "--rounds", "200"]);
    let variant = &document["variants"][0];
    assert_eq!((status, &variant["rounds"], &variant["errors"]), (0, &200.into(), &serde_json::json!([])));
    // A crash between the two leaves the element; of 200 rounds about 50 are like that.
    assert!(
        variant["faults"][0]["times"].as_u64() > Some(20) && variant["violated"]["rounds"].as_u64() > Some(5),
        "{variant}"
    );
}

#[tokio::test]
async fn keys_of_somebodys_server_are_left_alone() {
    let server = LocalServer::start(&[]).expect("redis-server");
    let (url, address) = (server.url(), server.address());
    let text = |text: &str| redlab::resp::Value::bulk(bytes::Bytes::copy_from_slice(text.as_bytes()));
    ask(address, "MSET followers 42 other 7 user:2 mine").await;
    let (status, out, err) = stress(&["lost-update", "--url", &url]);
    assert_eq!((status, out.as_str()), (3, ""), "{err}");
    assert!(err.contains("already holds keys that would be used here: followers."), "{err}");
    assert_eq!(ask(address, "GET followers").await, text("42"));

    // A name that only comes to be while the program runs is looked at before it is sent.
    let folder = tempfile::tempdir().expect("a folder");
    let steps = "[{run: INCR n, as: n}, 'SET user:{{ n }} x']";
    let path = scenario(folder.path(), &format!("  v:\n    clients: {{a: {steps}, b: {steps}}}\n"));
    let (status, _, err) = stress(&[&path, "--url", &url]);
    assert!(status == 3 && err.contains("user:2"), "{status}: {err}");
    assert_eq!(ask(address, "GET user:2").await, text("mine"));

    // Everything else is used and goes again.
    ask(address, "DEL followers user:2").await;
    for scenario in ["lost-update", path.as_str()] {
        let (status, _, err) = stress(&[scenario, "--rounds", "20", "--url", &url]);
        assert_eq!(status, 0, "{err}");
        assert_eq!(ask(address, "KEYS *").await, redlab::resp::Value::Array(vec![text("other")]));
    }
    let path = scenario(folder.path(), "  v: {clients: {a: [FLUSHALL], b: [PING]}}\n");
    let (status, _, err) = stress(&[&path, "--url", &url]);
    assert!(status == 3 && err.contains("FLUSHALL is not run on a live server"), "{status}: {err}");
    assert_eq!(ask(address, "GET other").await, text("7"));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |arguments: &[&str], why: &str| {
        let (status, out, err) = stress(arguments);
        assert!(status == 2 && out.is_empty() && err.contains(why), "{arguments:?}: {status} {out}{err}");
    };
    refused(&["nothing-like-it"], "nothing-like-it");
    refused(&["lost-update", "--variant", "none"], "there are read-modify-write");
    refused(&["lost-update", "--clients", "0"], "--clients");
    refused(&["lost-update", "--clients", "65"], "--clients");
    refused(&["lost-update", "--rounds", "0"], "--rounds");
    refused(&["pipeline-interleaves", "--clients", "3"], "run different programs");
    let folder = tempfile::tempdir().expect("a folder");
    let path = scenario(folder.path(), "  v: {invariant: left == 2, clients: {a: [LPUSH q x], b: [LPUSH q x]}}\n");
    refused(&[&path, "--clients", "3"], "is written for 2 clients");
    refused(&["lost-update", "--rtt", "1ms"], "--rtt");
    let (status, _, err) = stress(&["lost-update", "--url", "redis://127.0.0.1:1"]);
    assert!(status == 3 && err.contains("cannot connect"), "{status}: {err}");
}

#[test]
fn a_limit_of_time_leaves_a_verdict() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = scenario(folder.path(), "  v: {clients: {a: [PING, {sleep: 1h}], b: [PING]}}\n");
    let (status, out, _) = stress(&[&path, "--timeout", "300ms"]);
    assert_eq!(status, 4, "{out}");
    assert!(out.contains("the time was up") && out.contains("no round was finished: nothing can be said"), "{out}");
    let path = scenario(folder.path(), "  v: {invariant: 1 / left > 0, clients: {a: [PING]}}\n");
    let (status, out, _) = stress(&[&path]);
    assert!(status == 1 && out.contains("division by zero"), "{status}: {out}");
}
