//! Whatever a request looks like: without the token there is nothing but health.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use nanobot_core::testing::{FakeClock, RecordingAudit};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::harness::{TOKEN, parts};
use crate::gate::Ends;
use crate::{Api, ApiLimits, Rate};

fn methods() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "CONNECT"
        ])
        .prop_map(str::to_owned),
        "[A-Z]{1,12}",
    ]
}

fn paths() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "/health",
            "/metrics",
            "/",
            "/health/",
            "//health",
            "/Health",
            "/%68ealth",
            "/health/../metrics",
            "/health/metrics",
            "/metrics/",
            "/metrics?/health",
            "/metrics;/health",
            "/health?x=/metrics",
            "/api/v1/status",
            "/v1/models",
        ])
        .prop_map(str::to_owned),
        "(/|health|metrics|%2e|%2f|\\.|;|\\?|[a-z0-9]){0,8}".prop_map(|rest| format!("/{rest}")),
    ]
}

/// All but the token itself; many are nearly it.
fn authorizations() -> impl Strategy<Value = Option<Vec<u8>>> {
    let damaged = (0..TOKEN.len(), any::<u8>()).prop_map(|(at, byte)| {
        let mut token = TOKEN.as_bytes().to_vec();
        token[at] = byte;
        token
    });
    let tokens = prop_oneof![
        damaged,
        (0..TOKEN.len()).prop_map(|len| TOKEN.as_bytes()[..len].to_vec()),
        "[!-~]{0,80}".prop_map(String::into_bytes),
        Just(TOKEN.as_bytes().repeat(2)),
        Just(TOKEN.to_uppercase().into_bytes()),
    ];
    let tokens = tokens.prop_filter("that is the token", |token| token.trim_ascii() != TOKEN.as_bytes());
    let with_scheme = ("(Bearer|bearer|Basic|Token|) {0,2}", tokens)
        .prop_map(|(scheme, token)| [scheme.into_bytes(), token].concat());
    proptest::option::of(with_scheme)
}

#[test]
fn without_the_token_only_health_is_read() {
    let many = Rate::per_second(1_000_000, 1_000_000);
    let limits =
        ApiLimits { health: many, failed_per_peer: many, failed_in_all: many, ..ApiLimits::default() };
    let parts = parts(limits, Arc::new(RecordingAudit::new()), Arc::new(FakeClock::default()));
    let service = TowerToHyperService::new(Api::new(parts).into_router());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let ends = Ends { peer: [127, 0, 0, 1].into(), local: ([127, 0, 0, 1], 8080).into() };

    let requests = (methods(), paths(), authorizations());
    let judged = TestRunner::new(ProptestConfig::with_cases(4_096)).run(&requests, |request| {
        let (method, path, authorization) = request;
        let mut request = Request::builder().method(method.as_str()).uri(&path).extension(ends);
        request = request.header("host", "localhost:8080");
        if let Some(value) = &authorization {
            request = request.header("authorization", value.as_slice());
        }
        // What is no request at all never gets as far as here.
        let Ok(request) = request.body(Body::empty()) else { return Ok(()) };
        let expected = match method.as_str() {
            _ if request.uri().path() != "/health" => 401,
            "GET" | "HEAD" => 200,
            _ => 405,
        };
        let status = runtime.block_on(service.call(request)).unwrap().status().as_u16();
        prop_assert_eq!(status, expected);
        Ok(())
    });
    judged.unwrap();
}
