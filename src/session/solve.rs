//! Runs commands of a lesson one after the other, and waits where a live server's clock has to be waited for.

use std::time::{Duration, Instant};

use crate::lesson::{Input, reply_datum};
use crate::program::Datum;
use crate::target::{Connection, LinkError, Target};

use super::cancel::Cancel;
use super::event::Event;
use super::link::Teller;
use super::perform::{Driver, Sql, Tally, Witness};

/// How often a wait tells how far it is.
const TICK: Duration = Duration::from_millis(250);

/// What came of it.
pub struct Ran {
    /// The last reply, or why it ended early.
    pub result: Result<Datum, String>,
    /// Set if the connection was lost.
    pub lost: Option<LinkError>,
}

/// Runs commands and statements one after the other. Error replies are replies: the check judges them.
pub async fn run_inputs(
    connection: &mut Connection,
    target: &Target,
    sql: Option<&Sql>,
    inputs: &[Input],
    cancel: &Cancel,
    witness: &mut dyn Witness,
) -> Ran {
    let mut last = Datum::None;
    for input in inputs {
        if cancel.is_cancelled() {
            return Ran { result: Err("it was cancelled".into()), lost: None };
        }
        match input {
            Input::Command { line, argv } => match connection.call(argv).await {
                Ok(exchange) => {
                    witness.replied(line, &exchange.reply, exchange.elapsed);
                    last = reply_datum(exchange.reply);
                }
                Err(error) => return Ran { result: Err(error.to_string()), lost: Some(error) },
            },
            Input::Sql(statement) => {
                let mut driver = Driver {
                    connection,
                    target: target.clone(),
                    sql: sql.cloned(),
                    ledger: None,
                    world: Default::default(),
                    tally: Tally::default(),
                    last: Datum::None,
                };
                last = driver.query(statement, witness).unwrap_or_else(|line| Datum::error(&line));
            }
        }
    }
    Ran { result: Ok(last), lost: None }
}

/// Waits until time has passed, or until it is cancelled, and tells how far it is.
pub async fn wait(time: Duration, teller: &Teller, cancel: &Cancel) {
    let start = Instant::now();
    let seconds = |time: Duration| time.as_secs();
    while start.elapsed() < time && !cancel.is_cancelled() {
        teller.tell(Event::Progressed {
            what: "waiting for the server's clock, in seconds".into(),
            done: seconds(start.elapsed()),
            total: seconds(time),
        });
        tokio::time::sleep(TICK.min(time.saturating_sub(start.elapsed()))).await;
    }
}
