//! Whole files: what one server saves, the other loads.

use std::path::PathBuf;
use std::process::Command;

use bytes::Bytes;
use proptest::prelude::*;
use redlab::engine::{Called, ClientId, Engine, Settings, Time};
use redlab::resp::Value;
use redlab::target::LocalServer;

use super::dump::filling;
use super::{Line, draw, now, streams, wanted_cases, words};
use crate::oracle::Wire;

/// Files in a run, unless the environment asks for more.
const FILES: u32 = 12;
/// A moment in the far future, in milliseconds.
const FAR_MS: &str = "4102444800123";

/// Commands for several keys of several databases, some of which expire: the key `k` gets a name of its own each time.
fn content() -> impl Strategy<Value = Vec<(usize, Line)>> {
    let values = prop::collection::vec((filling(), 0u8..3, any::<bool>()), 1..12);
    let entries = prop::collection::vec(streams::on_keys(), 0..40);
    (values, entries).prop_map(|(values, entries)| {
        let mut program = Vec::new();
        for (n, (lines, db, expires)) in values.into_iter().enumerate() {
            let key = Bytes::from(format!("key:{n}"));
            program.push(words(&format!("SELECT {db}")));
            program.extend(lines.into_iter().map(|mut line| {
                line[1] = key.clone();
                line
            }));
            if expires {
                program.push([words("PEXPIREAT"), vec![key, FAR_MS.into()]].concat());
            }
        }
        program.push(words("SELECT 5"));
        program.extend(entries.into_iter().filter(|line| !line.iter().any(|word| word.eq_ignore_ascii_case(b"BLOCK"))));
        program.into_iter().map(|line| (0, line)).collect()
    })
}

fn call(engine: &mut Engine, id: ClientId, line: &str) -> Value {
    match engine.call(id, &words(line), now()) {
        Called::Reply(value) => value,
        other => panic!("{line}: {other:?}"),
    }
}

/// The bytes that SAVE would write.
fn saved(engine: &mut Engine, id: ClientId) -> Vec<u8> {
    assert_eq!(engine.call(id, &words("SAVE"), now()), Called::Blocked);
    let saving = engine.take_saving(now()).expect("something to write");
    engine.finish_saving(saving.request, Ok(()), now());
    assert_eq!(engine.take_deliveries().pop().map(|delivery| delivery.value), Some(Value::ok()));
    saving.bytes
}

fn round(server: &LocalServer, program: &[(usize, Line)]) -> Result<(), String> {
    let mut wire = Wire::connect(server);
    wire.call(&words("FLUSHALL"));
    let folder = wire.call(&words("CONFIG GET dir"));
    let folder =
        folder.items().and_then(|items| items[1].as_bytes()).map(|dir| String::from_utf8_lossy(dir).into_owned());
    let path = PathBuf::from(folder.expect("a folder")).join("dump.rdb");
    for (_, line) in program {
        wire.call(line);
    }
    assert_eq!(wire.call(&words("SAVE")), Value::ok());
    let theirs = std::fs::read(&path).map_err(|error| error.to_string())?;
    let settings = Settings { dir: Some("anywhere".into()), ..Settings::default() };
    let mut engine = Engine::new(settings, now());
    let id = engine.connect("127.0.0.1:1", now());
    engine.load(&theirs, now())?;
    let digest = wire.call(&words("DEBUG DIGEST"));
    let same = |what: &str, ours: Value| if ours == digest { Ok(()) } else { Err(format!("{what}: other data")) };
    same("loaded", call(&mut engine, id, "DEBUG DIGEST"))?;
    same("reloaded", {
        assert_eq!(call(&mut engine, id, "DEBUG RELOAD"), Value::ok());
        call(&mut engine, id, "DEBUG DIGEST")
    })?;
    let ours = saved(&mut engine, id);
    std::fs::write(&path, &ours).map_err(|error| error.to_string())?;
    let check = Command::new("redis-check-rdb").arg(&path).output().map_err(|error| error.to_string())?;
    if !check.status.success() {
        return Err(format!("redis-check-rdb: {}", String::from_utf8_lossy(&check.stdout)));
    }
    assert_eq!(wire.call(&words("DEBUG RELOAD NOSAVE")), Value::ok());
    same("loaded by Redis", wire.call(&words("DEBUG DIGEST")))?;
    // Streams are more than their entries: groups, consumers and what is pending.
    for key in ["a", "b", "c", "d"] {
        wire.call(&words("SELECT 5"));
        call(&mut engine, id, "SELECT 5");
        let line = format!("XINFO STREAM {key} FULL");
        let (theirs, ours) = (wire.call(&words(&line)), call(&mut engine, id, &line));
        if ours.clone().into_resp2() != theirs {
            return Err(format!("{line}\n bundled: {ours:?}\n    real: {theirs:?}"));
        }
    }
    Ok(())
}

#[test]
fn what_one_server_saves_the_other_loads() {
    let server = LocalServer::start(&["--enable-debug-command", "yes"]).expect("redis-server is installed");
    draw(super::seed_number(), wanted_cases().unwrap_or(FILES), content(), |program| round(&server, program));
}

#[test]
fn keys_whose_time_has_come_stay_behind() {
    let mut engine = Engine::new(Settings { dir: Some("anywhere".into()), ..Settings::default() }, Time(0));
    let id = engine.connect("127.0.0.1:1", Time(0));
    for line in ["SET a 1 PX 50", "SET b 2 PX 5000", "SET c 3", "SAVE"] {
        engine.call(id, &words(line), Time(0));
    }
    let bytes = engine.take_saving(Time(0)).expect("something to write").bytes;
    let mut later = Engine::new(Settings::default(), Time::from_ms(100));
    let loaded = later.load(&bytes, Time::from_ms(100)).expect("a sound file");
    assert_eq!((loaded.keys, loaded.expired), (2, 1));
    let damaged = later.load(&bytes[..bytes.len() - 9], Time::from_ms(100));
    assert_eq!(damaged, Err(format!("it ends in the middle (before byte {})", bytes.len() - 9)));
    let id = later.connect("127.0.0.1:1", Time::from_ms(100));
    // A damaged file changes nothing.
    assert_eq!(later.call(id, &words("DBSIZE"), Time::from_ms(100)), Called::Reply(Value::Integer(2)));
}
