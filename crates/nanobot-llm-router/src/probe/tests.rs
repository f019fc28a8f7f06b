//! Lists of models from servers that say what they are told.

use super::*;
use crate::scripted_server::{Act, ScriptedServer, response};

const LLAMA_SERVER: &str = r#"{"models":[{"name":"tiny"}],"object":"list","data":[{"id":"tiny","object":"model","created":1795681673,"owned_by":"llamacpp","meta":{"n_ctx":2048}}]}"#;

fn at(server: &ScriptedServer) -> Candidate {
    Candidate { kind: LocalKind::Other, base: server.base() }
}

#[tokio::test]
async fn a_server_that_lists_models_is_found_and_recognised() {
    let llama = ScriptedServer::answering("200 OK", "application/json", LLAMA_SERVER).await;
    let locked = ScriptedServer::answering("401 Unauthorized", "application/json", "{}").await;
    let empty = ScriptedServer::answering("200 OK", "application/json", r#"{"data":[]}"#).await;
    let page = ScriptedServer::answering("200 OK", "text/html", "<html>").await;
    let endless = ScriptedServer::start([
        Act::Send(response("200 OK", "application/json", r#"{"data":["#)),
        Act::Forever(vec![b' '; 60_000]),
    ])
    .await;
    let candidates = [&locked, &llama, &empty, &page, &endless].map(at);
    let found = probe_within(Duration::from_secs(20), &candidates).await;
    assert_eq!(
        found,
        [Found { kind: LocalKind::LlamaCpp, base: llama.base(), models: vec!["tiny".to_owned()] }]
    );
    assert!(llama.requests()[0].head.starts_with("GET /v1/models HTTP/1.1"));
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let silent = ScriptedServer::start([Act::Hang]).await;
    assert!(probe_local(&[at(&silent)]).await.is_empty());
}

#[tokio::test]
async fn a_place_beyond_this_machine_is_not_even_asked() {
    let base = Endpoint::parse("http://192.0.2.1/v1").unwrap();
    assert!(probe_local(&[Candidate { kind: LocalKind::Other, base }]).await.is_empty());
    assert!(usual_candidates().iter().all(|candidate| candidate.base.is_loopback()));
    assert_eq!(usual_candidates().len(), 3);
}

#[tokio::test]
async fn a_provider_lists_its_models_to_the_holder_of_a_key() {
    let server = ScriptedServer::answering("200 OK", "application/json", LLAMA_SERVER).await;
    let key = Secret::new("k-1".to_owned());
    assert_eq!(models_at(&server.base(), Some(&key)).await.unwrap(), ["tiny"]);
    assert!(server.requests()[0].head.contains("authorization: Bearer k-1"));

    let refusing = ScriptedServer::answering("401 Unauthorized", "application/json", "{}").await;
    let error = models_at(&refusing.base(), Some(&key)).await.unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::Auth);
}

#[tokio::test]
async fn a_server_that_keeps_no_list_is_told_from_one_that_cannot_be_asked() {
    for (status, expected) in [
        ("404 Not Found", ModelErrorKind::BadAnswer),
        ("405 Method Not Allowed", ModelErrorKind::BadAnswer),
        ("501 Not Implemented", ModelErrorKind::BadAnswer),
        ("302 Found", ModelErrorKind::Server),
        ("403 Forbidden", ModelErrorKind::Server),
        ("502 Bad Gateway", ModelErrorKind::Server),
    ] {
        let server = ScriptedServer::answering(status, "text/html", "<html>").await;
        let error = models_at(&server.base(), None).await.unwrap_err();
        assert_eq!(error.kind, expected, "{status}");
    }
}

#[test]
fn unusable_model_names_are_left_out() {
    let list = r#"{"data":[{"id":"a"},{"id":" "},{"id":"b\u0007"},{"id":"c","owned_by":null}]}"#;
    let list: ModelList = serde_json::from_str(list).unwrap();
    assert_eq!(list.names(), ["a", "c"]);
}
