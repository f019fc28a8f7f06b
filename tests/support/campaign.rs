//! What the programs of all campaigns begin and end with. What a campaign does is its own business.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

/// A seed for whoever gave none: every campaign looks elsewhere, and prints where.
#[expect(clippy::disallowed_methods, reason = "a seed that differs from the last one")]
pub fn some_seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs())
}

/// The exit code of a campaign that kept its promises, broke one, or came to no end; the last says why on stderr.
pub fn exit_code(kept: Result<bool>) -> ExitCode {
    match kept {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}
