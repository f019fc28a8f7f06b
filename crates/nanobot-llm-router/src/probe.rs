//! Which models are within reach: what onboarding offers before anything is configured.
//!
//! It asks for lists of models and nothing else, and changes no configuration. Local probing never leaves this
//! machine.

use std::time::Duration;

use futures_util::future::join_all;
use nanobot_core::Secret;
use nanobot_core::model::{ModelError, ModelErrorKind};
use nanobot_core::units::ByteCount;
use reqwest::{Client, Response};
use serde::Deserialize;
use tokio::time::timeout;

use crate::endpoint::Endpoint;
use crate::error::{AnswerError, MachineWord, SetupError};
use crate::http::{KeyScheme, body_up_to, client_for, credentials, refused, transport_error};

/// How long one local server may take to answer.
pub const PROBE_LIMIT: Duration = Duration::from_millis(300);

/// How much of a local server's answer is read, in bytes.
const LOCAL_BODY_LIMIT: usize = 256 * 1024;

/// How long a provider may take to list its models.
const LIST_LIMIT: Duration = Duration::from_secs(10);

/// How much of a provider's list is read, in bytes. OpenRouter's has some 600 KiB (2026).
const LIST_BODY_LIMIT: usize = 4 * 1024 * 1024;

/// Most models of one server that are listed; names longer than the second number of bytes are left out.
const MODEL_LIMIT: usize = 2_000;
const MODEL_NAME_LIMIT: usize = 256;

/// A kind of local model server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalKind {
    /// Ollama.
    Ollama,
    /// llama.cpp's `llama-server`.
    LlamaCpp,
    /// vLLM.
    Vllm,
    /// Something else that speaks the interface.
    Other,
}

impl LocalKind {
    /// The name as its makers write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ollama => "Ollama",
            Self::LlamaCpp => "llama.cpp",
            Self::Vllm => "vLLM",
            Self::Other => "OpenAI-compatible server",
        }
    }

    /// What a server says about itself in `owned_by`, which is more reliable than a port.
    fn by_owner(owner: &str) -> Option<Self> {
        match owner {
            "library" => Some(Self::Ollama),
            "llamacpp" => Some(Self::LlamaCpp),
            "vllm" => Some(Self::Vllm),
            _ => None,
        }
    }
}

/// Where a local server may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What usually answers there.
    pub kind: LocalKind,
    /// Its base address.
    pub base: Endpoint,
}

/// A local server that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: LocalKind,
    /// Its base address.
    pub base: Endpoint,
    /// Its models, in its own order.
    pub models: Vec<String>,
}

/// The usual ports on 127.0.0.1: Ollama 11434, vLLM 8000, llama.cpp 8080 (their documentation, 2026).
pub fn usual_candidates() -> Vec<Candidate> {
    [(LocalKind::Ollama, 11434), (LocalKind::Vllm, 8000), (LocalKind::LlamaCpp, 8080)]
        .into_iter()
        .filter_map(|(kind, port)| {
            let base = Endpoint::parse(&format!("http://127.0.0.1:{port}/v1")).ok()?;
            Some(Candidate { kind, base })
        })
        .collect()
}

/// Asks all candidates at once, each for at most [`PROBE_LIMIT`]. Those that do not answer, ask for a key or
/// have no model are left out, and so is any candidate that is not on loopback: it is not even asked.
pub async fn probe_local(candidates: &[Candidate]) -> Vec<Found> {
    probe_within(PROBE_LIMIT, candidates).await
}

async fn probe_within(limit: Duration, candidates: &[Candidate]) -> Vec<Found> {
    let local = candidates.iter().filter(|candidate| candidate.base.is_loopback());
    let asked = local.map(|candidate| async move {
        let client = client_for(&candidate.base, limit).ok()?;
        let list = list_models(&client, &candidate.base, None, LOCAL_BODY_LIMIT);
        let list = timeout(limit, list).await.ok()?.ok()?;
        let kind = list.data.iter().find_map(|model| LocalKind::by_owner(model.owned_by.as_deref()?));
        let models = list.names();
        (!models.is_empty()).then(|| Found {
            kind: kind.unwrap_or(candidate.kind),
            base: candidate.base.clone(),
            models,
        })
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Lists the models of one server, within ten seconds: also the cheapest way to check a key.
///
/// # Errors
/// [`ModelError`] by kind, as for a call; `BadAnswer` from a server that speaks and keeps no list.
pub async fn models_at(base: &Endpoint, key: Option<&Secret<String>>) -> Result<Vec<String>, ModelError> {
    let base = if key.is_some() { base.without_user() } else { base.clone() };
    let endpoint = base.clone();
    let built = tokio::task::spawn_blocking(move || client_for(&endpoint, LIST_LIMIT)).await;
    let client = built.map_err(|error| ModelError::caused_by(ModelErrorKind::Network, error))?;
    let client = client.map_err(setup_error)?;
    let list = timeout(LIST_LIMIT, list_models(&client, &base, key, LIST_BODY_LIMIT)).await;
    Ok(list.map_err(|_| ModelError::new(ModelErrorKind::FirstByteTimeout))??.names())
}

async fn list_models(
    client: &Client,
    base: &Endpoint,
    key: Option<&Secret<String>>,
    limit: usize,
) -> Result<ModelList, ModelError> {
    let call = client
        .get(base.below("models"))
        .headers(credentials(KeyScheme::Bearer, key, &[]).map_err(setup_error)?);
    let response: Response = call.send().await.map_err(transport_error)?;
    let status = response.status().as_u16();
    if matches!(status, 404 | 405 | 501) {
        let cause = AnswerError::Refused { status, code: MachineWord::default() };
        return Err(ModelError::caused_by(ModelErrorKind::BadAnswer, cause).free());
    }
    if !response.status().is_success() {
        return Err(refused(response).await);
    }
    let body = body_up_to(response, limit).await;
    if !body.complete {
        let cause = AnswerError::TooLong { limit: ByteCount::of(limit) };
        return Err(ModelError::caused_by(ModelErrorKind::BadAnswer, cause));
    }
    serde_json::from_slice(&body.bytes).map_err(|error| {
        let cause = AnswerError::NotJson { line: error.line(), column: error.column() };
        ModelError::caused_by(ModelErrorKind::BadAnswer, cause)
    })
}

fn setup_error(error: SetupError) -> ModelError {
    let kind = match error {
        SetupError::BadKey | SetupError::BadHeader { .. } => ModelErrorKind::Auth,
        SetupError::BadBase | SetupError::Http(_) => ModelErrorKind::Network,
    };
    ModelError::caused_by(kind, error)
}

#[derive(Deserialize)]
struct ModelList {
    data: Vec<ListedModel>,
}

#[derive(Deserialize)]
struct ListedModel {
    id: String,
    #[serde(default)]
    owned_by: Option<String>,
}

impl ModelList {
    fn names(self) -> Vec<String> {
        let fits = |name: &String| {
            !name.trim().is_empty() && name.len() <= MODEL_NAME_LIMIT && !name.chars().any(char::is_control)
        };
        self.data.into_iter().map(|model| model.id).filter(fits).take(MODEL_LIMIT).collect()
    }
}

#[cfg(test)]
mod tests;
