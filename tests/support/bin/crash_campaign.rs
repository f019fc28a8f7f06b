//! `crash-campaign`: kills the daemon again and again, and looks at what it promised. See `docs/durability.md`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use nanobot_tests::campaign::{exit_code, some_seed};
use nanobot_tests::crash::{self, Options, Programs, Sabotage};

const USAGE: &str = "usage: crash-campaign [--runs N] [--from N] [--seed N] [--sites N] [--programs DIR] [--sabotage NAME] \
                     [--json] [--trace]";

/// What the command line asks for.
struct Asked {
    options: Options,
    json: bool,
    trace: bool,
}

fn main() -> ExitCode {
    exit_code(asked().and_then(|asked| tokio::runtime::Runtime::new()?.block_on(carry_out(&asked))))
}

fn asked() -> Result<Asked> {
    let beside = std::env::current_exe().context("where this program is")?;
    let mut programs = beside.parent().context("a folder of programs")?.to_owned();
    let (mut runs, mut first, mut seed, mut sites, mut sabotage) = (100, 0, some_seed(), 6, None);
    let (mut json, mut trace) = (false, false);
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        match flag.as_str() {
            "--json" => json = true,
            "--trace" => trace = true,
            _ => {
                let value = args.next().with_context(|| format!("{flag} needs a value; {USAGE}"))?;
                let number = || value.parse::<u64>().with_context(|| format!("{flag} {value}"));
                let count = || number().and_then(|number| Ok(usize::try_from(number)?));
                match flag.as_str() {
                    "--runs" => runs = count()?,
                    "--from" => first = count()?,
                    "--seed" => seed = number()?,
                    "--sites" => sites = count()?,
                    "--programs" => programs = PathBuf::from(&value),
                    "--sabotage" => sabotage = Some(value.parse::<Sabotage>()?),
                    _ => bail!("{flag} is no flag; {USAGE}"),
                }
            }
        }
    }
    if sabotage == Some(Sabotage::SyncOff) && !trace {
        bail!("a kill cannot show sync-off; add --trace");
    }
    let programs = Programs { shipped: programs.join("nanobotd"), faults: programs.join("nanobotd-faults") };
    Ok(Asked { options: Options { programs, runs, first, seed, sites, sabotage }, json, trace })
}

async fn carry_out(asked: &Asked) -> Result<bool> {
    let mut out = std::io::stdout();
    if asked.trace {
        let trace = crash::trace(&asked.options.programs, asked.options.sabotage).await?;
        writeln!(out, "{} messages on the disk before they were acknowledged", trace.acknowledged)?;
        writeln!(out, "{} answers on the disk before they were delivered", trace.delivered)?;
        for failure in &trace.failures {
            writeln!(out, "FAILED  {failure}")?;
        }
        return Ok(trace.is_green());
    }
    let summary = crash::run(&asked.options).await?;
    if asked.json {
        writeln!(out, "{:#}", summary.json())?;
    } else {
        write!(out, "{summary}")?;
    }
    Ok(summary.is_green())
}
