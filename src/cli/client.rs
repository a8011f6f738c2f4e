//! From redis-cli's options to a conversation.

use std::io::IsTerminal;
use std::time::Duration;

use crate::repl::{Dialect, Ending, Open, TalkWish};
use crate::report::{Form, Style};
use crate::target::{Endpoint, Kind, Place, TlsWish};

use super::args::Common;
use super::client_args::ClientArgs;
use super::exit::{Ended, Exit, Failure};
use super::print;

/// Where the options say that commands go: `None` if they say nothing.
pub fn endpoint(common: &Common, client: &ClientArgs) -> Result<Option<Endpoint>, Failure> {
    let given = client.host.is_some() || client.port.is_some() || client.socket.is_some() || client.uri.is_some();
    let url = common.url.as_ref().filter(|_| common.target.is_none());
    if !given && url.is_none() {
        return Ok(None);
    }
    let mut endpoint = match client.uri.as_ref().or(url.filter(|_| !given)) {
        Some(url) => Endpoint::read(url).map_err(|error| {
            let exit = if client.uri.is_some() { Exit::Unmet } else { Exit::Target };
            Failure { exit, message: error.to_string() }
        })?,
        None => Endpoint::new(Place::Tcp("127.0.0.1".into(), 6379)),
    };
    if let Place::Tcp(host, port) = &mut endpoint.place {
        if let Some(given) = &client.host {
            host.clone_from(given);
        }
        if let Some(given) = &client.port {
            *port = u16::try_from(leading_number(given)).unwrap_or(0);
        }
    }
    if let Some(path) = &client.socket {
        endpoint.place = Place::Unix(path.clone());
    }
    who(client, &mut endpoint)?;
    secure(client, &mut endpoint);
    Ok(Some(endpoint))
}

/// User and password.
fn who(client: &ClientArgs, endpoint: &mut Endpoint) -> Result<(), Failure> {
    if let Some(user) = &client.user {
        endpoint.user = Some(user.clone());
    }
    if let Some(password) = &client.password {
        endpoint.password = Some(password.clone());
    }
    let shown = client.password.is_some() || client.uri.is_some() && endpoint.password.is_some();
    if shown && !client.no_auth_warning {
        print::message(
            "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.",
        );
    }
    if endpoint.password.is_none() {
        endpoint.password = std::env::var("REDISCLI_AUTH").ok();
    }
    if client.askpass {
        endpoint.password = Some(asked_password()?);
    }
    Ok(())
}

fn secure(client: &ClientArgs, endpoint: &mut Endpoint) {
    if !client.tls && endpoint.tls.is_none() {
        return;
    }
    let wish = endpoint.tls.get_or_insert_with(TlsWish::default);
    wish.name.clone_from(&client.sni);
    wish.trusted.clone_from(&client.cacert);
    wish.trusted_folder.clone_from(&client.cacertdir);
    wish.own = client.cert.clone().zip(client.key.clone());
    wish.insecure |= client.insecure;
}

/// The number that a word begins with, as C reads one: nothing is 0.
pub fn leading_number(word: &str) -> i64 {
    let word = word.trim_start();
    let end = word.char_indices().find(|(at, c)| !(c.is_ascii_digit() || *at == 0 && matches!(c, '-' | '+')));
    word[..end.map_or(word.len(), |(at, _)| at)].parse().unwrap_or(0)
}

