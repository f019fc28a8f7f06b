//! The front: a server as thin as it goes, which hands a completion to a model behind it and passes on what that says,
//! piece by piece where it is asked to. What is behind it is told by the [`Arm`].

mod behind;
mod book;
mod stream;
mod wire;

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use nanobot_core::model::{ModelError, ModelReply};
use nanobot_core::ports::DeltaSink;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::arm::{Arm, Form};
use behind::Behind;
use wire::Asked;

/// How long the book may take to be written.
const BOOK_LIMIT: Duration = Duration::from_secs(20);

/// What all requests share.
struct Front {
    behind: Behind,
    /// Calls that were answered; each of them has an entry in the book, where there is one.
    answered: AtomicU64,
}

/// Serves until stdin closes. Tells its address first, on stdout.
pub(crate) async fn serve(arm: Arm, vendor: &str, folder: &Path) -> Result<()> {
    let behind = Behind::open(arm, vendor, folder).await?;
    let front = Arc::new(Front { behind, answered: AtomicU64::new(0) });
    let paths = Router::new()
        .route("/v1/chat/completions", post(complete))
        .route("/settled", get(settled))
        .with_state(Arc::clone(&front));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port can be had")?;
    crate::say(&format!("http://{}/v1", listener.local_addr()?))?;
    let mut closed =
        tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut closed => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                let (stream, _) = accepted.context("cannot accept a connection")?;
                stream.set_nodelay(true)?;
                connections.spawn(connection(stream, paths.clone()));
            }
        }
    }
    connections.shutdown().await;
    front.behind.close().await
}

/// One connection, served as the daemon's own API serves one. What goes wrong on it, the other side notices.
async fn connection(stream: TcpStream, paths: Router) {
    let service = TowerToHyperService::new(paths);
    let service = service_fn(move |request: hyper::Request<_>| {
        service.call(request.map(Body::new::<hyper::body::Incoming>))
    });
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn complete(State(front): State<Arc<Front>>, body: Bytes) -> Response {
    let asked = match Asked::read(&body) {
        Ok(asked) => asked,
        Err(error) => return told(StatusCode::BAD_REQUEST, &format!("{error:#}")),
    };
    match asked.form {
        Form::Whole => match front.answer(&asked, &mut Nobody).await {
            Ok(reply) => typed("application/json", Body::from(wire::whole(&reply))),
            Err(error) => told(StatusCode::BAD_GATEWAY, &error.to_string()),
        },
        Form::Streamed => typed("text/event-stream", stream::body(front, asked)),
    }
}

/// Answers when everything is written down that belongs to the answers so far.
async fn settled(State(front): State<Arc<Front>>) -> Response {
    let answered = front.answered.load(Ordering::Acquire);
    match tokio::time::timeout(BOOK_LIMIT, front.behind.until_written(answered)).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(_) => told(StatusCode::INTERNAL_SERVER_ERROR, "the book is not written in time"),
    }
}

impl Front {
    async fn answer(&self, asked: &Asked, deltas: &mut dyn DeltaSink) -> Result<ModelReply, ModelError> {
        let reply = self.behind.answer(asked, deltas).await?;
        self.answered.fetch_add(1, Ordering::Release);
        Ok(reply)
    }
}

fn typed(kind: &'static str, body: Body) -> Response {
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

fn told(status: StatusCode, error: &str) -> Response {
    (status, error.to_owned()).into_response()
}

/// Nobody reads along.
struct Nobody;

impl DeltaSink for Nobody {
    fn text(&mut self, _piece: &str) {}

    fn restart(&mut self) {}
}
