//! The outbox on the wire: what is asked about deliveries, and the answers, built from the domain.
//!
//! The command line shows the same shapes when it reads a home without a daemon.

use nanobot_core::ids::DeliveryKey;
use nanobot_core::ports::{DeliveriesHandled, OutboxListing, Outgoing, QueuedDelivery, Wanted};
use serde::{Deserialize, Serialize};

/// The most deliveries that one `outbox_list` answers; a larger `limit` is cut to this.
pub const MAX_LISTED_DELIVERIES: u32 = 1_000;

/// The most deliveries that one `outbox_retry` or `outbox_drop` names, and that `outbox_list` asks for by key.
pub const MAX_NAMED_DELIVERIES: usize = 1_000;

/// An `outbox_list` answers so many bytes of JSON at most, which leaves room for the rest of its line. What does
/// not fit is left out: words first.
const MAX_ANSWER_BYTES: usize = 3 * 1024 * 1024;

/// Why a delivery is parked is a network's code, and may be a whole story; so many characters of it are shown.
const MAX_WHY_CHARS: usize = 200;

/// Which deliveries are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WantedDeliveries {
    /// Whatever waits or is parked.
    #[default]
    All,
    /// What is parked.
    Parked,
    /// Those of these keys; see [`MAX_NAMED_DELIVERIES`].
    Keys(Vec<String>),
}

/// The answer to `outbox_list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxAnswer {
    /// The oldest deliveries that were asked for.
    pub deliveries: Vec<DeliveryRow>,
    /// How many there are, those left out included.
    pub total: u64,
}

/// One delivery that waits or is parked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRow {
    /// Its stable key.
    pub key: String,
    /// The turn that sends it.
    pub turn: String,
    /// The network.
    pub channel: String,
    /// The conversation.
    pub chat: String,
    /// `message` or `reaction`.
    pub kind: String,
    /// How many characters its text has.
    pub text_chars: u64,
    /// How many files go with it.
    pub media: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before then, RFC 3339 in UTC; null for at once.
    pub not_before: Option<String>,
    /// Why it was put aside; null when it was not.
    pub parked: Option<String>,
    /// Its words: only where they were asked for, and null where they do not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The answer to `outbox_retry` and `outbox_drop`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HandledAnswer {
    /// It was done to these.
    pub done: Vec<String>,
    /// Nothing waits or is parked under these.
    pub unknown: Vec<String>,
}

impl OutboxAnswer {
    /// A listing as it is answered, with the words of the deliveries or only with their sizes.
    pub fn of(listing: &OutboxListing, with_text: bool) -> Self {
        let mut deliveries = Vec::with_capacity(listing.rows.len());
        let mut used = 0;
        for queued in &listing.rows {
            let mut row = DeliveryRow::of(queued);
            let text = with_text.then(|| words(&queued.delivery.outgoing).to_owned());
            used += size_of(&row);
            if used > MAX_ANSWER_BYTES {
                break;
            }
            let size = size_of(&text);
            if used + size <= MAX_ANSWER_BYTES {
                used += size;
                row.text = text;
            }
            deliveries.push(row);
        }
        Self { deliveries, total: count(listing.total) }
    }
}

impl DeliveryRow {
    /// A delivery without its words.
    fn of(queued: &QueuedDelivery) -> Self {
        let delivery = &queued.delivery;
        let (channel, chat) = delivery.outgoing.target();
        let (kind, media) = match &delivery.outgoing {
            Outgoing::Message(message) => ("message", message.media.len()),
            Outgoing::Reaction(_) => ("reaction", 0),
        };
        Self {
            key: delivery.key.to_string(),
            turn: delivery.turn.to_string(),
            channel: channel.to_string(),
            chat: chat.to_string(),
            kind: kind.to_owned(),
            text_chars: count(words(&delivery.outgoing).chars().count()),
            media: count(media),
            attempts: queued.attempts,
            not_before: queued.not_before.map(|instant| instant.to_string()),
            parked: queued.parked.as_deref().map(|why| why.chars().take(MAX_WHY_CHARS).collect()),
            text: None,
        }
    }
}

impl From<&Wanted> for WantedDeliveries {
    fn from(wanted: &Wanted) -> Self {
        match wanted {
            Wanted::All => Self::All,
            Wanted::Parked => Self::Parked,
            Wanted::Of(keys) => Self::Keys(texts(keys)),
        }
    }
}

impl From<DeliveriesHandled> for HandledAnswer {
    fn from(handled: DeliveriesHandled) -> Self {
        Self { done: texts(&handled.done), unknown: texts(&handled.unknown) }
    }
}

/// Keys as they stand on the wire.
pub(crate) fn texts(keys: &[DeliveryKey]) -> Vec<String> {
    keys.iter().map(ToString::to_string).collect()
}

fn words(outgoing: &Outgoing) -> &str {
    match outgoing {
        Outgoing::Message(message) => &message.text,
        Outgoing::Reaction(reaction) => &reaction.emoji,
    }
}

/// How many bytes something takes as JSON; what cannot be written takes none.
fn size_of(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |json| json.len())
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::message;
    use nanobot_core::time::Timestamp;

    fn listing(texts: &[&str]) -> OutboxListing {
        let queued = |(index, text): (usize, &&str)| QueuedDelivery {
            delivery: message("c", "t", index, text),
            attempts: 3,
            not_before: Some(Timestamp::UNIX_EPOCH),
            parked: Some("why".repeat(100)),
        };
        OutboxListing { rows: texts.iter().enumerate().map(queued).collect(), total: 7 }
    }

    #[test]
    fn words_are_there_only_where_they_are_asked_for() {
        let listing = listing(&["grüße", ""]);
        let without = OutboxAnswer::of(&listing, false);
        assert_eq!(without.deliveries[0].text_chars, 5);
        assert!(!serde_json::to_string(&without).unwrap().contains("gr"), "no word of it leaves");
        let with = OutboxAnswer::of(&listing, true);
        assert_eq!(with.deliveries[0].text.as_deref(), Some("grüße"));
        assert_eq!(with.deliveries[1].text.as_deref(), Some(""));
        assert_eq!(with.total, 7);
    }

    #[test]
    fn why_a_delivery_is_parked_is_cut() {
        let answer = OutboxAnswer::of(&listing(&["x"]), false);
        assert_eq!(answer.deliveries[0].parked.as_ref().unwrap().len(), MAX_WHY_CHARS);
    }

    #[test]
    fn words_that_do_not_fit_are_left_out_and_those_behind_them_stay() {
        let huge = "\"".repeat(MAX_ANSWER_BYTES);
        let answer = OutboxAnswer::of(&listing(&["one", &huge, "two"]), true);
        let texts: Vec<_> = answer.deliveries.iter().map(|row| row.text.as_deref()).collect();
        assert_eq!(texts, [Some("one"), None, Some("two")]);
    }

    #[test]
    fn rows_that_do_not_fit_are_left_out() {
        let mut listing = listing(&["x"]);
        listing.rows = vec![listing.rows.remove(0); 20_000];
        let answer = OutboxAnswer::of(&listing, false);
        assert!(size_of(&answer) <= MAX_ANSWER_BYTES + 20_000 * ",".len() + 64);
        assert!(answer.deliveries.len() > 5_000);
    }
}
