//! Users and what they may do: several connections as different users.

use bytes::Bytes;
use proptest::prelude::*;
use redlab::resp::Value;
use redlab::target::LocalServer;

use super::{Line, key, key_command, run, scripting, sometimes_wrong, words};

/// Names of users, of which some never exist.
const USERS: &[&str] = &["u1", "u2", "u1", "u2", "default", "nobody", "a b", ""];
const PASSWORDS: &[&str] = &["p1", "p2", "", "secret"];

fn word(text: &[&'static str]) -> impl Strategy<Value = Bytes> + use<> {
    prop::sample::select(text.to_vec()).prop_map(|text| Bytes::from_static(text.as_bytes()))
}

/// A rule of a selector. None takes rights from all users for good: the programs would only be refused from there on.
fn selector_rule() -> impl Strategy<Value = Bytes> {
    word(&[
        "allkeys",
        "resetkeys",
        "allchannels",
        "resetchannels",
        "allcommands",
        "nocommands",
        "+@all",
        "-@all",
        "~*",
        "&*",
        "%RW~*",
        "%R~*",
        "%w~*",
        "%R~a",
        "%W~a",
        "%W~b*",
        "~a",
        "~b",
        "~[ab]*",
        "~",
        "%R",
        "%X~a",
        "%RR~a",
        "~a b",
        "&c*",
        "&news",
        "&",
        "+get",
        "-get",
        "+GET",
        "+set",
        "-set",
        "+select|0",
        "+select|1",
        "+select|",
        "-select|0",
        "+config",
        "-config",
        "+config|get",
        "-config|get",
        "+config|nosuch",
        "+config|get|x",
        "+acl|whoami",
        "-acl|whoami",
        "+nosuch",
        "-nosuch",
        "+@nosuch",
        "+@read",
        "-@write",
        "+@write",
        "-@dangerous",
        "+@fast",
        "-@fast",
        "+@slow",
        "+@string",
        "-@string",
        "+@transaction",
        "+@scripting",
        "-@scripting",
        "+@pubsub",
        "+@connection",
        "+@KeySpace",
        "ALLKEYS",
        "+",
        "-",
        "x",
        "+|x",
        "+@",
    ])
}

fn rule() -> impl Strategy<Value = Bytes> {
    let selector = prop::collection::vec(selector_rule(), 0..4).prop_map(|rules| {
        let rules: Vec<String> = rules.iter().map(|rule| String::from_utf8_lossy(rule).into_owned()).collect();
        Bytes::from(format!("({})", rules.join(" ")))
    });
    prop_oneof![
        10 => selector_rule(),
        2 => selector,
        6 => word(&[
            "on", "on", "on", "off", "nopass", "resetpass", ">p1", ">p2", "<p1", "<p2", "reset", "clearselectors",
            "ON", "sanitize-payload", "skip-sanitize-payload", "", "#x", "!x", "(", ")", "(+get", "~a)", "(x)",
            "#5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
            "!5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
            "#5E884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
        ]),
    ]
}

fn setuser() -> impl Strategy<Value = Line> {
    // The default user keeps its rights, so that there is always somebody who has some.
    let name = word(&["u1", "u2", "u1", "u2", "u1", "u2", "a b", "default"]);
    (name, prop::collection::vec(rule(), 0..6)).prop_map(|(name, rules)| {
        let rules = if name.as_ref() == b"default" { vec![Bytes::from_static(b"on")] } else { rules };
        [words("ACL SETUSER"), vec![name], rules].concat()
    })
}

fn about_users() -> impl Strategy<Value = Line> {
    let fixed = prop::sample::select(vec![
        "ACL LIST",
        "ACL USERS",
        "ACL WHOAMI",
        "ACL CAT",
        "ACL LOG",
        "ACL LOG 1",
        "ACL LOG -1",
        "ACL LOG x",
        "ACL LOG RESET",
        "ACL LOG RESET x",
        "ACL SAVE",
        "ACL LOAD",
        "ACL GENPASS",
        "ACL GENPASS 5",
        "ACL GENPASS 0",
        "ACL GENPASS 4097",
        "ACL GENPASS x",
        "ACL NOSUCH",
        "ACL",
        "ACL HELP",
        "CONFIG GET acl*",
        "CONFIG SET acl-pubsub-default allchannels",
        "CONFIG SET acl-pubsub-default resetchannels",
        "CONFIG SET acllog-max-len 3",
        "CONFIG GET requirepass",
        "HELLO 2",
        "HELLO",
        "RESET",
    ])
    .prop_map(words);
    let category = word(&["nosuch", "all", "@read"]);
    prop_oneof![
        6 => fixed,
        1 => category.prop_map(|category| [words("ACL CAT"), vec![category]].concat()),
        1 => word(&["u1", "u2", "nobody", "u1"]).prop_map(|name| [words("ACL DELUSER"), vec![name]].concat()),
        4 => word(USERS).prop_map(|name| [words("ACL GETUSER"), vec![name]].concat()),
        8 => (word(USERS), word(PASSWORDS)).prop_map(|(name, password)| [words("AUTH"), vec![name, password]].concat()),
        1 => word(PASSWORDS).prop_map(|password| [words("AUTH"), vec![password]].concat()),
        2 => (word(USERS), word(PASSWORDS), 2..4u8).prop_map(|(name, password, version)| {
            [words(&format!("HELLO {version} AUTH")), vec![name, password]].concat()
        }),
        4 => (word(USERS), key_command()).prop_map(|(name, line)| [words("ACL DRYRUN"), vec![name], line].concat()),
        2 => word(USERS).prop_map(|name| [words("CLIENT KILL USER"), vec![name]].concat()),
    ]
}

fn tried() -> impl Strategy<Value = Line> {
    let fixed = prop::sample::select(vec![
        "MULTI",
        "EXEC",
        "EXEC",
        "DISCARD",
        "SELECT 0",
        "SELECT 1",
        "SELECT 0",
        "CONFIG GET hash-max-listpack-value",
        "CONFIG GET hz",
        "PING",
        "SUBSCRIBE c1",
        "SUBSCRIBE news x",
        "PSUBSCRIBE c*",
        "PSUBSCRIBE x*",
        "SSUBSCRIBE c1",
        "UNSUBSCRIBE c1",
        "PUBLISH c1 x",
        "PUBLISH news x",
        "SPUBLISH c1 x",
        "SORT a BY w_* GET *",
        "SORT a BY w",
        "SORT_RO a GET b*",
        "SORT a STORE b",
        "SET a 1 GET",
        "EXISTS a b",
        "TYPE a",
        "COPY a b",
        "EVAL 'return redis.call(\"get\", KEYS[1])' 1 a",
        "EVAL 'return redis.pcall(\"set\", \"b\", 1)' 0",
        "EVAL 'return redis.acl_check_cmd(\"set\", \"b\", 1)' 0",
        "EVAL 'return redis.acl_check_cmd(\"nosuch\")' 0",
        "EVAL 'return redis.acl_check_cmd(\"config\", \"get\")' 0",
        "EVAL 'return redis.call(\"publish\", \"news\", 1)' 0",
        "EVAL 'return redis.call(\"select\", 1)' 0",
    ])
    .prop_map(words);
    prop_oneof![
        4 => fixed,
        4 => key_command(),
        1 => key().prop_map(|key| [words("GET"), vec![key]].concat()),
        1 => scripting::command(),
    ]
}

pub fn command() -> impl Strategy<Value = Line> {
    prop_oneof![
        3 => sometimes_wrong(setuser()).boxed(),
        3 => about_users().boxed(),
        6 => tried().boxed(),
    ]
    .prop_filter("it would end a connection", |line| !line[0].eq_ignore_ascii_case(b"CLIENT"))
}

/// A user's rules with their words in order.
pub fn ordered_rules(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(ordered_rules).collect()),
        Value::Bulk(text) if text.contains(&b'@') => {
            let mut words: Vec<&[u8]> = text.split(|byte| *byte == b' ').collect();
            // MIGRATE, SYNC, PSYNC and REPLCONF are missing, and which categories describe a user best, with which
            // commands beside them, depends on how many commands each category has.
            words.retain(|word| !word.starts_with(b"+") && !word.starts_with(b"-"));
            words.sort_unstable();
            Value::Bulk(words.join(&b' ').into())
        }
        other => other,
    }
}

