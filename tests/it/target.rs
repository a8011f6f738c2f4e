//! Targets: the same calls at the bundled engine and at a real server, what breaks, and whose data is safe.

mod guard;
mod live;
mod same;
mod simulated;

use bytes::Bytes;
use redlab::resp::{Protocol, Value};
use redlab::target::{Connection, LocalServer, Target, TargetSpec};

/// A command line as words.
pub fn words(line: &str) -> Vec<Bytes> {
    redlab::resp::split_line(line).expect("a command line")
}

/// Sends a line and gives its reply.
pub async fn call(connection: &mut Connection, line: &str) -> Value {
    connection.call(&words(line)).await.expect("a connection that holds").reply
}

/// The bundled engine.
pub async fn bundled(rtt_ms: u64) -> Target {
    let spec = TargetSpec::Bundled { rtt: std::time::Duration::from_millis(rtt_ms), seed: 7, load: None };
    Target::open(&spec).await.expect("the bundled engine opens")
}

/// Somebody's server.
pub async fn live(url: &str) -> Target {
    Target::open(&TargetSpec::Live { url: url.into() }).await.expect("the server is there")
}

/// A server to be somebody's.
pub fn server(extra: &[&str]) -> LocalServer {
    LocalServer::start(extra).expect("a local server starts")
}

/// A connection that speaks RESP3.
pub async fn connect(target: &Target, name: &str) -> Connection {
    target.connect(name, Protocol::Resp3).await.expect("a connection")
}
