//! One database: statements, images of it, a digest of what it holds.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::{Connection, MAIN_DB};

use super::cell::{Cell, Rows};
use super::limits::{MOST_ROWS, Reins, limit};

/// Why a statement gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// SQLite's own words.
    #[error("{0}")]
    Sqlite(String),
    /// It reads or changes what a statement here may not.
    #[error("this is not allowed here: {0}. Statements stay in their database, and each is a transaction of its own")]
    Denied(String),
    /// It would never have ended, or taken very long.
    #[error("the statement took too long and was ended")]
    TooLong,
    /// It answers more rows than anybody could look at.
    #[error("the statement answers more than {MOST_ROWS} rows: add a LIMIT")]
    TooManyRows,
}

/// All of a database at one moment. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image(Arc<[u8]>);

/// A SQLite database in memory.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
    reins: Reins,
}

impl Database {
    /// A database made by the statements of `schema` and filled by those of `seed`; either may be empty.
    ///
    /// # Errors
    /// What SQLite says of the first statement that fails.
    pub fn open(schema: &str, seed: &str) -> Result<Database, DatabaseError> {
        let mut connection = Connection::open_in_memory().map_err(plain)?;
        let reins = limit(&mut connection).map_err(plain)?;
        let database = Database { connection, reins };
        for statements in [schema, seed] {
            database.reins.refill();
            database.connection.execute_batch(statements).map_err(|error| database.explain(error))?;
        }
        Ok(database)
    }

    /// Runs one statement.
    ///
    /// # Errors
    /// What SQLite says, or which limit was hit. The database is then as it was before.
    pub fn run(&mut self, statement: &str) -> Result<Rows, DatabaseError> {
        self.reins.refill();
        let before = self.connection.total_changes();
        let mut rows = self.query(statement)?;
        rows.changed = self.connection.total_changes() - before;
        Ok(rows)
    }

    fn query(&self, statement: &str) -> Result<Rows, DatabaseError> {
        let explain = |error| self.explain(error);
        let mut prepared = self.connection.prepare(statement).map_err(explain)?;
        let columns: Vec<String> = prepared.column_names().map(str::to_string).collect();
        let mut found = prepared.query([]).map_err(explain)?;
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(explain)? {
            if rows.len() == MOST_ROWS {
                return Err(DatabaseError::TooManyRows);
            }
            let cells = (0..columns.len()).map(|at| row.get_ref(at).map(Cell::from));
            rows.push(cells.collect::<Result<Vec<_>, _>>().map_err(explain)?);
        }
        Ok(Rows { columns, rows, changed: 0 })
    }

    /// All of it as it is now.
    pub fn snapshot(&mut self) -> Result<Image, DatabaseError> {
        self.ours(|connection| connection.serialize(MAIN_DB).map(|data| Image(Arc::from(&*data))))
    }

    /// Makes it what it was when the image was taken.
    pub fn restore(&mut self, image: &Image) -> Result<(), DatabaseError> {
        self.ours(|connection| connection.deserialize_read_exact(MAIN_DB, &*image.0, image.0.len(), false))
    }

    /// A digest of its logical content: tables, indexes, rows. How it came to be so does not count.
    pub fn digest(&mut self) -> Result<[u8; 20], DatabaseError> {
        let dump = self.ours(|connection| dump(connection));
        Ok(sha1_smol::Sha1::from(dump?).digest().bytes())
    }

    fn ours<T>(&mut self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T, DatabaseError> {
        self.reins.refill();
        self.reins.ours.store(true, Ordering::Relaxed);
        let result = work(&mut self.connection);
        self.reins.ours.store(false, Ordering::Relaxed);
        result.map_err(plain)
    }

    fn explain(&self, error: rusqlite::Error) -> DatabaseError {
        if self.reins.exhausted() {
            return DatabaseError::TooLong;
        }
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::AuthorizationForStatementDenied) => DatabaseError::Denied(error.to_string()),
            _ => plain(error),
        }
    }
}

