//! A prompt and nothing else.

use super::core::Core;
use super::event::Event;

/// The playground gives no work of its own.
pub enum PlayWork {}

/// How many clients a playground may have.
const MOST_CLIENTS: usize = 6;

impl Core<PlayWork> {
    /// Takes a typed line; a client that does not exist yet is connected.
    pub async fn play(&mut self, client: usize, line: String) {
        if client >= MOST_CLIENTS {
            self.teller.failed(format!("a playground has at most {MOST_CLIENTS} clients"));
            return;
        }
        while self.clients.len() <= client {
            let number = self.clients.len();
            if let Err(error) = self.add_client(&format!("redlab-{}", number + 1)).await {
                self.teller.failed(format!("client {} cannot connect: {error}", number + 1));
                return;
            }
        }
        self.typed(client, line).await;
    }

    /// Takes everything back that was typed.
    pub async fn reset(&mut self) {
        if self.is_waiting() {
            return self.teller.failed("a client still waits for its reply: esc cancels that");
        }
        match self.undo.entered() {
            Some(moment) => {
                self.restore(&moment).await;
                self.teller.tell(Event::WasReset);
            }
            None => self.teller.failed("reset works on the bundled engine only: a live server keeps what was done"),
        }
    }
}
