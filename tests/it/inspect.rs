//! Keys as a person sees them: the same at the bundled engine and at a real server.

use std::time::Duration;

use bytes::Bytes;
use redlab::inspect::{Change, Content, Inspector, KeyChange, KeyView};
use redlab::target::{Connection, Target, TargetSpec};

use crate::target::{bundled, call, connect};

/// Runs lines, then looks.
async fn after(
    connection: &mut Connection,
    observer: &mut Connection,
    inspector: &mut Inspector,
    lines: &[&str],
) -> (Vec<KeyView>, Vec<KeyChange>) {
    for line in lines {
        call(connection, line).await;
    }
    inspector.refresh(observer).await.expect("a look")
}

fn shown(changes: &[KeyChange]) -> Vec<String> {
    changes.iter().map(|change| format!("{} {:?}", String::from_utf8_lossy(&change.key), change.change)).collect()
}

async fn story(target: &Target) -> Vec<String> {
    let (mut user, mut observer) = (connect(target, "user").await, connect(target, "observer").await);
    let mut inspector = Inspector::new();
    inspector.follow_pattern("*");
    let scenes: &[&[&str]] = &[
        &["SET s hello", "HSET h a 1 b 2", "RPUSH l x y", "SADD t m", "ZADD z 1.5 m 2 n", "SET n 12"],
        &["APPEND s !", "HSET h b 3 c 4", "HDEL h a", "LPUSH l w", "RPOP l", "SADD t o", "ZADD z 7 m", "INCR n"],
        &["DEL s", "EXPIREAT h 33177117420", "SET z string", "LSET l 0 v"],
        &["PERSIST h", "HSET h long 0123456789012345678901234567890123456789012345678901234567890123456789"],
        &[],
    ];
    let mut told = Vec::new();
    for lines in scenes {
        let (views, changes) = after(&mut user, &mut observer, &mut inspector, lines).await;
        told.extend(views.iter().map(|view| format!("{view:?}")));
        told.extend(shown(&changes));
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn both_targets_tell_the_same_story() {
    let ours = story(&bundled(0).await).await;
    let theirs = story(&Target::open(&TargetSpec::Server).await.expect("a server")).await;
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.contains(&r#"n Str { before: b"12", after: b"13" }"#.to_string()), "{ours:#?}");
    assert!(ours.contains(&r#"z Retyped { before: "zset", after: "string" }"#.to_string()));
    assert!(ours.contains(&"s Deleted".to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expired_is_told_from_what_was_deleted() {
    let target = bundled(0).await;
    let (mut user, mut observer) = (connect(&target, "user").await, connect(&target, "observer").await);
    let mut inspector = Inspector::new();
    inspector.follow(Bytes::from("a"));
    inspector.follow(Bytes::from("b"));
    after(&mut user, &mut observer, &mut inspector, &["SET a 1 EX 60", "SET b 1 EX 60"]).await;
    call(&mut user, "DEL b").await;
    let (_, changes) = inspector.refresh(&mut observer).await.expect("a look");
    assert_eq!(shown(&changes), ["b Deleted"]);
    target.bundled().expect("bundled").jump(Duration::from_secs(61));
    let (views, changes) = inspector.refresh(&mut observer).await.expect("a look");
    assert!(views.is_empty());
    assert_eq!(changes, [KeyChange { key: Bytes::from("a"), change: Change::Expired }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn big_keys_and_many_keys_are_cut() {
    for target in [bundled(0).await, Target::open(&TargetSpec::Server).await.expect("a server")] {
        let (mut user, mut observer) = (connect(&target, "user").await, connect(&target, "observer").await);
        let mut inspector = Inspector::new();
        inspector.follow_pattern("big:*");
        let numbers: Vec<String> = (0..5000).map(|n| n.to_string()).collect();
        let pairs: Vec<String> = (0..5000).map(|n| format!("{n} {n}")).collect();
        for (command, words) in [("RPUSH big:l", &numbers), ("SADD big:t", &numbers), ("HSET big:h", &pairs)] {
            call(&mut user, &format!("{command} {}", words.join(" "))).await;
        }
        call(&mut user, &format!("SET big:s {}", "x".repeat(1 << 20))).await;
        let (views, _) = inspector.refresh(&mut observer).await.expect("a look");
        let sizes: Vec<(u64, usize)> = views.iter().map(|view| (view.total, seen(&view.content))).collect();
        assert_eq!(sizes, [(5000, 64), (5000, 64), (1 << 20, 4096), (5000, 64)]);
        call(&mut user, "RPUSH big:l more").await;
        call(&mut user, "LPUSH big:l first").await;
        call(&mut user, "HSET big:h new field").await;
        let (_, changes) = inspector.refresh(&mut observer).await.expect("a look");
        assert!(
            changes
                .iter()
                .all(|change| matches!(&change.change, Change::Elements { removed, .. } if removed.is_empty()))
        );
        for n in 0..300 {
            call(&mut user, &format!("SET big:{n} v")).await;
        }
        let (views, _) = inspector.refresh(&mut observer).await.expect("a look");
        assert_eq!(views.len(), 200);
    }
}

fn seen(content: &Content) -> usize {
    match content {
        Content::Str(bytes) => bytes.len(),
        Content::List(items) | Content::Set(items) => items.len(),
        Content::Hash(pairs) | Content::ZSet(pairs) => pairs.len(),
        Content::Stream(entries) => entries.len(),
        Content::Other => 0,
    }
}
