//! The same calls give the same replies at the bundled engine and at a real server.

use std::time::Duration;

use redlab::resp::{Protocol, Value};
use redlab::target::{Kind, Target, TargetSpec};

use super::{bundled, call, connect, words};

/// Both kinds of target.
async fn both() -> [Target; 2] {
    [bundled(0).await, Target::open(&TargetSpec::Server).await.expect("a throw-away server starts")]
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_are_the_same() {
    let lines = [
        "SET k v",
        "GET k",
        "GET none",
        "INCR k",
        "HSET h a 1 b 2",
        "HGETALL h",
        "RPUSH l 1 2 3",
        "LRANGE l 0 -1",
        "SADD s x",
        "SMEMBERS s",
        "ZADD z 1.5 m",
        "ZSCORE z m",
        "ZRANGE z 0 -1 WITHSCORES",
        "NOSUCH a b",
        "GET",
        "MULTI",
        "SET k 1",
        "INCR k",
        "EXEC",
        "EXEC",
        "CLIENT GETNAME",
        "EVAL 'return {1,false,{ok=\"fine\"}}' 0",
        "PEXPIRETIME k",
        "BLPOP empty 0.01",
        "TYPE h",
        "OBJECT ENCODING h",
        "GETRANGE k 0 0",
        "ECHO \"\\xff\\x00\"",
        "EVAL 'return redis.error_reply(\"MY words\")' 0",
        "NOSUCH \"a\\xff\\xc3\\xa9\"",
        "EVAL 'return {ok=ARGV[1]}' 0 \"\\xfe\"",
    ];
    for protocol in [Protocol::Resp3, Protocol::Resp2] {
        let mut transcripts = Vec::new();
        for target in both().await {
            let mut connection = target.connect("same", protocol).await.expect("a connection");
            assert_eq!(connection.protocol(), protocol);
            let mut replies = Vec::new();
            for line in lines {
                // RESP2 has two nulls, of which a client library keeps one.
                let reply = match call(&mut connection, line).await {
                    Value::NullArray => Value::Null,
                    other => other,
                };
                replies.push(format!("{line} -> {reply:?}"));
            }
            transcripts.push(replies);
        }
        similar(&transcripts[0], &transcripts[1]);
    }
}

fn similar(ours: &[String], theirs: &[String]) {
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours, theirs);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_is_one_exchange() {
    for target in both().await {
        let mut connection = connect(&target, "pipeline").await;
        let commands: Vec<_> = (0..2000).map(|n| words(&format!("SET k{n} {n}"))).collect();
        let (replies, elapsed) = connection.pipeline(&commands).await.expect("replies");
        assert_eq!(replies.len(), 2000);
        assert!(replies.iter().all(|reply| *reply == Value::ok()));
        assert!(elapsed.measured_us > 0 && !elapsed.is_simulated());
        assert_eq!(connection.pipeline(&[]).await.expect("nothing").0, []);
        let mixed = [words("INCR n"), words("NOSUCH"), words("GET n")];
        let (replies, _) = connection.pipeline(&mixed).await.expect("replies");
        assert!(replies[0] == Value::Integer(1) && replies[1].is_error() && replies[2] == Value::bulk("1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_wait_for_each_other() {
    for target in both().await {
        let (mut waiting, mut other) = (connect(&target, "waiting").await, connect(&target, "other").await);
        let waits = tokio::spawn(async move {
            let reply = call(&mut waiting, "BLPOP list 0").await;
            (waiting, reply)
        });
        wait_until_blocked(&mut other).await;
        assert_eq!(call(&mut other, "RPUSH list a b").await, Value::Integer(2));
        let (mut waiting, reply) = waits.await.expect("no panic");
        assert_eq!(reply, Value::bulks(["list", "a"]));
        assert_eq!(call(&mut waiting, "LPOP list").await, Value::bulk("b"));
    }
}

/// Waits until some client is blocked.
async fn wait_until_blocked(connection: &mut redlab::target::Connection) {
    wait_for(connection, "blocked_clients:1").await;
}

async fn wait_until_none_is_blocked(connection: &mut redlab::target::Connection) {
    wait_for(connection, "blocked_clients:0").await;
}

async fn wait_for(connection: &mut redlab::target::Connection, line: &str) {
    for _ in 0..2000 {
        let info = call(connection, "INFO clients").await;
        let text = info.as_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        if text.contains(line) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("INFO never says {line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_given_up_leaves_a_connection_that_works() {
    for target in both().await {
        let (mut waiting, mut other) = (connect(&target, "waiting").await, connect(&target, "other").await);
        let blocked = words("BLPOP list 0");
        tokio::select! {
            _ = waiting.call(&blocked) => panic!("nothing comes"),
            () = wait_until_blocked(&mut other) => {}
        }
        wait_until_none_is_blocked(&mut other).await;
        assert_eq!(call(&mut other, "RPUSH list a").await, Value::Integer(1));
        assert_eq!(call(&mut waiting, "LLEN list").await, Value::Integer(1), "nobody waits for it any more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_arrive_as_pushes() {
    for target in both().await {
        let (mut subscriber, mut other) = (connect(&target, "subscriber").await, connect(&target, "other").await);
        let push = |kind: &'static str, channel: &'static str, count| {
            Value::Push(vec![Value::bulk(kind), Value::bulk(channel), Value::Integer(count)])
        };
        assert_eq!(call(&mut subscriber, "SUBSCRIBE a b").await, push("subscribe", "a", 1));
        assert_eq!(subscriber.try_push(), Some(push("subscribe", "b", 2)));
        assert_eq!(subscriber.try_push(), None);
        assert_eq!(call(&mut other, "PUBLISH a hello").await, Value::Integer(1));
        let message = Value::Push(vec![Value::bulk("message"), Value::bulk("a"), Value::bulk("hello")]);
        assert_eq!(subscriber.next_push().await.expect("a message"), message);
        assert_eq!(call(&mut subscriber, "GET k").await, Value::Null, "RESP3 subscribers may send commands");
        // Which of the two goes first is up to the server.
        let first = call(&mut subscriber, "UNSUBSCRIBE").await;
        let second = subscriber.next_push().await.expect("a confirmation");
        let counts = [first, second].map(|push| push.items().and_then(|items| items.last().cloned()));
        assert_eq!(counts, [Some(Value::Integer(1)), Some(Value::Integer(0))]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_and_names_belong_to_one_connection() {
    for target in both().await {
        let (mut one, mut two) = (connect(&target, "one").await, connect(&target, "two").await);
        assert_eq!(call(&mut one, "WATCH k").await, Value::ok());
        assert_eq!(call(&mut one, "MULTI").await, Value::ok());
        assert_eq!(call(&mut one, "SET k mine").await, Value::simple("QUEUED"));
        assert_eq!(call(&mut two, "SET k theirs").await, Value::ok());
        assert_eq!(call(&mut one, "EXEC").await, Value::Null);
        assert_eq!(call(&mut two, "CLIENT GETNAME").await, Value::bulk("two"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_what_it_is() {
    let [ours, theirs] = both().await;
    assert_eq!((ours.identity().kind, theirs.identity().kind), (Kind::Bundled, Kind::Server));
    assert_eq!(ours.identity().version, "redlab engine (Redis 7.0.15)");
    assert!(theirs.identity().version.starts_with("Redis ") || theirs.identity().version.starts_with("Valkey "));
    assert_eq!(theirs.identity().simulated_rtt_us, None);
    assert_eq!(theirs.identity().label, theirs.server().expect("a server").address().to_string());
}
