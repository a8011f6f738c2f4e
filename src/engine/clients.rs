//! The connections of a server, by number.

use super::client::{Client, ClientId};

/// Connections in the order of their numbers. Numbers only grow, so a new one stands last; and since a command asks
/// for its own connection again and again, that one is found at once.
#[derive(Clone, Debug, Default)]
pub struct Clients {
    #[expect(clippy::vec_box, reason = "a connection is large, and one that ends moves all behind it")]
    clients: Vec<Box<Client>>,
    /// Where the connection stands whose command runs.
    current: usize,
}

impl Clients {
    fn place(&self, id: ClientId) -> Option<usize> {
        match self.clients.get(self.current) {
            Some(client) if client.id == id => Some(self.current),
            _ => self.clients.binary_search_by_key(&id, |client| client.id).ok(),
        }
    }

    /// Makes a connection the one that is found at once; false if there is no such connection.
    pub fn select(&mut self, id: ClientId) -> bool {
        let place = self.place(id);
        self.current = place.unwrap_or(self.current);
        place.is_some()
    }

    /// A connection.
    pub fn get(&self, id: &ClientId) -> Option<&Client> {
        self.place(*id).map(|at| &*self.clients[at])
    }

    /// A connection, to change it.
    pub fn get_mut(&mut self, id: &ClientId) -> Option<&mut Client> {
        self.place(*id).map(|at| &mut *self.clients[at])
    }

    /// Whether there is such a connection.
    pub fn contains_key(&self, id: &ClientId) -> bool {
        self.place(*id).is_some()
    }

    /// Adds a connection, or puts it in place of the one that has its number.
    pub fn insert(&mut self, id: ClientId, client: Client) {
        match self.clients.binary_search_by_key(&id, |client| client.id) {
            Ok(at) => *self.clients[at] = client,
            Err(at) => self.clients.insert(at, Box::new(client)),
        }
    }

    /// Takes a connection out.
    pub fn remove(&mut self, id: &ClientId) -> Option<Client> {
        self.place(*id).map(|at| *self.clients.remove(at))
    }

    /// All connections, the oldest first.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Client> {
        self.clients.iter().map(|client| &**client)
    }

    /// All connections, the oldest first, to change them.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Client> {
        self.clients.iter_mut().map(|client| &mut **client)
    }

    /// The numbers of all connections, the oldest first.
    pub fn keys(&self) -> impl Iterator<Item = &ClientId> {
        self.clients.iter().map(|client| &client.id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::Time;
    use super::*;

    #[test]
    fn connections_are_found_whoever_is_current() {
        let mut clients = Clients::default();
        for id in [1, 2, 3, 5, 8] {
            clients.insert(id, Client::new(id, String::new(), Time(0)));
        }
        assert!(clients.select(3));
        assert!(clients.remove(&2).is_some());
        assert!(!clients.select(2));
        for id in [1, 3, 5, 8] {
            assert_eq!(clients.get(&id).map(|client| client.id), Some(id));
            assert_eq!(clients.get_mut(&id).map(|client| client.id), Some(id));
        }
        assert!(clients.get(&2).is_none() && clients.get(&9).is_none());
        assert_eq!(clients.values().map(|client| client.id).collect::<Vec<_>>(), [1, 3, 5, 8]);
    }
}
