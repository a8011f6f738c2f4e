//! The binary: see the library's tour.

use std::process::ExitCode;

fn main() -> ExitCode {
    redlab::cli::main()
}
