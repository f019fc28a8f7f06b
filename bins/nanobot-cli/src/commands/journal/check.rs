//! `journal check`: whether all of it is as it was written.

use nanobot_core::units::ByteCount;
use nanobot_journal::{CheckReport, JournalReader};
use serde_json::{Value, json};

use crate::exit::{Code, Failure};
use crate::output;

pub(super) async fn run(reader: &JournalReader, as_json: bool) -> Result<Code, Failure> {
    let report = reader.check().await?;
    if as_json {
        output::json(&to_json(reader, &report))?;
    } else {
        print(reader, &report)?;
    }
    Ok(if report.problems.is_empty() { Code::Done } else { Code::No })
}

fn print(reader: &JournalReader, report: &CheckReport) -> Result<(), Failure> {
    let &CheckReport { schema_version, file_bytes, turns, open, emptied, waiting, parked, lines, .. } =
        report;
    let (path, bytes) = (reader.path().display(), ByteCount::new(file_bytes));
    output::line(format!("journal   {path}, {bytes}, schema version {schema_version}"))?;
    output::line(format!("turns     {turns}, {open} open, {emptied} with forgotten words"))?;
    output::line(format!("outbox    {waiting} waiting, {parked} put aside"))?;
    output::line(format!("lines     {lines} waiting for their files"))?;
    if report.problems.is_empty() {
        return output::line("all of it is as it was written");
    }
    report.problems.iter().try_for_each(|problem| output::line(format!("! {problem}")))?;
    if report.more_problems > 0 {
        output::line(format!("! and {} more", report.more_problems))?;
    }
    Ok(())
}

fn to_json(reader: &JournalReader, report: &CheckReport) -> Value {
    json!({
        "ok": report.problems.is_empty(),
        "file": reader.path().display().to_string(),
        "file_bytes": report.file_bytes,
        "schema_version": report.schema_version,
        "turns": report.turns,
        "open": report.open,
        "words_forgotten": report.emptied,
        "waiting": report.waiting,
        "parked": report.parked,
        "lines": report.lines,
        "problems": report.problems,
        "more_problems": report.more_problems,
    })
}
