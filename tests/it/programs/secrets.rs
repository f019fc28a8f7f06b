//! Keys, wherever they are kept, are sent to their provider and show up nowhere else.

use nanobot_tests::{FakeProvider, Script};

use super::harness::{Home, Ran};

/// Everything that programs print and write on the way through two good turns, a bad one, and all commands.
fn traces(home: &Home, provider: &FakeProvider) -> Vec<(String, String)> {
    let mut traces = Vec::new();
    let mut keep = |name: &str, ran: &Ran| {
        traces.push((format!("{name}: stdout"), ran.stdout.clone()));
        traces.push((format!("{name}: stderr"), ran.stderr.clone()));
    };
    let commands: [&[&str]; 12] = [
        &["status"],
        &["status", "--json"],
        &["config", "show"],
        &["config", "show", "providers"],
        &["config", "show", "providers.openai.api_key", "--source"],
        &["config", "check", "--jsonl"],
        &["config", "path"],
        &["session", "list", "--json"],
        &["session", "show", "cli:default", "--json"],
        &["session", "export", "cli:default"],
        &["session", "reset", "cli:default", "--yes"],
        &["chat", "-m", "hi"],
    ];
    for script in [Script::Answer, Script::Unauthorized] {
        provider.play(script);
        for args in commands {
            keep(&args.join(" "), &home.cli(args));
        }
        let daemon = home.daemon();
        for args in commands {
            keep(&args.join(" "), &home.cli(args));
        }
        let log = daemon.stop().join("\n");
        keep("the daemon", &Ran { code: 0, stdout: String::new(), stderr: log });
    }
    keep("a second daemon", &{
        let _daemon = home.daemon();
        home.daemon_that_ends()
    });
    let files = home.files().into_iter().map(|(path, bytes)| {
        (home.redact(&path.display().to_string()), String::from_utf8_lossy(&bytes).into_owned())
    });
    traces.extend(files);
    traces
}

/// Runs everything; the key may stand in `kept_in` and nowhere else.
fn is_kept(home: &Home, provider: &FakeProvider, key: &str, kept_in: Option<&str>) {
    // The most talkative setting: what is not written then is never written.
    home.write("config.toml", "[log]\nfilter = \"trace\"\n");
    let traces = traces(home, provider);
    let sent = provider.requests();
    assert!(sent.iter().all(|request| request.header("authorization") == Some(&format!("Bearer {key}"))));
    assert!(sent.iter().all(|request| !String::from_utf8_lossy(&request.body).contains(key)));
    assert!(sent.len() >= 4, "nothing was asked");
    let words: usize = traces.iter().map(|(_, text)| text.len()).sum();
    assert!(words > 10_000, "there are hardly any traces to look at");
    // Half of a key is a leak, too.
    let half = &key[..key.len() / 2];
    for (name, text) in &traces {
        let is_home = kept_in.is_some_and(|file| name.ends_with(file));
        assert!(is_home || !text.contains(half), "the key stands in {name}:\n{text}");
    }
    let kept = traces.iter().filter(|(_, text)| text.contains(key)).count();
    assert_eq!(kept, usize::from(kept_in.is_some()));
}

fn without_key(provider: &FakeProvider) -> Home {
    let home = Home::empty();
    let mut config = Home::config_for(provider);
    config["providers"]["openai"].as_object_mut().unwrap().remove("apiKey");
    home.write("config.json", config.to_string());
    home
}

#[test]
fn a_key_in_the_configuration_stays_there() {
    let provider = FakeProvider::start(Script::Answer).unwrap();
    let home = without_key(&provider);
    let mut config = Home::config_for(&provider);
    config["providers"]["openai"]["apiKey"] = "sk-json-5f2c9a1be07d4".into();
    home.write("config.json", config.to_string());
    is_kept(&home, &provider, "sk-json-5f2c9a1be07d4", Some("/config.json"));
}

#[test]
fn a_key_in_the_environment_file_stays_there() {
    let provider = FakeProvider::start(Script::Answer).unwrap();
    let home = without_key(&provider);
    home.write(".env", "OPENAI_API_KEY=sk-dotenv-81b3aa6c42f9\n");
    is_kept(&home, &provider, "sk-dotenv-81b3aa6c42f9", Some("/.env"));
}

#[test]
fn a_key_in_the_environment_is_written_nowhere() {
    let provider = FakeProvider::start(Script::Answer).unwrap();
    let home = without_key(&provider).with_variable("OPENAI_API_KEY", "sk-variable-c07e55d91a38");
    is_kept(&home, &provider, "sk-variable-c07e55d91a38", None);
}

#[test]
fn a_password_in_an_address_is_shown_nowhere() {
    let provider = FakeProvider::start(Script::Answer).unwrap();
    let home = without_key(&provider);
    let mut config = Home::config_for(&provider);
    config["providers"]["openai"]["apiBase"] =
        provider.base_url().replace("http://", "http://someone:pa55-9d0f7c21e6b4@").into();
    config["providers"]["openai"].as_object_mut().unwrap().remove("apiKey");
    home.write("config.json", config.to_string());
    let ran = home.cli(&["chat", "-m", "hi"]).exits(0);
    assert_eq!(ran.stdout, format!("{}\n", nanobot_tests::ANSWER), "{ran:?}");
    home.write("config.toml", "[log]\nfilter = \"trace\"\n");
    for (name, text) in traces(&home, &provider) {
        assert!(
            name.ends_with("/config.json") || !text.contains("pa55-9d0f"),
            "the password stands in {name}:\n{text}"
        );
    }
}

#[test]
fn what_is_secret_in_a_refused_address_is_not_quoted() {
    let home = Home::empty();
    let address = "ws://me:hunter2@127.0.0.1:99999/bridge?token=abc";
    let config = serde_json::json!({"channels": {"whatsapp": {"bridgeUrl": address, "enabled": address}}});
    home.write("config.json", config.to_string());
    for ran in [
        home.daemon_that_ends(),
        home.cli(&["status"]),
        home.cli(&["chat", "-m", "hi"]),
        home.cli(&["config", "check"]),
        home.cli(&["config", "check", "--jsonl"]),
        home.cli(&["config", "show"]),
        home.cli(&["config", "migrate"]),
    ] {
        let said = ran.stdout.clone() + &ran.stderr;
        assert!(said.contains("bridgeUrl") && said.contains("enabled"), "{ran:?}");
        assert!(!said.contains("hunter2") && !said.contains("abc"), "{ran:?}");
    }
}

#[test]
fn what_is_secret_in_an_address_is_not_listed() {
    let home = Home::empty();
    let address = "https://me:hunter2@models.example/v1?key=sk-zzz&sk-zzz#sk-zzz";
    let config = serde_json::json!({"providers": {"openai": {"apiBase": address}}});
    home.write("config.json", config.to_string());
    for args in [&["config", "show"][..], &["config", "show", "providers.openai.apiBase", "--source"]] {
        let ran = home.cli(args).exits(0);
        let said = ran.stdout.clone() + &ran.stderr;
        assert!(
            said.contains("https://[secret]@models.example/v1?key=[secret]&[secret]#[secret]"),
            "{ran:?}"
        );
        assert!(!said.contains("hunter2") && !said.contains("sk-zzz"), "{ran:?}");
    }
}
