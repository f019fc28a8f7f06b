//! Makes a new input of old ones: bytes lost, doubled, exchanged, words put in, pieces of other inputs.

use crate::crash::Chance;

/// So long an input may become; what is larger is only slower.
const MAX_BYTES: usize = 64 << 10;

/// So many changes one mutation makes, and at least one.
const CHANGES: u64 = 4;

/// So long a piece is that is lost, doubled or taken from elsewhere, unless it runs to the next sign.
const PIECE: u64 = 24;

/// Where one thing ends and the next begins, in a policy and in a command.
const SIGNS: &[u8] = b"{}[],: \n\"\0";

/// Changes `base` a little.
pub(super) fn mutated(base: &[u8], other: &[u8], words: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = base.to_vec();
    for _ in 0..=chance.below(CHANGES) {
        change(&mut bytes, other, words, chance);
    }
    bytes.truncate(MAX_BYTES);
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], words: &[Vec<u8>], chance: &mut Chance) {
    let at = place(bytes, chance);
    let end = if chance.once_in(2) { next_sign(bytes, at) } else { at + length(chance) }.min(bytes.len());
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
            let to = place(bytes, chance);
            put(bytes, to, to, &moved);
        }
    }
}

/// A place between two bytes; every other time behind a sign.
fn place(bytes: &[u8], chance: &mut Chance) -> usize {
    let at = index(bytes.len() + 1, chance);
    if chance.once_in(2) { next_sign(bytes, at) } else { at }
}

/// The place behind the next sign, or the end.
fn next_sign(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|byte| SIGNS.contains(byte)).map_or(bytes.len(), |sign| at + sign + 1)
}

fn put(bytes: &mut Vec<u8>, from: usize, to: usize, new: &[u8]) {
    drop(bytes.splice(from..to, new.iter().copied()));
}

fn word(words: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    words.get(index(words.len(), chance)).cloned().unwrap_or_default()
}

fn piece(other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let from = place(other, chance);
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
