//! All users.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::log::Log;
use super::user::User;

/// The user that every connection has at first.
pub const DEFAULT_USER: &[u8] = b"default";

/// Users and the log of refusals. A clone shares the users until one of both changes them.
#[derive(Clone, Debug)]
pub struct Acl {
    users: Arc<BTreeMap<Bytes, User>>,
    /// What was refused.
    pub log: Log,
    /// Whether there is a user who may not do everything.
    limits: bool,
    /// Whether a new connection has to authenticate.
    asks: bool,
}

impl Acl {
    /// One user, `default`, who may do everything and has this password; empty: none is asked for.
    pub fn new(password: &[u8]) -> Acl {
        let mut user = User::everybody();
        user.set_only_password(password);
        let users = Arc::new(BTreeMap::from([(Bytes::from_static(DEFAULT_USER), user)]));
        let mut acl = Acl { users, log: Log::default(), limits: false, asks: false };
        acl.look_again();
        acl
    }

    /// Whether anything can be refused to anybody: where not, nothing needs to be checked.
    pub fn limits(&self) -> bool {
        self.limits
    }

    /// Whether a new connection has to authenticate before it may do anything.
    pub fn asks(&self) -> bool {
        self.asks
    }

    /// The user of this name.
    pub fn user(&self, name: &[u8]) -> Option<&User> {
        self.users.get(name)
    }

    /// All users by name.
    pub fn users(&self) -> impl ExactSizeIterator<Item = (&Bytes, &User)> {
        self.users.iter()
    }

    /// Puts a user in the place of the one of this name, if there is one.
    pub fn put(&mut self, name: &[u8], user: User) {
        Arc::make_mut(&mut self.users).insert(Bytes::copy_from_slice(name), user);
        self.look_again();
    }

    /// Removes a user; whether there was one.
    pub fn remove(&mut self, name: &[u8]) -> bool {
        let existed = Arc::make_mut(&mut self.users).remove(name).is_some();
        self.look_again();
        existed
    }

    /// `requirepass`: the one password of the default user; empty: none.
    pub fn set_default_password(&mut self, password: &[u8]) {
        let mut user = self.user(DEFAULT_USER).cloned().unwrap_or_else(User::everybody);
        user.set_only_password(password);
        self.put(DEFAULT_USER, user);
    }

    fn look_again(&mut self) {
        self.limits = !self.users.values().all(User::is_unlimited);
        self.asks = self.user(DEFAULT_USER).is_none_or(|user| !user.no_password || !user.enabled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_checked_until_somebody_is_limited() {
        let mut acl = Acl::new(b"");
        assert!(!acl.limits() && !acl.asks());
        acl.put(b"guest", User::new(false));
        assert!(acl.limits());
        assert!(acl.remove(b"guest") && !acl.remove(b"guest"));
        assert!(!acl.limits());
        acl.set_default_password(b"secret");
        assert!(acl.asks() && acl.user(DEFAULT_USER).is_some_and(|user| user.lets_in(b"secret")));
    }
}
