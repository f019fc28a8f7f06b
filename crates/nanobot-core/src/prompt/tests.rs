//! The prompt as a whole, as a snapshot for people to read.

use super::*;
use crate::decision::Persona;
use crate::ids::SenderId;
use crate::reply_context::QuoteSource;
use crate::reply_context::ReplyContext;

fn now() -> WallTime {
    WallTime::utc("2026-02-22T12:00:00Z".parse().unwrap())
}

fn line(role: HistoryRole, content: &str) -> HistoryMessage {
    HistoryMessage { role, content: content.into(), labels: None }
}

#[test]
fn the_stable_part_comes_first_and_the_time_just_before_the_question() {
    let bootstrap = [BootstrapFile { name: "AGENTS.md".into(), text: "Be kind.\n".into() }];
    let persona = Persona { file: "personas/kumpel.md".into(), text: Some("You are a buddy.".into()) };
    let context = ReplyContext {
        source: Some(QuoteSource::Archive),
        quoted_text: Some("see  you\nat 5".into()),
        participant: Some(SenderId::new("49170").unwrap()),
        ambient: vec!["[49170] hi".into()],
        ..ReplyContext::default()
    };
    let history = [
        line(HistoryRole::User, "ping"),
        line(HistoryRole::Tool, "left out"),
        line(HistoryRole::Assistant, "pong"),
    ];
    let input = PromptInput {
        workspace: "/ws",
        bootstrap: &bootstrap,
        persona: Some(&persona),
        channel: &ChannelName::WHATSAPP,
        chat: &ChatId::new("1@g.us").unwrap(),
        history: &history,
        unlabelled: Label::Stranger.into(),
        user: UserContent { text: "When?", context: &context, spoken: false, voice_reply: None },
        labels: Label::AllowedSender.into(),
        now: &now(),
    };
    let shown: Vec<String> = assemble(&input)
        .iter()
        .map(|message| match message {
            ChatMessage::System(text) => format!("SYSTEM\n{text}"),
            ChatMessage::User { text, labels, .. } => format!("USER ({labels})\n{text}"),
            ChatMessage::Assistant { text, labels, .. } => format!("ASSISTANT ({labels})\n{text}"),
            ChatMessage::ToolResult { .. } => "TOOL".to_owned(),
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n=====\n"));
}

#[test]
fn only_the_owners_direct_chat_implies_the_owner() {
    assert_eq!(implied_labels(true, ChatKind::Direct), Label::Owner.into());
    assert_eq!(implied_labels(true, ChatKind::Group), Label::Stranger.into());
    assert_eq!(implied_labels(false, ChatKind::Direct), Label::Stranger.into());
}
