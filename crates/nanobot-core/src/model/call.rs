//! One call of a model: what is asked, on whose behalf, and how much trouble it may cost; and who answered it.

use std::time::Duration;

use super::{ModelRequest, ModelTask};
use crate::ids::SessionKey;

/// One call.
#[derive(Debug, Clone, Copy)]
pub struct ModelCall<'a> {
    /// What is asked.
    pub request: &'a ModelRequest,
    /// What for: decides which model answers, and whose budget pays.
    pub task: ModelTask,
    /// The conversation on whose behalf it is; none for work of the assistant's own.
    pub session: Option<&'a SessionKey>,
    /// How much time attempts that come to nothing, and the waits between them, may take in all. A turn has one
    /// patience for all of its calls, so that retries never multiply.
    pub patience: Duration,
}

impl<'a> ModelCall<'a> {
    /// What calls get where nobody set anything else.
    pub const PATIENCE: Duration = Duration::from_mins(3);

    /// A call for a chat's answer, with the usual patience.
    pub const fn reply(request: &'a ModelRequest, session: &'a SessionKey) -> Self {
        Self { request, task: ModelTask::Reply, session: Some(session), patience: Self::PATIENCE }
    }

    /// A call of the assistant's own, with the usual patience.
    pub const fn own(request: &'a ModelRequest, task: ModelTask) -> Self {
        Self { request, task, session: None, patience: Self::PATIENCE }
    }
}

/// Who answered a call, and after how much trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The profile of the settings.
    pub profile: String,
    /// The provider.
    pub provider: String,
    /// The model, as configured.
    pub model: String,
    /// What went by with attempts that came to nothing, and with waiting between them.
    pub lost: Duration,
}
