//! Who somebody is: the names under which one sender may stand in a list of a policy.
//!
//! One person has many spellings: `+49151…`, `49151…@s.whatsapp.net`, `49151…:3@s.whatsapp.net`, `123|bob`. Both sides,
//! the list and the event, are expanded into all of them, and one common name is a match. The rules are the
//! original's, slips included: whoever has the same digits is the same person on WhatsApp, a telephone or not.

use std::borrow::Cow;
use std::collections::BTreeSet;

use nanobot_core::text::trim;

use crate::unicode::is_digits;

/// A sender under all his names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The first of the names; empty when there is none.
    pub primary: String,
    /// All names, in the order in which they were found.
    pub aliases: Vec<String>,
}

impl Actor {
    /// The sender of an event. `7|bob` is `7`, `bob` and also `7|bob`.
    pub fn of(channel: &str, sender: &str) -> Self {
        let mut known: Vec<String> = Vec::with_capacity(4);
        let is_joined = sender.contains('|') && !is_irc_source(channel, sender);
        let parts = is_joined.then(|| sender.split('|')).into_iter().flatten();
        for candidate in parts.chain([sender]) {
            for alias in aliases(channel, &token(candidate)) {
                if !known.contains(&alias) {
                    known.push(alias);
                }
            }
        }
        Self { primary: known.first().cloned().unwrap_or_default(), aliases: known }
    }

    /// The names as a list is asked for them. One more `@` goes here, so that a list with `name` also means the
    /// sender `@@name`, although a list with `@@name` does not mean `name`.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.aliases.iter().map(|alias| bare(alias)).filter(|name| !name.is_empty())
    }
}

/// Whether this is one name, and no list of them: on IRC a nick may have `|` in it, so that whoever takes the nick
/// `x|anna` would be `anna`.
fn is_irc_source(channel: &str, sender: &str) -> bool {
    channel == "irc" && sender.split_once('!').is_some_and(|(_, address)| address.contains('@'))
}

/// Everybody whom a list of a policy means. An entry is one name: `7|bob` is not split here.
pub fn expand<S: AsRef<str>>(channel: &str, entries: impl IntoIterator<Item = S>) -> BTreeSet<String> {
    entries.into_iter().flat_map(|entry| aliases(channel, &token(entry.as_ref()))).collect()
}

/// Hands over every name of an entry of a list, in pieces, so that whoever packs them away need not have a text of
/// each. In no order; some may come twice.
pub(crate) fn spell(channel: &str, entry: &str, mut take: impl FnMut(&[&str])) {
    spell_token(channel, &token(entry), &mut take);
}

/// Without white space at the ends and without one leading `@`.
fn bare(name: &str) -> &str {
    let name = trim(name);
    name.strip_prefix('@').map_or(name, trim)
}

fn token(name: &str) -> Cow<'_, str> {
    let name = bare(name);
    let is_lower = name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_lowercase()) }
}

/// All spellings of one token, sorted by code point. Nothing has none.
fn aliases(channel: &str, token: &str) -> Vec<String> {
    let mut spellings = Vec::with_capacity(4);
    spell_token(channel, token, &mut |pieces| spellings.push(pieces.concat()));
    spellings.sort_unstable();
    spellings.dedup();
    spellings
}

fn spell_token(channel: &str, token: &str, take: &mut dyn FnMut(&[&str])) {
    if token.is_empty() {
        return;
    }
    match channel {
        "whatsapp" => return on_whatsapp(token, take),
        "telegram" if !is_digits(token) => take(&["@", token]),
        _ => {}
    }
    take(&[token]);
}

/// `number:device@server`: with and without server, with and without `+`, never with the device alone.
fn on_whatsapp(token: &str, take: &mut dyn FnMut(&[&str])) {
    let (left, server) = token.split_once('@').unwrap_or((token, ""));
    let (base, _device) = left.split_once(':').unwrap_or((left, ""));
    take(&[base]);
    if !server.is_empty() {
        take(&[base, "@", server]);
    }
    if let Some(number) = base.strip_prefix('+') {
        take(&[number]);
    } else if is_digits(base) {
        take(&["+", base]);
    }
    // Where nothing was cut off it has been handed over already.
    let is_known = if server.is_empty() { base.len() == token.len() } else { base.len() == left.len() };
    if !is_known {
        take(&[token]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(channel: &str, sender: &str) -> Vec<String> {
        Actor::of(channel, sender).aliases
    }

    fn listed(channel: &str, entry: &str, sender: &str) -> bool {
        let list = expand(channel, [entry]);
        Actor::of(channel, sender).names().any(|name| list.contains(name))
    }

    #[test]
    fn a_sender_of_two_parts_is_each_of_them_and_both_together() {
        assert_eq!(
            names("telegram", "222|Bob"),
            ["222", "@bob", "bob", "222|bob", "@222|bob"].map(str::to_owned)
        );
        assert_eq!(names("discord", " 7 | Bob "), ["7", "bob", "7 | bob"].map(str::to_owned));
        assert!(listed("telegram", "222|bob", "222|Bob"), "the unsplit name is one more");
    }

    #[test]
    fn an_entry_of_a_list_is_not_split() {
        assert!(!listed("telegram", "222|bob", "222"));
    }

    #[test]
    fn quirk_server_device_and_plus_make_no_difference_on_whatsapp() {
        let spellings = ["123", "+123", "123@lid", "123:4@s.whatsapp.net", "123@g.us"];
        for entry in spellings {
            for sender in spellings {
                assert!(listed("whatsapp", entry, sender), "{entry} means {sender}");
            }
        }
        for other in ["00123", "1 23", "whatsapp:123"] {
            assert!(!listed("whatsapp", other, "123"), "{other}");
        }
    }

    #[test]
    fn quirk_one_leading_at_sign_goes_and_the_sender_loses_one_more() {
        assert!(listed("discord", "@name", "name"));
        assert!(listed("discord", "name", "@@name"));
        assert!(!listed("discord", "@@name", "name"));
    }

    #[test]
    fn case_is_folded_as_python_does() {
        assert!(listed("discord", "ΑΣ", "ας"), "a sigma at the end");
        assert_eq!(names("discord", "İ"), ["i\u{307}".to_owned()]);
        assert!(!listed("discord", "straße", "STRASSE"), "lower case is no case folding");
    }

    #[test]
    fn whoever_has_no_name_is_nobody() {
        for sender in ["", " ", "@", "@ "] {
            assert_eq!(Actor::of("telegram", sender), Actor { primary: String::new(), aliases: Vec::new() });
        }
        assert_eq!(names("whatsapp", "|"), ["|".to_owned()]);
        assert_eq!(
            Actor::of("whatsapp", ":5").primary,
            "",
            "a device without a number has an empty name, too"
        );
        assert_eq!(Actor::of("whatsapp", ":5").names().count(), 1, "which matches nothing");
    }

    #[test]
    fn a_nick_on_irc_cannot_hold_the_name_of_somebody_else() {
        let actor = Actor::of("irc", "x|dimi|y!~u@host");
        assert_eq!(actor.aliases, ["x|dimi|y!~u@host"]);
        assert_eq!(
            Actor::of("telegram", "7|bob!b@c").aliases.len(),
            5,
            "elsewhere it joins names, as recorded"
        );
    }
}
