//! Whether routes and fallbacks lead where they can be of use: from a task that there is to a profile of a kind that can
//! do it, and on to another one. It looks at names and kinds only; who serves a model is found out elsewhere.

use nanobot_config::settings::{ModelProfile, ProfileKind, task_named};
use nanobot_config::{Config, KeyPath, nearest};
use nanobot_core::ids::ChannelName;
use nanobot_core::model::ModelTask;
use nanobot_llm_router::Routes;

use crate::app::StartError;
use crate::networks;

/// What is asked of a profile of that kind is asked in words. Speech and vectors have clients of their own.
pub(super) const fn is_asked_in_words(profile: &ModelProfile) -> bool {
    matches!(profile.kind, ProfileKind::Chat | ProfileKind::Vision | ProfileKind::Ocr | ProfileKind::Video)
}

/// Looks at what stands in for a profile that is asked in words.
///
/// # Errors
/// When it stands in for itself, or when something does that cannot be asked in words.
pub(super) fn fallbacks(config: &Config, name: &str, profile: &ModelProfile) -> Result<(), StartError> {
    let refused = |why: String| Err(StartError::Model(format!("models.profiles.{name}.fallback: {why}")));
    for fallback in &profile.fallback {
        match config.models.profiles.get(fallback) {
            _ if fallback == name => return refused(format!("profile {name} would stand in for itself")),
            Some(other) if !is_asked_in_words(other) => {
                let kind = other.kind.as_str();
                return refused(format!(
                    "profile {fallback} is of kind {kind} and cannot stand in for one of kind {}",
                    profile.kind.as_str()
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Looks at all routes, those of single chats included. Answers what an operator should know, one sentence each.
///
/// # Errors
/// When chats would be answered by something that does not speak.
pub(super) fn routes(config: &Config) -> Result<Vec<String>, StartError> {
    let mut warnings = Vec::new();
    let models = &config.models;
    for (key, profile) in &models.routes {
        let path: KeyPath = ["models", "routes", key].into_iter().collect();
        let tasks = Routes::tasks_at(key, is_channel);
        if tasks.is_empty() && !is_asked_for(config, key) {
            warnings.push(format!("{path} is the route of no task{}", advice(key)));
        }
        warnings.extend(unfit(config, &path, &tasks, profile)?);
    }
    for (chat, own) in &models.chats {
        let chat: KeyPath = ["models", "chats", chat].into_iter().collect();
        for (task, profile) in own {
            let tasks = task_named(task).into_iter().collect::<Vec<_>>();
            warnings.extend(unfit(config, &chat.child(task), &tasks, profile)?);
        }
    }
    Ok(warnings)
}

/// Why a profile cannot do what a route sends it to do.
fn unfit(
    config: &Config,
    path: &KeyPath,
    tasks: &[ModelTask],
    name: &str,
) -> Result<Option<String>, StartError> {
    let Some(profile) = config.models.profiles.get(name) else { return Ok(None) };
    let Some(task) = tasks.iter().find(|task| !can_do(profile, **task)) else { return Ok(None) };
    let kind = profile.kind.as_str();
    let why = format!("{path}: profile {name} is of kind {kind} and cannot do the task {task}");
    if *task == ModelTask::Reply { Err(StartError::Model(why)) } else { Ok(Some(why)) }
}

fn can_do(profile: &ModelProfile, task: ModelTask) -> bool {
    match task {
        ModelTask::Embed => profile.kind == ProfileKind::Embedding,
        ModelTask::Transcribe => profile.kind == ProfileKind::Asr,
        ModelTask::Speak => profile.kind == ProfileKind::Tts,
        _ => is_asked_in_words(profile),
    }
}

/// Whether a setting names the route, whatever it is called.
fn is_asked_for(config: &Config, key: &str) -> bool {
    [&config.memory.capture.extract_route, &config.memory.embedding.route]
        .into_iter()
        .any(|route| route == key)
}

fn is_channel(name: &str) -> bool {
    networks::NAMES.contains(&name) || name == ChannelName::CLI.as_str()
}

/// What may have been meant by a key.
fn advice(key: &str) -> String {
    let (channel, rest) = match key.split_once('.') {
        Some((channel, rest)) if is_channel(channel) => (format!("{channel}."), rest),
        _ => (String::new(), key),
    };
    match nearest(rest, Routes::keys()) {
        Some(meant) => format!("; did you mean {channel}{meant}?"),
        None => "; nanobot-cli model route lists the tasks".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use nanobot_config::{Environment, Home, LoadRequest, Loaded, load};

    use super::super::{plan_models, plan_profile};
    use super::*;

    /// Settings with one profile of each use, these routes and these fallbacks of the profile that answers chats.
    fn with(routes: &str, fallback: &str) -> Loaded {
        let home = tempfile::tempdir().unwrap();
        let config = format!(
            r#"{{"models": {{"profiles": {{
                    "small": {{"kind": "chat", "model": "openai/gpt-4o-mini"}},
                    "eyes": {{"kind": "vision", "model": "openai/gpt-4o-mini"}},
                    "vectors": {{"kind": "embedding", "model": "openai/text-embedding-3-small"}}
                }}, "routes": {{{routes}}}}}, "providers": {{"openai": {{"apiKey": "k"}}}}}}"#
        );
        std::fs::write(home.path().join("config.json"), config).unwrap();
        let toml = format!("[models.profiles.assistant_default]\nfallback = [{fallback}]\n");
        std::fs::write(home.path().join("config.toml"), toml).unwrap();
        load(&LoadRequest::new(Home::at(home.path(), None), Environment::default())).unwrap()
    }

    fn warned(routes: &str) -> Vec<String> {
        plan_models(&with(routes, "")).unwrap().warnings
    }

    fn refused(routes: &str, fallback: &str) -> String {
        plan_models(&with(routes, fallback)).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_speak_stands_in_for_nobody() {
        assert_eq!(
            refused("", r#""small", "vectors""#),
            "models.profiles.assistant_default.fallback: profile vectors is of kind embedding and cannot stand in for \
             one of kind chat"
        );
        plan_models(&with("", r#""small", "eyes""#)).unwrap();
    }

    #[test]
    fn a_profile_does_not_stand_in_for_itself() {
        assert_eq!(
            refused("", r#""assistant_default""#),
            "models.profiles.assistant_default.fallback: profile assistant_default would stand in for itself"
        );
        assert!(
            plan_profile(&with("", r#""assistantDefault""#), "assistant_default").is_err(),
            "whoever asks"
        );
    }

    #[test]
    fn chats_are_not_sent_to_a_profile_that_cannot_answer() {
        assert_eq!(
            refused(r#""assistant.reply": "vectors""#, ""),
            r#"models.routes."assistant.reply": profile vectors is of kind embedding and cannot do the task reply"#
        );
        assert_eq!(
            refused(r#""irc.reply": "vectors""#, ""),
            r#"models.routes."irc.reply": profile vectors is of kind embedding and cannot do the task reply"#
        );
    }

    #[test]
    fn work_in_the_background_is_not_done_where_nobody_can_and_the_rest_is() {
        assert_eq!(
            warned(r#""bulletin": "vectors", "memory.embed": "small""#),
            [
                "models.routes.bulletin: profile vectors is of kind embedding and cannot do the task bulletin",
                r#"models.routes."memory.embed": profile small is of kind chat and cannot do the task embed"#,
            ]
        );
    }

    #[test]
    fn a_route_of_no_task_is_told_with_what_may_be_meant() {
        for (key, told) in [
            ("sub_agent", "sub_agent is the route of no task; did you mean subagent?"),
            (
                "irc.asistant.reply",
                r#""irc.asistant.reply" is the route of no task; did you mean irc.assistant.reply?"#,
            ),
            ("dance", "dance is the route of no task; nanobot-cli model route lists the tasks"),
            (
                "vision.describe",
                r#""vision.describe" is the route of no task; nanobot-cli model route lists the tasks"#,
            ),
        ] {
            assert_eq!(warned(&format!(r#""{key}": "small""#)), [format!("models.routes.{told}")]);
        }
        let fine = r#""subagent": "small", "cli.reply": "small", "whatsapp.describe": "eyes", "security.classify": "small""#;
        assert_eq!(warned(fine), [""; 0]);
    }

    #[test]
    fn a_route_that_a_setting_names_is_one_whatever_it_is_called() {
        let mut config = with(r#""mine": "small""#, "").config;
        assert_eq!(routes(&config).unwrap().len(), 1);
        "mine".clone_into(&mut config.memory.capture.extract_route);
        assert_eq!(routes(&config).unwrap(), [""; 0]);
    }
}
