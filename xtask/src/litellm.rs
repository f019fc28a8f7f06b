//! Installs LiteLLM's proxy, which a bench puts beside our router, once per machine, into a Python environment in the
//! user's cache folder. This module does not start it; see `tests/support/bench_router`.

use std::fs::{self, File};
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::cache::{self, NETWORK, PIP, Step};
use crate::progress::step;

/// The newest one that could be installed on 2026-11-27: those after it ask for packages that PyPI does not have.
pub(crate) const VERSION: &str = "1.108.7";

/// Returns the path of the program `litellm`, installing it first if this machine has none yet.
///
/// That needs the network, `python3` with `venv`, and half a gigabyte of disk. A second caller waits for the first one's
/// installation, however long it takes.
///
/// # Errors
/// When no cache folder can be named or written, or a step fails. The message names the step, the log and what to do
/// next.
pub(crate) fn ensure() -> Result<PathBuf> {
    let home = cache::home(&format!("litellm-{VERSION}"))?;
    // An environment cannot be moved, so a file beside it says that it is complete.
    let (environment, complete) = (home.join("venv"), home.join("complete"));
    let program = environment.join("bin/litellm");
    let _lock = cache::lock(&home)?;
    if complete.is_file() {
        return Ok(program);
    }
    if environment.exists() {
        fs::remove_dir_all(&environment)
            .with_context(|| format!("remove the unfinished {}", environment.display()))?;
    }
    let log = home.join("install.log");
    File::create(&log).with_context(|| format!("create {}", log.display()))?;
    eprintln!("xtask: LiteLLM is installed once for this machine; its log is {}", log.display());
    let steps = [
        cache::python_environment(),
        Step::new("fetch LiteLLM's proxy", environment.join("bin/python"))
            .args(PIP)
            .args(["install", "--only-binary", ":all:", &format!("litellm[proxy]=={VERSION}")])
            .advice(NETWORK),
    ];
    step("LiteLLM (some minutes)", || {
        steps.iter().try_for_each(|part| step(part.what, || part.run(&home, &log)))
    })?;
    File::create(&complete).with_context(|| format!("create {}", complete.display()))?;
    Ok(program)
}
