//! Each mood, on the wire.

use std::time::Duration;

use serde_json::Value;

use super::client::{CHAT, Client, End, MESSAGES, question, spoken, vendor};
use crate::fake_vendor::{FakeVendor, Mood, Rule};

/// What comes of one question in a mood.
fn met(mood: Mood, path: &str, streamed: bool) -> (String, End) {
    let vendor = vendor();
    vendor.set_mood(mood);
    let mut client = Client::of(&vendor);
    client.post(path, "k", &question(streamed));
    client.rest_if_any()
}

#[test]
fn a_shut_door_refuses_and_cuts_off_who_was_inside_and_opens_again() {
    let vendor = vendor();
    let mut inside = Client::of(&vendor);
    inside.post(CHAT, "k", &question(false));
    inside.response();

    for _ in 0..20 {
        vendor.set_mood(Mood::RefuseConnections);
        let refused = Client::at(vendor.address()).err().map(|error| error.kind());
        assert_eq!(refused, Some(std::io::ErrorKind::ConnectionRefused));
        vendor.set_mood(Mood::Healthy);
        let mut client = Client::of(&vendor);
        client.post(CHAT, "k", &question(false));
        assert!(client.response().0.starts_with("HTTP/1.1 200"));
    }
    assert_eq!(inside.rest(), (String::new(), End::Reset));
}

#[test]
fn while_the_door_is_shut_nobody_else_gets_the_port() {
    let vendor = vendor();
    vendor.set_mood(Mood::RefuseConnections);
    assert!(std::net::TcpListener::bind(vendor.address()).is_err());
}

#[test]
fn a_reset_before_the_headers_sends_nothing() {
    for streamed in [false, true] {
        assert_eq!(met(Mood::ResetBeforeHeaders, CHAT, streamed), (String::new(), End::Reset));
    }
}

#[test]
fn a_reset_after_the_headers_sends_the_headers_alone() {
    for streamed in [false, true] {
        let (seen, end) = met(Mood::ResetAfterHeaders, CHAT, streamed);
        assert!(seen.starts_with("HTTP/1.1 200 OK\r\n") && seen.ends_with("\r\n\r\n"), "{seen}");
        assert_eq!((seen.matches("\r\n\r\n").count(), end), (1, End::Reset));
    }
}

#[test]
fn a_hang_says_nothing_and_keeps_the_connection() {
    assert_eq!(met(Mood::HangBeforeFirstByte, CHAT, true), (String::new(), End::Quiet));
}

