//! The parameters of connections, which whoever carries the engine's bytes heeds.

use super::super::super::doors::OutputLimits;
use super::form;
use super::kind::{INT, Kind, MOST, Parameter, UINT, parameter, yes_no};

const TLS: &str = "Unable to update TLS configuration. Check server logs.";

/// What is fixed when the server starts can be set to what it is.
fn stays(same: bool, why: &str) -> Result<(), String> {
    if same { Ok(()) } else { Err(why.into()) }
}

/// Each of them, by name.
pub const DOORS: &[Parameter] = &[
    parameter(
        &["bind"],
        Kind::Text(
            |settings| settings.doors.bind.clone(),
            |settings, text| stays(text == settings.doors.bind, "Failed to bind to specified addresses."),
        ),
    ),
    parameter(
        &["client-output-buffer-limit"],
        Kind::Text(
            |settings| settings.doors.output.text(),
            |settings, text| {
                let limits = form::output_buffer_limits(&settings.doors.output.text(), text)?;
                settings.doors.output = OutputLimits::read(&limits);
                Ok(())
            },
        ),
    ),
    parameter(
        &["client-query-buffer-limit"],
        Kind::Memory(
            1 << 20,
            MOST,
            (|settings| settings.doors.query_bytes, |settings, bytes| settings.doors.query_bytes = bytes),
        ),
    ),
    parameter(
        &["maxclients"],
        Kind::Number(
            1,
            UINT,
            (
                |settings| i64::try_from(settings.doors.maxclients).unwrap_or(UINT),
                |settings, n| settings.doors.maxclients = usize::try_from(n).unwrap_or(usize::MAX),
            ),
        ),
    ),
    parameter(
        &["protected-mode"],
        Kind::Text(
            |settings| if settings.doors.protected { "yes".into() } else { "no".into() },
            |settings, text| {
                settings.doors.protected = yes_no(text)?;
                Ok(())
            },
        ),
    ),
    parameter(
        &["tcp-keepalive"],
        Kind::Number(
            0,
            INT,
            (
                |settings| i64::from(settings.doors.keepalive_s),
                |settings, n| settings.doors.keepalive_s = u32::try_from(n).unwrap_or(u32::MAX),
            ),
        ),
    ),
    parameter(
        &["timeout"],
        Kind::Number(
            0,
            INT,
            (
                |settings| i64::try_from(settings.doors.idle_s).unwrap_or(INT),
                |settings, n| settings.doors.idle_s = n.unsigned_abs(),
            ),
        ),
    ),
    parameter(
        &["tls-port"],
        Kind::Text(
            |settings| settings.doors.tls_port.to_string(),
            |settings, text| stays(text == settings.doors.tls_port.to_string(), TLS),
        ),
    ),
    parameter(&["unixsocket"], Kind::Immutable(|settings| settings.doors.unix_socket.clone())),
    parameter(&["unixsocketperm"], Kind::Immutable(|settings| format!("{:o}", settings.doors.unix_mode))),
];
