//! A log line as a sentence: what happened, and why. Times, spans and targets are left out.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

/// The message of the event that tells of a model call (`facts.rs`).
const MODEL_CALL: &str = "model call";

/// Writes events as sentences of a program.
pub(super) struct Plain {
    pub(super) program: &'static str,
    pub(super) model: String,
}

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut said = Said::default();
        event.record(&mut said);
        writeln!(writer, "{}: {}", self.program, said.sentence(&self.model))
    }
}

/// The fields of an event.
#[derive(Default)]
struct Said {
    message: String,
    outcome: String,
    error: String,
    others: String,
}

impl Said {
    fn sentence(&self, model: &str) -> String {
        let Self { message, outcome, error, others } = self;
        let text = match (message.as_str(), error.is_empty()) {
            (MODEL_CALL, false) => format!("the model call failed: {outcome}: {error} ({model})"),
            (_, false) => format!("{message}: {error}"),
            (_, true) => format!("{message}{others}"),
        };
        // One event is one line, whatever a text brings along.
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    }

    fn put(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.message = value,
            "outcome" => self.outcome = value,
            "error" => self.error = value,
            // Without a place to look it up, what remains says little; it is there when nothing else is.
            name => {
                // Writing to a `String` cannot fail.
                let _ = write!(self.others, " {name}={value}");
            }
        }
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_model_call_is_a_sentence_with_its_cause_and_address() {
        let said = Said {
            message: "model call".to_owned(),
            outcome: "network".to_owned(),
            error: "connection refused\n(os error 111)".to_owned(),
            others: " took=1ms".to_owned(),
        };
        assert_eq!(
            said.sentence("qwen3 at http://127.0.0.1:9/v1"),
            "the model call failed: network: connection refused (os error 111) (qwen3 at http://127.0.0.1:9/v1)"
        );
    }

    #[test]
    fn other_events_say_their_message_and_what_is_known() {
        let said = Said {
            message: "input blocked".to_owned(),
            others: " channel=cli".to_owned(),
            ..Said::default()
        };
        assert_eq!(said.sentence("m"), "input blocked channel=cli");
        let said = Said { message: "no".to_owned(), error: "disk full".to_owned(), ..Said::default() };
        assert_eq!(said.sentence("m"), "no: disk full");
    }
}
