//! The groups that are known from anywhere, and how a person finds one: by id, by name, by tag.
//!
//! Where they were seen (session files, a log, the bridge) is told from outside.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use nanobot_core::text::trim;
use sha2::{Digest as _, Sha256};

use super::target::{is_group, is_whatsapp};
use crate::document::schema::Policy;

/// So many rows are shown: a message in a chat has an end.
const MAX_SHOWN: usize = 40;

/// So many rows of an answer that says which groups could be meant.
const MAX_MEANT: usize = 10;

/// A piece of a name counts from this many letters and digits on: shorter ones are in every name.
const MIN_PIECE: usize = 4;

/// What is known of a group from outside the policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupFact {
    /// Its id.
    pub id: String,
    /// When its session was changed last, in seconds since 1970; none when it has no session.
    pub session_changed: Option<i64>,
    /// A log names it.
    pub in_log: bool,
    /// The bridge calls it so.
    pub bridge_name: Option<String>,
}

/// A group and all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) id: String,
    alias: String,
    in_policy: bool,
    comment: String,
    tags: Vec<String>,
    session_changed: Option<i64>,
    in_log: bool,
    bridge_name: String,
}

/// Whom a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    One(Group),
    None,
    Several(Vec<Group>),
}

/// All groups of a channel: those of the policy first, then those with the newest session.
pub(super) fn known(policy: &Policy, channel: &str, facts: &[GroupFact]) -> Vec<Group> {
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    let is_one = |id: &str| !is_whatsapp(channel) || is_group(id);
    for (id, chat) in policy.channels.get(channel).iter().flat_map(|channel| &channel.chats.0) {
        if is_one(id) {
            let group = groups.entry(id).or_insert_with(|| Group::of(id));
            group.in_policy = true;
            trim(chat.comment.as_deref().unwrap_or_default()).clone_into(&mut group.comment);
            let tags = chat.group_tags.iter().flatten().map(|tag| trim(tag));
            group.tags = tags.filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
        }
    }
    for fact in facts.iter().filter(|fact| is_one(&fact.id)) {
        let group = groups.entry(&fact.id).or_insert_with(|| Group::of(&fact.id));
        group.session_changed = group.session_changed.max(fact.session_changed);
        group.in_log |= fact.in_log;
        if let Some(name) = &fact.bridge_name {
            trim(name).clone_into(&mut group.bridge_name);
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    // They stand in order of their ids, and a stable sort keeps that.
    groups.sort_by_key(|group| (!group.in_policy, std::cmp::Reverse(group.session_changed)));
    groups
}

impl Group {
    fn of(id: &str) -> Self {
        let hash = Sha256::digest(id.as_bytes());
        let mut alias = "g-".to_owned();
        for byte in hash.iter().take(5) {
            let _ = write!(alias, "{byte:02x}");
        }
        Self {
            id: id.to_owned(),
            alias,
            in_policy: false,
            comment: String::new(),
            tags: Vec::new(),
            session_changed: None,
            in_log: false,
            bridge_name: String::new(),
        }
    }

    /// What a person calls it: the policy's note, else the bridge's name.
    fn name(&self) -> &str {
        if self.comment.is_empty() { &self.bridge_name } else { &self.comment }
    }

    /// Name and tags, each behind a bar.
    fn label(&self) -> String {
        let mut label = String::new();
        if !self.name().is_empty() {
            let _ = write!(label, " | {}", self.name());
        }
        if !self.tags.is_empty() {
            let _ = write!(label, " | tags: {}", self.tags.join(", "));
        }
        label
    }

    fn sources(&self) -> String {
        let sources = [
            (self.in_policy, "policy"),
            (self.session_changed.is_some(), "sessions"),
            (self.in_log, "log"),
            (!self.bridge_name.is_empty(), "bridge"),
        ];
        sources.into_iter().filter_map(|(is, name)| is.then_some(name)).collect::<Vec<_>>().join("+")
    }

    /// As a search shows it.
    pub(super) fn resolved(&self, wanted: &str) -> String {
        format!("Resolved '{wanted}' -> {} ({}){}", self.id, self.alias, self.label())
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let names = [&self.alias, &self.comment, &self.bridge_name].into_iter().chain(&self.tags);
        names.map(String::as_str).filter(|text| !text.is_empty())
    }
}

/// The list of groups, those that a query fits.
pub(super) fn list(groups: &[Group], channel: &str, query: Option<&str>) -> String {
    let what =
        if is_whatsapp(channel) { "WhatsApp groups".to_owned() } else { format!("chats on {channel}") };
    let query = query.map(trim).filter(|query| !query.is_empty());
    let fits = |group: &&Group| {
        let tags = group.tags.iter().map(String::as_str);
        query.is_none_or(|query| {
            let query = query.to_lowercase();
            let mut texts = [group.id.as_str(), group.name(), &group.alias].into_iter().chain(tags);
            texts.any(|text| text.to_lowercase().contains(&query))
        })
    };
    let fitting: Vec<&Group> = groups.iter().filter(fits).collect();
    let mut text = match (fitting.len(), query) {
        (0, Some(query)) => return format!("No {what} matched '{query}'."),
        (0, None) => return format!("No {what} found."),
        (count, _) => format!("Known {what}: {count} (showing {})", count.min(MAX_SHOWN)),
    };
    for group in fitting.iter().take(MAX_SHOWN) {
        let _ = write!(text, "\n- {} | {} | {}{}", group.alias, group.id, group.sources(), group.label());
    }
    text.push_str("\nUse: /policy resolve-group <name_or_id>");
    text
}

/// Looks for a group. The first way on which any is found decides; more than one there is a question.
pub(super) fn find(groups: &[Group], wanted: &str) -> Found {
    let wanted = trim(wanted);
    let small = wanted.to_lowercase();
    let same = |text: &str| !text.is_empty() && text.to_lowercase() == small;
    let piece = bare(&small);
    let long_enough = piece.chars().count() >= MIN_PIECE;
    let holds = |text: &str| {
        let text = text.to_lowercase();
        long_enough && (text.contains(&small) || bare(&text).contains(&piece))
    };
    let ways: [&dyn Fn(&Group) -> bool; 8] = [
        &|group| group.id == wanted,
        &|group| group.alias == small,
        &|group| group.tags.iter().any(|tag| tag == wanted),
        &|group| !wanted.is_empty() && group.comment == wanted,
        &|group| same(&group.comment),
        &|group| group.tags.iter().any(|tag| same(tag)),
        &|group| same(&group.bridge_name),
        &|group| group.texts().any(holds),
    ];
    for way in ways {
        let mut found: Vec<Group> = groups.iter().filter(|group| way(group)).cloned().collect();
        match found.len() {
            0 => {}
            1 => return found.pop().map_or(Found::None, Found::One),
            _ => return Found::Several(found),
        }
    }
    Found::None
}

/// The answer to a name that means more than one.
pub(super) fn several(groups: &[Group], wanted: &str) -> String {
    let mut text = format!("'{wanted}' fits {} groups. Use an id or an alias:", groups.len());
    for group in groups.iter().take(MAX_MEANT) {
        let _ = write!(text, "\n- {} | {}{}", group.alias, group.id, group.label());
    }
    text
}

/// Letters and digits alone.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}
