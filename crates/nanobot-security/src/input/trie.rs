//! Many texts by their beginnings: which of them a text begins with at one place. Quick to build, since it is built at
//! every start of the program from tens of thousands of terms; where few texts are left they are compared one by one.
//!
//! All nodes stand in one table, those of one parent side by side, and the first two bytes are looked up at once: most
//! walks end there.

use std::collections::VecDeque;
use std::ops::Range;

/// How many bytes a node has beside itself.
const NEAR: usize = 4;

/// So many nodes side by side are looked at one by one.
const FEW: usize = 12;

/// So few texts are compared one by one.
const LEFT: usize = 4;

/// Texts, sorted; several may be equal.
#[derive(Debug)]
pub(crate) struct Trie {
    nodes: Vec<Node>,
    /// The byte that leads to each node.
    bytes: Vec<u8>,
    /// What a first byte leads to.
    first: Vec<First>,
    /// The nodes that second bytes lead to, 0 for none: 256 for each row of `first`.
    second: Vec<u32>,
}

/// Texts that begin alike. They have neighbouring places: first those that end here, then those that go on.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// The place of the first of them.
    place: u32,
    /// How many end here.
    ended: u16,
    /// How many nodes go on from here; where `next` is 0, how many texts do.
    count: u16,
    /// The first of the nodes that go on, or 0 where few texts are left.
    next: u32,
    /// The bytes of the first of them, to spare a look elsewhere: most nodes have no more.
    bytes: [u8; NEAR],
}

impl Node {
    /// The places of the texts that end here.
    fn ended(self) -> Range<usize> {
        let place = self.place as usize;
        place..place + usize::from(self.ended)
    }

    /// The places of the few texts that are left here; their rest is not in the trie.
    fn tails(self) -> Range<usize> {
        let first = self.ended().end;
        first..first + usize::from(self.count)
    }

    /// The nodes that go on from here.
    fn children(self) -> Range<usize> {
        let first = self.next as usize;
        if first > 0 { first..first + usize::from(self.count) } else { 0..0 }
    }
}

/// What a first byte leads to.
#[derive(Debug, Clone, Copy, Default)]
struct First {
    /// Its node, 0 for none.
    node: u32,
    /// Where the second bytes stand in their table; `None` when a text ends at the node, or few are left there.
    row: Option<u32>,
}

