//! Exit statuses, and errors that carry one.

use std::process::ExitCode;

use crate::target::TargetError;

/// How a run of the program ends. Source: the command line's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All fine.
    Fine,
    /// Something that was checked does not hold.
    Unmet,
    /// Bad usage or a bad file.
    Usage,
    /// The target cannot be reached or started.
    Target,
    /// A limit ended an exploration before it was complete.
    Limit,
    /// A signal of this number ended it, in good order.
    Signal(i32),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::Unmet => 1,
            Exit::Usage => 2,
            Exit::Target => 3,
            Exit::Limit => 4,
            Exit::Signal(number) => 128u8.saturating_add(u8::try_from(number).unwrap_or(0)),
        })
    }
}

/// What ends the program with a message.
#[derive(Debug)]
pub struct Failure {
    /// The exit status.
    pub exit: Exit,
    /// What, where, and what to do; already safe for a terminal. Empty: everything has been said.
    pub message: String,
}

impl Failure {
    /// Bad usage or a bad file.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, message: message.into() }
    }

    /// The target cannot be opened: it is not there, or the file that it was to load is bad.
    pub fn unopened(error: &TargetError) -> Failure {
        let exit = if matches!(error, TargetError::Load(_)) { Exit::Usage } else { Exit::Target };
        Failure { exit, message: error.to_string() }
    }

    /// The target cannot be reached or started.
    pub fn target(error: impl ToString) -> Failure {
        Failure { exit: Exit::Target, message: error.to_string() }
    }
}

/// How a command of the program ends.
pub type Ended = Result<Exit, Failure>;
