//! The gates that a request passes: one for all, then the open one before `/health` or the one that wants the token.
//!
//! Each judges the head of a request with `fence.rs`, the token and the rates; only then something happens: it goes
//! on, or a row is written and it is turned away. What that looks like is decided in `problem.rs`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONNECTION, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::audit::{Refused, Trail};
use crate::fence;
use crate::limits::ApiLimits;
use crate::problem::Problem;
use crate::rates::Rates;
use crate::routes;
use crate::token::ApiToken;

/// Between whom a connection is. The server puts it beside every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    /// Whose connection it is, as the operating system says: no header can change it.
    pub(crate) peer: IpAddr,
    /// Where it has reached us.
    pub(crate) local: SocketAddr,
}

/// What the gates ask.
pub(crate) struct Gates {
    pub(crate) token: ApiToken,
    pub(crate) rates: Rates,
    pub(crate) trail: Trail,
    pub(crate) limits: ApiLimits,
}

/// Why a request goes no further: what its client is told, and as what it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Turned {
    problem: Problem,
    refused: Option<Refused>,
}

/// For every request: it means us, it is answered in time, and no answer is kept or guessed at.
pub(crate) async fn all(
    State(gates): State<Arc<Gates>>,
    Extension(ends): Extension<Ends>,
    request: Request,
    next: Next,
) -> Response {
    let has_body = fence::has_body(request.headers());
    let judged = Gates::judge_host(ends, &request);
    let answer = gates.pass(judged, ends, request, next);
    let mut response = match tokio::time::timeout(gates.limits.request, answer).await {
        Ok(response) => response,
        Err(_) => Problem::TimedOut.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if has_body {
        // Nobody reads it, so nobody may take it for the next request.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Before what anybody may ask.
pub(crate) async fn open(
    State(gates): State<Arc<Gates>>,
    Extension(ends): Extension<Ends>,
    request: Request,
    next: Next,
) -> Response {
    let judged = gates.judge_open(ends, &request);
    gates.pass(judged, ends, request, next).await
}

/// Before everything else, also before what does not exist.
pub(crate) async fn with_token(
    State(gates): State<Arc<Gates>>,
    Extension(ends): Extension<Ends>,
    request: Request,
    next: Next,
) -> Response {
    let judged = gates.judge_token(ends, &request);
    gates.pass(judged, ends, request, next).await
}

impl Gates {
    fn judge_host(ends: Ends, request: &Request) -> Result<(), Turned> {
        if fence::is_for_us(request.headers(), request.uri(), ends.local) {
            Ok(())
        } else {
            Err(Turned { problem: Problem::Misdirected, refused: Some(Refused::Host) })
        }
    }

    fn judge_open(&self, ends: Ends, request: &Request) -> Result<(), Turned> {
        self.rates.health(ends.peer).map_err(|wait| too_soon(wait, Refused::Health))?;
        without_body(request)
    }

    /// The right token always passes, whatever others have tried: behind loopback all peers have one address, and
    /// a stranger must not be able to lock the owner out. What a stranger may not do is to go on hearing that a
    /// token is wrong; 256 bits would not be guessed at any rate.
    fn judge_token(&self, ends: Ends, request: &Request) -> Result<(), Turned> {
        let presented = fence::bearer(request.headers());
        if !presented.is_some_and(|presented| self.token.is(presented)) {
            self.rates.failed(ends.peer).map_err(|wait| too_soon(wait, Refused::Tokens))?;
            return Err(Turned { problem: Problem::Unauthorized, refused: Some(Refused::Token) });
        }
        self.rates.authorised().map_err(|wait| too_soon(wait, Refused::Reads))?;
        without_body(request)
    }

    /// Lets a request go on, or writes down that it was turned away and says so.
    async fn pass(&self, judged: Result<(), Turned>, ends: Ends, request: Request, next: Next) -> Response {
        let Err(Turned { problem, refused }) = judged else { return next.run(request).await };
        let target = routes::named(request.uri().path());
        // Its body ends here and is not waited for.
        drop(request);
        if let Some(refused) = refused {
            self.trail.refused(refused, ends.peer, target).await;
        }
        problem.into_response()
    }
}

const fn too_soon(wait: Duration, refused: Refused) -> Turned {
    Turned { problem: Problem::RateLimited { wait }, refused: Some(refused) }
}

fn without_body(request: &Request) -> Result<(), Turned> {
    if fence::has_body(request.headers()) {
        Err(Turned { problem: Problem::BodyRefused, refused: None })
    } else {
        Ok(())
    }
}
