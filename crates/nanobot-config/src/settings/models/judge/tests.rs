//! Names of profiles and tasks, chats and prices, as people get them wrong.

use crate::check::check_text;

fn said(file: &str, text: &str) -> Vec<String> {
    let check = check_text(file, text);
    check.errors.iter().map(|error| format!("{}: {}", error.path, error.message)).collect()
}

/// A `config.json` of the original's later state, where fallbacks may stand.
fn json(fallback: &str) -> Vec<String> {
    let profiles = format!(
        r#"{{"a":{{"kind":"chat","fallback":{fallback}}},"myFast":{{"kind":"chat"}},"b":{{"kind":"chat"}}}}"#
    );
    said("config.json", &format!(r#"{{"models":{{"profiles":{profiles}}}}}"#))
}

fn toml(text: &str) -> Vec<String> {
    said("config.toml", text)
}

#[test]
fn a_fallback_is_a_profile_that_is_there_and_listed_once() {
    assert_eq!(json(r#"["b", "my_fast", "subagent_default"]"#), [""; 0]);
    assert_eq!(
        json(r#"["b", "c"]"#),
        ["models.profiles.a.fallback: names the profile \"c\", which models.profiles does not define"]
    );
    for twice in [r#"["b", "b"]"#, r#"["b", "my_fast", "b"]"#] {
        assert_eq!(json(twice), ["models.profiles.a.fallback: names the profile \"b\" twice; leave one out"]);
    }
    assert_eq!(
        json(r#"["myFast", "my_fast"]"#),
        ["models.profiles.a.fallback: names the profile \"my_fast\" twice; leave one out"]
    );
    let quoted = json(r#"["http://u:hunter2@h", "http://u:hunter2@h"]"#).join("\n");
    assert!(quoted.contains("expected the name of a profile") && !quoted.contains("hunter2"), "{quoted}");
}

#[test]
fn a_circle_of_fallbacks_is_left_to_the_router() {
    assert_eq!(json(r#"["a"]"#), [""; 0]);
}

#[test]
fn figures_of_a_profile_are_within_their_limits() {
    for (setting, expected) in [
        ("cooldown_seconds = -1", "cooldown_seconds: expected an integer from 0 to 86400"),
        ("cooldown_seconds = 86401", "cooldown_seconds: expected an integer from 0 to 86400"),
        ("context_tokens = 0", "context_tokens: expected an integer from 1 to 4294967295 or null"),
        ("trust = \"friends\"", "trust: expected one of own_machine, own_account, third_party or null"),
        ("price = { input = -1, output = 1 }", "price.input: expected a number from 0 to 1000000000"),
        ("price = { input = 1, output = nan }", "price.output: expected a number from 0 to 1000000000"),
        (
            "price = { input = 1, output = 1, cache_write = -0.5 }",
            "price.cache_write: expected a number from 0 to 1000000000 or null",
        ),
        ("price = { output = 1 }", "price.input: required, but missing"),
        (
            "price = {}",
            "price.input: required, but missing\nmodels.profiles.a.price.output: required, but missing",
        ),
    ] {
        let said = toml(&format!("[models.profiles.a]\n{setting}")).join("\n");
        assert!(said.starts_with(&format!("models.profiles.a.{expected}")), "{setting}: {said}");
    }
    let all = r#"
        [models.profiles.a]
        fallback = ["b"]
        cooldown_seconds = 0
        allow_escalation = true
        trust = "own_account"
        context_tokens = 200000
        price = { input = 3, output = 15, cached_input = 0.3, cache_write = 3.75, source = "price list, 2026-02-01" }
    "#;
    assert_eq!(toml(all), [""; 0]);
}

#[test]
fn a_chat_is_named_with_its_channel() {
    let chat = |name: &str| toml(&format!("[models.chats.\"{name}\"]\nreply = \"assistant_default\""));
    for good in ["telegram:-100", "whatsapp:123@g.us", "irc:#Garden", "cli:direct"] {
        assert_eq!(chat(good), [""; 0], "{good}");
    }
    assert_eq!(
        chat("12345"),
        [
            "models.chats.12345: expected a chat as CHANNEL:CHAT, with the channel in lower case, found no channel"
        ]
    );
    for bad in [":12345", "telegram:", "IRC:#garden"] {
        let said = chat(bad);
        assert!(said.len() == 1 && said[0].ends_with("found another form"), "{said:?}");
    }
}

#[test]
fn a_chat_chooses_by_task_in_either_form_and_once() {
    let chat = |tasks: &str| toml(&format!("[models.chats.\"telegram:1\"]\n{tasks}"));
    assert_eq!(chat("reply = \"x\"\n\"vision.describe_image\" = \"x\"\nembed = \"x\""), [""; 0]);
    assert_eq!(
        chat("dream = \"x\""),
        [
            "models.chats.telegram:1.dream: names no task; take one of reply, summarise, extract, embed, describe, \
          transcribe, speak, classify, bulletin, compact, subagent, assistant.reply, vision.describe_image, \
          asr.transcribe_audio, tts.speak, memory.embed, memory.capture.extract"
        ]
    );
    assert_eq!(
        chat("reply = \"x\"\n\"assistant.reply\" = \"y\""),
        ["models.chats.telegram:1.reply: the same setting as \"assistant.reply\", given twice"]
    );
}

#[test]
fn what_a_file_by_itself_cannot_know_is_not_held_against_it() {
    let text =
        "[models.profiles.elsewhere]\nfallback = [\"there\"]\n[models.chats.\"irc:#a\"]\nreply = \"there\"";
    assert_eq!(toml(text), [""; 0]);
}

#[test]
fn what_makes_a_profile_stays_in_config_json() {
    assert_eq!(
        toml("[models.profiles.a]\nkind = \"chat\"\nfallback = [\"b\"]"),
        [
            "models.profiles.a.kind: belongs in config.json: config.toml holds only keys that the original does not know"
        ]
    );
    let check =
        check_text("config.json", r#"{"models":{"chats":{},"profiles":{"a":{"kind":"chat","price":1}}}}"#);
    assert_eq!(check.unknown, ["models.chats", "models.profiles.a.price"]);
}
