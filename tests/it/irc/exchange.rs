//! Words in both directions while nothing goes wrong.

use nanobot_core::event::{ChatKind, InboundEvent};
use nanobot_core::ids::ChatId;
use nanobot_core::label::Label;
use nanobot_core::ports::SendError;
use nanobot_core::testing::contract::channel_sender_contract;
use nanobot_tests::irc::{IrcClient, Ngircd};

use super::harness::{CHANNEL, Running, guest, message};

#[tokio::test]
async fn a_whole_exchange_in_a_channel() {
    let server = Ngircd::start().await.unwrap();
    let running = Running::joined(&server).await;
    let mut dimi = guest(&server, "dimi").await;
    dimi.say("#GARDEN", "NanoBot: \u{2}hello\u{2}").await.unwrap();
    dimi.say(CHANNEL, "\u{1}ACTION waves\u{1}").await.unwrap();
    let events = running.received(2).await;
    let first = &events[0];
    assert_eq!((first.chat.as_str(), first.chat_kind), (CHANNEL, ChatKind::Group));
    assert_eq!((first.text().as_str(), first.mentioned_bot), ("NanoBot: hello", true));
    assert!(first.sender.as_str().starts_with("dimi!~dimi@"), "{}", first.sender);
    assert_eq!(first.participant.as_ref(), Some(&first.sender));
    assert!(first.labels().contains(Label::Owner));
    assert_eq!((events[1].text().as_str(), events[1].mentioned_bot), ("* dimi waves", false));
    assert_ne!(first.message_id, events[1].message_id);
    running.send(CHANNEL, "hello dimi").await.unwrap();
    assert_eq!(dimi.hear(CHANNEL).await.unwrap(), "hello dimi");
    running.end().await;
    dimi.wait_for(" QUIT ").await.unwrap();
}

#[tokio::test]
async fn a_whole_exchange_in_a_query() {
    let server = Ngircd::start().await.unwrap();
    let running = Running::joined(&server).await;
    let mut eve = IrcClient::connect(server.address(), "Eve").await.unwrap();
    eve.say("nanobot", "psst").await.unwrap();
    let event = running.received(1).await.remove(0);
    assert_eq!((event.chat.as_str(), event.chat_kind), ("eve", ChatKind::Direct));
    assert!(event.labels().contains(Label::Stranger) && event.participant.is_none());
    running.send("eve", "yes?").await.unwrap();
    assert_eq!(eve.hear("Eve").await.unwrap(), "yes?");
    let sent = running.send("nobody", "hello?").await;
    assert!(matches!(sent, Err(SendError::Rejected { code }) if code == "no_such_nick"));
    running.end().await;
}

#[tokio::test]
async fn what_the_port_promises_is_kept() {
    let server = Ngircd::start().await.unwrap();
    let watcher = tokio::sync::Mutex::new((guest(&server, "watcher").await, Vec::new()));
    let arrived = async |_: &Running| {
        let mut watcher = watcher.lock().await;
        let (client, heard) = &mut *watcher;
        heard.push(client.hear(CHANNEL).await.unwrap());
        heard.clone()
    };
    let chat = ChatId::new(CHANNEL).unwrap();
    channel_sender_contract(async || Running::joined(&server).await, &chat, arrived).await;
}

#[tokio::test]
async fn a_flood_is_taken_whole_and_in_order() {
    let server = Ngircd::start().await.unwrap();
    let running = Running::joined(&server).await;
    let mut flood = guest(&server, "flood").await;
    for n in 0..200 {
        flood.say(CHANNEL, &format!("line {n}")).await.unwrap();
    }
    let texts: Vec<String> = running.received(200).await.iter().map(InboundEvent::text).collect();
    let expected: Vec<String> = (0..200).map(|n| format!("line {n}")).collect();
    assert_eq!(texts, expected);
    assert_eq!(running.irc.status().dropped, 0);
    running.end().await;
}

#[tokio::test]
async fn an_8_bit_message_keeps_its_characters() {
    let server = Ngircd::start().await.unwrap();
    let running = Running::joined(&server).await;
    let mut old = guest(&server, "old").await;
    old.say_bytes(CHANNEL, b"gr\xfc\xdfe f\xfcr 5 \x80").await.unwrap();
    old.say(CHANNEL, "größe 🥊").await.unwrap();
    let texts: Vec<String> = running.received(2).await.iter().map(InboundEvent::text).collect();
    assert_eq!(texts, ["grüße für 5 €", "größe 🥊"]);
    running.end().await;
}

#[tokio::test]
async fn a_long_answer_arrives_in_pieces_and_whole() {
    let server = Ngircd::start().await.unwrap();
    let running = Running::joined(&server).await;
    let mut reader = guest(&server, "reader").await;
    let sentences: Vec<String> = (0..80).map(|n| format!("Satz {n} über größere Übungen.")).collect();
    let answer = sentences.join(" ");
    running.send(CHANNEL, &format!("{answer}\n\nThe end.")).await.unwrap();
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line| line != "The end.") {
        lines.push(reader.hear(CHANNEL).await.unwrap());
    }
    lines.pop();
    assert!((5..20).contains(&lines.len()) && lines.iter().all(|line| line.ends_with('.')), "{lines:?}");
    assert_eq!(lines.join(" "), answer);
    running.end().await;
}

#[tokio::test]
async fn no_words_become_a_command() {
    let server = Ngircd::start().await.unwrap();
    let running = Running::joined(&server).await;
    let mut witness = guest(&server, "witness").await;
    running.send(CHANNEL, "one\r\nQUIT :gone\r\n\0PART #garden\u{1}DCC\u{1}\nend").await.unwrap();
    let heard = [witness.hear(CHANNEL).await, witness.hear(CHANNEL).await, witness.hear(CHANNEL).await]
        .map(Result::unwrap);
    assert_eq!(heard, ["one", "QUIT :gone", "PART #gardenDCC"]);
    for chat in ["#garden,witness", "witness :x", "witness x", "#garden\u{a0}"] {
        let sent = running.sender.send(&message(chat, "x")).await;
        assert!(matches!(sent, Err(SendError::Rejected { .. })), "{chat}: {sent:?}");
    }
    assert!(running.irc.status().connected);
    running.end().await;
}
