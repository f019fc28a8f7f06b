//! Everything that a policy can say, as a table: each member with its name in the file, its type, its default and
//! its range. The order here is the order in a saved file.
//!
//! Reading, writing and merging follow from the table (`field.rs`); nothing about one member stands anywhere else.

use super::field::{Integer, Map, Number, choices, section};

choices! {
    /// Who may talk.
    pub enum TalkMode {
        /// Whoever writes.
        Everyone = "everyone",
        /// The senders of the list.
        Allowlist = "allowlist",
        /// The owners of the channel.
        OwnerOnly = "owner_only",
    }
}

choices! {
    /// When the assistant answers.
    pub enum ReplyMode {
        /// Always.
        All = "all",
        /// In groups when it is mentioned, in direct chats always.
        MentionOnly = "mention_only",
        /// The senders of the list.
        AllowedSenders = "allowed_senders",
        /// The owners of the channel.
        OwnerOnly = "owner_only",
        /// Never.
        Off = "off",
    }
}

choices! {
    /// Which tools a chat has.
    pub enum ToolsMode {
        /// Every known one.
        All = "all",
        /// Those of the list.
        Allowlist = "allowlist",
    }
}

choices! {
    /// When an answer is spoken.
    pub enum SpeechMode {
        /// Never by itself.
        Text = "text",
        /// When the question was spoken.
        InKind = "in_kind",
        /// Always.
        Always = "always",
        /// Never, and tools may not speak either.
        Off = "off",
    }
}

choices! {
    /// How candidates are found in a batch of notes.
    pub enum NotesMode {
        /// Hybrid for large or mixed batches, else heuristic.
        Adaptive = "adaptive",
        /// Word rules only.
        Heuristic = "heuristic",
        /// A model first, word rules when it finds nothing.
        Hybrid = "hybrid",
    }
}

choices! {
    /// What a grant allows.
    pub enum GrantMode {
        /// Reading.
        Read = "read",
        /// Reading and writing.
        ReadWrite = "read-write",
    }
}

section! {
    /// Who may talk.
    pub struct WhoCanTalk / WhoCanTalkOverride {
        /// The rule.
        mode "mode": TalkMode = TalkMode::Everyone;
        /// For mode `allowlist`.
        senders "senders": Vec<String> = Vec::new();
    }
}

section! {
    /// When the assistant answers.
    pub struct WhenToReply / WhenToReplyOverride {
        /// The rule.
        mode "mode": ReplyMode = ReplyMode::All;
        /// For mode `allowed_senders`.
        senders "senders": Vec<String> = Vec::new();
    }
}

section! {
    /// Who may not talk, whatever else is said.
    pub struct BlockedSenders / BlockedSendersOverride {
        /// They.
        senders "senders": Vec<String> = Vec::new();
    }
}

section! {
    /// Which tools a chat has.
    pub struct AllowedTools / AllowedToolsOverride {
        /// The rule.
        mode "mode": ToolsMode = ToolsMode::All;
        /// For mode `allowlist`.
        tools "tools": Vec<String> = Vec::new();
        /// Never these.
        deny "deny": Vec<String> = Vec::new();
    }
}

section! {
    /// Who may use one tool.
    pub struct ToolRule / ToolRuleOverride {
        /// The rule.
        mode "mode": TalkMode = TalkMode::Everyone;
        /// For mode `allowlist`.
        senders "senders": Vec<String> = Vec::new();
    }
}

section! {
    /// What of a spoken message counts.
    pub struct VoiceInput / VoiceInputOverride {
        /// A voice note with one of these in it counts as a mention.
        wake_phrases "wakePhrases": Vec<String> = Vec::new();
    }
}

