//! What a statement of a lesson may do, and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;

/// Most rows that a statement may answer.
pub const MOST_ROWS: usize = 10_000;
/// Longest string, blob or row, and longest statement, in bytes.
const MOST_BYTES: i32 = 16 * 1024 * 1024;
const LONGEST_STATEMENT: i32 = 1024 * 1024;
/// SQLite counts the instructions of its virtual machine: so many in one go, and so many goes for a statement.
const INSTRUCTIONS: i32 = 10_000;
const GOES: u32 = 10_000;

/// Functions whose answer is another one each time, and one that loads code.
const DENIED_FUNCTIONS: &[&str] = &["random", "randomblob", "load_extension"];

/// The reins of a connection: what the limits share with the calls.
#[derive(Clone, Debug, Default)]
pub struct Reins {
    /// Set while redlab itself works on the database, which may need what statements may not.
    pub ours: Arc<AtomicBool>,
    /// How many goes are left.
    goes: Arc<AtomicU32>,
}

impl Reins {
    /// Gives the next statement its full time.
    pub fn refill(&self) {
        self.goes.store(GOES, Ordering::Relaxed);
    }

    /// Whether the last statement used up its time.
    pub fn exhausted(&self) -> bool {
        self.goes.load(Ordering::Relaxed) == 0
    }
}

/// Puts the limits on a connection.
pub fn limit(connection: &mut Connection) -> rusqlite::Result<Reins> {
    let reins = Reins::default();
    reins.refill();
    let goes = reins.goes.clone();
    connection.progress_handler(
        INSTRUCTIONS,
        Some(move || goes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()),
    )?;
    let ours = reins.ours.clone();
    connection.authorizer(Some(move |context: AuthContext<'_>| {
        if ours.load(Ordering::Relaxed) || allowed(&context.action) {
            Authorization::Allow
        } else {
            Authorization::Deny
        }
    }))?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MOST_BYTES)?;
    connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, LONGEST_STATEMENT)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    Ok(reins)
}

/// Statements stay in their database, and each is a transaction of its own: one connection serves all clients of a
/// lesson, so that an open transaction would be everybody's.
fn allowed(action: &AuthAction<'_>) -> bool {
    match action {
        AuthAction::Attach { .. }
        | AuthAction::Detach { .. }
        | AuthAction::Pragma { .. }
        | AuthAction::Transaction { .. }
        | AuthAction::Savepoint { .. }
        | AuthAction::Unknown { .. } => false,
        AuthAction::Function { function_name } => {
            !DENIED_FUNCTIONS.iter().any(|denied| denied.eq_ignore_ascii_case(function_name))
        }
        _ => true,
    }
}
