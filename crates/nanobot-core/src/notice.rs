//! What a chat is told when there is no answer. Fixed texts: they say what happened and what to do, never
//! what lies beneath.

use crate::model::ModelErrorKind;
use crate::responder::Failure;

/// The text for a turn that a shutdown cut off.
pub const CUT_OFF: &str =
    "⚠️ I have to stop now and could not finish this. Please send it again in a minute.";

/// The text for a turn that broke inside.
pub const BROKE: &str = "⚠️ Something in me broke on this message. Please try again; the log says more.";

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
    }
}
