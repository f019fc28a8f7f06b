//! The HTTP client below the exporter: ours, so that there is one TLS stack, nothing from the environment, and a limit
//! on everything.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::redirect;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::runtime::Handle;

use super::EXPORT_LIMIT;
use crate::error::TelemetryError;

/// How long a connection may take to come up.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// A collector answers with a few bytes: how many spans it refused, and why.
const MOST_ANSWER: usize = 64 * 1024;

/// Sends on a runtime, whichever thread asks.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

impl Client {
    pub(super) fn new(is_encrypted: bool, runtime: Handle) -> Result<Self, TelemetryError> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(
                tls(is_encrypted).map_err(|error| TelemetryError::Exporter(error.into()))?,
            )
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_LIMIT)
            .timeout(EXPORT_LIMIT)
            .pool_max_idle_per_host(1)
            .user_agent(concat!("nanobot/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| TelemetryError::Exporter(error.without_url().into()))?;
        Ok(Self { http, runtime })
    }
}

fn tls(needs_authorities: bool) -> Result<ClientConfig, rustls::Error> {
    let builder = || {
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
    };
    if !needs_authorities {
        return Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    if let Ok(verified) = builder()?.with_platform_verifier() {
        return Ok(verified.with_no_client_auth());
    }
    let compiled_in = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    Ok(builder()?.with_root_certificates(compiled_in).with_no_client_auth())
}

#[async_trait]
impl HttpClient for Client {
    /// The exporter asks from a thread without a runtime, so the request runs on ours; the asker waits for it, and it
    /// ends within [`EXPORT_LIMIT`].
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = send(self.http.clone(), request);
        self.runtime.spawn(sent).await?
    }
}

async fn send(http: reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let (head, body) = request.into_parts();
    let request = http.request(head.method, head.uri.to_string()).headers(head.headers).body(body);
    let mut answer = request.send().await.map_err(reqwest::Error::without_url)?;
    let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + piece.len() > MOST_ANSWER {
            return Err("the collector's answer is too long".into());
        }
        body.extend_from_slice(&piece);
    }
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}
