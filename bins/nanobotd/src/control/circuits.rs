//! Circuits that are not closed, as rows of the status: who is left alone, until when, and why. The state itself is the
//! router's; the command line shows the same rows of a home that nobody serves.

use nanobot_core::model::ModelErrorKind;
use nanobot_core::ports::PortStatus;
use nanobot_core::telemetry::CircuitState;
use nanobot_core::time::{Timestamp, WallTime};
use nanobot_llm_router::CircuitReport;

/// A circuit that opened and has not closed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftAlone<'a> {
    /// The provider.
    pub provider: &'a str,
    /// The name of the credential.
    pub credential: &'a str,
    /// The model; none where all of the credential's are concerned.
    pub model: Option<&'a str>,
    /// Why: the code of the last error.
    pub reason: &'a str,
    /// Until when nobody asks there; none when somebody tries already.
    pub until: Option<Timestamp>,
}

impl<'a> LeftAlone<'a> {
    /// None for a circuit that is closed.
    pub(super) fn of(report: &'a CircuitReport) -> Option<Self> {
        let CircuitReport { provider, credential, model, state, until, reason } = report;
        match state {
            CircuitState::Closed => None,
            CircuitState::Open | CircuitState::HalfOpen => {
                Some(Self { provider, credential, model: model.as_deref(), reason, until: *until })
            }
        }
    }

    /// The row of the status.
    pub fn row(&self, now: &WallTime) -> PortStatus {
        let Self { provider, credential, model, reason, until } = self;
        let model = model.map(|model| format!("{model} at ")).unwrap_or_default();
        let until = match until {
            Some(until) if *until > now.instant => {
                let until = now.offset.to_datetime(*until);
                format!("left alone until {}", until.strftime("%Y-%m-%dT%H:%M:%S"))
            }
            Some(_) | None => "the next call tries whether it works again".to_owned(),
        };
        let kind = ModelErrorKind::ALL.into_iter().find(|kind| kind.code() == *reason);
        let reason = kind.map_or_else(|| (*reason).to_owned(), |kind| kind.to_string());
        PortStatus {
            port: "circuit",
            adapter: format!("{model}{provider}, key {credential:?}: {until}"),
            warning: Some(format!("{reason}; nanobot-cli model health says more")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(alone: &LeftAlone<'_>) -> String {
        let now = WallTime::utc("2026-02-22T12:00:00Z".parse().unwrap());
        let PortStatus { adapter, warning, .. } = alone.row(&now);
        format!("{adapter} | {}", warning.unwrap())
    }

    #[test]
    fn a_row_says_who_is_left_alone_until_when_and_why() {
        let until = Some("2026-02-22T12:05:30Z".parse().unwrap());
        let key = LeftAlone { provider: "openai", credential: "main", model: None, reason: "auth", until };
        assert_eq!(
            shown(&key),
            "openai, key \"main\": left alone until 2026-02-22T12:05:30 | the provider refused the key; nanobot-cli \
             model health says more"
        );
        let past = Some("2026-02-22T12:00:00Z".parse().unwrap());
        let model =
            LeftAlone { model: Some("openai/gpt-4.1"), reason: "of_a_later_version", until: past, ..key };
        assert_eq!(
            shown(&model),
            "openai/gpt-4.1 at openai, key \"main\": the next call tries whether it works again | \
             of_a_later_version; nanobot-cli model health says more"
        );
    }
}
