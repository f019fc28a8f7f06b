//! What is installed once for this machine and stays in the user's cache folder, outside `target`, so that neither
//! `cargo clean` nor another checkout costs it again: where it lives, who may install it, and how a step fails.
//!
//! What is installed is the business of `llama` and `litellm`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::process;

/// A step that talks to PyPI failed.
pub(crate) const NETWORK: &str = "check that pip can reach PyPI, then run it again";

/// `python -m pip`, without questions.
pub(crate) const PIP: [&str; 4] = ["-m", "pip", "--disable-pip-version-check", "--no-input"];

/// The folder for what is called so, which is made if it is missing.
///
/// # Errors
/// When no cache folder can be named or written.
pub(crate) fn home(name: &str) -> Result<PathBuf> {
    let home = below(variable("XDG_CACHE_HOME"), variable("HOME"), name)?;
    fs::create_dir_all(&home).with_context(|| format!("create the cache folder {}", home.display()))?;
    Ok(home)
}

/// Below `XDG_CACHE_HOME` if that is an absolute path, as its specification demands, otherwise below `~/.cache`.
fn below(xdg_cache_home: Option<PathBuf>, home: Option<PathBuf>, name: &str) -> Result<PathBuf> {
    let cache = xdg_cache_home
        .filter(|path| path.is_absolute())
        .or_else(|| home.map(|home| home.join(".cache")))
        .context("name a cache folder: set HOME or XDG_CACHE_HOME, then run it again")?;
    Ok(cache.join("nanobot-tests").join(name))
}

/// Waits until nobody else installs there, however long that takes. The kernel drops this lock when its holder dies, so
/// an installation that was killed leaves nothing to clean up by hand.
pub(crate) fn lock(home: &Path) -> Result<File> {
    let lock =
        File::create(home.join("lock")).with_context(|| format!("create a lock in {}", home.display()))?;
    lock.lock().with_context(|| format!("wait for whoever else installs in {}", home.display()))?;
    Ok(lock)
}

/// The step that makes a Python environment called `venv`.
pub(crate) fn python_environment() -> Step {
    Step::new("create a Python environment", "python3")
        .args(["-m", "venv", "venv"])
        .advice("install Python with venv (Debian: apt install python3-venv), then run it again")
}

/// One command of an installation.
pub(crate) struct Step {
    pub(crate) what: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
    /// What a person can do when it fails.
    advice: &'static str,
}

impl Step {
    pub(crate) fn new(what: &'static str, program: impl Into<PathBuf>) -> Self {
        Self { what, program: program.into(), arguments: Vec::new(), advice: "" }
    }

    pub(crate) fn arg(mut self, argument: String) -> Self {
        self.arguments.push(argument);
        self
    }

    pub(crate) fn args<const N: usize>(mut self, arguments: [&str; N]) -> Self {
        self.arguments.extend(arguments.map(str::to_owned));
        self
    }

    pub(crate) fn advice(mut self, advice: &'static str) -> Self {
        self.advice = advice;
        self
    }

    /// Runs the command in `work` and appends what it prints to `log`.
    pub(crate) fn run(&self, work: &Path, log: &Path) -> Result<()> {
        let output = File::options().append(true).open(log).context("open the log")?;
        let errors = output.try_clone().context("open the log")?;
        let status = process::command(&self.program, work)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .status()
            .with_context(|| format!("{}: start {}: {}", self.what, self.program.display(), self.advice))?;
        if status.success() {
            return Ok(());
        }
        let text = fs::read(log).unwrap_or_default();
        let end = last_lines(&String::from_utf8_lossy(&text), 15);
        bail!("{} failed ({status}): {}\nend of {}:\n{end}", self.what, self.advice, log.display())
    }
}

/// The last `count` lines of a text.
fn last_lines(text: &str, count: usize) -> String {
    let mut lines: Vec<&str> = text.lines().rev().take(count).collect();
    lines.reverse();
    lines.join("\n")
}

#[expect(
    clippy::disallowed_methods,
    reason = "nanobot-config reads the bot's environment; this is that of whoever works on it"
)]
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_variable_wins_over_home() {
        let home = below(Some("/c".into()), Some("/h".into()), "tool-1").unwrap();
        assert_eq!(home, Path::new("/c/nanobot-tests/tool-1"));
    }

    #[test]
    fn relative_cache_variable_is_ignored() {
        let home = below(Some("c".into()), Some("/h".into()), "tool-1").unwrap();
        assert_eq!(home, Path::new("/h/.cache/nanobot-tests/tool-1"));
    }

    #[test]
    fn no_home_says_what_to_set() {
        let error = below(None, None, "tool-1").unwrap_err();
        assert!(error.to_string().contains("set HOME"));
    }

    #[test]
    fn failing_step_shows_the_end_of_its_output_and_the_advice() {
        let step =
            Step::new("try it", "sh").args(["-c", "echo out; echo broken >&2; exit 3"]).advice("mend it");
        let message = failure_of(&step);
        assert!(message.starts_with("try it failed (exit status: 3): mend it\n"), "{message}");
        assert!(message.ends_with("\nout\nbroken"), "{message}");
    }

    #[test]
    fn missing_program_is_named_with_the_advice() {
        let step = Step::new("try it", "no-such-program-here").advice("install it");
        assert_eq!(failure_of(&step), "try it: start no-such-program-here: install it");
    }

    fn failure_of(step: &Step) -> String {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        File::create(&log).unwrap();
        step.run(folder.path(), &log).unwrap_err().to_string()
    }

    #[test]
    fn last_lines_keeps_order_and_copes_with_short_text() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("a", 2), "a");
        assert_eq!(last_lines("", 2), "");
    }
}
