//! Why a server could not be reached, in words: where, why, and what to do.

use std::error::Error;
use std::io::ErrorKind;
use std::sync::Arc;

use redis::RedisError;

use crate::resp::printable;

use super::super::error::LinkError;
use super::address::Address;
use super::convert;

/// Most characters of what a server says that are shown.
const LONGEST: usize = 200;

/// Why no connection could be made.
pub fn refusal(address: &Address, error: &RedisError) -> LinkError {
    match io_kind(error) {
        Some(kind) => unreachable(address, kind, error),
        None => rejected(address, error),
    }
}

/// Nobody answered in time.
pub fn silence(address: &Address, seconds: u64) -> LinkError {
    LinkError::Unreachable {
        place: address.label.clone(),
        why: format!("no answer within {seconds} s"),
        remedy: if address.tls.is_some() {
            "Check host, port and firewall, and that the server speaks TLS there (if not: redis://)"
        } else {
            "Check host, port and firewall, and that the server speaks no TLS there (if it does: rediss://)"
        },
    }
}

/// Why a connection that was there is gone.
pub fn loss(address: &Address, error: &RedisError) -> LinkError {
    let why = match io_kind(error) {
        Some(ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof) => "the server closed it".into(),
        Some(ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted) => "it was cut off".into(),
        _ => printable(error.to_string().as_bytes(), LONGEST),
    };
    LinkError::Lost { place: address.label.clone(), why }
}

fn io_kind(error: &RedisError) -> Option<ErrorKind> {
    if !error.is_io_error() {
        return None;
    }
    // The crate wraps the cause, so that errors can be cloned.
    let cause = error.source()?;
    let wrapped = cause.downcast_ref::<Arc<dyn Error + Send + Sync>>().and_then(|cause| cause.downcast_ref());
    let cause: Option<&std::io::Error> = wrapped.or_else(|| cause.downcast_ref());
    Some(cause.map_or(ErrorKind::Other, std::io::Error::kind))
}

fn unreachable(address: &Address, kind: ErrorKind, error: &RedisError) -> LinkError {
    let place = address.label.clone();
    let text = printable(error.to_string().as_bytes(), LONGEST);
    let socket = matches!(address.info.addr(), redis::ConnectionAddr::Unix(_));
    let (why, remedy) = match kind {
        _ if text.contains("certificate") || kind == ErrorKind::InvalidData => {
            let remedy = "Use a certificate that this machine trusts for that name, or add #insecure to the URL to \
                          trust any (or redis:// if the server does not speak TLS)";
            return LinkError::Rejected { place, why: format!("TLS failed ({text})"), remedy };
        }
        ErrorKind::PermissionDenied => {
            let remedy = "Ask for the right to use this socket";
            return LinkError::Rejected { place, why: "permission denied".into(), remedy };
        }
        ErrorKind::NotFound => ("there is no such socket".into(), "Start a server there, or check the path"),
        ErrorKind::ConnectionRefused if socket => ("nothing listens there".into(), "Start a server there"),
        ErrorKind::ConnectionRefused => {
            ("nothing listens there (connection refused)".into(), "Start a server there, or check host and port")
        }
        ErrorKind::TimedOut => ("no answer in time".into(), "Check host, port and firewall"),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => (
            "it closed the connection at once".into(),
            "Check that a Redis server is there, and that both sides agree on TLS (rediss://) or none (redis://)",
        ),
        _ if text.contains("lookup") => {
            ("the name of the host cannot be resolved".into(), "Check how the host is spelled, and the network")
        }
        _ => (text, "Check host, port and network"),
    };
    LinkError::Unreachable { place, why, remedy }
}

fn rejected(address: &Address, error: &RedisError) -> LinkError {
    let place = address.label.clone();
    let said = said(error);
    let (why, remedy) = if said.starts_with("NOAUTH") {
        ("it asks for a password".into(), "Put it into the URL: redis://:PASSWORD@host or redis://USER:PASSWORD@host")
    } else if said.starts_with("WRONGPASS") || error.kind() == redis::ErrorKind::AuthenticationFailed {
        ("wrong user or password".into(), "Check them in the URL; in a URL, special characters are written as %40")
    } else if said.contains("without any password configured") {
        ("a password was given, but it has none".into(), "Leave the password out of the URL")
    } else if said.contains("switch database") || said.contains("DB index") {
        ("it has no database of that number".into(), "Check the number at the end of the URL")
    } else if said.starts_with("NOPERM") {
        (printable(said.as_bytes(), LONGEST), "Ask for a user with more rights")
    } else if error.kind() == redis::ErrorKind::Parse {
        ("what answers there is no Redis server".into(), "Check host and port")
    } else {
        (printable(said.as_bytes(), LONGEST), "Ask whoever runs the server")
    };
    if said.starts_with("LOADING") || said.starts_with("ERR max number of clients") {
        return LinkError::Unreachable { place, why, remedy: "Try again in a moment" };
    }
    LinkError::Rejected { place, why, remedy }
}

/// What the server said, code first.
fn said(error: &RedisError) -> String {
    match error.clone().into_server_errors() {
        Some(errors) => errors.first().map(|(_, error)| convert::line(error)).unwrap_or_default(),
        None => error.to_string(),
    }
}
