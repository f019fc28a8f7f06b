//! The HTTP client below everything that calls out: built for one endpoint, late, and with nothing taken from
//! the environment.
//!
//! No proxy variables, no cookies, no redirects, no referer. The TLS provider is handed over with the client,
//! so no process-wide default is installed. It sends nothing by itself.

use std::sync::Arc;
use std::time::Duration;

use nanobot_core::Secret;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, redirect};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::endpoint::Endpoint;
use crate::error::SetupError;

/// Idle connections that are kept for the next call.
const IDLE_CONNECTIONS: usize = 2;

/// How long they are kept.
const IDLE_CONNECTION_AGE: Duration = Duration::from_secs(30);

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

/// The headers that name us to the provider. All values are marked as sensitive.
///
/// # Errors
/// [`SetupError::BadKey`] and [`SetupError::BadHeader`] when a value cannot be sent.
pub(crate) fn credentials(
    key: Option<&Secret<String>>,
    extra: &[(String, Secret<String>)],
) -> Result<HeaderMap, SetupError> {
    let mut headers = HeaderMap::new();
    if let Some(key) = key.filter(|key| !key.is_blank()) {
        let text = format!("Bearer {}", key.expose().trim());
        let mut value = HeaderValue::try_from(text).map_err(|_| SetupError::BadKey)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
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
        let headers = credentials(Some(&key), &extra).unwrap();
        let shown = format!("{headers:?}");
        assert!(!shown.contains("live") && !shown.contains("hush"), "{shown}");
        assert_eq!(headers.get(AUTHORIZATION).unwrap(), "Bearer sk-live-1");
    }

    #[test]
    fn an_unusable_header_is_named_without_its_value() {
        let extra = [("bad name".to_owned(), Secret::new("hush".to_owned()))];
        let error = credentials(None, &extra).unwrap_err();
        assert_eq!(error.to_string(), "the extra header \"bad name\" cannot be sent");
        let key = Secret::new("a\nb".to_owned());
        assert!(matches!(credentials(Some(&key), &[]), Err(SetupError::BadKey)));
        assert!(credentials(Some(&Secret::new("  ".to_owned())), &[]).unwrap().is_empty());
    }

    #[test]
    fn clients_are_built_for_both_schemes() {
        for base in ["http://127.0.0.1:1", "https://api.openai.com/v1"] {
            client_for(&Endpoint::parse(base).unwrap(), Duration::from_secs(1)).unwrap();
        }
    }
}
