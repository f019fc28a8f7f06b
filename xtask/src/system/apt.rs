//! Installs packages of Debian and Ubuntu, by the right that this user has.
//!
//! Root just does it. With sudo there is one question, on a terminal only. Nobody else gets anything. No call of
//! apt-get lasts longer than its limit.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use super::{Purpose, find_program};
use crate::process;
use crate::progress::step;

/// How long one call of apt-get may take.
const LIMIT: Duration = Duration::from_mins(10);

/// How long `run` waits for the list of packages.
const SHORT_LIMIT: Duration = Duration::from_mins(1);

/// What has not ended this many seconds after it was asked to is killed.
const KILL_AFTER: &str = "--kill-after=10";

/// The exit codes of `timeout` for a program that ended when it was asked to at its limit, and for one that did not.
const ENDED_AT_LIMIT: i32 = 124;
const KILLED_AT_LIMIT: i32 = 137;

/// By which right packages can be installed.
enum Access {
    Root,
    /// After a yes to one question.
    Sudo,
    /// Not at all, and why.
    Refused(&'static str),
}

/// Installs `packages` without recommended ones, or says why not.
pub(super) fn install(purpose: Purpose, packages: &[&str]) -> Result<()> {
    match access() {
        Access::Root => apt_get(&[], purpose, packages),
        Access::Sudo => {
            ensure!(ask(packages)?, "it was not wanted");
            apt_get(&["sudo"], purpose, packages)
        }
        Access::Refused(reason) => bail!(reason),
    }
}

fn access() -> Access {
    if !find_program("apt-get") {
        Access::Refused("there is no apt-get to install it")
    } else if is_root() {
        Access::Root
    } else if !find_program("sudo") {
        Access::Refused("neither root nor sudo to install it")
    } else if std::io::stdin().is_terminal() {
        Access::Sudo
    } else {
        Access::Refused("not root, and no terminal to ask for sudo on")
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

fn ask(packages: &[&str]) -> Result<bool> {
    eprint!("xtask: install {} with sudo apt-get? [Y/n] ", packages.join(", "));
    std::io::stderr().flush().context("cannot write the question")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).context("cannot read the answer")?;
    Ok(is_yes(&answer))
}

/// A bare return is a yes; the end of input is not.
fn is_yes(answer: &str) -> bool {
    answer.ends_with('\n') && matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes")
}

/// One call of apt-get.
#[derive(Debug, PartialEq, Eq)]
struct Call {
    args: Vec<&'static str>,
    /// After that it is ended, with everything that it started.
    limit: Duration,
}

/// The list of packages is brought up to date, then the packages are installed.
fn calls(purpose: Purpose) -> [Call; 2] {
    let update = match purpose {
        // Somebody waits to chat: without a network this must be over soon. Apt itself calls it a success when no
        // mirror was reached, and would then try each package in turn.
        Purpose::Run => {
            Call { args: vec!["-o", "APT::Update::Error-Mode=any", "update"], limit: SHORT_LIMIT }
        }
        Purpose::Test | Purpose::Crash | Purpose::Escape => Call { args: vec!["update"], limit: LIMIT },
    };
    [update, Call { args: vec!["install", "-y", "--no-install-recommends"], limit: LIMIT }]
}

fn apt_get(prefix: &[&str], purpose: Purpose, packages: &[&str]) -> Result<()> {
    step(&format!("installing {} with apt-get", packages.join(", ")), || {
        let [update, install] = calls(purpose);
        let apt_get = ["apt-get", "-qq"];
        within(prefix, update.limit, &[&apt_get, update.args.as_slice()].concat())?;
        within(prefix, install.limit, &[&apt_get, install.args.as_slice(), packages].concat())
    })
}

/// By way of `timeout` of coreutils: behind sudo nobody else may end a program of root, nor what it started.
fn within(prefix: &[&str], limit: Duration, line: &[&str]) -> Result<()> {
    let seconds = limit.as_secs_f64().to_string();
    let limited = ["env", "DEBIAN_FRONTEND=noninteractive", "timeout", KILL_AFTER, &seconds];
    let words = [prefix, &limited, line].concat();
    let (program, args) = words.split_first().context("an empty command line")?;
    let status = process::quiet_status(process::command(program, Path::new(".")).args(args))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(ENDED_AT_LIMIT | KILLED_AT_LIMIT) => bail!("{} was not done within {seconds} s", line.join(" ")),
        _ => bail!("{} ended with {status}", line.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_is_a_yes_and_the_end_of_input_is_a_no() {
        for (answer, expected) in [("\n", true), ("Y\n", true), ("yes\n", true), ("n\n", false), ("", false)]
        {
            assert_eq!(is_yes(answer), expected, "{answer:?}");
        }
    }

    #[test]
    fn a_call_that_does_not_end_is_ended_at_its_limit() {
        let error = within(&[], Duration::from_millis(100), &["sleep", "60"]).unwrap_err();
        assert_eq!(error.to_string(), "sleep 60 was not done within 0.1 s");
        assert!(within(&[], LIMIT, &["true"]).is_ok());
        let error = within(&[], LIMIT, &["false"]).unwrap_err();
        assert_eq!(error.to_string(), "false ended with exit status: 1");
    }

    #[test]
    fn run_finds_out_within_a_minute_that_no_mirror_answers() {
        let [update, install] = calls(Purpose::Run);
        assert_eq!(update.limit, Duration::from_mins(1));
        assert!(update.args.contains(&"APT::Update::Error-Mode=any"));
        assert_eq!(install.limit, Duration::from_mins(10));
    }

    #[test]
    fn test_has_more_patience() {
        let [update, install] = calls(Purpose::Test);
        assert_eq!((update.limit, install.limit), (LIMIT, LIMIT));
        assert_eq!(update.args, ["update"]);
    }
}
