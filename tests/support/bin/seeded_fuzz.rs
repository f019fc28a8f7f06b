//! `seeded-fuzz`: a seeded run of one fuzz target, for as long as one likes. `cargo xtask fuzz` builds it and starts it
//! where there is no fuzzer, and has it write the recorded cases for the fuzzer where there is one.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nanobot_tests::fuzzing::{self, Target};

const USAGE: &str = "usage: seeded-fuzz NAME SECONDS SEED FOLDER   run it; a finding is put into FOLDER
       seeded-fuzz NAME seeds FOLDER          write the recorded cases into FOLDER";

fn main() -> ExitCode {
    match carry_out() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing was found.
fn carry_out() -> Result<bool> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [name, "seeds", folder] => write_seeds(&Target::named(name)?, Path::new(folder)).map(|()| true),
        [name, seconds, seed, folder] => {
            let time = Duration::from_secs(seconds.parse().context(USAGE)?);
            run(&Target::named(name)?, time, seed.parse().context(USAGE)?, Path::new(folder))
        }
        _ => bail!("{USAGE}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "it runs for so many seconds of wall time")]
fn run(target: &Target, time: Duration, seed: u64, folder: &Path) -> Result<bool> {
    let began = Instant::now();
    let report = fuzzing::run(target, seed, |_| began.elapsed() < time)?;
    write!(std::io::stdout(), "{report}")?;
    let Some(finding) = report.finding else { return Ok(true) };
    let path = folder.join(format!("seed-{seed}-case-{}", report.cases));
    write(&path, &finding.input)?;
    writeln!(std::io::stdout(), "the input: {}", path.display())?;
    Ok(false)
}

fn write_seeds(target: &Target, folder: &Path) -> Result<()> {
    for (number, seed) in target.seeds()?.iter().enumerate() {
        write(&folder.join(format!("recorded-{number:04}")), seed)?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("write {}", path.display()))
}
