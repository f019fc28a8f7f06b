//! The rules of all packs, compiled, and how one view is judged by them.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::ops::Range;

use nanobot_core::verdict::Severity;

use super::borders::Borders;
use super::concepts::ConceptId;
use super::finds::{Find, Finds};
use super::lexicon::{Draft, Lexicon, Pass};
use super::matcher::{Context, excuses, first_match};
use super::pack::{self, Pack, Tag, WrittenRule};
use super::pattern::{Guard, Pattern};
use super::structure::{Expression, has_structure};
use super::term::terms;
use crate::failure::StageError;
use crate::pack::PackError;
use crate::rule::{RuleInfo, StageName};
use crate::views::Strength;

/// The concept whose words begin a new clause.
const CLAUSE: &str = "clause";

/// A wish to have a code read and done what it says.
const DECODING_ORDER: &str = "decode + and_do ~20 &";

/// A rule, ready to match.
#[derive(Debug)]
struct Rule {
    info: RuleInfo,
    patterns: Vec<Pattern>,
    expressions: Vec<Expression>,
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
        let mut pass = Pass::default();
        self.lexicon.find(text, None, &mut pass);
        if !self.decoding_order.may_match(&pass.present, false) {
            return false;
        }
        let finds = Finds::new(text, &pass, &self.lexicon, None);
        let context = Context { finds: &finds, is_guess: false, clause: self.clause };
        first_match(&self.decoding_order, &[], context).is_some()
    }

    /// The rules as people see them.
    pub(crate) fn infos(&self) -> impl Iterator<Item = &RuleInfo> {
        self.compiled.iter().map(|rule| &rule.info)
    }

    /// Tells every rule that matches the reading, and where; with `borders` only what was hidden inside of words and
    /// across them. `pass` is only room to work in.
    ///
    /// # Errors
    ///
    /// A rule that cannot be tried.
    pub(crate) fn judge(
        &self,
        reading: Reading<'_>,
        borders: Option<&Borders>,
        pass: &mut Pass,
        mut found: impl FnMut(&RuleInfo, Range<usize>),
    ) -> Result<(), StageError> {
        self.lexicon.find(reading.text, borders, pass);
        let is_guess = reading.strength == Strength::Weak;
        let structured =
            Some(reading.text).filter(|text| !is_guess && borders.is_none() && has_structure(text));
        // Most readings come to nothing before anything has to be measured.
        let finds = LazyCell::new(|| Finds::new(reading.text, pass, &self.lexicon, borders));
        let context = || Context { finds: &finds, is_guess, clause: self.clause };
        for rule in &self.compiled {
            let by_pattern = rule
                .patterns
                .iter()
                .filter(|pattern| pattern.may_match(&pass.present, is_guess))
                .find_map(|pattern| first_match(pattern, &rule.guards, context()));
            let span = match (by_pattern, structured) {
                (None, Some(text)) => rule.first_structure(text, context)?,
                _ => by_pattern,
            };
            if let Some(span) = span {
                found(&rule.info, span.start..span.end);
            }
        }
        Ok(())
    }
}

impl Rule {
    /// The first match of a regular expression in a text with structure.
    fn first_structure<'f>(
        &self,
        text: &str,
        context: impl Fn() -> Context<'f>,
    ) -> Result<Option<Find>, StageError> {
        for expression in &self.expressions {
            for hit in expression.regex()?.find_iter(text) {
                let context = context();
                let span = context.finds.stretch(hit.start(), hit.end());
                if !self.guards.iter().any(|guard| excuses(guard, span, context)) {
                    return Ok(Some(span));
                }
            }
        }
        Ok(None)
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
    if patterns.is_empty() && written.regex.is_empty() {
        return Err("it has neither `any` nor `regex`".to_owned());
    }
    let expressions = written.regex.iter().cloned().map(Expression::new).collect();
    Ok(Rule { info: info(written), patterns, expressions, guards })
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
    let mut draft = Draft::with_capacity(pack::texts().map(str::len).sum());
    for pack in packs {
        for (name, by_language) in &pack.concepts {
            let invalid = |what| PackError::Rule { pack: pack.name, rule: format!("concept {name}"), what };
            let concept = draft.concept(name).map_err(invalid)?;
            for list in by_language.values() {
                let mut added = Ok(());
                let read = terms(list, |term| {
                    if added.is_ok() {
                        added = draft.add(term, concept);
                    }
                });
                read.and(added).map_err(invalid)?;
            }
        }
    }
    Ok(draft.finish())
}

fn named_guards(packs: &[Pack]) -> BTreeMap<String, Vec<String>> {
    packs.iter().flat_map(|pack| pack.guards.clone()).collect()
}
