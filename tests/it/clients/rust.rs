//! redis-rs, asynchronous: commands, pipelines, transactions, messages, scripts, blocking, both protocols.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Value, cmd, pipe};

use super::on_both;

/// What redis-rs waits for a reply; its own default is too short for commands that block.
const PATIENCE: Duration = Duration::from_secs(30);

async fn open(port: u16, query: &str) -> MultiplexedConnection {
    let client = Client::open(format!("redis://127.0.0.1:{port}/{query}")).expect("a URL");
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(PATIENCE));
    client.get_multiplexed_async_connection_with_config(&config).await.expect("a connection")
}

/// Runs what `check` does on both servers, in both protocols, each time on an empty database.
fn in_both_protocols<F: Future<Output = ()>>(check: impl Fn(u16, &'static str) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    on_both(|port| {
        for query in ["?protocol=resp2", "?protocol=resp3"] {
            runtime.block_on(async {
                let mut connection = open(port, query).await;
                let () = cmd("FLUSHALL").query_async(&mut connection).await.expect("FLUSHALL");
                check(port, query).await;
            });
        }
    });
}

#[test]
fn commands_and_pipelines() {
    in_both_protocols(|port, query| async move {
        let mut connection = open(port, query).await;
        let set: String = cmd("SET").arg("k").arg(b"\0\xff").query_async(&mut connection).await.expect("SET");
        let got: Vec<u8> = cmd("GET").arg("k").query_async(&mut connection).await.expect("GET");
        assert_eq!((set.as_str(), got.as_slice()), ("OK", &b"\0\xff"[..]));
        let mut pipeline = pipe();
        for n in 0..5000 {
            pipeline.cmd("SET").arg(n).arg(n * 2).ignore().cmd("GET").arg(n);
        }
        let found: Vec<i64> = pipeline.query_async(&mut connection).await.expect("a pipeline");
        assert!(found.iter().copied().eq((0..5000).map(|n| n * 2)));
        let mut transaction = pipe();
        transaction.atomic().cmd("INCR").arg("n").cmd("INCR").arg("n");
        let found: (i64, i64) = transaction.query_async(&mut connection).await.expect("a transaction");
        assert_eq!(found, (1, 2));
        let error = cmd("LPUSH").arg("n").arg("x").query_async::<Value>(&mut connection).await.expect_err("WRONGTYPE");
        assert_eq!(error.code(), Some("WRONGTYPE"));
    });
}

#[test]
fn maps_and_scripts() {
    in_both_protocols(|port, query| async move {
        let mut connection = open(port, query).await;
        let added: i64 =
            cmd("HSET").arg("h").arg(&[("a", 1), ("b", 2)]).query_async(&mut connection).await.expect("HSET");
        let found: std::collections::BTreeMap<String, i64> =
            cmd("HGETALL").arg("h").query_async(&mut connection).await.expect("HGETALL");
        assert_eq!((added, found), (2, [("a".to_string(), 1), ("b".to_string(), 2)].into()));
        let script = "return {KEYS[1], tonumber(ARGV[1]) + 1, redis.call('HGET', KEYS[1], 'a')}";
        let answer: (String, i64, String) =
            cmd("EVAL").arg(script).arg(1).arg("h").arg(41).query_async(&mut connection).await.expect("EVAL");
        assert_eq!(answer, ("h".into(), 42, "1".into()));
    });
}

#[test]
fn whoever_is_blocked_is_woken() {
    in_both_protocols(|port, query| async move {
        let (mut waiter, mut other) = (open(port, query).await, open(port, query).await);
        let waiting = async {
            let found: (String, String) = cmd("BLPOP").arg("q").arg(20).query_async(&mut waiter).await.expect("BLPOP");
            assert_eq!(found, ("q".into(), "job".into()));
        };
        let pushing = async {
            let mut info = String::new();
            while !info.contains("blocked_clients:1") {
                info = cmd("INFO").arg("clients").query_async(&mut other).await.expect("INFO");
            }
            let () = cmd("RPUSH").arg("q").arg("job").query_async(&mut other).await.expect("RPUSH");
        };
        tokio::join!(waiting, pushing);
    });
}

#[test]
fn messages_reach_subscribers() {
    in_both_protocols(|port, query| async move {
        use futures_util::StreamExt;
        let mut sender = open(port, query).await;
        let client = Client::open(format!("redis://127.0.0.1:{port}/{query}")).expect("a URL");
        let mut subscriber = client.get_async_pubsub().await.expect("a subscriber");
        subscriber.subscribe("news").await.expect("SUBSCRIBE");
        subscriber.psubscribe("w*").await.expect("PSUBSCRIBE");
        for (channel, text) in [("news", "hi"), ("weather", "rain")] {
            let count: i64 = cmd("PUBLISH").arg(channel).arg(text).query_async(&mut sender).await.expect("PUBLISH");
            assert_eq!(count, 1);
            let message = subscriber.on_message().next().await.expect("a message");
            let payload: String = message.get_payload().expect("a text");
            assert_eq!((message.get_channel_name(), payload.as_str()), (channel, text));
        }
    });
}
