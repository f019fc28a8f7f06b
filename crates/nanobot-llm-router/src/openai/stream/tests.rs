//! Real and composed streams, whole and cut at every place, and streams of the worst kind.
//!
//! `samples/llama_server_*` are untouched answers of llama.cpp's server (as vendored by llama-cpp-python 0.3.36) to
//! the tiny models of the integration tests. The others are composed after what is known of those servers.

use nanobot_core::model::{ModelErrorKind, ModelRequest};
use nanobot_core::record::ReplyRecord;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::answering::AnswerDecoder;

const LLAMA_SERVER_CALL: &str = include_str!("samples/llama_server_tool_call.sse");
const LLAMA_SERVER_TEXT: &str = include_str!("samples/llama_server_text.sse");
const LLAMA_CPP_PYTHON: &str = include_str!("samples/llama_cpp_python_tool_call.sse");
const GATEWAY: &str = include_str!("samples/gateway_text.sse");

struct Collect(Vec<String>);

impl DeltaSink for Collect {
    fn restart(&mut self) {}

    fn text(&mut self, piece: &str) {
        assert!(!piece.is_empty(), "an empty delta");
        self.0.push(piece.to_owned());
    }
}

fn ids() -> CallIds {
    CallIds::after(&ModelRequest::default())
}

/// What became of an answer, for comparing: the reply or the error in words, and the deltas.
fn outcome<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Result<(ModelReply, bool), String>, Vec<String>) {
    let mut deltas = Collect(Vec::new());
    let mut decoder = AnswerDecoder::new(CompletionAnswer::new(ids()));
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

/// A stream of events with these pieces of JSON.
fn events(pieces: &[&str]) -> String {
    pieces.iter().flat_map(|piece| ["data: ", *piece, "\n\n"]).collect()
}

fn text_event(text: &str) -> String {
    json!({"choices": [{"index": 0, "delta": {"content": text}}]}).to_string()
}

const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

/// A reply on one line, as the journal stores it.
fn line(reply: &ModelReply) -> String {
    serde_json::to_string(&ReplyRecord::from(reply)).unwrap()
}

#[test]
fn real_streams_of_llama_server_are_read() {
    insta::assert_snapshot!(line(&reply(LLAMA_SERVER_CALL)), @r#"{"text":"","tool_calls":[{"id":"VdFwkmgvJvgtvrugzIX4FZaP4J6u7w6F","name":"get_weather","arguments":{"city":"Lima","unit":"C"}}],"finish":"tool_calls","usage":[359,0,8]}"#);
    insta::assert_snapshot!(line(&reply(LLAMA_SERVER_TEXT)), @r#"{"text":"pong from the tiny model","tool_calls":[],"finish":"stop","usage":[43,9,6]}"#);
}

#[test]
fn repeated_ids_and_names_of_llama_cpp_python_count_once() {
    insta::assert_snapshot!(line(&reply(LLAMA_CPP_PYTHON)), @r#"{"text":"","tool_calls":[{"id":"call__0_get_weather_cmpl-2","name":"get_weather","arguments":{"city":"Lima"}}],"finish":"tool_calls","usage":[null,null,null]}"#);
}

#[test]
fn a_gateways_comments_thoughts_and_final_usage_are_handled() {
    let (read, deltas) = outcome([GATEWAY.as_bytes()]);
    let (reply, repaired) = read.unwrap();
    insta::assert_snapshot!(line(&reply), @r#"{"text":"Grüß dich – 😊 👋!","tool_calls":[],"finish":"stop","usage":[14,0,9],"usage_besides":[null,4]}"#);
    assert_eq!(deltas, ["Grüß", " dich – 😊 👋", "!"]);
    assert!(!repaired);
}

#[test]
fn every_single_cut_gives_the_same_reply() {
    let cases = [(LLAMA_SERVER_TEXT, "\n"), (LLAMA_CPP_PYTHON, "\r\n"), (GATEWAY, "\r"), (GATEWAY, "\r\n")];
    for (sample, ending) in cases {
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
fn an_answer_in_one_piece_is_read_as_well() {
    let whole = json!({
        "object": "chat.completion",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
            "role": "assistant", "content": "On it.",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}}],
        }}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    });
    let (read, deltas) = outcome([b" \n".as_slice(), whole.to_string().as_bytes()]);
    let (reply, _) = read.unwrap();
    assert_eq!(deltas, ["On it."]);
    assert_eq!(reply.tool_calls[0].arguments, json!({"a": 1}));
    assert_eq!(reply.usage, Usage { input: Some(3), output: Some(2), ..Usage::default() });
}

#[test]
fn content_may_be_null_missing_empty_or_in_parts() {
    let stream = events(&[
        r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]}"#,
        r#"{"choices":[{"index":0,"delta":null}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":""}}]}"#,
        r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"a"}]}}]}"#,
        r#"{"choices":[{"index":1,"delta":{"content":"not ours"}}]}"#,
        r#"{"choices":null}"#,
        r#"{"choices":[{"index":0,"delta":{"reasoning_content":"hm","content":"b"},"finish_reason":""}]}"#,
        STOP,
    ]);
    assert_eq!(reply(&stream).text, "ab");
}

