//! Why a target cannot be opened, or a connection not be used. No message ever holds a password.

use super::local::StartError;

/// Why a connection cannot be made, or is gone. Each says where, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// There is nobody to connect to. Somebody may be there later.
    #[error("cannot connect to {place}: {why}. {remedy}")]
    Unreachable {
        /// Where.
        place: String,
        /// Why.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The server does not let us in (password, certificate, database number): trying again does not help.
    #[error("{place} does not let redlab in: {why}. {remedy}")]
    Rejected {
        /// Where.
        place: String,
        /// Why.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The connection was there and is gone. What was sent last may or may not have run.
    #[error("the connection to {place} was lost: {why}")]
    Lost {
        /// Where.
        place: String,
        /// Why.
        why: String,
    },
}

impl LinkError {
    /// Whether waiting and trying again may help: a wrong password stays wrong.
    pub fn may_pass(&self) -> bool {
        !matches!(self, LinkError::Rejected { .. })
    }
}

/// Why a target cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The URL makes no sense.
    #[error("the URL of the server cannot be read: {why}. {remedy}")]
    Url {
        /// What is wrong with it, without showing it: it may hold a password.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A dump could not be loaded.
    #[error("{0}")]
    Load(String),
    /// There is no server there.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// No throw-away server could be started.
    #[error(transparent)]
    Start(#[from] StartError),
}
