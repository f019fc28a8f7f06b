//! `cost`: what models cost, and what is left of the budgets. It only reads, beside a running daemon as well. Which
//! chats there are, is only told where somebody asks for it.

mod budgets;
mod limits;
mod sums;

use nanobot_core::ports::Clock as _;
use nanobot_core::time::civil::Date;
use nanobot_journal::{JournalReader, SpendingBy, SpendingReport};
use nanobotd::system::SystemClock;
use serde_json::{Value, json};

use super::block_on;
use crate::args::{Cost, CostBy};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;
use budgets::Left;
use limits::Limits;

pub(super) fn run(options: &Cost, place: &Place) -> Result<Code, Failure> {
    let loaded = place.load()?;
    let today = SystemClock::new().now().local().date();
    let days = days(options, today)?;
    let path = place.home.journal();
    let (limits, report, left) = block_on(async {
        let limits = limits::find(place, &loaded).await;
        if !path.exists() {
            let left = budgets::read(None, &limits.in_force, today).await?;
            return Ok((limits, None, left));
        }
        let reader = JournalReader::open(&path).await?;
        let read = async {
            let report = reader.spending(by(options.by), days, JournalReader::MAX_SUMS).await?;
            Ok((report, budgets::read(Some(&reader), &limits.in_force, today).await?))
        };
        let read = read.await;
        reader.close().await;
        read.map(|(report, left)| (limits, Some(report), left))
    })?;
    if options.json.json {
        output::json(&to_json(options.by, days, report.as_ref(), &limits, &left))?;
        return Ok(Code::Done);
    }
    match &report {
        None => output::line("there is no journal yet: no model was asked")?,
        Some(report) if report.sums.is_empty() => {
            output::line(format!("no model was asked from {} to {}", days.0, days.1))?;
        }
        Some(report) => sums::show(options.by, &report.sums)?,
    }
    left.iter().map(budgets::line).chain(limits.remarks()).try_for_each(output::line)?;
    if report.is_some_and(|report| report.is_cut_short) {
        output::say(format!("only the latest {} are shown, and counted", JournalReader::MAX_SUMS));
    }
    Ok(Code::Done)
}

fn to_json(
    by: CostBy,
    (first, last): (Date, Date),
    report: Option<&SpendingReport>,
    limits: &Limits,
    left: &[Left],
) -> Value {
    let sums = report.map(|report| report.sums.as_slice()).unwrap_or_default();
    json!({
        "journal": report.is_some(),
        "since": first.to_string(),
        "until": last.to_string(),
        "by": sums::key_name(by),
        "sums": sums.iter().map(sums::to_json).collect::<Vec<_>>(),
        "total": sums::total_json(sums),
        "is_cut_short": report.is_some_and(|report| report.is_cut_short),
        "budgets": left.iter().map(budgets::to_json).collect::<Vec<_>>(),
        "budgets_of": if limits.served { "daemon" } else { "settings" },
        "settings_differ": limits.from_next_start.is_some(),
    })
}

const fn by(by: CostBy) -> SpendingBy {
    match by {
        CostBy::Day => SpendingBy::Day,
        CostBy::Model => SpendingBy::Model,
        CostBy::Task => SpendingBy::Task,
        CostBy::Chat => SpendingBy::Session,
    }
}

/// First and last day.
fn days(options: &Cost, today: Date) -> Result<(Date, Date), Failure> {
    let last = options.until.unwrap_or_else(|| options.since.map_or(today, |since| since.max(today)));
    let first = options.since.unwrap_or_else(|| last.first_of_month());
    if first > last {
        return Err(Failure::new(Code::Usage, format!("--since {first} is after --until {last}")));
    }
    Ok((first, last))
}
