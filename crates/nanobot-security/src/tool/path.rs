//! Recognises places that a tool has no business with, however they are spelled: case, `..`, Windows, patterns.

mod folder;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use icu_normalizer::ComposingNormalizerBorrowed;
use nanobot_shell::Pattern;

pub(super) use self::folder::Folder;
use super::effort;
use super::pack::{Reach, Record, SENSITIVE_PATH};
use crate::rule::RuleInfo;

/// Longest text that is read as a path, in bytes; Linux takes no longer one.
const LONGEST: usize = 4096;

/// All rules over places.
#[derive(Debug)]
pub(super) struct Places {
    rules: Vec<PathRule>,
    /// All places, each with its rule: those with a name in front in the order of names, then those with a pattern.
    all: Vec<(usize, usize)>,
    /// Which of them have this name in front.
    by_name: HashMap<String, Range<usize>>,
    /// Where those with a pattern in front begin.
    by_pattern: usize,
    /// Names of the longest place.
    longest: usize,
}

/// A rule over places.
#[derive(Debug)]
pub(super) struct PathRule {
    pub(super) info: RuleInfo,
    /// The rule over commands that answers for it when a command names the place.
    pub(super) for_exec: Option<String>,
    /// Whether it is about writing only.
    pub(super) for_write: bool,
    reach: Reach,
    places: Vec<Place>,
    except: Vec<Pattern>,
    except_files: Vec<Pattern>,
}

#[derive(Debug)]
struct Place {
    is_rooted: bool,
    names: Vec<Name>,
}

/// A name in a place.
#[derive(Debug)]
struct Name {
    /// Itself, or an example of what its pattern matches.
    text: String,
    pattern: Option<Pattern>,
}

/// Who names the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// A tool that works on one file.
    FileTool,
    /// The same, when it writes.
    FileWriter,
    /// A command.
    Command,
    /// The same, of what it writes.
    Writer,
}

/// A path in its names.
#[derive(Debug, Clone, Default)]
pub(super) struct Path {
    /// Whether it starts at the root, at a home folder or a drive, or climbs out with `..`.
    pub(super) is_rooted: bool,
    pub(super) names: Vec<String>,
    /// How many names stand in front of these and are not listed: those of the folder that it was read in.
    before: usize,
    /// Whether it starts at a home folder.
    from_home: bool,
    /// How many folders it climbs out of.
    climbs: usize,
    has_pattern: bool,
}

impl Path {
    /// Reads a path; `None` for an address on the web and for what is too long.
    pub(super) fn read(text: &str, has_pattern: bool) -> Option<Self> {
        if text.len() > LONGEST || text.is_empty() {
            return None;
        }
        let text = normalised(text);
        let mut text = text.as_str();
        let mut path = Self { has_pattern, ..Self::default() };
        if let Some((scheme, rest)) = text.split_once("://") {
            if scheme != "file" {
                return None;
            }
            text = rest;
            path.is_rooted = true;
        } else if let Some(rest) = text.strip_prefix("file:") {
            text = rest;
        }
        let (first, rest) =
            text.split_once(['/', '\\']).map_or((text, None), |(first, rest)| (first, Some(rest)));
        let first = first.trim();
        if first.is_empty() || first.starts_with('~') || is_home(first) || is_drive(first) {
            path.is_rooted |= !text.is_empty();
            path.from_home = first.starts_with('~') || is_home(first);
        } else {
            path.go(first);
        }
        path.go_all(rest.unwrap_or_default());
        Some(path)
    }

    /// Goes on by each of the names.
    fn go_all(&mut self, text: &str) {
        text.split(['/', '\\']).for_each(|piece| self.go(piece.trim()));
    }

    /// Goes on by one name, or up.
    fn go(&mut self, piece: &str) {
        match piece {
            "" | "." => {}
            ".." => {
                if self.names.pop().is_none() {
                    if let Some(before) = self.before.checked_sub(1) {
                        self.before = before;
                    } else {
                        self.is_rooted = true;
                        self.climbs += 1;
                    }
                }
            }
            _ => {
                // Windows passes over these.
                let piece = piece.strip_suffix("::$data").unwrap_or(piece);
                let bare = piece.trim_end_matches('.');
                self.names.push(if bare.is_empty() { piece.to_owned() } else { bare.to_owned() });
            }
        }
    }

