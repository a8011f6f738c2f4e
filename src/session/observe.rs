//! Reading what a check looks at. It is in no measurement and costs no simulated time.

use crate::lesson::{Input, Observed, reply_datum};
use crate::program::{Datum, of_rows};
use crate::target::Connection;

use super::perform::Sql;

/// Reads the values of a step or a lane. An error reply becomes `{error: …}`, so that a check can see it.
pub async fn observe(
    connection: &mut Connection,
    sql: Option<&Sql>,
    wanted: &[Observed],
) -> Result<Vec<(String, Datum)>, String> {
    let mut values = Vec::new();
    for one in wanted {
        let datum = match &one.ask {
            Input::Command { argv, .. } => {
                let replies =
                    connection.observe(std::slice::from_ref(argv)).await.map_err(|error| error.to_string())?;
                let reply = replies.into_iter().next().unwrap_or(crate::resp::Value::Null);
                reply_datum(reply)
            }
            Input::Sql(statement) => query(sql, statement)?,
        };
        values.push((one.name.clone(), datum));
    }
    Ok(values)
}

fn query(sql: Option<&Sql>, statement: &str) -> Result<Datum, String> {
    let sql = sql.ok_or("there is no database here")?;
    let mut database = sql.database.lock().map_err(|_| "the database was left in the middle of a statement")?;
    database.run(statement).map(|rows| of_rows(&rows)).map_err(|error| error.to_string())
}
