//! The control plane over HTTP, where there is one: opened with the daemon, ended with it.
//!
//! An address that cannot be had does not stop the daemon: the chats matter more than who looks at them. It is said
//! in the log.

use std::sync::Arc;

use nanobot_core::cancel::CancelToken;
use nanobot_core::ports::{AuditLog, Clock, IdGenerator, MetricsSource};

#[cfg(feature = "api")]
use crate::compose::Socket;
use crate::compose::{Adapters, Boot};

/// What the control plane needs of the daemon.
#[cfg_attr(not(feature = "api"), expect(dead_code, reason = "without the feature nobody serves"))]
pub(crate) struct Behind {
    metrics: Option<Arc<dyn MetricsSource>>,
    audit: Arc<dyn AuditLog>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

impl Behind {
    pub(crate) fn of(with: &Adapters) -> Self {
        Self {
            metrics: with.metrics.clone(),
            audit: with.audit.clone(),
            clock: with.clock.clone(),
            ids: with.ids.clone(),
        }
    }
}

/// Something that serves until its token fires.
pub(crate) type Serving =
    Box<dyn FnOnce(CancelToken) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// Opens the address and the token, for a daemon whose settings want it. A chat without a daemon serves nobody.
#[cfg(feature = "api")]
pub(crate) async fn open(boot: &Boot, behind: Behind) -> Option<Serving> {
    let settings = &boot.loaded.config.api;
    if !settings.enabled || !matches!(boot.socket, Socket::At(_)) {
        return None;
    }
    match serving(boot, behind).await {
        Ok(serving) => Some(serving),
        Err(error) => {
            let (bind, error) = (&settings.bind, nanobot_core::pipeline::chain(error.as_ref()));
            tracing::error!(bind, error, "the HTTP API does not listen; everything else works");
            None
        }
    }
}

#[cfg(feature = "api")]
async fn serving(boot: &Boot, behind: Behind) -> Result<Serving, Box<dyn std::error::Error + Send + Sync>> {
    use nanobot_api::{Api, ApiAddress, ApiLimits, ApiParts, ApiToken};

    let config = &boot.loaded.config;
    let listener = ApiAddress::parse(&config.api.bind, config.api.allow_remote)?.bind().await?;
    let (path, ids) = (boot.home.api_token(config), behind.ids.clone());
    // It waits for the disk.
    let token = tokio::task::spawn_blocking(move || ApiToken::open(&path, ids.as_ref())).await??;
    let address = listener.local_addr()?;
    tracing::info!(%address, "the HTTP API listens");
    let api = Api::new(ApiParts {
        metrics: behind.metrics,
        audit: behind.audit,
        clock: behind.clock,
        token,
        limits: ApiLimits::default(),
    });
    Ok(Box::new(move |stop| Box::pin(api.serve(listener, stop))))
}

/// Nobody serves.
#[cfg(not(feature = "api"))]
#[expect(clippy::unused_async, reason = "the same shape as with the API")]
pub(crate) async fn open(_boot: &Boot, _behind: Behind) -> Option<Serving> {
    None
}
