//! `cost`: what models cost, and what is left of the budgets. It only reads, beside a running daemon as well. Which
//! chats there are, is only told where somebody asks for it.

mod budgets;
mod sums;

use nanobot_core::ports::Clock as _;
use nanobot_core::time::civil::Date;
use nanobot_journal::{JournalReader, SpendingBy};
use nanobotd::system::SystemClock;
use serde_json::json;

use super::block_on;
use crate::args::{Cost, CostBy};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

pub(super) fn run(options: &Cost, place: &Place) -> Result<Code, Failure> {
    let loaded = place.load()?;
    let today = SystemClock::new().now().local().date();
    let days = days(options, today)?;
    let path = place.home.journal();
    if !path.exists() {
        if options.json.json {
            output::json(&json!({"journal": false, "sums": [], "budgets": []}))?;
        } else {
            output::line("there is no journal yet: no model was asked")?;
        }
        return Ok(Code::Done);
    }
    let (report, left) = block_on(async {
        let reader = JournalReader::open(&path).await?;
        let read = async {
            let report = reader.spending(by(options.by), days, JournalReader::MAX_SUMS).await?;
            Ok((report, budgets::read(&reader, &nanobotd::budgets(&loaded.config), today).await?))
        };
        let read = read.await;
        reader.close().await;
        read
    })?;
    let (first, last) = days;
    if options.json.json {
        output::json(&json!({
            "journal": true,
            "since": first.to_string(),
            "until": last.to_string(),
            "by": sums::key_name(options.by),
            "sums": report.sums.iter().map(sums::to_json).collect::<Vec<_>>(),
            "total": sums::total_json(&report.sums),
            "is_cut_short": report.is_cut_short,
            "budgets": left.iter().map(budgets::to_json).collect::<Vec<_>>(),
        }))?;
    } else {
        if report.sums.is_empty() {
            output::line(format!("no model was asked from {first} to {last}"))?;
        } else {
            sums::show(options.by, &report.sums)?;
        }
        left.iter().map(budgets::line).try_for_each(output::line)?;
        if report.is_cut_short {
            output::say(format!("only the latest {} are shown, and counted", JournalReader::MAX_SUMS));
        }
    }
    Ok(Code::Done)
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
