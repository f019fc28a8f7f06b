//! What a chat is told when there is no answer. Fixed texts: they say what happened and what to do, never
//! what lies beneath.

use crate::model::ModelErrorKind;
use crate::record::{RecordedStep, StepAnswer, StepDone, StepKind};
use crate::responder::Failure;

/// The text for a turn that a shutdown cut off.
pub const CUT_OFF: &str =
    "⚠️ I have to stop now and could not finish this. Please send it again in a minute.";

/// What a terminal sees when its turn is put off by a shutdown, or by a journal that cannot be written just now.
pub const LATER: &str =
    "⚠️ I cannot finish this now. Your message is kept, and I will come back to it by myself.";

/// The text for a turn that broke inside.
pub const BROKE: &str = "⚠️ Something in me broke on this message. Please try again; the log says more.";

/// The text for a turn that was tried too often.
pub const ABANDONED: &str = "⚠️ I tried to answer this several times and did not come to an end, so I gave it up. \
                             Please say it in another way, or try again later.";

/// What a person must know about tools that were started and whose end nobody saw; none when there is none.
pub fn of_unknown_outcomes(steps: &[RecordedStep]) -> Option<String> {
    let unknown = |step: &RecordedStep| match (&step.started.step, &step.done) {
        (StepKind::Tool { call, class }, None) if class == "once" => Some(call.name.clone()),
        (StepKind::Tool { call, .. }, Some(StepDone { answer: StepAnswer::OutcomeUnknown, .. })) => {
            Some(call.name.clone())
        }
        _ => None,
    };
    let names: Vec<String> = steps.iter().filter_map(unknown).collect();
    (!names.is_empty()).then(|| {
        let names = names.join(", ");
        format!(
            "⚠️ Outcome unknown: I was restarted in the middle of {names}. Whether it took effect I cannot tell, and \
             I did not run it again. Please check."
        )
    })
}

/// The text for a failure.
pub fn of_failure(failure: Failure) -> &'static str {
    match failure {
        Failure::Model(kind) => of_model(kind),
        Failure::History => {
            "⚠️ I could not read what was said before, so I did not answer. Please try again; the log says more."
        }
        Failure::Journal => {
            "⚠️ I could not keep a record of this turn, so I did not run it. Is the disk full? Please try again."
        }
        Failure::Unrecorded => {
            "⚠️ I could not keep a record of this turn to its end. What I had started may have taken effect: please \
             check before you ask again. Is the disk full?"
        }
    }
}

const fn of_model(kind: ModelErrorKind) -> &'static str {
    match kind {
        ModelErrorKind::RateLimited => {
            "⚠️ The model gets too many requests just now. Please try again in a minute."
        }
        ModelErrorKind::Overloaded => "⚠️ The model is overloaded just now. Please try again in a minute.",
        ModelErrorKind::ConnectTimeout | ModelErrorKind::Network => {
            "⚠️ I cannot reach the model. Please try again later."
        }
        ModelErrorKind::FirstByteTimeout => "⚠️ The model did not start to answer in time. Please try again.",
        ModelErrorKind::IdleTimeout => "⚠️ The model stopped in the middle of its answer. Please try again.",
        ModelErrorKind::Auth => "⚠️ The model's provider refuses my key. The owner has to check it.",
        ModelErrorKind::Billing => "⚠️ The model's provider refuses the account. The owner has to check it.",
        ModelErrorKind::BadRequest => "⚠️ The model's provider refused this request. The log says more.",
        ModelErrorKind::ContextOverflow => {
            "⚠️ This conversation has become too long for the model. Please start it anew."
        }
        ModelErrorKind::ContentFilter => "⚠️ The model's provider refused to answer this.",
        ModelErrorKind::UnknownModel => {
            "⚠️ The provider does not know the model that I am set to. The owner has to check the configuration."
        }
        ModelErrorKind::BadAnswer => "⚠️ The model's answer could not be read. Please try again.",
        ModelErrorKind::Server => "⚠️ The model's provider failed. Please try again later.",
        ModelErrorKind::Cancelled => "⚠️ The answer was stopped. Please try again.",
        ModelErrorKind::BudgetExhausted => {
            "⚠️ The budget for models is used up, so I do not answer now. The owner can raise it, or it begins anew \
             with the next day or month."
        }
        ModelErrorKind::BudgetTooSmall => {
            "⚠️ The longest possible answer costs more than the whole budget for models, so I do not ask for any. The \
             owner has to raise the budget, or to allow shorter answers only (maxTokens)."
        }
        ModelErrorKind::NoPrice => {
            "⚠️ There is a budget for models, and nobody knows what this one costs, so I do not ask it. The owner has \
             to set its price."
        }
        ModelErrorKind::LedgerFailed => {
            "⚠️ There is a budget for models, and I cannot write down what I spend, so I ask none. The owner has to look \
             at the log."
        }
        ModelErrorKind::NoRoom => "⚠️ Too many others ask the model just now. Please try again.",
    }
}
