//! `redlab exec`: one command; its output as redis-cli's.

use bytes::Bytes;

use crate::report::{formatted, raw};
use crate::resp::{Protocol, Value};
use crate::target::Target;

use super::args::{Common, Format};
use super::exit::{Ended, Exit, Failure};
use super::print;

/// Runs one command and prints its reply.
pub async fn exec(common: &Common, words: Vec<std::ffi::OsString>) -> Ended {
    let argv: Vec<Bytes> = words.into_iter().map(|word| Bytes::from(word.into_encoded_bytes())).collect();
    let target = Target::open(&common.spec()).await.map_err(|error| Failure::unopened(&error))?;
    let mut connection = target.connect("redlab", Protocol::Resp2).await.map_err(Failure::target)?;
    let exchange = connection.call(&argv).await.map_err(Failure::target)?;
    print_reply(common, &exchange.reply, target.identity().kind.name())?;
    Ok(if exchange.reply.is_error() { Exit::Unmet } else { Exit::Fine })
}

fn print_reply(common: &Common, reply: &Value, target: &str) -> Result<(), Failure> {
    match common.format {
        Format::Json => print::json(&serde_json::json!({"target": target, "reply": crate::report::reply_json(reply)})),
        Format::Text if print::to_terminal() => print::text(&formatted(reply)),
        Format::Text | Format::Mermaid | Format::Svg => {
            let mut bytes = raw(reply);
            bytes.push(b'\n');
            print::bytes(&bytes)
        }
    }
}
