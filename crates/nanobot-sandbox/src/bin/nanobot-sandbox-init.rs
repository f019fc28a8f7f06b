//! The program in the box by itself, for the tests of this crate. The daemon brings its own: it is the same call.

use std::process::ExitCode;

fn main() -> ExitCode {
    nanobot_sandbox::take_over(std::env::args_os()).unwrap_or(ExitCode::from(2))
}
