//! `cost`: what the book says, and what is left of the budgets.

use nanobot_core::ids::SessionKey;
use nanobot_core::model::{ModelTask, Usage};
use nanobot_core::ports::{BudgetLedger as _, Clock as _, Expense, Paid};
use nanobot_core::time::WallTime;
use nanobot_core::units::NanoDollars;
use nanobot_tests::{FakeProvider, Script};
use nanobotd::system::SystemClock;
use serde_json::{Value, json};

use super::harness::Home;

const CHAT: &str = "whatsapp:4917012345@s.whatsapp.net";

fn dollars(amount: f64) -> NanoDollars {
    NanoDollars::from_dollars(amount).unwrap()
}

fn on(day: &str) -> WallTime {
    WallTime::utc(format!("{day}T10:00:00Z").parse().unwrap())
}

fn reply(at: WallTime) -> Expense {
    Expense {
        at,
        session: Some(SessionKey::new(CHAT).unwrap()),
        task: ModelTask::Reply,
        provider: "openai".to_owned(),
        model: "openai/gpt-4o".to_owned(),
    }
}

fn extract(at: WallTime) -> Expense {
    let model = "openai/gpt-4o-mini".to_owned();
    Expense { session: None, task: ModelTask::Extract, model, ..reply(at) }
}

fn paid(cost: Option<f64>) -> Paid {
    let usage = Usage { input: Some(1_000), output: Some(20), ..Usage::default() };
    Paid { cost: cost.map(dollars), usage, outcome: "ok" }
}

/// A home with calls on two days of February: paid, of unknown cost, failed, and one that nobody settled.
fn spent() -> Home {
    let home = Home::empty();
    home.with_journal(async |journal| {
        journal.book(&reply(on("2026-02-03")), &paid(Some(0.0123))).await.unwrap();
        journal.book(&reply(on("2026-02-22")), &paid(Some(0.5))).await.unwrap();
        journal.book(&reply(on("2026-02-22")), &paid(None)).await.unwrap();
        journal.reserve(&reply(on("2026-02-22")), dollars(0.25), &[]).await.unwrap();
        let failed = Paid { outcome: "overloaded", usage: Usage::default(), ..paid(Some(0.0)) };
        journal.book(&extract(on("2026-02-22")), &failed).await.unwrap();
    });
    home
}

const FEBRUARY: [&str; 4] = ["--since", "2026-02-01", "--until", "2026-02-28"];

fn cost(home: &Home, further: &[&str]) -> String {
    let args = [&["cost"], &FEBRUARY[..], further].concat();
    home.cli(&args).exits(0).stdout
}

#[test]
fn without_a_journal_there_is_nothing_to_tell() {
    let home = Home::empty();
    let told = "there is no journal yet: no model was asked\nno budget is set\n";
    assert_eq!(home.cli(&["cost"]).exits(0).stdout, told);
    assert!(!home.root().exists(), "looking made a home");
}

