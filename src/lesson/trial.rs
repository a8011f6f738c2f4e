//! A lesson's statements, tried on a database like the lesson's own.

use crate::database;
use crate::program::{Action, Step, StepKind};

/// A lesson's database as it is before the first step.
#[derive(Debug)]
pub struct Trial {
    database: database::Database,
}

/// Why the database cannot be made.
pub struct TrialFault {
    /// What is wrong.
    pub message: String,
    /// Whether it is the fault of the statements that fill it, and not of those that make its tables.
    pub in_seed: bool,
}

impl Trial {
    /// Makes the database.
    pub fn open(schema: &str, seed: &str) -> Result<Trial, TrialFault> {
        database::Database::open(schema, seed).map(|database| Trial { database }).map_err(|error| TrialFault {
            message: format!("this cannot be the lesson's database: {error}"),
            in_seed: database::Database::open(schema, "").is_ok(),
        })
    }

    /// What is wrong with a statement. It is compiled and not run, except where it makes or changes a table, which
    /// later statements may use, or explains.
    pub fn fault(&mut self, statement: &str) -> Option<String> {
        let first = statement.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let tried = match first.as_str() {
            "CREATE" | "ALTER" | "DROP" | "EXPLAIN" => self.database.run(statement),
            _ => self.database.run(&format!("EXPLAIN {statement}")),
        };
        tried.err().map(|error| format!("the database refuses this statement: {error}"))
    }
}

/// The statements of steps that hold no `{{ … }}`.
pub fn statements_of(steps: &[Step]) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<&Step> = steps.iter().collect();
    while let Some(step) = open.pop() {
        match &step.kind {
            StepKind::Act(act) => match &act.action {
                Action::Sql(word) => {
                    found.extend(word.literal().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
                }
                _ => continue,
            },
            StepKind::If { then, otherwise, .. } => open.extend(then.iter().chain(otherwise)),
            StepKind::Repeat { steps, .. } | StepKind::Until { steps, .. } => open.extend(steps),
            StepKind::Let(_) | StepKind::Stop => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_tried_and_not_run() {
        let mut trial = Trial::open("CREATE TABLE user(id, name)", "INSERT INTO user VALUES (1, 'a')").ok().unwrap();
        assert_eq!(trial.fault("DELETE FROM user"), None);
        assert_eq!(trial.fault("SELECT name FROM user WHERE id = 1"), None);
        let told = trial.fault("SELECT nam FROM user").unwrap();
        assert!(told.contains("no such column: nam"), "{told}");
        assert!(trial.fault("SELECT 1; SELECT 2").is_some());
        assert_eq!(trial.fault("EXPLAIN QUERY PLAN SELECT name FROM user"), None);
        assert_eq!(trial.fault("CREATE TABLE more(a)"), None);
        assert_eq!(trial.fault("SELECT a FROM more"), None);
        let fault = Trial::open("CREATE TABLE user(id)", "INSERT INTO users VALUES (1)").err().unwrap();
        assert!(fault.in_seed && fault.message.contains("no such table: users"), "{}", fault.message);
        assert!(!Trial::open("CREATE TALBE user(id)", "").err().unwrap().in_seed);
    }
}
