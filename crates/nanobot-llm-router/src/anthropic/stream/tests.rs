//! Real and composed streams, whole and cut at every place, and streams of the worst kind.
//!
//! `samples/llama_server_*` are untouched answers of llama.cpp's server (as vendored by llama-cpp-python 0.3.36) to
//! the tiny models of the integration tests. `claude_*` is composed after the vendor's page on streaming.

use nanobot_core::model::{ModelErrorKind, ModelRequest};
use nanobot_core::record::ReplyRecord;
use nanobot_core::testing::CollectedDeltas;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::answering::AnswerDecoder;

const LLAMA_SERVER_TEXT: &str = include_str!("../samples/llama_server_text.sse");
const LLAMA_SERVER_WHOLE: &str = include_str!("../samples/llama_server_text.json");
const LLAMA_SERVER_CALL: &str = include_str!("../samples/llama_server_tool_use.sse");
const CLAUDE: &str = include_str!("../samples/claude_thinking_tool_use.sse");

/// What became of an answer, for comparing: the reply or the error in words, and the deltas.
fn outcome<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Result<(ModelReply, bool), String>, Vec<String>) {
    let mut deltas = CollectedDeltas::default();
    let ids = CallIds::after(&ModelRequest::default());
    let mut decoder = AnswerDecoder::new(MessageAnswer::new(ids));
    for piece in pieces {
        match decoder.push(piece, &mut deltas) {
            Ok(Progress::Ended) => break,
            Ok(Progress::Writing | Progress::Finished) => {}
            Err(error) => return (Err(in_words(error)), deltas.0),
        }
    }
    let read = decoder.finish(&mut deltas);
    (read.map(|read| (read.reply, read.repaired_utf8)).map_err(in_words), deltas.0)
}

fn in_words(error: DecodeError) -> String {
    match error {
        DecodeError::Unreadable(error) => error.to_string(),
        DecodeError::Refused(refusal) => refusal.into_error(200, None).kind.code().to_owned(),
    }
}

fn reply(stream: &str) -> ModelReply {
    outcome([stream.as_bytes()]).0.unwrap().0
}

fn failure(stream: &str) -> String {
    outcome([stream.as_bytes()]).0.unwrap_err()
}

fn events(pieces: &[Value]) -> String {
    let event = |piece: &Value| format!("event: {}\ndata: {piece}\n\n", piece["type"].as_str().unwrap());
    pieces.iter().map(event).collect()
}

fn start() -> Value {
    json!({"type": "message_start", "message": {"type": "message", "content": [], "usage": {"input_tokens": 3}}})
}

fn text(text: &str) -> Value {
    json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
}

fn ending(reason: &str) -> Value {
    json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 2}})
}

fn stop() -> Value {
    json!({"type": "message_stop"})
}

/// A reply on one line, as the journal stores it.
fn line(reply: &ModelReply) -> String {
    serde_json::to_string(&ReplyRecord::from(reply)).unwrap()
}