/// SQLite's words without the statement, which whoever shows the error has.
fn plain(error: rusqlite::Error) -> DatabaseError {
    DatabaseError::Sqlite(match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        rusqlite::Error::SqliteFailure(_, Some(message)) => message,
        rusqlite::Error::MultipleStatement => "one statement at a time, please".into(),
        other => other.to_string(),
    })
}

/// Everything that a query could tell two databases apart by, as bytes.
fn dump(connection: &Connection) -> rusqlite::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut schema =
        connection.prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name")?;
    let mut rows = schema.query([])?;
    let mut tables = Vec::new();
    while let Some(row) = rows.next()? {
        let (kind, name, sql): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        out.extend_from_slice(format!("{kind}\0{name}\0{sql}\0").as_bytes());
        if kind == "table" {
            tables.push(name);
        }
    }
    for table in tables {
        let name = table.replace('"', "\"\"");
        // Row numbers count: a row that is added later takes the next one. Tables without them have a primary key.
        let numbered = connection.prepare(&format!("SELECT rowid, * FROM \"{name}\" ORDER BY rowid"));
        let mut rows = match numbered {
            Ok(rows) => rows,
            Err(_) => connection.prepare(&format!("SELECT * FROM \"{name}\""))?,
        };
        let width = rows.column_count();
        let mut rows = rows.query([])?;
        out.extend_from_slice(format!("{table}\0").as_bytes());
        while let Some(row) = rows.next()? {
            for at in 0..width {
                let cell = Cell::from(row.get_ref(at)?);
                out.extend_from_slice(format!("{cell:?}\0").as_bytes());
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users() -> Database {
        Database::open(
            "CREATE TABLE user(id INTEGER PRIMARY KEY, name TEXT)",
            "INSERT INTO user VALUES (1, 'Alex'); INSERT INTO user VALUES (2, NULL)",
        )
        .expect("statements that run")
    }

    #[test]
    fn statements_answer_typed_cells() {
        let mut database = users();
        let rows = database.run("SELECT id, name, 1.5, x'ff' FROM user ORDER BY id").expect("rows");
        assert_eq!(rows.rows[0], [Cell::Integer(1), Cell::Text("Alex".into()), Cell::Real(1.5), Cell::Blob(vec![255])]);
        assert_eq!(rows.rows[1][1], Cell::Null);
        let changed = database.run("UPDATE user SET name = 'Bea'").expect("an update");
        assert_eq!((changed.changed, changed.rows.len()), (2, 0));
    }

    #[test]
    fn it_can_be_put_back_and_told_apart() {
        let mut database = users();
        let (image, before) = (database.snapshot().expect("an image"), database.digest().expect("a digest"));
        database.run("DELETE FROM user").expect("a delete");
        assert_ne!(database.digest().expect("a digest"), before);
        database.restore(&image).expect("put back");
        assert_eq!(database.digest().expect("a digest"), before);
        database.run("INSERT INTO user VALUES (3, 'x')").expect("an image can be changed");
        database.run("DELETE FROM user WHERE id = 3").expect("and back");
        assert_eq!(database.digest().expect("a digest"), before);
    }

    #[test]
    fn what_could_do_harm_is_denied() {
        let mut database = users();
        for statement in [
            "ATTACH 'x.db' AS x",
            "PRAGMA journal_mode",
            "BEGIN",
            "SELECT random()",
            "VACUUM INTO 'x.db'",
            "SAVEPOINT s",
        ] {
            assert!(
                matches!(database.run(statement), Err(DatabaseError::Denied(_) | DatabaseError::Sqlite(_))),
                "{statement}"
            );
        }
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        assert_eq!(database.run(endless), Err(DatabaseError::TooLong));
        let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
        assert_eq!(database.run(many), Err(DatabaseError::TooManyRows));
        assert!(database.run("SELECT 1; SELECT 2").is_err());
        assert_eq!(database.run("SELEC").map_err(|e| e.to_string()), Err("near \"SELEC\": syntax error".into()));
        assert!(!std::path::Path::new("x.db").exists());
    }
}
