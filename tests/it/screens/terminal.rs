//! A pseudo-terminal with the binary on it, and the screen that it draws.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The flags of a terminal, as bits, and its special characters, with how long a read waits: raw mode changes them.
type Flags = (u64, u64, u64, Vec<u8>);

pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    screen: Arc<Mutex<vt100::Parser>>,
    reader: Option<JoinHandle<()>>,
    before: Flags,
}

impl Pty {
    pub fn start(size: (u16, u16), state: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Pty {
        Pty::of(env!("CARGO_BIN_EXE_redlab"), size, state, arguments, variables)
    }

    /// The same for any program.
    pub fn of(program: &str, size: (u16, u16), state: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Pty {
        let pair = native_pty_system().openpty(measure(size)).expect("a pseudo-terminal");
        let before = flags(&*pair.master);
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("REDLAB_STATE_DIR", state);
        command.env("TERM", "xterm-256color");
        command.env("RUST_BACKTRACE", "0");
        command.env("HOME", state);
        command.env_remove("REDLAB_URL");
        command.env_remove("NO_COLOR");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(some(size.1), some(size.0), 0)));
        let mut output = pair.master.try_clone_reader().expect("a reader");
        let drawn = screen.clone();
        let reader = thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(count @ 1..) = output.read(&mut chunk) {
                drawn.lock().expect("the screen").process(&chunk[..count]);
            }
        });
        let input = pair.master.take_writer().expect("a writer");
        // The slave's end stays open in the child alone; its flags are read through the master.
        Pty { master: pair.master, child, input, screen, reader: Some(reader), before }
    }

    pub fn process(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    pub fn contents(&self) -> String {
        self.screen.lock().expect("the screen").screen().contents()
    }

    /// Whether clicks are asked for, and come as SGR reports.
    pub fn hears_mouse(&self) -> bool {
        let parser = self.screen.lock().expect("the screen");
        let screen = parser.screen();
        screen.mouse_protocol_mode() == vt100::MouseProtocolMode::PressRelease
            && screen.mouse_protocol_encoding() == vt100::MouseProtocolEncoding::Sgr
    }

    /// Whether a full screen is shown, or what was there before.
    pub fn is_full_screen(&self) -> bool {
        self.screen.lock().expect("the screen").screen().alternate_screen()
    }

    fn marks_pastes(&self) -> bool {
        self.screen.lock().expect("the screen").screen().bracketed_paste()
    }

    /// Clicks where a text stands.
    pub fn click(&mut self, text: &str) {
        self.wait_for(text);
        let contents = self.contents();
        let (row, line) = contents.lines().enumerate().find(|(_, line)| line.contains(text)).expect("it is shown");
        let column = line[..line.find(text).expect("it is there")].chars().count();
        let (x, y) = (column + 1, row + 1);
        self.press(&format!("\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m"));
    }

    /// Sends a signal, by its name without SIG.
    pub fn signal(&self, name: &str) {
        let process = self.process().to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &process]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits until the process is stopped.
    pub fn stopped(&mut self) {
        let file = format!("/proc/{}/stat", self.process());
        let start = Instant::now();
        let is_stopped = || {
            std::fs::read_to_string(&file)
                .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|it| it.trim().starts_with('T')))
        };
        while !is_stopped() {
            assert!(start.elapsed() < PATIENCE, "it does not stop");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The terminal is as it was before.
    fn as_before(&self) {
        let after = flags(&*self.master);
        let parser = self.screen.lock().expect("the screen");
        let screen = parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was not left:\n{}", screen.contents());
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste is on");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is heard");
        assert_eq!(after, self.before, "the terminal's modes");
    }

    /// The terminal is given back for a while.
    pub fn lent(&mut self) {
        let start = Instant::now();
        while self.is_full_screen() || self.marks_pastes() || flags(&*self.master) != self.before {
            assert!(start.elapsed() < PATIENCE, "the terminal is not given back");
            thread::sleep(Duration::from_millis(10));
        }
        self.as_before();
    }

    pub fn press(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).expect("keys are taken");
        self.input.flush().expect("keys are taken");
    }

    pub fn type_line(&mut self, line: &str) {
        self.press(&format!("{line}\r"));
    }

    pub fn resize(&mut self, size: (u16, u16)) {
        self.screen.lock().expect("the screen").screen_mut().set_size(some(size.1), some(size.0));
        self.master.resize(measure(size)).expect("a new size");
    }

    pub fn wait_for(&mut self, text: &str) {
        self.wait(text, |screen| screen.contains(text));
    }

    /// Waits until the screen is as wanted; shows it when it never is.
    pub fn wait(&mut self, what: &str, wanted: impl Fn(&str) -> bool) {
        let start = Instant::now();
        loop {
            let contents = self.contents();
            if wanted(&contents) {
                return;
            }
            let ended = self.child.try_wait().ok().flatten();
            assert!(ended.is_none(), "it ended while '{what}' was waited for: {ended:?}\n{contents}");
            assert!(start.elapsed() < PATIENCE, "'{what}' never came:\n{contents}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Quits by ctrl-c. While something runs, such as the exploration of a race, the first one ends that, says so, and
    /// the next one quits. No key is pressed a third time: one that is lost is a fault.
    pub fn quit(&mut self) {
        self.press("\u{3}");
        let start = Instant::now();
        while self.child.try_wait().expect("a status").is_none() {
            if self.contents().contains("ctrl-c once more quits") {
                // It may have ended since.
                let _ = self.input.write_all(b"\x03").and_then(|()| self.input.flush());
                break;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end:\n{}", self.contents());
            thread::sleep(Duration::from_millis(10));
        }
        self.ended_well(0);
    }

    /// It has ended with this status, and the terminal is as it was.
    pub fn ended_well(&mut self, status: u32) {
        let start = Instant::now();
        let ended = loop {
            if let Some(ended) = self.child.try_wait().expect("a status") {
                break ended;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end:\n{}", self.contents());
            thread::sleep(Duration::from_millis(10));
        };
        // Everything that was written is read before it is judged.
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.as_before();
        let contents = self.contents();
        assert_eq!(ended.exit_code(), status, "{contents}");
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        if self.child.try_wait().ok().flatten().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn some(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a size")
}

fn measure((columns, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn flags(master: &dyn MasterPty) -> Flags {
    let modes = master.get_termios().expect("a terminal has modes");
    (
        modes.local_flags.bits().into(),
        modes.input_flags.bits().into(),
        modes.output_flags.bits().into(),
        modes.control_chars.to_vec(),
    )
}
