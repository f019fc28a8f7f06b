//! Data to stdout, messages to stderr. The only place that writes to either.

use std::io::{self, BufWriter, Write as _};

use nanobot_channels::console::clean;
use nanobot_core::ports::{Clock as _, ModelInfo};
use nanobot_core::time::Timestamp;
use nanobotd::system::SystemClock;
use serde_json::Value;

use crate::exit::Failure;

/// Writes one line of data.
pub(crate) fn line(text: impl AsRef<str>) -> Result<(), Failure> {
    writeln!(io::stdout().lock(), "{}", text.as_ref()).map_err(|error| Failure::output(&error))
}

/// Writes data as it is.
pub(crate) fn raw(bytes: &[u8]) -> Result<(), Failure> {
    io::stdout().lock().write_all(bytes).map_err(|error| Failure::output(&error))
}

/// Writes one JSON document, indented for people.
pub(crate) fn json(value: &Value) -> Result<(), Failure> {
    line(format!("{value:#}"))
}

/// Writes one JSON document on one line.
pub(crate) fn json_line(value: &Value) -> Result<(), Failure> {
    line(value.to_string())
}

/// Lines of data, many of them: written when there are enough, and when somebody waits.
pub(crate) struct Lines<W: io::Write = io::StdoutLock<'static>> {
    out: BufWriter<W>,
}

impl Lines {
    /// To standard output.
    pub(crate) fn new() -> Self {
        Self::over(io::stdout().lock())
    }
}

impl<W: io::Write> Lines<W> {
    /// So many bytes are written at once.
    const BUFFER: usize = 64 << 10;

    /// To a writer.
    pub(crate) fn over(out: W) -> Self {
        Self { out: BufWriter::with_capacity(Self::BUFFER, out) }
    }

    /// One JSON document on one line.
    pub(crate) fn json(&mut self, value: &Value) -> Result<(), Failure> {
        writeln!(self.out, "{value}").map_err(|error| Failure::output(&error))
    }

    /// Hands on what is written so far.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| Failure::output(&error))
    }
}

/// Tells the person something that is no data. A closed stderr is no reason to fail.
pub(crate) fn say(text: impl AsRef<str>) {
    let _ = writeln!(io::stderr().lock(), "{}", text.as_ref());
}

/// Tells what went wrong.
pub(crate) fn complain(text: &str) {
    say(format!("nanobot-cli: {text}"));
}

/// A model as a person reads it: its name, who serves it, and where.
pub(crate) fn model(info: &ModelInfo) -> String {
    let ModelInfo { provider, model, endpoint, is_language_model } = info;
    match endpoint {
        _ if !is_language_model => "the offline stand-in".to_owned(),
        Some(endpoint) => format!("{model} ({provider}, {endpoint})"),
        None => format!("{model} ({provider})"),
    }
}

/// An instant (RFC 3339) on the wall clock of this machine, to the second. What is no instant is shown as it is.
pub(crate) fn local_time(instant: &str) -> String {
    match instant.parse::<Timestamp>() {
        Ok(instant) => {
            let local = SystemClock::new().now().offset.to_datetime(instant);
            local.strftime("%Y-%m-%dT%H:%M:%S").to_string()
        }
        Err(_) => instant.to_owned(),
    }
}

/// A text from elsewhere, made harmless for a terminal, each line set in by four blanks.
pub(crate) fn indented(text: &str) -> String {
    let lines: Vec<String> =
        clean(text).lines().map(|line| format!("    {line}").trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Writes rows as a table: columns aligned, two blanks between them.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
    let header: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&header]).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    for row in [&header].into_iter().chain(rows) {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let pad = width(column).saturating_sub(cell.chars().count());
            format!("{cell}{}", " ".repeat(pad))
        });
        line(cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
