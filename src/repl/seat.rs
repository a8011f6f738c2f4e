//! One client of the prompt: its connection, and what the connection is in.

use bytes::Bytes;

use crate::target::{LinkError, Target, Wire};

use super::track::{Dirty, Track};

/// One client.
#[derive(Debug)]
pub struct Seat {
    /// What it is called; the first is nameless.
    pub name: String,
    /// Its connection; `None` while there is none.
    pub wire: Option<Wire>,
    /// What the connection is in.
    pub track: Track,
    /// Who touched a watched key, as far as it was seen.
    pub cause: Option<String>,
}

/// A connection that was made again.
pub struct Restored {
    /// What could not be brought back, in words.
    pub lost: Option<String>,
    /// What the server said against the rest.
    pub refused: Vec<String>,
}

impl Seat {
    /// A client with a connection.
    ///
    /// # Errors
    /// The server is not there, or does not let us in.
    pub async fn new(target: &Target, name: &str, track: Track) -> Result<Seat, LinkError> {
        let mut seat = Seat { name: name.into(), wire: None, track, cause: None };
        seat.connect(target).await?;
        Ok(seat)
    }

    /// Connects, and puts the new connection where the old one was: login, protocol, database, name.
    ///
    /// # Errors
    /// The server is not there, or does not let us in.
    pub async fn connect(&mut self, target: &Target) -> Result<Restored, LinkError> {
        self.wire = None;
        let mut wire = target.wire(self.track.protocol).await?;
        let lost = self.track.lost();
        let mut refused = Vec::new();
        for argv in self.track.again() {
            let reply = wire.call(&argv).await?.reply;
            if reply.is_error() {
                let why = reply.as_bytes().map(|text| crate::resp::printable(text, 200)).unwrap_or_default();
                refused.push(why);
            }
        }
        self.track.protocol = wire.protocol();
        self.cause = None;
        self.wire = Some(wire);
        Ok(Restored { lost, refused })
    }

    /// Learns from the bundled engine whether a watched key was modified.
    pub fn look(&mut self) {
        if let Some(known) = self.wire.as_ref().and_then(Wire::known) {
            self.track.watched = known.watched;
            self.track.dirty = if known.dirty { Dirty::Yes } else { Dirty::No };
        }
    }

    /// Whether it watches one of these keys.
    pub fn watches(&self, keys: &[&Bytes]) -> Option<Bytes> {
        self.track.watched.iter().find(|watched| keys.contains(watched)).cloned()
    }
}
