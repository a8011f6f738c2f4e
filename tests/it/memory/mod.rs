//! Memory: what keys take, what happens when it runs out, and the parameters that say so.

mod config;
mod policies;
mod usage;

use bytes::Bytes;
use redlab::engine::{Called, ClientId, Engine, Settings, Time};
use redlab::resp::{Value, split_line};

/// 2023-11-14 22:13:20 UTC, in milliseconds.
const START_MS: i64 = 1_700_000_000_000;

/// The bundled engine with one client, and a clock of its own.
pub struct Lab {
    pub engine: Engine,
    pub client: ClientId,
    pub now_ms: i64,
}

impl Lab {
    pub fn new() -> Lab {
        let mut engine = Engine::new(Settings::default(), Time::from_ms(START_MS));
        let client = engine.connect("127.0.0.1:1", Time::from_ms(START_MS));
        Lab { engine, client, now_ms: START_MS }
    }

    pub fn call(&mut self, argv: &[Bytes]) -> Value {
        match self.engine.call(self.client, argv, Time::from_ms(self.now_ms)) {
            Called::Reply(value) => value,
            other => panic!("{argv:?}: {other:?}"),
        }
    }

    pub fn run(&mut self, line: &str) -> Value {
        self.call(&split_line(line).expect("a command line"))
    }

    pub fn number(&mut self, line: &str) -> i64 {
        match self.run(line) {
            Value::Integer(n) => n,
            other => panic!("{line}: {other:?}"),
        }
    }

    /// A field of INFO.
    pub fn info(&mut self, name: &str) -> u64 {
        let Value::Verbatim { text, .. } = self.run("INFO everything") else { panic!("INFO is a text") };
        field(&String::from_utf8_lossy(&text), name)
    }
}

/// A numeric field of INFO's text.
pub fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {name}")).trim().parse().expect("a number")
}