/// Asks for a password; what is typed is not shown.
fn asked_password() -> Result<String, Failure> {
    let input = std::io::stdin();
    let before = rustix::termios::tcgetattr(&input).ok();
    eprint!("Please input password: ");
    if let Some(mut quiet) = before.clone() {
        quiet.local_modes.remove(rustix::termios::LocalModes::ECHO);
        // A terminal that cannot be quiet is no reason not to ask.
        let _ = rustix::termios::tcsetattr(&input, rustix::termios::OptionalActions::Flush, &quiet);
    }
    let mut line = String::new();
    let read = input.read_line(&mut line);
    if let Some(before) = before {
        let _ = rustix::termios::tcsetattr(&input, rustix::termios::OptionalActions::Now, &before);
        print::message("");
    }
    read.map_err(|error| Failure::usage(format!("cannot read the password: {error}")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_string())
}

/// The conversation that the options ask for. `lines` says whether commands come line by line.
pub fn talk_wish(common: &Common, client: &ClientArgs, lines: bool) -> Result<TalkWish, Failure> {
    if client.resp2 && client.resp3 {
        return Err(refused("Options -2 and -3 are mutually exclusive."));
    }
    if client.last_from_input && client.tag_from_input.is_some() {
        return Err(refused("Options -x and -X are mutually exclusive."));
    }
    if client.cluster {
        return Err(refused(
            "-c is not offered: redlab talks to one node and shows its MOVED and ASK. Leave it out, or use redis-cli -c",
        ));
    }
    let open = match endpoint(common, client)? {
        Some(endpoint) => Open::Server(endpoint),
        None => Open::Bundled(common.spec()),
    };
    let database = match (&client.database, &open) {
        (Some(given), _) => leading_number(given),
        (None, Open::Server(endpoint)) => endpoint.database,
        (None, Open::Bundled(_)) => 0,
    };
    let to_terminal = print::to_terminal() || std::env::var_os("FAKETTY").is_some();
    Ok(TalkWish {
        open,
        database,
        dialect: dialect(client),
        style: style(client, to_terminal),
        pushes: pushes(client, to_terminal),
        interval: interval(client),
        fail_on_error: client.fail_on_error,
        lines,
        name: if lines { "redlab-repl" } else { "redlab" },
    })
}

/// Something that redis-cli refuses in the same words, with its status.
pub fn refused(message: &str) -> Failure {
    print::message(message);
    Failure { exit: Exit::Unmet, message: String::new() }
}

fn dialect(client: &ClientArgs) -> Dialect {
    match (client.resp2, client.resp3) {
        (true, _) => Dialect::Resp2,
        (_, true) => Dialect::Resp3,
        _ if client.json || client.quoted_json => Dialect::Resp3IfKnown,
        _ => Dialect::Resp2,
    }
}

/// The form that is asked for. Who asks for raw replies gets them raw on a terminal, too.
pub fn style(client: &ClientArgs, to_terminal: bool) -> Style {
    let mut style = match client {
        ClientArgs { quoted_json: true, .. } => Style::new(Form::QuotedJson, to_terminal),
        ClientArgs { json: true, .. } => Style::new(Form::Json, to_terminal),
        ClientArgs { csv: true, .. } => Style::new(Form::Csv, to_terminal),
        ClientArgs { no_raw: true, .. } => Style::new(Form::Formatted, to_terminal),
        ClientArgs { raw: true, .. } => Style::new(Form::Raw, false),
        _ => Style::usual(to_terminal),
    };
    if let Some(between) = &client.between {
        style.between = between.clone().into_bytes();
    }
    if let Some(after) = &client.after {
        style.after = after.clone().into_bytes();
    }
    style
}

fn pushes(client: &ClientArgs, to_terminal: bool) -> bool {
    match client.show_pushes.as_deref().map(str::to_ascii_lowercase) {
        Some(word) if word.starts_with('n') => false,
        Some(word) if word.starts_with('y') => true,
        Some(word) => {
            print::message(&format!(
                "Unknown --show-pushes value '{}' (valid: '[y]es', '[n]o')",
                crate::resp::printable(word.as_bytes(), 40)
            ));
            to_terminal
        }
        None => to_terminal,
    }
}

fn interval(client: &ClientArgs) -> Duration {
    let seconds = client.interval.as_deref().and_then(|text| text.trim().parse::<f64>().ok()).unwrap_or(0.0);
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// The status with which a run ends that cannot begin. `None` with redis-cli's own options: there it goes on as
/// redis-cli does.
pub fn strict_status(common: &Common, client: &ClientArgs) -> Option<Exit> {
    if client.host.is_some() || client.port.is_some() || client.socket.is_some() || client.uri.is_some() {
        return None;
    }
    // The bundled engine always opens, unless the file that it is to load is bad.
    Some(if common.spec().kind() == Kind::Bundled { Exit::Usage } else { Exit::Target })
}

/// Whether commands go to a server of redlab's own. There an error reply is a failure, as it is for the other commands
/// of redlab; on a live server it is a reply, as for redis-cli.
pub fn on_own_target(common: &Common, client: &ClientArgs) -> bool {
    strict_status(common, client).is_some() && common.spec().kind() != Kind::Live
}

/// The end of a conversation as the end of the program.
pub fn ended(ending: Ending<Failure>) -> Ended {
    match ending {
        Ending::Exit(0) => Ok(Exit::Fine),
        Ending::Exit(_) => Ok(Exit::Unmet),
        Ending::Output(failure) => Err(failure),
    }
}

/// Standard input without a buffer of its own: what has arrived is read at once.
pub fn input() -> Result<std::fs::File, Failure> {
    use std::os::fd::AsFd;
    let owned = std::io::stdin().as_fd().try_clone_to_owned();
    owned.map(std::fs::File::from).map_err(|error| Failure::usage(format!("cannot read standard input: {error}")))
}

/// Whether commands come from a pipe or a file.
pub fn from_pipe() -> bool {
    !std::io::stdin().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (word, number) in [("12", 12), ("-3x", -3), ("x", 0), ("", 0), (" 7", 7), ("+2", 2), ("1.9", 1)] {
            assert_eq!(leading_number(word), number, "{word}");
        }
    }
}
