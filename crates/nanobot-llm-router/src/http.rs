//! The HTTP client below everything that calls out: built for one endpoint, late, and with nothing taken from
//! the environment.
//!
//! No proxy variables, no cookies, no redirects, no referer. The TLS provider is handed over with the client,
//! so no process-wide default is installed. It sends nothing by itself.

mod caller;
mod dates;
mod failures;
mod refusal;
mod vocabulary;
mod waits;

use std::sync::Arc;
use std::time::Duration;

use nanobot_core::Secret;
use nanobot_core::model::{ModelError, ModelErrorKind};
use nanobot_core::units::ByteCount;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, redirect};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::time::timeout;

use crate::endpoint::Endpoint;
use crate::error::{AnswerError, SetupError};

pub(crate) use caller::Caller;
pub use failures::ERROR_BODY_LIMIT;
pub(crate) use failures::{is_web_page, refused, transport_error};
pub(crate) use refusal::{Refusal, refusal_in};

/// Idle connections that are kept for the next call.
const IDLE_CONNECTIONS: usize = 2;

/// How long they are kept.
const IDLE_CONNECTION_AGE: Duration = Duration::from_secs(30);

/// The header of [`KeyScheme::ApiKey`].
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Builds a client for an endpoint.
///
/// For `https` the certificate authorities of the host are read from disk, which blocks for some ten
/// milliseconds; where the host has none, the list that is compiled in is used. For `http` nothing is read.
///
/// `reqwest` repeats a request by itself at most twice, and only when the server said, by HTTP/2's own means,
/// that it did not look at it.
///
/// # Errors
/// [`SetupError::Http`] when TLS cannot be set up.
pub(crate) fn client_for(endpoint: &Endpoint, connect: Duration) -> Result<Client, SetupError> {
    Client::builder()
        .tls_backend_preconfigured(tls_config(endpoint.is_encrypted())?)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(connect)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .pool_idle_timeout(IDLE_CONNECTION_AGE)
        .user_agent(concat!("nanobot/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| SetupError::Http(Box::new(error.without_url())))
}

fn tls_config(needs_authorities: bool) -> Result<ClientConfig, SetupError> {
    let builder = || {
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| SetupError::Http(Box::new(error)))
    };
    if !needs_authorities {
        let none = RootCertStore::empty();
        return Ok(builder()?.with_root_certificates(none).with_no_client_auth());
    }
    let mut config = if let Ok(verified) = builder()?.with_platform_verifier() {
        verified.with_no_client_auth()
    } else {
        let compiled_in = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        builder()?.with_root_certificates(compiled_in).with_no_client_auth()
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// How a server wants to be told the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyScheme {
    /// `Authorization: Bearer …`.
    Bearer,
    /// `x-api-key: …`.
    ApiKey,
}

/// The headers that name us to the provider. All values are marked as sensitive.
///
/// # Errors
/// [`SetupError::BadKey`] and [`SetupError::BadHeader`] when a value cannot be sent.
pub(crate) fn credentials(
    scheme: KeyScheme,
    key: Option<&Secret<String>>,
    extra: &[(String, Secret<String>)],
) -> Result<HeaderMap, SetupError> {
    let mut headers = HeaderMap::new();
    if let Some(key) = key.filter(|key| !key.is_blank()) {
        let key = key.expose().trim();
        let (name, text) = match scheme {
            KeyScheme::Bearer => (AUTHORIZATION, format!("Bearer {key}")),
            KeyScheme::ApiKey => (API_KEY, key.to_owned()),
        };
        let mut value = HeaderValue::try_from(text).map_err(|_| SetupError::BadKey)?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    for (name, value) in extra {
        let bad = || SetupError::BadHeader { name: name.escape_debug().to_string() };
        let header = HeaderName::try_from(name.as_str()).map_err(|_| bad())?;
        let mut value = HeaderValue::try_from(value.expose().as_str()).map_err(|_| bad())?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

/// Reads a body up to a limit. What a broken connection leaves is what there is.
pub(crate) async fn body_up_to(mut response: Response, limit: usize) -> LimitedBody {
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        let room = limit - bytes.len();
        if piece.len() > room {
            bytes.extend(piece.iter().take(room));
            return LimitedBody { bytes, complete: false };
        }
        bytes.extend_from_slice(&piece);
    }
    LimitedBody { bytes, complete: true }
}

/// Reads a whole body, each piece of which has to come within `idle`.
///
/// # Errors
/// [`ModelError`] when it breaks off, stalls, or is longer than the limit.
pub(crate) async fn whole_body(
    mut response: Response,
    limit: usize,
    idle: Duration,
) -> Result<Vec<u8>, ModelError> {
    let mut bytes = Vec::new();
    loop {
        let piece = timeout(idle, response.chunk()).await;
        let piece = piece.map_err(|_| ModelError::new(ModelErrorKind::IdleTimeout))?;
        let Some(piece) = piece.map_err(transport_error)? else { return Ok(bytes) };
        if bytes.len() + piece.len() > limit {
            let cause = AnswerError::TooLong { limit: ByteCount::of(limit) };
            return Err(ModelError::caused_by(ModelErrorKind::BadAnswer, cause));
        }
        bytes.extend_from_slice(&piece);
    }
}

/// A body, or the beginning of one.
pub(crate) struct LimitedBody {
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// The limit was not passed.
    pub(crate) complete: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show_in_headers() {
        let key = Secret::new(" sk-live-1 ".to_owned());
        let extra = [("APP-Code".to_owned(), Secret::new("hush".to_owned()))];
        let headers = credentials(KeyScheme::Bearer, Some(&key), &extra).unwrap();
        let shown = format!("{headers:?}");
        assert!(!shown.contains("live") && !shown.contains("hush"), "{shown}");
        assert_eq!(headers.get(AUTHORIZATION).unwrap(), "Bearer sk-live-1");
        let headers = credentials(KeyScheme::ApiKey, Some(&key), &[]).unwrap();
        assert!(!format!("{headers:?}").contains("live"));
        assert_eq!(headers.get(API_KEY).unwrap(), "sk-live-1");
    }

    #[test]
    fn an_unusable_header_is_named_without_its_value() {
        let extra = [("bad name".to_owned(), Secret::new("hush".to_owned()))];
        let error = credentials(KeyScheme::Bearer, None, &extra).unwrap_err();
        assert_eq!(error.to_string(), "the extra header \"bad name\" cannot be sent");
        let key = Secret::new("a\nb".to_owned());
        assert!(matches!(credentials(KeyScheme::Bearer, Some(&key), &[]), Err(SetupError::BadKey)));
        assert!(credentials(KeyScheme::ApiKey, Some(&Secret::new("  ".to_owned())), &[]).unwrap().is_empty());
    }

    #[test]
    fn clients_are_built_for_both_schemes() {
        for base in ["http://127.0.0.1:1", "https://api.openai.com/v1"] {
            client_for(&Endpoint::parse(base).unwrap(), Duration::from_secs(1)).unwrap();
        }
    }
}
