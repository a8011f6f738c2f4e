//! The shapes of RESP3: which replies are maps, sets, doubles, and how pairs nest.

use proptest::prelude::*;
use redlab::resp::Value;
use redlab::target::LocalServer;

use super::meant::comparison;
use super::{Compare, Line, Pair, hashes, lists, now, programs, sets, streams, strings, words, zsets};
use crate::oracle::Wire;
use redlab::engine::Called;

/// The types of a reply without its content. The order of elements does not count here, it is compared elsewhere.
fn shape(value: &Value) -> String {
    let all = |items: &[Value]| {
        let mut shapes: Vec<String> = items.iter().map(shape).collect();
        shapes.sort_unstable();
        shapes.concat()
    };
    match value {
        Value::Array(items) => format!("[{}]", all(items)),
        Value::Set(items) => format!("~[{}]", all(items)),
        Value::Push(items) => format!(">[{}]", all(items)),
        Value::Map(pairs) => {
            let pairs: Vec<Value> =
                pairs.iter().map(|(key, value)| Value::Array(vec![key.clone(), value.clone()])).collect();
            format!("%[{}]", all(&pairs))
        }
        // There is one null in RESP3.
        Value::Null | Value::NullArray => "_".into(),
        Value::Bulk(_) => "$".into(),
        Value::Integer(_) => ":".into(),
        Value::Double(_) => ",".into(),
        Value::Boolean(_) => "#".into(),
        other => format!("{other:?}"),
    }
}

fn differs(server: &LocalServer, program: &[(usize, Line)]) -> Result<(), String> {
    let mut pair = Pair::new(server, 1);
    pair.call(0, &words("HELLO 3"));
    for (_, line) in program {
        let Called::Reply(bundled) = pair.engine.call(pair.ids[0], line, now()) else { continue };
        let real = Wire::call(&mut pair.wires[0], line);
        let (bundled, real) = (shape(&bundled), shape(&real));
        // Texts in words of one's own.
        if bundled != real && comparison(line) != Compare::Help {
            return Err(format!("{line:?} ({:?})\n bundled: {bundled}\n    real: {real}", comparison(line)));
        }
    }
    Ok(())
}

#[test]
fn replies_have_the_shapes_of_resp3() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let command = prop_oneof![
        hashes::command().boxed(),
        lists::command().boxed(),
        sets::command().boxed(),
        streams::on_keys().boxed(),
        strings::command().boxed(),
        zsets::command().boxed(),
    ];
    programs(command, 1, |program| differs(&server, program));
}
