//! A server whose models come and go, and a daemon that nobody told which one to ask.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::super::harness::Home;

/// A server with one model, or none. Its answer to everything is the model's name.
struct Server {
    base: String,
    model: Arc<Mutex<Option<&'static str>>>,
}

impl Server {
    /// The thread ends with the test's process.
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let model = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&model);
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let there = *shared.lock().unwrap();
                let _ = answer(stream, there);
            }
        });
        Self { base, model }
    }

    fn has(&self, model: Option<&'static str>) {
        *self.model.lock().unwrap() = model;
    }
}

fn answer(stream: TcpStream, there: Option<&str>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end().to_lowercase().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().unwrap(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let (status, kind, text) = if first.starts_with("GET") {
        let models: Vec<Value> = there.iter().map(|name| json!({"id": name})).collect();
        ("200 OK", "application/json", json!({"object": "list", "data": models}).to_string())
    } else {
        let asked: Value = serde_json::from_slice(&body).unwrap();
        if let Some(name) = there.filter(|name| asked["model"] == *name) {
            let event =
                json!({"choices": [{"index": 0, "delta": {"content": name}, "finish_reason": "stop"}]});
            ("200 OK", "text/event-stream", format!("data: {event}\n\ndata: [DONE]\n\n"))
        } else {
            let body = json!({"error": {"message": "no such model", "code": "model_not_found"}});
            ("404 Not Found", "application/json", body.to_string())
        }
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", text.len());
    write!(stream.get_mut(), "{head}connection: close\r\n\r\n{text}")
}

#[test]
fn a_server_without_its_model_is_asked_again_with_the_next_message() {
    let server = Server::start();
    let home = Home::empty().with_variable("OPENAI_BASE_URL", &server.base);
    home.write("config.json", r#"{"configVersion": 2}"#);
    let said = home.cli(&["onboard", "--yes"]).exits(0).stderr.replace(&server.base, "URL");
    assert!(said.contains("cannot answer yet: URL lists no model yet"), "{said}");
    let daemon = home.daemon();
    let mut talk = home.talk();
    let mut ask = || talk.ask("hi").delivered.concat();
    let unknown = "⚠️ The provider does not know the model that I am set to.";
    assert!(ask().starts_with(unknown), "nothing is there yet");
    server.has(Some("one"));
    assert_eq!(ask(), "one");
    server.has(Some("two"));
    assert!(ask().starts_with(unknown), "the one that was chosen is gone");
    assert_eq!(ask(), "two");
    daemon.stop();
}
