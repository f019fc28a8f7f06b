//! Trees in the form of the file: `camelCase` keys in the table's order.
//!
//! Used for the rewrite, where every default is written out, and for `config show`, where secrets are not.

use serde_json::{Map, Value};

use crate::reading::Kept;
use crate::schema::{Entries, Field, Kind, Names, Owner, Section, object_or_empty};
use crate::spelling::{snake_to_camel, written_name};

/// What stands in place of a secret.
const REDACTED: &str = "[secret]";

/// What a dump is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `config.json`: the original's keys, secrets as they are.
    File,
    /// A listing: all keys, no secrets.
    Listing,
}

/// Writes a tree out, with defaults where it has nothing.
pub(crate) fn dump(section: &Section, tree: &Value, purpose: Purpose) -> Value {
    let entries = section.fields.iter().filter_map(|field| {
        let given = tree.get(field.name);
        if !belongs(field, given, purpose) {
            return None;
        }
        let value = field_value(field, given, purpose)?;
        Some((snake_to_camel(field.name), value))
    });
    Value::Object(entries.collect())
}

/// Whether a key is part of a dump: one of ours is in no `config.json`, unless the original has come to know it and
/// the file has it.
fn belongs(field: &Field, given: Option<&Value>, purpose: Purpose) -> bool {
    match (purpose, field.owner) {
        (Purpose::Listing, _) | (Purpose::File, Owner::Original) => true,
        (Purpose::File, Owner::Ours) => false,
        (Purpose::File, Owner::Both) => given.is_some(),
    }
}

/// Puts unknown keys back where they were, after the known ones.
pub(crate) fn restore(dump: &mut Value, kept: &[Kept]) {
    for Kept { section, key, value } in kept {
        let place = section.iter().try_fold(&mut *dump, |at, name| at.get_mut(written_name(name)));
        if let Some(Value::Object(place)) = place {
            place.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
}

fn field_value(field: &Field, value: Option<&Value>, purpose: Purpose) -> Option<Value> {
    match (&field.kind, value) {
        (Kind::Names(names), given) => Some(dump_names(names, given, field.preset(), purpose)),
        // What is built in is no secret, the query of an address included.
        (_, Some(value)) if field.default.is_some_and(|default| default() == *value) => Some(value.clone()),
        (_, Some(value)) => Some(dump_field(field, value, purpose)),
        (Kind::Section(section), None) => Some(dump(section, &section.defaults(), purpose)),
        (_, None) => field.default.map(|default| default()),
    }
}

fn dump_field(field: &Field, value: &Value, purpose: Purpose) -> Value {
    match value {
        Value::String(text) if purpose == Purpose::Listing && field.is_address() => {
            Value::String(shown_address(text))
        }
        _ => dump_value(&field.kind, value, purpose),
    }
}

fn dump_value(kind: &Kind, value: &Value, purpose: Purpose) -> Value {
    match (kind, value) {
        (Kind::Section(section), _) => dump(section, value, purpose),
        (Kind::Names(names), _) => dump_names(names, Some(value), None, purpose),
        (Kind::Optional(inner), Value::Object(_)) => dump_value(inner, value, purpose),
        (Kind::Headers, Value::Object(headers)) => {
            let shown = |value| if purpose == Purpose::Listing { redacted(value) } else { value.clone() };
            Value::Object(headers.iter().map(|(name, value)| (name.clone(), shown(value))).collect())
        }
        (kind, value) if kind.is_secret() && purpose == Purpose::Listing => redacted(value),
        (_, Value::String(text)) if purpose == Purpose::Listing => {
            Value::String(address_without_secrets(text).unwrap_or_else(|| text.clone()))
        }
        (_, value) => value.clone(),
    }
}

/// The special name, then the given ones in their order, then the built-in ones that are missing.
fn dump_names(names: &Names, given: Option<&Value>, preset: Option<Value>, purpose: Purpose) -> Value {
    let preset = object_or_empty(preset);
    let nothing = Map::new();
    let given = given.and_then(Value::as_object).unwrap_or(&nothing);
    let special = names.special.as_ref().map(|(name, _)| *name);
    let mut order: Vec<&str> = special.into_iter().collect();
    for name in given.keys().chain(preset.keys()) {
        if !order.contains(&name.as_str()) {
            order.push(name);
        }
    }
    let entries = order.into_iter().map(|name| {
        let value = dump_entry(names, name, given.get(name), preset.get(name), purpose);
        (names.written(name), value)
    });
    Value::Object(entries.collect())
}

fn dump_entry(
    names: &Names,
    name: &str,
    given: Option<&Value>,
    preset: Option<&Value>,
    purpose: Purpose,
) -> Value {
    let kind = names.kind_of(name);
    let Kind::Section(section) = kind else {
        return dump_value(kind, given.or(preset).unwrap_or(&Value::Null), purpose);
    };
    let completed = names.entries == Entries::Completed || preset.is_some();
    let fields = section.fields.iter().filter_map(|field| {
        let value = given.and_then(|g| g.get(field.name)).or_else(|| preset?.get(field.name));
        if !belongs(field, value, purpose) {
            return None;
        }
        let value = match value {
            Some(value) => dump_field(field, value, purpose),
            None if completed => field_value(field, None, purpose)?,
            None => return None,
        };
        Some((snake_to_camel(field.name), value))
    });
    Value::Object(fields.collect())
}

/// A blank secret is shown as it is: that none is set is no secret.
fn redacted(value: &Value) -> Value {
    match value {
        Value::String(text) if !text.trim().is_empty() => Value::String(REDACTED.to_owned()),
        other => other.clone(),
    }
}

/// What a listing shows of the value of an address key. What is not of the form that everybody reads alike may
/// be taken apart in another way by whoever connects, so nothing of it is shown if there may be a secret in it.
fn shown_address(text: &str) -> String {
    if text.contains(['@', '?', '#']) && !is_plain_address(text) {
        return REDACTED.to_owned();
    }
    address_without_secrets(text).unwrap_or_else(|| text.to_owned())
}

/// Whether an address has the form `scheme://host…`, with a name and a password before the host or without, and
/// with a number as its port or without.
fn is_plain_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (host, ""),
    };
    let is_host = !host.is_empty()
        && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | '[' | ']' | ':' | '%'));
    is_scheme && is_host && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// An address without what people put secrets into: name and password before the host, the values of its query,
