//! The client for every server that speaks OpenAI's chat completions: one request, one answer, within limits.
//!
//! It asks once. Retries, fallback, budgets and prices are decided above; what an answer means is decided in
//! `stream.rs` and `errors.rs`, which do no I/O.

mod answer;
mod calls;
mod errors;
mod sse;
mod stream;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::model::{ModelError, ModelErrorKind, ModelReply, ModelRequest};
use nanobot_core::ports::{DeltaSink, ModelClient, ModelInfo};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, Url};
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tracing::{debug, instrument, warn};

use crate::error::{AnswerError, SetupError};
use crate::http::{body_up_to, client_for, credentials};
use crate::settings::ProviderSettings;
use calls::CallIds;
use stream::{AnswerDecoder, DecodeError, DecodedReply, Progress};
use wire::CompletionRequest;

pub use sse::SSE_LINE_LIMIT;
pub use stream::ANSWER_LIMIT;

/// How much of a refusal's body is read, in bytes.
pub const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// How long a refusal's body is waited for.
const ERROR_BODY_WAIT: Duration = Duration::from_secs(2);

/// How long all that follows is waited for once the model is done: the count of tokens, and comments. Never
/// longer than the idle limit.
const TRAILER_LIMIT: Duration = Duration::from_secs(5);

/// A language model behind an OpenAI-compatible server.
///
/// The HTTP client is built with the first call, because reading certificate authorities takes longer than the
/// daemon may need to start. Dropping a call's future closes its connection.
pub struct OpenAiClient {
    settings: ProviderSettings,
    address: Url,
    headers: HeaderMap,
    http: OnceCell<Client>,
}

impl std::fmt::Debug for OpenAiClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenAiClient").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl OpenAiClient {
    /// A client for the settings. Opens no connection and reads no file.
    ///
    /// # Errors
    /// [`SetupError`] when the key or a header cannot be sent.
    pub fn new(mut settings: ProviderSettings) -> Result<Self, SetupError> {
        if settings.key.as_ref().is_some_and(|key| !key.is_blank()) {
            // Else the address would add a second, different authorization.
            settings.endpoint = settings.endpoint.without_user();
        }
        let mut headers = credentials(settings.key.as_ref(), &settings.headers)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"));
        let address = settings.endpoint.below("chat/completions");
        Ok(Self { settings, address, headers, http: OnceCell::new() })
    }

    async fn http(&self) -> Result<&Client, ModelError> {
        let build = || async {
            let endpoint = self.settings.endpoint.clone();
            let connect = self.settings.limits.connect;
            // Off the async threads: it may read the host's certificate authorities.
            match tokio::task::spawn_blocking(move || client_for(&endpoint, connect)).await {
                Ok(built) => built,
                Err(error) => Err(SetupError::Http(Box::new(error))),
            }
        };
        self.http
            .get_or_try_init(build)
            .await
            .map_err(|error| ModelError::caused_by(ModelErrorKind::Network, error))
    }

    #[instrument(name = "llm.request", skip_all, fields(provider = self.settings.provider, model = self.settings.model))]
    async fn ask(
        &self,
        request: &ModelRequest,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        let body = serde_json::to_vec(&CompletionRequest::new(request, &self.settings))
            .map_err(|error| ModelError::caused_by(ModelErrorKind::BadRequest, error))?;
        debug!(bytes = body.len(), messages = request.messages.len(), tools = request.tools.len(), "asking");

        let limits = self.settings.limits;
        let first = timeout(limits.connect + limits.first_byte, self.first_piece(body)).await;
        let started = first.map_err(|_| ModelError::new(ModelErrorKind::FirstByteTimeout))??;

        let read = self.read_answer(started, CallIds::after(request), deltas).await?;
        if read.repaired_utf8 {
            warn!("the provider sent bytes that are no UTF-8; they were replaced by U+FFFD");
        }
        Ok(read.reply)
    }

    /// Sends the request and waits for the first piece of a successful answer.
    async fn first_piece(&self, body: Vec<u8>) -> Result<Started, ModelError> {
        let call = self.http().await?.post(self.address.clone()).headers(self.headers.clone()).body(body);
        let mut response = call.send().await.map_err(transport_error)?;
        if !response.status().is_success() {
            return Err(refusal(response).await);
        }
        if is_web_page(&response) {
            return Err(ModelError::caused_by(ModelErrorKind::BadAnswer, AnswerError::WebPage));
        }
        let piece = response.chunk().await.map_err(transport_error)?;
        Ok(Started { response, piece: piece.map(|bytes| bytes.to_vec()) })
    }

    /// Reads the answer, for as long as a whole one may take.
    async fn read_answer(
        &self,
        started: Started,
        ids: CallIds,
        deltas: &mut dyn DeltaSink,
    ) -> Result<DecodedReply, ModelError> {
        let status = started.response.status().as_u16();
        let limit = self.settings.limits.whole_answer;
        let mut decoder = AnswerDecoder::new(ids);
        match timeout(limit, self.read_into(&mut decoder, started, deltas)).await {
            Ok(read) => read?,
            Err(_) if decoder.progress() == Progress::Writing => {
                return Err(ModelError::caused_by(ModelErrorKind::BadAnswer, AnswerError::Endless(limit)));
            }
            // The answer is whole; only the count of tokens is missing.
            Err(_) => {}
        }
        decoder.finish(deltas).map_err(|error| decode_error(error, status))
    }

    /// Feeds the decoder until the answer has ended, or is whole and nothing more comes in time.
    async fn read_into(
        &self,
        decoder: &mut AnswerDecoder,
        started: Started,
        deltas: &mut dyn DeltaSink,
    ) -> Result<(), ModelError> {
        let Started { mut response, mut piece } = started;
        let status = response.status().as_u16();
        let failed = |error| decode_error(error, status);
        let idle = self.settings.limits.idle;
        while let Some(bytes) = piece {
            if decoder.push(&bytes, deltas).map_err(failed)? != Progress::Writing {
                break;
            }
            let next = timeout(idle, response.chunk()).await;
            let next = next.map_err(|_| ModelError::new(ModelErrorKind::IdleTimeout))?;
            piece = next.map_err(transport_error)?.map(|bytes| bytes.to_vec());
        }
        if decoder.progress() == Progress::Finished {
            // One limit for everything, because each keep-alive by itself comes in time.
            let rest = timeout(idle.min(TRAILER_LIMIT), read_trailer(&mut response, decoder, deltas)).await;
            rest.unwrap_or(Ok(())).map_err(failed)?;
        }
        Ok(())
    }
}

