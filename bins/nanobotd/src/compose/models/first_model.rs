//! A server of somebody's own when nobody chose a model: the first one that it lists answers.
//!
//! The server is asked with the first message, not at the start: it may come up later than we do, and an idle
//! assistant asks nobody anything. The answer is kept as long as the model is known: a server that has none yet,
//! or no longer has this one, is asked again with the next message.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::model::{ModelError, ModelErrorKind, ModelReply, ModelRequest};
use nanobot_core::ports::{DeltaSink, ModelInfo};
use nanobot_llm_router::{ChatProvider, Endpoint, ProviderAccount, Resolved, models_at, resolve};
use tokio::sync::OnceCell;

use super::Tuning;

/// A model whose name only its server knows.
pub(super) struct FirstModel {
    undecided: ModelInfo,
    configured: Arc<dyn ChatProvider>,
    account: ProviderAccount,
    tuning: Tuning,
    /// The answer that counts now; replaced by an empty one to ask anew.
    found: Mutex<Arc<Found>>,
}

/// The server's answer; a server that does not list its models gets the configured name.
type Found = OnceCell<Option<Arc<dyn ChatProvider>>>;

impl FirstModel {
    /// `configured` answers where the server does not say what it has.
    pub(super) fn new(
        undecided: ModelInfo,
        configured: Arc<dyn ChatProvider>,
        resolved: &Resolved,
        tuning: Tuning,
    ) -> Self {
        // Only this account: a name from the list may remind of another provider, which nobody asked for.
        let account = ProviderAccount {
            name: resolved.provider.to_owned(),
            key: resolved.key.clone(),
            base: Some(resolved.base.clone()),
            headers: resolved.headers.clone(),
        };
        Self { undecided, configured, account, tuning, found: Mutex::default() }
    }

    fn found(&self) -> MutexGuard<'_, Arc<Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks anew with the next message, unless somebody has seen to that already.
    fn forget(&self, old: &Arc<Found>) {
        let mut found = self.found();
        if Arc::ptr_eq(&found, old) {
            *found = Arc::default();
        }
    }

    async fn find(&self) -> Result<Option<Arc<dyn ChatProvider>>, ModelError> {
        let Some(base) = self.account.base.as_deref().and_then(|base| Endpoint::parse(base).ok()) else {
            return Ok(None);
        };
        let names = match models_at(&base, self.account.key.as_ref()).await {
            Ok(names) => names,
            // It speaks, and has no list: that is no reason not to ask it.
            Err(error) if has_no_list(error.kind) => return Ok(None),
            Err(error) => return Err(error),
        };
        // A server before its first `pull`: nothing to remember.
        let Some(first) = names.first() else { return Err(ModelError::new(ModelErrorKind::UnknownModel)) };
        let configured = self.configured.info().model;
        if names.contains(&configured) {
            return Ok(None);
        }
        let Some(resolved) = resolve(first, std::slice::from_ref(&self.account)) else { return Ok(None) };
        let client = self.tuning.open(first, &resolved);
        client.map(Some).map_err(|error| ModelError::caused_by(ModelErrorKind::Network, error))
    }
}

/// Whether an answer to the question for a list is one of a server that keeps none.
const fn has_no_list(kind: ModelErrorKind) -> bool {
    matches!(kind, ModelErrorKind::BadRequest | ModelErrorKind::UnknownModel | ModelErrorKind::BadAnswer)
}

#[async_trait]
impl ChatProvider for FirstModel {
    fn info(&self) -> ModelInfo {
        let found = Arc::clone(&self.found());
        match found.get() {
            None => self.undecided.clone(),
            Some(found) => found.as_ref().unwrap_or(&self.configured).info(),
        }
    }

    async fn ask(
        &self,
        request: &ModelRequest,
        patience: Duration,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        let found = Arc::clone(&self.found());
        // Asking for names costs nothing.
        let known = found.get_or_try_init(|| self.find()).await.map_err(ModelError::free)?;
        let client = known.as_ref().unwrap_or(&self.configured);
        let answer = client.ask(request, patience, deltas).await;
        if answer.as_ref().is_err_and(|error| error.kind == ModelErrorKind::UnknownModel) {
            self.forget(&found);
        }
        answer
    }
}
