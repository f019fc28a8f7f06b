//! What can be wrong with `models` beyond its types: names of profiles and tasks, chats, prices.
//!
//! Whether a chain of fallbacks is allowed, or a profile fits its task, the router judges.

use std::collections::BTreeMap;

use nanobot_core::ids::SessionKey;
use nanobot_core::model::ModelTask;
use serde_json::{Map, Value};

use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::merged::View;
use crate::reading::may_be_address;
use crate::schema::Kind;
use crate::schema::setting::Setting;
use crate::settings::ModelProfile;
use crate::settings::tasks::{self, task_named};
use crate::spelling::canonical;

type Faults = Vec<(KeyPath, Fault)>;

/// Profiles that nobody said the kind of, in a tree without the defaults of profiles.
pub(crate) fn profiles_without_kind(tree: &Value, view: View) -> Faults {
    let missing = profiles(tree).filter(|(_, profile)| profile.get("kind").is_none());
    let faults = missing.filter_map(|(name, profile)| {
        let fault = match (view, is_addition(profile)) {
            (View::Whole, true) => Fault::MissingInConfigJson,
            (View::Addition, true) => return None,
            (_, false) => Fault::Missing,
        };
        Some((["models", "profiles", name, "kind"].into_iter().collect(), fault))
    });
    faults.collect()
}

/// Everything else, in a tree whose types are right. Gives each mention of a profile that profile's inner name.
pub(crate) fn faults(tree: &mut Value, view: View) -> Faults {
    let names: Vec<String> = profiles(tree).map(|(name, _)| name.clone()).collect();
    let mut judge = Judge { names, view, faults: prices_without_amount(tree) };
    if let Some(models) = tree.get_mut("models").and_then(Value::as_object_mut) {
        let at: KeyPath = ["models"].into_iter().collect();
        for (name, profile) in object_at(models, "profiles") {
            judge.fallback(profile, &at.child("profiles").child(name).child("fallback"));
        }
        for (route, profile) in object_at(models, "routes") {
            judge.mention(profile, at.child("routes").child(route));
        }
        for (chat, tasks) in object_at(models, "chats") {
            judge.chat(chat, tasks, &at.child("chats").child(chat));
        }
    }
    judge.faults
}

struct Judge {
    names: Vec<String>,
    view: View,
    faults: Faults,
}

impl Judge {
    fn fallback(&mut self, profile: &mut Value, path: &KeyPath) {
        let Some(Value::Array(names)) = profile.get_mut("fallback") else { return };
        let mut seen: Vec<String> = Vec::new();
        for name in names {
            self.mention(name, path.clone());
            let Value::String(name) = name else { continue };
            let form = canonical(name);
            if seen.contains(&form) {
                self.faults.push((path.clone(), listed_twice(name)));
            }
            seen.push(form);
        }
    }

    /// A text that should be the name of a profile, or one that differs from it in spelling only.
    fn mention(&mut self, mention: &mut Value, path: KeyPath) {
        let Value::String(wanted) = mention else { return };
        match find_name(&self.names, wanted) {
            Some(profile) => profile.clone_into(wanted),
            None if self.view == View::Addition => {}
            None => self.faults.push((path, unknown_profile(wanted))),
        }
    }

    fn chat(&mut self, chat: &str, tasks: &mut Value, path: &KeyPath) {
        if SessionKey::new(chat).ok().and_then(|key| key.parts()).is_none() {
            let expected = "a chat as CHANNEL:CHAT, with the channel in lower case".to_owned();
            let found = if chat.contains(':') { "another form" } else { "no channel" }.to_owned();
            self.faults.push((path.clone(), Fault::WrongValue { expected, found }));
        }
        let mut seen: BTreeMap<ModelTask, String> = BTreeMap::new();
        for (key, profile) in tasks.as_object_mut().into_iter().flatten() {
            let path = path.child(key);
            match task_named(key).map(|task| seen.insert(task, key.clone())) {
                None => self.faults.push((path.clone(), Fault::UnknownTask { known: tasks::all_names() })),
                Some(Some(other)) => self.faults.push((path.clone(), Fault::GivenTwice { other })),
                Some(None) => {}
            }
            self.mention(profile, path);
        }
    }
}

fn prices_without_amount(tree: &Value) -> Faults {
    let mut faults = Vec::new();
    for (name, profile) in profiles(tree) {
        let Some(price) = profile.get("price").and_then(Value::as_object) else { continue };
        for amount in ["input", "output"].into_iter().filter(|amount| !price.contains_key(*amount)) {
            faults
                .push((["models", "profiles", name, "price", amount].into_iter().collect(), Fault::Missing));
        }
    }
    faults
}

/// Whether an entry holds nothing but keys that `config.toml` may add to a profile.
fn is_addition(profile: &Value) -> bool {
    let Kind::Section(section) = ModelProfile::KIND else { return false };
    section.is_addition(profile)
}

fn profiles(tree: &Value) -> impl Iterator<Item = (&String, &Value)> {
    tree.pointer("/models/profiles").and_then(Value::as_object).into_iter().flatten()
}

fn object_at<'a>(
    models: &'a mut Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = (&'a String, &'a mut Value)> {
    models.get_mut(key).and_then(Value::as_object_mut).into_iter().flatten()
}

/// The name itself, or the one that differs from it in spelling only.
fn find_name<'a>(names: &'a [String], wanted: &str) -> Option<&'a String> {
    let form = canonical(wanted);
    names.iter().find(|name| *name == wanted).or_else(|| names.iter().find(|name| canonical(name) == form))
}

fn unknown_profile(name: &str) -> Fault {
    if may_be_address(name) {
        return Fault::WrongValue {
            expected: "the name of a profile".to_owned(),
            found: "a text".to_owned(),
        };
    }
    Fault::UnknownProfile { profile: name.to_owned() }
}

fn listed_twice(name: &str) -> Fault {
    if may_be_address(name) {
        return Fault::WrongValue {
            expected: "names of profiles".to_owned(),
            found: "a text twice".to_owned(),
        };
    }
    Fault::ListedTwice { profile: name.to_owned() }
}

#[cfg(test)]
mod tests;
