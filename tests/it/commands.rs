//! `COMMANDS.md`: every command of Redis 7.0, and whether the bundled engine has it. The test asks both and compares
//! the page; `UPDATE=1` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use redlab::engine::{Called, Engine, Settings, Time};
use redlab::resp::{Value, split_line};
use redlab::target::LocalServer;

use crate::oracle::Wire;

/// Why commands are absent: one in a line, its name and the reason.
const ABSENT: &str = include_str!("commands/absent.txt");

const HEAD: &str = "\
# Commands

Every command and subcommand of Redis 7.0 by group, and whether redlab's bundled engine has it. On a live server redlab
uses whatever that server has. The cluster's commands are there and say, as a Redis alone does, that there is no
cluster; replication has one server, which is the master.

A script or function that runs for longer than `busy-reply-threshold` milliseconds keeps `redlab serve` busy as it does
Redis: others are told BUSY, SCRIPT KILL and FUNCTION KILL end it unless it has written, SHUTDOWN NOSAVE ends the server.
Ctrl-C and SIGTERM end it as well, and what it wrote stays. New TLS connections wait meanwhile. In lessons, races and the
prompt nobody could kill it: after as many instructions as take about that time it is ended with the same error, whether
it has written or not. A script whose values take more than 128 MiB is ended with an error everywhere.

";

/// Of all commands that are not the cluster's, so many in a hundred must be there.
const LEAST_PERCENT: usize = 97;

fn items(value: Value) -> Vec<Value> {
    match value.into_resp2() {
        Value::Array(items) => items,
        other => panic!("{other:?}"),
    }
}

fn text(value: &Value) -> String {
    String::from_utf8_lossy(value.as_bytes().expect("a text")).into_owned()
}

/// What COMMAND DOCS says of all commands and subcommands: group and since, by name.
fn documented(docs: Value) -> BTreeMap<String, (String, String)> {
    let mut found = BTreeMap::new();
    let mut open = items(docs);
    while open.len() > 1 {
        let (docs, name) = (items(open.pop().expect("docs")), text(&open.pop().expect("a name")));
        let field = |field: &str| docs.chunks(2).find(|pair| text(&pair[0]) == field).map(|pair| pair[1].clone());
        open.extend(field("subcommands").into_iter().flat_map(items));
        let plain = |name: &str| field(name).map(|value| text(&value)).unwrap_or_default();
        found.insert(name, (plain("group"), plain("since")));
    }
    found
}

fn page(real: &BTreeMap<String, (String, String)>, ours: &BTreeSet<String>) -> String {
    let reasons: BTreeMap<&str, &str> = ABSENT.lines().filter_map(|line| line.split_once(' ')).collect();
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut present = 0;
    for (name, (group, since)) in real {
        let here = if ours.contains(name) {
            assert!(!reasons.contains_key(name.as_str()), "{name} is there: it needs no reason in absent.txt");
            present += 1;
            "yes".to_string()
        } else {
            format!("no: {}", reasons.get(name.as_str()).unwrap_or(&"not yet"))
        };
        let shown = name.to_uppercase().replace('|', " ");
        groups.entry(group).or_default().push(format!("| `{shown}` | {since} | {here} |\n"));
    }
    let later: Vec<String> = ours
        .iter()
        .filter(|name| !real.contains_key(*name))
        .map(|name| format!("`{}`", name.to_uppercase().replace('|', " ")))
        .collect();
    let mut page = format!("{HEAD}{present} of {} are there.", real.len());
    if !later.is_empty() {
        page.push_str(&format!(" Beyond them, from later versions: {}.", later.join(", ")));
    }
    page.push('\n');
    for (group, lines) in groups {
        page.push_str(&format!("\n## {group}\n\n| command | since | here |\n|---|---|---|\n{}", lines.concat()));
    }
    page
}

/// What the real server documents, and what the engine has.
fn both() -> (BTreeMap<String, (String, String)>, BTreeSet<String>) {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let real = documented(Wire::connect(&server).call(&split_line("COMMAND DOCS").expect("a line")));
    let mut engine = Engine::new(Settings::default(), Time(0));
    let id = engine.connect("127.0.0.1:1", Time(0));
    let reply = engine.call(id, &split_line("COMMAND LIST").expect("a line"), Time(0));
    let Called::Reply(list) = reply else { panic!("{reply:?}") };
    let ours: BTreeSet<String> = items(list).iter().map(text).collect();
    (real, ours)
}

#[test]
fn nearly_all_commands_are_there() {
    let (real, ours) = both();
    let counted: Vec<&String> = real.keys().filter(|name| real[*name].0 != "cluster").collect();
    let present = counted.iter().filter(|name| ours.contains(**name)).count();
    assert!(present * 100 >= counted.len() * LEAST_PERCENT, "only {present} of {} are there", counted.len());
}

#[test]
fn the_page_of_commands_is_true() {
    let (real, ours) = both();
    let page = page(&real, &ours);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("COMMANDS.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).expect("the page is written");
    }
    let committed = std::fs::read_to_string(&path).expect("COMMANDS.md");
    let differs = committed.lines().zip(page.lines()).find(|(a, b)| a != b);
    assert!(committed == page, "COMMANDS.md is not up to date (UPDATE=1 writes it anew): {differs:?}");
}
