//! What was made of a part of a policy, for others that say the same.
//!
//! Chats of one channel mostly say the same few things of their tools and voices. Made once, they cost ten thousand
//! chats neither time nor memory.

use std::sync::Arc;

/// So many different ones are remembered. Each chat is compared with all of them, and a policy whose chats say more
/// different things than this does not gain much by it.
const MOST: usize = 8;

/// The first few different things that were said, and what was made of each.
#[derive(Debug)]
pub(crate) struct Shared<S, T>(Vec<(S, Arc<T>)>);

impl<S, T> Default for Shared<S, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<S: PartialEq, T> Shared<S, T> {
    /// What was made of this, or of the same, or is made now.
    pub(crate) fn of(&mut self, said: S, anew: impl FnOnce() -> T) -> Arc<T> {
        if let Some((_, made)) = self.0.iter().find(|(same, _)| *same == said) {
            return Arc::clone(made);
        }
        let made = Arc::new(anew());
        if self.0.len() < MOST {
            self.0.push((said, Arc::clone(&made)));
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_made_once_and_whatever_comes_behind_the_first_few_is_made_anew() {
        let mut shared = Shared::<&str, String>::default();
        let words: Vec<String> = (0..=MOST).map(|number| number.to_string()).collect();
        let first: Vec<_> = words.iter().map(|word| shared.of(word, || word.clone())).collect();
        let again: Vec<_> = words.iter().map(|word| shared.of(word, || word.clone())).collect();
        assert_eq!(first, again);
        let is_same = |index: usize| Arc::ptr_eq(&first[index], &again[index]);
        assert!((0..MOST).all(is_same) && !is_same(MOST));
    }
}
