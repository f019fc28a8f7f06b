//! Our own record of what was sent, acknowledged and delivered. It is kept outside the daemon, for as long as a home
//! lives.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a message asks the scripted model to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wants {
    /// To call the tool that must not run twice.
    pub(super) once: bool,
    /// To call the tool that may.
    pub(super) idempotent: bool,
}

impl Wants {
    /// The words of a message.
    pub(super) fn text(self, id: &str) -> String {
        let once = if self.once { " once" } else { "" };
        let idempotent = if self.idempotent { " idem" } else { "" };
        format!("{id}{once}{idempotent} please")
    }
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    /// The session it belongs to: `cli:a`, `irc:#room`.
    pub(super) session: String,
    /// What it asks for.
    pub(super) wants: Wants,
    /// The daemon said that it has it.
    pub(super) acknowledged: bool,
    /// Whether its words must still be there.
    pub(super) words: Words,
}

/// Whether the words of a message must still be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// They must.
    Kept,
    /// Somebody asked for them to be forgotten, and does not know whether they are.
    Unsure,
    /// They must not: the daemon said that they are forgotten.
    Gone,
}

/// Something that came out of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    /// Where.
    pub(super) session: String,
    /// Under which key; none where the network has none.
    pub(super) key: Option<String>,
    /// What.
    pub(super) text: String,
}

/// Everything that happened outside the daemon.
#[derive(Debug, Default)]
pub(super) struct Record {
    inner: Mutex<Inner>,
}

/// The record at one moment. Messages are known by their id.
#[derive(Debug, Clone, Default)]
pub(super) struct Inner {
    pub(super) sent: BTreeMap<String, Sent>,
    /// Ids in the order in which they were acknowledged.
    pub(super) acknowledged: Vec<String>,
    pub(super) heard: Vec<Heard>,
}

impl Record {
    pub(super) fn sent(&self, id: &str, session: &str, wants: Wants) {
        let sent = Sent { session: session.to_owned(), wants, acknowledged: false, words: Words::Kept };
        self.lock().sent.insert(id.to_owned(), sent);
    }

    pub(super) fn acknowledged(&self, id: &str) {
        let mut inner = self.lock();
        if let Some(sent) = inner.sent.get_mut(id)
            && !sent.acknowledged
        {
            sent.acknowledged = true;
            inner.acknowledged.push(id.to_owned());
        }
    }

    pub(super) fn is_acknowledged(&self, id: &str) -> bool {
        self.lock().sent.get(id).is_some_and(|sent| sent.acknowledged)
    }

    pub(super) fn heard(&self, session: &str, key: Option<&str>, text: &str) {
        let heard = Heard { session: session.to_owned(), key: key.map(str::to_owned), text: text.to_owned() };
        self.lock().heard.push(heard);
    }

    /// What became of the words that were said in this session so far.
    pub(super) fn words(&self, session: &str, words: Words) {
        self.lock()
            .sent
            .values_mut()
            .filter(|sent| sent.session == session)
            .for_each(|sent| sent.words = words);
    }

    /// Whether everything that was sent over the socket is acknowledged.
    pub(super) fn is_all_acknowledged(&self) -> bool {
        self.lock().sent.values().all(|sent| sent.acknowledged || !sent.session.starts_with("cli:"))
    }

    pub(super) fn copy(&self) -> Inner {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last message id in a text: `msg-3-14`.
pub(super) fn id_in(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.split(|c: char| !is_part(c)).rfind(|word| {
        word.strip_prefix("msg-").is_some_and(|numbers| {
            !numbers.is_empty() && numbers.chars().all(|c| c.is_ascii_digit() || c == '-')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_wherever_it_stands() {
        assert_eq!(id_in("re: msg-3-14"), Some("msg-3-14"));
        assert_eq!(id_in(r#"{"text":"msg-3-1 once please"}"#), Some("msg-3-1"));
        assert_eq!(id_in("bot: msg-1-2, as msg-1-3."), Some("msg-1-3"));
        assert_eq!(id_in("call-msg-1-2-0 msg- amsg-1"), None);
    }

    #[test]
    fn the_words_of_a_message_say_what_it_wants() {
        assert_eq!(Wants::default().text("msg-1-1"), "msg-1-1 please");
        assert_eq!(Wants { once: true, idempotent: true }.text("msg-1-1"), "msg-1-1 once idem please");
    }
}
