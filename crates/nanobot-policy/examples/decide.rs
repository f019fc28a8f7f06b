//! A policy from its text to a decision, and why it came out so: all that this crate does, without a file.

use std::collections::BTreeSet;

use nanobot_policy::{Asked, CompileOptions, Document, Engine, KNOWN_TOOLS, LexicalPlaces, explain};

const POLICY: &str = r#"{
  "owners": { "whatsapp": ["+49 151 0000001"] },
  "defaults": { "whenToReply": { "mode": "mention_only" } },
  "channels": {
    "whatsapp": { "chats": { "120363@g.us": { "whoCanTalk": { "mode": "owner_only" } } } }
  }
}"#;

#[expect(clippy::print_stdout, reason = "an example shows what it does")]
fn main() {
    let document = match Document::parse(POLICY.as_bytes(), &LexicalPlaces::default()) {
        Ok(document) => document,
        Err(fault) => return fault.lines().iter().for_each(|line| println!("{line}")),
    };
    let options = CompileOptions {
        apply_channels: BTreeSet::from(["whatsapp".to_owned()]),
        known_tools: KNOWN_TOOLS.map(str::to_owned).into(),
        source: "policy.json".to_owned(),
    };
    let engine = Engine::compile(&document, &options);
    let asked = Asked {
        channel: "whatsapp",
        chat: "120363@g.us",
        sender: "491512345678",
        text: "hello".into(),
        is_group: true,
        mentioned_bot: true,
        reply_to_bot: false,
        is_voice: false,
        owner_by_channel: false,
    };
    let decision = engine.decide(&asked);
    println!("accepted: {}, because of {}", decision.accept, decision.reason);
    println!("{}", explain(&document, &engine, &asked));
}
