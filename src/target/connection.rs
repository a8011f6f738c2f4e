//! One connection to a target, whichever it is.

use bytes::Bytes;

use crate::resp::{Protocol, Value};

use super::bundled::BundledLink;
use super::error::LinkError;
use super::identity::{Elapsed, Exchange};
use super::live::LiveLink;

/// One connection: MULTI, WATCH and subscriptions belong to it. Dropping it closes it.
#[derive(Debug)]
pub struct Connection {
    link: Link,
}

#[derive(Debug)]
enum Link {
    Bundled(BundledLink),
    Live(Box<LiveLink>),
}

impl Connection {
    /// A connection to the bundled engine.
    pub(super) fn bundled(link: BundledLink) -> Connection {
        Connection { link: Link::Bundled(link) }
    }

    /// A connection to a live server.
    pub(super) fn live(link: LiveLink) -> Connection {
        Connection { link: Link::Live(Box::new(link)) }
    }

    /// Sends a command and waits for its reply, however long a blocking command blocks. A Redis error is a reply.
    ///
    /// Dropping the future cancels the waiting; the command may have run.
    ///
    /// # Errors
    /// The connection is gone, and whether the command ran is not known.
    pub async fn call(&mut self, argv: &[Bytes]) -> Result<Exchange, LinkError> {
        match &mut self.link {
            Link::Bundled(link) => link.call(argv).await,
            Link::Live(link) => link.call(argv).await,
        }
    }

    /// Writes commands together and waits once.
    ///
    /// # Errors
    /// The connection is gone, and which of the commands ran is not known.
    pub async fn pipeline(&mut self, commands: &[Vec<Bytes>]) -> Result<(Vec<Value>, Elapsed), LinkError> {
        match &mut self.link {
            Link::Bundled(link) => link.pipeline(commands).await,
            Link::Live(link) => link.pipeline(commands).await,
        }
    }

    /// Sends commands that only look. They are in no measurement; at the bundled engine no time passes for them and
    /// no counter counts them.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn observe(&mut self, commands: &[Vec<Bytes>]) -> Result<Vec<Value>, LinkError> {
        match &mut self.link {
            Link::Bundled(link) => link.observe(commands),
            Link::Live(link) => link.observe(commands).await,
        }
    }

    /// The next message or other push; waits until one comes.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn next_push(&mut self) -> Result<Value, LinkError> {
        match &mut self.link {
            Link::Bundled(link) => link.next_push().await,
            Link::Live(link) => link.next_push().await,
        }
    }

    /// A message or other push that has arrived.
    pub fn try_push(&mut self) -> Option<Value> {
        match &mut self.link {
            Link::Bundled(link) => link.try_push(),
            Link::Live(link) => link.try_push(),
        }
    }

    /// Why the connection is gone, as far as is known without sending anything.
    pub fn lost(&mut self) -> Option<LinkError> {
        match &mut self.link {
            Link::Bundled(link) => link.lost(),
            Link::Live(link) => link.lost(),
        }
    }

    /// The database that connections of this target start in.
    pub fn database(&self) -> i64 {
        match &self.link {
            Link::Bundled(_) => 0,
            Link::Live(link) => link.database(),
        }
    }

    /// The protocol that the connection speaks.
    pub fn protocol(&self) -> Protocol {
        match &self.link {
            Link::Bundled(link) => link.protocol(),
            Link::Live(link) => link.protocol(),
        }
    }
}
