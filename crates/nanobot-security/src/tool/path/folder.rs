//! The folder that a command line works in after its `cd`s. However deep it is, a path below it is judged by its own
//! names and the last few of the folder: what the names further up say is kept, and changes only with the folder.

use super::{Asker, LONGEST, Path, PathRule, Places, normalised};
use crate::tool::pack::Reach;

/// A folder.
#[derive(Debug, Clone)]
pub(in crate::tool) struct Folder {
    path: Path,
    /// What its names say where they are taken as they are.
    settled: Vec<Settled>,
    /// What they say where signs of a pattern in them count.
    as_patterns: Vec<Settled>,
}

/// A place that lies wholly in a folder, and so far up that no name below has to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Settled {
    start: usize,
    rule: usize,
    place: usize,
}

impl Places {
    /// The folder that somebody goes to, from a folder or from one that nobody knows.
    pub(in crate::tool) fn folder(&self, from: Option<Folder>, to: &str) -> Option<Folder> {
        match from {
            Some(mut folder) if !to.starts_with(['/', '~']) => {
                folder.go(to, self)?;
                Some(folder)
            }
            _ => {
                let mut path = Path::read(to, false)?;
                let names = std::mem::take(&mut path.names);
                let mut folder = Folder { path, settled: Vec::new(), as_patterns: Vec::new() };
                for name in names {
                    folder.push(name, self);
                }
                Some(folder)
            }
        }
    }

    /// The first rule that a path of a command breaks below a folder.
    pub(in crate::tool) fn find_below(
        &self,
        folder: &Folder,
        text: &str,
        has_pattern: bool,
    ) -> Option<&PathRule> {
        let path = folder.below(text, has_pattern, self.longest)?;
        let last = path.names.last()?;
        let settled = if has_pattern { &folder.as_patterns } else { &folder.settled };
        let above = settled.iter().take_while(|one| one.start < path.before).find_map(|one| {
            let (rule, place) = self.at(one.rule, one.place)?;
            let rest = path.before + path.names.len() - one.start;
            let is_broken = rule.counts(one.start, rest, place.names.len(), &path, Asker::Command)
                && !rule.excepts(last, Asker::Command);
            is_broken.then_some(rule)
        });
        above.or_else(|| self.find(&path, Asker::Command))
    }
}

impl Folder {
    /// Goes on; `None` when that leads to an address, or is longer than a path can be.
    fn go(&mut self, text: &str, places: &Places) -> Option<()> {
        let mut way = self.way();
        way.go_all(&behind(text)?);
        (self.path.is_rooted, self.path.climbs) = (way.is_rooted, way.climbs);
        self.path.names.truncate(way.before);
        let is_kept = |one: &Settled| one.start + places.longest <= way.before;
        self.settled.retain(is_kept);
        self.as_patterns.retain(is_kept);
        for name in way.names {
            self.push(name, places);
        }
        Some(())
    }

    /// Goes down by one name. The place that starts so far up that this name is the last that it can have is settled.
    fn push(&mut self, name: String, places: &Places) {
        self.path.names.push(name);
        let Some(start) = self.path.names.len().checked_sub(places.longest) else { return };
        let Some(names) = self.path.names.get(start..) else { return };
        let window = Path { names: names.to_vec(), has_pattern: true, ..Path::default() };
        let patterns = window.patterns();
        for (into, patterns) in [(&mut self.settled, &[][..]), (&mut self.as_patterns, &patterns)] {
            for &(rule, place) in places.starting(&window.names, patterns).into_iter().flatten() {
                let Some((known, names)) = places.at(rule, place) else { continue };
                // Of a rule that asks not for the root the first place says all; the others ask for nothing else.
                let says_more = match known.reach {
                    Reach::Anywhere => !into.iter().any(|one| one.rule == rule),
                    Reach::FromRoot | Reach::Itself => start == 0,
                };
                if says_more && names.matches(&window.names, patterns, self.path.is_rooted) {
                    into.push(Settled { start, rule, place });
                }
            }
        }
    }

    /// A path below: its own names behind the last few of the folder.
    fn below(&self, text: &str, has_pattern: bool, longest: usize) -> Option<Path> {
        let mut path = Path { has_pattern, ..self.way() };
        path.go_all(&behind(text)?);
        let cut = path.before.saturating_sub(longest - 1);
        let last = self.path.names.get(cut..path.before).unwrap_or_default();
        path.names.splice(..0, last.iter().cloned());
        path.before = cut;
        Some(path)
    }

    /// A path that has gone nowhere from here.
    fn way(&self) -> Path {
        Path {
            names: Vec::new(),
            before: self.path.names.len(),
            is_rooted: self.path.is_rooted,
            from_home: self.path.from_home,
            climbs: self.path.climbs,
            has_pattern: false,
        }
    }
}

/// A text behind a folder; `None` for an address, and for what is longer than a path can be.
fn behind(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let text = normalised(text);
    (!text.contains("://")).then_some(text)
}
