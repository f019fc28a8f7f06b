//! `cargo xtask test`: everything that can show a mistake by running.
//!
//! A server that is missing is said out loud and fails the command; nothing is skipped in silence.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Result, bail};

use crate::progress::step;
use crate::system::{self, Missing, Purpose};
use crate::{crash, examples, llama, process, tools};

/// Unit, contract and integration tests, then documentation tests, then each example once.
///
/// With `nextest_args` only the tests that nextest selects by them.
pub(crate) fn run(root: &Path, nextest_args: &[OsString]) -> Result<()> {
    let missing = system::prepare(Purpose::Test);
    if !missing.is_empty() {
        return not_run(&missing);
    }
    tools::ensure(&tools::NEXTEST, root)?;
    let model_server = llama::ensure()?;
    // Tests start the programs themselves; building them first keeps that out of the tests' own time.
    step("programs", || {
        process::run(&mut process::cargo(
            &["build", "--quiet", "-p", "nanobotd", "-p", "nanobot-cli"],
            root,
        ))?;
        process::run(&mut process::cargo(&crash::FAULTY_DAEMON, root))
    })?;
    step("unit, contract and integration tests", || {
        let nextest = ["nextest", "run", "--workspace", "--all-features"];
        let mut tests = process::cargo(&nextest, root);
        process::run(tests.args(nextest_args).env(llama::SERVER_VARIABLE, &model_server))
    })?;
    if !nextest_args.is_empty() {
        return Ok(());
    }
    step("documentation tests", || {
        process::run(&mut process::cargo(
            &["test", "--doc", "--workspace", "--all-features", "--quiet"],
            root,
        ))
    })?;
    step("examples", || examples::run_each(root))
}

fn not_run(missing: &[Missing]) -> Result<()> {
    system::say_not_run(missing)?;
    bail!("no test was run; `cargo nextest run --workspace` runs those that can do without")
}
