//! The loop of the screen that watches a server: keys, the server's events and signals come in; frames go out.

use std::time::{Duration, Instant};

use crossterm::event::Event as Input;
use ratatui::buffer::Buffer;
use tokio::sync::mpsc::Receiver;
use tokio::time::sleep_until;

use crate::serve::Event;

use super::canvas::Canvas;
use super::input::Inputs;
use super::paint::Painted;
use super::run::Error;
use super::screen::serve::{self, State};
use super::signals::{Signals, Told, stop};
use super::terminal::Taken;
use super::theme::{Colours, Theme};
use super::widget::too_small;

/// The least time between two frames, however much happens.
const FRAME: Duration = Duration::from_millis(40);
/// So many events are taken in at once.
const FLOOD: usize = 1024;

/// Shows what a server does until it is quit.
///
/// # Errors
/// Without a terminal, where the terminal fails, and after a signal; everything has been put back in order then.
pub async fn watch(mut events: Receiver<Event>, address: String, colours: Colours) -> Result<(), Error> {
    let mut taken = Taken::take()?;
    let mut signals = Signals::listen()?;
    let mut inputs = Inputs::listen()?;
    let mut state = State { address, ..State::default() };
    let theme = Theme::new(colours);
    let mut batch = Vec::new();
    let mut due = Some(Instant::now());
    loop {
        let frame = due.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
        tokio::select! {
            biased;
            told = signals.next() => match told {
                Told::End(name, number) => return Err(Error::Signal { name, number }),
                Told::GoOn => taken.retake()?,
                Told::Stop => {
                    inputs.halt().await;
                    taken.lend();
                    stop();
                    taken.retake()?;
                    inputs.go_on()?;
                }
            },
            input = inputs.next() => match input.transpose()? {
                // The terminal is gone; nobody is there to be asked.
                None => return Ok(()),
                Some(Input::Key(key)) if state.key(key) => return Ok(()),
                Some(_) => due = Some(Instant::now()),
            },
            () = sleep_until(frame.into()), if due.is_some() => {
                taken.terminal.draw(|frame| draw(frame.buffer_mut(), theme, &state))?;
                due = None;
                continue;
            }
            count = events.recv_many(&mut batch, FLOOD), if state.over.is_none() => {
                if count == 0 {
                    state.over = Some("the server has stopped".into());
                }
                batch.drain(..).for_each(|event| state.event(event));
            }
        }
        due = due.or_else(|| Some(Instant::now() + FRAME));
    }
}

/// Draws one frame.
pub fn draw(buffer: &mut Buffer, theme: Theme, state: &State) {
    let painted = Painted::default();
    let mut canvas = Canvas { buffer, theme, painted: &painted, cursor: None };
    if !too_small(&mut canvas) {
        serve::draw(&mut canvas, state);
    }
}
