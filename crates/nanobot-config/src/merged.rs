//! The layers, one on top of the other, and what can only be judged once they are merged.
//!
//! figment merges and remembers which layer gave each value; the trees it gets are checked already.

use std::collections::BTreeMap;

use figment::value::{Dict, Map as ProfileMap, Value as FigmentValue};
use figment::{Figment, Metadata, Profile, Provider};
use serde_json::{Map, Value};

use crate::error::{ConfigError, Fault, Origin};
use crate::key_path::KeyPath;
use crate::schema::setting::Setting;
use crate::schema::{Entries, Kind, Names, Section};
use crate::settings::{Config, api, budget, irc, models, providers, table};
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

/// What the layers amount to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// Settings that stand for themselves.
    Whole,
    /// A `config.toml` by itself: the profiles that it names are defined elsewhere.
    Addition,
}

/// All layers as one tree. Of our own keys it holds what somebody set.
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
        match there {
            Some(_) => Some(self.origin_at(path).unwrap_or(&Origin::Default)),
            None => self.is_unset_key_of_ours(path).then_some(&Origin::Default),
        }
    }

    /// Whether a path leads to a key of ours that nobody set.
    fn is_unset_key_of_ours(&self, path: &KeyPath) -> bool {
        let (mut kind, mut own) = (&Config::KIND, false);
        let mut at = Some(&self.tree);
        for segment in path.segments() {
            let inner = match kind {
                Kind::Section(section) => {
                    let Some(field) = section.field(&canonical(segment)) else { return false };
                    kind = &field.kind;
                    own |= field.is_own();
                    field.name.to_owned()
                }
                Kind::Names(names) => {
                    let inner = names.inner(segment);
                    if at.is_none_or(|at| at.get(&inner).is_none()) {
                        return false;
                    }
                    kind = names.kind_of(&inner);
                    inner
                }
                _ => return false,
            };
            at = at.and_then(|at| at.get(inner));
        }
        own
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

    /// Checks what one layer alone cannot know, and gives each mention of a profile that profile's inner name.
    pub(crate) fn settle(&mut self, view: View) -> Vec<ConfigError> {
        let mut faults = models::judge::profiles_without_kind(&self.tree, view);
        complete(table(), &mut self.tree);
        faults.extend(models::judge::faults(&mut self.tree, view));
        faults.extend(providers::faults(&self.tree, view));
        for judge in [irc::faults, budget::faults, api::faults] {
            faults.extend(judge(&self.tree));
        }
        faults.into_iter().map(|(path, fault)| self.error(path, fault)).collect()
    }

    /// A fault at a path. What is missing there is the matter of whoever gave what is around it.
    fn error(&self, path: KeyPath, fault: Fault) -> ConfigError {
        let around = std::iter::successors(Some(path.clone()), KeyPath::parent);
        let origin =
            around.take_while(|path| !path.is_root()).find_map(|path| self.origin_at(&path).cloned());
        ConfigError::new(origin.unwrap_or(Origin::Default), path, fault)
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
                    let theirs = each.fields.iter().filter(|field| !field.is_own());
                    for (name, preset) in theirs.filter_map(|field| Some((field.name, field.preset()?))) {
                        entry.entry(name).or_insert(preset);
                    }
                }
            }
            _ => {}
        }
    }
}
