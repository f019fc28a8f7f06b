//! Installs packages of Debian and Ubuntu, by the right that this user has.
//!
//! Root just does it. With sudo there is one question, on a terminal only. Nobody else gets anything.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use super::find_program;
use crate::process;
use crate::progress::step;

/// By which right packages can be installed.
enum Access {
    Root,
    /// After a yes to one question.
    Sudo,
    /// Not at all, and why.
    Refused(&'static str),
}

/// Installs `packages` without recommended ones, or says why not.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    match access() {
        Access::Root => apt_get(&[], packages),
        Access::Sudo => {
            ensure!(ask(packages)?, "it was not wanted");
            apt_get(&["sudo"], packages)
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

fn apt_get(prefix: &[&str], packages: &[&str]) -> Result<()> {
    let apt = |args: &[&str]| {
        let words = [prefix, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"], args].concat();
        let (program, args) = words.split_first().context("an empty command line")?;
        process::run_quietly(process::command(program, Path::new(".")).args(args))
    };
    step(&format!("installing {} with apt-get", packages.join(", ")), || {
        apt(&["update"])?;
        apt(&[&["install", "-y", "--no-install-recommends"], packages].concat())
    })
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
}
