//! Which commands fail the transaction of a client that watches the keys they touch.

use redlab::target::LocalServer;

use super::{Line, Pair, key_command, programs, words};

/// Every key of the families, and keys that only some commands reach.
const WATCH: &str = "WATCH a b c d e \"\" w1 w2";

/// Runs one command between WATCH and EXEC: of another client, or of the watching one itself.
fn between(pair: &mut Pair, client: usize, line: &Line) -> Result<(), String> {
    pair.call(0, &words(WATCH));
    pair.call(client, line);
    pair.call(0, &words("MULTI"));
    pair.call(0, &words("PING"));
    let (bundled, real) = pair.call(0, &words("EXEC"));
    if bundled == real {
        Ok(())
    } else {
        Err(format!("{line:?}, then EXEC\n bundled: {bundled:?}\n    real: {real:?}"))
    }
}

#[test]
fn watches_see_the_changes_that_redis_sees() {
    let server = LocalServer::start(&[]).expect("redis-server is installed");
    let command = key_command();
    programs(command, 2, |program| {
        let mut pair = Pair::new(&server, 2);
        program.iter().try_for_each(|(client, line)| between(&mut pair, *client, line))
    });
}
