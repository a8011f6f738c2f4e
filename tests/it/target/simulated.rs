//! What only the bundled engine can: simulated time, jumps, undo.

use std::time::{Duration, Instant};

use redlab::resp::Value;

use super::{bundled, call, connect, words};

#[tokio::test(flavor = "multi_thread")]
async fn round_trips_are_simulated_and_not_waited_for() {
    let target = bundled(5).await;
    let mut connection = connect(&target, "rtt").await;
    let (start, mut simulated, mut measured) = (Instant::now(), 0, 0);
    for n in 0..1000 {
        let exchange = connection.call(&words(&format!("SET k{n} v"))).await.expect("a reply");
        simulated += exchange.elapsed.simulated_us;
        measured += exchange.elapsed.measured_us;
    }
    assert_eq!(simulated, 5_000_000);
    assert!(measured < 5_000_000 && start.elapsed() < Duration::from_secs(5));
    let engine = target.bundled().expect("bundled");
    assert_eq!(engine.ahead_ms(), 5000);
    let commands: Vec<_> = (0..1000).map(|n| words(&format!("GET k{n}"))).collect();
    let (_, elapsed) = connection.pipeline(&commands).await.expect("replies");
    assert_eq!(elapsed.simulated_us, 5000, "a pipeline waits once");
    engine.set_rtt(Duration::from_millis(50));
    let exchange = connection.call(&words("PING")).await.expect("a reply");
    assert_eq!(exchange.elapsed.simulated_us, 50_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_costs_no_simulated_time_and_moves_no_counter() {
    let target = bundled(5).await;
    let (mut connection, mut observer) = (connect(&target, "one").await, connect(&target, "observer").await);
    call(&mut connection, "SET k v").await;
    let engine = target.bundled().expect("bundled");
    let before = (engine.ahead_ms(), engine.with_engine(|engine| (engine.fingerprint(), engine.state().stats.hits)));
    let look = [words("GET k"), words("GET none"), words("BLPOP l 0"), words("RANDOMKEY")];
    let replies = observer.observe(&look).await.expect("replies");
    assert_eq!(replies[..3], [Value::bulk("v"), Value::Null, Value::Null]);
    let after = (engine.ahead_ms(), engine.with_engine(|engine| (engine.fingerprint(), engine.state().stats.hits)));
    assert_eq!(before, after);
    engine.jump(Duration::from_secs(30));
    let idle = words("OBJECT IDLETIME k");
    assert_eq!(observer.observe(&[words("GET k"), idle.clone()]).await.expect("replies")[1], Value::Integer(30));
    call(&mut connection, "GET k").await;
    assert_eq!(observer.observe(&[idle]).await.expect("replies")[0], Value::Integer(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jump_wakes_who_waits_and_expires_what_is_due() {
    let target = bundled(0).await;
    let (mut waiting, mut other) = (connect(&target, "waiting").await, connect(&target, "other").await);
    call(&mut other, "SET k v EX 300").await;
    let waits = tokio::spawn(async move { call(&mut waiting, "BLPOP list 3600").await });
    let engine = target.bundled().expect("bundled").clone();
    while engine.with_engine(|engine| engine.next_timeout().is_none()) {
        tokio::task::yield_now().await;
    }
    engine.jump(Duration::from_secs(301));
    assert_eq!(call(&mut other, "GET k").await, Value::Null);
    assert!(!waits.is_finished());
    engine.jump(Duration::from_secs(3600));
    assert_eq!(waits.await.expect("no panic"), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_comes_by_itself() {
    let target = bundled(0).await;
    let mut connection = connect(&target, "waiting").await;
    let start = Instant::now();
    assert_eq!(call(&mut connection, "BLPOP list 0.05").await, Value::Null);
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_brings_back_data_time_and_transactions() {
    let target = bundled(0).await;
    let engine = target.bundled().expect("bundled");
    let (mut one, mut two) = (connect(&target, "one").await, connect(&target, "two").await);
    call(&mut one, "SET k v EX 60").await;
    call(&mut one, "MULTI").await;
    let snapshot = engine.snapshot();
    call(&mut one, "SET k other").await;
    call(&mut one, "EXEC").await;
    engine.jump(Duration::from_secs(120));
    assert_eq!(call(&mut two, "DBSIZE").await, Value::Integer(1));
    let mut late = connect(&target, "late").await;
    drop(two);
    engine.restore(&snapshot);
    let Value::Integer(ttl) = call(&mut late, "TTL k").await else { panic!("no TTL") };
    assert!((59..=60).contains(&ttl), "{ttl}");
    assert_eq!(call(&mut one, "GET k").await, Value::simple("QUEUED"), "the transaction is open again");
    assert_eq!(call(&mut one, "EXEC").await, Value::Array(vec![Value::bulk("v")]));
    assert_eq!(call(&mut late, "CLIENT GETNAME").await, Value::bulk("late"), "a later connection stays");
    let list = call(&mut late, "CLIENT LIST").await;
    let list = String::from_utf8_lossy(list.as_bytes().expect("text")).into_owned();
    assert_eq!(list.lines().count(), 2, "a closed connection stays closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_answers_who_waits_on_what_never_happened() {
    let target = bundled(0).await;
    let engine = target.bundled().expect("bundled");
    let mut waiting = connect(&target, "waiting").await;
    let snapshot = engine.snapshot();
    let waits = tokio::spawn(async move {
        let reply = call(&mut waiting, "BLPOP list 0").await;
        (waiting, reply)
    });
    while engine.with_engine(|engine| !engine.state().clients.values().any(|client| client.blocked.is_some())) {
        tokio::task::yield_now().await;
    }
    engine.restore(&snapshot);
    let (mut waiting, reply) = waits.await.expect("no panic");
    assert!(reply.as_bytes().is_some_and(|line| line.starts_with(b"UNBLOCKED")), "{reply:?}");
    assert_eq!(call(&mut waiting, "PING").await, Value::simple("PONG"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_connection_is_lost() {
    let target = bundled(0).await;
    let (mut one, mut two) = (connect(&target, "one").await, connect(&target, "two").await);
    let Value::Integer(id) = call(&mut one, "CLIENT ID").await else { panic!("no id") };
    call(&mut two, &format!("CLIENT KILL ID {id}")).await;
    assert!(one.lost().is_some());
    assert!(one.call(&words("PING")).await.is_err());
    assert_eq!(call(&mut two, "QUIT").await, Value::ok());
    assert!(two.call(&words("PING")).await.is_err());
}