#[test]
fn days_models_and_tasks_are_summed_up_without_naming_a_chat() {
    let home = spent();
    insta::assert_snapshot!(cost(&home, &[]), @"
    DAY         CALLS  FAILED  READ  WRITTEN  COST     UNKNOWN  HELD
    2026-02-22  4      1       2000  40       $0.50    1        $0.25
    2026-02-03  1      0       1000  20       $0.0123  0        $0.00
    all         5      1       3000  60       $0.5123  1        $0.25
    of 1 call nobody knows the cost; COST is without it
    $0.25 is held for calls whose cost is not known; budgets count it
    no budget is set
    ");
    insta::assert_snapshot!(cost(&home, &["--by", "model"]), @"
    MODEL                        CALLS  FAILED  READ  WRITTEN  COST     UNKNOWN  HELD
    openai/gpt-4o-mini (openai)  1      1       -     -        $0.00    0        $0.00
    openai/gpt-4o (openai)       4      0       3000  60       $0.5123  1        $0.25
    all                          5      1       3000  60       $0.5123  1        $0.25
    of 1 call nobody knows the cost; COST is without it
    $0.25 is held for calls whose cost is not known; budgets count it
    no budget is set
    ");
    insta::assert_snapshot!(cost(&home, &["--by", "task"]), @"
    TASK     CALLS  FAILED  READ  WRITTEN  COST     UNKNOWN  HELD
    extract  1      1       -     -        $0.00    0        $0.00
    reply    4      0       3000  60       $0.5123  1        $0.25
    all      5      1       3000  60       $0.5123  1        $0.25
    of 1 call nobody knows the cost; COST is without it
    $0.25 is held for calls whose cost is not known; budgets count it
    no budget is set
    ");
    for by in ["day", "model", "task"] {
        assert!(!cost(&home, &["--by", by]).contains("49170"), "by {by}");
        assert!(!cost(&home, &["--by", by, "--json"]).contains("49170"), "by {by}");
    }
    insta::assert_snapshot!(cost(&home, &["--by", "chat"]), @"
    CHAT                                CALLS  FAILED  READ  WRITTEN  COST     UNKNOWN  HELD
    (none, or forgotten)                1      1       -     -        $0.00    0        $0.00
    whatsapp:4917012345@s.whatsapp.net  4      0       3000  60       $0.5123  1        $0.25
    all                                 5      1       3000  60       $0.5123  1        $0.25
    of 1 call nobody knows the cost; COST is without it
    $0.25 is held for calls whose cost is not known; budgets count it
    no budget is set
    ");
}

#[test]
fn only_the_days_that_are_asked_for_count() {
    let home = spent();
    let ran = home.cli(&["cost", "--until", "2026-02-10", "--json"]).exits(0).json();
    assert_eq!((&ran["since"], &ran["until"]), (&json!("2026-02-01"), &json!("2026-02-10")));
    assert_eq!(
        ran["sums"],
        json!([{
            "day": "2026-02-03", "calls": 1, "failed": 0, "unreconciled": 0, "unknown_cost": 0,
            "input_tokens": 1000, "output_tokens": 20, "cost_dollars": 0.0123, "held_dollars": 0.0,
        }])
    );
    let ran = home.cli(&["cost", "--since", "2026-01-01", "--until", "2026-01-31"]).exits(0);
    assert_eq!(ran.stdout, "no model was asked from 2026-01-01 to 2026-01-31\nno budget is set\n");
    home.cli(&["cost", "--since", "2026-02-02", "--until", "2026-02-01"]).exits(2);
    home.cli(&["cost", "--since", "yesterday"]).exits(2);
}

#[test]
fn what_is_left_of_each_budget_counts_what_is_paid_and_what_is_held() {
    let home = spent();
    home.write(
        "config.toml",
        "[budget]\nday_dollars = 1\nmonth_dollars = 20\nchat_day_dollars = 0.5\nbackground_share = 0.5\n\
         tasks = { extract = 0.1 }\n",
    );
    home.with_journal(async |journal| {
        let today = SystemClock::new().now();
        journal.book(&reply(today.clone()), &paid(Some(0.2))).await.unwrap();
        journal.reserve(&reply(today.clone()), dollars(0.1), &[]).await.unwrap();
        journal.book(&extract(today), &paid(Some(0.04))).await.unwrap();
    });
    let stdout = home.cli(&["cost", "--by", "task"]).exits(0).stdout;
    let left: Vec<&str> = stdout.lines().filter(|line| line.starts_with("left ")).collect();
    insta::assert_snapshot!(left.join("\n"), @"
    left today: $0.66 of $1.00; background work may use $0.16 of that
    left this month: $19.66 of $20.00; background work may use $9.66 of that
    left today, in the chat with the least left: $0.20 of $0.50
    left today, for extract: $0.06 of $0.10
    ");
    let budgets = home.cli(&["cost", "--json"]).exits(0).json()["budgets"].clone();
    let rows = budgets.as_array().unwrap().iter();
    let scopes: Vec<&str> = rows.map(|budget| budget["scope"].as_str().unwrap()).collect();
    assert_eq!(scopes, ["day", "month", "chat", "task"]);
    assert_eq!((&budgets[0]["counted"], &budgets[3]["task"]), (&json!(0.34), &json!("extract")));
}

#[test]
fn the_budgets_of_a_running_daemon_are_those_that_it_has_in_force() {
    let home = Home::empty();
    home.write("config.toml", "[budget]\nday_dollars = 1\n");
    let daemon = home.daemon();
    let shown = || home.cli(&["cost", "--since", "2026-01-01", "--until", "2026-01-01"]).exits(0).stdout;
    insta::assert_snapshot!(shown(), @"
    no model was asked from 2026-01-01 to 2026-01-01
    left today: $1.00 of $1.00; background work may use $0.80 of that
    ");
    home.write("config.toml", "[budget]\nday_dollars = 50\ntasks = { extract = 0.1 }\n");
    insta::assert_snapshot!(shown(), @"
    no model was asked from 2026-01-01 to 2026-01-01
    left today: $1.00 of $1.00; background work may use $0.80 of that
    ! the settings have other budgets by now (day $50.00, task extract $0.10), which are not in force; restart nanobotd
    ");
    let told = home.cli(&["cost", "--json"]).exits(0).json();
    assert_eq!((&told["budgets_of"], &told["settings_differ"]), (&json!("daemon"), &json!(true)));
    assert_eq!(told["budgets"][0]["most"], 1.0);
    home.write("config.toml", "");
    insta::assert_snapshot!(shown(), @"
    no model was asked from 2026-01-01 to 2026-01-01
    left today: $1.00 of $1.00; background work may use $0.80 of that
    ! the settings have other budgets by now (none), which are not in force; restart nanobotd
    ");
    daemon.stop();
    assert!(shown().ends_with("no budget is set\n"));
    let told = home.cli(&["cost", "--json"]).exits(0).json();
    assert_eq!((&told["budgets_of"], &told["settings_differ"]), (&json!("settings"), &json!(false)));
}

#[test]
fn a_chat_beside_a_running_daemon_shows_up() {
    let provider = FakeProvider::start(Script::Answer).unwrap();
    let home = Home::with_provider(&provider);
    let daemon = home.daemon();
    home.cli(&["chat", "-m", "hi"]).exits(0);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    // The book is written behind the answer.
    let told: Value = loop {
        let told = home.cli(&["cost", "--by", "chat", "--json"]).exits(0).json();
        if told["total"]["calls"] == 1 || std::time::Instant::now() > until {
            break told;
        }
    };
    assert_eq!(
        (&told["sums"][0]["chat"], &told["sums"][0]["cost_dollars"]),
        (&json!("cli:default"), &json!(0.0))
    );
    daemon.stop();
}