impl Trie {
    /// Of texts in ascending order of their bytes, at most `u32::MAX` of them. `of` gives a text by its place.
    pub(crate) fn new<'t>(count: usize, of: impl Fn(usize) -> &'t [u8]) -> Self {
        let (mut nodes, mut bytes) = (vec![Node::default()], vec![0]);
        let mut open: VecDeque<(usize, Range<usize>, usize)> = VecDeque::from([(0, 0..count, 0)]);
        while let Some((node, range, depth)) = open.pop_front() {
            let byte_at = |place: usize| of(place).get(depth).copied();
            let ended = range.clone().take_while(|&place| byte_at(place).is_none()).count();
            let rest = range.start + ended..range.end;
            let mut built = Node { place: small(range.start), ended: short(ended), ..Node::default() };
            if depth > 0 && rest.len() <= LEFT {
                built.count = short(rest.len());
            } else {
                built.next = small(nodes.len());
                let mut start = rest.start;
                while start < rest.end {
                    let byte = byte_at(start);
                    let end = (start + 1..rest.end).find(|&place| byte_at(place) != byte).unwrap_or(rest.end);
                    open.push_back((nodes.len(), start..end, depth + 1));
                    nodes.push(Node::default());
                    bytes.push(byte.unwrap_or_default());
                    if let Some(near) = built.bytes.get_mut(usize::from(built.count)) {
                        *near = byte.unwrap_or_default();
                    }
                    built.count += 1;
                    start = end;
                }
            }
            if let Some(node) = nodes.get_mut(node) {
                *node = built;
            }
        }
        let mut trie = Self { nodes, bytes, first: vec![First::default(); 256], second: Vec::new() };
        trie.look_ahead();
        trie
    }

    /// Fills the tables of the first two bytes.
    fn look_ahead(&mut self) {
        let Some(&root) = self.nodes.first() else { return };
        for child in root.children() {
            let Some(&node) = self.nodes.get(child) else { continue };
            let row = (node.ended == 0 && node.next > 0).then(|| small(self.second.len()));
            if let Some(row) = row {
                self.second.resize(row as usize + 256, 0);
                for grandchild in node.children() {
                    let byte = usize::from(self.bytes.get(grandchild).copied().unwrap_or_default());
                    if let Some(slot) = self.second.get_mut(row as usize + byte) {
                        *slot = small(grandchild);
                    }
                }
            }
            let byte = usize::from(self.bytes.get(child).copied().unwrap_or_default());
            if let Some(first) = self.first.get_mut(byte) {
                *first = First { node: small(child), row };
            }
        }
    }

    /// The places of all texts, none of which is empty, that `text` begins with, shortest first; `of` gives a text by
    /// its place.
    #[inline]
    pub(crate) fn beginnings<'t>(
        &self,
        text: &[u8],
        of: impl Fn(usize) -> &'t [u8],
        mut found: impl FnMut(usize),
    ) {
        let Some(&byte) = text.first() else { return };
        let Some(&first) = self.first.get(usize::from(byte)) else { return };
        let (mut child, mut depth) = match (first.row, text.get(1)) {
            (Some(row), Some(&byte)) => {
                (self.second.get(row as usize + usize::from(byte)).copied().unwrap_or_default() as usize, 2)
            }
            (Some(_), None) => return,
            (None, _) => (first.node as usize, 1),
        };
        while child > 0 {
            let Some(&node) = self.nodes.get(child) else { return };
            node.ended().for_each(&mut found);
            if node.next == 0 {
                let rest = text.get(depth..).unwrap_or_default();
                let is_beginning =
                    |&place: &usize| rest.starts_with(of(place).get(depth..).unwrap_or_default());
                return node.tails().filter(is_beginning).for_each(&mut found);
            }
            let Some(byte) = text.get(depth) else { return };
            let children = node.children();
            let from = children.start;
            let bytes =
                node.bytes.get(..children.len()).or_else(|| self.bytes.get(children)).unwrap_or_default();
            let at = if bytes.len() > FEW {
                bytes.binary_search(byte).ok()
            } else {
                bytes.iter().position(|known| known == byte)
            };
            child = at.map_or(0, |at| from + at);
            depth += 1;
        }
    }
}

/// Tables are far smaller than that.
fn small(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Equal texts are few, and there are 256 bytes.
fn short(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(texts: &[&str], text: &str) -> Vec<String> {
        let mut all = Vec::new();
        let of = |place: usize| texts[place].as_bytes();
        Trie::new(texts.len(), of).beginnings(text.as_bytes(), of, |place| all.push(texts[place].to_owned()));
        all
    }

    #[test]
    fn shorter_ones_come_first_and_equal_ones_all() {
        let texts = ["a", "ab", "ab", "abcde", "b", "c", "cd", "xyz", "äx"];
        assert_eq!(found(&texts, "abcdef"), ["a", "ab", "ab", "abcde"]);
        assert_eq!(found(&texts, "abcd"), ["a", "ab", "ab"]);
        assert_eq!(found(&texts, "c"), ["c"]);
        assert_eq!(found(&texts, "xyzz"), ["xyz"]);
        assert_eq!(found(&texts, "x"), Vec::<String>::new());
        assert_eq!(found(&texts, ""), Vec::<String>::new());
        assert_eq!(found(&[], "a"), Vec::<String>::new());
        assert_eq!(found(&texts, "äx"), ["äx"]);
    }

    proptest! {
        #[test]
        fn it_finds_what_a_look_at_each_finds(mut texts in prop::collection::vec("[ab]{1,5}", 0..12), text in "[ab]{0,8}") {
            texts.sort_unstable();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let mut plain: Vec<String> = texts.iter().filter(|one| text.starts_with(**one)).map(ToString::to_string).collect();
            plain.sort_by_key(String::len);
            prop_assert_eq!(found(&texts, &text), plain);
        }
    }
}
