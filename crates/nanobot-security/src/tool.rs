//! The tool stage: judges a tool call before it runs. Arguments are walked as values, commands are read as a shell
//! would, paths as paths; nothing is matched over their JSON.
//!
//! The families are asked in the original's order, and the hits of the first that has any are the answer.

mod call;
mod effort;
mod exec;
mod pack;
mod path;
mod prose;
mod sets;

use serde_json::Value;

use self::call::{Call, Texts};
use self::exec::ExecRules;
use self::pack::{FILE_SECRET, SENSITIVE_PATH, SPAWN_ABUSE, UNSAFE_ADDRESS};
use self::path::{Asker, Path, Places};
use self::prose::TextRule;
use self::sets::{Set, Sets};
use crate::failure::StageError;
use crate::pack::PackError;
use crate::report::Hit;
use crate::rule::RuleInfo;

use crate::url_guard;
pub(crate) use pack::texts;

/// The rules of the stage, ready to judge.
#[derive(Debug)]
pub(crate) struct ToolRules {
    places: Places,
    exec: ExecRules,
    texts: Vec<TextRule>,
    sets: Sets,
}

impl ToolRules {
    /// Reads the packs that are part of the program.
    ///
    /// # Errors
    /// When a pack is broken: a fault of ours.
    pub(crate) fn load() -> Result<Self, PackError> {
        let packs = pack::read()?;
        Ok(Self {
            places: Places::new(&packs.path),
            exec: ExecRules::new(&packs.exec)?,
            texts: packs.text.iter().map(TextRule::new).collect::<Result<_, _>>()?,
            sets: packs.sets,
        })
    }

    /// What speaks against the call: the hits of the first family of rules that matches.
    ///
    /// # Errors
    /// When the call is longer than the stage looks at.
    pub(crate) fn scan(&self, tool: &str, args: &Value) -> Result<Vec<Hit>, StageError> {
        let call = Call::read(tool, args)?;
        if tool == "exec" {
            return Ok(self.scan_exec(&call));
        }
        let mut hits = self.scan_paths(&call);
        if hits.is_empty() {
            hits = match tool {
                "write_file" | "edit_file" => self.scan_content(&call),
                "spawn" => self.scan_texts(SPAWN_ABUSE, &call, Texts::All),
                _ => self.scan_addresses(&call),
            };
        }
        Ok(hits)
    }

    /// Every rule, as people see it.
    pub(crate) fn rules(&self) -> impl Iterator<Item = RuleInfo> {
        let paths = self.places.rules().iter().map(|rule| rule.info.clone());
        let texts = self.texts.iter().map(|rule| rule.info.clone());
        paths.chain(self.exec.infos().cloned()).chain(texts)
    }

    fn scan_paths(&self, call: &Call<'_>) -> Vec<Hit> {
        let is_file_tool = self.sets.has(Set::FileTools, call.tool);
        for (key, text) in &call.strings {
            let names_a_place = if is_file_tool {
                !self.sets.has(Set::ContentKeys, key)
            } else {
                self.sets.has(Set::PathKeys, key)
            };
            if !names_a_place {
                continue;
            }
            let asker = match call.tool {
                "write_file" | "edit_file" => Asker::FileWriter,
                _ => Asker::FileTool,
            };
            let found = Path::read(text, false).and_then(|path| self.places.find(&path, asker));
            if let Some(rule) = found {
                return path_hits(&rule.info, call.tool);
            }
        }
        Vec::new()
    }

    fn scan_exec(&self, call: &Call<'_>) -> Vec<Hit> {
        for (key, text) in &call.strings {
            let found = self
                .sets
                .has(Set::PathKeys, key)
                .then(|| Path::read(text, false))
                .flatten()
                .and_then(|path| self.places.find(&path, Asker::Command));
            if let Some(rule) = found {
                return path_hits(&rule.info, call.tool);
            }
        }
        let folder =
            call.strings.iter().find(|(key, _)| self.sets.has(Set::PathKeys, key)).map(|(_, text)| *text);
        let findings = self.exec.judge(&call.commands(&self.sets), folder, &self.places, &self.sets);
        if let Some(info) = findings.path {
            return path_hits(&info, call.tool);
        }
        let (grave, lesser): (Vec<RuleInfo>, Vec<RuleInfo>) =
            findings.rules.into_iter().partition(|info| info.tag == pack::EXEC_HIGH_RISK);
        let family = if grave.is_empty() { lesser } else { grave };
        family.iter().map(|info| hit(info, &info.tag)).collect()
    }

    fn scan_content(&self, call: &Call<'_>) -> Vec<Hit> {
        let read = self.scan_texts(SENSITIVE_PATH, call, Texts::Content);
        if let Some(first) = read.first() {
            let mut of_tool = first.clone();
            call.tool.clone_into(&mut of_tool.tag);
            return read.into_iter().chain([of_tool]).collect();
        }
        self.scan_texts(FILE_SECRET, call, Texts::Content)
    }

    fn scan_texts(&self, family: &str, call: &Call<'_>, which: Texts) -> Vec<Hit> {
        let texts = call.texts(which);
        let paths: Vec<&str> = call
            .strings
            .iter()
            .filter(|(key, _)| self.sets.has(Set::PathKeys, key))
            .map(|(_, text)| *text)
            .collect();
        self.texts
            .iter()
            .filter(|rule| {
                rule.info.tag == family
                    && !paths.iter().any(|path| rule.excepts(path))
                    && texts.iter().any(|text| rule.matches(text))
            })
            .map(|rule| hit(&rule.info, family))
            .collect()
    }

    fn scan_addresses(&self, call: &Call<'_>) -> Vec<Hit> {
        let refused = call
            .strings
            .iter()
            .any(|(key, text)| self.sets.has(Set::UrlKeys, key) && !text.is_empty() && !is_public(text));
        let rule = self.texts.iter().find(|rule| rule.info.tag == UNSAFE_ADDRESS).filter(|_| refused);
        rule.map(|rule| hit(&rule.info, UNSAFE_ADDRESS)).into_iter().collect()
    }
}

/// Whether an address is of the public web; one without a scheme is read as the web's.
fn is_public(address: &str) -> bool {
    let verdict = url_guard::judge(address, &[]);
    verdict.allowed
        || verdict.reason == "malformed"
            && !address.contains(':')
            && url_guard::judge(&format!("http://{address}"), &[]).allowed
}

fn hit(info: &RuleInfo, tag: &str) -> Hit {
    Hit {
        rule: info.id.clone(),
        tag: tag.to_owned(),
        severity: info.severity,
        reason: info.reason.clone(),
        view: "arguments",
        span: None,
    }
}

/// As in the original a sensitive path is tagged with the tool as well.
fn path_hits(info: &RuleInfo, tool: &str) -> Vec<Hit> {
    vec![hit(info, SENSITIVE_PATH), hit(info, tool)]
}

#[cfg(test)]
mod tests;
