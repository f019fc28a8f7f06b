//! What a span tells, in the words of the log.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::subscriber::with_default;
use tracing_subscriber::fmt::format::FmtSpan;

use super::*;

/// What a log wrote.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The line that a span leaves when it closes.
fn closed(work: impl FnOnce()) -> String {
    let written = Written::default();
    let writer = written.clone();
    let log = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(move || writer.clone());
    with_default(log.finish(), work);
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn it_tells_the_tool_and_how_it_ended() {
    let line = closed(|| Traced::begin(Some("list_dir")).ended(&ToolAnswer::done("marzipan.txt")));
    assert!(line.contains(r#"tool.call{tool="list_dir" outcome="ok"}"#), "{line}");
    let line = closed(|| Traced::begin(Some("list_dir")).ended(&ToolAnswer::failed("no such folder")));
    assert!(line.contains(r#"tool.call{tool="list_dir" outcome="failed"}"#), "{line}");
}

#[test]
fn one_that_was_dropped_was_cancelled_and_one_that_is_not_there_is_not_named() {
    let line = closed(|| drop(Traced::begin(None)));
    assert!(line.contains(r#"tool.call{tool="unknown" outcome="cancelled"}"#), "{line}");
}
