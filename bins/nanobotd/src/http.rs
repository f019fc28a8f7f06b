//! The control plane over HTTP, where there is one: opened with the daemon, ended with it.
//!
//! An address that cannot be had does not stop the daemon: the chats matter more than who looks at them. It is said
//! in the log, and by the status.

use std::sync::Arc;

use nanobot_config::settings::Api as ApiSettings;
use nanobot_core::cancel::CancelToken;
use nanobot_core::ports::{AuditLog, Clock, IdGenerator, MetricsSource, PortStatus};

#[cfg(feature = "api")]
use crate::compose::Socket;
use crate::compose::{Adapters, Boot};

/// The port's name in the status.
pub(crate) const PORT: &str = "api";

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

/// What came of opening it.
pub(crate) struct Opened {
    /// None where nobody serves.
    pub(crate) serve: Option<Serving>,
    /// The same for the status: where it listens, or why not.
    pub(crate) row: PortStatus,
}

impl Opened {
    fn nothing(why: &str) -> Self {
        Self { serve: None, row: row(why.to_owned(), None) }
    }
}

/// What the next start would open. Asks no system.
pub(crate) fn at_rest(settings: &ApiSettings) -> PortStatus {
    let adapter = match settings {
        _ if !cfg!(feature = "api") => "not built".to_owned(),
        ApiSettings { enabled: false, .. } => "off".to_owned(),
        ApiSettings { bind, .. } => bind.trim().to_owned(),
    };
    row(adapter, None)
}

fn row(adapter: String, warning: Option<String>) -> PortStatus {
    PortStatus { port: PORT, adapter, warning }
}

/// Opens the address and the token, for a daemon whose settings want it. A chat without a daemon serves nobody.
#[cfg(feature = "api")]
pub(crate) async fn open(boot: &Boot, behind: Behind) -> Opened {
    let settings = &boot.loaded.config.api;
    if !settings.enabled || !matches!(boot.socket, Socket::At(_)) {
        return Opened::nothing("off");
    }
    match serving(boot, behind).await {
        Ok((serving, address)) => Opened { serve: Some(serving), row: row(address.to_string(), None) },
        Err(error) => {
            let (bind, error) = (&settings.bind, nanobot_core::pipeline::chain(error.as_ref()));
            tracing::error!(bind, error, "the HTTP API does not listen; everything else works");
            let warning = format!("it does not listen: {error}; mend that and restart nanobotd");
            Opened { serve: None, row: row("off".to_owned(), Some(warning)) }
        }
    }
}

#[cfg(feature = "api")]
async fn serving(
    boot: &Boot,
    behind: Behind,
) -> Result<(Serving, std::net::SocketAddr), Box<dyn std::error::Error + Send + Sync>> {
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
    Ok((Box::new(move |stop| Box::pin(api.serve(listener, stop))), address))
}

/// Nobody serves.
#[cfg(not(feature = "api"))]
#[expect(clippy::unused_async, reason = "the same shape as with the API")]
pub(crate) async fn open(_boot: &Boot, _behind: Behind) -> Opened {
    Opened::nothing("not built")
}

#[cfg(all(test, feature = "api"))]
mod tests {
    use std::time::Duration;

    use crate::app::TASK_LIMIT;

    #[test]
    fn an_answer_under_way_may_end_before_the_tasks_are_stopped() {
        let drain = nanobot_api::ApiLimits::default().drain;
        assert!(drain + Duration::from_millis(200) < TASK_LIMIT, "{drain:?}");
    }
}
