//! Asking one address of one provider. The headers are made once; the HTTP client is built with the first call,
//! because reading certificate authorities takes longer than the daemon may need to start.
//!
//! It sends what it is given, once, and reads nothing of a successful answer.

use std::time::Duration;

use nanobot_core::model::{ModelError, ModelErrorKind};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, Url};
use tokio::sync::OnceCell;

use super::{KeyScheme, client_for, credentials, is_web_page, refused, transport_error};
use crate::endpoint::Endpoint;
use crate::error::{AnswerError, SetupError};
use crate::settings::ProviderSettings;

/// One address, ready to be asked.
pub(crate) struct Caller {
    endpoint: Endpoint,
    connect: Duration,
    address: Url,
    headers: HeaderMap,
    http: OnceCell<Client>,
}

impl Caller {
    /// For the resource `path` below the settings' base. Opens no connection and reads no file.
    ///
    /// # Errors
    /// [`SetupError`] when the key or a header cannot be sent.
    pub(crate) fn new(
        settings: &ProviderSettings,
        path: &str,
        scheme: KeyScheme,
    ) -> Result<Self, SetupError> {
        let endpoint = match &settings.key {
            // Else the address would add a second, different authorization.
            Some(key) if !key.is_blank() => settings.endpoint.without_user(),
            Some(_) | None => settings.endpoint.clone(),
        };
        let mut headers = credentials(scheme, settings.key.as_ref(), &settings.headers)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"));
        let (address, connect) = (endpoint.below(path), settings.limits.connect);
        Ok(Self { endpoint, connect, address, headers, http: OnceCell::new() })
    }

    /// Sends one more header with every call, unless the settings have one of that name.
    #[must_use]
    pub(crate) fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
        self
    }

    /// Sends a request and waits for the head of a successful answer. Sets no time limit but that for connecting.
    ///
    /// # Errors
    /// [`ModelError`] when there is no connection, when the provider says no, and when a web page answers.
    pub(crate) async fn post(&self, body: Vec<u8>) -> Result<Response, ModelError> {
        let call = self.http().await?.post(self.address.clone()).headers(self.headers.clone()).body(body);
        let response = call.send().await.map_err(transport_error)?;
        if !response.status().is_success() {
            return Err(refused(response).await);
        }
        if is_web_page(&response) {
            return Err(ModelError::caused_by(ModelErrorKind::BadAnswer, AnswerError::WebPage));
        }
        Ok(response)
    }

    async fn http(&self) -> Result<&Client, ModelError> {
        let build = || async {
            let (endpoint, connect) = (self.endpoint.clone(), self.connect);
            // Off the async threads: it may read the host's certificate authorities.
            match tokio::task::spawn_blocking(move || client_for(&endpoint, connect)).await {
                Ok(built) => built,
                Err(error) => Err(SetupError::Http(Box::new(error))),
            }
        };
        self.http
            .get_or_try_init(build)
            .await
            .map_err(|error| ModelError::caused_by(ModelErrorKind::Network, error).free())
    }
}
