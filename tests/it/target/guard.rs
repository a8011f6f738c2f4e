//! Somebody's data on a live server stays as it is.

use redlab::resp::Value;
use redlab::target::{Connection, Guard, Verdict};

use super::{call, connect, live, server, words};

/// A user's session: what may be sent is sent on the user's connection; else why it is asked about.
struct Session {
    guard: Guard,
    user: Connection,
    observer: Connection,
}

impl Session {
    async fn open(url: &str) -> Session {
        let target = live(url).await;
        let (user, observer) = (connect(&target, "user").await, connect(&target, "observer").await);
        Session { guard: Guard::new(), user, observer }
    }

    async fn judged(&mut self, line: &str) -> Option<String> {
        match self.guard.judge(&words(line), &mut self.observer).await.expect("a verdict") {
            Verdict::Allow => {
                call(&mut self.user, line).await;
                None
            }
            Verdict::Ask { reason, .. } => Some(reason),
        }
    }

    async fn clean_up(&mut self) -> usize {
        self.guard.clean_up(&mut self.observer).await.expect("it cleans up")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_redlab_created_is_removed() {
    let server = server(&[]);
    let mut session = Session::open(&server.url()).await;
    let mut observer = connect(&live(&server.url()).await, "other").await;
    for line in ["SET theirs 1", "RPUSH queue a b", "SET other x"] {
        call(&mut observer, line).await;
    }
    for line in [
        "SET mine 1",
        "INCR mine",
        "HSET h a 1",
        "COPY theirs copied",
        "SORT queue ALPHA STORE sorted",
        "GET theirs",
        "RENAME h moved",
        "EVAL \"return redis.call('SET', KEYS[1], ARGV[1])\" 1 scripted v",
        "MULTI",
        "SET queued 1",
        "EXEC",
        "EXPIRE nothing 10",
        "DEL nothing",
        "GETSET never",
        "XADD",
        "XADD stream * f v",
    ] {
        assert_eq!(session.judged(line).await, None, "{line}");
    }
    for line in [
        "SET theirs 2",
        "DEL theirs",
        "RENAME theirs taken",
        "RENAME mine theirs",
        "LPOP queue",
        "LMOVE queue mine2 LEFT LEFT",
        "SUNIONSTORE other a b",
        "SORT queue ALPHA STORE other",
        "MSET mine 1 other 2",
        "GETDEL other",
        "EXPIRE theirs 1",
        "EVAL 'return 1' 1 theirs",
        "EVAL \"redis.call('DEL', 'theirs')\" 0",
        "EVALSHA abc 0",
        "BLPOP queue 1",
        "UNLINK theirs",
    ] {
        assert!(session.judged(line).await.is_some(), "{line}");
    }
    assert_eq!(session.clean_up().await, 7);
    let mut left: Vec<Value> = call(&mut observer, "KEYS *").await.items().expect("keys").to_vec();
    left.sort_by_key(|key| key.as_bytes().cloned());
    assert_eq!(left, ["other", "queue", "theirs"].map(Value::bulk));
    assert_eq!(call(&mut observer, "GET theirs").await, Value::bulk("1"));
    assert!(session.guard.ledger().keys().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_moved_or_created_later_is_not_ours() {
    let server = server(&[]);
    let mut session = Session::open(&server.url()).await;
    let mut other = connect(&live(&server.url()).await, "other").await;
    call(&mut other, "SET theirs precious").await;
    assert!(session.judged("RENAME theirs new").await.is_some());
    // The user said yes: the data under the new name is still somebody's.
    call(&mut session.user, "RENAME theirs new").await;
    assert!(session.judged("SET new 1").await.is_some());
    // The name is free; whoever puts it there again by hand keeps it.
    assert_eq!(session.judged("SET theirs again").await, None);
    assert_eq!(session.clean_up().await, 0);
    assert_eq!(call(&mut other, "MGET new theirs").await, Value::bulks(["precious", "again"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn dangerous_commands_are_asked_about_every_time() {
    let server = server(&[]);
    let mut session = Session::open(&server.url()).await;
    for line in
        ["FLUSHALL", "FLUSHALL", "flushdb", "CONFIG SET maxmemory 1", "SHUTDOWN", "SCRIPT FLUSH", "DEBUG SLEEP 1"]
    {
        assert!(session.judged(line).await.is_some(), "{line}");
    }
    for line in ["CONFIG GET maxmemory", "KEYS *", "PING", "NOSUCHCOMMAND a", "SELECT 0"] {
        assert_eq!(session.judged(line).await, None, "{line}");
    }
    assert!(session.judged("SELECT 3").await.is_some());
    assert!(session.judged("SET anywhere 1").await.is_some(), "nobody knows in which database");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lesson_claims_keys_that_do_not_exist() {
    let server = server(&[]);
    let target = live(&server.url()).await;
    let mut observer = connect(&target, "observer").await;
    call(&mut observer, "SET user:1 x").await;
    let mut guard = Guard::new();
    let claim = |patterns: &[&str]| patterns.iter().map(ToString::to_string).collect::<Vec<_>>();
    let error = guard.claim(&claim(&["free", "user:*"]), &mut observer).await.expect_err("a key exists");
    assert!(error.to_string().contains("user:1"), "{error}");
    guard.claim(&claim(&["free", "page:*"]), &mut observer).await.expect("none exists");
    let ledger = guard.ledger();
    for line in ["SET page:1 x", "SET free 1", "SET unclaimed 1"] {
        ledger.note(&words(line));
        call(&mut observer, line).await;
    }
    assert_eq!(guard.clean_up(&mut observer).await.expect("it cleans up"), 2);
    assert_eq!(call(&mut observer, "DBSIZE").await, Value::Integer(2), "what was not claimed is left alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_resort_needs_nothing_that_still_works() {
    let server = server(&["--requirepass", "secret"]);
    let url = format!("redis://:secret@{}", server.address());
    let mut session = Session::open(&url).await;
    let target = live(&url).await;
    let mut observer = connect(&target, "other").await;
    call(&mut observer, "SET theirs 1").await;
    assert_eq!(session.judged("SET mine 1").await, None);
    let last_resort = session.guard.last_resort(&target);
    assert_eq!(last_resort.run(), 1);
    assert_eq!(last_resort.run(), 0);
    assert_eq!(call(&mut observer, "KEYS *").await, Value::bulks(["theirs"]));
}
