//! `outbox …`: what waits to be sent or was put aside. Through whoever serves the home, else under its lock.
//!
//! Words of a message are printed only where somebody asks for them.

mod list;
mod way;

use nanobot_channels::local::protocol::{HandledAnswer, MAX_LISTED_DELIVERIES};
use nanobot_core::ids::DeliveryKey;
use nanobot_core::ports::Wanted;
use serde_json::json;

use self::way::Way;
use super::block_on;
use crate::args::Outbox;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::{onboard, output};

pub(super) fn run(command: &Outbox, place: &Place) -> Result<Code, Failure> {
    block_on(async {
        match command {
            Outbox::List { form, limit, text } => list::run(place, form, *limit, *text).await,
            Outbox::Retry { all_parked: true, dry_run, json, .. } => {
                retry_parked(place, Order { act: Act::Retry, ask: Ask::unless(*dry_run), json: json.json })
                    .await
            }
            Outbox::Retry { keys, dry_run, json, .. } => {
                let order = Order { act: Act::Retry, ask: Ask::unless(*dry_run), json: json.json };
                handle_named(place, &once(keys), order).await
            }
            Outbox::Drop { keys, yes, dry_run, json } => {
                let ask = if *dry_run || *yes { Ask::unless(*dry_run) } else { Ask::First };
                if matches!(ask, Ask::First) && !onboard::can_ask() {
                    let message = "nobody can be asked here; use --yes, or --dry-run to see what it would do";
                    return Err(Failure::new(Code::Usage, message));
                }
                handle_named(place, &once(keys), Order { act: Act::Drop, ask, json: json.json }).await
            }
        }
    })
}

/// What is to be done, and how.
#[derive(Clone, Copy)]
struct Order {
    act: Act,
    ask: Ask,
    json: bool,
}

#[derive(Clone, Copy)]
enum Act {
    Retry,
    Drop,
}

/// How much a person is asked before something is done.
#[derive(Clone, Copy)]
enum Ask {
    First,
    Nothing,
    DryRun,
}

impl Ask {
    const fn unless(dry_run: bool) -> Self {
        if dry_run { Self::DryRun } else { Self::Nothing }
    }
}

/// Keys without those that were named before.
fn once(keys: &[DeliveryKey]) -> Vec<DeliveryKey> {
    let is_first =
        |(index, key): &(usize, &DeliveryKey)| !keys.iter().take(*index).any(|other| other == *key);
    keys.iter().enumerate().filter(is_first).map(|(_, key)| key.clone()).collect()
}

async fn retry_parked(place: &Place, order: Order) -> Result<Code, Failure> {
    let way = Way::to(place).await?;
    let parked = way.list(&Wanted::Parked, MAX_LISTED_DELIVERIES, false).await?;
    let keys: Vec<DeliveryKey> =
        parked.deliveries.into_iter().filter_map(|row| DeliveryKey::new(row.key).ok()).collect();
    if keys.is_empty() && !order.json {
        way.close().await;
        output::say("nothing is put aside");
        return Ok(Code::Done);
    }
    let left = parked.total.saturating_sub(keys.len() as u64);
    let code = handle(way, &keys, order).await?;
    if left > 0 {
        output::say(format!("{left} more are put aside; run it again for them"));
    }
    Ok(code)
}

async fn handle_named(place: &Place, keys: &[DeliveryKey], order: Order) -> Result<Code, Failure> {
    handle(Way::to(place).await?, keys, order).await
}

async fn handle(way: Way, keys: &[DeliveryKey], order: Order) -> Result<Code, Failure> {
    let handled = match order.ask {
        Ask::DryRun => look(&way, keys).await?,
        Ask::First if !is_wanted(&way, keys).await? => {
            way.close().await;
            output::say("nothing was dropped");
            return Ok(Code::No);
        }
        Ask::First | Ask::Nothing => match order.act {
            Act::Retry => way.retry(keys).await?,
            Act::Drop => way.drop(keys).await?,
        },
    };
    way.close().await;
    report(&handled, order)
}

/// Which of these there are.
async fn look(way: &Way, keys: &[DeliveryKey]) -> Result<HandledAnswer, Failure> {
    let listing = way.list(&Wanted::Of(keys.to_owned()), MAX_LISTED_DELIVERIES, false).await?;
    let is_there = |key: &String| listing.deliveries.iter().any(|row| row.key == *key);
    let (done, unknown) = keys.iter().map(ToString::to_string).partition(is_there);
    Ok(HandledAnswer { done, unknown })
}

/// Whether a person wants these dropped. About what is not there nobody is asked.
async fn is_wanted(way: &Way, keys: &[DeliveryKey]) -> Result<bool, Failure> {
    let question = match look(way, keys).await?.done.as_slice() {
        [] => return Ok(true),
        [only] => format!("Drop {only}? It will not be sent."),
        several => format!("Drop {} deliveries? They will not be sent.", several.len()),
    };
    onboard::ask_yes_no(&question).await
}

fn report(handled: &HandledAnswer, order: Order) -> Result<Code, Failure> {
    let (field, done) = match (order.act, order.ask) {
        (Act::Retry, Ask::DryRun) => ("would_retry", "would be due again"),
        (Act::Retry, Ask::First | Ask::Nothing) => ("retried", "is due again"),
        (Act::Drop, Ask::DryRun) => ("would_drop", "would be dropped"),
        (Act::Drop, Ask::First | Ask::Nothing) => ("dropped", "was dropped"),
    };
    if order.json {
        output::json(&json!({field: handled.done, "unknown": handled.unknown}))?;
    } else {
        handled.done.iter().try_for_each(|key| output::line(format!("{key} {done}")))?;
        for key in &handled.unknown {
            output::complain(&format!("nothing waits or is put aside under {key}"));
        }
    }
    Ok(if handled.unknown.is_empty() { Code::Done } else { Code::No })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_named_twice_is_handled_once() {
        let keys = ["t/1", "t/0", "t/1"].map(|key| DeliveryKey::new(key).unwrap());
        assert_eq!(once(&keys).iter().map(DeliveryKey::as_str).collect::<Vec<_>>(), ["t/1", "t/0"]);
    }
}