/// Entries of ACL LOG without their age and without the client.
pub fn without_client(value: Value) -> Value {
    let Value::Array(entries) = value else { return value };
    let plain = |entry: Value| match entry {
        Value::Array(mut fields) => {
            fields.truncate(10);
            Value::Array(fields)
        }
        other => other,
    };
    Value::Array(entries.into_iter().map(plain).collect())
}

#[test]
fn users_may_do_what_they_may_with_redis() {
    run(command(), 3);
}

#[test]
fn categories_hold_the_same_commands() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let mut wire = crate::oracle::Wire::connect(&server);
    let mut engine = redlab::engine::Engine::new(Default::default(), redlab::engine::Time(0));
    let id = engine.connect("127.0.0.1:1", redlab::engine::Time(0));
    let mut ours = |line: &str| match engine.call(id, &words(line), redlab::engine::Time(0)) {
        redlab::engine::Called::Reply(value) => names(value),
        other => panic!("{other:?}"),
    };
    let mut theirs = |line: &str| names(wire.call(&words(line)));
    let known = ours("COMMAND LIST");
    let both: Vec<String> = theirs("COMMAND LIST").into_iter().filter(|name| known.contains(name)).collect();
    let only_both = |mut list: Vec<String>| {
        list.retain(|name| both.contains(name));
        list.sort();
        list
    };
    let categories = theirs("ACL CAT");
    assert_eq!(ours("ACL CAT"), categories);
    for category in categories {
        let line = format!("ACL CAT {category}");
        assert_eq!(only_both(ours(&line)), only_both(theirs(&line)), "{category}");
    }
}

fn names(value: Value) -> Vec<String> {
    let items = value.items().expect("a list").iter();
    items.map(|name| String::from_utf8_lossy(name.as_bytes().expect("a name")).into_owned()).collect()
}