#[test]
fn either_end_mark_is_enough() {
    assert_eq!(reply(&events(&[&text_event("a"), STOP])).text, "a");
    assert_eq!(reply(&events(&[&text_event("a"), "[DONE]"])).text, "a");
    assert_eq!(reply(events(&[&text_event("a"), STOP]).trim_end()).text, "a");
}

#[test]
fn an_answer_without_end_mark_does_not_count() {
    assert_eq!(failure(&events(&[&text_event("a")])), "the answer ended before it was complete");
    assert_eq!(failure("data: {\"choices\":[{\"del"), "the answer ended before it was complete");
    assert_eq!(failure(""), "the answer ended before it was complete");
}

#[test]
fn what_is_no_answer_is_called_so() {
    assert_eq!(failure("<!doctype html><p>Sign in"), "the provider answered with a web page");
    assert_eq!(failure("Internal error"), "the answer holds no choice");
    assert_eq!(failure("data: [DONE]\n\n"), "the answer holds no choice");
    assert_eq!(failure(r#"{"choices":[]}"#), "the answer holds no choice");
    assert_eq!(failure(r#"{"choices":7}"#), "the answer is JSON, but not of a chat completion");
    assert_eq!(failure(r#"{"choices":[{"#), "a piece of the answer is no JSON (line 1, column 13)");
    assert_eq!(failure("data: {oops}\n\n"), "a piece of the answer is no JSON (line 1, column 2)");
}

#[test]
fn a_refusal_inside_the_stream_is_typed() {
    let refused = |error: &str| failure(&events(&[&text_event("a"), error, "[DONE]"]));
    assert_eq!(refused(r#"{"error":{"message":"x","code":"insufficient_quota"}}"#), "billing");
    assert_eq!(refused(r#"{"error":{"message":"x","code":502},"choices":[]}"#), "server");
    assert_eq!(
        refused(r#"{"object":"error","message":"x","type":"overloaded_error","code":503}"#),
        "overloaded"
    );
    assert_eq!(refused(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}"#), "server");
    let explained =
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"code":429,"message":"x"}}]}"#;
    assert_eq!(refused(explained), "rate_limited");
    let no_room = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"insufficient_system_resource"}]}"#;
    assert_eq!(refused(no_room), "overloaded");
    assert_eq!(failure(r#"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}]"#), "rate_limited");
}

#[test]
fn bytes_that_are_no_utf8_are_replaced_and_noted() {
    let mut stream = b"data: {\"choices\":[{\"delta\":{\"content\":\"a\xFFb\"}}]}\n\n".to_vec();
    stream.extend_from_slice(events(&[STOP]).as_bytes());
    let (reply, repaired) = outcome([stream.as_slice()]).0.unwrap();
    assert_eq!((reply.text.as_str(), repaired), ("a\u{fffd}b", true));
}

#[test]
fn parallel_calls_without_indices_are_told_apart_by_their_ids() {
    let call = |id: &str, name: &str, arguments: &str| {
        json!({"choices": [{"delta": {"tool_calls": [
            {"id": id, "function": {"name": name, "arguments": arguments}}]}}]})
        .to_string()
    };
    let stream = events(&[&call("a", "f", "{\"x\""), &call("", "", ":1}"), &call("b", "g", "{}"), "[DONE]"]);
    let calls: Vec<String> =
        reply(&stream).tool_calls.iter().map(|c| format!("{} {} {}", c.id, c.name, c.arguments)).collect();
    assert_eq!(calls, ["a f {\"x\":1}", "b g {}"]);
}

#[test]
fn parallel_calls_that_share_one_index_are_told_apart_by_their_ids() {
    // Gemini's OpenAI endpoint numbers every call of an answer 0.
    let call = |id: &str, name: &str, arguments: &str| {
        json!({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": id, "type": "function",
            "function": {"name": name, "arguments": arguments}}]}}]})
        .to_string()
    };
    let (a1, a2) = (call("a1", "f", "{\"x\":1}"), call("a2", "g", "{\"y\""));
    let rest = r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":":2}"}}]}}]}"#;
    let read = reply(&events(&[&a1, &a2, rest, STOP]));
    let calls: Vec<String> =
        read.tool_calls.iter().map(|c| format!("{} {} {}", c.id, c.name, c.arguments)).collect();
    assert_eq!(calls, ["a1 f {\"x\":1}", "a2 g {\"y\":2}"]);
    assert_eq!(read.finish, FinishReason::ToolCalls);
}

#[test]
fn an_id_that_changes_in_the_middle_of_a_call_opens_no_other_one() {
    let first = r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}]}}]}"#;
    let second =
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"b","function":{"arguments":":1}"}}]}}]}"#;
    insta::assert_snapshot!(line(&reply(&events(&[first, second, STOP]))), @r#"{"text":"","tool_calls":[{"id":"a","name":"f","arguments":{"x":1}}],"finish":"tool_calls","usage":[null,null,null]}"#);
}

