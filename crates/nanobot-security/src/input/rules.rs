//! The rules of all packs, compiled, and how one view is judged by them.

use std::collections::BTreeMap;

use nanobot_core::verdict::Severity;
use regex::Regex;

use super::borders::Borders;
use super::lexicon::{ConceptId, Find, Lexicon};
use super::matcher::{Context, excuses, first_match};
use super::pack::{Pack, Tag, WrittenRule};
use super::pattern::{Guard, Pattern};
use super::term::{Term, terms};
use crate::pack::PackError;
use crate::report::Hit;
use crate::rule::{RuleInfo, StageName};
use crate::views::Strength;

/// The concept whose words begin a new clause.
const CLAUSE: &str = "clause";

/// A wish to have a code read and done what it says.
const DECODING_ORDER: &str = "decode + and_do ~20 &";

/// Every regular expression of a pack wants one of these; talk seldom has one.
const STRUCTURE: [char; 10] = ['|', '<', '[', '{', '#', '/', '$', '`', ':', '-'];

/// A rule, ready to match.
#[derive(Debug)]
struct Rule {
    info: RuleInfo,
    patterns: Vec<Pattern>,
    regexes: Vec<Regex>,
    guards: Vec<Guard>,
}

/// All rules over one lexicon.
#[derive(Debug)]
pub(crate) struct Rules {
    lexicon: Lexicon,
    compiled: Vec<Rule>,
    clause: Option<ConceptId>,
    decoding_order: Pattern,
}

/// One reading as the rules see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'v> {
    /// The view's name.
    pub(crate) name: &'static str,
    /// Its text.
    pub(crate) text: &'v str,
    /// What it is worth.
    pub(crate) strength: Strength,
}

impl Rules {
    /// Of these packs.
    ///
    /// # Errors
    ///
    /// A concept, guard or rule that contradicts the rest.
    pub(crate) fn new(packs: Vec<Pack>) -> Result<Self, PackError> {
        let lexicon = lexicon(&packs)?;
        let guards = named_guards(&packs);
        let mut compiled = Vec::new();
        for pack in packs {
            for written in pack.rules {
                let id = written.id.clone();
                let rule = compile(written, &lexicon, &guards).map_err(|what| PackError::Rule {
                    pack: pack.name,
                    rule: id,
                    what,
                })?;
                compiled.push(rule);
            }
        }
        let clause = lexicon.concept(CLAUSE);
        let decoding_order = Pattern::parse(DECODING_ORDER, &lexicon).map_err(|what| PackError::Rule {
            pack: "all packs",
            rule: "the wish to decode".to_owned(),
            what,
        })?;
        Ok(Self { lexicon, compiled, clause, decoding_order })
    }

    /// Whether `text` asks to read a code and to do what it says.
    pub(crate) fn asks_to_decode(&self, text: &str) -> bool {
        let finds = self.lexicon.find(text, None);
        let context = Context { finds: &finds, is_guess: false, clause: self.clause };
        first_match(&self.decoding_order, &[], context).is_some()
    }

    /// The rules as people see them.
    pub(crate) fn infos(&self) -> impl Iterator<Item = &RuleInfo> {
        self.compiled.iter().map(|rule| &rule.info)
    }

    /// Every rule that matches the reading; with `borders` only what was hidden inside of words and across them.
    pub(crate) fn judge(&self, reading: Reading<'_>, borders: Option<Borders>) -> impl Iterator<Item = Hit> {
        let finds = self.lexicon.find(reading.text, borders);
        let has_structure =
            reading.strength < Strength::Weak && finds.borders.is_none() && reading.text.contains(STRUCTURE);
        self.compiled.iter().filter_map(move |rule| {
            let context =
                Context { finds: &finds, is_guess: reading.strength == Strength::Weak, clause: self.clause };
            let span = rule.first_match(has_structure.then_some(reading.text), context)?;
            Some(Hit {
                rule: rule.info.id.clone(),
                tag: rule.info.tag.clone(),
                severity: rule.info.severity,
                reason: rule.info.reason.clone(),
                view: reading.name,
                span: Some(span.start..span.end).filter(|_| reading.strength == Strength::Plain),
            })
        })
    }
}

impl Rule {
    /// The first match; `structured` is the text where it has a structure that regular expressions could find.
    fn first_match(&self, structured: Option<&str>, context: Context<'_>) -> Option<Find> {
        let by_pattern = self.patterns.iter().find_map(|pattern| first_match(pattern, &self.guards, context));
        by_pattern.or_else(|| {
            let text = structured?;
            self.regexes.iter().flat_map(|regex| regex.find_iter(text)).find_map(|hit| {
                let span = context.finds.stretch(hit.start(), hit.end());
                let is_excused = self.guards.iter().any(|guard| excuses(guard, span, context));
                (!is_excused).then_some(span)
            })
        })
    }
}

fn compile(
    written: WrittenRule,
    lexicon: &Lexicon,
    named: &BTreeMap<String, Vec<String>>,
) -> Result<Rule, String> {
    let mut patterns = Vec::new();
    for one in &written.any {
        patterns.push(Pattern::parse(one, lexicon)?);
    }
    let mut regexes = Vec::new();
    for one in &written.regex {
        regexes.push(Regex::new(one).map_err(|error| error.to_string())?);
    }
    let mut guards = Vec::new();
    for one in &written.unless {
        match named.get(one) {
            Some(list) => {
                for guard in list {
                    guards.push(Guard::parse(guard, lexicon)?);
                }
            }
            None => guards.push(Guard::parse(one, lexicon)?),
        }
    }
    if patterns.is_empty() && regexes.is_empty() {
        return Err("it has neither `any` nor `regex`".to_owned());
    }
    Ok(Rule { info: info(written), patterns, regexes, guards })
}

fn info(written: WrittenRule) -> RuleInfo {
    let tag: Tag = written.tag;
    RuleInfo {
        id: written.id,
        stage: StageName::Input,
        tag: tag.name().to_owned(),
        severity: Severity::from(written.severity),
        reason: tag.reason().to_owned(),
        summary: written.summary,
        hits: written.hits,
        misses: written.misses,
    }
}

fn lexicon(packs: &[Pack]) -> Result<Lexicon, PackError> {
    let mut concepts: BTreeMap<String, Vec<Term>> = BTreeMap::new();
    for pack in packs {
        for (name, by_language) in &pack.concepts {
            let all = concepts.entry(name.clone()).or_default();
            for list in by_language.values() {
                all.extend(terms(list).map_err(|what| invalid(pack, name, what))?);
            }
            all.sort_unstable();
            all.dedup();
        }
    }
    Lexicon::new(&concepts).map_err(|what| PackError::Rule {
        pack: "all packs",
        rule: "the lexicon".to_owned(),
        what,
    })
}

fn invalid(pack: &Pack, concept: &str, what: String) -> PackError {
    PackError::Rule { pack: pack.name, rule: format!("concept {concept}"), what }
}

fn named_guards(packs: &[Pack]) -> BTreeMap<String, Vec<String>> {
    packs.iter().flat_map(|pack| pack.guards.clone()).collect()
}