section! {
    /// How answers are spoken.
    pub struct VoiceOutput / VoiceOutputOverride {
        /// When.
        mode "mode": SpeechMode = SpeechMode::Text;
        /// By which model route.
        tts_route "ttsRoute": String = "tts.speak".to_owned();
        /// In which voice.
        voice "voice": String = "alloy".to_owned();
        /// In which audio format.
        format "format": String = "opus".to_owned();
        /// At most so many sentences.
        max_sentences "maxSentences": Integer = Integer::from(2), at_least 1;
        /// At most so many characters.
        max_chars "maxChars": Integer = Integer::from(150), at_least 1;
    }
}

section! {
    /// Spoken messages.
    pub struct Voice / VoiceOverride {
        /// Those that come.
        input "input": VoiceInput = VoiceInput::default();
        /// Those that go.
        output "output": VoiceOutput = VoiceOutput::default();
    }
}

section! {
    /// The brake for people who talk about one thing without end.
    pub struct TalkativeCooldown / TalkativeCooldownOverride {
        /// Whether it is on.
        enabled "enabled": bool = false;
        /// So many messages trigger it.
        streak_threshold "streakThreshold": Integer = Integer::from(7), at_least 3, at_most 30;
        /// From this overlap on two messages have one topic.
        topic_overlap_threshold "topicOverlapThreshold": Number = Number(0.34), at_least 0.0, at_most 1.0;
        /// So long it then rests.
        cooldown_seconds "cooldownSeconds": Integer = Integer::from(900), at_least 10, at_most 86_400;
        /// So long the answer waits.
        delay_seconds "delaySeconds": Number = Number(2.5), at_least 0.0, at_most 30.0;
        /// A model words the answer.
        use_llm_message "useLlmMessage": bool = false;
    }
}

section! {
    /// What holds for a chat; as `defaults`, for every chat where nothing else is said.
    pub struct ChatPolicy / ChatOverride {
        /// Who may talk.
        who_can_talk "whoCanTalk": WhoCanTalk = WhoCanTalk::default();
        /// When the assistant answers.
        when_to_reply "whenToReply": WhenToReply = WhenToReply::default();
        /// Who may not talk.
        blocked_senders "blockedSenders": BlockedSenders = BlockedSenders::default();
        /// Which tools it has.
        allowed_tools "allowedTools": AllowedTools = AllowedTools::default();
        /// Who may use single tools.
        tool_access "toolAccess": Map<ToolRule> = Map::default();
        /// For people who look for a group; decides nothing.
        group_tags "groupTags": Vec<String> = Vec::new();
        /// The persona, below the workspace. Empty: none, whatever an outer layer says.
        persona_file "personaFile": Option<String> = None;
        /// Spoken messages.
        voice "voice": Voice = Voice::default();
        /// The brake.
        talkative_cooldown "talkativeCooldown": TalkativeCooldown = TalkativeCooldown::default();
    } override only {
        /// A note of a person; decides nothing, and names a group for people who look for one.
        comment "comment": String;
    }
}

section! {
    /// What holds on a channel.
    pub struct ChannelPolicy {
        /// For every chat of it.
        default "default": ChatOverride = ChatOverride::default();
        /// For single chats, by their id.
        chats "chats": Map<ChatOverride> = Map::default();
    }
}

section! {
    /// How the policy itself is handled.
    pub struct Runtime {
        /// A changed file is taken up.
        reload_on_change "reloadOnChange": bool = true;
        /// So often it is looked at.
        reload_check_interval_seconds "reloadCheckIntervalSeconds": Number = Number(1.0), at_least 0.1;
        /// Not used.
        feature_flags "featureFlags": Map<bool> = Map::default();
        /// Admin commands of one person in a minute.
        admin_command_rate_limit_per_minute "adminCommandRateLimitPerMinute": Integer = Integer::from(30), at_least 1;
        /// Risky commands want `--confirm`.
        admin_require_confirm_for_risky "adminRequireConfirmForRisky": bool = false;
    }
}

