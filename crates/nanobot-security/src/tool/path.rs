//! Recognises places that a tool has no business with, however they are spelled: case, `..`, Windows, patterns.

use std::collections::BTreeMap;

use icu_normalizer::ComposingNormalizerBorrowed;
use nanobot_shell::Pattern;

use super::pack::{Reach, Record, SENSITIVE_PATH};
use crate::rule::RuleInfo;

/// Longest text that is read as a path, in bytes; Linux takes no longer one.
const LONGEST: usize = 4096;

/// All rules over places.
#[derive(Debug)]
pub(super) struct Places {
    rules: Vec<PathRule>,
    /// By the first name of a place.
    by_name: BTreeMap<String, Vec<(usize, usize)>>,
    /// Places whose first name is a pattern.
    by_pattern: Vec<(usize, usize)>,
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
#[derive(Debug, Clone)]
pub(super) struct Path {
    /// Whether it starts at the root, at a home folder or a drive, or climbs out with `..`.
    pub(super) is_rooted: bool,
    pub(super) names: Vec<String>,
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
        let mut is_rooted = false;
        let (mut from_home, mut climbs) = (false, 0);
        if let Some((scheme, rest)) = text.split_once("://") {
            if scheme != "file" {
                return None;
            }
            text = rest;
            is_rooted = true;
        } else if let Some(rest) = text.strip_prefix("file:") {
            text = rest;
        }
        let mut names: Vec<String> = Vec::new();
        for (index, piece) in text.split(['/', '\\']).enumerate() {
            let piece = piece.trim();
            if index == 0 && (piece.is_empty() || piece.starts_with('~') || is_home(piece) || is_drive(piece))
            {
                is_rooted |= !text.is_empty();
                from_home |= piece.starts_with('~') || is_home(piece);
                continue;
            }
            match piece {
                "" | "." => {}
                ".." => {
                    if names.pop().is_none() {
                        is_rooted = true;
                        climbs += 1;
                    }
                }
                _ => {
                    // Windows passes over these.
                    let piece = piece.strip_suffix("::$data").unwrap_or(piece);
                    let bare = piece.trim_end_matches('.');
                    names.push(if bare.is_empty() { piece.to_owned() } else { bare.to_owned() });
                }
            }
        }
        Some(Self { is_rooted, names, from_home, climbs, has_pattern })
    }
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
        let mut by_name: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
        let mut by_pattern = Vec::new();
        for (rule, place, first) in rules.iter().enumerate().flat_map(|(at, rule)| {
            rule.places
                .iter()
                .enumerate()
                .filter_map(move |(place, one)| Some((at, place, one.names.first()?)))
        }) {
            match first.pattern {
                Some(_) => by_pattern.push((rule, place)),
                None => by_name.entry(first.text.clone()).or_default().push((rule, place)),
            }
        }
        Self { rules, by_name, by_pattern }
    }

    pub(super) fn rules(&self) -> &[PathRule] {
        &self.rules
    }

    /// The first rule that this path breaks.
    pub(super) fn find(&self, path: &Path, asker: Asker) -> Option<&PathRule> {
        let last = path.names.last()?;
        for start in 0..path.names.len() {
            let rest = path.names.get(start..)?;
            let first = rest.first()?;
            let known = self.by_name.get(first).map(Vec::as_slice).unwrap_or_default();
            let all = path.has_pattern && first.contains(['*', '?', '[']);
            let named: Box<dyn Iterator<Item = &(usize, usize)>> =
                if all { Box::new(self.by_name.values().flatten()) } else { Box::new(known.iter()) };
            for (rule, place) in named.chain(&self.by_pattern) {
                let Some(rule) = self.rules.get(*rule) else { continue };
                let Some(place) = rule.places.get(*place) else { continue };
                if rule.counts(start, rest.len(), place.names.len(), path, asker)
                    && place.matches(rest, path)
                    && !rule.excepts(last, asker)
                {
                    return Some(rule);
                }
            }
        }
        None
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

    /// Whether the path has these names from here on.
    fn matches(&self, rest: &[String], path: &Path) -> bool {
        (path.is_rooted || !self.is_rooted)
            && rest.len() >= self.names.len()
            && self.names.iter().zip(rest).enumerate().all(|(at, (name, given))| {
                if path.has_pattern && given.contains(['*', '?', '[']) {
                    self.stands_for(at, name, given)
                } else {
                    name.takes(given)
                }
            })
    }

    /// Whether a pattern that somebody wrote means this name. A pattern that matches nearly everything means nothing.
    fn stands_for(&self, at: usize, name: &Name, given: &str) -> bool {
        let pattern = Pattern::new(given);
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