#[test]
fn the_finish_reason_agrees_with_the_calls() {
    let call = r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{\"cut"}}]}}]}"#;
    let ending = |word: &str| format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"{word}"}}]}}"#);
    let with_call = |word: &str| reply(&events(&[call, &ending(word)]));
    assert_eq!(with_call("stop").finish, FinishReason::ToolCalls);
    assert_eq!(with_call("length").finish, FinishReason::Length);
    assert_eq!(with_call("length").tool_calls[0].arguments, json!({"raw": "{\"cut"}));
    let without = |word: &str| reply(&events(&[&text_event("a"), &ending(word)])).finish;
    assert_eq!(without("tool_calls"), FinishReason::Stop);
    assert_eq!(without("content_filter"), FinishReason::ContentFilter);
    assert_eq!(without("eos"), FinishReason::Other);
}

#[test]
fn a_call_without_a_name_is_no_answer() {
    let stream = events(&[r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x"}]}}]}"#, "[DONE]"]);
    assert_eq!(failure(&stream), "a tool call of the answer names no tool");
}

#[test]
fn an_answer_that_grows_beyond_its_limit_is_given_up() {
    let piece = text_event(&"x".repeat(64 * 1024));
    let stream = events(&vec![piece.as_str(); 65]);
    assert_eq!(failure(&stream), "the answer is longer than 4 MiB");
    let fragment = json!({"choices": [{"delta": {"tool_calls": [
        {"index": 0, "function": {"name": "f", "arguments": "y".repeat(64 * 1024)}}]}}]})
    .to_string();
    assert_eq!(failure(&events(&vec![fragment.as_str(); 65])), "the answer is longer than 4 MiB");
    let with_id = |index: usize| {
        let id = format!("{index}{}", "z".repeat(64 * 1024));
        json!({"choices": [{"delta": {"tool_calls": [{"index": index, "id": id, "function": {"name": "f"}}]}}]})
            .to_string()
    };
    let ids: Vec<String> = (0..65).map(with_id).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(failure(&events(&ids)), "the answer is longer than 4 MiB");
    let many: Vec<String> = (0..129)
        .map(|index| format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{{"index":{index}}}]}}}}]}}"#))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(failure(&events(&many)), "the answer holds more than 128 tool calls");
}

#[test]
fn a_body_in_one_piece_has_a_limit_too() {
    let mut deltas = Collect(Vec::new());
    let mut decoder = AnswerDecoder::new(CompletionAnswer::new(ids()));
    decoder.push(b"{", &mut deltas).unwrap();
    let piece = vec![b' '; 1024 * 1024];
    let pushed = (0..16).try_for_each(|_| decoder.push(&piece, &mut deltas).map(|_| ()));
    assert_eq!(in_words(pushed.unwrap_err()), "the answer is longer than 4 MiB");
}

#[test]
fn a_stream_has_a_limit_whatever_it_is_made_of() {
    let mut deltas = Collect(Vec::new());
    let mut decoder = AnswerDecoder::new(CompletionAnswer::new(ids()));
    decoder.push(b": hello\n\n", &mut deltas).unwrap();
    let comments = vec![b':'; 128 * 1024 * 1024];
    let error = decoder.push(&comments, &mut deltas).unwrap_err();
    assert_eq!(in_words(error), "the answer is longer than 128 MiB");
}

