//! `bench start`: how long until the daemon is ready, how much memory it then holds, and how long the first
//! token takes through it, beside a direct call to the same provider.
//!
//! The programs are the release builds, the provider answers at once, and every case has its baseline in the
//! same loop.

pub(super) mod daemon;
mod provider;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Effort;
use super::document::Row;
use crate::progress::{Stopwatch, step};
use crate::{metadata, process};

use daemon::Daemon;
use provider::Provider;

/// How long anything may take before the bench gives up.
const LIMIT: Duration = Duration::from_secs(10);

pub(super) fn measure(root: &Path, effort: Effort) -> Result<Vec<Row>> {
    let (starts, tokens) = match effort {
        Effort::Quick => (10, 50),
        Effort::Full => (50, 1_000),
    };
    step("building the programs", || {
        let packages =
            ["-p", "nanobotd", "-p", "nanobot-tests", "--bin", "nanobotd", "--bin", "fake-provider"];
        process::run_on_stderr(process::cargo(&["build", "--release"], root).args(packages))
    })?;
    let programs = metadata::read(root)?.programs("release");
    let provider = Provider::start(&programs.join("fake-provider"))?;
    let nanobotd = programs.join("nanobotd");
    let mut rows = step("starting", || start_and_memory(&nanobotd, &provider, starts))?;
    rows.extend(step("first tokens", || first_token(&nanobotd, &provider, tokens))?);
    Ok(rows)
}

/// From the start of the process to its readiness, and its resident memory then. The bare start is the same
/// program printing its version; the bare memory is that of the provider, a small server on the same runtime.
fn start_and_memory(nanobotd: &Path, provider: &Provider, rounds: usize) -> Result<Vec<Row>> {
    let (mut bare, mut ready, mut small, mut resident) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let stopwatch = Stopwatch::start();
        process::run_quietly(process::command(nanobotd, Path::new(".")).arg("--version"))?;
        bare.push(milliseconds(stopwatch));
        let daemon = Daemon::start(nanobotd, provider.base())?;
        ready.push(daemon.ready_after.as_secs_f64() * 1_000.0);
        resident.push(daemon.resident_mib()?);
        small.push(provider.resident_mib()?);
    }
    let row = |case, values: &[f64], unit| Row::of(case, values, unit).context("nothing was measured");
    let bare = row("start of the bare program", &bare, "ms")?;
    let ready = row("start of the daemon until ready", &ready, "ms")?.against(&bare);
    let small = row("memory of a bare server", &small, "MiB")?;
    let resident = row("memory of the daemon when ready", &resident, "MiB")?.against(&small);
    Ok(vec![bare, ready, small, resident])
}

/// From the message to the first piece of its answer: over the local socket, as the console sees it, beside a
/// direct call.
fn first_token(nanobotd: &Path, provider: &Provider, rounds: usize) -> Result<Vec<Row>> {
    let daemon = Daemon::start(nanobotd, provider.base())?;
    let (mut direct, mut through) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let stopwatch = Stopwatch::start();
        provider.first_token()?;
        direct.push(milliseconds(stopwatch));
        // A chat of its own, so that every prompt is as long as the first.
        let chat = format!("bench{round}");
        let mut console = daemon.connect(&chat)?;
        let stopwatch = Stopwatch::start();
        console.first_token()?;
        through.push(milliseconds(stopwatch));
        console.until_ended()?;
    }
    let row = |case, values: &[f64]| Row::of(case, values, "ms").context("nothing was measured");
    let direct = row("first token, direct call", &direct)?;
    let through = row("first token, through the console", &through)?.against(&direct);
    let row = Row::of("memory of the daemon after the turns", &[daemon.resident_mib()?], "MiB");
    Ok(vec![direct, through, row.context("nothing was measured")?])
}

fn milliseconds(stopwatch: Stopwatch) -> f64 {
    stopwatch.elapsed().as_secs_f64() * 1_000.0
}

/// Resident memory of a process in MiB, from `/proc` (`VmRSS`, in KiB).
fn resident_mib(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS in /proc")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}
