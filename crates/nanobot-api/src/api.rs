//! The API as a whole: which routes there are, and which gate stands before each.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use nanobot_core::cancel::CancelToken;
use nanobot_core::ports::{AuditLog, Clock, MetricsSource};
use tokio::net::TcpListener;

use crate::audit::Trail;
use crate::gate::{self, Gates};
use crate::limits::ApiLimits;
use crate::rates::{Rates, SteadyClock};
use crate::token::ApiToken;
use crate::{routes, server};

/// What the API is made of.
pub struct ApiParts {
    /// What `/metrics` shows; none where nobody collects any. `render` is called on the runtime's own threads.
    pub metrics: Option<Arc<dyn MetricsSource>>,
    /// Where refusals are written down.
    pub audit: Arc<dyn AuditLog>,
    /// What rates are measured by.
    pub clock: Arc<dyn Clock>,
    /// What opens everything but `/health`.
    pub token: ApiToken,
    /// How much is taken, and for how long.
    pub limits: ApiLimits,
}

/// The control plane over HTTP.
pub struct Api {
    router: Router,
    limits: ApiLimits,
}

impl Api {
    /// Puts it together. Nothing is opened yet.
    pub fn new(parts: ApiParts) -> Self {
        let ApiParts { metrics, audit, clock, token, limits } = parts;
        let steady = SteadyClock::new(Arc::clone(&clock));
        let gates = Arc::new(Gates {
            token,
            rates: Rates::new(&limits, &steady),
            trail: Trail::new(audit, clock, &steady, &limits),
            limits: limits.clone(),
        });
        let open = Router::new()
            .route(routes::HEALTH, get(routes::health))
            .method_not_allowed_fallback(routes::only_reading)
            .layer(from_fn_with_state(Arc::clone(&gates), gate::open));
        let with_token = Router::new()
            .route(routes::METRICS, get(routes::metrics))
            .method_not_allowed_fallback(routes::only_reading)
            .fallback(routes::nothing)
            .layer(from_fn_with_state(Arc::clone(&gates), gate::with_token))
            .with_state(metrics);
        let router = open.merge(with_token).layer(from_fn_with_state(gates, gate::all));
        Self { router, limits }
    }

    /// Serves whoever connects, until `stop` fires: then no connection is accepted any more, idle ones are closed,
    /// and answers under way have the drain limit. Nothing that it started runs on after it, also when it is
    /// dropped.
    pub async fn serve(self, listener: TcpListener, stop: CancelToken) {
        server::run(listener, self.router, self.limits, stop).await;
    }

    #[cfg(test)]
    pub(crate) fn into_router(self) -> Router {
        self.router
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("limits", &self.limits).finish_non_exhaustive()
    }
}
