//! Starts of the daemon on a journal with many turns, beside starts on an empty one: until ready, and memory then.
//!
//! Each start finds what a killed daemon leaves. No model is asked.

use std::path::Path;

use anyhow::{Context, Result};

use crate::bench::Effort;
use crate::bench::document::Row;
use crate::bench::start::daemon::{Daemon, Home};
use crate::process;
use crate::progress::step;

/// Nobody listens there; a daemon that is ready has asked nobody.
const NO_PROVIDER: &str = "http://127.0.0.1:9/v1";

pub(super) fn measure(driver: &Path, nanobotd: &Path, folder: &Path, effort: Effort) -> Result<Vec<Row>> {
    let (turns, starts) = match effort {
        Effort::Quick => (10_000, 5),
        Effort::Full => (100_000, 30),
    };
    let (empty, full) = (folder.join("empty"), folder.join("full"));
    step("filling a home", || {
        fill(driver, &empty, 0)?;
        fill(driver, &full, turns)
    })?;
    let homes = [empty, full];
    let mut measured = [const { (Vec::new(), Vec::new()) }; 2];
    for _ in 0..starts {
        for (home, (ready, resident)) in homes.iter().zip(&mut measured) {
            let daemon = Daemon::start_on(nanobotd, Home::Kept(home.clone()), NO_PROVIDER)?;
            ready.push(daemon.ready_after.as_secs_f64() * 1_000.0);
            resident.push(daemon.resident_mib()?);
        }
    }
    let [(ready_empty, resident_empty), (ready_full, resident_full)] = &measured;
    let [empty, full] = [0, turns].map(|turns| format!("{turns} turns in the journal"));
    let row = |case: &str, values: &[f64], unit| Row::of(case, values, unit).context("nothing was measured");
    let ready = row(&format!("start until ready, {empty}"), ready_empty, "ms")?;
    let more = row(&format!("start until ready, {full}"), ready_full, "ms")?.against(&ready);
    let resident = row(&format!("memory when ready, {empty}"), resident_empty, "MiB")?;
    let larger = row(&format!("memory when ready, {full}"), resident_full, "MiB")?.against(&resident);
    Ok(vec![ready, more, resident, larger])
}

fn fill(driver: &Path, home: &Path, turns: usize) -> Result<()> {
    let mut command = process::command(driver, Path::new("."));
    process::run_on_stderr(command.args(["fill", &turns.to_string()]).arg(home))
}