/// and its fragment. `None` when there is nothing of that in it.
fn address_without_secrets(text: &str) -> Option<String> {
    let start = match text.find("://") {
        _ if text.starts_with("//") => "//".len(),
        Some(colon) => colon + "://".len(),
        None => return None,
    };
    let (scheme, rest) = text.split_at(start);
    let (rest, fragment) = split_before(rest, '#');
    let (place, query) = split_before(rest, '?');
    let (authority, path) = split_before(place, '/');
    let authority = match authority.rsplit_once('@') {
        Some((_, host)) => format!("{REDACTED}@{host}"),
        None => authority.to_owned(),
    };
    let query: Vec<String> = query.split('&').map(parameter_without_value).collect();
    let fragment = if fragment.len() > 1 { format!("#{REDACTED}") } else { fragment.to_owned() };
    let shown = format!("{scheme}{authority}{path}{}{fragment}", query.join("&"));
    (shown != text).then_some(shown)
}

/// `key=value` without its value. A part without a key may be the secret itself.
fn parameter_without_value(part: &str) -> String {
    let (mark, part) = part.split_at(usize::from(part.starts_with('?')));
    match part.split_once('=') {
        _ if part.is_empty() => mark.to_owned(),
        Some((key, "")) => format!("{mark}{key}="),
        Some((key, _)) => format!("{mark}{key}={REDACTED}"),
        None => format!("{mark}{REDACTED}"),
    }
}

