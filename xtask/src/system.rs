//! What the product and its tests need from the system, and how it gets there on Debian and Ubuntu.
//!
//! `NEEDS` is the one list of these programs. Packages come from apt-get alone: nothing is downloaded from
//! elsewhere, and no version is chosen here.

mod apt;

use std::path::Path;

use anyhow::Result;

use crate::{output, process};

/// Which command wants the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Run,
    Test,
    Crash,
    Escape,
}

/// How to tell that a program is there.
#[derive(Debug)]
enum Probe {
    /// A program of this name can be found.
    Program(&'static str),
    /// This command line ends with 0.
    Succeeds(&'static [&'static str]),
}

/// A program or library of the system.
#[derive(Debug)]
pub(crate) struct Need {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    probe: Probe,
    needed_for: Purpose,
    /// What does not work, or is not tested, without it.
    pub(crate) off_without: &'static str,
}

impl Need {
    /// What a person can do about it.
    pub(crate) fn next_step(&self) -> String {
        format!("on Debian, as root: apt-get install {}", self.package)
    }
}

/// A program that several want stands here once for each.
const NEEDS: &[Need] = &[
    Need {
        name: "bubblewrap",
        package: "bubblewrap",
        probe: Probe::Program("bwrap"),
        needed_for: Purpose::Run,
        off_without: "the tool exec",
    },
    Need {
        name: "ffmpeg",
        package: "ffmpeg",
        probe: Probe::Program("ffmpeg"),
        needed_for: Purpose::Run,
        off_without: "voice and video (come with a later version)",
    },
    Need {
        name: "bubblewrap",
        package: "bubblewrap",
        probe: Probe::Program("bwrap"),
        needed_for: Purpose::Test,
        off_without: "tests on disks that are full or cannot be written",
    },
    Need {
        name: "ngircd",
        package: "ngircd",
        probe: Probe::Program("ngircd"),
        needed_for: Purpose::Test,
        off_without: "tests against a real IRC server, and the crash campaign",
    },
    Need {
        name: "strace",
        package: "strace",
        probe: Probe::Program("strace"),
        needed_for: Purpose::Test,
        off_without: "the look at whether the disk is waited for",
    },
    Need {
        name: "prometheus with promtool",
        package: "prometheus",
        probe: Probe::Program("promtool"),
        needed_for: Purpose::Test,
        off_without: "tests of the metrics, alerts and dashboard against a real Prometheus",
    },
    Need {
        name: "ngircd",
        package: "ngircd",
        probe: Probe::Program("ngircd"),
        needed_for: Purpose::Crash,
        off_without: "the crash campaign",
    },
    Need {
        name: "strace",
        package: "strace",
        probe: Probe::Program("strace"),
        needed_for: Purpose::Crash,
        off_without: "the look at whether the disk is waited for",
    },
    Need {
        name: "a C compiler",
        package: "build-essential",
        probe: Probe::Program("cc"),
        needed_for: Purpose::Test,
        off_without: "the attacks on the sandbox",
    },
    Need {
        name: "bubblewrap",
        package: "bubblewrap",
        probe: Probe::Program("bwrap"),
        needed_for: Purpose::Escape,
        off_without: "the escape campaign",
    },
    Need {
        name: "a C compiler",
        package: "build-essential",
        probe: Probe::Program("cc"),
        needed_for: Purpose::Escape,
        off_without: "the escape campaign",
    },
    Need {
        name: "python3 with venv",
        package: "python3-venv",
        probe: Probe::Succeeds(&["python3", "-c", "import ensurepip, venv"]),
        needed_for: Purpose::Test,
        off_without: "tests against a real model server",
    },
    Need {
        name: "a C++ compiler",
        package: "build-essential",
        probe: Probe::Program("c++"),
        needed_for: Purpose::Test,
        off_without: "tests against a real model server",
    },
];

/// Something that is not there and could not be installed.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) need: &'static Need,
    /// Why it is still not there.
    pub(crate) reason: String,
}

/// Installs what `purpose` needs as far as that is allowed, and returns what is missing after that.
///
/// May ask one question on a terminal, and may block on apt-get: for ten minutes a call at most, and for one
/// minute if `run` finds that no mirror answers.
pub(crate) fn prepare(purpose: Purpose) -> Vec<Missing> {
    let missing = missing_for(purpose);
    if missing.is_empty() {
        return Vec::new();
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    match apt::install(purpose, &packages) {
        Ok(()) => still_missing(purpose, "apt-get did not bring it"),
        Err(error) => still_missing(purpose, &format!("{error:#}")),
    }
}

/// Says for each what is not run, why, and what to do.
///
/// # Errors
///
/// When stdout cannot be written.
pub(crate) fn say_not_run(missing: &[Missing]) -> Result<()> {
    for Missing { need, reason } in missing {
        let next_step = need.next_step();
        let what = format!("{} ({} is not installed: {reason}; {next_step})", need.off_without, need.name);
        output::print(&format!("NOT RUN: {what}\n"))?;
    }
    Ok(())
}

fn missing_for(purpose: Purpose) -> Vec<&'static Need> {
    NEEDS.iter().filter(|need| need.needed_for == purpose && !is_there(&need.probe)).collect()
}

fn still_missing(purpose: Purpose, reason: &str) -> Vec<Missing> {
    missing_for(purpose).into_iter().map(|need| Missing { need, reason: reason.to_owned() }).collect()
}

fn is_there(probe: &Probe) -> bool {
    match probe {
        Probe::Program(name) => find_program(name),
        Probe::Succeeds(line) => line.split_first().is_some_and(|(program, args)| {
            process::succeeds(process::command(program, Path::new(".")).args(args))
        }),
    }
}

/// Servers live in `/usr/sbin`, which is not on an ordinary user's `PATH` on Debian.
#[expect(
    clippy::disallowed_methods,
    reason = "where programs are looked up is the caller's PATH by definition"
)]
fn find_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_tell_a_program_that_is_there_from_one_that_is_not() {
        assert!(is_there(&Probe::Program("sh")));
        assert!(!is_there(&Probe::Program("no-such-program-anywhere")));
        assert!(is_there(&Probe::Succeeds(&["true"])));
        assert!(!is_there(&Probe::Succeeds(&["false"])));
        assert!(!is_there(&Probe::Succeeds(&["no-such-program-anywhere"])));
    }

    #[test]
    fn every_program_that_tests_start_is_needed_for_them() {
        let needed = |purpose| -> Vec<&str> {
            NEEDS.iter().filter(|need| need.needed_for == purpose).map(|need| need.package).collect()
        };
        assert_eq!(needed(Purpose::Run), ["bubblewrap", "ffmpeg"]);
        for package in ["bubblewrap", "ngircd", "prometheus", "strace"] {
            assert!(needed(Purpose::Test).contains(&package), "{package}");
        }
        assert_eq!(needed(Purpose::Crash), ["ngircd", "strace"]);
        assert_eq!(needed(Purpose::Escape), ["bubblewrap", "build-essential"]);
    }
}