#[test]
fn real_answers_of_llama_server_are_read() {
    insta::assert_snapshot!(line(&reply(LLAMA_SERVER_TEXT)), @r#"{"text":"pong from the tiny model","tool_calls":[],"finish":"stop","usage":[32,31,6]}"#);
    insta::assert_snapshot!(line(&reply(LLAMA_SERVER_WHOLE)), @r#"{"text":"pong from the tiny model","tool_calls":[],"finish":"stop","usage":[32,31,6]}"#);
    insta::assert_snapshot!(line(&reply(LLAMA_SERVER_CALL)), @r#"{"text":"","tool_calls":[{"id":"UAkImGXJxfeEQhhWyYkxA1AGMg9guli8","name":"list_dir","arguments":{"path":"."}}],"finish":"tool_calls","usage":[136,135,6]}"#);
}

#[test]
fn thoughts_are_left_out_and_counted() {
    let (read, deltas) = outcome([CLAUDE.as_bytes()]);
    let (reply, repaired) = read.unwrap();
    insta::assert_snapshot!(line(&reply), @r#"{"text":"Grüß dich – ich schaue nach. 😊","tool_calls":[{"id":"toolu_01T1x1fJ34qAmk2tNTrN7Up6","name":"get_weather","arguments":{"city":"München"}},{"id":"toolu_01A09q90qw90lq917835lq9","name":"get_time","arguments":{}}],"finish":"tool_calls","usage":[3572,2000,89],"usage_besides":[1100,31]}"#);
    assert_eq!(deltas, ["Grüß dich", " – ich schaue nach. 😊"]);
    assert!(!repaired);
    // What is read is told in parts that do not overlap, and is one sum here.
    let Usage { input, cached_input, cache_write, output, reasoning } = reply.usage;
    assert_eq!(
        [input, cached_input, cache_write, output, reasoning],
        [Some(3572), Some(2000), Some(1100), Some(89), Some(31)]
    );
}

#[test]
fn every_single_cut_gives_the_same_reply() {
    for (sample, ending) in
        [(CLAUDE, "\n"), (CLAUDE, "\r\n"), (LLAMA_SERVER_TEXT, "\r"), (LLAMA_SERVER_WHOLE, "\n")]
    {
        let stream = sample.replace('\n', ending).into_bytes();
        let whole = outcome([stream.as_slice()]);
        assert!(whole.0.is_ok(), "{whole:?}");
        for cut in 0..=stream.len() {
            let (start, end) = stream.split_at(cut);
            assert_eq!(outcome([start, end]), whole, "cut at {cut}");
        }
        assert_eq!(outcome(stream.chunks(1)), whole, "byte by byte");
    }
}

#[test]
fn why_it_stopped_is_told_in_our_words() {
    for (reason, expected) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("refusal", FinishReason::ContentFilter),
        ("pause_turn", FinishReason::Other),
        ("something_new", FinishReason::Other),
        // No tool is called.
        ("tool_use", FinishReason::Stop),
    ] {
        let read = reply(&events(&[start(), text("a"), ending(reason), stop()]));
        assert_eq!((read.text.as_str(), read.finish), ("a", expected), "{reason}");
    }
}

#[test]
fn the_stop_reason_is_an_end_by_itself() {
    assert_eq!(reply(&events(&[start(), text("a"), ending("end_turn")])).text, "a");
    assert_eq!(failure(&events(&[start(), text("a")])), "the answer ended before it was complete");
    assert_eq!(
        failure("event: message_start\ndata: {\"type\":\"mes"),
        "the answer ended before it was complete"
    );
    assert_eq!(failure(""), "the answer ended before it was complete");
    // A model may have nothing to say.
    assert_eq!(reply(&events(&[start(), ending("end_turn"), stop()])).text, "");
}

#[test]
fn what_is_no_answer_is_called_so() {
    assert_eq!(failure("<!doctype html><p>Sign in"), "the provider answered with a web page");
    assert_eq!(failure("Internal error"), "the answer holds no choice");
    assert_eq!(failure(&events(&[stop()])), "the answer holds no choice");
    assert_eq!(failure(r#"{"type":"ping"}"#), "the answer holds no choice");
    assert_eq!(failure(r#"{"choices":[]}"#), "the answer is JSON, but not of a chat completion");
    assert_eq!(failure("data: {oops}\n\n"), "a piece of the answer is no JSON (line 1, column 2)");
    let nameless =
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "x"}});
    assert_eq!(failure(&events(&[start(), nameless, stop()])), "a tool call of the answer names no tool");
}

#[test]
fn an_error_inside_the_stream_is_typed() {
    for (word, expected) in [
        ("overloaded_error", ModelErrorKind::Overloaded),
        ("api_error", ModelErrorKind::Server),
        ("rate_limit_error", ModelErrorKind::RateLimited),
        ("timeout_error", ModelErrorKind::FirstByteTimeout),
    ] {
        let error = json!({"type": "error", "error": {"type": word, "message": "m"}});
        assert_eq!(failure(&events(&[start(), text("a"), error])), expected.code(), "{word}");
    }
}

#[test]
fn rubbish_behind_the_end_leaves_the_answer_as_it_was() {
    let whole = events(&[start(), text("a"), ending("end_turn")]);
    for rubbish in [
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}\n\n",
        "data: {oops}\n\n",
        "data: {\"type\":7}\n\n",
    ] {
        let read = reply(&format!("{whole}{rubbish}{}", events(&[text("b")])));
        assert_eq!((read.text.as_str(), read.usage.output), ("a", Some(2)), "{rubbish}");
    }
}

#[test]
fn input_that_is_no_object_is_kept_as_text() {
    let block = |input: &Value| {
        json!({"type": "message", "stop_reason": "tool_use", "content": [
            {"type": "tool_use", "id": "a", "name": "f", "input": input}]})
        .to_string()
    };
    let arguments = |input: Value| reply(&block(&input)).tool_calls[0].arguments.clone();
    assert_eq!(arguments(json!({"x": 1})), json!({"x": 1}));
    assert_eq!(arguments(Value::Null), json!({}));
    assert_eq!(arguments(json!([1])), json!({"raw": "[1]"}));
    let cut = json!({"type": "content_block_delta", "index": 0,
        "delta": {"type": "input_json_delta", "partial_json": "{\"cut"}});
    let begun = json!({"type": "content_block_start", "index": 0,
        "content_block": {"type": "tool_use", "id": "a", "name": "f", "input": {}}});
    let read = reply(&events(&[start(), begun, cut, ending("max_tokens"), stop()]));
    assert_eq!(
        (read.finish, &read.tool_calls[0].arguments),
        (FinishReason::Length, &json!({"raw": "{\"cut"}))
    );
}

#[test]
fn an_answer_that_grows_beyond_its_limit_is_given_up() {
    let grown = |delta: Value| json!({"type": "content_block_delta", "index": 0, "delta": delta});
    let long = "x".repeat(64 * 1024);
    for piece in [
        grown(json!({"type": "text_delta", "text": long})),
        grown(json!({"type": "thinking_delta", "thinking": long})),
        grown(json!({"type": "input_json_delta", "partial_json": long})),
    ] {
        assert_eq!(failure(&events(&vec![piece; 65])), "the answer is longer than 4 MiB");
    }
    let call = |index: usize| {
        json!({"type": "content_block_start", "index": index,
            "content_block": {"type": "tool_use", "id": "x", "name": "f"}})
    };
    let block = |index: usize, id: &str, input: Value| {
        json!({"type": "content_block_start", "index": index,
            "content_block": {"type": "tool_use", "id": id, "name": "f", "input": input}})
    };
    let ids: Vec<Value> = (0..65).map(|index| block(index, &long, json!({}))).collect();
    assert_eq!(failure(&events(&ids)), "the answer is longer than 4 MiB");
    let inputs: Vec<Value> = (0..65).map(|index| block(index, "x", json!({"text": long}))).collect();
    assert_eq!(failure(&events(&inputs)), "the answer is longer than 4 MiB");
    let many: Vec<Value> = (0..129).map(call).collect();
    assert_eq!(failure(&events(&many)), "the answer holds more than 128 tool calls");
}

/// Pieces of streams, good and bad.
fn fragments() -> impl Strategy<Value = String> {
    let call = json!({"type": "content_block_start", "index": 1,
        "content_block": {"type": "tool_use", "id": "c", "name": "f", "input": {}}});
    prop_oneof![
        Just(events(&[start()])),
        "[ a-zäß€🦀\\\\\"]{0,6}".prop_map(|said| events(&[text(&said)])),
        Just(events(&[call])),
        "[a-z{}\":,1]{0,5}".prop_map(|piece| events(&[json!({"type": "content_block_delta", "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": piece}})])),
        Just(events(&[ending("end_turn")]).replace('\n', "\r\n")),
        Just(events(&[stop()])),
        Just(": keep-alive\n\nevent: ping\ndata: {\"type\":\ndata: \"ping\"}\n\n".to_owned()),
        Just("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}\n\n".to_owned()),
        Just("data: {broken\n\n".to_owned()),
        "\\PC{0,4}".prop_map(|text| text),
    ]
}

proptest! {
    #[test]
    fn cuts_never_change_the_outcome(
        stream in proptest::collection::vec(fragments(), 0..10),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..20),
    ) {
        let bytes = stream.concat().into_bytes();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        let pieces = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
        prop_assert_eq!(outcome(pieces), outcome([bytes.as_slice()]));
    }

    #[test]
    fn the_deltas_are_the_text(stream in proptest::collection::vec(fragments(), 0..10)) {
        let (read, deltas) = outcome([stream.concat().as_bytes()]);
        prop_assert!(deltas.iter().all(|piece| !piece.is_empty()));
        if let Ok((reply, _)) = read {
            prop_assert_eq!(deltas.concat(), reply.text);
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = outcome([bytes.as_slice()]);
    }
}
