//! What an owner has to mend about models: a refused key, an account that cannot pay, a model that is gone. Told once
//! until it works again.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nanobot_core::cancel::CancelToken;
use nanobot_core::model::ModelErrorKind;
use nanobot_core::ports::Telemetry;
use nanobot_core::telemetry::{CircuitState, TelemetryEvent};
use nanobot_llm_router::verdict;
use tokio::sync::mpsc;

use crate::owners::Owners;

/// What may wait to be told. More than that at once is one outage, and the log has all of it.
const QUEUE: usize = 16;

/// Trouble that was told, or is on its way.
type Told = Arc<Mutex<HashSet<Trouble>>>;

/// What somebody has to mend.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Trouble {
    kind: ModelErrorKind,
    provider: String,
    credential: String,
    /// None where all of the credential's models are concerned.
    model: Option<String>,
}

/// Hears of trouble.
pub(crate) struct TroubleHeard {
    told: Told,
    news: mpsc::Sender<Trouble>,
}

/// Trouble that waits to be told.
pub struct TroubleNews {
    told: Told,
    waiting: mpsc::Receiver<Trouble>,
}

/// Both ends.
pub(crate) fn channel() -> (TroubleHeard, TroubleNews) {
    let (news, waiting) = mpsc::channel(QUEUE);
    let told = Told::default();
    (TroubleHeard { told: told.clone(), news }, TroubleNews { told, waiting })
}

impl TroubleNews {
    /// Tells owners until cancelled.
    pub(crate) async fn run(mut self, owners: Owners, cancel: CancelToken) {
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                trouble = self.waiting.recv() => {
                    let Some(trouble) = trouble else { return };
                    if !owners.tell(&trouble.text(), "model_trouble").await {
                        self.reached_nobody(&trouble);
                    }
                }
            }
        }
    }

    /// It is told when somebody meets it again: an owner may have been added by then.
    fn reached_nobody(&self, trouble: &Trouble) {
        hold(&self.told).remove(trouble);
    }
}

impl Telemetry for TroubleHeard {
    fn record(&self, event: &TelemetryEvent) {
        let TelemetryEvent::Circuit { provider, model, credential, state, reason } = event else { return };
        match state {
            CircuitState::Closed => hold(&self.told).retain(|told| {
                (&told.provider, &told.credential, &told.model) != (provider, credential, model)
            }),
            CircuitState::Open => {
                let kind = ModelErrorKind::ALL.into_iter().find(|kind| kind.code() == *reason);
                let Some(kind) = kind.filter(|kind| verdict(*kind).tells_owner) else { return };
                let (provider, credential, model) = (provider.clone(), credential.clone(), model.clone());
                self.hear(Trouble { kind, provider, credential, model });
            }
            CircuitState::HalfOpen => {}
        }
    }
}

impl TroubleHeard {
    fn hear(&self, trouble: Trouble) {
        let mut told = hold(&self.told);
        // Full: it is told when somebody meets it again, and the log has it.
        if !told.contains(&trouble) && self.news.try_send(trouble.clone()).is_ok() {
            told.insert(trouble);
        }
    }
}

impl Trouble {
    fn text(&self) -> String {
        let Self { kind, provider, credential, model } = self;
        let what = match kind {
            ModelErrorKind::Billing => {
                format!("{provider} refuses the account behind key {credential:?}: it cannot pay")
            }
            ModelErrorKind::UnknownModel => {
                let model = model.as_deref().unwrap_or("it is asked for");
                format!("{provider} does not know the model {model}")
            }
            _ => format!("{provider} refuses the key {credential:?}"),
        };
        format!(
            "⚠️ {what}. Where there is another key or model I use that. Please check: nanobot-cli model health"
        )
    }
}

fn hold(told: &Told) -> MutexGuard<'_, HashSet<Trouble>> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circuit(state: CircuitState, reason: &'static str) -> TelemetryEvent {
        let (provider, credential) = ("openai".to_owned(), "main".to_owned());
        TelemetryEvent::Circuit { provider, model: None, credential, state, reason }
    }

    fn said(news: &mut TroubleNews) -> Option<String> {
        news.waiting.try_recv().ok().map(|trouble| trouble.text())
    }

    #[test]
    fn a_refused_key_is_told_once_until_it_works_again() {
        let (heard, mut news) = channel();
        for _ in 0..3 {
            heard.record(&circuit(CircuitState::Open, "auth"));
            heard.record(&circuit(CircuitState::HalfOpen, "auth"));
        }
        let text = said(&mut news).unwrap();
        assert!(text.contains("openai refuses the key \"main\""), "{text}");
        assert_eq!(said(&mut news), None);
        heard.record(&circuit(CircuitState::Closed, ""));
        heard.record(&circuit(CircuitState::Open, "auth"));
        assert!(said(&mut news).is_some(), "it is refused once more");
    }

    #[test]
    fn other_trouble_with_the_same_key_is_told_too() {
        let (heard, mut news) = channel();
        heard.record(&circuit(CircuitState::Open, "auth"));
        heard.record(&circuit(CircuitState::Open, "billing"));
        assert!(said(&mut news).unwrap().contains("refuses the key"));
        assert!(said(&mut news).unwrap().contains("cannot pay"));
    }

    #[test]
    fn what_nobody_could_be_told_is_told_when_it_happens_again() {
        let (heard, mut news) = channel();
        heard.record(&circuit(CircuitState::Open, "auth"));
        let trouble = news.waiting.try_recv().unwrap();
        news.reached_nobody(&trouble);
        heard.record(&circuit(CircuitState::Open, "auth"));
        assert!(said(&mut news).is_some());
    }

    #[test]
    fn what_found_no_room_is_told_when_it_happens_again() {
        let (heard, mut news) = channel();
        let at = |model: usize| TelemetryEvent::Circuit {
            provider: "openai".to_owned(),
            model: Some(format!("model-{model}")),
            credential: "main".to_owned(),
            state: CircuitState::Open,
            reason: "unknown_model",
        };
        for model in 0..=QUEUE {
            heard.record(&at(model));
        }
        while said(&mut news).is_some() {}
        heard.record(&at(0));
        heard.record(&at(QUEUE));
        let text = said(&mut news).unwrap();
        assert!(text.contains(&format!("model-{QUEUE}")), "{text}");
    }

    #[test]
    fn what_passes_by_itself_is_not_told() {
        let (heard, mut news) = channel();
        heard.record(&circuit(CircuitState::Open, "overloaded"));
        assert_eq!(said(&mut news), None);
    }
}
