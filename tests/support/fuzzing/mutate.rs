//! Makes a new input of old ones: bytes lost, doubled, exchanged, words put in, pieces of other inputs.

use std::ops::Range;

use crate::crash::Chance;

/// So long an input may become; what is larger is only slower.
const MAX_BYTES: usize = 64 << 10;

/// So many changes one mutation makes at most.
const MAX_CHANGES: usize = 4;

/// So long a piece is at most that is lost, doubled or taken from elsewhere.
const PIECE: u64 = 24;

/// So often a piece of the same kind is looked for.
const TRIES: usize = 4;

/// What parts one thing from the next, in a policy and in commands.
const SIGNS: &[u8] = b"{}[],: \n\"\0";

/// Changes `base` a little. Mostly once: two changes of a good file make a bad one nearly always.
pub(super) fn mutated(base: &[u8], other: &[u8], words: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = base.to_vec();
    for number in 0..MAX_CHANGES {
        if number == 0 || chance.once_in(3) {
            change(&mut bytes, other, words, chance);
        }
    }
    bytes.truncate(MAX_BYTES);
    bytes
}

/// Two of three changes leave the signs alone, so that what stands between them is tried in a good file too.
fn change(bytes: &mut Vec<u8>, other: &[u8], words: &[Vec<u8>], chance: &mut Chance) {
    if !chance.once_in(3) {
        exchange(bytes, other, words, chance);
        return;
    }
    let at = index(bytes.len() + 1, chance);
    let end = (at + length(chance)).min(bytes.len());
    match chance.below(9) {
        0 => drop(bytes.drain(at..end)),
        1 => put(bytes, at, end, &word(words, chance)),
        2 => put(bytes, at, at, &word(words, chance)),
        3 => put(bytes, at, end, &piece(other, chance)),
        4 => put(bytes, at, at, &piece(other, chance)),
        5 => {
            let twice = bytes.get(at..end).unwrap_or_default().to_vec();
            put(bytes, at, at, &twice);
        }
        6 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << chance.below(8);
            }
        }
        7 => put(bytes, at, (at + 1).min(bytes.len()), &[byte(chance)]),
        _ if chance.once_in(4) => bytes.truncate(at),
        _ => {
            let moved: Vec<u8> = bytes.drain(at..end).collect();
            let to = index(bytes.len() + 1, chance);
            put(bytes, to, to, &moved);
        }
    }
}

/// What stands between two signs becomes what stands between two signs elsewhere, or in the dictionary; a text becomes
/// a text where one is met soon.
fn exchange(bytes: &mut Vec<u8>, other: &[u8], words: &[Vec<u8>], chance: &mut Chance) {
    let old = between_signs(bytes, chance);
    let is_text = |bytes: &[u8], from: usize| bytes.get(from.wrapping_sub(1)) == Some(&b'"');
    let new = if chance.once_in(3) {
        inner(&word(words, chance)).to_vec()
    } else {
        let mut tries = [0; TRIES].map(|_| between_signs(other, chance)).into_iter();
        let alike =
            tries.find(|new| is_text(other, new.start) == is_text(bytes, old.start)).unwrap_or_default();
        other.get(alike).unwrap_or_default().to_vec()
    };
    put(bytes, old.start, old.end, &new);
}

/// What stands between two signs somewhere. Only an input of nothing but signs has nothing there.
fn between_signs(bytes: &[u8], chance: &mut Chance) -> Range<usize> {
    let at = index(bytes.len() + 1, chance);
    let (before, behind) = bytes.split_at_checked(at).unwrap_or_default();
    let first = behind.iter().position(|byte| !is_sign(*byte)).unwrap_or_default();
    let end = behind
        .iter()
        .skip(first)
        .position(|byte| is_sign(*byte))
        .map_or(bytes.len(), |sign| at + first + sign);
    let start = if first > 0 {
        at + first
    } else {
        before.iter().rposition(|byte| is_sign(*byte)).map_or(0, |sign| sign + 1)
    };
    start..end.max(start)
}

/// A word of the dictionary without the signs around it, if anything is left then.
fn inner(word: &[u8]) -> &[u8] {
    let is_inner = |byte: &u8| !is_sign(*byte);
    let (start, end) = (word.iter().position(is_inner), word.iter().rposition(is_inner));
    start.zip(end).and_then(|(start, end)| word.get(start..=end)).unwrap_or(word)
}

fn is_sign(byte: u8) -> bool {
    SIGNS.contains(&byte)
}

fn put(bytes: &mut Vec<u8>, from: usize, to: usize, new: &[u8]) {
    drop(bytes.splice(from..to, new.iter().copied()));
}

fn word(words: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    words.get(index(words.len(), chance)).cloned().unwrap_or_default()
}

fn piece(other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let from = index(other.len() + 1, chance);
    let to = (from + length(chance)).min(other.len());
    other.get(from..to).unwrap_or_default().to_vec()
}

fn byte(chance: &mut Chance) -> u8 {
    u8::try_from(chance.below(256)).unwrap_or_default()
}

fn length(chance: &mut Chance) -> usize {
    usize::try_from(chance.below(PIECE)).unwrap_or_default()
}

/// A number below `bound`; 0 when that is 0.
pub(super) fn index(bound: usize, chance: &mut Chance) -> usize {
    usize::try_from(chance.below(bound as u64)).unwrap_or_default()
}
