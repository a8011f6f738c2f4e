//! The terminal, taken and given back: whatever happens, it is left as it was found.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// What frames are drawn on.
type Screen = Terminal<CrosstermBackend<BufWriter<Output>>>;

/// Raw mode, alternate screen, bracketed paste: on while this lives. The mouse is heard only while it is wanted.
pub struct Taken {
    /// Where frames are drawn.
    pub terminal: Screen,
    on: Arc<AtomicBool>,
    elsewhere: Arc<Mutex<Vec<String>>>,
    mouse: bool,
}

/// Why a terminal cannot be taken.
#[derive(Debug)]
pub enum NotTaken {
    /// Input or output is no terminal.
    NoTerminal(&'static str),
    /// The terminal did not do what it was asked to.
    Io(io::Error),
}

impl From<io::Error> for NotTaken {
    fn from(error: io::Error) -> NotTaken {
        NotTaken::Io(error)
    }
}

impl Taken {
    /// Takes the terminal. From here on a panic on this thread gives it back before it is reported; panics on other
    /// threads are kept until then, so that they do not write into the screen.
    pub fn take() -> Result<Taken, NotTaken> {
        if !io::stdin().is_terminal() {
            return Err(NotTaken::NoTerminal("input"));
        }
        if !io::stdout().is_terminal() {
            return Err(NotTaken::NoTerminal("output"));
        }
        let on = Arc::new(AtomicBool::new(true));
        let elsewhere = Arc::new(Mutex::new(Vec::new()));
        hook(Arc::clone(&on), Arc::clone(&elsewhere));
        if let Err(error) = enter() {
            give_back(&on);
            return Err(error.into());
        }
        match screen(&on) {
            Ok(terminal) => Ok(Taken { terminal, on, elsewhere, mouse: false }),
            Err(error) => {
                give_back(&on);
                Err(error.into())
            }
        }
    }

    /// After the process was stopped and goes on, the terminal is somebody else's again: take it once more.
    pub fn retake(&mut self) -> io::Result<()> {
        self.on.store(true, Ordering::SeqCst);
        enter()?;
        if self.mouse {
            execute!(io::stdout(), ListenToMouse)?;
        }
        // A terminal that is somebody else's by now holds other text: all is drawn anew. (Ratatui's own `clear` asks
        // where the cursor is, and waits for an answer that somebody else may read.)
        execute!(io::stdout(), Clear(ClearType::All))?;
        self.terminal = screen(&self.on)?;
        Ok(())
    }

    /// Gives the terminal back for a while; [`Taken::retake`] takes it again.
    pub fn lend(&mut self) {
        give_back(&self.on);
    }

    /// Hears the mouse, or leaves it to the terminal: then it selects text.
    pub fn hear_mouse(&mut self, wanted: bool) -> io::Result<()> {
        if self.mouse == wanted {
            return Ok(());
        }
        self.mouse = wanted;
        match wanted {
            true => execute!(io::stdout(), ListenToMouse),
            false => execute!(io::stdout(), DisableMouseCapture),
        }
    }

    /// What other threads had to say when they panicked.
    pub fn panics_elsewhere(&self) -> Vec<String> {
        self.elsewhere.lock().map(|messages| messages.clone()).unwrap_or_default()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back(&self.on);
        for message in self.panics_elsewhere() {
            // Standard error may be gone with the terminal.
            let _ = writeln!(io::stderr(), "{message}");
        }
    }
}

fn screen(on: &Arc<AtomicBool>) -> io::Result<Screen> {
    let output = Output { out: io::stdout(), on: Arc::clone(on) };
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, output)))
}

/// Standard output while the terminal is taken. What is drawn otherwise goes nowhere: the terminal is somebody else's,
/// or gone. (Ratatui shows the cursor in the end, and where that fails it reports on a standard error that may be gone,
/// too, which would be a panic.)
pub struct Output {
    out: Stdout,
    on: Arc<AtomicBool>,
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.on.load(Ordering::SeqCst) { self.out.write(bytes) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.on.load(Ordering::SeqCst) { self.out.flush() } else { Ok(()) }
    }
}

/// Clicks and the wheel, as SGR reports. Not every movement: nobody wants those.
struct ListenToMouse;

impl crossterm::Command for ListenToMouse {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[?1000h\x1b[?1006h")
    }

    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        crossterm::event::EnableMouseCapture.execute_winapi()
    }

    #[cfg(windows)]
    fn is_ansi_code_supported(&self) -> bool {
        false
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    read_what_is_there()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

/// A read takes what is there and does not wait for more: whoever reads waits before, in a way that can be interrupted.
/// Otherwise the beginning of an escape sequence would hold the reader until the next key, also while the terminal is
/// lent. With raw mode this ends, too.
#[cfg(unix)]
fn read_what_is_there() -> io::Result<()> {
    use rustix::termios::{OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};

    let mut modes = tcgetattr(io::stdin())?;
    modes.special_codes[SpecialCodeIndex::VMIN] = 0;
    modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    Ok(tcsetattr(io::stdin(), OptionalActions::Now, &modes)?)
}

#[cfg(not(unix))]
fn read_what_is_there() -> io::Result<()> {
    Ok(())
}

/// Once is enough; a second call does nothing.
fn give_back(on: &AtomicBool) {
    if !on.swap(false, Ordering::SeqCst) {
        return;
    }
    // There is nobody left to tell if even this fails.
    let _ = execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
    let _ = io::stdout().flush();
}

fn hook(on: Arc<AtomicBool>, elsewhere: Arc<Mutex<Vec<String>>>) {
    let before = panic::take_hook();
    let home = thread::current().id();
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if thread::current().id() == home {
            give_back(&on);
        } else if on.load(Ordering::SeqCst) {
            if let Ok(mut messages) = elsewhere.lock() {
                messages.push(info.to_string());
            }
            return;
        }
        before(info);
    }));
}
