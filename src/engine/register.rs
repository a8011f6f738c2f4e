//! Who cares for what: clients under a name, in the order in which they came.

use bytes::Bytes;

use super::client::ClientId;
use super::types::Dict;

/// Clients by name (a channel, a pattern, a key).
#[derive(Clone, Debug, Default)]
pub struct Register(Dict<Vec<ClientId>>);

impl Register {
    /// Puts a client down under a name, after those who are there; once is enough for each client.
    pub fn add(&mut self, name: &Bytes, id: ClientId) {
        match self.0.get_mut(name) {
            Some(clients) => clients.push(id),
            // The name is copied, so that it does not hold the whole message in which it arrived.
            None => {
                self.0.insert(Bytes::copy_from_slice(name), vec![id]);
            }
        }
    }

    /// Strikes a client off under a name.
    pub fn remove(&mut self, name: &[u8], id: ClientId) {
        let Some(clients) = self.0.get_mut(name) else { return };
        clients.retain(|other| *other != id);
        if clients.is_empty() {
            self.0.remove(name);
        }
    }

    /// The clients under a name, first come first.
    pub fn of(&self, name: &[u8]) -> &[ClientId] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Every name with its clients.
    pub fn iter(&self) -> impl Iterator<Item = (&Bytes, &[ClientId])> {
        self.0.iter().map(|(name, clients)| (name, clients.as_slice()))
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody is put down.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Clients by database and key: who watches it, who waits for it.
#[derive(Clone, Debug, Default)]
pub struct KeyRegister {
    databases: Vec<Register>,
}

impl KeyRegister {
    /// Puts a client down under a key.
    pub fn add(&mut self, db: usize, key: &Bytes, id: ClientId) {
        if self.databases.len() <= db {
            self.databases.resize_with(db + 1, Register::default);
        }
        self.databases[db].add(key, id);
    }

    /// Strikes a client off under a key.
    pub fn remove(&mut self, db: usize, key: &[u8], id: ClientId) {
        if let Some(register) = self.databases.get_mut(db) {
            register.remove(key, id);
        }
    }

    /// The clients under a key, first come first.
    pub fn of(&self, db: usize, key: &[u8]) -> &[ClientId] {
        self.databases.get(db).map_or(&[], |register| register.of(key))
    }

    /// Whether nobody is put down.
    pub fn is_empty(&self) -> bool {
        self.databases.iter().all(Register::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_stand_in_the_order_in_which_they_came() {
        let mut register = KeyRegister::default();
        let key = Bytes::from_static(b"k");
        for id in [3, 1, 2] {
            register.add(5, &key, id);
        }
        register.remove(5, &key, 1);
        register.remove(9, &key, 1);
        assert_eq!((register.of(5, &key), register.of(0, &key)), (&[3, 2][..], &[][..]));
        register.remove(5, &key, 3);
        register.remove(5, &key, 2);
        assert!(register.is_empty());
    }
}
