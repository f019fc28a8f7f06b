//! Who answers, by what the settings say.

use nanobot_config::{Environment, Home, LoadRequest, load, migrate};
use nanobot_core::time::Timestamp;

use super::*;

/// Settings of a file, with variables.
fn loaded(config: &str, variables: &[(&str, &str)]) -> Loaded {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("config.json"), config).unwrap();
    let environment: Environment = variables.iter().copied().collect();
    load(&LoadRequest::new(Home::at(home.path(), None), environment)).unwrap()
}

/// Model, provider, and whether it is guessed.
fn chosen(loaded: &Loaded) -> (String, String, bool) {
    let chosen = choose_model(loaded).unwrap();
    let guessed = matches!(chosen, ChosenModel::Account { guessed: true, .. });
    let info = chosen.info();
    (info.model, info.provider, guessed)
}

fn is(model: &str, provider: &str, guessed: bool) -> (String, String, bool) {
    (model.to_owned(), provider.to_owned(), guessed)
}

#[test]
fn the_built_in_model_is_the_one_of_the_settings() {
    let loaded = loaded("{}", &[]);
    assert_eq!(model_of(profile(&loaded.config), &loaded.config), BUILT_IN);
    assert_eq!(named_model(&loaded.config), None);
}

#[test]
fn migrating_does_not_change_who_answers() {
    let own = ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
    let key = |name| (name, "k");
    let cases = [
        (vec![key("OPENAI_API_KEY")], is("openai/gpt-4o-mini", "openai", false)),
        (vec![key("ANTHROPIC_API_KEY")], is(BUILT_IN, "anthropic", false)),
        (vec![key("GROQ_API_KEY")], is("groq/openai/gpt-oss-120b", "groq", false)),
        (vec![own], is(FIRST_MODEL, "openai", true)),
        (vec![], is("offline", "offline", false)),
    ];
    let full = migrate("config.json".as_ref(), "{}", Timestamp::UNIX_EPOCH).unwrap().text_after;
    assert!(full.contains(BUILT_IN), "the dump names the model");
    for (variables, expected) in cases {
        assert_eq!(chosen(&loaded("{}", &variables)), expected, "{variables:?}");
        assert_eq!(chosen(&loaded(&full, &variables)), expected, "migrated, {variables:?}");
    }
}

#[test]
fn a_provider_in_the_profile_wins_over_a_key() {
    let config = r#"{"models": {"profiles": {"assistantDefault": {"model": "qwen3", "provider": "vllm"}}},
        "providers": {"vllm": {"apiBase": "http://127.0.0.1:9/v1"}}}"#;
    let keys = [("OPENAI_API_KEY", "k"), ("DASHSCOPE_API_KEY", "k")];
    assert_eq!(chosen(&loaded(config, &keys)), is("qwen3", "vllm", false));
    let offline = r#"{"models": {"profiles": {"assistantDefault": {"provider": "offline"}}}}"#;
    assert_eq!(chosen(&loaded(offline, &keys)), is("offline", "offline", false));
    let misspelt = r#"{"models": {"profiles": {"assistantDefault": {"provider": "opnai"}}}}"#;
    let error = choose_model(&loaded(misspelt, &keys)).unwrap_err();
    assert!(error.to_string().contains("\"opnai\""), "{error}");
}

#[test]
fn the_profile_that_names_an_unknown_provider_is_the_one_that_is_blamed() {
    let config = r#"{"models": {"profiles": {"second": {"kind": "chat", "model": "grok-4", "provider": "grok",
        "fallback": []}, "assistantDefault": {"model": "openai/gpt-4o", "fallback": ["second"]}}},
        "providers": {"openai": {"apiKey": "k"}}}"#;
    let error = plan_models(&loaded(config, &[])).unwrap_err().to_string();
    assert!(
        error.starts_with("profile second names provider \"grok\"; known are offline, openrouter, "),
        "{error}"
    );
}

#[test]
fn the_short_name_of_the_task_comes_first_as_it_does_when_somebody_asks() {
    let config = r#"{"models": {"profiles": {"other": {"kind": "chat", "model": "openai/o"}},
        "routes": {"reply": "other"}}, "providers": {"openai": {"apiKey": "k"}}}"#;
    assert_eq!(reply_profile(&loaded(config, &[]).config), Some("other"));
}

#[test]
fn an_address_that_is_none_is_told_without_opening_anything() {
    let config = r#"{"agents": {"defaults": {"model": "openai/x"}},
        "providers": {"openai": {"apiKey": "k", "apiBase": "no address"}}}"#;
    let error = choose_model(&loaded(config, &[])).unwrap_err();
    assert!(error.to_string().starts_with("provider openai: "), "{error}");
}

/// The names of the keys that would be asked with, in their order, or what is wrong.
fn credentials(account: &str, keys: &str) -> Result<Vec<String>, String> {
    let config = format!(
        r#"{{"agents": {{"defaults": {{"model": "openai/gpt-4o"}}}}, "providers": {{"openai": {account}}}}}"#
    );
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("config.json"), config).unwrap();
    std::fs::write(home.path().join("config.toml"), format!("[providers.openai.keys]\n{keys}\n")).unwrap();
    let loaded = load(&LoadRequest::new(Home::at(home.path(), None), Environment::default())).unwrap();
    let plan = plan_models(&loaded).map_err(|error| error.to_string())?;
    let seats = &plan.chains[reply_profile(&loaded.config).unwrap()].hops()[0].seats;
    Ok(seats.iter().map(|seat| seat.credential.clone()).collect())
}

#[test]
fn a_further_key_of_another_vendor_is_refused_at_the_start_and_not_shown() {
    let is_refused = |account: &str, keys: &str| {
        let told = credentials(account, keys).unwrap_err();
        assert_eq!(
            told,
            "providers.openai.keys.second: this key belongs to another vendor than providers.openai.apiKey, to whose \
             server it would be sent; give it to a provider of its own"
        );
    };
    // The first one makes it openrouter.ai.
    is_refused(r#"{"apiKey": "sk-or-v1-4711"}"#, r#"second = "sk-proj-4711""#);
    is_refused(r#"{"apiKey": "sk-proj-4711"}"#, r#"second = "sk-or-v1-4711""#);
    is_refused(
        r#"{"apiKey": "sk-or-v1-4711", "apiBase": "http://127.0.0.1:9/v1"}"#,
        r#"second = "sk-proj-4711""#,
    );
}

#[test]
fn further_keys_of_the_same_vendor_are_taken() {
    let are = |account: &str, keys: &str| credentials(account, keys).unwrap();
    assert_eq!(are(r#"{"apiKey": "sk-or-v1-1"}"#, "second = \"sk-or-v1-2\""), ["main", "second"]);
    assert_eq!(are(r#"{"apiKey": "sk-proj-1"}"#, "second = \"sk-proj-2\""), ["main", "second"]);
    let own = r#"{"apiBase": "http://127.0.0.1:9/v1"}"#;
    // Nobody's key says where these go: the settings do.
    assert_eq!(are(own, "a = \"sk-or-v1-1\"\nb = \"sk-proj-2\""), ["a", "b"]);
    assert_eq!(are(own, ""), ["main"]);
}