/// Reads what follows a whole answer. A connection that breaks here takes nothing away.
async fn read_trailer(
    response: &mut Response,
    decoder: &mut AnswerDecoder,
    deltas: &mut dyn DeltaSink,
) -> Result<(), DecodeError> {
    while decoder.progress() == Progress::Finished {
        let Ok(Some(bytes)) = response.chunk().await else { break };
        decoder.push(&bytes, deltas)?;
    }
    Ok(())
}

/// A response that succeeded so far; no piece when its body was empty.
struct Started {
    response: Response,
    piece: Option<Vec<u8>>,
}

#[async_trait]
impl ModelClient for OpenAiClient {
    fn info(&self) -> ModelInfo {
        ModelInfo {
            provider: self.settings.provider.clone(),
            model: self.settings.model.clone(),
            endpoint: Some(self.settings.endpoint.to_string()),
            is_language_model: true,
        }
    }

    async fn complete(
        &self,
        request: &ModelRequest,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        self.ask(request, deltas).await
    }
}

pub(crate) async fn refusal(response: Response) -> ModelError {
    let status = response.status().as_u16();
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let wait = wait.and_then(errors::retry_after);
    // The status is known; a body that does not come changes nothing about it.
    let body = timeout(ERROR_BODY_WAIT, body_up_to(response, ERROR_BODY_LIMIT)).await;
    let bytes = body.map(|body| body.bytes).unwrap_or_default();
    errors::refusal_of(&bytes).into_error(status, wait)
}

fn is_web_page(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

pub(crate) fn transport_error(error: reqwest::Error) -> ModelError {
    let kind = match (error.is_connect(), error.is_timeout()) {
        (true, true) => ModelErrorKind::ConnectTimeout,
        _ => ModelErrorKind::Network,
    };
    // The address may hold secrets.
    ModelError::caused_by(kind, error.without_url())
}

fn decode_error(error: DecodeError, status: u16) -> ModelError {
    match error {
        DecodeError::Refused(refusal) => refusal.into_error(status, None),
        // A server that hangs up in the middle is a broken connection, however politely it did so.
        DecodeError::Unreadable(cause @ AnswerError::Truncated) => {
            ModelError::caused_by(ModelErrorKind::Network, cause)
        }
        DecodeError::Unreadable(cause) => ModelError::caused_by(ModelErrorKind::BadAnswer, cause),
    }
}

#[cfg(test)]
mod tests;
