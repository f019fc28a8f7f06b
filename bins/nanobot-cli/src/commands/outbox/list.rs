//! `outbox list`.

use nanobot_channels::console::clean_line;
use nanobot_channels::local::protocol::{DeliveryRow, OutboxAnswer};
use nanobot_core::ports::Wanted;
use serde_json::json;

use super::way::Way;
use crate::args::List;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

pub(super) async fn run(place: &Place, form: &List, limit: u32, with_text: bool) -> Result<Code, Failure> {
    let way = Way::to(place).await?;
    let answer = way.list(&Wanted::All, limit, with_text).await?;
    way.close().await;
    if form.json {
        output::json(&json!(answer))?;
    } else if form.jsonl {
        answer.deliveries.iter().try_for_each(|row| output::json_line(&json!(row)))?;
    } else if answer.deliveries.is_empty() {
        output::say("nothing waits to be sent");
    } else {
        show(&answer, with_text)?;
    }
    remark(&answer, with_text);
    Ok(Code::Done)
}

fn show(answer: &OutboxAnswer, with_text: bool) -> Result<(), Failure> {
    let row = |row: &DeliveryRow| {
        vec![
            row.key.clone(),
            format!("{}:{}", row.channel, row.chat),
            row.kind.clone(),
            size(row),
            row.attempts.to_string(),
            state(row),
        ]
    };
    let rows: Vec<Vec<String>> = answer.deliveries.iter().map(row).collect();
    output::table(&["KEY", "TO", "KIND", "SIZE", "TRIES", "NEXT"], &rows)?;
    if with_text {
        for row in &answer.deliveries {
            let text = row.text.as_deref().unwrap_or("(left out)");
            output::line(format!("\n{}\n{}", row.key, output::indented(text)))?;
        }
    }
    Ok(())
}

fn size(row: &DeliveryRow) -> String {
    let text = format!("{} chars", row.text_chars);
    match row.media {
        0 => text,
        1 => format!("{text}, 1 file"),
        files => format!("{text}, {files} files"),
    }
}

fn state(row: &DeliveryRow) -> String {
    match (&row.parked, &row.not_before) {
        (Some(why), _) => format!("put aside: {}", clean_line(why)),
        (None, Some(time)) => output::local_time(time),
        (None, None) => "now".to_owned(),
    }
}

/// What is not in the answer.
fn remark(answer: &OutboxAnswer, with_text: bool) {
    let left = answer.total.saturating_sub(answer.deliveries.len() as u64);
    if left > 0 {
        output::say(format!("{left} younger ones are not shown; --limit shows more, up to 1000"));
    }
    let wordless = answer.deliveries.iter().filter(|row| row.text.is_none()).count();
    if with_text && wordless > 0 {
        output::say(format!("the words of {wordless} are left out: together they are too long"));
    }
}
