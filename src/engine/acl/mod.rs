//! Access control: users, what they may do, and what they were refused. It knows no reply and no handler; the commands
//! are told to it as a [`Catalogue`].

mod catalogue;
mod password;
mod rule;

mod selector;

mod user;

mod check;
mod describe;

mod log;

mod users;

pub use catalogue::{CATEGORIES, Catalogue, category_mask};
pub use check::{Channel, Denied, Key, Request};
pub use log::{LogEntry, Reason, Scene};
pub use rule::{Access, has_spaces};
pub use selector::Selector;
pub use user::User;
pub use users::{Acl, DEFAULT_USER};
