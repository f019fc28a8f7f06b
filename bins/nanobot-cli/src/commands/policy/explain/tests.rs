//! The page and the document, as they look.

use nanobot_policy::{CompileOptions, Document, LexicalPlaces};

use super::*;
use crate::args::Json;

const POLICY: &str = r#"{
  "owners": {"whatsapp": ["491510000001"]},
  "defaults": {
    "whoCanTalk": {"mode": "allowlist", "senders": ["491510000002"]},
    "toolAccess": {"exec": {"mode": "owner_only"}}
  },
  "channels": {
    "whatsapp": {
      "default": {"whenToReply": {"mode": "mention_only"}},
      "chats": {
        "12036304@g.us": {
          "whoCanTalk": {"mode": "everyone"},
          "personaFile": "personas/garden.md"
        }
      }
    }
  }
}"#;

fn options(chat: &str) -> Explain {
    Explain {
        channel: "whatsapp".to_owned(),
        chat: chat.to_owned(),
        sender: "491510000003".to_owned(),
        group: true,
        mentioned: true,
        reply_to_bot: false,
        text: None,
        tool: Some("exec".to_owned()),
        json: Json { json: false },
    }
}

fn explained<T>(options: &Explain, show: impl Fn(&Explanation, Option<&Tool<'_>>) -> T) -> T {
    let document = Document::parse(POLICY.as_bytes(), &LexicalPlaces::default()).unwrap();
    let compile = CompileOptions {
        apply_channels: ["whatsapp".to_owned()].into(),
        known_tools: ["exec", "read_file", "spawn"].map(str::to_owned).into(),
        source: "policy.json".to_owned(),
    };
    let engine = Engine::compile(&document, &compile);
    let asked = asked(options);
    let tool = options.tool.as_deref().map(|name| Tool::of(name, &engine, &asked));
    show(&explain(&document, &engine, &asked), tool.as_ref())
}

#[test]
fn the_page_names_every_rule_with_its_line_and_what_would_turn_the_answer() {
    insta::assert_snapshot!(explained(&options("12036304@g.us"), page), @r#"
    whatsapp 12036304@g.us, from +491510000003 = 491510000003
    is answered: who_can_talk:everyone|when_to_reply:mention_only_group
    tools: read_file, spawn
      channels.whatsapp.chats.12036304@g.us.whoCanTalk.mode = everyone (chat, line 12)
      channels.whatsapp.default.whenToReply.mode = mention_only (channel, line 9)
      defaults.allowedTools.mode = all (built-in)
      defaults.toolAccess.exec.mode = owner_only (defaults, line 5)
      channels.whatsapp.chats.12036304@g.us.personaFile = personas/garden.md (chat, line 13)
    to turn this: add "491510000003" to channels.whatsapp.chats.12036304@g.us.blockedSenders.senders
    notes: adaptive (memoryNotes.defaults.groupsEnabled)
    tool exec: its own rule refuses this sender
    policy: policy.json
    "#);
    insta::assert_snapshot!(explained(&options("491510000003@s.whatsapp.net"), page), @r#"
    whatsapp 491510000003@s.whatsapp.net, from +491510000003 = 491510000003
    may not talk: who_can_talk:allowlist
      defaults.whoCanTalk.mode = allowlist (defaults, line 4)
      defaults.whoCanTalk.senders = ["491510000002"] (defaults, line 4)
    to turn this: add "491510000003" to channels.whatsapp.chats.491510000003@s.whatsapp.net.whoCanTalk.senders (and 1 more that the chat inherits, since its own list replaces them)
    notes: adaptive (memoryNotes.defaults.groupsEnabled)
    tool exec: its own rule refuses this sender
    policy: policy.json
    "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "most of them are the document")]
fn the_document_has_the_originals_keys_and_ours_behind_them() {
    insta::assert_json_snapshot!(explained(&options("12036304@g.us"), document::of), @r#"
    {
      "policySource": "policy.json",
      "channel": "whatsapp",
      "chatId": "12036304@g.us",
      "sender": {
        "primary": "+491510000003",
        "aliases": [
          "+491510000003",
          "491510000003"
        ]
      },
      "effectivePolicy": {
        "whoCanTalk": {
          "mode": "everyone",
          "senders": [
            "+491510000002",
            "491510000002"
          ]
        },
        "whenToReply": {
          "mode": "mention_only",
          "senders": []
        },
        "blockedSenders": {
          "senders": []
        },
        "allowedTools": {
          "mode": "all",
          "tools": [],
          "deny": []
        },
        "toolAccess": {
          "exec": {
            "mode": "owner_only",
            "senders": []
          }
        },
        "personaFile": "personas/garden.md",
        "voice": {
          "input": {
            "wakePhrases": []
          },
          "output": {
            "mode": "text",
            "ttsRoute": "tts.speak",
            "voice": "alloy",
            "format": "opus",
            "maxSentences": 2,
            "maxChars": 150
          }
        },
        "talkativeCooldown": {
          "enabled": false,
          "streakThreshold": 7,
          "topicOverlapThreshold": 0.34,
          "cooldownSeconds": 900,
          "delaySeconds": 2.5,
          "useLlmMessage": false
        }
      },
      "decision": {
        "acceptMessage": true,
        "shouldRespond": true,
        "reason": "who_can_talk:everyone|when_to_reply:mention_only_group",
        "allowedTools": [
          "read_file",
          "spawn"
        ],
        "personaFile": "personas/garden.md",
        "memoryNotesEnabled": true,
        "memoryNotesMode": "adaptive",
        "memoryNotesAllowBlockedSenders": false
      },
      "memoryNotes": {
        "enabled": true,
        "mode": "adaptive",
        "allowBlockedSenders": false,
        "batchIntervalSeconds": 1800,
        "batchMaxMessages": 100,
        "source": {
          "enabled": "memoryNotes.defaults.groupsEnabled",
          "mode": "memoryNotes.defaults.mode",
          "allowBlockedSenders": "memoryNotes.defaults.allowBlockedSenders"
        }
      },
      "rules": [
        {
          "path": "channels.whatsapp.chats.12036304@g.us.whoCanTalk.mode",
          "layer": "chat",
          "line": 12,
          "value": "everyone"
        },
        {
          "path": "channels.whatsapp.default.whenToReply.mode",
          "layer": "channel",
          "line": 9,
          "value": "mention_only"
        },
        {
          "path": "defaults.allowedTools.mode",
          "layer": "built-in",
          "line": null,
          "value": "all"
        },
        {
          "path": "defaults.toolAccess.exec.mode",
          "layer": "defaults",
          "line": 5,
          "value": "owner_only"
        },
        {
          "path": "channels.whatsapp.chats.12036304@g.us.personaFile",
          "layer": "chat",
          "line": 13,
          "value": "personas/garden.md"
        }
      ],
      "change": {
        "text": "add \"491510000003\" to channels.whatsapp.chats.12036304@g.us.blockedSenders.senders",
        "edits": [
          {
            "path": "channels.whatsapp.chats.12036304@g.us.blockedSenders.senders",
            "add": "491510000003",
            "inherited": 0
          }
        ]
      },
      "tool": {
        "name": "exec",
        "ruleAllows": false,
        "inPotentialTools": false,
        "inDecision": false
      }
    }
    "#);
}

#[test]
fn nothing_on_the_page_moves_the_cursor() {
    let page = explained(&options("\u{1b}[2J"), page);
    assert!(!page.contains('\u{1b}'), "{page:?}");
}

#[test]
fn words_make_a_voice_note_of_the_message() {
    let spoken = Explain { text: Some("hello".to_owned()), ..options("c") };
    assert!(asked(&spoken).is_voice);
    assert!(!asked(&options("c")).is_voice);
}
