//! What a healthy vendor says, in both dialects.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{CHAT, Client, End, MESSAGES, question, spoken, vendor};
use crate::fake_vendor::{FakeOptions, FakeVendor};

const SAID: &str = "vendor with m answers: turn-7 and and and";

fn ask(path: &str, body: &Value) -> (String, Vec<u8>) {
    let vendor = vendor();
    let mut client = Client::of(&vendor);
    client.post(path, "k", body);
    client.response()
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[test]
fn a_chat_completion_names_the_vendor_and_the_turn() {
    let (head, body) = ask(CHAT, &question(false));
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    let answer = json(&body);
    assert_eq!(answer["choices"][0]["message"]["content"], SAID);
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert_eq!(answer["usage"]["completion_tokens"], SAID.len().div_ceil(4));
    assert_eq!(answer["usage"]["prompt_tokens"], question(false).to_string().len().div_ceil(4));
}

#[test]
fn a_streamed_completion_says_the_same_in_pieces() {
    let (head, body) = ask(CHAT, &question(true));
    assert!(head.contains("text/event-stream"), "{head}");
    assert_eq!(spoken(&body), SAID);
    let text = String::from_utf8(body).unwrap();
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    assert_eq!(text.matches(r#""delta":{"content":"#).count(), 8, "{text}");
    assert!(text.contains(r#""completion_tokens":"#), "{text}");
}

#[test]
fn usage_is_told_in_a_stream_only_when_asked_for() {
    let mut body = question(true);
    body.as_object_mut().unwrap().remove("stream_options");
    let (_, body) = ask(CHAT, &body);
    assert!(!String::from_utf8(body).unwrap().contains("usage"));
}

#[test]
fn messages_are_answered_in_anthropics_words() {
    let (_, body) = ask(MESSAGES, &question(false));
    let answer = json(&body);
    assert_eq!(answer["content"][0], json!({"type": "text", "text": SAID}));
    assert_eq!(answer["stop_reason"], "end_turn");
    assert!(answer["usage"]["input_tokens"].as_u64() > Some(0));

    let (_, body) = ask(MESSAGES, &question(true));
    assert_eq!(spoken(&body), SAID);
    let text = String::from_utf8(body).unwrap();
    let names: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(names[..3], ["message_start", "content_block_start", "ping"]);
    assert_eq!(names[names.len() - 3..], ["content_block_stop", "message_delta", "message_stop"]);
}

#[test]
fn a_tool_is_called_once_when_the_question_wants_it() {
    let words = r#"please [call look {"path": "."}]"#;
    let body = json!({"model": "m", "messages": [{"role": "user", "content": words}]});
    let (_, answer) = ask(CHAT, &body);
    let choice = json(&answer)["choices"][0].clone();
    assert_eq!(choice["message"]["tool_calls"][0]["function"]["name"], "look");
    assert_eq!(choice["message"]["tool_calls"][0]["function"]["arguments"], r#"{"path": "."}"#);
    assert_eq!(choice["finish_reason"], "tool_calls");

    let (_, answer) = ask(MESSAGES, &body);
    assert_eq!(json(&answer)["content"][0]["input"], json!({"path": "."}));

    let result = json!({"role": "user", "content": [{"type": "tool_result", "content": "there"}]});
    let after = json!({"model": "m", "messages": [{"role": "user", "content": words}, result]});
    let (_, answer) = ask(MESSAGES, &after);
    let text = json(&answer)["content"][0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains(words), "the mark is the question's, not the tool's: {text}");
}

#[test]
fn no_more_is_said_than_was_allowed() {
    let mut body = question(false);
    body["max_tokens"] = json!(5);
    let (_, answer) = ask(CHAT, &body);
    let answer = json(&answer);
    assert_eq!(answer["choices"][0]["message"]["content"], "vendor with m answer");
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    assert_eq!(answer["usage"]["completion_tokens"], 5);
}

#[test]
fn one_connection_carries_many_requests() {
    let vendor = vendor();
    let mut client = Client::of(&vendor);
    for number in 1..=20 {
        client.post(CHAT, "k", &question(number % 2 == 0));
        let (head, _) = client.response();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    }
    assert!(vendor.wait_for(Duration::from_secs(10), |totals| totals.answered == 20));
    assert_eq!(client.rest_if_any(), (String::new(), End::Quiet), "nothing is left over");
}

#[test]
fn many_connections_are_served_at_once() {
    let vendor = vendor();
    let mut clients: Vec<Client> = (0..200).map(|_| Client::of(&vendor)).collect();
    for client in &mut clients {
        client.post(CHAT, "k", &question(true));
    }
    for client in &mut clients {
        assert_eq!(spoken(&client.response().1), SAID);
    }
}

#[test]
fn a_key_that_nobody_knows_is_refused() {
    let credentials = vec!["good".to_owned()];
    let vendor = FakeVendor::start(FakeOptions { credentials, ..FakeOptions::default() }).unwrap();
    for (key, status) in [("good", "200 OK"), ("bad", "401 Unauthorized"), ("", "401 Unauthorized")] {
        let mut client = Client::of(&vendor);
        client.post(CHAT, key, &question(false));
        let (head, _) = client.response();
        assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{key:?}: {head}");
    }
    assert_eq!(vendor.stop().entries[1].mood, "unknown_key");
}
