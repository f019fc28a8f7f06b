//! Accepts connections and speaks HTTP/1.1 on them, within the limits on number, speed, size and age.
//!
//! What a request may do is decided behind it. What hyper cannot read as a request it answers itself, with a bare
//! status (400, 408, 414, 431), and closes the connection.

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use nanobot_core::cancel::CancelToken;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::gate::Ends;
use crate::limits::{ApiLimits, MAX_HEADER_BYTES, MAX_HEADERS};

/// How much of a connection is held in memory each way, beside the answer itself: twice the longest head.
const BUFFER_BYTES: usize = 2 * MAX_HEADER_BYTES;

/// How long the server pauses when no connection can be accepted (no free file descriptors, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` fires, and lets connections end within the drain limit.
pub(crate) async fn run(listener: TcpListener, router: Router, limits: ApiLimits, stop: CancelToken) {
    let most = limits.connections.max(1);
    let mut connections = JoinSet::new();
    let mut in_trouble = false;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept(), if connections.len() < most => accepted,
        };
        match accepted.and_then(|(stream, peer)| Ok((ends(&stream, peer.ip())?, stream))) {
            Ok((ends, stream)) => {
                in_trouble = false;
                connections.spawn(connection(stream, ends, router.clone(), limits.clone(), stop.clone()));
            }
            Err(error) => {
                if !in_trouble {
                    tracing::warn!(%error, "a connection to the api could not be accepted");
                }
                in_trouble = true;
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    // Each ends within the drain limit by itself; whatever does not is cut when the set is dropped.
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(limits.drain.saturating_add(ACCEPT_PAUSE), ended).await.is_err() {
        tracing::warn!("connections to the api did not end in time and were cut");
    }
}

fn ends(stream: &TcpStream, peer: IpAddr) -> io::Result<Ends> {
    stream.set_nodelay(true)?;
    Ok(Ends { peer, local: stream.local_addr()? })
}

/// One connection, from its first request to its last.
async fn connection(stream: TcpStream, ends: Ends, router: Router, limits: ApiLimits, stop: CancelToken) {
    let service = TowerToHyperService::new(router);
    let service = service_fn(move |request: hyper::Request<_>| {
        let mut request = request.map(Body::new::<hyper::body::Incoming>);
        request.extensions_mut().insert(ends);
        service.call(request)
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        // Runs from the end of the request before, so it bounds idle connections as well.
        .header_read_timeout(limits.header_read)
        .max_header_size(MAX_HEADER_BYTES)
        .max_headers(MAX_HEADERS)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut http = pin!(http);
    tokio::select! {
        // What a peer did wrong on its connection is its own affair, and a log that peers can fill is none.
        _ended = http.as_mut() => return,
        () = stop.cancelled() => {}
        () = sleep(limits.connection_age) => {}
    }
    http.as_mut().graceful_shutdown();
    let _ended = timeout(limits.drain, http).await;
}
