//! A connection for whoever shows everything: replies as they came, messages as they come, the bytes of the wire.

use bytes::Bytes;

use crate::resp::{Protocol, Value, encode_command, encode_value};

use super::bundled::BundledLink;
use super::error::LinkError;
use super::identity::Exchange;
use super::live::PlainLink;

/// One connection, as a REPL uses it. Dropping it closes it.
#[derive(Debug)]
pub struct Wire {
    way: Way,
    /// What the bundled engine was sent and answered, as it would have gone over a wire.
    bytes: (Vec<u8>, Vec<u8>),
}

#[derive(Debug)]
enum Way {
    Bundled(BundledLink),
    Plain(Box<PlainLink>),
}

/// What the bundled engine knows of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The selected database.
    pub db: i64,
    /// The protocol.
    pub protocol: Protocol,
    /// Between MULTI and EXEC: what is queued.
    pub queued: Option<Vec<Vec<Bytes>>>,
    /// Keys that are watched.
    pub watched: Vec<Bytes>,
    /// Whether one of them was modified since.
    pub dirty: bool,
}

impl Wire {
    pub(super) fn bundled(link: BundledLink) -> Wire {
        Wire { way: Way::Bundled(link), bytes: Default::default() }
    }

    pub(super) fn plain(link: PlainLink) -> Wire {
        Wire { way: Way::Plain(Box::new(link)), bytes: Default::default() }
    }

    /// Sends a command and waits for its reply. The future may be dropped; see [`Wire::late`].
    ///
    /// # Errors
    /// The connection is gone, and whether the command ran is not known.
    pub async fn call(&mut self, argv: &[Bytes]) -> Result<Exchange, LinkError> {
        let exchange = match &mut self.way {
            Way::Plain(link) => return link.call(argv).await,
            Way::Bundled(link) => link.call(argv).await?,
        };
        self.bytes.0.clear();
        self.bytes.1.clear();
        encode_command(argv, &mut self.bytes.0);
        encode_value(&exchange.reply, self.protocol(), &mut self.bytes.1);
        Ok(exchange)
    }

    /// The reply to a call whose future was dropped. `None` where there is none to come: it was given up.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn late(&mut self) -> Result<Option<Value>, LinkError> {
        match &mut self.way {
            Way::Plain(link) => link.reply(false).await.map(Some),
            Way::Bundled(_) => Ok(None),
        }
    }

    /// The next message, push or line of MONITOR; waits for it. The future may be dropped.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn next_push(&mut self) -> Result<Value, LinkError> {
        match &mut self.way {
            Way::Plain(link) => link.next_push().await,
            Way::Bundled(link) => link.next_push().await,
        }
    }

    /// The protocol that the connection speaks.
    pub fn protocol(&self) -> Protocol {
        match &self.way {
            Way::Plain(link) => link.protocol(),
            Way::Bundled(link) => link.protocol(),
        }
    }

    /// The number that the server gave the connection, where it is known without asking.
    pub fn id(&self) -> Option<i64> {
        match &self.way {
            Way::Plain(link) => link.id(),
            Way::Bundled(_) => None,
        }
    }

    /// What was sent and received last, byte for byte: the beginning of it where it is long.
    pub fn bytes(&self) -> (&[u8], &[u8]) {
        match &self.way {
            Way::Plain(link) => link.bytes(),
            Way::Bundled(_) => (&self.bytes.0, &self.bytes.1),
        }
    }

    /// Whether [`Wire::bytes`] went over a wire, or shows what would have.
    pub fn has_wire(&self) -> bool {
        matches!(self.way, Way::Plain(_))
    }

    /// What the bundled engine knows of the connection; `None` at a live server.
    pub fn known(&self) -> Option<Known> {
        match &self.way {
            Way::Bundled(link) => Some(link.known()),
            Way::Plain(_) => None,
        }
    }
}

impl BundledLink {
    fn known(&self) -> Known {
        self.with_client(|client| Known {
            db: i64::try_from(client.db).unwrap_or(0),
            protocol: client.protocol,
            queued: client.transaction.as_ref().map(|transaction| transaction.queued.clone()),
            watched: client.watched.iter().map(|watched| watched.key.clone()).collect(),
            dirty: client.watch_dirty,
        })
        .unwrap_or_default()
    }
}
