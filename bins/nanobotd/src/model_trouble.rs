//! What an owner has to mend about models: a refused key, an account that cannot pay, a model that is gone. Told once
//! until it works again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use nanobot_core::cancel::CancelToken;
use nanobot_core::model::ModelErrorKind;
use nanobot_core::ports::Telemetry;
use nanobot_core::telemetry::{CircuitState, TelemetryEvent};
use nanobot_llm_router::verdict;
use tokio::sync::mpsc;

use crate::owners::Owners;

/// What may wait to be told. More than that at once is one outage, and the log has all of it.
const QUEUE: usize = 16;

/// Hears of trouble.
pub(crate) struct TroubleHeard {
    told: Mutex<HashSet<(String, String, Option<String>)>>,
    news: mpsc::Sender<String>,
}

/// Trouble that waits to be told.
pub struct TroubleNews(mpsc::Receiver<String>);

/// Both ends.
pub(crate) fn channel() -> (TroubleHeard, TroubleNews) {
    let (news, waiting) = mpsc::channel(QUEUE);
    (TroubleHeard { told: Mutex::default(), news }, TroubleNews(waiting))
}

impl TroubleNews {
    /// Tells owners until cancelled.
    pub(crate) async fn run(mut self, owners: Owners, cancel: CancelToken) {
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                text = self.0.recv() => match text {
                    Some(text) => owners.tell(&text, "model_trouble").await,
                    None => return,
                },
            }
        }
    }
}

impl Telemetry for TroubleHeard {
    fn record(&self, event: &TelemetryEvent) {
        let TelemetryEvent::Circuit { provider, model, credential, state, reason } = event else { return };
        let whose = (provider.clone(), credential.clone(), model.clone());
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match state {
            CircuitState::Closed => {
                told.remove(&whose);
            }
            CircuitState::Open => {
                let kind = ModelErrorKind::ALL.into_iter().find(|kind| kind.code() == *reason);
                if let Some(kind) = kind.filter(|kind| verdict(*kind).tells_owner)
                    && told.insert(whose)
                {
                    // Full: the log has it.
                    let _ = self.news.try_send(text(kind, provider, credential, model.as_deref()));
                }
            }
            CircuitState::HalfOpen => {}
        }
    }
}

fn text(kind: ModelErrorKind, provider: &str, credential: &str, model: Option<&str>) -> String {
    let what = match kind {
        ModelErrorKind::Billing => {
            format!("{provider} refuses the account behind key {credential:?}: it cannot pay")
        }
        ModelErrorKind::UnknownModel => {
            format!("{provider} does not know the model {}", model.unwrap_or("it is asked for"))
        }
        _ => format!("{provider} refuses the key {credential:?}"),
    };
    format!(
        "⚠️ {what}. Where there is another key or model I use that. Please check: nanobot-cli model health"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circuit(state: CircuitState, reason: &'static str) -> TelemetryEvent {
        let (provider, credential) = ("openai".to_owned(), "main".to_owned());
        TelemetryEvent::Circuit { provider, model: None, credential, state, reason }
    }

    #[test]
    fn a_refused_key_is_told_once_until_it_works_again() {
        let (heard, mut news) = channel();
        let mut said = || news.0.try_recv().ok();
        for _ in 0..3 {
            heard.record(&circuit(CircuitState::Open, "auth"));
            heard.record(&circuit(CircuitState::HalfOpen, "auth"));
        }
        let text = said().unwrap();
        assert!(text.contains("openai refuses the key \"main\""), "{text}");
        assert_eq!(said(), None);
        heard.record(&circuit(CircuitState::Closed, ""));
        heard.record(&circuit(CircuitState::Open, "billing"));
        assert!(said().unwrap().contains("cannot pay"));
    }

    #[test]
    fn what_passes_by_itself_is_not_told() {
        let (heard, mut news) = channel();
        heard.record(&circuit(CircuitState::Open, "overloaded"));
        assert!(news.0.try_recv().is_err());
    }
}