#[test]
fn rubbish_behind_the_end_leaves_the_answer_as_it_was() {
    let counted = r#"{"choices":[],"usage":{"prompt_tokens":3}}"#;
    let whole = events(&[&text_event("a"), STOP, counted]);
    let long = format!("data: {}", "x".repeat(2 * 1024 * 1024));
    for rubbish in [
        "data: {oops}\n\n",
        "data: {\"choices\":7}\n\n",
        "data: {\"error\":{\"code\":\"overloaded_error\"}}\n\n",
        "data: {\"error\":{\"code\":\"overloaded_error\"}}",
        "\u{0}\u{1}\n\n<html>",
        &long,
    ] {
        let stream = format!("{whole}{rubbish}");
        let (read, deltas) = outcome([stream.as_bytes()]);
        let (reply, _) = read.unwrap();
        assert_eq!((reply.text.as_str(), reply.usage.input), ("a", Some(3)));
        assert_eq!(deltas, ["a"]);
        let (start, end) = stream.as_bytes().split_at(whole.len() + 9);
        assert_eq!(outcome([start, end]).0.unwrap().0, reply);
    }
    let in_the_middle = events(&[&text_event("a"), "{oops}", STOP]);
    assert_eq!(failure(&in_the_middle), "a piece of the answer is no JSON (line 1, column 2)");
}

#[test]
fn refusals_carry_the_kind_for_the_caller() {
    let DecodeError::Refused(refusal) = AnswerDecoder::new(CompletionAnswer::new(ids()))
        .push(
            events(&[r#"{"error":{"code":"context_length_exceeded"}}"#]).as_bytes(),
            &mut Collect(Vec::new()),
        )
        .unwrap_err()
    else {
        panic!("not a refusal")
    };
    assert_eq!(refusal.into_error(200, None).kind, ModelErrorKind::ContextOverflow);
}

/// Pieces of streams, good and bad.
fn fragments() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ a-zäß€🦀\\\\\"]{0,6}".prop_map(|text| format!("data: {}\n\n", text_event(&text))),
        ("[a-z{}\":,1]{0,5}", "[cd]?").prop_map(|(piece, id)| {
            let call = json!({"index": 0, "id": id, "function": {"name": "f", "arguments": piece}});
            format!("data: {}\r\n\r\n", json!({"choices": [{"delta": {"tool_calls": [call]}}]}))
        }),
        Just(format!("data: {STOP}\r\r")),
        Just("data: [DONE]\n\n".to_owned()),
        Just(": keep-alive\n\n".to_owned()),
        Just("event: x\ndata: {\"choices\":\ndata: []}\n\n".to_owned()),
        Just("data: {\"error\":{\"code\":\"overloaded_error\"}}\n\n".to_owned()),
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
        if let Ok((reply, _)) = read {
            prop_assert_eq!(deltas.concat(), reply.text);
        }
    }

    #[test]
    fn calls_come_out_whole_however_they_are_numbered(
        values in proptest::collection::vec(0..1000_u32, 1..6),
        numbering in prop::sample::select(vec!["all are 0", "each its own", "none"]),
        id_in_every_piece in any::<bool>(),
        cut in any::<proptest::sample::Index>(),
    ) {
        let mut pieces = Vec::new();
        for (at, value) in values.iter().enumerate() {
            let arguments = json!({"value": value}).to_string();
            let (start, rest) = arguments.split_at(cut.index(arguments.len()));
            let mut first = json!({"id": format!("a{at}"), "function": {"name": "f", "arguments": start}});
            let mut second = json!({"function": {"arguments": rest}});
            if id_in_every_piece {
                second["id"] = first["id"].clone();
            }
            for piece in [&mut first, &mut second] {
                match numbering {
                    "all are 0" => piece["index"] = 0.into(),
                    "each its own" => piece["index"] = at.into(),
                    _ => {}
                }
                pieces.push(json!({"choices": [{"delta": {"tool_calls": [piece]}}]}).to_string());
            }
        }
        pieces.push(STOP.to_owned());
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let calls: Vec<(String, Value)> =
            reply(&events(&pieces)).tool_calls.into_iter().map(|c| (c.id.to_string(), c.arguments)).collect();
        let expected: Vec<(String, Value)> = values
            .iter()
            .enumerate()
            .map(|(at, value)| (format!("a{at}"), json!({"value": value})))
            .collect();
        prop_assert_eq!(calls, expected);
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = outcome([bytes.as_slice()]);
    }
}
