//! Sums by hand, and what holds for any price.

mod properties;

use nanobot_core::ids::ToolCallId;
use nanobot_core::label::Labels;
use nanobot_core::model::{AnswerFormat, ChatMessage, ImagePart, ModelRequest, ToolClass, ToolSpec, Usage};
use serde_json::json;

use super::*;
use crate::endpoint::Endpoint;

fn book_price(provider: &str, model: &str) -> Option<Price> {
    PriceBook::new().lookup(provider, model, Seller::Provider)
}

fn own(input: u64, output: u64) -> Price {
    Price {
        input: PerToken::nanos(input),
        output: PerToken::nanos(output),
        cached_input: None,
        cache_write: None,
        source: PriceSource::Configured,
    }
}

#[test]
fn a_call_costs_what_a_person_would_work_out() {
    let usage =
        Usage { input: Some(10_000), cached_input: Some(6_000), output: Some(500), ..Usage::default() };
    // 4,000 at $0.15, 6,000 at $0.075, 500 at $0.60 for a million: $0.0006 + $0.00045 + $0.0003.
    let mini = book_price("openai", "gpt-4o-mini").unwrap();
    assert_eq!(mini.cost(&usage), Some(NanoDollars::new(1_350_000)));
    assert_eq!(mini.cost(&usage).unwrap().to_string(), "$0.00135");

    // 1,000 at $3, 6,000 at $0.30, 3,000 at $3.75, 500 at $15: $0.003 + $0.0018 + $0.01125 + $0.0075.
    let sonnet = book_price("anthropic", "claude-sonnet-4-6").unwrap();
    let written = Usage { cache_write: Some(3_000), ..usage };
    assert_eq!(sonnet.cost(&written), Some(NanoDollars::new(23_550_000)));

    // Reasoning is within what was written, not beside it.
    assert_eq!(mini.cost(&Usage { reasoning: Some(400), ..usage }), mini.cost(&usage));
}

#[test]
fn a_call_that_was_not_counted_has_no_cost() {
    let price = own(1, 1);
    for usage in [
        Usage::default(),
        Usage { input: Some(1), ..Usage::default() },
        Usage { output: Some(1), cached_input: Some(1), ..Usage::default() },
    ] {
        assert_eq!(price.cost(&usage), None, "{usage:?}");
    }
    let nothing = Usage { input: Some(0), output: Some(0), ..Usage::default() };
    assert_eq!(price.cost(&nothing), Some(NanoDollars::ZERO));
}

#[test]
fn without_a_price_for_the_cache_its_tokens_cost_what_others_do() {
    let price = own(10, 1);
    let usage = Usage {
        input: Some(100),
        cached_input: Some(60),
        cache_write: Some(30),
        output: Some(0),
        reasoning: None,
    };
    assert_eq!(price.cost(&usage), Some(NanoDollars::new(1_000)));
    let cheap = Price { cached_input: Some(PerToken::nanos(1)), ..price };
    assert_eq!(cheap.cost(&usage), Some(NanoDollars::new(460)));
}

#[test]
fn parts_that_are_more_than_the_whole_are_charged_all_the_same() {
    let usage = Usage { input: Some(10), cached_input: Some(60), output: Some(0), ..Usage::default() };
    assert_eq!(own(10, 1).cost(&usage), Some(NanoDollars::new(600)));
}

#[test]
fn dollars_for_a_million_become_whole_billionths() {
    let nanos = |dollars| PerToken::from_dollars_per_million(dollars).map(|price| price.amount().get());
    for (dollars, expected) in
        [(0.0, 0), (0.15, 150), (0.075, 75), (1.1, 1_100), (2.3, 2_300), (18.75, 18_750), (0.29, 290)]
    {
        assert_eq!(nanos(dollars), Some(expected), "{dollars}");
    }
    assert_eq!(nanos(0.0375), Some(38), "rounded up, never down");
    assert_eq!(nanos(0.000_1), Some(1));
    for bad in [-0.001, -1e-9, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e18] {
        assert_eq!(nanos(bad), None, "{bad}");
    }
    assert_eq!(PerToken::nanos(150).to_string(), "$0.15");
}

#[test]
fn a_price_beyond_all_money_stays_at_the_largest_amount() {
    let price = own(u64::MAX, u64::MAX);
    assert_eq!(price.worst_case(2, 2).get(), u64::MAX);
    let usage = Usage { input: Some(2), output: Some(2), ..Usage::default() };
    assert_eq!(price.cost(&usage).unwrap().get(), u64::MAX);
}

#[test]
fn unknown_is_dearer_than_anything_known() {
    let (cheap, dear) = (own(1, 1), own(1, 2));
    assert_eq!(Dearness::of(Some(&dear), Some(&cheap)), Dearness::Dearer);
    assert_eq!(Dearness::of(Some(&cheap), Some(&dear)), Dearness::NotDearer);
    assert_eq!(Dearness::of(Some(&cheap), Some(&cheap)), Dearness::NotDearer);
    assert_eq!(Dearness::of(None, Some(&dear)), Dearness::Dearer);
    assert_eq!(Dearness::of(Some(&dear), None), Dearness::NotDearer);
    assert_eq!(Dearness::of(None, None), Dearness::BothUnknown);
}

