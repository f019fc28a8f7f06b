//! The layers, one on top of the other, and what can only be judged once they are merged.
//!
//! figment merges and remembers which layer gave each value; the trees it gets are checked already.

use std::collections::BTreeMap;

use figment::value::{Dict, Map as ProfileMap, Value as FigmentValue};
use figment::{Figment, Metadata, Profile, Provider};
use serde_json::{Map, Value};

use crate::error::{ConfigError, Fault, Origin};
use crate::key_path::KeyPath;
use crate::reading::may_be_address;
use crate::schema::{Entries, Kind, Names, Section};
use crate::settings::{irc, table};
use crate::spelling::{camel_to_snake, canonical};

/// One source of settings: a tree that `reading` made.
#[derive(Clone)]
pub(crate) struct Layer {
    pub(crate) origin: Origin,
    pub(crate) tree: Value,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.to_string())
    }

    fn data(&self) -> figment::Result<ProfileMap<Profile, Dict>> {
        let dict = FigmentValue::serialize(&self.tree)?.into_dict().unwrap_or_default();
        Ok(BTreeMap::from([(Profile::Default, dict)]))
    }
}

/// All layers as one tree.
pub(crate) struct Merged {
    figment: Figment,
    root: FigmentValue,
    origins: Vec<Origin>,
    pub(crate) tree: Value,
}

impl Merged {
    /// Merges layers, lowest first.
    pub(crate) fn new(layers: Vec<Layer>) -> Result<Self, ConfigError> {
        let origins = layers.iter().map(|layer| layer.origin.clone()).collect();
        let figment = layers.into_iter().fold(Figment::new(), Figment::merge);
        let unfit = |_| ConfigError::new(Origin::Default, KeyPath::root(), Fault::Unfit);
        let root = figment.data().map_err(unfit)?.remove(&Profile::Default).unwrap_or_default();
        let tree = figment.extract().map_err(unfit)?;
        Ok(Self { figment, root: FigmentValue::from(root), origins, tree })
    }

    /// Which layer gave the value at a path; what no layer gave was completed from the table.
    pub(crate) fn origin_of(&self, path: &KeyPath) -> Option<&Origin> {
        let there = path
            .segments()
            .iter()
            .try_fold(&self.tree, |at, segment| at.get(segment).or_else(|| at.get(camel_to_snake(segment))));
        there.map(|_| self.origin_at(path).unwrap_or(&Origin::Default))
    }

    /// Which layer gave the value at a path, in either spelling; for a section, a layer that gave some of it.
    pub(crate) fn origin_at(&self, path: &KeyPath) -> Option<&Origin> {
        let mut value = &self.root;
        for segment in path.segments() {
            let below = value.as_dict()?;
            value = below.get(segment).or_else(|| below.get(&camel_to_snake(segment)))?;
        }
        let name = &self.figment.get_metadata(value.tag())?.name;
        self.origins.iter().rev().find(|origin| origin.to_string() == **name)
    }

    /// Checks what one layer alone cannot know, and gives each route the inner name of its profile.
    pub(crate) fn settle(&mut self) -> Vec<ConfigError> {
        let mut errors = self.profiles_without_kind();
        complete(table(), &mut self.tree);
        let profiles: Vec<String> = names_below(&self.tree, "/models/profiles");
        let mut wrong = Vec::new();
        if let Some(Value::Object(routes)) = self.tree.pointer_mut("/models/routes") {
            for (route, value) in routes {
                let Value::String(wanted) = value else { continue };
                match find_name(&profiles, wanted) {
                    Some(profile) => profile.clone_into(wanted),
                    None => wrong.push((route.clone(), wanted.clone())),
                }
            }
        }
        errors.extend(irc::faults(&self.tree).into_iter().map(|(path, fault)| self.error(path, fault)));
        for (route, profile) in wrong {
            let path = ["models", "routes", route.as_str()].into_iter().collect();
            let fault = if may_be_address(&profile) {
                Fault::WrongValue { expected: "the name of a profile".to_owned(), found: "a text".to_owned() }
            } else {
                Fault::UnknownProfile { profile }
            };
            errors.push(self.error(path, fault));
        }
        errors
    }

    fn profiles_without_kind(&self) -> Vec<ConfigError> {
        let profiles = self.tree.pointer("/models/profiles").and_then(Value::as_object);
        let missing = profiles.into_iter().flatten().filter(|(_, profile)| profile.get("kind").is_none());
        let errors = missing.map(|(name, _)| {
            let profile: KeyPath = ["models", "profiles", name].into_iter().collect();
            let origin = self.origin_at(&profile).cloned().unwrap_or(Origin::Default);
            ConfigError::new(origin, profile.child("kind"), Fault::Missing)
        });
        errors.collect()
    }

    fn error(&self, path: KeyPath, fault: Fault) -> ConfigError {
        let origin = self.origin_at(&path).cloned().unwrap_or(Origin::Default);
        ConfigError::new(origin, path, fault)
    }
}

/// Gives each entry of the names that are written out in full the keys it lacks.
fn complete(section: &Section, tree: &mut Value) {
    for field in section.fields {
        let Some(value) = tree.get_mut(field.name) else { continue };
        match &field.kind {
            Kind::Section(inner) => complete(inner, value),
            Kind::Names(Names { each: Kind::Section(each), entries: Entries::Completed, .. }) => {
                let entries = value.as_object_mut().into_iter().flat_map(Map::values_mut);
                for entry in entries.filter_map(Value::as_object_mut) {
                    for (name, preset) in each.fields.iter().filter_map(|f| Some((f.name, f.preset()?))) {
                        entry.entry(name).or_insert(preset);
                    }
                }
            }
            _ => {}
        }
    }
}

fn names_below(tree: &Value, pointer: &str) -> Vec<String> {
    let names = tree.pointer(pointer).and_then(Value::as_object);
    names.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// The name itself, or the one that differs from it in spelling only.
fn find_name<'a>(names: &'a [String], wanted: &str) -> Option<&'a String> {
    let form = canonical(wanted);
    names.iter().find(|name| *name == wanted).or_else(|| names.iter().find(|name| canonical(name) == form))
}
