//! What a policy means that leaves a whole part out. More careful than an empty part, as in the original: who gives
//! `defaults` or `channels` at all decides for himself (`policy.md` §2.1 of the recorded facts).

use super::field::Map;
use super::schema::{
    AllowedTools, ChannelPolicy, ChatOverride, ChatPolicy, ReplyMode, ToolsMode, WhenToReplyOverride,
};

/// The tools of a chat when nobody said which.
const TOOLS: [&str; 4] = ["list_dir", "read_file", "web_search", "web_fetch"];

/// Nobody, on the two channels that the original knows.
pub(super) fn owners() -> Map<Vec<String>> {
    Map::of([("telegram", Vec::new()), ("whatsapp", Vec::new())])
}

/// A few tools that change nothing.
pub(super) fn defaults() -> ChatPolicy {
    let tools = TOOLS.map(str::to_owned).to_vec();
    let allowed_tools = AllowedTools { mode: ToolsMode::Allowlist, tools, deny: Vec::new() };
    ChatPolicy { allowed_tools, ..ChatPolicy::default() }
}

/// In groups, an answer only to those who mention the assistant.
pub(super) fn channels() -> Map<ChannelPolicy> {
    let when = WhenToReplyOverride { mode: Some(ReplyMode::MentionOnly), senders: Some(Vec::new()) };
    let default = ChatOverride { when_to_reply: Some(when), ..ChatOverride::default() };
    let channel = ChannelPolicy { default, ..ChannelPolicy::default() };
    Map::of([("telegram", channel.clone()), ("whatsapp", channel)])
}