#[test]
fn any_kind_of_token_can_make_a_price_dearer() {
    let base = Price {
        cached_input: Some(PerToken::nanos(5)),
        cache_write: Some(PerToken::nanos(12)),
        ..own(10, 20)
    };
    for dearer in [
        Price { input: PerToken::nanos(11), ..base },
        Price { output: PerToken::nanos(21), ..base },
        Price { cached_input: Some(PerToken::nanos(6)), ..base },
        Price { cached_input: None, ..base },
        Price { cache_write: Some(PerToken::nanos(13)), ..base },
    ] {
        assert!(dearer.is_dearer_than(&base), "{dearer:?}");
    }
    let cached = Price { cached_input: Some(PerToken::nanos(590)), ..base }.dearer_on(&base).unwrap();
    assert_eq!(cached.to_string(), "cached input: $0.59 against $0.005 for a million tokens");
    assert!(!Price { cache_write: None, ..base }.is_dearer_than(&base), "the input's price is lower");
}

#[test]
fn what_the_operator_says_goes_before_the_table_and_the_own_machine() {
    let book = PriceBook::new().with("openai", "gpt-4o", own(7, 8)).with("vllm", "qwen", own(1, 1));
    let configured = book.lookup("openai", "gpt-4o", Seller::Provider).unwrap();
    assert_eq!((configured.input, configured.source), (PerToken::nanos(7), PriceSource::Configured));
    assert_eq!(book.lookup("openai", "gpt-4o", Seller::SomebodyElse), Some(configured));
    assert_eq!(book.lookup("vllm", "qwen", Seller::OwnMachine), Some(own(1, 1)), "electricity");
    assert_eq!(book.lookup("vllm", "other", Seller::OwnMachine), Some(Price::OWN_MACHINE));
    assert_eq!(Price::OWN_MACHINE.source.to_string(), "own machine");
    assert_eq!(book.lookup("openai", "gpt-4.1", Seller::SomebodyElse), None, "a proxy has no list");
    let listed = book.lookup("openai", "gpt-4.1", Seller::Provider).unwrap();
    assert_eq!(listed.source.to_string(), "OpenAI, Pricing (2026-11)");
}

#[test]
fn whose_list_holds_is_judged_by_the_address() {
    let at = |provider, base| Seller::at(provider, &Endpoint::parse(base).unwrap());
    assert_eq!(at("openai", "https://api.openai.com/v1"), Seller::Provider);
    assert_eq!(at("openai", "http://127.0.0.1:8080/v1"), Seller::OwnMachine);
    assert_eq!(at("openai", "https://proxy.example/v1"), Seller::SomebodyElse);
    assert_eq!(at("openai", "http://api.openai.com/v1"), Seller::SomebodyElse, "nobody knows who answers");
    assert_eq!(at("moonshot", "https://api.moonshot.cn/v1"), Seller::SomebodyElse, "another list");
    assert_eq!(at("vllm", "https://gpu.example/v1"), Seller::SomebodyElse);
    assert_eq!(at("nobody", "https://api.openai.com/v1"), Seller::SomebodyElse);
}

fn user(text: &str, images: Vec<ImagePart>) -> ChatMessage {
    ChatMessage::User { text: text.to_owned(), images, labels: Labels::NONE }
}

#[test]
fn a_request_is_bounded_by_its_bytes_and_what_templates_add() {
    let request = ModelRequest {
        messages: vec![ChatMessage::System("be kind".to_owned()), user("hello", Vec::new())],
        tools: vec![ToolSpec {
            name: "look".to_owned(),
            description: "looks".to_owned(),
            parameters: json!({"type": "object"}),
            class: ToolClass::Pure,
        }],
        format: AnswerFormat::Text,
    };
    // "be kind", "hello"; "look", "looks", twice {"type":"object"}.
    let texts = 7 + 5 + 4 + 5 + 2 * 17;
    assert_eq!(worst_input_tokens(&request), texts + 2_048 + 2 * 16 + 64);
}

#[test]
fn a_picture_counts_by_the_largest_documented_figure_and_not_by_its_bytes() {
    let picture = ImagePart { mime: "image/png".to_owned(), bytes: vec![0; 3_000_000] };
    let result = ChatMessage::ToolResult {
        call: ToolCallId::new("c1").unwrap(),
        name: "look".to_owned(),
        content: "x".repeat(50),
        labels: Labels::NONE,
    };
    let request = ModelRequest {
        messages: vec![user("what is this?", vec![picture.clone(), picture]), result],
        ..ModelRequest::default()
    };
    let texts = 13 + 2 + 4 + 50;
    assert_eq!(worst_input_tokens(&request), texts + 2_048 + 2 * 16 + 2 * 48_169);
}