#[test]
fn a_stall_says_as_many_pieces_as_it_was_told() {
    for after in [0, 1, 3] {
        let (seen, end) = met(Mood::StallMidStream { after }, CHAT, true);
        assert_eq!((seen.matches(r#""delta":{"content":"#).count(), end), (after, End::Quiet), "{seen}");
        let (seen, end) = met(Mood::StallMidStream { after }, MESSAGES, true);
        assert_eq!((seen.matches("text_delta").count(), end), (after, End::Quiet), "{seen}");
    }
    let (seen, end) = met(Mood::StallMidStream { after: 1 }, CHAT, false);
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    let promised: usize = head.rsplit_once("content-length: ").unwrap().1.parse().unwrap();
    assert_eq!((body.len(), end), (promised / 2, End::Quiet));
}

#[test]
fn a_rate_limit_says_when_to_come_back_or_does_not() {
    let wait = Mood::RateLimited { retry_after: Some(Duration::from_secs(7)) };
    let (seen, end) = met(wait, CHAT, true);
    assert!(seen.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{seen}");
    assert!(seen.contains("\r\nretry-after: 7\r\n") && seen.contains("rate_limit_exceeded"), "{seen}");
    assert_eq!(end, End::Quiet, "the connection stays");
    let (seen, _) = met(Mood::RateLimited { retry_after: None }, MESSAGES, true);
    assert!(!seen.contains("retry-after") && seen.contains("rate_limit_error"), "{seen}");
}

#[test]
fn each_status_comes_with_the_vendors_words() {
    for (status, openai, anthropic) in [
        (400, "invalid_request_error", "invalid_request_error"),
        (401, "invalid_api_key", "authentication_error"),
        (402, "Insufficient Balance", "billing_error"),
        (403, "unsupported_country_region_territory", "permission_error"),
        (404, "model_not_found", "not_found_error"),
        (500, "server_error", "api_error"),
        (503, "service_unavailable_error", "api_error"),
        (529, "service_unavailable_error", "overloaded_error"),
    ] {
        for (path, word) in [(CHAT, openai), (MESSAGES, anthropic)] {
            let (seen, _) = met(Mood::Status(status), path, false);
            assert!(seen.starts_with(&format!("HTTP/1.1 {status} ")) && seen.contains(word), "{seen}");
            let body: Value = serde_json::from_str(seen.split_once("\r\n\r\n").unwrap().1).unwrap();
            assert!(body["error"]["message"].as_str().unwrap().contains("turn-7"), "it quotes what was said");
        }
    }
    let (seen, _) = met(Mood::ContextOverflow, CHAT, true);
    assert!(seen.starts_with("HTTP/1.1 400 ") && seen.contains("context_length_exceeded"), "{seen}");
    let (seen, _) = met(Mood::ContextOverflow, MESSAGES, true);
    assert!(seen.starts_with("HTTP/1.1 400 ") && seen.contains("prompt is too long"), "{seen}");
}

#[test]
fn garbage_is_no_text_at_all() {
    for streamed in [false, true] {
        let vendor = vendor();
        vendor.set_mood(Mood::Garbage);
        let mut client = Client::of(&vendor);
        client.post(CHAT, "k", &question(streamed));
        let (head, body) = client.response();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(body.len() > 500 && std::str::from_utf8(&body).is_err());
    }
}

#[test]
fn half_a_frame_is_followed_by_a_polite_end() {
    let (seen, end) = met(Mood::HalfSseFrame, CHAT, true);
    assert!(seen.ends_with("\r\n0\r\n\r\n"), "{seen}");
    assert_eq!((seen.matches("\n\n\r\n").count(), end), (2, End::Closed), "the role and one piece: {seen}");
    let (seen, end) = met(Mood::HalfSseFrame, CHAT, false);
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
    assert!(serde_json::from_str::<Value>(body).is_err_and(|error| error.is_eof()), "{body}");
    assert_eq!(end, End::Closed);
}

#[test]
fn a_web_page_comes_with_200() {
    let (seen, end) = met(Mood::WrongContentType, CHAT, true);
    assert!(seen.starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/html"), "{seen}");
    assert!(seen.contains("<html>") && end == End::Quiet, "{seen}");
}

#[test]
fn slow_headers_come_in_two_halves_and_a_good_answer_follows() {
    let vendor = vendor();
    // Longer than the client waits for more, so that the first half is seen by itself.
    vendor.set_mood(Mood::SlowHeaders { pause: Duration::from_millis(600) });
    for streamed in [false, true] {
        let mut client = Client::of(&vendor);
        client.post(CHAT, "k", &question(streamed));
        let (first, end) = client.rest();
        assert_eq!((first.as_str(), end), ("HTTP/1.1 200 OK\r\ncon", End::Quiet));
        let (rest, _) = client.rest();
        assert!(rest.starts_with("tent-type: ") && rest.contains("answers:"), "{rest}");
    }
}

#[test]
fn a_vendor_that_never_stops_is_stopped_by_hanging_up() {
    for streamed in [false, true] {
        let vendor = vendor();
        vendor.set_mood(Mood::TooLong);
        let mut client = Client::of(&vendor);
        client.post(CHAT, "k", &question(streamed));
        let mut seen = 0;
        let mut bytes = vec![0; 1 << 16];
        while seen < 2_000_000 {
            seen += std::io::Read::read(&mut client.0, &mut bytes).unwrap();
        }
        drop(client);
        assert!(vendor.wait_for(Duration::from_secs(10), |totals| totals.client_left == 1));
    }
}

#[test]
fn an_error_behind_thoughts_comes_in_a_response_that_began_well() {
    for (path, thought, error) in [
        (CHAT, r#""delta":{"reasoning_content":"#, "service_unavailable_error"),
        (MESSAGES, "thinking_delta", "overloaded_error"),
    ] {
        let (seen, end) = met(Mood::ErrorInStream { after: 3 }, path, true);
        assert!(seen.starts_with("HTTP/1.1 200 OK\r\n") && seen.ends_with("\r\n0\r\n\r\n"), "{seen}");
        assert_eq!((seen.matches(thought).count(), end), (3, End::Quiet), "{seen}");
        let last = seen.lines().rfind(|line| line.starts_with("data: ")).unwrap();
        assert!(last.contains(error), "{seen}");
        let (seen, _) = met(Mood::ErrorInStream { after: 3 }, path, false);
        assert!(seen.starts_with("HTTP/1.1 200 OK\r\n") && seen.contains(error), "{seen}");
    }
}

#[test]
fn signs_of_life_come_until_the_client_leaves_and_say_nothing() {
    for (path, streamed, sign) in
        [(CHAT, true, ": keep-alive\n\n"), (MESSAGES, true, "\"ping\"}\n\n"), (CHAT, false, "1\r\n\n\r\n")]
    {
        let vendor = vendor();
        vendor.set_mood(Mood::CommentsForever);
        let mut client = Client::of(&vendor);
        client.post(path, "k", &question(streamed));
        let mut seen = String::new();
        while seen.matches(sign).count() < 5 {
            let mut bytes = [0; 1024];
            let read = std::io::Read::read(&mut client.0, &mut bytes).unwrap();
            assert!(read > 0, "{seen}");
            seen.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        }
        assert!(seen.starts_with("HTTP/1.1 200 OK\r\n") && !seen.contains("choices"), "{seen}");
        drop(client);
        assert!(vendor.wait_for(Duration::from_secs(10), |totals| totals.client_left == 1));
    }
}

#[test]
fn pages_of_whoever_stands_in_between_have_no_machine_word() {
    for (mood, status) in [(Mood::MissingPage, "404 Not Found"), (Mood::ForbiddenPage, "403 Forbidden")] {
        let (seen, end) = met(mood, CHAT, true);
        assert!(seen.starts_with(&format!("HTTP/1.1 {status}\r\ncontent-type: text/html")), "{seen}");
        assert!(seen.contains("<html>") && end == End::Quiet, "{seen}");
    }
    let (seen, end) = met(Mood::Redirect, CHAT, true);
    assert!(seen.starts_with("HTTP/1.1 307 Temporary Redirect\r\n") && end == End::Quiet, "{seen}");
    assert!(seen.contains("\r\nlocation: http://") && seen.ends_with("\r\n\r\n"), "{seen}");
}

#[test]
fn rubbish_stands_behind_a_whole_answer_where_its_count_of_tokens_should() {
    for (path, done) in [(CHAT, r#""finish_reason":"stop""#), (MESSAGES, r#""stop_reason":"end_turn""#)] {
        let (seen, end) = met(Mood::TrailingRubbish, path, true);
        let (answer, rubbish) = seen.split_once("data: {\"usage\": <").unwrap();
        assert!(answer.contains(done) && !rubbish.contains("data: "), "{seen}");
        assert!(seen.ends_with("\r\n0\r\n\r\n") && end == End::Quiet, "{seen}");
    }
}

#[test]
fn a_key_can_expire_while_the_other_is_good() {
    let vendor = vendor();
    vendor.set_rules(vec![Rule::for_credential(Mood::ExpiredKey, "old")]);
    assert_eq!(statuses(&vendor, "old", "m", 3), [401, 401, 401]);
    assert_eq!(statuses(&vendor, "new", "m", 3), [200, 200, 200]);
}

#[test]
fn a_mood_can_be_for_one_model() {
    let vendor = vendor();
    vendor.set_rules(vec![
        Rule::for_model(Mood::Status(503), "sick"),
        Rule { credential: Some("k2".to_owned()), ..Rule::for_model(Mood::Status(402), "m") },
    ]);
    assert_eq!(statuses(&vendor, "k", "sick", 1), [503]);
    assert_eq!(statuses(&vendor, "k", "m", 1), [200]);
    assert_eq!(statuses(&vendor, "k2", "m", 1), [402]);
}

#[test]
fn lots_fall_as_often_as_they_should_and_the_same_way_again() {
    let run = || {
        let vendor = vendor();
        vendor.set_rules(vec![Rule::sometimes(Mood::Status(500), 0.3)]);
        statuses(&vendor, "k", "m", 400)
    };
    let first = run();
    let failed = first.iter().filter(|status| **status == 500).count();
    assert!((80..160).contains(&failed), "{failed} of 400");
    assert_eq!(run(), first);
}

fn statuses(vendor: &FakeVendor, key: &str, model: &str, count: usize) -> Vec<u16> {
    let mut client = Client::of(vendor);
    let mut body = question(false);
    body["model"] = model.into();
    let once = |_| {
        client.post(CHAT, key, &body);
        client.response().0.split(' ').nth(1).unwrap().parse().unwrap()
    };
    (0..count).map(once).collect()
}

#[test]
fn moods_change_between_two_requests_of_one_connection() {
    let vendor = vendor();
    let mut client = Client::of(&vendor);
    for (mood, status) in [(Mood::Status(500), "500"), (Mood::Healthy, "200"), (Mood::ExpiredKey, "401")] {
        vendor.set_mood(mood);
        client.post(CHAT, "k", &question(true));
        let (head, body) = client.response();
        assert_eq!(head.split(' ').nth(1), Some(status));
        assert_eq!(status == "200", !spoken_or_nothing(&body).is_empty());
    }
}

fn spoken_or_nothing(body: &[u8]) -> String {
    if body.starts_with(b"data: ") { spoken(body) } else { String::new() }
}
