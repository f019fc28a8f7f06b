//! Reads a parsed document into the types of the schema, and notes every fault with its path.

use super::fault::{MAX_FAULTS, MAX_PATH_BYTES, SchemaFault, Step};
use super::field::{Field, Range};
use crate::json::{Node, Object, Value, halves};
use crate::places::Places;

/// The reading of one document.
pub(crate) struct Reader<'a> {
    /// For paths of grants.
    places: &'a dyn Places,
    path: Vec<At<'a>>,
    faults: Vec<SchemaFault>,
    /// Of the paths of the faults, all together.
    path_bytes: usize,
}

/// A step of the path to what is being read. A [`Step`] is made of it only when there is a fault.
#[derive(Clone, Copy)]
enum At<'a> {
    Key(&'a str),
    Index(usize),
}

/// A member as the table of the schema has it.
pub(crate) struct Member {
    /// The canonical one and its twin.
    pub(crate) spellings: (&'static str, &'static str),
    pub(crate) is_required: bool,
    pub(crate) range: Range,
}

/// What became of a member.
pub(crate) enum Given<T> {
    Here(T),
    Absent,
    /// It is noted what is wrong.
    Wrong,
}

impl<T> Given<T> {
    /// What counts for it; none when it is wrong.
    pub(crate) fn or_else(self, default: impl FnOnce() -> T) -> Option<T> {
        match self {
            Self::Here(given) => Some(given),
            Self::Absent => Some(default()),
            Self::Wrong => None,
        }
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(places: &'a dyn Places) -> Self {
        Self { places, path: Vec::new(), faults: Vec::new(), path_bytes: 0 }
    }

    /// Everything that was wrong, in the order in which it was met.
    pub(crate) fn into_faults(self) -> Vec<SchemaFault> {
        self.faults
    }

    /// Notes a fault here. The first ones are enough: what is wrong a thousand times is wrong in one way.
    pub(crate) fn fault(&mut self, line: u32, message: impl Into<String>) {
        let size: usize = self.path.iter().map(At::size).sum();
        let is_first = self.faults.is_empty();
        if !is_first && (self.faults.len() >= MAX_FAULTS || self.path_bytes + size > MAX_PATH_BYTES) {
            return;
        }
        self.path_bytes += size;
        let path = self.path.iter().map(At::step).collect();
        self.faults.push(SchemaFault { path, line, message: message.into() });
    }

    /// Goes into a member.
    pub(crate) fn at_key<T>(&mut self, key: &'a str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.at(At::Key(key), read)
    }

    /// Goes to an item.
    pub(crate) fn at_index<T>(&mut self, index: usize, read: impl FnOnce(&mut Self) -> T) -> T {
        self.at(At::Index(index), read)
    }

    fn at<T>(&mut self, step: At<'a>, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let read = read(self);
        self.path.pop();
        read
    }

    pub(crate) fn object<'n, 't>(&mut self, node: &'n Node<'t>) -> Option<&'n Object<'t>> {
        let object = if let Value::Object(members) = &node.value { Some(members) } else { None };
        self.scalar(node, object, "must be an object")
    }

    pub(crate) fn list<'n, 't>(&mut self, node: &'n Node<'t>) -> Option<&'n [Node<'t>]> {
        let list = if let Value::List(items) = &node.value { Some(items.as_slice()) } else { None };
        self.scalar(node, list, "must be a list")
    }

    /// What a value was read as; a fault when it was nothing of the kind.
    pub(crate) fn scalar<T>(&mut self, node: &Node<'_>, read: Option<T>, message: &str) -> Option<T> {
        if read.is_none() {
            self.fault(node.line, message);
        }
        read
    }

    /// Whether a number lies in its range; what is no number at all (`NaN`) lies in none.
    pub(crate) fn in_range(&mut self, node: &Node<'_>, range: Range, number: f64) -> bool {
        let too_small = range.at_least.filter(|bound| number.is_nan() || number < *bound);
        let too_large = range.at_most.filter(|bound| number.is_nan() || number > *bound);
        match (too_small, too_large) {
            (None, None) => return true,
            (Some(bound), _) => self.fault(node.line, format!("must be at least {bound}")),
            (None, Some(bound)) => self.fault(node.line, format!("must be at most {bound}")),
        }
        false
    }

    /// A member by either of its spellings.
    pub(crate) fn member<T: Field>(
        &mut self,
        node: &'a Node<'_>,
        object: &'a Object<'_>,
        member: &Member,
        then: impl FnOnce(&mut T, &dyn Places) -> Result<(), String>,
    ) -> Given<T> {
        let (key, snake) = member.spellings;
        let found =
            object.get(key).map(|node| (key, node)).or_else(|| object.get(snake).map(|node| (snake, node)));
        let Some((spelling, value)) = found else {
            if member.is_required {
                self.at_key(key, |reader| reader.fault(node.line, "is missing"));
                return Given::Wrong;
            }
            return Given::Absent;
        };
        let read = self.at_key(spelling, |reader| {
            let read = T::read(value, member.range, reader)?;
            reader.then(value, read, then)
        });
        read.map_or(Given::Wrong, Given::Here)
    }

    /// Passes on what was read, or notes what the next look found.
    pub(crate) fn then<T>(
        &mut self,
        node: &Node<'_>,
        mut read: T,
        then: impl FnOnce(&mut T, &dyn Places) -> Result<(), String>,
    ) -> Option<T> {
        match then(&mut read, self.places) {
            Ok(()) => Some(read),
            Err(message) => {
                self.fault(node.line, message);
                None
            }
        }
    }

    /// Whatever the table does not have is unknown; so is the twin of a key that is there itself.
    pub(crate) fn no_more(&mut self, node: &Node<'_>, object: &'a Object<'_>, known: &[(&str, &str)]) {
        for (key, value) in object.iter() {
            let is_known = known
                .iter()
                .any(|(camel, snake)| key == *camel || (key == *snake && object.get(camel).is_none()));
            if is_known {
                continue;
            }
            if halves::is_in(key) {
                // The original cannot name such a key; it finds fault with the whole.
                self.fault(node.line, "has a key that is no text: half of a surrogate pair stands in it");
            } else if let Some((twin, _)) = known.iter().find(|(_, snake)| key == *snake) {
                let message =
                    format!("is another spelling of {twin}, which stands there too; keep one of them");
                self.at_key(key, |reader| reader.fault(value.line, message));
            } else {
                self.at_key(key, |reader| reader.fault(value.line, "is not a key of a policy"));
            }
        }
    }

    pub(crate) fn choice<T: Copy>(
        &mut self,
        node: &Node<'_>,
        all: &[T],
        word: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let given = match &node.value {
            Value::Text(text) => all.iter().copied().find(|choice| word(*choice) == text),
            _ => None,
        };
        if given.is_none() {
            let words: Vec<&str> = all.iter().map(|choice| word(*choice)).collect();
            self.fault(node.line, format!("must be one of {}", words.join(", ")));
        }
        given
    }
}

impl At<'_> {
    fn size(&self) -> usize {
        match self {
            Self::Key(key) => key.len(),
            Self::Index(_) => 0,
        }
    }

    fn step(&self) -> Step {
        match self {
            Self::Key(key) => Step::Key((*key).to_owned()),
            Self::Index(index) => Step::Index(*index),
        }
    }
}