section! {
    /// When a batch of notes is closed.
    pub struct NotesBatch {
        /// When its first message is so old.
        interval_seconds "intervalSeconds": Integer = Integer::from(1_800), at_least 1;
        /// When it has so many messages.
        max_messages "maxMessages": Integer = Integer::from(100), at_least 1;
    }
}

section! {
    /// Notes where no channel or chat says otherwise.
    pub struct NotesDefaults {
        /// In groups.
        groups_enabled "groupsEnabled": bool = true;
        /// In direct chats.
        dms_enabled "dmsEnabled": bool = false;
        /// How.
        mode "mode": NotesMode = NotesMode::Adaptive;
        /// Also from senders who may not talk.
        allow_blocked_senders "allowBlockedSenders": bool = false;
    }
}

section! {
    /// Notes of one channel or chat; what is not given comes from the outer layer.
    pub struct NotesOverride {
        /// Whether.
        enabled "enabled": Option<bool> = None;
        /// How.
        mode "mode": Option<NotesMode> = None;
        /// Also from senders who may not talk.
        allow_blocked_senders "allowBlockedSenders": Option<bool> = None;
    }
}

section! {
    /// Notes of one channel.
    pub struct NotesChannel {
        /// For every chat of it.
        default "default": NotesOverride = NotesOverride::default();
        /// For single chats, by their id.
        chats "chats": Map<NotesOverride> = Map::default();
    }
}

section! {
    /// Quiet note taking.
    pub struct MemoryNotes {
        /// At all.
        enabled "enabled": bool = true;
        /// On these channels.
        apply_channels "applyChannels": Vec<String> = vec!["whatsapp".to_owned(), "telegram".to_owned()];
        /// When a batch is closed.
        batch "batch": NotesBatch = NotesBatch::default();
        /// Where nothing else is said.
        defaults "defaults": NotesDefaults = NotesDefaults::default();
        /// By channel.
        channels "channels": Map<NotesChannel> = Map::of([("whatsapp", NotesChannel::default()), ("telegram", NotesChannel::default())]);
    }
}

section! {
    /// A folder or file outside the workspace that tools may touch.
    pub struct Grant {
        /// Its name.
        id "id": String, required;
        /// Where it lies: absolute, `~` and links followed.
        path "path": String, required, then super::path::of_grant;
        /// With everything below.
        recursive "recursive": bool = true;
        /// What is allowed.
        mode "mode": GrantMode = GrantMode::Read;
        /// For people.
        description "description": String = String::new();
    }
}

section! {
    /// What file tools may touch outside the workspace, and what nowhere.
    pub struct FileAccess {
        /// May be touched.
        grants "grants": Vec<Grant> = Vec::new();
        /// Never.
        blocked_paths "blockedPaths": Vec<String> = Vec::new(), then super::path::blocked;
        /// Never, by shell wildcard or piece of the path.
        blocked_patterns "blockedPatterns": Vec<String> = Vec::new();
        /// Grants count for owners alone.
        owner_only "ownerOnly": bool = true;
        /// Uses of grants are written down.
        audit "audit": bool = true;
    }
    then super::path::with_unique_grants;
}

section! {
    /// The whole document. What a member means when it is absent is not always its type's default: a file without
    /// `defaults` and `channels` is more careful than one with empty ones (`absent.rs`).
    pub struct Policy {
        /// Kept, and never looked at: no version changed the layout.
        version "version": Integer = Integer::from(2);
        /// The owners of each channel.
        owners "owners": Map<Vec<String>> = super::absent::owners();
        /// How the policy itself is handled.
        runtime "runtime": Runtime = Runtime::default();
        /// For every chat where nothing else is said.
        defaults "defaults": ChatPolicy = super::absent::defaults();
        /// By channel.
        channels "channels": Map<ChannelPolicy> = super::absent::channels();
        /// Quiet note taking.
        memory_notes "memoryNotes": MemoryNotes = MemoryNotes::default();
        /// What file tools may touch.
        file_access "fileAccess": Option<FileAccess> = None;
    }
}
