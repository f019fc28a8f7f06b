//! Numbers 9 and 11, as far as they exist: no tool reaches the machine, and no key leaves the settings.

use std::sync::Arc;

use nanobot_core::model::ModelRequest;
use nanobot_core::testing::ScriptedModel;
use nanobot_core::testing::event::cli;
use nanobotd::{Adapters, App, Drained, adapters};
use proptest::prelude::*;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Log, PATIENCE, TestHome, Watcher, cases};

// Invariant 9: where the sandbox is switched off nothing is offered that would need one.
#[test]
fn without_a_sandbox_no_tool_runs_a_command() {
    Log::default().run(async {
        let home = TestHome::new("");
        let mut boot = home.boot();
        let names = |with: &Adapters| -> Vec<String> {
            with.tools.specs().into_iter().map(|spec| spec.name).collect()
        };
        let boxed = adapters(&boot).await.unwrap();
        assert_eq!(names(&boxed), ["read_file", "write_file", "edit_file", "list_dir", "exec"]);
        drop(boxed);
        boot.loaded.config.security.strict_profile = false;
        boot.loaded.config.tools.exec.isolation.enabled = false;
        boot.loaded.config.tools.exec.allow_host_execution = true;
        let open = adapters(&boot).await.unwrap();
        assert_eq!(names(&open), ["read_file", "write_file", "edit_file", "list_dir"]);
        assert!(open.sandbox.is_none());
    });
}

fn paths() -> impl Strategy<Value = String> {
    let piece =
        prop::sample::select(vec!["..", ".", "workspace", "inside", "way-out", "/", "~", "", "config.toml"]);
    let ending =
        prop::sample::select(vec!["config.toml", "canary.txt", "way-out/canary.txt", "/proc/self/environ"]);
    (prop::collection::vec(piece, 0..6), ending).prop_map(|(mut pieces, ending)| {
        pieces.push(ending);
        pieces.join("/")
    })
}

const CANARY: &str = "canary-4711-outside";

proptest! {
    #![proptest_config(cases(64))]

    // Invariant 9, for the tools that exist: what lies outside the workspace stays there.
    #[test]
    fn no_path_leads_a_tool_out_of_the_workspace(path in paths()) {
        let home = TestHome::new(&format!("# {CANARY}\n"));
        std::fs::create_dir_all(home.root().join("workspace/inside")).unwrap();
        std::fs::write(home.root().join("canary.txt"), CANARY).unwrap();
        std::os::unix::fs::symlink(home.root(), home.root().join("workspace/way-out")).unwrap();
        let model = Arc::new(ScriptedModel::new());
        for absolute in [false, true] {
            let path = if absolute { home.root().join(&path).display().to_string() } else { path.clone() };
            model.push_call(&format!("c-{absolute}"), "read_file", json!({"path": path}));
        }
        model.push_text("done");
        let asked: Vec<ModelRequest> = Log::default().run(async {
            let boot = home.boot();
            let adapters = home.adapters(&boot, model.clone()).await;
            let app = App::start_with(boot, adapters).await.unwrap();
            app.ingest().receive(cli("read it").id("c1").build()).await.unwrap();
            assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
            model.requests()
        });
        prop_assert_eq!(asked.len(), 3);
        prop_assert!(!format!("{asked:?}").contains(CANARY), "{}", path);
    }
}

const KEY: &str = "sk-canary-0123456789abcdef0123456789abcdef";

/// A provider that refuses the key and says it back, in header and body, as careless ones do.
async fn careless_provider(listener: TcpListener) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut request = vec![0; 64 * 1024];
            let read = stream.read(&mut request).await.unwrap();
            let had_key = String::from_utf8_lossy(&request[..read]).contains(KEY);
            let body = format!(
                r#"{{"error":{{"message":"Incorrect API key provided: {KEY}","type":"x","code":"{KEY}","got":{had_key}}}}}"#
            );
            let head = format!(
                "HTTP/1.1 401 {KEY}\r\ncontent-type: application/json\r\nwww-authenticate: Bearer {KEY}\r\nconnection: \
                 close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(body.as_bytes()).await.unwrap();
            assert!(had_key, "the key goes to the provider, and nowhere else");
        });
    }
}

/// What a person and an operator see of a turn with a careless provider, and what is left of it.
async fn refused_turn(port: u16, base: &str) -> (TestHome, String, String) {
    let home = TestHome::with_json(&json!({
        "agents": {"defaults": {"model": "canary"}},
        "providers": {"vllm": {"apiKey": KEY, "apiBase": base.replace("PORT", &port.to_string())}},
    }));
    let boot = home.boot();
    let settings = format!("{:?}", boot.loaded);
    let mut app = App::start(boot).await.unwrap();
    let terminal = Watcher::attach(&mut app, "default").await;
    app.ingest().receive(cli("hello").id("c1").build()).await.unwrap();
    terminal.ends(1).await;
    let status = format!("{:?}", app.control().status().await);
    assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
    let seen = format!("{status}\n{:?}", terminal.finish().await);
    (home, settings, seen)
}

fn no_key_leaves(base: &str) -> String {
    let log = Log::default();
    let (home, settings, seen) = log.run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let provider = tokio::spawn(careless_provider(listener));
        let traces = refused_turn(port, base).await;
        provider.abort();
        traces
    });
    assert!(seen.contains("refuses my key"), "the provider was asked and refused: {seen}");
    assert!(log.text().contains("model call"), "the failure is in the log");
    assert!(!seen.contains(KEY), "{seen}");
    assert!(!log.text().contains(KEY), "{}", log.text());
    for (path, text) in home.files() {
        assert!(path.ends_with("config.json") || !text.contains(KEY), "in {}", path.display());
    }
    settings
}

// Invariant 11.
#[test]
fn a_providers_key_is_in_no_log_answer_file_status_or_listing() {
    let settings = no_key_leaves(&format!("http://user:{KEY}@127.0.0.1:PORT/v1"));
    assert!(!settings.contains(KEY), "{settings}");
}

// Invariant 11: some people put the key behind the address.
#[test]
fn a_key_in_the_query_of_an_address_is_in_no_log_answer_file_or_status() {
    no_key_leaves(&format!("http://127.0.0.1:PORT/v1?key={KEY}"));
}
