//! The choice as an edit of `config.json`: the keys that decide who answers, in the spelling that stands there,
//! and nothing else.

use nanobot_config::spelling::{camel_to_snake, canonical, snake_to_camel};
use serde_json::{Map, Value, json};

use super::{By, Choice, OWN_SERVER};

/// The profile that takes its model from `agents.defaults.model`.
const ASSISTANT: &str = "assistant_default";

/// Puts a choice into a document. `profile` is the one that answers chats. `provider` is the account that the
/// profile has to name so that the choice holds; none takes out what an earlier choice wrote there.
pub(super) fn choose(document: &mut Value, profile: &str, choice: &Choice, provider: Option<&str>) {
    let entry = ["models", "profiles", profile];
    let there = get(document, &entry).is_some();
    match choice {
        Choice::Keep => return,
        Choice::Offline => {}
        Choice::Model { model, by } => {
            set(document, &["agents", "defaults", "model"], json!(model));
            if there || profile != ASSISTANT || provider.is_some() {
                set(document, &[&entry[..], &["model"]].concat(), json!(model));
            }
            if let By::Server(address) = by {
                set(document, &["providers", OWN_SERVER, "apiBase"], json!(address));
            }
        }
    }
    match provider {
        Some(provider) => {
            set(document, &[&entry[..], &["provider"]].concat(), json!(provider));
            if !there {
                set(document, &[&entry[..], &["kind"]].concat(), json!("chat"));
            }
        }
        None => {
            if let Some(entry) = get(document, &entry).and_then(Value::as_object_mut) {
                let key = spelled(entry, "provider");
                entry.shift_remove(&key);
            }
        }
    }
}

fn get<'a>(value: &'a mut Value, path: &[&str]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |at, name| {
        let object = at.as_object_mut()?;
        let key = spelled(object, name);
        object.get_mut(&key)
    })
}

/// Sets one key, making the objects on the way. A value in the way that is no object is left alone; checking
/// the text names it.
fn set(value: &mut Value, path: &[&str], new: Value) {
    let (Some((first, rest)), Some(object)) = (path.split_first(), value.as_object_mut()) else { return };
    let key = spelled(object, first);
    if rest.is_empty() {
        object.insert(key, new);
    } else {
        set(object.entry(key).or_insert_with(|| json!({})), rest, new);
    }
}

/// The key of that meaning that is there, else the file's usual spelling.
fn spelled(object: &Map<String, Value>, name: &str) -> String {
    let there = object.keys().find(|key| canonical(key) == canonical(name));
    let usual = || {
        let camel = snake_to_camel(name);
        if camel_to_snake(&camel) == camel_to_snake(name) { camel } else { name.to_owned() }
    };
    there.cloned().unwrap_or_else(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(by: By) -> Choice {
        Choice::Model { model: "tiny".into(), by }
    }

    fn server() -> Choice {
        model(By::Server("http://127.0.0.1:8080/v1".into()))
    }

    #[test]
    fn a_choice_touches_what_decides_and_nothing_else() {
        let mut document = json!({
            "configVersion": 2, "extra": [1],
            "models": {"profiles": {"assistantDefault": {"kind": "chat", "model": "old", "maxTokens": 5}}},
        });
        choose(&mut document, ASSISTANT, &server(), Some(OWN_SERVER));
        insta::assert_json_snapshot!(document, @r#"
        {
          "configVersion": 2,
          "extra": [
            1
          ],
          "models": {
            "profiles": {
              "assistantDefault": {
                "kind": "chat",
                "model": "tiny",
                "maxTokens": 5,
                "provider": "vllm"
              }
            }
          },
          "agents": {
            "defaults": {
              "model": "tiny"
            }
          },
          "providers": {
            "vllm": {
              "apiBase": "http://127.0.0.1:8080/v1"
            }
          }
        }
        "#);
        choose(&mut document, ASSISTANT, &model(By::Name), None);
        assert_eq!(document.pointer("/models/profiles/assistantDefault/provider"), None);
    }

    #[test]
    fn keys_keep_the_spelling_that_they_have() {
        let mut document = json!({
            "models": {"profiles": {"assistant_default": {"model": "old"}}},
            "providers": {"vllm": {"api_base": "http://old/v1"}},
        });
        choose(&mut document, ASSISTANT, &server(), Some(OWN_SERVER));
        let expected = json!({
            "models": {"profiles": {"assistant_default": {"model": "tiny", "provider": "vllm"}}},
            "providers": {"vllm": {"api_base": "http://127.0.0.1:8080/v1"}},
            "agents": {"defaults": {"model": "tiny"}},
        });
        assert_eq!(document, expected);
    }

    #[test]
    fn the_profile_of_the_route_is_the_one_that_changes() {
        let mut document = json!({
            "models": {"profiles": {"work": {"kind": "chat", "model": "old"}}, "routes": {"assistant.reply": "work"}},
        });
        choose(&mut document, "work", &Choice::Offline, Some("offline"));
        choose(&mut document, "work", &model(By::Name), None);
        assert_eq!(
            document.pointer("/models/profiles/work"),
            Some(&json!({"kind": "chat", "model": "tiny"}))
        );
        assert_eq!(document.pointer("/models/profiles/assistantDefault"), None);
    }

    #[test]
    fn nothing_that_understands_language_is_a_choice_that_stays() {
        let mut document = json!({"configVersion": 2});
        choose(&mut document, ASSISTANT, &Choice::Offline, Some("offline"));
        let entry = json!({"provider": "offline", "kind": "chat"});
        assert_eq!(document.pointer("/models/profiles/assistantDefault"), Some(&entry));
    }
}
