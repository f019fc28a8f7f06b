//! Many texts by their beginnings: which of them a text begins with at one place. Quick to build, since it is built at
//! every start of the program from tens of thousands of terms; where one text alone is left its rest is compared at once.

use std::collections::VecDeque;
use std::ops::Range;

/// Texts, sorted; several may be equal.
#[derive(Debug)]
pub(crate) struct Trie {
    nodes: Vec<Node>,
    /// The byte that leads to each node.
    bytes: Vec<u8>,
    /// The node that a first byte leads to, 0 for none: most walks end here.
    first: Vec<u32>,
}

/// Texts that begin alike.
#[derive(Debug, Clone)]
struct Node {
    /// Those that end here, by their places.
    ended: Range<u32>,
    next: Next,
}

#[derive(Debug, Clone)]
enum Next {
    /// By the next byte: nodes that stand side by side, their bytes ascending.
    Nodes(Range<u32>),
    /// One text alone, or several equal ones, by their places.
    Tail(Range<u32>),
}

impl Trie {
    /// Of texts in ascending order of their bytes, at most `u32::MAX` of them.
    pub(crate) fn new<'t>(texts: &[&'t str]) -> Self {
        let empty = Node { ended: 0..0, next: Next::Nodes(0..0) };
        let (mut nodes, mut bytes) = (vec![empty.clone()], vec![0]);
        let mut open: VecDeque<(usize, Range<usize>, usize)> = VecDeque::from([(0, 0..texts.len(), 0)]);
        while let Some((node, range, depth)) = open.pop_front() {
            let byte_at = |place: usize| {
                texts.get(place).and_then(|text: &&'t str| text.as_bytes().get(depth)).copied()
            };
            let ended = range.clone().take_while(|&place| byte_at(place).is_none()).count();
            let rest = range.start + ended..range.end;
            let first = nodes.len();
            let is_tail = depth > 0 && !rest.is_empty() && texts.get(rest.start) == texts.get(rest.end - 1);
            if !is_tail {
                let mut start = rest.start;
                while start < rest.end {
                    let byte = byte_at(start);
                    let same = (start..rest.end).take_while(|&place| byte_at(place) == byte).count();
                    open.push_back((nodes.len(), start..start + same, depth + 1));
                    nodes.push(empty.clone());
                    bytes.push(byte.unwrap_or_default());
                    start += same;
                }
            }
            let next =
                if is_tail { Next::Tail(small(&rest)) } else { Next::Nodes(small(&(first..nodes.len()))) };
            if let Some(node) = nodes.get_mut(node) {
                node.ended = small(&(range.start..rest.start));
                node.next = next;
            }
        }
        let mut first = vec![0; 256];
        if let Some(Next::Nodes(children)) = nodes.first().map(|root| &root.next) {
            for child in children.clone() {
                let byte = bytes.get(child as usize).copied().unwrap_or_default();
                if let Some(place) = first.get_mut(usize::from(byte)) {
                    *place = child;
                }
            }
        }
        Self { nodes, bytes, first }
    }

    /// The places of all texts that `text` begins with, shortest first; `of` gives a text by its place.
    pub(crate) fn beginnings<'t>(
        &self,
        text: &[u8],
        of: impl Fn(usize) -> &'t str,
        mut found: impl FnMut(usize),
    ) {
        let Some(root) = self.nodes.first() else { return };
        places(&root.ended).for_each(&mut found);
        let Some(&byte) = text.first() else { return };
        let mut child = self.first.get(usize::from(byte)).map_or(0, |&child| child as usize);
        let mut depth = 1;
        while child > 0 {
            let Some(node) = self.nodes.get(child) else { return };
            places(&node.ended).for_each(&mut found);
            match &node.next {
                Next::Tail(range) => {
                    let rest = text.get(depth..).unwrap_or_default();
                    let tail = |place| of(place).as_bytes().get(depth..).unwrap_or_default();
                    if places(range).next().is_some_and(|place| rest.starts_with(tail(place))) {
                        places(range).for_each(&mut found);
                    }
                    return;
                }
                Next::Nodes(range) => {
                    let Some(byte) = text.get(depth) else { return };
                    let from = range.start as usize;
                    let bytes = self.bytes.get(from..range.end as usize).unwrap_or_default();
                    child = bytes.binary_search(byte).map_or(0, |at| from + at);
                    depth += 1;
                }
            }
        }
    }
}

fn places(range: &Range<u32>) -> impl Iterator<Item = usize> {
    range.clone().map(|place| place as usize)
}

fn small(range: &Range<usize>) -> Range<u32> {
    let small = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    small(range.start)..small(range.end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(texts: &[&str], text: &str) -> Vec<String> {
        let mut all = Vec::new();
        Trie::new(texts).beginnings(
            text.as_bytes(),
            |place| texts[place],
            |place| all.push(texts[place].to_owned()),
        );
        all
    }

    #[test]
    fn shorter_ones_come_first_and_equal_ones_all() {
        let texts = ["a", "ab", "ab", "abcde", "b"];
        assert_eq!(found(&texts, "abcdef"), ["a", "ab", "ab", "abcde"]);
        assert_eq!(found(&texts, "abcd"), ["a", "ab", "ab"]);
        assert_eq!(found(&texts, ""), Vec::<String>::new());
        assert_eq!(found(&[], "a"), Vec::<String>::new());
        assert_eq!(found(&["", "äx"], "äx"), ["", "äx"]);
    }

    proptest! {
        #[test]
        fn it_finds_what_a_look_at_each_finds(mut texts in prop::collection::vec("[ab]{0,5}", 0..12), text in "[ab]{0,8}") {
            texts.sort_unstable();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let mut plain: Vec<String> = texts.iter().filter(|one| text.starts_with(**one)).map(ToString::to_string).collect();
            plain.sort_by_key(String::len);
            prop_assert_eq!(found(&texts, &text), plain);
        }
    }
}
