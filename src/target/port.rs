//! A connection that gives replies as they are on the wire: of a server, or of the bundled engine, which then encodes
//! them as its own server would.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::runtime::{Builder, Runtime};

use crate::resp::{Protocol, Value, encode_value};

use super::connection::Connection;
use super::direct::{Socket, SocketError};
use super::error::TargetError;
use super::open::Target;
use super::spec::TargetSpec;

/// A connection that gives replies as they are on the wire. It waits where it is: no runtime is needed around it.
#[derive(Debug)]
pub struct Port {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Direct(Box<Socket>),
    Bundled(Box<Inside>),
}

/// The bundled engine and what drives it.
#[derive(Debug)]
struct Inside {
    connection: Connection,
    // Declared after the connection, which needs it as long as it lives.
    runtime: Runtime,
    queued: VecDeque<Vec<Bytes>>,
    arrived: VecDeque<Value>,
}

impl Port {
    /// A connection to a server.
    pub fn direct(wire: Socket) -> Port {
        Port { kind: Kind::Direct(Box::new(wire)) }
    }

    /// A connection to a target that is the bundled engine.
    ///
    /// # Errors
    /// A dump that cannot be loaded.
    pub fn bundled(spec: &TargetSpec, name: &str) -> Result<Port, TargetError> {
        let io = |error: std::io::Error| TargetError::Load(format!("cannot start the runtime: {error}"));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(io)?;
        let connection = runtime.block_on(async {
            let target = Target::open(spec).await?;
            Ok::<_, TargetError>(target.connect(name, Protocol::Resp2).await?)
        })?;
        let (queued, arrived) = (VecDeque::new(), VecDeque::new());
        Ok(Port { kind: Kind::Bundled(Box::new(Inside { connection, runtime, queued, arrived })) })
    }

    /// Adds a command to what goes out with the next [`Port::flush`].
    pub fn send(&mut self, argv: &[Bytes]) {
        match &mut self.kind {
            Kind::Direct(wire) => wire.send(argv),
            Kind::Bundled(inside) => inside.queued.push_back(argv.to_vec()),
        }
    }

    /// Sends what is to go out.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn flush(&mut self) -> Result<(), SocketError> {
        match &mut self.kind {
            Kind::Direct(wire) => wire.flush(),
            Kind::Bundled(_) => Ok(()),
        }
    }

    /// The next whole reply or push, if it has arrived.
    ///
    /// # Errors
    /// Bytes that are no reply.
    pub fn arrived(&mut self) -> Result<Option<Bytes>, SocketError> {
        match &mut self.kind {
            Kind::Direct(wire) => wire.arrived(),
            Kind::Bundled(inside) => Ok(inside.take()),
        }
    }

    /// Waits until more has come.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn wait(&mut self) -> Result<(), SocketError> {
        match &mut self.kind {
            Kind::Direct(wire) => wire.wait(),
            Kind::Bundled(inside) => inside.wait(),
        }
    }

    /// The connection to a server, for whoever wants to write to it as it pleases.
    pub fn socket(&mut self) -> Option<&mut Socket> {
        match &mut self.kind {
            Kind::Direct(wire) => Some(wire),
            Kind::Bundled(_) => None,
        }
    }
}

impl Inside {
    fn take(&mut self) -> Option<Bytes> {
        let value = self.arrived.pop_front()?;
        let mut wire = Vec::new();
        encode_value(&value, self.connection.protocol(), &mut wire);
        Some(Bytes::from(wire))
    }

    /// Runs the next command; with none left, waits for a message.
    fn wait(&mut self) -> Result<(), SocketError> {
        // What was pushed before a command's reply stands before it.
        self.arrived.extend(std::iter::from_fn(|| self.connection.try_push()));
        let next = match self.queued.pop_front() {
            None if !self.arrived.is_empty() => return Ok(()),
            Some(argv) => {
                let call = self.runtime.block_on(self.connection.call(&argv));
                call.map(|exchange| exchange.reply)
            }
            None => self.runtime.block_on(self.connection.next_push()),
        };
        self.arrived.push_back(next.map_err(|_| SocketError::Closed)?);
        self.arrived.extend(std::iter::from_fn(|| self.connection.try_push()));
        Ok(())
    }
}
