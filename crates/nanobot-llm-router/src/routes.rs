//! Which profile a task uses. Names only: what a profile is, and whether anybody can be asked with it, is decided
//! elsewhere.
//!
//! Before anything else comes what a chat was given for itself; then the network's own route, then the route of the
//! task. Tasks have a short name (`reply`) and, where the original has one, a recorded key (`assistant.reply`); the
//! short name is ours and goes first, since nobody has it by default.

use std::collections::BTreeMap;

use nanobot_core::ids::{ChannelName, SessionKey};
use nanobot_core::model::ModelTask;

/// The routes of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routes {
    /// Profile names by task, or by network and task.
    pub routes: BTreeMap<String, String>,
    /// Profile names by chat (`whatsapp:123@g.us`), then by task.
    pub chats: BTreeMap<String, BTreeMap<String, String>>,
}

/// A route that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The key under which it stands; of a chat, with the chat in front.
    pub key: String,
    /// The profile.
    pub profile: String,
}

/// The keys under which the route of a task is looked for, best first. Tasks that the original does not have share
/// the cheap model that it keeps for its background work.
const fn keys(task: ModelTask) -> &'static [&'static str] {
    const EXTRACT: &str = "memory.capture.extract";
    match task {
        ModelTask::Reply => &["reply", "assistant.reply"],
        ModelTask::Summarise => &["summarise", EXTRACT],
        ModelTask::Extract => &["extract", EXTRACT],
        ModelTask::Embed => &["embed", "memory.embed"],
        ModelTask::Describe => &["describe", "vision.describe_image"],
        ModelTask::Transcribe => &["transcribe", "asr.transcribe_audio"],
        ModelTask::Speak => &["speak", "tts.speak"],
        ModelTask::Classify => &["classify", "security.classify", EXTRACT],
        ModelTask::Bulletin => &["bulletin", EXTRACT],
        ModelTask::Compact => &["compact", EXTRACT],
        ModelTask::Subagent => &["subagent", "assistant.reply"],
    }
}

impl Routes {
    /// The tasks that look for their route under a key, be it alone or behind the name of a channel. None for a key that
    /// nothing looks at.
    pub fn tasks_at(key: &str, is_channel: impl Fn(&str) -> bool) -> Vec<ModelTask> {
        let of_channel = key.split_once('.').filter(|(channel, _)| is_channel(channel));
        let looks = |task: &ModelTask| {
            let keys = keys(*task);
            keys.contains(&key) || of_channel.is_some_and(|(_, rest)| keys.contains(&rest))
        };
        ModelTask::ALL.into_iter().filter(looks).collect()
    }

    /// All keys under which some task looks for its route.
    pub fn keys() -> impl Iterator<Item = &'static str> {
        ModelTask::ALL.into_iter().flat_map(|task| keys(task).iter().copied())
    }

    /// The route of a task, for a chat or for nobody in particular.
    pub fn of_task(&self, task: ModelTask, session: Option<&SessionKey>) -> Option<Route> {
        let own = session.and_then(|session| Some((session, self.chats.get(session.as_str())?)));
        if let Some((session, own)) = own
            && let Some((key, profile)) = keys(task).iter().find_map(|key| own.get_key_value(*key))
        {
            return Some(Route { key: format!("{session} {key}"), profile: profile.clone() });
        }
        let channel = session.and_then(|session| Some(session.parts()?.0));
        let channel = channel.as_ref().map(ChannelName::as_str);
        let of_channel = channel
            .and_then(|channel| keys(task).iter().find_map(|key| self.at(&format!("{channel}.{key}"))));
        of_channel.or_else(|| keys(task).iter().find_map(|key| self.at(key)))
    }

    /// The route of a key as people write it: a task's short name, a recorded key, or anything else that the settings
    /// have a route for.
    pub fn of_key(&self, key: &str, channel: Option<&str>) -> Option<Route> {
        if let Some(task) = ModelTask::named(key) {
            let of_channel = channel
                .and_then(|channel| keys(task).iter().find_map(|key| self.at(&format!("{channel}.{key}"))));
            return of_channel.or_else(|| keys(task).iter().find_map(|key| self.at(key)));
        }
        channel.and_then(|channel| self.at(&format!("{channel}.{key}"))).or_else(|| self.at(key))
    }

    fn at(&self, key: &str) -> Option<Route> {
        self.routes.get(key).map(|profile| Route { key: key.to_owned(), profile: profile.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(pairs: &[(&str, &str)]) -> Routes {
        let routes = pairs.iter().map(|(key, profile)| ((*key).to_owned(), (*profile).to_owned())).collect();
        Routes { routes, chats: BTreeMap::new() }
    }

    fn session(key: &str) -> SessionKey {
        SessionKey::new(key).unwrap()
    }

    #[test]
    fn the_networks_own_route_goes_before_the_tasks() {
        let routes = routes(&[("tts.speak", "plain"), ("whatsapp.tts.speak", "special")]);
        let profile = |channel| routes.of_key("tts.speak", channel).unwrap().profile;
        assert_eq!(profile(Some("whatsapp")), "special");
        assert_eq!(profile(Some("irc")), "plain");
        assert_eq!(profile(None), "plain");
        let of_task = routes.of_task(ModelTask::Speak, Some(&session("whatsapp:1"))).unwrap();
        assert_eq!(of_task.key, "whatsapp.tts.speak");
    }

    #[test]
    fn a_short_name_goes_before_the_recorded_key() {
        let routes = routes(&[("assistant.reply", "default"), ("reply", "mine")]);
        assert_eq!(routes.of_task(ModelTask::Reply, None).unwrap().profile, "mine");
        assert_eq!(
            routes.of_key("assistant.reply", None).unwrap().profile,
            "default",
            "asked for by its key"
        );
    }

    #[test]
    fn a_chats_own_route_goes_before_all_others() {
        let mut routes = routes(&[("irc.assistant.reply", "irc"), ("assistant.reply", "default")]);
        let own = BTreeMap::from([("reply".to_owned(), "big".to_owned())]);
        routes.chats.insert("irc:#a".to_owned(), own);
        let of = |key| routes.of_task(ModelTask::Reply, Some(&session(key))).unwrap();
        assert_eq!(of("irc:#a"), Route { key: "irc:#a reply".to_owned(), profile: "big".to_owned() });
        assert_eq!(of("irc:#b").profile, "irc");
        assert_eq!(of("cli:default").profile, "default");
    }

    #[test]
    fn background_work_shares_the_cheap_model_unless_it_has_its_own() {
        let both = routes(&[("memory.capture.extract", "cheap"), ("bulletin", "other")]);
        assert_eq!(both.of_task(ModelTask::Compact, None).unwrap().profile, "cheap");
        assert_eq!(both.of_task(ModelTask::Bulletin, None).unwrap().profile, "other");
        assert_eq!(both.of_task(ModelTask::Reply, None), None);
    }

    #[test]
    fn a_key_is_looked_at_by_the_tasks_that_share_it() {
        let at = |key| Routes::tasks_at(key, |channel| channel == "irc");
        assert_eq!(at("assistant.reply"), [ModelTask::Reply, ModelTask::Subagent]);
        assert_eq!(at("irc.bulletin"), [ModelTask::Bulletin]);
        assert_eq!(at("memory.capture.extract").len(), 5);
        for nobody in ["sub_agent", "mars.reply", "irc.", "irc", ""] {
            assert_eq!(at(nobody), [], "{nobody}");
        }
        assert!(Routes::keys().all(|key| !at(key).is_empty()));
    }
}
