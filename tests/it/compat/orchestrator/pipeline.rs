//! Rows of the kind `pipeline`: messages under one decision, and the intents that they led to. And the rows
//! of the kind `owner_target`.

use std::collections::BTreeMap;

use nanobot_core::TurnOutcome;
use nanobot_core::ids::{ChannelName, ChatId};
use nanobot_core::stage::owner_chat;
use nanobot_core::testing::SeenLive;
use nanobot_core::text::trim;
use serde_json::Value;

use super::super::cases::{Tally, rows};
use super::input::{Said, name, text, truthy};
use super::rules::{Case, READ_THROUGH, RULES, Recorded};
use super::run::{Given, Led, run};
use super::{FOLDER, PIPELINE, Verdict, count, judge_all, shape};

/// Engines that come with later versions.
const ENGINES: [&str; 2] = ["voice", "ideas"];

#[tokio::test]
async fn recorded_pipelines_agree() {
    let mut tally = Tally::new("orchestrator pipeline");
    let mut waiting: BTreeMap<&str, usize> = ENGINES.map(|engine| (engine, 0)).into();
    for row in rows(FOLDER, PIPELINE).iter().filter(|row| text(row, "type") == "pipeline") {
        let messages: Vec<Said> = row["events"].as_array().unwrap().iter().map(Said::new).collect();
        match awaited_engine(row, &messages) {
            Some(engine) => *waiting.entry(engine).or_default() += 1,
            None => count(&mut tally, row, judge(row, &messages).await),
        }
    }
    let counts = ENGINES.map(|engine| format!("{engine} {}", waiting[engine])).join(", ");
    println!("orchestrator pipeline: {} rows wait for: {counts}", waiting.values().sum::<usize>());
    tally.finish();
}

#[test]
fn recorded_owner_targets_agree() {
    judge_all(PIPELINE, "owner_target", |row| {
        let channel = ChannelName::new(text(row, "channel")).map_err(|error| error.to_string())?;
        let ours = owner_chat(&channel, text(row, "raw"));
        let ours = ours.as_ref().map(ChatId::as_str);
        let has_other_digits = text(row, "raw").chars().any(|c| c.is_numeric() && !c.is_ascii());
        match ours == row["result"].as_str() {
            true => Ok(None),
            false if has_other_digits && ours.is_none_or(str::is_ascii) => Ok(Some("owner_digits_are_ascii")),
            false => Err(format!("{row}: {ours:?}")),
        }
    });
}

/// The first engine on the way that the row needs and that is not there yet.
fn awaited_engine(row: &Value, messages: &[Said]) -> Option<&'static str> {
    let accepts = truthy(&row["decision"]["accept_message"]);
    if accepts && messages.iter().any(Said::is_whatsapp) && counts(row, "idea_capture_") {
        Some("ideas")
    } else if speaks(row, messages) {
        Some("voice")
    } else {
        None
    }
}

/// Whether the recorded engine judged something in the row: that is what such a text is known by.
pub(super) fn counts(row: &Value, prefix: &str) -> bool {
    let results = row["results"].as_array().into_iter().flatten();
    let mut intents = results.filter_map(|result| result["intents"].as_array()).flatten();
    intents.any(|intent| text(intent, "name").starts_with(prefix))
}

/// Whether an answer of the row would be spoken.
fn speaks(row: &Value, messages: &[Said]) -> bool {
    let decision = &row["decision"];
    let answers = truthy(&decision["accept_message"]) && truthy(&decision["should_respond"]);
    let format = name(decision, "voice_output_format");
    let spoken = |said: &Said| match name(decision, "voice_output_mode").as_str() {
        "always" => true,
        "in_kind" => said.is_spoken,
        _ => false,
    };
    let has_words = !trim(text(row, "responder_reply")).is_empty();
    !row["tts"].is_null()
        && answers
        && has_words
        && matches!(format.as_str(), "opus" | "")
        && messages.iter().any(|said| said.target().0 == "whatsapp" && spoken(said))
}

async fn judge(row: &Value, messages: &[Said]) -> Verdict {
    let results = row["results"].as_array().unwrap();
    // The recording may keep the results of the last messages only.
    let first = messages.len().checked_sub(results.len()).ok_or("more results than messages")?;
    let raises: Vec<bool> = (0..messages.len())
        .map(|index| index.checked_sub(first).is_some_and(|at| results[at]["intents"].is_null()))
        .collect();
    let led = run(row, messages, &raises).await;
    if led != run(row, messages, &raises).await {
        return Err("the same messages led to something else".to_owned());
    }
    let mut rule = None;
    for (index, result) in results.iter().enumerate().map(|(at, result)| (first + at, result)) {
        let case = Case { row, messages, index, typing_calls: &result["typing_calls"] };
        let verdict = match &led[index] {
            Some(led) => judge_one(&case, result, led).map_err(|what| format!("message {index}: {what}"))?,
            None => Some("ids_are_checked"),
        };
        rule = rule.or(verdict);
    }
    Ok(rule)
}

