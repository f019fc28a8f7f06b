//! Explanations name the right place, and the change that they name really turns the answer.

use super::*;
use crate::compile::CompileOptions;
use crate::places::LexicalPlaces;

const POLICY: &str = r##"{
  "owners": {"irc": ["@Root"]},
  "defaults": {
    "whoCanTalk": {"mode": "allowlist", "senders": ["ann", "bob"]},
    "toolAccess": {
      " exec ": {"mode": "owner_only"}
    }
  },
  "channels": {
    "irc": {
      "default": {
        "when_to_reply": {"mode": "mention_only"},
        "blockedSenders": {"senders": ["eve", "mallory"]}
      },
      "chats": {
        "#garden": {
          "whoCanTalk": {"mode": "everyone"},
          "personaFile": "personas/g.md"
        },
        "#own": {"blockedSenders": {"senders": ["@Eve"]}}
      }
    }
  }
}"##;

fn asked<'a>(chat: &'a str, sender: &'a str) -> Asked<'a> {
    Asked {
        channel: "irc",
        chat,
        sender,
        text: "".into(),
        is_group: chat.starts_with('#'),
        mentioned_bot: false,
        reply_to_bot: false,
        is_voice: false,
        owner_by_channel: false,
    }
}

fn explained(asked: &Asked<'_>) -> Explanation {
    let document = Document::parse(POLICY.as_bytes(), &LexicalPlaces::default()).unwrap();
    let options = CompileOptions {
        apply_channels: ["irc".to_owned()].into(),
        known_tools: ["exec", "read_file"].map(str::to_owned).into(),
        source: "policy.json".to_owned(),
    };
    explain(&document, &Engine::compile(&document, &options), asked)
}

#[test]
fn an_answer_is_explained_with_every_rule_its_place_and_its_value() {
    let text = explained(&Asked { mentioned_bot: true, ..asked("#garden", "carl") }).to_string();
    assert_eq!(
        text,
        r#"irc #garden, from carl
is answered: who_can_talk:everyone|when_to_reply:mention_only_group
tools: read_file
  channels.irc.chats.#garden.whoCanTalk.mode = everyone (chat, line 17)
  channels.irc.default.whenToReply.mode = mention_only (channel, line 12)
  defaults.allowedTools.mode = all (built-in)
  defaults.toolAccess. exec .mode = owner_only (defaults, line 6)
  channels.irc.chats.#garden.personaFile = personas/g.md (chat, line 18)
to turn this: add "carl" to channels.irc.chats.#garden.blockedSenders.senders (and 2 more that the chat inherits, since its own list replaces them)
"#
    );
}

#[test]
fn a_refusal_is_explained_with_the_rule_that_refused_alone() {
    let text = explained(&asked("carl", "carl")).to_string();
    assert_eq!(
        text,
        r#"irc carl, from carl
may not talk: who_can_talk:allowlist
  defaults.whoCanTalk.mode = allowlist (defaults, line 4)
  defaults.whoCanTalk.senders = ["ann", "bob"] (defaults, line 4)
to turn this: add "carl" to channels.irc.chats.carl.whoCanTalk.senders (and 2 more that the chat inherits, since its own list replaces them)
"#
    );
}

#[test]
fn a_blocked_sender_is_taken_from_the_list_of_the_chat() {
    let change = |chat, sender| explained(&asked(chat, sender)).change.map(|change| change.to_string());
    let own = r#"take "@Eve" out of channels.irc.chats.#own.blockedSenders.senders, and add "eve" to channels.irc.chats.#own.whoCanTalk.senders (and 2 more that the chat inherits, since its own list replaces them), and set channels.irc.chats.#own.whenToReply.mode to all"#;
    assert_eq!(change("#own", "eve").as_deref(), Some(own), "three gates, three steps");
    let inherited = r#"take "eve" out of channels.irc.chats.eve.blockedSenders.senders (and 1 more that the chat inherits, since its own list replaces them), and add "eve" to channels.irc.chats.eve.whoCanTalk.senders (and 2 more that the chat inherits, since its own list replaces them)"#;
    assert_eq!(change("eve", "eve").as_deref(), Some(inherited));
}

#[test]
fn one_step_is_smaller_than_two_and_a_word_smaller_than_an_owner() {
    let explanation = explained(&asked("#garden", "carl"));
    let mode = Edit::Set { path: "channels.irc.chats.#garden.whenToReply.mode".to_owned(), word: "all" };
    assert_eq!(explanation.change, Some(Change(vec![mode])));
}

#[test]
fn an_owner_is_named_with_his_list() {
    let explanation = explained(&asked("root", "root"));
    let owners = explanation.rules.last().unwrap();
    assert_eq!(owners.to_string(), r#"owners.irc = ["@Root"] (owners, line 2)"#);
}

#[test]
fn where_no_rule_applies_nothing_can_be_changed() {
    let explanation = explained(&Asked { channel: "matrix", ..asked("#garden", "carl") });
    assert_eq!((explanation.change, explanation.rules.len()), (None, 0));
    assert_eq!(explanation.effective_policy, None);
    assert_eq!(explanation.decision.reason, "policy_not_applied");
}

#[test]
fn an_empty_policy_answers_by_what_is_built_in() {
    let document = Document::parse(b"{}", &LexicalPlaces::default()).unwrap();
    let options =
        CompileOptions { apply_channels: ["whatsapp".to_owned()].into(), ..CompileOptions::default() };
    let engine = Engine::compile(&document, &options);
    let explanation =
        explain(&document, &engine, &Asked { channel: "whatsapp", ..asked("c@g.us", "491@lid") });
    assert!(explanation.rules.iter().all(|rule| rule.layer == Layer::BuiltIn && rule.line.is_none()));
    assert!(
        explanation.rules.iter().any(|rule| rule.path == "channels.whatsapp.default.whenToReply.mode"),
        "{explanation}"
    );
}
