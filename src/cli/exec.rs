//! `redlab exec`: one command; its output as redis-cli's, and on a live server its exit
//! status, too.

use std::ffi::OsString;
use std::io::Read;
use std::time::Duration;

use bytes::Bytes;

use crate::repl::{Open, Talk, TalkWish, lines, mass};
use crate::resp::{Protocol, Value, split_bytes};
use crate::target::{Endpoint, Target, TargetSpec};

use super::args::{Common, Format, TargetKind};
use super::client::{self, ended, input, leading_number, talk_wish};
use super::client_args::ClientArgs;
use super::exit::{Ended, Exit, Failure};
use super::{print, setup};

/// Runs one command and prints its reply; without one, runs what comes from a pipe.
pub fn exec(common: &Common, client: &ClientArgs, words: Vec<OsString>) -> Ended {
    if client.version {
        return print::text(concat!("redlab ", env!("CARGO_PKG_VERSION"), "\n")).map(|()| Exit::Fine);
    }
    if client.host.as_deref() == Some("") {
        return Err(Failure::usage("-h is the host and wants a name; redlab exec --help shows all options"));
    }
    if let Some(option) = words.first().filter(|word| word.as_encoded_bytes().starts_with(b"-")) {
        let option = crate::resp::printable(option.as_encoded_bytes(), 80);
        return Err(client::refused(&format!("Unrecognized option or bad number of args for: '{option}'")));
    }
    let by_lines = words.is_empty() && !client.pipe;
    if by_lines && !client::from_pipe() {
        return Err(Failure::usage("say what to run: redlab exec PING. A prompt is redlab repl"));
    }
    if common.format == Format::Json && !words.is_empty() {
        return document(common, client, words);
    }
    let wish = talk_wish(common, client, by_lines)?;
    if by_lines {
        return converse(common, client, wish);
    }
    on_target(common, wish, |wish| match client.pipe {
        true => insert(common, client, wish),
        false => once(common, client, wish, words),
    })
}

/// Lends a throw-away server to what runs on it, where that is the target.
fn on_target(common: &Common, mut wish: TalkWish, run: impl FnOnce(TalkWish) -> Ended) -> Ended {
    if !matches!(wish.open, Open::Bundled(_)) || common.target != Some(TargetKind::Server) {
        return run(wish);
    }
    let server = crate::target::LocalServer::start(&[]).map_err(Failure::target)?;
    wish.open = Open::Server(Endpoint::read(&server.url()).map_err(|error| Failure::unopened(&error))?);
    run(wish)
}

/// Commands from a pipe.
pub fn converse(common: &Common, client: &ClientArgs, wish: TalkWish) -> Ended {
    on_target(common, wish, |wish| {
        let mut talk = begin(common, client, wish)?;
        match lines(&mut talk, input()?) {
            Ok(Ok(())) => Ok(Exit::Fine),
            Ok(Err(error)) => Err(Failure::usage(format!("cannot read standard input: {error}"))),
            Err(ending) => ended(ending),
        }
    })
}

type Write = fn(&[u8]) -> Result<(), Failure>;

/// A conversation that has begun, or has said why not. With redis-cli's own options it begins even where the server
/// refuses the greeting, as redis-cli's does.
fn begin(common: &Common, client: &ClientArgs, wish: TalkWish) -> Result<Talk<Write>, Failure> {
    let mut talk = Talk::new(wish, print::bytes as Write);
    let said = |exit| Failure { exit, message: String::new() };
    match talk.connect() {
        Ok(true) => Ok(talk),
        Ok(false) => match client::strict_status(common, client) {
            Some(exit) => Err(said(exit)),
            None => Ok(talk),
        },
        Err(ending) => Err(ended(ending).map_or_else(|failure| failure, said)),
    }
}

fn once(common: &Common, client: &ClientArgs, wish: TalkWish, words: Vec<OsString>) -> Ended {
    let Some(argv) = arguments(client, words)? else { return Ok(Exit::Unmet) };
    let times = client.repeat.as_deref().map_or(1, leading_number);
    let mut talk = begin(common, client, wish)?;
    if !talk.is_connected() {
        return Ok(Exit::Unmet);
    }
    match talk.run(&argv, times) {
        Ok(true) if talk.saw_error() && client::on_own_target(common, client) => Ok(Exit::Unmet),
        Ok(true) => Ok(Exit::Fine),
        Ok(false) => Ok(Exit::Unmet),
        Err(ending) => ended(ending),
    }
}

/// The command's words, with what standard input gives to them. `None`: what is wrong has been said.
fn arguments(client: &ClientArgs, words: Vec<OsString>) -> Result<Option<Vec<Bytes>>, Failure> {
    let mut argv = Vec::with_capacity(words.len() + 1);
    for word in words {
        let word = Bytes::from(word.into_encoded_bytes());
        let unquoted = if client.quoted_input { unquoted(&word) } else { Some(word) };
        let Some(word) = unquoted else {
            print::text("Invalid quoted string\n")?;
            return Ok(None);
        };
        argv.push(word);
    }
    if client.last_from_input {
        argv.push(all_input()?);
    } else if let Some(tag) = &client.tag_from_input {
        let Some(place) = argv.iter_mut().find(|word| **word == tag.as_bytes()) else {
            print::message("Using -X option but stdin tag not match.");
            return Ok(None);
        };
        *place = all_input()?;
    }
    Ok(Some(argv))
}

fn unquoted(word: &[u8]) -> Option<Bytes> {
    let mut words = split_bytes(word).ok()?.into_iter();
    words.next().filter(|_| words.next().is_none()).map(|word| word.bytes)
}

fn all_input() -> Result<Bytes, Failure> {
    let mut bytes = Vec::new();
    let read = input()?.read_to_end(&mut bytes);
    read.map_err(|error| Failure::usage(format!("cannot read standard input: {error}")))?;
    Ok(Bytes::from(bytes))
}

fn insert(common: &Common, client: &ClientArgs, wish: TalkWish) -> Ended {
    let patience = client.pipe_timeout.as_deref().map_or(30, leading_number);
    let mut talk = begin(common, client, wish)?;
    if !talk.is_connected() {
        return Ok(Exit::Unmet);
    }
    match mass(&mut talk, input()?, Duration::from_secs(patience.unsigned_abs())) {
        Ok(0) => Ok(Exit::Fine),
        Ok(_) => Ok(Exit::Unmet),
        Err(ending) => ended(ending),
    }
}

/// One document for programs, which says where the command ran.
fn document(common: &Common, client: &ClientArgs, words: Vec<OsString>) -> Ended {
    let Some(argv) = arguments(client, words)? else { return Ok(Exit::Unmet) };
    let wish = talk_wish(common, client, false)?;
    let spec = match wish.open {
        Open::Server(endpoint) => TargetSpec::Live { url: endpoint.url(wish.database) },
        Open::Bundled(spec) => spec,
    };
    setup::block_on(async {
        let target = Target::open(&spec).await.map_err(|error| Failure::unopened(&error))?;
        let mut connection = target.connect("redlab", Protocol::Resp2).await.map_err(Failure::target)?;
        let exchange = connection.call(&argv).await.map_err(Failure::target)?;
        let reply: &Value = &exchange.reply;
        let kind = target.identity().kind.name();
        print::json(&serde_json::json!({"target": kind, "reply": crate::report::reply_json(reply)}))?;
        Ok(if reply.is_error() { Exit::Unmet } else { Exit::Fine })
    })
}
