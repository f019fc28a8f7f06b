//! Who speaks, where, and to which policy: small worlds, chosen by the bits of one byte.

use nanobot_core::ports::ChangeRow;
use nanobot_core::time::Timestamp;

use super::super::{Broken, places};
use crate::Document;
use crate::admin::{Backup, Facts, GroupFact, Speaker, Way};

const SHELL: u8 = 1;
const GROUP: u8 = 2;
const STRANGER: u8 = 4;
const IRC: u8 = 8;
/// Two bits: which policy.
const POLICY: u8 = 16 | 32;
const BROKEN: u8 = 64;
/// Nothing was looked up.
const UNKNOWING: u8 = 128;

/// The change that can be taken back, where it is known.
const CHANGE: &str = "0123456789abcdef0123456789abcdef";

/// As people have them: without anything; open with a few rules; closed, and risky commands want a word more; busy, and
/// with a low limit on commands.
const POLICIES: [&str; 4] = [
    "{}",
    r##"{"owners": {"whatsapp": ["+491510000001"], "irc": ["dimi"]},
  "defaults": {"blockedSenders": {"senders": ["Eve"]}},
  "channels": {
    "whatsapp": {"default": {"whenToReply": {"mode": "mention_only"}}, "chats": {
      "1@g.us": {"comment": "Family", "blockedSenders": {"senders": ["+4977"]}},
      "2@g.us": {"comment": "Work crew", "personaFile": "personas/work.md", "groupTags": ["work"]},
      "491510000001@s.whatsapp.net": {"voice": {"output": {"mode": "always", "voice": "nova"}}}}},
    "irc": {"chats": {"#x": {"whoCanTalk": {"mode": "owner_only"}}}}}}"##,
    r#"{"owners": {"whatsapp": ["491510000001"]},
  "runtime": {"adminRequireConfirmForRisky": true},
  "defaults": {"whoCanTalk": {"mode": "owner_only"}, "whenToReply": {"mode": "off"}},
  "channels": {"irc": {"default": {"whoCanTalk": {"mode": "allowlist", "senders": ["a"]}}}}}"#,
    r#"{"owners": {"irc": ["dimi"]}, "runtime": {"adminCommandRateLimitPerMinute": 2},
  "channels": {"whatsapp": {"chats": {"1@g.us": {}}}}}"#,
];

/// Everything that a command meets.
pub(super) struct World {
    pub(super) speaker: Speaker<'static>,
    pub(super) document: Document,
    /// The policy cannot be read.
    pub(super) is_broken: bool,
    pub(super) facts: Facts,
}

/// The world that a byte chooses.
pub(super) fn world(selector: u8) -> Result<World, Broken> {
    let has = |bit: u8| selector & bit != 0;
    let policy = POLICIES.get(usize::from((selector & POLICY) >> 4)).copied().unwrap_or_default();
    let facts = if has(UNKNOWING) { Facts::default() } else { facts()? };
    Ok(World {
        speaker: speaker(has(SHELL), has(IRC), has(GROUP), !has(STRANGER)),
        document: load(policy)?,
        is_broken: has(BROKEN),
        facts,
    })
}

#[expect(clippy::fn_params_excessive_bools, reason = "they are bits")]
fn speaker(is_shell: bool, is_irc: bool, is_group: bool, is_owner: bool) -> Speaker<'static> {
    let (channel, sender, direct, group) = match (is_shell, is_irc) {
        (true, _) => ("cli", "somebody", "local", "local"),
        (false, true) => ("irc", "dimi", "dimi", "#x"),
        (false, false) => ("whatsapp", "491510000001", "491510000001@s.whatsapp.net", "1@g.us"),
    };
    let way = if is_shell { Way::Cli } else { Way::Chat };
    Speaker { way, channel, chat: if is_group { group } else { direct }, sender, is_group, is_owner }
}

/// Two groups from elsewhere, and one change, which can be taken back.
fn facts() -> Result<Facts, Broken> {
    let group = |id: &str| GroupFact { id: id.to_owned(), in_log: true, ..GroupFact::default() };
    let row = ChangeRow {
        id: CHANGE.to_owned(),
        at: Timestamp::UNIX_EPOCH,
        source: "dm".to_owned(),
        actor: "491510000001".to_owned(),
        channel: Some("whatsapp".to_owned()),
        chat: None,
        command: "/policy set-when 1@g.us off".to_owned(),
        before_hash: String::new(),
        after_hash: String::new(),
        rollback_of: None,
    };
    Ok(Facts {
        groups: vec![group("1@g.us"), group("3@g.us")],
        history: vec![row],
        backup: Backup::Found(Box::new(load(r#"{"owners": {"whatsapp": ["1"], "irc": ["dimi"]}}"#)?)),
    })
}

fn load(text: &str) -> Result<Document, Broken> {
    Document::parse(text.as_bytes(), &places())
        .map_err(|fault| Broken(format!("a world without a policy: {fault}")))
}