fn judge_one(case: &Case<'_>, result: &Value, led: &Led) -> Verdict {
    judge_shown(led)?;
    let mut recorded = recorded(result);
    let ours = Recorded { intents: Some(led.intents.clone()), given: led.given.clone() };
    let outcome = outcome(&recorded);
    let mut rule = None;
    for (name, change) in RULES {
        if recorded == ours {
            break;
        }
        let before = recorded.clone();
        change(case, &mut recorded);
        rule = rule.or((recorded != before).then_some(name));
    }
    if recorded != ours {
        return Err(difference(&recorded, &ours));
    }
    let outcome = if rule == Some(READ_THROUGH) { self::outcome(&recorded) } else { outcome };
    let answers_nothing = rule == Some("blank_answer_is_none");
    if led.outcome != outcome && !(answers_nothing && led.outcome == TurnOutcome::Ignored) {
        return Err(format!("closed as {:?}, not {outcome:?}", led.outcome));
    }
    Ok(rule)
}

/// What is expected and what came, intent by intent, from the first that differs.
fn difference(expected: &Recorded, ours: &Recorded) -> String {
    let (expected_intents, our_intents) = (intents(expected), intents(ours));
    let same = expected_intents.iter().zip(&our_intents).take_while(|(left, right)| left == right).count();
    format!(
        "after {same} intents expected\n  {}\n  responder given {:?}\ngot\n  {}\n  responder given {:?}",
        expected_intents[same..].join("\n  "),
        expected.given,
        our_intents[same..].join("\n  "),
        ours.given,
    )
}

fn intents(from: &Recorded) -> Vec<String> {
    match &from.intents {
        Some(intents) => intents.iter().map(Value::to_string).collect(),
        None => vec!["(an error)".to_owned()],
    }
}

/// "Is typing" is listed exactly as it was shown, and switched off again.
fn judge_shown(led: &Led) -> Result<(), String> {
    let shown: Vec<Value> = led
        .shown
        .iter()
        .filter_map(|(target, event)| match event {
            SeenLive::Typing(on) => Some(shape::typing(target.channel.as_str(), target.chat.as_str(), *on)),
            SeenLive::Text(_) | SeenLive::Aside | SeenLive::Tool(_) | SeenLive::Ended(_) => None,
        })
        .collect();
    let listed: Vec<&Value> =
        led.intents.iter().filter(|intent| intent["intent"] == "SetTypingIntent").collect();
    let states: Vec<bool> = listed.iter().map(|intent| truthy(&intent["enabled"])).collect();
    if shown.iter().collect::<Vec<_>>() != listed || !(states.is_empty() || states == [true, false]) {
        return Err(format!("typing: listed {listed:?}, shown {shown:?}"));
    }
    Ok(())
}

fn recorded(result: &Value) -> Recorded {
    let intents = result["intents"].as_array();
    let metadata = &result["responder_metadata"];
    let strings = |key: &str| -> Vec<String> {
        let items = metadata[key].as_array().into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let given = truthy(&result["responder_called"]).then(|| Given {
        content: text(result, "responder_content").to_owned(),
        quoted: result["responder_reply_to_text"].as_str().map(str::to_owned),
        source: metadata["reply_context_source"].as_str().map(str::to_owned),
        window: strings("reply_context_window"),
        ambient: strings("ambient_context_window"),
    });
    Recorded { intents: intents.map(|intents| intents.iter().cloned().map(shape::plain).collect()), given }
}

/// How a turn must close that led to these recorded intents.
fn outcome(recorded: &Recorded) -> TurnOutcome {
    let Some(intents) = &recorded.intents else { return TurnOutcome::Failed };
    let counts = |name: &str| intents.iter().any(|intent| text(intent, "name") == name);
    let sends = || intents.iter().any(|intent| text(intent, "intent") == "SendOutboundIntent");
    if counts("security_input_blocked") && !counts("policy_drop_access") && !counts("policy_drop_reply") {
        TurnOutcome::Blocked
    } else if counts("response_sent") || counts("reaction_sent") || counts("policy_admin_command") && sends()
    {
        TurnOutcome::Answered
    } else {
        TurnOutcome::Ignored
    }
}
