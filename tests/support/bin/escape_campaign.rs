//! `escape-campaign`: tries to get out of the box in every way that we know. See `docs/sandbox.md`.
//!
//! It is also the first process of its boxes, and what runs in its outer box.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use nanobot_tests::campaign::{exit_code, some_seed};
use nanobot_tests::escape::{self, Options};

fn main() -> ExitCode {
    // First of all: no thread and no open file may be there when the box takes over.
    if let Some(code) = nanobot_sandbox::take_over(std::env::args_os()) {
        return code;
    }
    let arguments: Vec<_> = std::env::args_os().collect();
    if let Some(code) = escape::go_on_inside(&arguments) {
        return code;
    }
    exit_code(campaign())
}

fn campaign() -> Result<bool> {
    let options = Options::parse(std::env::args().skip(1), some_seed())?;
    let mut out = std::io::stdout();
    let mut tell = |line: &str| {
        if !options.json {
            let _ = writeln!(std::io::stdout(), "{line}");
        }
    };
    let summary = escape::run(&options, &mut tell)?;
    if options.json {
        writeln!(out, "{:#}", summary.json())?;
    } else {
        write!(out, "\n{summary}")?;
    }
    Ok(summary.is_green())
}
