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
fn an_address_that_is_none_is_told_without_opening_anything() {
    let config = r#"{"agents": {"defaults": {"model": "openai/x"}},
        "providers": {"openai": {"apiKey": "k", "apiBase": "no address"}}}"#;
    let error = choose_model(&loaded(config, &[])).unwrap_err();
    assert!(error.to_string().starts_with("provider openai: "), "{error}");
}