    /// What is a pattern of its names; nothing when it has none.
    fn patterns(&self) -> Vec<Option<Pattern>> {
        if !self.has_pattern {
            return Vec::new();
        }
        self.names.iter().map(|name| has_signs(name).then(|| Pattern::new(name))).collect()
    }
}

/// Whether signs of a pattern stand in a name.
fn has_signs(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

/// A variable that stands for a home folder: who takes the path may fill it in.
fn is_home(piece: &str) -> bool {
    matches!(
        piece,
        "$home"
            | "${home}"
            | "%userprofile%"
            | "%homepath%"
            | "%appdata%"
            | "%localappdata%"
            | "$env:userprofile"
    )
}

fn is_drive(piece: &str) -> bool {
    piece.len() == 2 && piece.ends_with(':') && piece.starts_with(|sign: char| sign.is_ascii_alphabetic())
}

/// NFKC, without what cannot be seen, in lower case.
fn normalised(text: &str) -> String {
    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    effort::spend(text.len());
    let decoded = percent_decoded(text);
    let text = decoded.as_deref().unwrap_or(text);
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    NFKC.normalize(text).chars().filter(|sign| !is_invisible(*sign)).collect::<String>().to_lowercase()
}

/// The path behind `%2e%2e%2f`; `None` when no sign of a path is written so.
fn percent_decoded(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if !["%2f", "%2e", "%5c", "%252", "%255"].iter().any(|sign| lower.contains(sign)) {
        return None;
    }
    let once = lower.replace("%25", "%");
    Some(once.replace("%2f", "/").replace("%5c", "\\").replace("%2e", ".").replace("%7e", "~"))
}

/// Characters without a width of their own: zero-width, bidi, variation selectors, tags.
fn is_invisible(sign: char) -> bool {
    matches!(sign,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}')
}

impl Places {
    pub(super) fn new(records: &[Record]) -> Self {
        let rules: Vec<PathRule> = records
            .iter()
            .map(|record| PathRule {
                info: record.info(SENSITIVE_PATH),
                for_exec: record.for_exec.clone(),
                for_write: record.for_write,
                reach: record.reach,
                places: record.places.iter().map(|text| Place::new(text)).collect(),
                except: record.except.iter().map(|text| Pattern::new(text)).collect(),
                except_files: record.except_files.iter().map(|text| Pattern::new(text)).collect(),
            })
            .collect();
        let mut named: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
        let mut patterns = Vec::new();
        let mut longest = 2;
        for (rule, place, one) in rules
            .iter()
            .enumerate()
            .flat_map(|(at, rule)| rule.places.iter().enumerate().map(move |(place, one)| (at, place, one)))
        {
            let Some(first) = one.names.first() else { continue };
            longest = longest.max(one.names.len());
            match first.pattern {
                Some(_) => patterns.push((rule, place)),
                None => named.entry(first.text.clone()).or_default().push((rule, place)),
            }
        }
        let mut all = Vec::new();
        let mut by_name = HashMap::new();
        for (name, places) in named {
            let from = all.len();
            all.extend(places);
            by_name.insert(name, from..all.len());
        }
        let by_pattern = all.len();
        all.extend(patterns);
        Self { rules, all, by_name, by_pattern, longest }
    }

    pub(super) fn rules(&self) -> &[PathRule] {
        &self.rules
    }

    /// The first rule that this path breaks.
    pub(super) fn find(&self, path: &Path, asker: Asker) -> Option<&PathRule> {
        let last = path.names.last()?;
        let patterns = path.patterns();
        effort::spend(path.names.len());
        for start in 0..path.names.len() {
            let rest = path.names.get(start..)?;
            let given = patterns.get(start..).unwrap_or_default();
            for (rule, place) in self.starting(rest, given).into_iter().flatten() {
                let (rule, place) = self.at(*rule, *place)?;
                if rule.counts(path.before + start, rest.len(), place.names.len(), path, asker)
                    && place.matches(rest, given, path.is_rooted)
                    && !rule.excepts(last, asker)
                {
                    return Some(rule);
                }
            }
        }
        None
    }

    /// The places that may start with the first of these names, as indices of a rule and one of its places: those with
    /// a name in front, and those with a pattern.
    fn starting(&self, names: &[String], patterns: &[Option<Pattern>]) -> [&[(usize, usize)]; 2] {
        let known = match patterns.first() {
            Some(Some(_)) => 0..self.by_pattern,
            _ => names.first().and_then(|first| self.by_name.get(first)).cloned().unwrap_or_default(),
        };
        [known, self.by_pattern..self.all.len()].map(|places| self.all.get(places).unwrap_or_default())
    }

    fn at(&self, rule: usize, place: usize) -> Option<(&PathRule, &Place)> {
        let rule = self.rules.get(rule)?;
        Some((rule, rule.places.get(place)?))
    }
}

impl PathRule {
    /// Whether the rule asks for a place of so many names where it stands in the path, and for who asks.
    fn counts(&self, start: usize, rest: usize, names: usize, path: &Path, asker: Asker) -> bool {
        let from_root = start == 0 && path.is_rooted && !path.from_home && path.climbs != 1;
        if self.for_write && !matches!(asker, Asker::FileWriter | Asker::Writer) {
            return false;
        }
        let is_in_reach = match self.reach {
            Reach::Anywhere => true,
            Reach::FromRoot => from_root,
            Reach::Itself => from_root && rest == names,
        };
        is_in_reach
            // A folder of one's own may hold such files for others: `dotfiles/.bashrc`.
            && (!self.for_write || path.is_rooted || start == 0)
    }

    fn excepts(&self, last: &str, asker: Asker) -> bool {
        self.except.iter().any(|pattern| pattern.matches(last))
            || (matches!(asker, Asker::FileTool | Asker::FileWriter)
                && self.except_files.iter().any(|pattern| pattern.matches(last)))
    }
}

impl Place {
    fn new(text: &str) -> Self {
        let names = text.split('/').filter(|name| !name.is_empty()).map(|name| Name {
            text: name.replace('*', "self"),
            pattern: name.contains('*').then(|| Pattern::new(name)),
        });
        Self { is_rooted: text.starts_with('/'), names: names.collect() }
    }

    /// Whether a path has these names from here on. With each name may come the pattern that it is.
    fn matches(&self, rest: &[String], patterns: &[Option<Pattern>], is_rooted: bool) -> bool {
        (is_rooted || !self.is_rooted)
            && rest.len() >= self.names.len()
            && self.names.iter().zip(rest).enumerate().all(|(at, (name, given))| match patterns.get(at) {
                Some(Some(pattern)) => self.stands_for(at, name, given, pattern),
                _ => name.takes(given),
            })
    }

    /// Whether a pattern that somebody wrote means this name. A pattern that matches nearly everything means nothing.
    fn stands_for(&self, at: usize, name: &Name, given: &str, pattern: &Pattern) -> bool {
        // As in a shell, `*` and `?` in front do not stand for the dot of a hidden file.
        let is_hidden = name.text.starts_with('.');
        if (is_hidden && given.starts_with(['*', '?'])) || !pattern.matches(&name.text) {
            return false;
        }
        let literals = pattern.literals();
        if self.names.len() > 1 {
            return at + 1 < self.names.len() || literals > 0;
        }
        let is_telling = is_hidden || name.text.starts_with("id_") || name.text.starts_with("self.env");
        is_telling && literals >= 2 && literals * 2 >= name.text.len()
    }
}

impl Name {
    fn takes(&self, given: &str) -> bool {
        match &self.pattern {
            Some(pattern) => pattern.matches(given) && !given.contains(char::is_whitespace),
            None => self.text == given,
        }
    }
}