/// What stands before a mark, and the rest with the mark.
fn split_before(text: &str, mark: char) -> (&str, &str) {
    text.split_at(text.find(mark).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_secret_in_an_address_is_shown() {
        for (address, shown) in [
            ("http://me:pass@word@127.0.0.1:8080/v1", "http://[secret]@127.0.0.1:8080/v1"),
            ("http://me:p@h/v1?a=b@c", "http://[secret]@h/v1?a=[secret]"),
            ("//me@h", "//[secret]@h"),
            ("https://h/?key=sk-zzz&x=&flag&a=b=c", "https://h/?key=[secret]&x=&[secret]&a=[secret]"),
            ("https://h/v1#a?b=c", "https://h/v1#[secret]"),
            ("https://h?sk-zzz#sk-zzz", "https://h?[secret]#[secret]"),
        ] {
            assert_eq!(address_without_secrets(address).as_deref(), Some(shown), "{address}");
        }
        for plain in [
            "https://h/?#",
            "http://127.0.0.1/v1@2",
            "",
            "~/.nanobot/workspace",
            "someone@example.org",
            "really?",
            "a=b",
            "Who? //you",
        ] {
            assert_eq!(address_without_secrets(plain), None, "{plain}");
        }
    }

    #[test]
    fn an_address_of_no_plain_form_is_shown_whole_or_not_at_all() {
        for address in [
            "http:u:S@host/v1",
            "http:/u:S@host/v1",
            r"http:\\u:S@host/v1",
            "http:///u:S@host/v1",
            "http:127.0.0.1/v1?key=S",
            "u:S@host/v1",
            "//u:S@host",
            " http://u:S@host",
            "http://u:S/S@host",
            "u:S@http://host",
            "host#S",
        ] {
            assert_eq!(shown_address(address), REDACTED, "{address}");
        }
        for (address, shown) in [
            ("http://u:S@[::1]:80/v1?key=S", "http://[secret]@[::1]:80/v1?key=[secret]"),
            ("wss://[::1]?S", "wss://[::1]?[secret]"),
            ("http+unix://host:/v1@2", "http+unix://host:/v1@2"),
            ("localhost:8000/v1", "localhost:8000/v1"),
            ("::1", "::1"),
            ("http:/nonsense", "http:/nonsense"),
            ("", ""),
        ] {
            assert_eq!(shown_address(address), shown, "{address}");
        }
    }

    #[test]
    fn only_the_keys_of_addresses_are_taken_for_such() {
        let tree = serde_json::json!({
            "channels": {"whatsapp": {"bridge_url": "http:u:S@host", "bridge_host": "u:S@host"},
                "discord": {"gateway_url": "wss:/host?token=S"}},
            "providers": {"openai": {"api_base": "u:S@host/v1"}, "elevenlabs": {"api_base": "http:h/v1?key=S"}},
            "security": {"block_user_message": "really?"}, "telemetry": {"otlp_endpoint": "u:S@host:4318"},
        });
        let listing = dump(crate::settings::table(), &tree, Purpose::Listing);
        let at = |pointer| listing.pointer(pointer).and_then(Value::as_str);
        for pointer in [
            "/channels/whatsapp/bridgeUrl",
            "/channels/whatsapp/bridgeHost",
            "/channels/discord/gatewayUrl",
            "/providers/openai/apiBase",
            "/providers/elevenlabs/apiBase",
            "/telemetry/otlpEndpoint",
        ] {
            assert_eq!(at(pointer), Some(REDACTED), "{pointer}");
        }
        assert_eq!(at("/security/blockUserMessage"), Some("really?"));
        let file = dump(crate::settings::table(), &tree, Purpose::File);
        assert_eq!(file.pointer("/providers/openai/apiBase"), Some(&"u:S@host/v1".into()));
    }

    proptest! {
        #[test]
        fn a_secret_in_any_part_of_an_address_is_hidden(
            scheme in "([a-z]{1,5}:)?",
            host in "[a-z.]{1,8}(:[0-9]{1,5})?",
            path in "(/[a-z@?]{0,6})?",
            key in "[a-z]{0,4}=",
            rest in "[a-z=&?/#@:]{0,8}",
            place in 0..4,
        ) {
            let address = match place {
                0 => format!("{scheme}//me:hunter2@{host}{path}?{key}{rest}"),
                1 => format!("{scheme}//{host}{path}?{key}hunter2{rest}"),
                2 => format!("{scheme}//{host}{path}?{rest}&hunter2"),
                _ => format!("{scheme}//{host}{path}?{key}#{rest}hunter2"),
            };
            let shown = address_without_secrets(&address).expect("something to hide");
            prop_assert!(!shown.contains("hunter2"), "{address} is shown as {shown}");
            // What is shown has nothing more to hide but its own marks.
            prop_assert_eq!(address_without_secrets(&shown).unwrap_or_else(|| shown.clone()), shown);
        }

        #[test]
        fn a_secret_in_an_address_of_no_plain_form_is_hidden(
            scheme in "([a-z]{1,5}:)?",
            slashes in r"[/\\]?|[/\\]{0,4}[ \t]?|///?",
            host in r"[a-z.\\]{1,8}(:[0-9]{1,5})?",
            path in r"([/\\][a-z@?]{0,6})?",
            key in "[a-z]{0,4}=",
            place in 0..5,
        ) {
            let start = format!("{scheme}{slashes}");
            let address = match place {
                0 => format!("{start}me:hunter2@{host}{path}"),
                1 => format!("{start}{host}{path}?{key}hunter2"),
                2 => format!("{start}{host}{path}?hunter2"),
                3 => format!("{start}me:hunt/hunter2@{host}{path}"),
                _ => format!("{start}{host}{path}#hunter2"),
            };
            let shown = shown_address(&address);
            prop_assert!(!shown.contains("hunter2"), "{address} is shown as {shown}");
            prop_assert_eq!(shown_address(&shown), shown);
        }

        #[test]
        fn any_text_is_survived(text in "\\PC{0,30}") {
            let _ = address_without_secrets(&text);
            let _ = shown_address(&text);
        }
    }
}
