//! Messages through the library: `bench-pipeline` of the test package measures.

use std::path::Path;

use anyhow::Result;

use crate::bench::Effort;
use crate::bench::document::Row;
use crate::bench::lines::rows;
use crate::process;

pub(super) fn measure(driver: &Path, folder: &Path, effort: Effort) -> Result<Vec<Row>> {
    let effort = match effort {
        Effort::Quick => "quick",
        Effort::Full => "full",
    };
    let mut command = process::command(driver, folder);
    rows(&process::stdout_of(command.args(["measure", effort]).arg(folder))?)
}
