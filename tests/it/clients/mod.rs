//! Real clients, each against the engine behind a port and against a real redis-server: both must serve them the same.

mod benchmark;
mod cli;
mod programs;
mod rust;

use redlab::target::LocalServer;

use crate::served::Served;

/// Runs `check` with the port of the engine, then with that of a real server.
fn on_both(check: impl Fn(u16)) {
    let served = Served::start();
    check(served.address().port());
    let real = LocalServer::start(&[]).expect("redis-server is installed");
    check(real.address().port());
}
